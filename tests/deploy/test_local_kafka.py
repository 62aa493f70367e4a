"""The real Apache Kafka, started natively: it keeps what it was given, and says in one line why it cannot start.

Jars come from the user's cache, which the first run fills from the network.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil  # type: ignore[import-untyped,unused-ignore]
import pytest
from confluent_kafka import Consumer, KafkaError, Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from deploy import kafka_jars, local_kafka, processes
from deploy.kafka_jars import LocalKafkaError
from deploy.local_kafka import LocalKafka

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).parents[2]
NO_REPOSITORY = "http://127.0.0.1:9"


@pytest.fixture(scope="module")
def cache_dir() -> Path:
    """Return the user's cache with the jars in it and Java's start trained, as `make setup` leaves it."""
    folder = kafka_jars.default_cache_dir()
    local_kafka.prepare(folder)
    return folder


@pytest.fixture
def make(tmp_path: Path, cache_dir: Path) -> Iterator[Callable[..., LocalKafka]]:
    """Make brokers over one data directory, and end them by process id after the test."""
    made: list[LocalKafka] = []

    def make_one(**options: Any) -> LocalKafka:
        made.append(LocalKafka(tmp_path / "kafka données", **{"cache_dir": cache_dir, **options}))
        return made[-1]

    yield make_one
    for kafka in made:
        kafka.kill()


def create_topic(kafka: LocalKafka, topic: str) -> None:
    admin = AdminClient({"bootstrap.servers": kafka.bootstrap})  # must outlive its future
    admin.create_topics([NewTopic(topic, 1, 1)])[topic].result(10)


def produce(kafka: LocalKafka, topic: str, *values: bytes) -> None:
    """Produce values in one transaction, so that the transaction coordinator has its part in every test."""
    producer = Producer({"bootstrap.servers": kafka.bootstrap, "transactional.id": "test"})
    producer.init_transactions(20)
    producer.begin_transaction()
    for value in values:
        producer.produce(topic, value)
    producer.commit_transaction(20)


def consume(kafka: LocalKafka, topic: str, count: int) -> list[bytes | None]:
    settings = {"bootstrap.servers": kafka.bootstrap, "group.id": "test", "isolation.level": "read_committed"}
    consumer = Consumer(settings)
    consumer.assign([TopicPartition(topic, 0, 0)])
    messages = consumer.consume(count, timeout=20)
    consumer.close()
    return [message.value() for message in messages]


def one_line(caught: pytest.ExceptionInfo[LocalKafkaError]) -> str:
    line = str(caught.value)
    assert "\n" not in line
    return line


def test_a_restart_keeps_data_cluster_and_port(make: Callable[..., LocalKafka]) -> None:
    with make() as kafka:
        first = (kafka.bootstrap, kafka.cluster_id)
        create_topic(kafka, "events")
        produce(kafka, "events", b"one", b"two")
        assert consume(kafka, "events", 2) == [b"one", b"two"]
    assert not kafka.is_running()

    with make() as again:
        assert (again.bootstrap, again.cluster_id) == first
        produce(again, "events", b"three")
        assert consume(again, "events", 3) == [b"one", b"two", b"three"]


def test_what_was_acknowledged_outlives_kill_9(make: Callable[..., LocalKafka]) -> None:
    kafka = make().start()
    create_topic(kafka, "events")
    produce(kafka, "events", b"one", b"two")
    first = (kafka.bootstrap, kafka.cluster_id)
    kafka.kill()
    assert not kafka.is_running()

    kafka.start()
    assert (kafka.bootstrap, kafka.cluster_id) == first
    assert consume(kafka, "events", 2) == [b"one", b"two"]


def test_it_listens_on_this_machine_only_creates_no_topics_unasked_and_survives_ctrl_c(
    make: Callable[..., LocalKafka],
) -> None:
    kafka = make().start()
    assert kafka.started is not None
    process = psutil.Process(kafka.started.pid)
    listening = {c.laddr.ip for c in process.net_connections("tcp") if c.status == psutil.CONN_LISTEN}
    admin = AdminClient({"bootstrap.servers": kafka.bootstrap})

    assert {address.removeprefix("::ffff:") for address in listening} == {"127.0.0.1"}
    error = admin.list_topics("never.created", timeout=10).topics["never.created"].error
    assert error is not None
    assert error.code() == KafkaError.UNKNOWN_TOPIC_OR_PART
    assert os.getsid(process.pid) == process.pid != os.getsid(0)


def test_a_port_that_is_asked_for_and_taken_is_named(make: Callable[..., LocalKafka]) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(LocalKafkaError, match=f"port {port} of 127.0.0.1 cannot be had") as caught:
            make(port=port).start()
    assert "choose another port" in one_line(caught)


def test_the_last_port_if_lost_to_somebody_is_replaced(make: Callable[..., LocalKafka]) -> None:
    with make() as kafka:
        create_topic(kafka, "events")
        port = kafka.bootstrap.rpartition(":")[2]
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", int(port)))
        other.listen()
        with make() as moved:
            assert not moved.bootstrap.endswith(port)
            produce(moved, "events", b"one")
            assert consume(moved, "events", 1) == [b"one"]


def test_a_directory_has_one_owner_and_a_dead_owners_broker_is_replaced(
    make: Callable[..., LocalKafka], cache_dir: Path
) -> None:
    kafka = make()
    code = f"""
