"""A person's access list (34 CFR 99.32): who was permitted or denied what, and since and until when, by the audit.

It says what the log says of one person id, in the log's order. A record that came to the person from another, by a
merge, was decided under the other's id before; one that went to another ends here.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from processors.records import Arrival

Row = Mapping[str, Any]
MOVED = "record_moved"


class Moment(NamedTuple):
    """When, by the two logs and by the broker's clock."""

    position: int
    """Of what brought it about, in resolved.events."""
    offset: int
    """Of the decision, in audit.decisions."""
    at: int
    """When that was appended, in milliseconds since 1970."""


@dataclass
class Entry:
    """One recipient's permit or denial of one event, as long as it held."""

    event_id: str
    partner_id: str
    family: str
    recipient: str
    decided: Row
    """Its part of the decision; another one is another entry."""
    since: Moment
    until: Moment | None = None
    """None: it holds still."""
    ended_by: str | None = None
    """The reason of what came after it."""


@dataclass
class AccessList:
    """What is known of one person, while the log is read."""

    person_id: str
    entries: list[Entry] = field(default_factory=list)
    _open: dict[tuple[str, str], dict[str, Entry]] = field(default_factory=dict)
    """By partner and event: the entry of each recipient that holds."""

    def take(self, record: Arrival, row: Row) -> None:
        """One more record of the log."""
        if not row:  # it was altered: verifying it says so
            return
        event, moment = (row["partner_id"], row["event_id"]), Moment(row["position"], record.offset, record.appended_at)
        if row["person_id"] == self.person_id:
            self._decided(event, moment, row)
        elif event in self._open:
            for entry in self._open.pop(event).values():
                entry.until, entry.ended_by = moment, MOVED

    def _decided(self, event: tuple[str, str], moment: Moment, row: Row) -> None:
        before, after = self._open.get(event, {}), dict[str, Entry]()
        for part in row["decided"]:
            known = before.pop(part["recipient"], None)
            if known is not None and known.decided == part:
                after[part["recipient"]] = known
                continue
            if known is not None:
                known.until, known.ended_by = moment, part["reason"]
            entry = Entry(row["event_id"], row["partner_id"], row["family"], part["recipient"], part, moment)
            self.entries.append(entry)
            after[part["recipient"]] = entry
        for gone in before.values():  # no agreement names the recipient any more
            gone.until, gone.ended_by = moment, "agreement_not_in_force"
        self._open[event] = after


def access_list(person_id: str, log: Iterable[tuple[Arrival, Row]]) -> AccessList:
    """A person's, by the whole log."""
    found = AccessList(person_id)
    for record, row in log:
        found.take(record, row)
    return found


def rows_of(found: AccessList) -> Iterator[dict[str, Any]]:
    """Entries as they are told."""
    for entry in found.entries:
        yield {
            "partner_id": entry.partner_id,
            "family": entry.family,
            "event_id": entry.event_id,
            **entry.decided,
            "since": entry.since._asdict(),
            "until": None if entry.until is None else entry.until._asdict(),
            "ended_by": entry.ended_by,
        }
