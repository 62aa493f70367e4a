"""A tiny stage to crash: every record of its input topics goes out numbered, the number is counted in its state.

As a script it is a worker of its own, which can be told to die, with nothing written or closed, at a named moment.
"""

import json
import os
import signal
import sys
import threading
import time
import traceback
import uuid
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import orjson
from confluent_kafka import Producer, TopicPartition
from confluent_kafka.cimpl import NewTopic
from support.waits import PATIENCE_SECONDS, wait_until

from deploy.topic_reader import TopicReader
from processors.numbers import HEADER
from processors.records import Arrival, Arrivals, Out, Outs, derived_id
from processors.state import Working
from streams import clients
from streams.health import Health, served
from streams.keyring import Keyring
from streams.leases import FileLease, Lease
from streams.metrics import Metrics
from streams.numbering import Numbering
from streams.ports import REAL, Ports
from streams.positions import batch_of
from streams.pulse import Done, Pulse
from streams.reading import Ahead
from streams.settings import Settings
from streams.stage import Stage, StageParts, Turn
from streams.standby import Standby
from streams.store import Partition, Standing, Store
from streams.topics import create, of_state

CRASHED = -signal.SIGKILL
POISON = b"poison"
ROLE = "tiny"
AS_THE_CLUSTER = -1
"""Replicas: as many as is usual there."""


