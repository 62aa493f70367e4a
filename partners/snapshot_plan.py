"""From the rows of a full export to the messages that make it of the one before: asserts, corrects, retracts."""

import functools
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import Any, Protocol

import orjson

from partners.client import BATCH
from partners.events import framed, key_of
from partners.formats import Bad, Code, Good
from partners.formats.reading import FILE_ROWS
from partners.rows import Row, micros
from partners.snapshot_state import Change, Fact, SnapshotError, SnapshotState, Standing
from schemas_avro import catalog

VOLATILE = {
    "event_id", "published_at", "observed_at", "operation", "supersedes_event_id", "source_collection_id",
}  # fmt: skip
"""Fields of the envelope that are not what a fact says."""
UNSAID = datetime(2000, 1, 1, 0, 0, 0, 1, tzinfo=UTC)
"""Stands for the time of the snapshot while its rows are read."""
NEEDED_TO_RETRACT = ("source_system_name", "source_record_id", "subject_token", "subject_name", "identifiers")


class Counts(Protocol):
    """What a plan counts into."""

    asserted: int
    corrected: int
    retracted: int
    unchanged: int
    held: int
    ids_made: int

    def reject(self, bad: Bad) -> None:
        """Count a row that was rejected."""


class Plan:
    """Compares rows with the last snapshot and puts what follows into the state's outbox."""

    def __init__(
        self,
        partner: str,
        family: str,
        state: SnapshotState,
        standing: Standing,
        counts: Counts,
        on_event: Callable[[int | None, str, str], None] = lambda *_: None,
        *,
        is_sound: bool = True,
    ) -> None:
        """Of a partner's family.

        Args:
            partner: who publishes.
            family: of the rows.
            state: of the last snapshot.
            standing: of the snapshot to be.
            counts: what is counted into.
            on_event: told each event: its row's place, none where it retracts, its id, its operation.
            is_sound: whether all that is to be read can be; else nothing is retracted.
        """
        self._on_event = on_event
        self._partner, self._family, self._state, self._counts = partner, family, state, counts
        self.standing = standing
        self._facts_before = state.count()
        self._holds_all = not is_sound

    def take(self, goods: Sequence[Good]) -> None:
        """Rows of the file, in its order."""
        planned = [found for good in goods if (found := self._judged(good)) is not None]
        self._add(planned)

    def _judged(self, good: Good) -> tuple[Change, Row] | None:
        """What a row changes, with its event; None: nothing, or it is rejected."""
        envelope = good.row["envelope"]
        source_id = envelope["source_record_id"]
        if envelope["operation"] == "retract":
            self._counts.reject(Bad(good.place, Code.WRONG_VALUE, "envelope.operation", source_id, line=good.line))
            return None
        key = self._state.hashed("key", *_identity(envelope))
        if first := self._state.see(key, good.place):
            said = f"row {first} is of the same fact; the first counts"
            self._counts.reject(
                Bad(
                    good.place, Code.DUPLICATE_ROW, "envelope.source_record_id", source_id, counted=said, line=good.line
                )
            )
            return None
        content, known = self._state.hashed("content", _content(good.row)), self._state.known(key)
        if known is not None and known[0] == content:
            self._counts.unchanged += 1
            return None
        if known is None:
            self._counts.asserted += 1
        else:
            self._counts.corrected += 1
        row = self._event(good.row, "assert" if known is None else "correct", known and known[1])
        self._counts.ids_made += 1
        self._on_event(good.place, row["envelope"]["event_id"], row["envelope"]["operation"])
        source = self._state.hashed("source", source_id)
        return Change(key, source, content, row["envelope"]["event_id"], _needed(self._family, row)), row

    def _event(self, row: Row, operation: str, supersedes: str | None) -> Row:
        """A row as the event that it becomes in this snapshot."""
        envelope, published_at = dict(row["envelope"]), self.standing.published_at - (operation == "retract")
        if envelope["observed_at"] == micros(UNSAID):
            envelope["observed_at"] = published_at
        envelope |= {"published_at": published_at, "operation": operation, "supersedes_event_id": supersedes}
        said = [{**row, "envelope": {**envelope, "event_id": ""}}, self.standing.sequence]
        name = orjson.dumps(said, option=orjson.OPT_SORT_KEYS).decode()
        return {**row, "envelope": {**envelope, "event_id": str(uuid.uuid5(FILE_ROWS, name))}}

    def hold(self, bad: Bad) -> None:
        """Note a rejected row: what it may be about is not retracted; where nobody can tell what, nothing is."""
        if bad.source_record_id is None:
            self._holds_all = True
        else:
            self._state.hold(self._state.hashed("source", bad.source_record_id))

    def retract(self, max_percent: float) -> None:
        """What the file does not have, unless rejected rows may be about it.

        Raises:
            SnapshotError: more than a share of the facts before would go.
        """
        count = 0 if self._holds_all else self._state.count_gone()
        self._counts.held = self._state.count_missing() - count
        if count * 100 > max_percent * self._facts_before:
            raise SnapshotError(
                f"{count} of {self._facts_before} facts are not in the file and would be retracted, more than "
                f"{max_percent:g} %: nothing was sent; export the whole again, or allow it with --max-retract-percent"
            )
        self._counts.retracted = count
        for batch in _batches(self._state.gone()) if count else ():
            self._add([self._gone(fact) for fact in batch])

    def _gone(self, fact: Fact) -> tuple[Change, Row]:
        """The end of a fact, with its event."""
        needed = orjson.loads(self._state.opened(fact.sealed))
        envelope: Row = dict.fromkeys(_names("envelope")) | {
            "event_type": f"{self._family}.recorded.v1", "schema_version": "1.0", "partner_id": self._partner,
            "observed_at": micros(UNSAID), "data_categories": [], **needed["envelope"],
        }  # fmt: skip
        body = dict.fromkeys(_names(f"families/{self._family}")) | needed["body"]
        row = self._event({"envelope": envelope, "body": body}, "retract", fact.event_id)
        self._on_event(None, row["envelope"]["event_id"], "retract")
        return Change(fact.key, fact.source, None, row["envelope"]["event_id"], b""), row

    def _add(self, planned: Sequence[tuple[Change, Row]]) -> None:
        values = framed(self._family, [row for _, row in planned]) if planned else []
        for (change, row), value in zip(planned, values, strict=True):
            self._state.add(change, (key_of(row).decode(), change.event_id, value))