import os, pathlib, sys
from deploy.local_kafka import LocalKafka
LocalKafka(pathlib.Path({str(kafka.data_dir)!r}), cache_dir=pathlib.Path({str(cache_dir)!r})).start()
os.kill(os.getpid(), 9)
"""
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False)
    left = processes.find_left_running(kafka.data_dir / "broker.json")
    assert [started.role for started in left] == ["kafka"]

    kafka.start()
    assert not processes.is_running(left[0])
    with pytest.raises(LocalKafkaError, match=f"in use by process {os.getpid()}: stop that one"):
        make().start()
    assert kafka.is_running()


def test_a_broker_that_does_not_answer_in_time_is_ended_and_its_log_quoted(make: Callable[..., LocalKafka]) -> None:
    kafka = make(start_timeout_seconds=0.3)
    with pytest.raises(LocalKafkaError, match=r"did not answer within 0\.3 s; .*broker\.log ends with: .+") as caught:
        kafka.start()

    assert one_line(caught)
    assert processes.read_record(kafka.data_dir / "broker.json") == []
    assert make(start_timeout_seconds=60).start().is_running()


def test_a_java_that_refuses_its_flags_is_quoted(make: Callable[..., LocalKafka]) -> None:
    with pytest.raises(LocalKafkaError, match=r"cannot be formatted: .*heap") as caught:
        make(heap_megabytes=1).start()
    assert one_line(caught)


def test_a_broker_that_dies_at_start_is_quoted(make: Callable[..., LocalKafka]) -> None:
    with make() as kafka:
        pass
    (kafka.data_dir / "data" / "bootstrap.checkpoint").write_bytes(b"not a checkpoint")
    shutil.rmtree(kafka.data_dir / "data" / "__cluster_metadata-0")
    (kafka.data_dir / "data" / "__cluster_metadata-0").write_text("not a folder")

    with pytest.raises(
        LocalKafkaError, match=r"Kafka ended while starting; .*broker\.log ends with: .*Exception: .*checkpoint"
    ) as caught:
        make().start()
    assert one_line(caught)
    assert not kafka.is_running()


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda folder: (folder / "kafka.json").unlink(), "has no readable kafka.json"),
        (lambda folder: (folder / "kafka.json").write_text("{"), "has no readable kafka.json"),
        (lambda folder: (folder / "data" / "meta.properties").unlink(), "has lost data/meta.properties"),
        (lambda folder: (folder / "data" / "meta.properties").write_text("cluster.id=x"), "or has another cluster's"),
    ],
)
def test_a_broken_directory_is_named_with_the_remedy(
    make: Callable[..., LocalKafka], damage: Callable[[Path], None], words: str
) -> None:
    kafka = make()
    pretend_formatted(kafka.data_dir, kafka_jars.KAFKA_VERSION)
    damage(kafka.data_dir)

    with pytest.raises(LocalKafkaError, match=words) as caught:
        kafka.start()
    assert "choose another directory, or delete it with all its data" in one_line(caught)


def test_a_directory_of_a_newer_kafka_is_refused(make: Callable[..., LocalKafka]) -> None:
    kafka = make()
    pretend_formatted(kafka.data_dir, "4.10.0")

    with pytest.raises(LocalKafkaError, match=r"was written by Kafka 4\.10\.0, this is ") as caught:
        kafka.start()
    assert one_line(caught)


def pretend_formatted(folder: Path, version: str) -> None:
    (folder / "data").mkdir(parents=True)
    (folder / "data" / "meta.properties").write_text("version=1\ncluster.id=kX\n")
    (folder / "kafka.json").write_text(json.dumps({"kafka_version": version, "cluster_id": "kX", "port": 0}))


def test_a_format_that_broke_off_is_done_again(make: Callable[..., LocalKafka]) -> None:
    kafka = make()
    (kafka.data_dir / "data.unfinished").mkdir(parents=True)
    (kafka.data_dir / "data.unfinished" / "meta.properties").write_text("half")

    with kafka:
        assert kafka.is_running()


def test_little_room_on_the_disk_is_said_before_anything_starts(make: Callable[..., LocalKafka]) -> None:
    with pytest.raises(LocalKafkaError, match=r"GB free under .*, Kafka wants 1000000\.0 GB: make room") as caught:
        make(free_bytes_min=10**15).start()
    assert one_line(caught)


def test_a_missing_java_names_make_setup(make: Callable[..., LocalKafka]) -> None:
    with pytest.raises(LocalKafkaError, match="no Java at /no/java: run `make setup`"):
        make(java=Path("/no/java")).start()


def test_a_name_that_kafka_would_split_is_refused(tmp_path: Path, cache_dir: Path) -> None:
    with pytest.raises(LocalKafkaError, match="has a ',' in its name"):
        LocalKafka(tmp_path / "a,b", cache_dir=cache_dir).start()


def test_a_broker_not_started_has_no_address(make: Callable[..., LocalKafka]) -> None:
    with pytest.raises(LocalKafkaError, match="not started yet"):
        _ = make().bootstrap


# --- Jars, from a mirror on this machine ------------------------------------------------------------------------------


@pytest.fixture
def mirror(cache_dir: Path, tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """Serve a copy of the user's cached Maven repository; yield its address and its folder."""
    folder = tmp_path / "mirror"
    shutil.copytree(cache_dir / "maven", folder, copy_function=os.link)

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class names it
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", folder
        server.shutdown()
        thread.join()


