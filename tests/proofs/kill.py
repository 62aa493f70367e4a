"""Kill -9 of random workers at random moments while events flow; then sets of ids are compared with the truth.

Starts the whole stack in a directory of its own, publishes made-up people phase by phase at an even rate, and meanwhile
kills resolve, consent and serve. Prints one JSON object as its last line; exits 1 unless nothing was lost, doubled or
leaked.
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
from datetime import UTC, datetime
from pathlib import Path

from confluent_kafka import TopicPartition

from deploy.demo_run import PARTNER, wait_until_ended
from deploy.ledger import LiveLedger
from deploy.stack import SERVE, WORKERS, Stack
from deploy.topic_reader import Read, TopicReader, all_of
from partners.client import Publisher
from partners.population import Planned, Truth, generate
from partners.population.send import send
from processors.names import AUDIT_DECISIONS, RESOLVED_EVENTS
from sinks.case_views import CaseViews
from streams import clients, consent
from streams.settings import Settings
from streams.sink import GROUP, RELEASED

PHASES = ("history", "changes")
FEWEST_KILLS = 5
ROLES = (*WORKERS, SERVE)
EVENTS_A_SECOND = 1_000
FEWEST_SECONDS = 6.0
LEVEL_SECONDS = 10.0
Sight = tuple[str, str, str]
"""Recipient, person and event id."""


@dataclass(frozen=True)
class Run:
    """What a run has left behind, as an outsider finds it."""

    published: set[str]
    outcomes: dict[str, str]
    reads: Sequence[Read] = field(repr=False)
    """Every record of our own topics."""
    view: set[Sight]
    """Rows that stand."""


def main() -> int:
    """Run; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=12)
    parser.add_argument("--people", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=random.randrange(1_000_000))  # noqa: S311  # of a test's moments
    asked = parser.parse_args()
    print(f"seed {asked.seed}", file=sys.stderr)  # noqa: T201  # to run it again
    with tempfile.TemporaryDirectory(prefix="throughline-kill-") as folder:
        document = prove(Path(folder), asked.people, asked.kills, asked.seed)
    sys.stdout.write(json.dumps(document) + "\n")
    sound = not (document["lost"] or document["duplicated"] or document["leaked"])
    return 0 if sound and document["kills"] >= FEWEST_KILLS else 1


def prove(folder: Path, people: int, kills: int, seed: int) -> dict[str, int]:
    """Run and compare; the figures."""
    made = generate(people, 7, decided_on=datetime.now(UTC).date())
    chance = random.Random(seed)  # noqa: S311  # of a test's moments
    stack = Stack(Settings(data_dir=folder, portal_port=0, bootstrap=None))
    with stack, Publisher(stack.bootstrap, PARTNER) as publisher:
        killer = Killer(stack, chance, kills)
        published, outcomes = _flow(publisher, killer, [made.phases[p] for p in PHASES])
        reads = all_of(stack.bootstrap, lambda topic: not topic.startswith(("partner.", "control.", "__")))
    run = Run(published, outcomes, reads, _view(folder / "views" / "case.duckdb"))
    found = {"lost": lost(run, made.truth), "duplicated": duplicated(run), "leaked": leaked(run, made.truth)}
    for name, things in found.items():
        for thing in sorted(map(str, things))[:5]:
            print(f"{name}: {thing}", file=sys.stderr)  # noqa: T201  # ids only
    return {"kills": len(killer.done), **{name: len(things) for name, things in found.items()}}


