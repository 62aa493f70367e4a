"""Kill -9 of the worker signals at random moments while releases flow; then sets of signals are compared.

Starts the whole stack in a directory of its own, publishes made-up people at an even rate under a calendar by which
many of them have signals, and meanwhile kills signals again and again. What stands in the view at the end is compared
with what the pure decision finds in the whole of ``released.*`` at once. Prints one JSON object as its last line; exits
1 unless no signal was lost, doubled or left over.
"""

import argparse
import json
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from confluent_kafka import TopicPartition

from deploy.demo_run import PARTNER, wait_until_ended
from deploy.ledger import LiveLedger
from deploy.stack import Stack
from deploy.topic_reader import TopicReader, decoded
from partners.client import Publisher
from partners.population import Planned, generate
from partners.population.deadlines import Deadlines, Term, deadlines
from partners.population.send import send
from partners.rows import days
from processors.records import Arrival, Out
from processors.signals import decide as signals
from processors.signals.calendar import Calendar
from processors.state import Memory, Working
from sinks.case_views import CaseViews
from streams import clients, consent
from streams.settings import Settings
from streams.signals import NAME, load_calendar
from streams.sink import GROUP, RELEASED, SIGNALS

SECONDS_A_KILL = 4.0
LEVEL_SECONDS = 60.0
FEWEST_SIGNALS = 20
Told = tuple[str, ...]
"""Signal, urgency, deadline and evidence."""


@dataclass(frozen=True)
class Run:
    """What a run has left behind, as an outsider finds it."""

    released: Sequence[Arrival] = field(repr=False)
    """All of ``released.*``."""
    rows: Sequence[tuple[Any, ...]] = field(repr=False)
    """Signal, state, urgency, deadline (days) and evidence of every row of the view."""
    calendar: Calendar


