"""The whole stack over a real broker under faults; then everything that can be counted is compared.

Publishes made-up people at an even rate, and meanwhile kills workers and the broker with kill -9 and starts them again,
and stops workers for longer than transactions and sessions last: a successor that is started beside a sleeper must be
refused; then the sleeper goes on, or is killed and a successor takes over. What the partner saw no acknowledgement of,
it sends again.

In the end: sets of event ids and of rows equal the population's truth (lost, duplicated, leaked); numbers of records
are unbroken and every position is the end of its input (gaps); counts of the views are those of a plain fold of the
topics, signals those that the pure decision finds in the releases, and the audit is whole and under signed heads to its
end (unequal). Prints one JSON object as its last line; exits 1 unless all of these are 0 and every fault was caused.
"""

import argparse
import json
import random
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path

from support.chaos import found as end
from support.chaos.compare import PHASES, WRONG, Run, wrong
from support.chaos.faults import BROKER_KILL, KILL, PAUSE, PAUSE_SECONDS, ROLES, Breaker, Fault, planned
from support.chaos.partner import Partner
from support.chaos.raised import busy, decided
from support.proving import say

from deploy import audit_log
from deploy.audit_log import HeadsFile
from deploy.ledger import Ledger, LiveLedger, counted
from deploy.population import generate
from deploy.stack import Stack
from deploy.topic_reader import Read, decoded
from partners.population import Planned, Population
from partners.population.send import turns
from processors.consent.verifying import Findings
from processors.records import Arrival
from streams.errors import ThroughlineError
from streams.heads import public_path
from streams.settings import Settings
from streams.signals import load_calendar
from streams.sink import RELEASED

EXAMPLES = """
examples:
  chaos.py                         5 kills, 1 pause, 1 kill of the broker, 3,600 events; a minute or two
  chaos.py --long                  20 kills, 5 pauses, 3 kills of the broker, 50,000 events
  chaos.py --seed 11               the same faults in the same order again
  chaos.py --kills 20 --pauses 0 --broker-kills 0 --roles signals
                                   one worker killed again and again
"""
EVENTS_A_SECOND = 400
FEWEST_SECONDS = 3.0
FEWEST_SIGNALS = 20
STALLED_SECONDS = 120.0
"""No event ends for so long: those that have not are lost."""
SECONDS_A_FAULT = 2.0
SHARES = (0.25, 0.35, 0.7, 0.8, 0.85, 1.0)
"""Of the faults, by the end of each part: people, their care and facts of the history, and of what changes then."""
OWN = ("partner.", "control.")
"""How the topics begin that others write too."""


@dataclass(frozen=True)
class Size:
    """How much of everything."""

    kills: int = 5
    pauses: int = 1
    broker_kills: int = 1
    people: int = 300
    roles: Sequence[str] = ROLES
    """Whom faults happen to, beside the broker."""

    @property
    def faults(self) -> dict[str, int]:
        """How many of each kind."""
        return {KILL: self.kills, PAUSE: self.pauses, BROKER_KILL: self.broker_kills}


SHORT, LONG = Size(), Size(20, 5, 3, 4_300)


def main() -> int:
    """Run; the exit code."""
    size, seed = _asked()
    say(f"seed {seed}")  # to run it again
    with tempfile.TemporaryDirectory(prefix="throughline-chaos-") as folder:
        document = prove(Path(folder), size, seed)
    sys.stdout.write(json.dumps(document) + "\n")
    return 0 if is_sound(document, size) else 1


def _asked() -> tuple[Size, int]:
    kind = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, epilog=EXAMPLES, formatter_class=kind)
    parser.add_argument("--long", action="store_true", help="the full counts")
    for name in ("kills", "pauses", "broker-kills", "people"):
        attribute = name.replace("-", "_")
        told = f"{getattr(SHORT, attribute)}; with --long {getattr(LONG, attribute)}"
        parser.add_argument(f"--{name}", type=int, metavar="N", help=f"instead of {told}")
    parser.add_argument("--roles", nargs="+", choices=ROLES, metavar="ROLE", help=f"instead of {', '.join(ROLES)}")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of the faults; 0: drawn, and told")
    asked = vars(parser.parse_args())
    usual, seed = (LONG if asked.pop("long") else SHORT), asked.pop("seed")
    given = {name: count for name, count in asked.items() if count is not None}
    return Size(**{**vars(usual), **given}), seed or random.randrange(1, 1_000_000)  # noqa: S311  # of a test's moments


def is_sound(document: dict[str, int], size: Size) -> bool:
    """Whether nothing is wrong, and all was done."""
    return not any(document[name] for name in WRONG) and [
        document[n] for n in ("kills", "pauses", "broker_kills")
    ] == list(size.faults.values())