@dataclass
class Tiny:
    """One stage with topics, group and folder of its own."""

    bootstrap: str
    folder: Path
    name: str = field(default_factory=lambda: f"tiny-{uuid.uuid4().hex[:8]}")
    batch_records: int = 10
    ticks: int = 0
    """How many records the stage sends that no input asked for."""
    deciding: Callable[[Arrivals], None] = lambda _arrivals: None
    """Told of every batch before it is decided."""
    held_back: Callable[[], bool] = lambda: False
    ahead: Ahead | None = lambda _topic: 0
    errors_before: int = 0
    pulse: Pulse = field(default_factory=Pulse)
    ports: Ports = REAL
    hearing: Callable[[Done], None] = lambda _done: None
    """Told of every batch that is done."""
    standbys: dict[str, Standby] = field(default_factory=dict)
    """Workers among several, by name."""

    @property
    def out(self) -> str:
        """Output topic, of one partition."""
        return f"{self.name}.out"

    @property
    def path(self) -> Path:
        """The store's folder."""
        return self.folder / f"{self.name}.rocksdb"

    def topic(self, name: str, partitions: int = 1) -> str:
        """Make a topic; those whose name begins with ``first`` are read first, with ``in`` later."""
        full, admin = f"{self.name}.{name}", clients.admin(self.bootstrap)
        admin.create_topics([NewTopic(full, partitions, AS_THE_CLUSTER)])[full].result(30)
        wait_until(lambda: full in admin.list_topics(timeout=10).topics, f"topic {full}")
        return full

    def send(self, topic: str, values: Sequence[bytes], partitions: int = 1, numbers: Sequence[int] = ()) -> None:
        """Records onto an input topic, round the partitions; with numbers as another stage would give them."""
        producer = clients.producer(self.bootstrap)
        headers: list[Any] = [[(HEADER, b"another/1/%d" % n)] for n in numbers] or [[]] * len(values)
        for n, (value, own) in enumerate(zip(values, headers, strict=True)):
            producer.produce(topic, value, partition=n % partitions, headers=own)
        assert producer.flush(60) == 0

    def sent(self) -> list[dict[str, Any]]:
        """What a reader of committed records finds on the output topic."""
        reader = TopicReader(self.bootstrap, lambda topic: topic == self.out)
        found = [
            {**{name: a.headers[name].decode() for name in ("ce_id", HEADER)}, **orjson.loads(a.value or b"")}
            for a in reader.arrivals()
        ]
        reader.close()
        return found

    def wait_for(self, count: int) -> list[dict[str, Any]]:
        """Wait until so many records have come out."""
        wait_until(lambda: len(self.sent()) >= count, f"{count} records of {self.name}")
        return self.sent()

    def standing(self) -> Standing:
        """What the store says; nobody may have it open."""
        with Store.open(self.path) as store:
            return store.take_over()

    def committed(self, places: Sequence[Partition]) -> dict[Partition, tuple[int, int]]:
        """Offset and batch number that the group has committed."""
        consumer = clients.consumer(self.bootstrap, self.name)
        found = consumer.committed([TopicPartition(*place) for place in places], 30)
        consumer.close()
        return {(p.topic, p.partition): (p.offset, batch_of([p])) for p in found if p.offset >= 0}

    def parts(self, keyring: Keyring) -> StageParts:
        """What makes the stage."""

        def decide(arrivals: Arrivals, state: Working) -> Outs:
            self.deciding(arrivals)
            outs = [self._counted(arrival, state, keyring) for arrival in arrivals]
            return Outs.of(outs if arrivals else self._tick(state))

        def reject(arrival: Arrival, state: Working) -> Outs:
            number = (state.get("count", "rejected") or 0) + 1
            state.put("count", "rejected", number)
            return Outs.of([self._out({"rejected": arrival.position, "n": number}, arrival.position)])

        return StageParts(
            self.name,
            lambda topic: topic.startswith(f"{self.name}.first"),
            lambda topic: topic.startswith((f"{self.name}.first", f"{self.name}.in")),
            decide,
            reject,
            self.held_back,
            self.ahead,
            batch_records=self.batch_records,
            linger_seconds=0.05,
            after=(self.hearing,),
            pulse=self.pulse,
            errors_before=self.errors_before,
        )

    def _counted(self, arrival: Arrival, state: Working, keyring: Keyring) -> Out:
        number = (state.get("count", "total") or 0) + 1
        state.put("count", "total", number)
        if arrival.value == POISON:
            raise ValueError("a bug that only this record meets")
        said = {"input": (arrival.value or b"").decode(), "topic": arrival.topic.removeprefix(f"{self.name}."),
                "n": number, "key": keyring.find_or_make(f"{self.name} {number}").hex()}  # fmt: skip
        return self._out(said, arrival.position)

    def _tick(self, state: Working) -> list[Out]:
        number = (state.get("count", "tick") or 0) + 1
        if number > self.ticks:
            return []
        state.put("count", "tick", number)
        return [self._out({"tick": number}, f"tick {number}")]

    def _out(self, said: dict[str, Any], parent: str) -> Out:
        return Out(self.out, "all", orjson.dumps(said), derived_id(parent, self.name, 0), 0)

    def run(self, stopping: threading.Event) -> None:
        """Run the stage over its store, as a worker does."""
        keyring = Keyring(self.folder)
        try:
            with Store.open(self.path) as store:
                made = Stage(self.parts(keyring), self.bootstrap, store, keyring, self.ports)
                try:
                    made.run(stopping)
                finally:
                    made.close()
        finally:
            keyring.close()

    def path_of(self, instance: str) -> Path:
        """The store's folder of one worker among several."""
        return self.folder / f"{self.name}-{instance}.rocksdb"

    def stand_by(self, instance: str, lease: Lease, stopping: threading.Event) -> None:
        """Run as one worker among several: whoever has the lease acts."""
        create(clients.admin(self.bootstrap), [of_state(self.name)])

        def act(store: Store, turn: Turn) -> None:
            parts = replace(self.parts(keyring), turn=turn)
            with closing(Stage(parts, self.bootstrap, store, keyring, self.ports)) as stage:
                stage.run(stopping)

        with closing(Keyring(self.folder)) as keyring:
            inputs = self.parts(keyring).inputs
            made = Standby(self.name, instance, self.bootstrap, self.path_of(instance), lease, inputs)
            self.standbys[instance] = made
            made.run(act, stopping)


class Mortal(Producer):
    """A producer that may be the last thing its process does."""

    def send_offsets_to_transaction(self, *args: Any) -> None:
        """Send them once the records are on the broker."""
        self.flush(10)
        super().send_offsets_to_transaction(*args)


def _has_come_further(stage: Stage) -> bool:
    return stage._batch > stage._standing.batch  # noqa: SLF001  # else a worker that dies there never would


def _brings_something(_stage: Stage, arrivals: Arrivals) -> bool:
    return len(arrivals) > 0


def _is_sending(stage: Stage, _stopping: threading.Event) -> bool:
    return stage._sending is not None  # noqa: SLF001  # else a batch is done that never began


def _always(*_args: Any, **_more: Any) -> bool:
    return True