def main() -> int:
    """Run; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--people", type=int, default=600)
    parser.add_argument("--seed", type=int, default=random.randrange(1_000_000))  # noqa: S311  # of a test's moments
    asked = parser.parse_args()
    print(f"seed {asked.seed}", file=sys.stderr)  # noqa: T201  # to run it again
    with tempfile.TemporaryDirectory(prefix="throughline-signals-") as folder:
        document = prove(Path(folder), asked.people, asked.kills, asked.seed)
    sys.stdout.write(json.dumps(document) + "\n")
    return 0 if document["kills"] and not (document["lost"] or document["doubled"] or document["extra"]) else 1


def prove(folder: Path, people: int, kills: int, seed: int) -> dict[str, int]:
    """Run and compare; the figures."""
    made = generate(people, 7, decided_on=datetime.now(UTC).date())
    calendar = folder / "calendar.toml"
    calendar.write_text(busy().to_toml(), encoding="utf-8")
    stack = Stack(Settings(data_dir=folder / "data", portal_port=0, bootstrap=None, signals_file=calendar))
    with stack, Publisher(stack.bootstrap, PARTNER) as publisher:
        killer = Killer(stack, random.Random(seed), kills)  # noqa: S311  # of a test's moments
        _flow(publisher, killer, [event for phase in made.phases.values() for event in phase])
        released = _all_of(stack.bootstrap, RELEASED)
    run = Run(released, _view(folder / "data" / "views" / "case.duckdb"), load_calendar(calendar))
    return {"kills": killer.done, **compared(run)}


def busy() -> Deadlines:
    """A calendar by which many have signals: its last term has a name that no college says, so all have stopped out."""
    usual = deadlines(date(2026, 9, 1))
    strange = Term("268", days(date(2026, 8, 24)), days(date(2026, 12, 15)))
    return Deadlines(usual.fafsa_days, 1, usual.aid_years, (*(t for t in usual.terms if t.name < "267"), strange))


@dataclass
class Killer:
    """Kills signals at random moments, in its start or at its work, and starts it again at once."""

    stack: Stack
    chance: random.Random
    kills: int
    done: int = 0
    _next: float = field(default_factory=lambda: time.monotonic() + 2)

    def look(self) -> None:
        """Do what is due."""
        if self.done < self.kills and time.monotonic() >= self._next:
            self.stack.kill(NAME)
            self.stack.start(NAME)
            self.done += 1
            self._next = time.monotonic() + self.chance.uniform(0.2, 2 * SECONDS_A_KILL - 0.2)


def _flow(publisher: Publisher, killer: Killer, events: Sequence[Planned]) -> None:
    """Publish at an even rate until every kill is done; then wait until all of it has reached the view."""
    started, sent, acknowledged = time.monotonic(), 0, set[str]()
    seconds = SECONDS_A_KILL * killer.kills + 2
    while sent < len(events) or killer.done < killer.kills:
        killer.look()
        due = min(len(events), round(len(events) * (time.monotonic() - started) / seconds))
        acknowledged |= send(publisher, events[sent:due])
        sent = max(sent, due)
        time.sleep(0.02)
    print(f"{len(acknowledged)} events, {killer.done} kills, {time.monotonic() - started:.0f} s", file=sys.stderr)  # noqa: T201
    stack = killer.stack
    ledger = LiveLedger(stack.bootstrap)
    wait_until_ended(stack, ledger, acknowledged, lambda _: None)
    ledger.close()
    _wait_until_read(stack, consent.NAME, lambda topic: topic == "resolved.events")
    _wait_until_read(stack, NAME, lambda topic: topic.startswith(RELEASED))
    _wait_until_read(stack, GROUP, lambda topic: topic.startswith((RELEASED, SIGNALS)))


def _wait_until_read(stack: Stack, group: str, wanted: Callable[[str], bool]) -> None:
    """Wait until a group has committed all that is on some topics."""
    reader, consumer = TopicReader(stack.bootstrap, wanted), clients.consumer(stack.bootstrap, group)
    ends: dict[tuple[str, int], int] = {}
    deadline = time.monotonic() + LEVEL_SECONDS
    while time.monotonic() < deadline:
        stack.check()
        ends |= {(a.topic, a.partition): a.offset + 1 for a in reader.arrivals()}
        committed = consumer.committed([TopicPartition(*place) for place in ends], 10) if ends else []
        if all(p.offset >= ends[p.topic, p.partition] for p in committed):
            break
        time.sleep(0.1)
    reader.close()
    consumer.close()


def _all_of(bootstrap: str, beginning: str) -> list[Arrival]:
    reader = TopicReader(bootstrap, lambda topic: topic.startswith(beginning))
    found = list(reader.arrivals())
    reader.close()
    return found


def _view(path: Path) -> list[tuple[Any, ...]]:
    views = CaseViews.open(path)
    with views.cursor() as cursor:
        rows = cursor.execute(
            "SELECT signal_id, state, urgency, epoch(due_on) // 86400, evidence_event_ids FROM signal_row"
        ).fetchall()
    views.close()
    return rows


def decided(released: Sequence[Arrival], calendar: Calendar) -> set[Told]:
    """Signals that the pure decision raises over the whole of the topics, taken at once."""
    state, outs, context = Memory(), list[Out](), signals.Context(calendar, asked_at_once=1_000_000)
    working = Working(state)
    outs += signals.decide(released, working, context)
    state.apply(working.changes())
    sent = [Arrival(out.topic, 0, n, 0, None, out.value) for n, out in enumerate(outs)]
    rows = [read.row for read in decoded(sent)]
    return {
        _told(r["signal_id"], r["urgency"], r["due_on"], r["evidence_event_ids"])
        for r in rows
        if r["state"] == "raised"
    }


def _told(signal_id: str, urgency: str, due_on: int | None, evidence: Sequence[str]) -> Told:
    return signal_id, urgency, str(None if due_on is None else int(due_on)), *sorted(evidence)


def compared(run: Run) -> dict[str, int]:
    """How many signals are lost, stand twice, or stand though the releases give none such.

    Raises:
        AssertionError: there were too few signals for a comparison to mean anything.
    """
    wanted = decided(run.released, run.calendar)
    found = {_told(id_, urgency, due, evidence) for id_, state, urgency, due, evidence in run.rows if state == "raised"}
    if len(wanted) < FEWEST_SIGNALS:
        raise AssertionError(f"only {len(wanted)} signals")
    print(f"{len(wanted)} signals of {len(run.rows)} rows", file=sys.stderr)  # noqa: T201
    doubled = sum(count - 1 for count in Counter(row[0] for row in run.rows).values())
    return {"lost": len(wanted - found), "doubled": doubled, "extra": len(found - wanted)}


if __name__ == "__main__":
    sys.exit(main())
