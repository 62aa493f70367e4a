"""What recipients are told beside releases, so that they can decide again before they show a row.

These are agreements and rules with their places in the log, the time, and when everyone is decided by a change.
"""

from collections.abc import Sequence
from typing import Any

from processors.consent.agreements import Agreement
from processors.consent.book import RULES
from processors.consent.log import Cause
from processors.consent.settle import STAGE, Batch
from processors.drafts import Draft
from processors.names import released_topic
from processors.records import derived_id

Row = dict[str, Any]
ACTIVATED, RULES_ACTIVATED = "internal.agreement_activated.v1", "internal.rules_activated.v1"
TICKED, SWEEP_ENDED = "internal.clock_ticked.v1", "internal.sweep_ended.v1"


def time(batch: Batch, recipient: str, cause: Cause) -> None:
    """The time, in every partition of a recipient's topic; without a tick nothing."""
    tick = batch.book.state.get("clock", "tick")
    if tick is not None:
        _everywhere(batch, recipient, cause, "clock", TICKED, {"tick_at": tick})


def all_in_force(batch: Batch, recipient: str, cause: Cause) -> None:
    """Every agreement that decides what a recipient may see, and the rules of law."""
    agreements(batch, recipient, cause, batch.book.register().of_recipient(recipient))
    rules(batch, recipient, cause)


def agreements(batch: Batch, recipient: str, cause: Cause, told: Sequence[Agreement]) -> None:
    """Agreements as they stand."""
    for agreement in told:
        row = batch.book.state.get("agreement", agreement.agreement_id)
        _once(batch, recipient, cause, agreement.agreement_id, ACTIVATED, row)


def rules(batch: Batch, recipient: str, cause: Cause) -> None:
    """The rules of law in force; where none are, nothing."""
    if (row := batch.book.state.get("rules", RULES)) is not None:
        _once(batch, recipient, cause, RULES, RULES_ACTIVATED, row)


def sweep_ended(batch: Batch, recipient: str, cause: Cause) -> None:
    """Everyone is decided by what stands in the log up to a place; it follows all that changed by it."""
    row = {"position": cause.position, "partitions": batch.context.partitions}
    _everywhere(batch, recipient, cause, "sweep", SWEEP_ENDED, row)


def _once(batch: Batch, recipient: str, cause: Cause, key: str, subject: str, row: Row) -> None:
    id_ = derived_id(cause.id, f"{STAGE}.{recipient}.{subject}.{key}", 0)
    placed = {**row, "position": cause.position}
    batch.passed_on.append(Draft(released_topic(recipient), key, subject, placed, id_))


def _everywhere(batch: Batch, recipient: str, cause: Cause, key: str, subject: str, row: Row) -> None:
    topic = released_topic(recipient)
    for partition in range(batch.context.partitions):
        id_ = derived_id(cause.id, f"{STAGE}.{recipient}.{subject}", partition)
        batch.passed_on.append(Draft(topic, key, subject, row, id_, partition))
