"""A world whose resolve and consent are processes of their own, to be killed in the middle of something."""

import os
import random
import signal
import sys
import time
from collections.abc import Callable
from contextlib import closing
from functools import cached_property
from pathlib import Path

from confluent_kafka import Consumer, IsolationLevel, TopicPartition
from confluent_kafka.admin import OffsetSpec

from deploy import processes
from deploy.ledger import Ledger, counted
from deploy.topic_reader import decoded
from processors import names
from streams import consent, resolve
from support.kafka_world import LOG, KafkaWorld, committed_by

LONGEST_SECONDS = 0.05
"""That a worker works on something before it is killed."""
STOP_SECONDS = 15.0


class WorkersWorld(KafkaWorld):
    """Resolve and consent are real workers over a real broker; the sink and its views are in this process."""

    settle_seconds = 120.0

    def __init__(self, folder: Path, chance: random.Random) -> None:
        super().__init__(folder)
        self.kills = {resolve.NAME: 0, consent.NAME: 0}
        """Of workers that had something left to do of what was just published."""
        self._chance = chance
        self._running: dict[str, processes.Started] = {}
        self._book = Ledger()
        self._entered: dict[str, int] = {}

    def go_on(self) -> None:
        """Start resolve and consent."""
        for role in self.kills:
            self._start_worker(role)

    def stop(self) -> None:
        """End resolve and consent; each finishes the batch under way."""
        processes.end(list(self._running.values()), STOP_SECONDS)
        self._running.clear()

    def _start_worker(self, role: str) -> None:
        given = {f"THROUGHLINE_{name.upper()}": str(v) for name, v in self.settings if v is not None}
        env = {**os.environ, **given, "THROUGHLINE_METRICS_PORT": "0"}
        argv = [sys.executable, "-m", "deploy", "worker", role]
        self._running[role] = processes.start(role, argv, env, self._folder / "logs" / f"{role}.out")

    def kill_amid(self, role: str, act: Callable[[], None]) -> None:
        """Have something published, and kill -9 a worker before it has ended; a successor goes on.

        It is stopped while that is published, so that it is not done before it can be killed; consent till there are
        moves for it. All of them it would not see: resolve holds partners' events back while consent is behind.
        """
        pid = self._running[role].pid
        os.kill(pid, signal.SIGSTOP)
        act()
        assert self._producer.flush(self.settle_seconds) == 0
        if role == consent.NAME:
            self._wait(self._moves_wait)
        os.kill(pid, signal.SIGCONT)
        time.sleep(self._chance.uniform(0, LONGEST_SECONDS) if self.kills[role] else 0)  # once at least it is not done
        processes.kill([self._running[role]])
        self.kills[role] += self._moves_wait() if role == consent.NAME else not self._resolve_is_level()
        self._start_worker(role)

    def send(self, topic: str, key: bytes | None, value: bytes | None, headers: dict[str, bytes] | None = None) -> None:
        """One record onto an input topic; what stewards decide has no outcome to wait for."""
        super().send(topic, key, value, headers)
        if topic == names.STEWARDS:
            self._sent.discard((headers or {})["ce_id"].decode())

    def settle(self) -> "WorkersWorld":
        """Wait until resolve has read everything, stewards' decisions too, and all of it has come out."""
        assert self._producer.flush(self.settle_seconds) == 0
        self._wait(self._resolve_is_level)
        super().settle()
        return self

    def outcomes(self) -> dict[str, str]:
        """How each event ended, each topic read once."""
        for topic in [name for name in self.topics if counted(name)]:
            arrivals, done = self.topics[topic], self._entered.get(topic, 0)
            for read in decoded(arrivals[done:]):
                self._book.enter(read)
            self._entered[topic] = len(arrivals)
        return self._book.outcomes

    def _resolve_is_level(self) -> bool:
        topics = self._admin.list_topics(timeout=10).topics
        places = [TopicPartition(name, p) for name, topic in topics.items() if resolve.inputs(name)
                  for p in topic.partitions]  # fmt: skip
        asked = {place: OffsetSpec.latest() for place in places}
        level = IsolationLevel.READ_UNCOMMITTED
        ends = {(p.topic, p.partition): found.result().offset
                for p, found in self._admin.list_offsets(asked, isolation_level=level).items()}  # fmt: skip
        known = self._resolve_group.committed(places, 10)
        return all(max(0, p.offset) >= ends[p.topic, p.partition] for p in known)

    @cached_property
    def _resolve_group(self) -> Consumer:
        return self._held.enter_context(closing(committed_by(str(self.settings.bootstrap), resolve.NAME)))

    def _moves_wait(self) -> bool:
        """Whether the log, as far as it is read by now, has moves that consent has not committed."""
        [committed] = self._group.committed([LOG], 10)
        new = [arrival for arrival in self.topics[names.RESOLVED_EVENTS] if arrival.offset >= committed.offset]
        return any(read.name == "records_moved" for read in decoded(new))

    def _wait(self, done: Callable[[], bool]) -> None:
        for role, started in self._running.items():
            assert processes.is_running(started), f"{role} has ended: see {self._folder / 'logs'}"
        super()._wait(done)
