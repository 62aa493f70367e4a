"""Short ways to write down a rule."""

from collections.abc import Collection, Mapping

from processors.consent.law.facts import Agency, Basis, ConsentState
from processors.consent.law.rules import Citation, Effect, Obligation, Reason, Rule, When, when


def permits(
    rule_id: str, cited: Citation, says: str, condition: When, reason: Reason = Reason.STATUTE,
    obligations: Collection[Obligation] = (),
) -> Rule:  # fmt: skip
    """A rule that permits, in its first version."""
    return Rule(rule_id, 1, cited, Effect.PERMIT, says, condition, reason, frozenset(obligations))


def denies(rule_id: str, cited: Citation, says: str, condition: When, reason: Reason = Reason.LAW_DENIES) -> Rule:
    """A rule that denies, in its first version."""
    return Rule(rule_id, 1, cited, Effect.DENY, says, condition, reason)


REASON_OF = {
    ConsentState.REFUSED: Reason.DENIED,
    ConsentState.NOT_HOLDERS: Reason.RIGHTS_TRANSFERRED,
    ConsentState.OUT_OF_TIME: Reason.OUT_OF_TIME,
    ConsentState.NONE: Reason.NO_CONSENT,
}
"""Of a disclosure that rests on consent, why it is denied."""


def denies_without_consent(
    section: str, holder: Collection[Agency], told: Mapping[ConsentState, tuple[Citation, str]]
) -> tuple[Rule, ...]:
    """A denial for each state of consent that is none in force, in the order given.

    Args:
        section: first words of the rules' ids.
        holder: whose records the law asks consent for.
        told: by state what is cited and said.
    """
    return tuple([
        denies(
            f"{section}.{state.value}", cited, says, when(holder=holder, basis={Basis.CONSENT}, consent={state}),
            REASON_OF[state],
        )
        for state, (cited, says) in told.items()
    ])  # fmt: skip


def otherwise_denies(rule_id: str, cited: Citation, says: str) -> Rule:
    """What holds of a law's records where none of its rules permits."""
    return denies(rule_id, cited, says, When(), Reason.NOT_PERMITTED)
