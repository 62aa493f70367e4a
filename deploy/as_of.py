"""What a recipient could see at a time, by the disclosure log: which events, which field groups, by which rules."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from processors.records import Arrival

Row = Mapping[str, Any]


class Sight(NamedTuple):
    """One event that a recipient could see."""

    person_id: str
    partner_id: str
    family: str
    event_id: str
    groups: tuple[str, ...]
    purpose: str
    agreement_id: str
    agreement_version: int
    rules: tuple[str, ...]
    since: int
    """When the decision was appended, in milliseconds since 1970-01-01 UTC."""


def as_of(recipient: str, at: int, log: Iterable[tuple[Arrival, Row]]) -> list[Sight]:
    """Everything that stood for a recipient, sorted by person, partner and event.

    Args:
        recipient: as agreements name it.
        at: milliseconds since 1970-01-01 UTC, by the broker's clock; what was decided in it counts.
        log: records of audit.decisions with their rows, in their order; an empty row is of an altered record.
    """
    found: dict[tuple[str, str], Sight] = {}
    for record, row in log:
        if record.appended_at > at:
            break
        if row:
            event = (row["partner_id"], row["event_id"])
            found.pop(event, None)
            for part in row["decided"]:
                if part["recipient"] == recipient and part["effect"] == "permit":
                    found[event] = _sight(record, row, part)
    return sorted(found.values())


def _sight(record: Arrival, row: Row, part: Row) -> Sight:
    return Sight(
        row["person_id"], row["partner_id"], row["family"], row["event_id"], tuple(part["groups"]), part["purpose"],
        part["agreement_id"], part["agreement_version"], tuple(part["rules"]), record.appended_at,
    )  # fmt: skip
