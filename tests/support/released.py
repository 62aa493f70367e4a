"""A recipient's topic in memory: releases, retractions and ticks in, signals out as a view would keep them."""

import tomllib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from processors.records import Arrival, Out
from processors.signals import decide as signals
from processors.signals.calendar import Calendar
from processors.state import Working
from schemas_avro import catalog, codec, wire
from support import events
from support.events import NOON, Row, days
from support.worlds import Kept, decoded

ME, OTHER = "lausd_counseling", "csu_advising"
DAY = 86_400_000_000
SHIPPED = Path(__file__).parents[2] / "deploy" / "signals" / "calendar.toml"


def shipped_calendar(**changed: Any) -> Calendar:
    """The calendar that ships."""
    return Calendar.model_validate({**tomllib.loads(SHIPPED.read_text()), **changed})


def at(day: str, minute: int = 0) -> int:
    """A moment of a day, in microseconds."""
    return days(day) * DAY + minute * 60_000_000


def record(name: str, row: Row, topic: str = ME, partition: int = 0) -> Arrival:
    """A record of a recipient's topic; its offset comes when it is taken."""
    schema_id = catalog.id_of(name)
    value = wire.frame(schema_id, codec.encode_rows(schema_id, [row])[0])
    return Arrival(f"released.{topic}", partition, -1, 0, None, value)


def head(family: str, event: str, person: str, position: int, **changed: Any) -> Row:
    """What travels with a release."""
    row: Row = {
        "release_id": f"{event} {position}", "recipient": ME, "person_id": person, "event_id": event,
        "fact_id": f"fact of {event}", "family": family, "partner_id": "csac", "position": position,
        "operation": "assert", "observed_at": NOON, "published_at": NOON, "purpose": "p", "agreement_id": "a",
        "agreement_version": 1, "basis": "consent", "consent_event_ids": ["c"], "groups": ["core"], "notice": "n",
        "rules": ["ferpa.30.consent/1"], "obligations": ["notice"],
    }  # fmt: skip
    return row | changed


HEAD = {field["name"] for field in catalog.read("internal/release")["fields"]}


def released(family: str, event: str, person: str = "p1", position: int = 1, **said: Any) -> Arrival:
    """A release; words that name fields of its head go there, the others into the body."""
    changed = {key: said.pop(key) for key in list(said) if key in HEAD}
    row = {"release": head(family, event, person, position, **changed), "body": events.body(family, **said)}
    place = {"topic": changed.get("recipient", ME)}
    return record(f"released.{family}.v1.core", row, **place)


def retracted(family: str, event: str, person: str = "p1", position: int = 2, **changed: Any) -> Arrival:
    """A release taken back."""
    reason = changed.pop("reason", "consent_refused_or_withdrawn")
    row = {"release": head(family, event, person, position, **changed), "reason": reason}
    return record("internal.release_retracted.v1", row, topic=changed.get("recipient", ME))


def tick(moment: int, topic: str = ME, partition: int = 0) -> Arrival:
    """Time goes on."""
    return record("internal.clock_ticked.v1", {"tick_at": moment}, topic, partition)


def folded(outs: Iterable[Row]) -> dict[str, Row]:
    """Signals as a view keeps them: of each the highest offset, of equal ones the last."""
    found: dict[str, Row] = {}
    for row in outs:
        if row["signal_id"] not in found or row["source_offset"] >= found[row["signal_id"]]["source_offset"]:
            found[row["signal_id"]] = row
    return found


class SignalsWorld:
    """The signals alone: batches of records in, signals out."""

    def __init__(self, calendar: Calendar | None = None, **context: Any) -> None:
        self.state = Kept()
        self.context = signals.Context(calendar or shipped_calendar(), **context)
        self.outs: list[Out] = []
        self.log: list[Arrival] = []
        self._offsets: dict[tuple[str, int], int] = defaultdict(int)

    def take(self, *batch: Arrival) -> list[Row]:
        """One batch of new records; what comes out of it, decoded."""
        placed = []
        for a in batch:
            offset = self._offsets[a.topic, a.partition]
            placed.append(Arrival(a.topic, a.partition, offset, 0, None, a.value))
            self._offsets[a.topic, a.partition] += 2  # as over a broker: transactions leave gaps
        self.log += placed
        return self.decide(placed)

    def decide(self, placed: Sequence[Arrival]) -> list[Row]:
        """Decide records whose offsets are known, and whatever is left to do after them."""
        before = len(self.outs)
        self._step(placed)
        while signals.is_unfinished(Working(self.state)):
            self._step([])
        return [decoded(out) for out in self.outs[before:]]

    def _step(self, placed: Sequence[Arrival]) -> None:
        working = Working(self.state)
        self.outs += signals.decide(placed, working, self.context)
        self.state.apply(working.changes())

    def rows(self) -> list[Row]:
        """Everything that came out."""
        return [decoded(out) for out in self.outs]

    def raised(self) -> list[tuple[str, str, str]]:
        """Person, rule and what it is about, of every signal that is raised now."""
        return sorted(
            (r["person_id"], r["rule"], r["about"]) for r in folded(self.rows()).values() if r["state"] == "raised"
        )

    def states(self) -> dict[tuple[str, str], str]:
        """State by rule and what it is about."""
        return {(r["rule"], r["about"]): r["state"] for r in folded(self.rows()).values()}
