"""An event judged for every recipient: a pure function of what is kept of its person, and remembered by just that.

Nothing has to be forgotten when a record, an agreement or the day changes: then it is another question.
"""

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from processors.consent import audit, policy
from processors.consent.book import Sharing, person_of
from processors.consent.law.rules import Reason
from processors.consent.policy import Decision, Subject

Row = dict[str, Any]
REMEMBERED = 16_384
"""Judgements; each takes some three kilobytes."""


@dataclass(frozen=True, eq=False, slots=True)
class Judged:
    """Every named recipient's permit or denial."""

    decisions: Sequence[Decision]
    inputs: str
    """Hash of what they were made from."""
    decided: audit.Decided
    """The decisions as the audit has them."""
    permitted: Mapping[str, Row]
    """By recipient permitted: what it holds then, person and terms, as the book keeps it; never changed."""
    denials: tuple[str, ...]
    """Reasons."""


@functools.lru_cache(maxsize=REMEMBERED)
def judge(
    partner_id: str, family: str, categories: frozenset[str],
    person_id: str, records: tuple[bytes, ...], sharing: Sharing, today: int | None,
) -> Judged:  # fmt: skip
    """Judge an event.

    Args:
        partner_id: whose it is.
        family: its family.
        categories: that it reveals beyond its fields' own.
        person_id: whose it is.
        records: of that person, as they are kept (``Book.contents_of``).
        sharing: agreements and rules.
        today: the day of the latest tick, from 1970-01-01; None: no tick yet.
    """
    subject, person = Subject(partner_id, family, categories), person_of(records)
    shared = sharing.by_source.get((partner_id, family), ())
    decisions = policy.decide(subject, person, shared, sharing.rules, today)
    permitted = {d.recipient: {"person": person_id, "terms": terms_of(d)} for d in decisions if d.permit}
    return _judged(decisions, permitted, audit.input_hash(subject, person, sharing, today))


def denied(judged: Judged, reason: Reason) -> Judged:
    """The same inputs, but nobody may see it, for one reason."""
    decisions = [
        replace(d, permit=False, reason=reason, groups=(), consent_event_ids=(), rules=(), obligations=())
        for d in judged.decisions
    ]
    return _judged(decisions, {}, judged.inputs)


def _judged(decisions: Sequence[Decision], permitted: Mapping[str, Row], inputs: str) -> Judged:
    denials = tuple([d.reason.value for d in decisions if not d.permit])
    return Judged(decisions, inputs, audit.decided(tuple([d.as_audited for d in decisions])), permitted, denials)


def terms_of(decision: Decision) -> Row:
    """What a release carries of the decision that permitted it."""
    return {
        "purpose": decision.purpose, "agreement_id": decision.agreement_id,
        "agreement_version": decision.agreement_version, "basis": decision.basis,
        "consent_event_ids": list(decision.consent_event_ids), "expires_on": decision.expires_on,
        "groups": list(decision.groups), "rules": list(decision.rules), "obligations": list(decision.obligations),
    }  # fmt: skip
