"""Names of topics and state tables, so that each is written in one place."""

AGREEMENTS = "control.agreements"
STEWARDS = "control.identity"
ERASURES = "control.erasures"
REVIEWS = "identity.reviews"
MODELS = "identity.models"
IDENTITY_RECORDS = "identity.records"
IDENTITY_CHANGES = "identity.changes"
RESOLVED_EVENTS = "resolved.events"
AUDIT_DECISIONS = "audit.decisions"


def partner_topic(partner_id: str, family: str) -> str:
    """Where a partner publishes a family."""
    return f"partner.{partner_id}.{family}"


def sandbox_topic(partner_id: str, family: str) -> str:
    """Where a partner tries a family, with made-up events: no stage reads it."""
    return f"sandbox.{partner_id}.{family}"


def released_topic(recipient: str) -> str:
    """Where a recipient reads."""
    return f"released.{recipient}"


def signals_topic(recipient: str) -> str:
    """Where a recipient's signals are raised."""
    return f"signals.{recipient}"


def state_topic(stage: str) -> str:
    """Where a stage that has standbys tells them what it changes."""
    return f"state.{stage}"


def receipts_topic(partner_id: str) -> str:
    """Where a partner reads what became of its submissions."""
    return f"receipts.{partner_id}"


def deadletter_topic(partner_id: str) -> str:
    """Where a partner's rejected events wait."""
    return f"deadletter.{partner_id}"
