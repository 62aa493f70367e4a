"""Kill -9 of random workers at random moments while events flow; then sets of ids are compared with the truth.

Starts the whole stack in a directory of its own, publishes made-up people phase by phase, and kills resolve, consent
and serve while they work. Prints one JSON object as its last line; exits 1 unless nothing was lost, doubled or leaked.
"""

import argparse
import json
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from deploy.demo_run import PARTNER, wait_until_ended
from deploy.lag import sink_is_level
from deploy.ledger import LiveLedger
from deploy.stack import SERVE, WORKERS, Stack
from deploy.topic_reader import Read, all_of
from partners.client import Publisher
from partners.population import Planned, Truth, generate
from partners.population.send import send
from processors.names import AUDIT_DECISIONS
from sinks.case_views import CaseViews
from streams.settings import Settings

PHASES = ("history", "changes")
FEWEST_KILLS = 5
LEVEL_SECONDS = 60.0
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
    parser.add_argument("--kills", type=int, default=9)
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
    made = generate(people, 7)
    chance = random.Random(seed)  # noqa: S311  # of a test's moments
    stack = Stack(Settings(data_dir=folder, portal_port=0))
    with stack, Publisher(stack.bootstrap, PARTNER) as publisher:
        published, outcomes = _flow(stack, publisher, [made.phases[p] for p in PHASES], kills, chance)
        reads = all_of(stack.bootstrap, lambda topic: not topic.startswith(("partner.", "control.", "__")))
    run = Run(published, outcomes, reads, _view(folder / "views" / "case.duckdb"))
    found = {"lost": lost(run, made.truth), "duplicated": duplicated(run), "leaked": leaked(run, made.truth)}
    for name, things in found.items():
        for thing in sorted(map(str, things))[:5]:
            print(f"{name}: {thing}", file=sys.stderr)  # noqa: T201  # ids only
    return {"kills": kills, **{name: len(things) for name, things in found.items()}}


def _flow(
    stack: Stack, publisher: Publisher, phases: Sequence[Sequence[Planned]], kills: int, chance: random.Random
) -> tuple[set[str], dict[str, str]]:
    """Publish in pieces, a kill after each; then wait for the end of the phase."""
    ledger = LiveLedger(stack.bootstrap)
    published: set[str] = set()
    shares = [kills - kills // 3, kills // 3]
    for events, share in zip(phases, shares, strict=True):
        for piece in _pieces(events, share):
            published |= send(publisher, piece)
            _kill_one(stack, chance)
        wait_until_ended(stack, ledger, published, _unheard)
    deadline = time.monotonic() + LEVEL_SECONDS
    while not sink_is_level(stack.bootstrap) and time.monotonic() < deadline:
        stack.check()
        time.sleep(0.1)
    outcomes = dict(ledger.catch_up().outcomes)
    ledger.close()
    return published, outcomes


def _pieces(events: Sequence[Planned], count: int) -> Iterable[Sequence[Planned]]:
    size = -(-len(events) // max(count, 1))
    return [events[start : start + size] for start in range(0, len(events), size)]


def _kill_one(stack: Stack, chance: random.Random) -> None:
    """Kill at a random moment of the work, and start anew at once."""
    time.sleep(chance.uniform(0.1, 1.5))
    role = chance.choice((*WORKERS, SERVE))
    stack.kill(role)
    stack.start(role)


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
    """What was done twice: an event decided as new, applied or rejected again, or a record sent again."""
    counts = Counter(key for read in run.reads if (key := _once(read)) is not None)
    return {key for key, count in counts.items() if count > 1}


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
    out: set[object] = sent - allowed
    return out | {(r, e) for r, _, e in run.view if (r, e) not in standing} | _misplaced(run.view, truth)


def _misplaced(view: set[Sight], truth: Truth) -> set[object]:
    """Persons of the view that are not one and the same person of the truth."""
    labels = {(r, e): label for r, label, e in truth.visible[PHASES[-1]]}
    pairs = {(labels[r, e], person) for r, person, e in view if (r, e) in labels}
    by_label, by_person = Counter(label for label, _ in pairs), Counter(person for _, person in pairs)
    return {pair for pair in pairs if by_label[pair[0]] > 1 or by_person[pair[1]] > 1}


if __name__ == "__main__":
    sys.exit(main())
