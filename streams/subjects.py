"""Which subjects of the catalog each topic holds: the table of topics, exactly enough for programs."""

from collections.abc import Iterable
from itertools import combinations

from processors import names
from processors.consent.agreements import Agreement
from schemas_avro import catalog

CONTROL = ("agreement_activated", "rules_activated", "disclosure_ordered", "reissue_requested")
LOG = (
    "resolved_event", "records_moved", "rights_transferred", "person_erased", "event_withheld", "submission_counted",
    "clock_ticked", *CONTROL,
)  # fmt: skip
TOLD = ("release_retracted", "agreement_activated", "rules_activated", "clock_ticked", "sweep_ended")
"""On a recipient's topic beside what is released."""
OURS: dict[str, tuple[str, ...]] = {
    names.AGREEMENTS: CONTROL,
    names.STEWARDS: ("identity_decided", "model_chosen"),
    names.ERASURES: ("erasure_requested",),
    names.IDENTITY_RECORDS: ("identity_record",),
    names.IDENTITY_CHANGES: ("identity_changed",),
    names.MODELS: ("model_in_force", "model_refused"),
    names.REVIEWS: ("identity_review",),
    names.RESOLVED_EVENTS: LOG,
    names.AUDIT_DECISIONS: ("decision_recorded",),
}
"""Names of internal schemas by topic."""


def subjects_of(topic: str, agreements: Iterable[Agreement]) -> list[str]:
    """What a topic may hold, sorted.

    Args:
        topic: one of the table, of the agreements.
        agreements: that call for it. Of what one grants the law may take away parts, so every projection counts.

    Raises:
        KeyError: it is no topic of the table.
    """
    kind, _, party = topic.partition(".")
    if kind in {"partner", "sandbox"}:
        return [f"partner.{party.rpartition('.')[2]}.v1"]
    if kind == "released":
        granted = [grant for one in agreements if one.tier == "dsa" and one.party == party for grant in one.grants]
        released = {subject for grant in granted for subject in _projections(grant.family, grant.groups)}
        return sorted(released | _internal(TOLD))
    found = {
        "signals": ("signal_changed",),
        "deadletter": ("dead_letter", "letter_replayed"),
        "receipts": ("receipt_issued",),
    }
    return sorted(_internal(found.get(kind) or OURS[topic]))


def _internal(named: Iterable[str]) -> set[str]:
    return {f"internal.{name}.v1" for name in named}


def _projections(family: str, groups: Iterable[str]) -> Iterable[str]:
    """Subjects of what may be left of some groups; ``core`` always is."""
    others = sorted(set(groups) - {catalog.CORE})
    for count in range(len(others) + 1):
        for some in combinations(others, count):
            yield catalog.released_subject(family, frozenset({catalog.CORE, *some}))