STEPS: tuple[tuple[type[Any], str, str, str, Callable[..., bool]], ...] = (
    (Stage, "_read", "before reading", "", _has_come_further),
    (Stage, "_decide", "read, not decided", "decided", _brings_something),
    (Keyring, "flush", "", "keys on the disk", _always),
    (Store, "commit", "before the store's commit", "after the store's commit", _always),
    (Numbering, "keep", "", "numbers kept", _always),
    (Mortal, "begin_transaction", "before the transaction", "transaction open, no record yet", _always),
    (Mortal, "produce", "", "a record handed to the client", _always),
    (Mortal, "send_offsets_to_transaction", "", "offsets sent, transaction open", _always),
    (Mortal, "flush", "", "records on the broker, transaction open", _always),
    (Mortal, "commit_transaction", "", "transaction committed", _always),
    (Stage, "_end_sending", "on its way, the next batch decided", "batch done", _is_sending),
)
"""What is called, the moments before and after it, and whether such a call counts."""
MOMENTS = tuple(moment for _, _, before, after, _ in STEPS for moment in (before, after) if moment)


def crash_at(moment: str, occurrence: int) -> None:
    """From now on the process dies the n-th time that it comes to a moment: at once, with nothing written or closed."""
    seen = 0

    def here(name: str) -> None:
        nonlocal seen
        seen += name == moment
        if seen == occurrence:
            os.kill(os.getpid(), signal.SIGKILL)

    def mortal(act: Callable[..., Any], before: str, after: str, counts: Callable[..., bool]) -> Callable[..., Any]:
        def acting(*args: Any, **more: Any) -> Any:
            is_one = counts(*args, **more)
            if is_one:
                here(before)
            answer = act(*args, **more)
            if is_one:
                here(after)
            return answer

        return acting

    for owner, name, before, after, counts in STEPS:
        setattr(owner, name, mortal(getattr(owner, name), before, after, counts))
    clients.Producer = Mortal  # type: ignore[misc]


def crash_again_and_again(bootstrap: str, series: str) -> None:
    """Workers that die one after the other, each at its occurrence of a moment; series beside each other.

    By fork, before there is any client: starting Python anew for each would take longer than all that is tested.
    """
    children = [_fork(lambda one=one: _crash_series(bootstrap, **one)) for one in json.loads(series)]  # type: ignore[misc]
    sys.exit(max(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children))


def _crash_series(
    bootstrap: str, folder: str, name: str, moment: str, occurrences: list[int], instances: str = ""
) -> None:
    for place, occurrence in enumerate(occurrences):
        said = {"moment": moment, "occurrence": occurrence, "batch_records": 4}
        more = json.dumps(said | ({"instance": instances[place]} if instances else {}))
        child = _fork(lambda more=more: _mortal(bootstrap, folder, name, more))  # type: ignore[misc]
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        if code != CRASHED:
            sys.exit(f"{moment}, occurrence {occurrence}: ended with {code}")


def _mortal(bootstrap: str, folder: str, name: str, more: str) -> None:
    signal.alarm(int(PATIENCE_SECONDS))
    main(bootstrap, folder, name, more)


def _fork(run: Callable[[], None]) -> int:
    child = os.fork()
    if child == 0:
        code = 1
        try:
            run()
            code = 0
        except BaseException:  # noqa: BLE001  # to the test that started it
            traceback.print_exc()
        finally:
            os._exit(code)
    return child


def main(bootstrap: str, folder: str, name: str, more: str) -> None:
    """Run until SIGTERM, or until the moment of death."""
    said = json.loads(more)
    if "moment" in said:
        crash_at(said["moment"], said["occurrence"])
    stopping = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopping.set())

    def deciding(arrivals: Arrivals) -> None:
        if arrivals and said.get("slow"):
            print("deciding", flush=True)  # noqa: T201  # to the test that started it
            time.sleep(said["slow"])

    size = said.get("batch_records", 10)
    tiny = Tiny(bootstrap, Path(folder), name, size, ticks=said.get("ticks", 0), deciding=deciding)
    with served(Health(ROLE, tiny.pulse, Metrics(ROLE, tiny.pulse)), Settings(data_dir=tiny.folder)):
        if "instance" in said:
            tiny.stand_by(said["instance"], FileLease.of(tiny.folder, tiny.name), stopping)
        else:
            tiny.run(stopping)


if __name__ == "__main__":
    {"work": main, "crash": crash_again_and_again}[sys.argv[1]](*sys.argv[2:])