def _batches(facts: Iterable[Fact]) -> Iterator[list[Fact]]:
    source = iter(facts)
    while batch := list(islice(source, BATCH)):
        yield batch


def _identity(envelope: Row) -> list[str]:
    """What tells a fact from all others of its partner and family: its id, and whose it is."""
    token = envelope["subject_token"]
    if token is not None:
        return [envelope["source_record_id"], "token", token]
    numbers = sorted(f"{one['system']}={one['value']}" for one in envelope["identifiers"])
    return [envelope["source_record_id"], "name", envelope["subject_name"] or "", *numbers]


def _content(row: Row) -> str:
    """What a fact says, as text."""
    envelope = {name: value for name, value in row["envelope"].items() if name not in VOLATILE}
    return orjson.dumps([envelope, row["body"]], option=orjson.OPT_SORT_KEYS).decode()


def _needed(family: str, row: Row) -> bytes:
    """What a retraction of the fact will say: whose it is, and what no event of the family can leave out."""
    envelope = {name: row["envelope"][name] for name in NEEDED_TO_RETRACT}
    if envelope["subject_token"] is not None:
        envelope["identifiers"] = []
    return orjson.dumps({"envelope": envelope, "body": {name: row["body"][name] for name in _mandatory(family)}})


@functools.cache
def _names(source: str) -> tuple[str, ...]:
    """Names of a schema's fields."""
    return tuple(field["name"] for field in catalog.read(source)["fields"])


@functools.cache
def _mandatory(family: str) -> tuple[str, ...]:
    """Names of the body's fields that are never null."""
    fields: list[dict[str, Any]] = catalog.read(f"families/{family}")["fields"]
    return tuple(field["name"] for field in fields if not isinstance(field["type"], list))