class Killer:
    """Kills roles in random order, each as often as the others, and starts what it killed at once."""

    def __init__(self, stack: Stack, chance: random.Random, kills: int) -> None:
        """So many kills in all."""
        self.stack = stack
        self.done: list[str] = []
        self._chance = chance
        turns = range(-(-kills // len(ROLES)))
        self._roles = [role for _ in turns for role in chance.sample(ROLES, len(ROLES))][:kills]
        self._moments: list[float] = []

    def plan(self, share: float, seconds: float) -> None:
        """From now on, at random moments of so many seconds: a share of what is left, the rest at 1."""
        count = round((len(self._roles) - len(self.done)) * share)
        now = time.monotonic()
        self._moments = sorted(now + self._chance.uniform(0.02, 0.98) * seconds for _ in range(count))

    def look(self) -> None:
        """Do what is due."""
        while self._moments and self._moments[0] <= time.monotonic():
            del self._moments[0]
            role = self._roles[len(self.done)]
            self.stack.kill(role)
            self.stack.start(role)
            self.done.append(role)


def _flow(publisher: Publisher, killer: Killer, phases: Sequence[Sequence[Planned]]) -> tuple[set[str], dict[str, str]]:
    """Publish phase by phase at an even rate while the killer does its work; each phase ends before the next begins."""
    stack, published = killer.stack, set[str]()
    ledger = LiveLedger(stack.bootstrap)
    for events, share in zip(phases, (2 / 3, 1), strict=True):
        seconds = max(len(events) / EVENTS_A_SECOND, FEWEST_SECONDS)
        killer.plan(share, seconds)
        published |= _publish_evenly(publisher, events, seconds, killer.look)
        wait_until_ended(stack, ledger, published, _unheard)
        print(f"{len(published)} events, killed so far: {' '.join(killer.done)}", file=sys.stderr)  # noqa: T201
    _wait_until_read(stack, consent.NAME, lambda topic: topic == RESOLVED_EVENTS)
    _wait_until_read(stack, GROUP, lambda topic: topic.startswith(RELEASED))
    outcomes = dict(ledger.catch_up().outcomes)
    ledger.close()
    return published, outcomes


def _publish_evenly(
    publisher: Publisher, events: Sequence[Planned], seconds: float, meanwhile: Callable[[], None]
) -> set[str]:
    """Send events over some seconds, as partners do; ids that the broker acknowledged."""
    started, sent, acknowledged = time.monotonic(), 0, set[str]()
    while (gone := time.monotonic() - started) < seconds or sent < len(events):
        meanwhile()
        due = min(len(events), round(len(events) * gone / seconds))
        acknowledged |= send(publisher, events[sent:due])
        sent = max(sent, due)
        time.sleep(0.02)
    meanwhile()
    return acknowledged


def _wait_until_read(stack: Stack, group: str, wanted: Callable[[str], bool]) -> None:
    """Wait until a group has committed all that is on some topics.

    The sink commits only for show, and a kill may cost it that word: where it does not come, the comparison tells.
    """
    reader, consumer = TopicReader(stack.bootstrap, wanted), clients.consumer(stack.bootstrap, group)
    ends: dict[tuple[str, int], int] = {}
    deadline = time.monotonic() + LEVEL_SECONDS
    level = False
    while not level and time.monotonic() < deadline:
        stack.check()
        ends |= {(a.topic, a.partition): a.offset + 1 for a in reader.arrivals()}
        committed = consumer.committed([TopicPartition(*place) for place in ends], 10) if ends else []
        level = all(p.offset >= ends[p.topic, p.partition] for p in committed)
        time.sleep(0.1)
    reader.close()
    consumer.close()


def _unheard(done: int) -> None:
    del done


def _view(path: Path) -> set[Sight]:
    views = CaseViews.open(path)
    with views.cursor() as cursor:
        query = "SELECT recipient, person_id, event_id FROM release_row WHERE state = 'released'"
        rows = cursor.execute(query).fetchall()
    views.close()
    if len(rows) != len(set(rows)):
        raise AssertionError("a row stands twice in the view")
    return set(rows)


def lost(run: Run, truth: Truth) -> set[object]:
    """Events that did not end as the truth says, and rows that should stand and do not."""
    expected = truth.outcomes[PHASES[-1]]
    wrong: set[object] = {e for e in run.published | expected.keys() if run.outcomes.get(e) != expected.get(e)}
    seen = {(recipient, event) for recipient, _, event in run.view}
    return wrong | {(r, e) for r, _, e in truth.visible[PHASES[-1]] if (r, e) not in seen}


def duplicated(run: Run) -> set[object]:
    """What was done twice: an event decided as new, applied or rejected again, or both, or a record sent again."""
    counts = Counter(key for read in run.reads if (key := _once(read)) is not None)
    decided = {r.row.get("event_id") for r in run.reads if r.name in {"decision_recorded", "identity_changed"}}
    rejected = {r.row["event_id"] for r in run.reads if r.name == "dead_letter"}
    return {key for key, count in counts.items() if count > 1} | {("two ends", e) for e in decided & rejected if e}


def _once(read: Read) -> tuple[str, ...] | None:
    """Names what may be there only once; None of what may come again."""
    row = read.row
    if read.name == "decision_recorded":
        return (AUDIT_DECISIONS, row["decision_id"])
    if read.name == "resolved_event":
        return (read.name, row["event_id"])
    if read.name == "dead_letter":
        return (read.name, row["topic"], str(row["partition"]), str(row["offset"]))
    if read.name == "identity_changed":
        return (read.name, row["change_id"], row["from_person_id"] or "")
    return (read.name, row["release"]["release_id"]) if "release" in row else None


def leaked(run: Run, truth: Truth) -> set[object]:
    """What reached a recipient that the truth never allows, or stands where it should not, or under a wrong person."""
    allowed = {(r, e) for phase in PHASES for r, _, e in truth.visible[phase]}
    sent = {(x.row["release"]["recipient"], x.row["release"]["event_id"]) for x in run.reads if "release" in x.row}
    standing = {(r, e) for r, _, e in truth.visible[PHASES[-1]]}
    out: set[object] = {*(sent - allowed)}
    return out | {(r, e) for r, _, e in run.view if (r, e) not in standing} | _misplaced(run.view, truth)


def _misplaced(view: set[Sight], truth: Truth) -> set[object]:
    """Persons of the view that are not one and the same person of the truth."""
    labels = {(r, e): label for r, label, e in truth.visible[PHASES[-1]]}
    pairs = {(labels[r, e], person) for r, person, e in view if (r, e) in labels}
    by_label, by_person = Counter(label for label, _ in pairs), Counter(person for _, person in pairs)
    return {pair for pair in pairs if by_label[pair[0]] > 1 or by_person[pair[1]] > 1}


if __name__ == "__main__":
    sys.exit(main())
