"""Several workers signals, as operators start them: killed, paused, joined or left, they raise each signal once."""

import signal
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from subprocess import Popen
from typing import Any

import pytest
from support.beside import beside
from support.commands import begun, environment, throughline
from support.released import ME, OTHER, SignalsWorld, at, released, retracted, tick
from support.waits import shares_of, wait_until
from support.worlds import decoded

from deploy.commands.worker import run_signals
from deploy.local_kafka import LocalKafka
from deploy.shared_signals import share_out
from deploy.topic_reader import TopicReader
from processors.numbers import HEADER, number_of
from processors.partitions import partitions_of
from processors.records import Arrival
from streams import clients, signals, topics
from streams.errors import ThroughlineError
from streams.settings import Settings
from streams.shared_signals import GROUP
from streams.store import path_of

pytestmark = pytest.mark.broker
PARTITIONS = 3
TOPICS = [f"{kind}.{recipient}" for kind in ("released", "signals") for recipient in (ME, OTHER)]
LOST = {"aid_year": "2026-2027", "sap_status": "not_eligible"}


class Recipients:
    """What two recipients are sent, and the signals that they get."""

    def __init__(self, address: str) -> None:
        """Make the topics, and have a day begin in each partition."""
        self._address = address
        specs = [topics.TopicSpec(name, "person", "x", PARTITIONS, topics.DAY_MS) for name in TOPICS]
        self._admin = clients.admin(address)
        topics.create(self._admin, specs)
        self._producer = clients.producer(address, "test", **{"transaction.timeout.ms": 60_000})
        self._producer.init_transactions(30)
        self.persons: list[str] = []
        self.send(*(tick(at("2026-09-23"), to, n) for to in (ME, OTHER) for n in range(PARTITIONS)))

    def send(self, *records: Arrival) -> None:
        """In one transaction, as consent sends them; each where it says."""
        self._producer.begin_transaction()
        for one in records:
            self._producer.produce(one.topic, one.value, partition=one.partition)
        self._producer.commit_transaction(30)

    def lose_aid(self, count: int) -> None:
        """So many persons more who lose their aid."""
        for _ in range(count):
            person = f"p{len(self.persons)}"
            self.persons.append(person)
            self.send(_placed(released("aid", f"e{person}", person, recipient=_of(person), **LOST), person))

    def take_back(self, *persons: str) -> None:
        """Take back what was released of some of them."""
        for person in persons:
            self.send(_placed(retracted("aid", f"e{person}", person, recipient=_of(person)), person))

    def arrivals(self, kind: str) -> list[Arrival]:
        """Everything on topics of a kind."""
        with closing(TopicReader(self._address, lambda topic: topic.startswith(kind))) as reader:
            return list(reader.arrivals())

    def signals(self) -> list[dict[str, Any]]:
        """Every change of a signal that was sent."""
        return _sorted(map(decoded, self.arrivals("signals.")))

    def decided(self) -> list[dict[str, Any]]:
        """The same by the pure decision, from what was released, one record after the other."""
        world = SignalsWorld()
        return _sorted(row for one in self.arrivals("released.") for row in world.decide([one]))

    def wait_for_signals(self) -> None:
        """Wait until everybody who has lost aid by now has a signal."""
        count = len(self.persons)
        wait_until(lambda: len(self.arrivals("signals.")) >= count, "every signal")

    def are_numbered(self) -> None:
        """See that the signals in each partition are numbered without a gap or repeat, in their order."""
        found = defaultdict(list)
        for one in sorted(self.arrivals("signals."), key=lambda one: one.offset):
            _, (_, number) = number_of(one.headers[HEADER]) or ("", (0, 0))
            found[one.topic, one.partition].append(number)
        for numbers in found.values():
            assert numbers == list(range(1, len(numbers) + 1))

    def members(self) -> Counter[str]:
        """How many shares each worker has."""
        return shares_of(self._admin, GROUP, lambda member: str(member.group_instance_id).removeprefix("signals-"))


def _sorted(rows: Any) -> list[dict[str, Any]]:
    return sorted(rows, key=lambda row: (row["signal_id"], row["source_offset"]))


