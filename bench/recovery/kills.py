"""Kill -9 under a live producer, and how long until the first event after it is decided."""

import json
import random
import statistics
import threading
import time
from collections.abc import Callable
from contextlib import closing
from datetime import datetime
from typing import Any, Self

from confluent_kafka import OFFSET_END, TopicPartition

from bench.recovery.people import number_of
from bench.recovery.place import Place, Worker
from deploy.topic_reader import decoded
from processors import names
from streams import clients, consent
from streams.reading import usable

CALM_SECONDS = 3.0
"""Of work before each kill; then up to a second more, so that it falls anywhere in a batch."""
AT_ONCE = 20
Row = dict[str, Any]


def measure(place: Place, kills: int, rate: int, say: Callable[[str], None]) -> Row:
    """Kill so many times; medians, what was lost, and how long each part of a start took."""
    chosen = random.Random(kills)  # noqa: S311  # any place will do
    found: list[float] = []
    opened: list[float] = []
    used: list[float] = []
    with closing(Decided(place.bootstrap)) as decided, Live(place, rate) as live:
        worker = Worker(place)
        place.until(lambda: decided.newest() >= 0, worker)
        for number in range(kills):
            calm_until = time.monotonic() + CALM_SECONDS + chosen.random()
            place.until(lambda until=calm_until: decided.newest() >= 0 and time.monotonic() > until, worker)
            worker.kill()
            first, began = live.sent, time.monotonic()
            worker = Worker(place)
            place.until(lambda first=first: decided.newest() >= first, worker)
            found.append(time.monotonic() - began)
            used.append(worker.cpu())
            opened.append(_opened_at(place) - worker.started_at)
            parts = f"store open after {opened[-1]:.2f} s, {used[-1]:.2f} s of CPU"
            say(f"kill {number + 1}: decided after {found[-1]:.2f} s; {parts}")
        live.stop()
        place.until(lambda: decided.newest() >= live.sent - 1, worker)
        worker.stop()
        lost = live.sent - len(decided.seen)
    return {
        "recovery_s": round(statistics.median(found), 3),
        "recovery_s_of_each": [round(seconds, 3) for seconds in found],
        "of_it_until_the_store_is_open_s": round(statistics.median(opened), 3),
        "of_it_cpu_of_the_worker_s": round(statistics.median(used), 3),
        "persons": place.people.count,
        "events_a_second": rate,
        "lost": lost,
        "doubled": decided.doubled,
    }


def _opened_at(place: Place) -> float:
    """When the worker said that it had started, which is once its store is open and the broker's clients are made."""
    lines = (place.settings.data_dir / "logs" / f"{consent.NAME}.log").read_text(encoding="utf-8").splitlines()
    said = [row for row in map(json.loads, lines) if row["event"] == "started"]
    return datetime.fromisoformat(said[-1]["timestamp"]).timestamp()


class Live:
    """A producer in a thread: events onto the log, at a rate, until stopped."""

    def __init__(self, place: Place, rate: int) -> None:
        """At so many events a second."""
        self._place, self._rate = place, rate
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.sent = 0
        """How many have reached the broker: the number of the next."""

    def __enter__(self) -> Self:
        """Begin."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """End."""
        self.stop()

    def stop(self) -> None:
        """Send no more."""
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopping.wait(AT_ONCE / self._rate):
            last = self.sent + AT_ONCE
            self._place.send(self._place.people.events(self.sent, last, self._place.people.count, self._place.keys))
            self.sent = last


class Decided:
    """Which events were decided, by the audit, as readers of committed records see it."""

    def __init__(self, bootstrap: str) -> None:
        """From now on."""
        self._consumer = clients.consumer(bootstrap, "bench-recovery")
        places = self._consumer.list_topics(names.AUDIT_DECISIONS, 10).topics[names.AUDIT_DECISIONS].partitions
        self._consumer.assign([TopicPartition(names.AUDIT_DECISIONS, part, OFFSET_END) for part in places])
        self._consumer.consume(1, 1.0)
        self.seen: set[int] = set()
        self.doubled = 0

    def newest(self) -> int:
        """Highest number of those decided by now; -1: none."""
        messages = self._consumer.consume(1_000, 0.01)
        for read in decoded(list(clients.arrivals([m for m in messages if usable(m)]))):
            number = number_of(read.row["event_id"])
            if number is not None:
                self.doubled += number in self.seen
                self.seen.add(number)
        return max(self.seen, default=-1)

    def close(self) -> None:
        """Let go of it."""
        self._consumer.close()
