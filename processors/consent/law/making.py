"""Short ways to write down a rule."""

from collections.abc import Collection

from processors.consent.law.rules import Citation, Effect, Obligation, Reason, Rule, When


def permits(
    rule_id: str, cited: Citation, says: str, condition: When, reason: Reason = Reason.STATUTE,
    obligations: Collection[Obligation] = (),
) -> Rule:  # fmt: skip
    """A rule that permits, in its first version."""
    return Rule(rule_id, 1, cited, Effect.PERMIT, says, condition, reason, frozenset(obligations))


def denies(rule_id: str, cited: Citation, says: str, condition: When, reason: Reason = Reason.LAW_DENIES) -> Rule:
    """A rule that denies, in its first version."""
    return Rule(rule_id, 1, cited, Effect.DENY, says, condition, reason)


def otherwise_denies(rule_id: str, cited: Citation, says: str) -> Rule:
    """What holds of a law's records where none of its rules permits."""
    return denies(rule_id, cited, says, When(), Reason.NOT_PERMITTED)