def clients_jar(folder: Path) -> Path:
    return next(folder.rglob("kafka-clients-*.jar"))


def test_jars_are_downloaded_once_and_then_without_a_network(mirror: tuple[str, Path], tmp_path: Path) -> None:
    told: list[str] = []
    first = kafka_jars.resolve_jars(tmp_path / "cache", told.append, repository=mirror[0])
    second = kafka_jars.resolve_jars(tmp_path / "cache", told.append, repository=NO_REPOSITORY)

    assert first == second
    assert any(line.startswith(f"downloading kafka-clients-{kafka_jars.KAFKA_VERSION}.jar (") for line in told)


@pytest.mark.parametrize("pattern", ["kafka-clients-*.jar", "kafka-clients-*.pom", "kafka-*-jars.json"])
def test_a_download_that_broke_off_is_healed(mirror: tuple[str, Path], tmp_path: Path, pattern: str) -> None:
    cache = tmp_path / "cache"
    whole = kafka_jars.resolve_jars(cache, repository=mirror[0])
    sizes = [jar.stat().st_size for jar in whole]
    half = next(cache.rglob(pattern))
    half.write_bytes(half.read_bytes()[: half.stat().st_size // 2])
    if half.suffix == ".pom":
        next(cache.glob("kafka-*-jars.json")).unlink()

    healed = kafka_jars.resolve_jars(cache, repository=mirror[0])
    assert [jar.stat().st_size for jar in healed] == sizes


def test_jars_that_are_not_the_tested_ones_are_refused(mirror: tuple[str, Path], tmp_path: Path) -> None:
    address, folder = mirror
    forged = clients_jar(folder)
    content = forged.read_bytes()
    forged.unlink()  # it is a link into the user's cache
    forged.write_bytes(content + b"x")

    with pytest.raises(LocalKafkaError, match=r"not those of Apache Kafka .* that were tested") as caught:
        kafka_jars.resolve_jars(tmp_path / "cache", repository=address)
    assert one_line(caught)


def test_a_repository_out_of_reach_is_one_line_with_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(LocalKafkaError, match=r"cannot be downloaded .* run `make setup` again") as caught:
        kafka_jars.resolve_jars(tmp_path / "cache", repository=NO_REPOSITORY)
    assert one_line(caught)
