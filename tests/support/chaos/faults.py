"""Faults of a running stack: workers killed with kill -9, workers stopped for longer than time-outs, and whatever else.

What happens to no worker of the stack, as to a broker or a database, is an act that is given by its kind.
"""

import heapq
import itertools
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from deploy import processes
from deploy.scrape import see
from deploy.stack import SERVE, WORKERS, Stack
from streams import clients, faust_app

ROLES = (*WORKERS, SERVE)
KILL, PAUSE = "kill", "pause"
PAUSE_SECONDS = max(clients.TRANSACTION_TIMEOUT_MS / 1_000, faust_app.SESSION_SECONDS) + 3
"""The broker has ended the sleeper's transaction by then, and has put it out of its group; its lease has run out."""
REFUSAL_SECONDS = 120.0
LATE_SECONDS = 180.0
"""Past the last moment that was planned: what could not be caused until then never can."""
GAPS = "throughline_gap_records_total"
Act = Callable[[], bool]
"""Causes something; False: it cannot be just now."""


@dataclass(frozen=True)
class Fault:
    """Something that happens."""

    kind: str
    role: str = ""
    """Whom it happens to; of a role that has several, one of them. Nobody: an act."""
    is_killed: bool = False
    """Of a pause: at its end it is killed, and a successor takes over; else it goes on."""
    within: float = float("inf")
    """Seconds of its part in which it happens; all of them, unless less."""


def planned(chance: random.Random, roles: Sequence[str], counts: Mapping[str, int]) -> list[Fault]:
    """Faults in random order, so many of each kind; each of the roles has its turn as often as the others."""
    ends = itertools.cycle(chance.sample([False, True], 2))
    found = [Fault(KILL, role) for role in _turns(chance, roles, counts.get(KILL, 0))]
    found += [Fault(PAUSE, role, next(ends)) for role in _turns(chance, roles, counts.get(PAUSE, 0))]
    found += [Fault(kind) for kind, count in counts.items() if kind not in {KILL, PAUSE} for _ in range(count)]
    return chance.sample(found, len(found))


def _turns(chance: random.Random, roles: Sequence[str], count: int) -> list[str]:
    rounds = -(-count // len(roles))
    return [role for _ in range(rounds) for role in chance.sample(roles, len(roles))][:count]


class Breaker:
    """Brings faults about at random moments, and mends them."""

    def __init__(self, stack: Stack, chance: random.Random, acts: Mapping[str, Act]) -> None:
        """Of a stack; with what happens to others than its workers, by kind."""
        self.done = Counter[str]()
        self.asleep = set[str]()
        """Processes that are stopped just now."""
        self.gap_records = 0
        """Missing records of which processes told before they were killed."""
        self._stack, self._chance, self._acts = stack, chance, acts
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self._too_late = 0.0

    def cause(self, faults: Sequence[Fault], seconds: float) -> None:
        """Cause faults, spread over some seconds; returns when all of them are over.

        Raises:
            ThroughlineError: a process of the stack has ended by itself.
            AssertionError: a second worker ran beside one that only slept, or a fault could not be caused.
        """
        self._too_late = time.monotonic() + seconds + LATE_SECONDS
        for fault in faults:
            moment = self._chance.uniform(0.02, 0.98) * min(seconds, fault.within)
            self._later(moment, lambda one=fault: self._cause(one))
        while self._due:
            moment, _, act = heapq.heappop(self._due)
            time.sleep(max(0.0, moment - time.monotonic()))
            self._stack.check()
            act()

    def _later(self, seconds: float, act: Callable[[], None]) -> None:
        heapq.heappush(self._due, (time.monotonic() + seconds, next(self._order), act))

    def _cause(self, fault: Fault) -> None:
        act = self._acts.get(fault.kind) or (lambda: self._strike(fault))
        if not act():
            assert time.monotonic() < self._too_late, f"{fault} could not be caused"
            self._later(1, lambda: self._cause(fault))
        elif fault.kind != PAUSE:  # which is over later
            self.done[fault.kind] += 1

    def _strike(self, fault: Fault) -> bool:
        """Kill a process of the stack, or put it to sleep."""
        name = self._one_of(fault.role)
        if name is None or (fault.kind == PAUSE and not self.is_up(name)):
            return False
        if fault.kind == KILL:
            self._kill(name)
        else:
            self._put_to_sleep(name, fault)
        return True

    def _one_of(self, role: str) -> str | None:
        """A process of a role that is awake; of several the one that acts has two chances."""
        names = [name for name in self.named(role) if name not in self.asleep]
        if len(names) <= 1:
            return next(iter(names), None)
        acting = [name for name in names if see(name, self._stack.data_dir).highest("throughline_acting")]
        return self._chance.choice([*names, *acting])

    def named(self, role: str) -> list[str]:
        """The processes of a role that run."""
        return [name for name in self._stack.running if name.partition("-")[0] == role]

    def _kill(self, name: str) -> None:
        self.look_for_gaps(name)
        self._stack.kill(name)
        self._stack.start(name)

    def look_for_gaps(self, name: str) -> None:
        """What a process that runs tells of missing records."""
        self.gap_records += int(see(name, self._stack.data_dir).total(GAPS))

    def is_up(self, name: str) -> bool:
        """Whether it has begun its work: before that it holds nothing that could keep a successor out."""
        return see(name, self._stack.data_dir).is_up

    def _put_to_sleep(self, name: str, fault: Fault) -> None:
        self.look_for_gaps(name)
        os.kill(self._stack.running[name].pid, signal.SIGSTOP)
        self.asleep.add(name)
        self._later(PAUSE_SECONDS, lambda: self._wake(name, fault))
        if fault.role in WORKERS or self._stack.settings.views_dsn is None:
            self._expect_refusal(name)

    def _wake(self, name: str, fault: Fault) -> None:
        self.asleep.discard(name)
        if fault.is_killed:
            self._stack.kill(name)
            self._stack.start(name)
        else:
            os.kill(self._stack.running[name].pid, signal.SIGCONT)
        self.done[PAUSE] += 1

    def _expect_refusal(self, name: str) -> None:
        """Start a successor beside a sleeper: what the sleeper holds must keep it out."""
        log = self._stack.data_dir / "logs" / f"{name}-beside.out"
        successor = self._stack.begin(name, log)
        if processes.wait([successor], REFUSAL_SECONDS):
            processes.kill([successor])
            raise AssertionError(f"a second {name} runs beside one that is stopped")
        said = log.read_text(encoding="utf-8", errors="replace")
        if not processes.exit_code(successor) or not any(word in said for word in ("in use by", "another")):
            raise AssertionError(f"a second {name} was not refused, but said: {said.strip()[-300:]}")
