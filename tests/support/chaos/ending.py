"""The end of a run: workers end in the order of the way, and what they leave behind is put together."""

from collections.abc import Sequence
from typing import Protocol

from deploy import audit_log
from deploy.audit_log import HeadsFile
from deploy.ledger import Ledger, counted
from deploy.stack import WORKERS, Stack
from deploy.topic_reader import Read, decoded
from processors.consent.verifying import Findings
from processors.records import Arrival
from streams.heads import public_path
from streams.signals import load_calendar
from streams.sink import RELEASED
from support.chaos import found
from support.chaos.compare import Run
from support.chaos.found import Kept
from support.chaos.raised import decided
from support.proving import say

OWN = ("partner.", "control.")
"""How the topics begin that others write too."""


class Hears(Protocol):
    """Who counts what processes tell of before they end."""

    gap_records: int
    """Missing records."""

    def look_for_gaps(self, role: str) -> None:
        """Ask one that runs."""


def ended(stack: Stack, breaker: Hears, published: set[str], views: Kept) -> tuple[Run, set[object]]:
    """End the workers, each when it has read all; what they leave behind, and in what it differs from itself."""
    acted, differing = dict[str, str](), set[object]()
    for role in (*WORKERS, views.role):
        found.wait_until_read(stack, role, views)
        names = found.names_of(stack, role)
        for name in reversed(names):  # else one that stands by would act once more
            breaker.look_for_gaps(name)
            stack.stop(name)
        acted[role] = names[0]
        if rows := found.differing_rows(stack, names):
            differing.add(f"{rows} rows of the stores of {role}")
    arrivals = [a for a in found.arrivals_of(stack.bootstrap) if not a.topic.startswith("state.")]  # rows, no records
    positions, ends = found.positions_of(stack, arrivals, acted, views)
    released = [arrival for arrival in arrivals if arrival.topic.startswith(RELEASED)]
    given = decided(released, load_calendar(stack.settings.calendar))
    reads, book = _read(arrivals), Ledger()
    for read in reads:
        if counted(read.topic):
            book.enter(read)
    kept, gap_records = views.view(), breaker.gap_records
    return Run(published, book.outcomes, arrivals, reads, kept, positions, ends, given, gap_records), differing


def altered(stack: Stack) -> set[str]:
    """What a verification of the audit finds, once consent has ended and so has signed its last head."""
    heads, findings = stack.settings.heads, Findings()
    file = HeadsFile.of(heads, audit_log.keys_in(public_path(heads)))
    audit_log.verified([file], audit_log.of_topic(stack.bootstrap), None, findings, lambda *_: None)
    return {f"the audit at offset {p.offset}, line {p.line} of its heads: {p.code}" for p in findings.problems}


def tell(off: dict[str, set[object]]) -> dict[str, int]:
    """Say a few of everything that is wrong, by ids only; how many there are."""
    for name, things in off.items():
        for thing in sorted(map(str, things))[:5]:
            say(f"{name}: {thing}")
    return {name: len(things) for name, things in off.items()}


def _read(arrivals: Sequence[Arrival]) -> list[Read]:
    own = [arrival for arrival in arrivals if not arrival.topic.startswith(OWN)]
    return sorted(decoded(own), key=lambda read: (read.topic, read.partition, read.offset))