def prove(folder: Path, size: Size, seed: int) -> dict[str, int]:
    """Run and compare; the figures."""
    made = generate(size.people, 7, decided_on=datetime.now(UTC).date())
    chance = random.Random(seed)  # noqa: S311  # of a test's moments
    calendar = folder / "calendar.toml"
    calendar.write_text(busy().to_toml(), encoding="utf-8")
    data = folder / "data"
    settings = Settings(data_dir=data, portal_port=0, bootstrap=None, broker="native", signals_file=calendar)
    with Stack(settings) as stack:
        breaker = Breaker(stack, chance)
        published = _flow(breaker, stack, made, planned(chance, size.roles, *size.faults.values()))
        run = _found(stack, breaker, published)
        altered = _altered(stack)
    if len(run.view.raised) < FEWEST_SIGNALS:
        raise AssertionError(f"only {len(run.view.raised)} signals: they prove nothing")
    off = wrong(run, made.truth)
    off["unequal"] |= altered
    for name, things in off.items():
        for thing in sorted(map(str, things))[:5]:
            say(f"{name}: {thing}")  # ids only
    done = {f"{kind.replace(' ', '_')}s": breaker.done[kind] for kind in (KILL, PAUSE, BROKER_KILL)}
    return {**done, "events": len(published), **{name: len(things) for name, things in off.items()}}


def _flow(breaker: Breaker, stack: Stack, made: Population, faults: Sequence[Fault]) -> set[str]:
    """Publish part by part while faults happen; each part ends before the next begins."""
    partner, published, caused = Partner(stack.bootstrap), set[str](), 0
    parts = list(chain.from_iterable(turns(made.phases[phase]) for phase in PHASES))
    for events, share in zip(parts, SHARES, strict=True):
        now = faults[caused : round(len(faults) * share)]
        caused += len(now)
        acknowledged = _publish_under(breaker, partner, events, now)
        _wait(stack, acknowledged)
        published |= acknowledged
        say(f"{len(published)} events, {partner.sent_again} sent again, {dict(breaker.done)}")
    return published


def _wait(stack: Stack, event_ids: set[str]) -> None:
    """Wait until events have ended; those that do not are lost, which the comparison tells."""
    moved_at, left = time.monotonic(), len(event_ids)
    ledger = LiveLedger(stack.bootstrap)
    while left and time.monotonic() - moved_at < STALLED_SECONDS:
        stack.check()
        try:
            waiting = len(event_ids - ledger.catch_up().outcomes.keys())
        except ThroughlineError as error:  # a broker that has just started may answer later than a reader waits
            say(str(error))
            ledger.close()
            ledger, waiting = LiveLedger(stack.bootstrap), left
        if waiting < left:
            moved_at, left = time.monotonic(), waiting
    ledger.close()
    if left:
        say(f"{left} events have not ended")


def _publish_under(breaker: Breaker, partner: Partner, events: Sequence[Planned], faults: Sequence[Fault]) -> set[str]:
    """Publish events while faults happen; ids that the broker acknowledged."""
    longest = PAUSE_SECONDS + FEWEST_SECONDS if any(fault.kind == PAUSE for fault in faults) else FEWEST_SECONDS
    seconds = max(len(events) / EVENTS_A_SECOND, len(faults) * SECONDS_A_FAULT, longest)
    with ThreadPoolExecutor(1) as beside:
        acknowledged = beside.submit(partner.send_evenly, events, seconds)
        try:
            breaker.cause(faults, seconds)
        except BaseException:  # else the partner would go on for minutes before anybody heard of it
            partner.gives_up.set()
            raise
        return acknowledged.result()


def _found(stack: Stack, breaker: Breaker, published: set[str]) -> Run:
    """End the workers in the order of the way, each when it has read all; what they leave behind."""
    for role in ROLES:
        end.wait_until_read(stack, role)
        breaker.look_for_gaps(role)
        stack.stop(role)
    arrivals = end.arrivals_of(stack.bootstrap)
    positions, ends = end.positions_of(stack, arrivals)
    view = end.view_of(end.view_path(stack.data_dir))
    released = [arrival for arrival in arrivals if arrival.topic.startswith(RELEASED)]
    given = decided(released, load_calendar(stack.settings.calendar))
    reads, gap_records = _read(arrivals), breaker.gap_records
    book = Ledger()
    for read in reads:
        if counted(read.topic):
            book.enter(read)
    return Run(published, book.outcomes, arrivals, reads, view, positions, ends, given, gap_records)


def _altered(stack: Stack) -> set[str]:
    """What a verification of the audit finds, once consent has ended and so has signed its last head."""
    heads, findings = stack.settings.heads, Findings()
    file = HeadsFile.of(heads, audit_log.keys_in(public_path(heads)))
    audit_log.verified([file], audit_log.of_topic(stack.bootstrap), None, findings, lambda *_: None)
    return {f"the audit at offset {p.offset}, line {p.line} of its heads: {p.code}" for p in findings.problems}


def _read(arrivals: Sequence[Arrival]) -> list[Read]:
    own = [arrival for arrival in arrivals if not arrival.topic.startswith(OWN)]
    return sorted(decoded(own), key=lambda read: (read.topic, read.partition, read.offset))


if __name__ == "__main__":
    sys.exit(main())
