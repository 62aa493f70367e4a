"""Faults of a running stack: workers and the broker killed with kill -9, workers stopped for longer than time-outs."""

import heapq
import itertools
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from deploy import processes
from deploy.kafka_jars import PortTakenError
from deploy.local_kafka import LocalKafka
from deploy.scrape import see
from deploy.stack import SERVE, WORKERS, Stack
from streams import clients, faust_app

ROLES = (*WORKERS, SERVE)
KILL, PAUSE, BROKER_KILL = "kill", "pause", "broker kill"
PAUSE_SECONDS = max(clients.TRANSACTION_TIMEOUT_MS / 1_000, faust_app.SESSION_SECONDS) + 3
"""The broker has ended the sleeper's transaction by then, and has put it out of its group."""
DOWN_SECONDS = 3.0
"""At most, beside the time that a start takes."""
START_SECONDS = 300.0
"""Of a broker that has to look through its logs, where others use the machine too."""
REFUSAL_SECONDS = 120.0
PORT_TRIES = 20
GAPS = "throughline_gap_records_total"


@dataclass(frozen=True)
class Fault:
    """Something that happens."""

    kind: str
    role: str = ""
    """Whom it happens to; nobody: the broker."""
    is_killed: bool = False
    """Of a pause: at its end it is killed, and a successor takes over; else it goes on."""


def planned(chance: random.Random, roles: Sequence[str], kills: int, pauses: int, broker_kills: int) -> list[Fault]:
    """Faults in random order; each of the roles has its turn as often as the others."""
    ends = itertools.cycle(chance.sample([False, True], 2))
    found = [Fault(KILL, role) for role in _turns(chance, roles, kills)]
    found += [Fault(PAUSE, role, next(ends)) for role in _turns(chance, roles, pauses)]
    found += [Fault(BROKER_KILL)] * broker_kills
    return chance.sample(found, len(found))


def _turns(chance: random.Random, roles: Sequence[str], count: int) -> list[str]:
    rounds = -(-count // len(roles))
    return [role for _ in range(rounds) for role in chance.sample(roles, len(roles))][:count]


class Breaker:
    """Brings faults about at random moments, and mends them."""

    def __init__(self, stack: Stack, chance: random.Random) -> None:
        """Of a stack that runs on a native broker of its own."""
        self.done = Counter[str]()
        self.gap_records = 0
        """Missing records of which processes told before they were killed."""
        self._stack, self._chance = stack, chance
        self._asleep = set[str]()
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()

    def cause(self, faults: Sequence[Fault], seconds: float) -> None:
        """Cause faults, spread over some seconds; returns when all of them are over.

        Raises:
            ThroughlineError: a process of the stack has ended by itself.
            AssertionError: a second worker ran beside one that only slept.
        """
        for fault in faults:
            self._later(self._chance.uniform(0.02, 0.98) * seconds, lambda one=fault: self._cause(one))
        while self._due:
            moment, _, act = heapq.heappop(self._due)
            time.sleep(max(0.0, moment - time.monotonic()))
            self._stack.check()
            act()

    def _later(self, seconds: float, act: Callable[[], None]) -> None:
        heapq.heappush(self._due, (time.monotonic() + seconds, next(self._order), act))

    def _cause(self, fault: Fault) -> None:
        if fault.role in self._asleep or (fault.kind == PAUSE and not self._is_up(fault.role)):
            self._later(1, lambda: self._cause(fault))
        elif fault.kind == KILL:
            self._kill(fault.role)
            self.done[KILL] += 1
        elif fault.kind == PAUSE:
            self._put_to_sleep(fault)
        else:
            self._kill_broker()
            self.done[BROKER_KILL] += 1

    def _kill(self, role: str) -> None:
        self.look_for_gaps(role)
        self._stack.kill(role)
        self._stack.start(role)

    def look_for_gaps(self, role: str) -> None:
        """What a process that runs tells of missing records."""
        self.gap_records += int(see(role, self._stack.data_dir).total(GAPS))

    def _is_up(self, role: str) -> bool:
        """Whether it has begun its work: before that it holds nothing that could keep a successor out."""
        return see(role, self._stack.data_dir).is_up

    def _put_to_sleep(self, fault: Fault) -> None:
        self.look_for_gaps(fault.role)
        os.kill(self._stack.running[fault.role].pid, signal.SIGSTOP)
        self._asleep.add(fault.role)
        self._later(PAUSE_SECONDS, lambda: self._wake(fault))
        self._expect_refusal(fault.role)

    def _wake(self, fault: Fault) -> None:
        self._asleep.discard(fault.role)
        if fault.is_killed:
            self._stack.kill(fault.role)
            self._stack.start(fault.role)
        else:
            os.kill(self._stack.running[fault.role].pid, signal.SIGCONT)
        self.done[PAUSE] += 1

    def _expect_refusal(self, role: str) -> None:
        """Start a successor beside a sleeper: what the sleeper holds must keep it out."""
        log = self._stack.data_dir / "logs" / f"{role}-beside.out"
        successor = self._stack.begin(role, log)
        if processes.wait([successor], REFUSAL_SECONDS):
            processes.kill([successor])
            raise AssertionError(f"a second {role} runs beside one that is stopped")
        said = log.read_text(encoding="utf-8", errors="replace")
        if not processes.exit_code(successor) or "another" not in said:
            raise AssertionError(f"a second {role} was not refused, but said: {said.strip()[-300:]}")

    def _kill_broker(self) -> None:
        """Kill the broker's process, and start it on the same data and the same port."""
        kafka = self._stack.kafka
        if not isinstance(kafka, LocalKafka):
            raise TypeError("only a native broker of the stack's own is killed")
        kafka.port = int(kafka.bootstrap.rpartition(":")[2])
        kafka.start_timeout_seconds = START_SECONDS
        kafka.kill()
        time.sleep(self._chance.uniform(0, DOWN_SECONDS))
        for again in range(PORT_TRIES):
            try:
                kafka.start()
            except PortTakenError:  # a client that looks for it may have met itself there
                if again == PORT_TRIES - 1:
                    raise
                time.sleep(0.5)
            else:
                return
