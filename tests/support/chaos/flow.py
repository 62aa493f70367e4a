"""A partner publishes made-up people part by part while faults happen; each part ends before the next begins."""

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import chain

from deploy.ledger import LiveLedger
from deploy.stack import Stack
from partners.population import Planned, Population
from partners.population.send import turns
from streams.errors import ThroughlineError
from support.chaos.compare import PHASES
from support.chaos.faults import PAUSE, PAUSE_SECONDS, Breaker, Fault
from support.chaos.partner import Partner
from support.proving import say

EVENTS_A_SECOND = 400
FEWEST_SECONDS = 3.0
STALLED_SECONDS = 120.0
"""No event ends for so long: those that have not are lost."""
SECONDS_A_FAULT = 2.0
SHARES = (0.25, 0.35, 0.7, 0.8, 0.85, 1.0)
"""Of the faults, by the end of each part: people, their care and facts of the history, and of what changes then."""
FACTS = 2
"""The part that has the most events."""


def by_part(faults: Sequence[Fault]) -> list[list[Fault]]:
    """Which faults happen in which part."""
    ends = [round(len(faults) * share) for share in SHARES]
    return [list(faults[start:end]) for start, end in zip([0, *ends], ends, strict=False)]


def published(breaker: Breaker, stack: Stack, made: Population, faults: Sequence[Sequence[Fault]]) -> set[str]:
    """Publish people while faults of each part happen; ids that the broker acknowledged."""
    partner, found = Partner(stack.bootstrap), set[str]()
    parts = chain.from_iterable(turns(made.phases[phase]) for phase in PHASES)
    for events, now in zip(parts, faults, strict=True):
        acknowledged = _publish_under(breaker, partner, events, now)
        _wait(stack, acknowledged)
        found |= acknowledged
        say(f"{len(found)} events, {partner.sent_again} sent again, {dict(breaker.done)}")
    return found


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
    longest = FEWEST_SECONDS if faults else 0.0
    longest += PAUSE_SECONDS if any(fault.kind == PAUSE for fault in faults) else 0.0
    seconds = max(len(events) / EVENTS_A_SECOND, len(faults) * SECONDS_A_FAULT, longest)
    with ThreadPoolExecutor(1) as beside:
        acknowledged = beside.submit(partner.send_evenly, events, seconds)
        try:
            breaker.cause(faults, seconds)
        except BaseException:  # else the partner would go on for minutes before anybody heard of it
            partner.gives_up.set()
            raise
        return acknowledged.result()