def _of(person: str) -> str:
    """Whose this person is."""
    return ME if int(person[1:]) % 4 else OTHER


def _placed(record: Arrival, person: str) -> Arrival:
    """In the partition of a person's id."""
    [record.partition] = partitions_of([person], PARTITIONS)
    return record


def _names(shared: Counter[str], *names: str) -> bool:
    return sum(shared.values()) == PARTITIONS and set(+shared) == set(names)


@contextmanager
def worker(name: str, folder: Path, address: str) -> Iterator[Popen[bytes]]:
    """A process of its own, with a name and a data directory of its own."""
    settings = {"BOOTSTRAP": address, "INSTANCE": name, "RELEASED_PARTITIONS": str(PARTITIONS), "BATCH_RECORDS": "5"}
    env = environment(folder / name, **{f"THROUGHLINE_{key}": value for key, value in settings.items()})
    with begun(env, folder / f"{name}.out", "worker", "signals") as process:
        yield process


def test_killed_paused_joined_or_left_several_workers_raise_each_signal_once(
    own_broker: LocalKafka, tmp_path: Path
) -> None:
    address, recipients = own_broker.bootstrap, Recipients(own_broker.bootstrap)

    def go_on_losing(stopping: threading.Event) -> None:
        while not stopping.is_set():
            recipients.lose_aid(1)
            time.sleep(0.1)

    with worker("b", tmp_path, address) as paused:
        with beside(go_on_losing) as failed:
            with worker("a", tmp_path, address) as killed:
                wait_until(lambda: _names(recipients.members(), "a", "b"), "shares for both")
                killed.kill()
                killed.wait(60)
            with worker("c", tmp_path, address) as leaving:
                wait_until(lambda: _names(recipients.members(), "b", "c"), "shares for who joined")
                paused.send_signal(signal.SIGSTOP)
                wait_until(lambda: _names(recipients.members(), "c"), "shares of who is paused")
                paused.send_signal(signal.SIGCONT)
                wait_until(lambda: _names(recipients.members(), "b", "c"), "shares for who woke")
                leaving.terminate()
                assert leaving.wait(60) == 0
        recipients.lose_aid(PARTITIONS * 10)
        own = {"THROUGHLINE_BOOTSTRAP": address, "THROUGHLINE_RELEASED_PARTITIONS": str(PARTITIONS)}
        drained = throughline(tmp_path / "b", "drain", "signals", **own)
        assert (drained.returncode, drained.stdout[:22]) == (0, "signals-b: drained in "), drained.stdout
        assert paused.wait(60) == 0
    assert failed == []
    assert recipients.signals() == recipients.decided()
    recipients.are_numbered()


def test_several_workers_go_on_where_the_one_without_a_name_has_come_to(own_broker: LocalKafka, tmp_path: Path) -> None:
    address, recipients = own_broker.bootstrap, Recipients(own_broker.bootstrap)
    alone = Settings(bootstrap=address, data_dir=tmp_path, released_partitions=PARTITIONS, batch_records=5)
    several = alone.model_copy(update={"instance": "a"})
    store = path_of(alone.data_dir, signals.NAME)
    recipients.lose_aid(20)
    with beside(lambda stopping: run_signals(alone, address, stopping)) as failed:
        recipients.wait_for_signals()
    assert failed == []
    with pytest.raises(ThroughlineError, match="run `throughline signals share` once"):
        run_signals(several, address, threading.Event())

    share_out(several, address, store)
    share_out(several, address, store)  # as after a crash
    recipients.lose_aid(20)
    with beside(lambda stopping: run_signals(several, address, stopping)) as failed:
        recipients.wait_for_signals()
        recipients.take_back(*recipients.persons[::7])
        wait_until(lambda: len(once(recipients)) == 46, "signals of what was taken back")
    assert failed == []
    assert once(recipients) == recipients.decided()


def once(recipients: Recipients) -> list[dict[str, Any]]:
    """Signals as a view takes them: what the one without a name sent last comes again, under the number that it had."""
    found = recipients.signals()
    return [row for n, row in enumerate(found) if row not in found[:n]]
