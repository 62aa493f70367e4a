"""Several sinks, as operators start them, share what they read; killed or paused they lose and double nothing."""

import signal
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from subprocess import Popen

import pytest
from confluent_kafka.cimpl import NewTopic
from support.commands import begun, environment
from support.postgres import SINK, Databases
from support.released import ME, OTHER, released, retracted, tick
from support.views import PostgresViews
from support.waits import shares_of, wait_until

from deploy.local_kafka import LocalKafka
from processors.numbers import HEADER
from processors.records import Arrival, Arrivals
from sinks.case_views import CaseViews
from streams import clients, sink
from streams.shared_sink import GROUP
from streams.store import Partition

pytestmark = pytest.mark.broker
PARTITIONS = 4


class Sent:
    """Records on recipients' topics, numbered as consent numbers them."""

    def __init__(self, address: str) -> None:
        """Make the topics."""
        self.admin = clients.admin(address)
        names = [f"{kind}.{recipient}" for kind in ("released", "signals") for recipient in (ME, OTHER)]
        for future in self.admin.create_topics([NewTopic(name, PARTITIONS, 1) for name in names]).values():
            future.result(30)
        self._producer = clients.producer(address)
        self.records: list[Arrival] = []
        self.ends: Counter[Partition] = Counter()

    def send(self, *records: Arrival) -> None:
        """Each to the partition that its place among all says."""
        for record in records:
            place = record.topic, len(self.records) % PARTITIONS
            self.ends[place] += 1
            headers = [(HEADER, b"consent/1/%d" % self.ends[place])]
            self._producer.produce(record.topic, record.value, partition=place[1], headers=headers)
            self.records.append(record)
        assert self._producer.flush(30) == 0

    def some(self, begin: int, end: int) -> None:
        """Releases to two recipients, some taken back, and a tick."""
        for n in range(begin, end):
            to = ME if n % 3 else OTHER
            event = released("enrollment", f"e{n}", f"p{n % 7}", 10 * n + 1, recipient=to)
            back = [retracted("enrollment", f"e{n}", f"p{n % 7}", 10 * n + 2, recipient=to)] if n % 5 == 0 else []
            self.send(event, *back)
        self.send(tick(end, ME), tick(end, OTHER))

    def shares(self) -> Counter[str]:
        """How many partitions sinks of each name have."""
        return shares_of(self.admin, GROUP, lambda member: str(member.client_id).removeprefix("sink-"))


@contextmanager
def one_sink(name: str, folder: Path, address: str, dsn: str) -> Iterator[Popen[bytes]]:
    """A process of its own, with a name."""
    settings = {"BOOTSTRAP": address, "VIEWS_DSN": dsn, "INSTANCE": name, "BATCH_RECORDS": "20"}
    env = environment(folder / name, **{f"THROUGHLINE_{key}": value for key, value in settings.items()})
    (folder / name).mkdir(exist_ok=True)
    with begun(env, folder / f"{name}.out", "worker", "sink") as process:
        yield process


def offsets_of(views: PostgresViews) -> dict[Partition, int]:
    """How far the views are; by a connection of its own, since the database comes and goes."""
    rows = views.rows("SELECT topic, partition, next_offset FROM sink_offset")
    return {(topic, partition): next_ for topic, partition, next_ in rows}


def in_one_file(path: Path, records: list[Arrival]) -> str:
    """What views in DuckDB show of the same records."""
    with closing(CaseViews.open(path)) as views:
        views.apply(sink.view_batch(Arrivals.of(records), {}, {}))
        return views.content_hash()


def test_a_sink_that_is_killed_and_one_that_is_paused_lose_and_double_nothing(
    own_broker: LocalKafka, databases: Databases, tmp_path: Path
) -> None:
    address, sent = own_broker.bootstrap, Sent(own_broker.bootstrap)
    with databases.empty() as name, closing(PostgresViews(databases.server, name)) as views, ExitStack() as held:
        dsn = databases.server.dsn(name, SINK)

        def start(member: str) -> Popen[bytes]:
            return held.enter_context(one_sink(member, tmp_path, address, dsn))

        killed, paused = start("a"), start("b")
        wait_until(lambda: sorted(sent.shares().values()) == [8, 8])
        sent.some(0, 60)
        wait_until(lambda: offsets_of(views) != {})
        paused.send_signal(signal.SIGSTOP)
        killed.kill()
        killed.wait()
        sent.some(60, 120)
        start("a")
        wait_until(lambda: sent.shares().get("a") == 4 * PARTITIONS)  # the paused one's too, when its session is over
        sent.some(120, 180)
        paused.send_signal(signal.SIGCONT)
        wait_until(lambda: sorted(sent.shares().values()) == [8, 8])
        sent.some(180, 200)
        wait_until(lambda: offsets_of(views) == dict(sent.ends))
        assert views.content_hash() == in_one_file(tmp_path / "views.duckdb", sent.records)
        assert views.numbers() == {f"{topic}/{part}/consent": (1, end) for (topic, part), end in sent.ends.items()}
        seqs = views.rows("SELECT recipient, seq FROM release_row")
        assert len(set(seqs)) == len(seqs) == 200
    said = "".join(path.read_text() for path in tmp_path.glob("*/logs/*.log"))
    assert '"started"' in said
    assert '"gap"' not in said
    assert '"level": "error"' not in said


def test_a_sink_waits_for_a_database_that_is_away_and_goes_on(
    own_broker: LocalKafka, databases: Databases, tmp_path: Path
) -> None:
    sent = Sent(own_broker.bootstrap)
    with databases.empty() as name, closing(PostgresViews(databases.server, name)) as views:
        databases.server.kill()
        with one_sink("a", tmp_path, own_broker.bootstrap, databases.server.dsn(name, SINK)):
            sent.some(0, 20)
            log = tmp_path / "a" / "logs"
            wait_until(lambda: any('"waiting"' in path.read_text() for path in log.glob("*.log")))
            databases.server.start()
            wait_until(lambda: offsets_of(views) == dict(sent.ends))
            databases.server.kill()
            sent.some(20, 40)
            databases.server.start()
            wait_until(lambda: offsets_of(views) == dict(sent.ends))
        with closing(PostgresViews(databases.server, name)) as again:
            assert again.content_hash() == in_one_file(tmp_path / "views.duckdb", sent.records)
