"""Which Kafka: as forced; else a container where an engine answers and has the image; else native."""

import json
import os
from pathlib import Path

import pytest
from confluent_kafka.cimpl import NewTopic
from support.container_kafka import container_kafka

from deploy import brokers
from deploy import container_kafka as containers
from deploy.brokers import Way
from deploy.container_kafka import ContainerKafka
from deploy.kafka_jars import LocalKafkaError
from deploy.kafka_settings import container_environment, server_settings
from deploy.local_kafka import LocalKafka
from streams import clients

PULL_SECONDS = 0.5
ANSWERS = "version) exit 0 ;;"
SILENT = "version) exit 1 ;;"
NO_IMAGE = "image) exit 1 ;;"
HAS_IMAGE = "image) exit 0 ;;"
NO_PULL = "pull) exit 1 ;;"
PULLS = "pull) exit 0 ;;"
NEVER_ENDING_PULL = "pull) exec sleep 3600 ;;"

needs_docker = pytest.mark.skipif(
    containers.docker("image", "inspect", containers.image(), timeout_seconds=10).returncode != 0,
    reason="no Docker engine answers here, or it has no image of Kafka",
)


@pytest.fixture
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a test puts a `docker` of its own; nothing is there yet, nor any other on the path."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder / "docker"


def write(client: Path, *cases: str) -> None:
    """A program that answers as an engine in some state would; it notes that it was asked."""
    shell = "/bin/sh"
    path = f"PATH={os.defpath}:/usr/bin:/bin"
    client.write_text(f'#!{shell}\n{path}\necho "$@" >>"$0.asked"\ncase "$1" in\n' + "\n".join(cases) + "\nesac\n")
    client.chmod(0o755)


def choose(forced: Way | None = None) -> Way:
    return brokers.choose(forced, pull_seconds=PULL_SECONDS)


def test_without_docker_it_is_native(client: Path) -> None:
    assert not client.exists()
    assert choose() == "native"


def test_a_docker_without_an_engine_is_as_none(client: Path) -> None:
    write(client, SILENT)
    assert choose() == "native"


def test_an_engine_with_the_image_takes_the_container(client: Path) -> None:
    write(client, ANSWERS, HAS_IMAGE, NO_PULL)
    assert choose() == "container"


def test_an_image_that_can_be_pulled_is_pulled(client: Path) -> None:
    write(client, ANSWERS, NO_IMAGE, PULLS)
    assert choose() == "container"


def test_who_waits_for_an_image_is_told_why_docker_is_asked_at_all(client: Path) -> None:
    write(client, ANSWERS, NO_IMAGE, PULLS)
    told: list[str] = []
    brokers.choose(None, told.append, pull_seconds=PULL_SECONDS)
    assert [line.partition(" image ")[0] for line in told] == ["Docker found: trying its"]


@pytest.mark.parametrize("pull", [NO_PULL, NEVER_ENDING_PULL], ids=["refused", "never ending"])
def test_an_image_that_does_not_come_in_time_is_done_without(client: Path, pull: str) -> None:
    write(client, ANSWERS, NO_IMAGE, pull)
    assert choose() == "native"


def test_forced_native_asks_no_docker(client: Path) -> None:
    write(client, ANSWERS, HAS_IMAGE)
    assert choose("native") == "native"
    assert not client.with_name("docker.asked").exists()


@pytest.mark.parametrize(
    ("cases", "remedy"),
    [((SILENT,), "set THROUGHLINE_BROKER=native"), ((ANSWERS, NO_IMAGE, NO_PULL), "set KAFKA_IMAGE")],
    ids=["no engine", "no image"],
)
def test_a_forced_container_that_cannot_be_says_the_remedy(client: Path, cases: tuple[str, ...], remedy: str) -> None:
    write(client, *cases)
    with pytest.raises(LocalKafkaError, match=remedy):
        choose("container")


@pytest.mark.parametrize(("file", "held"), [("kafka.json", "native"), ("container.json", "container")])
def test_a_kafka_that_has_data_stays_what_it_was(client: Path, tmp_path: Path, file: str, held: Way) -> None:
    write(client, SILENT if held == "container" else ANSWERS, HAS_IMAGE)
    (tmp_path / file).write_text("{}")
    assert brokers.way_of(tmp_path, None) == held
    other: Way = "native" if held == "container" else "container"
    with pytest.raises(LocalKafkaError, match="run `make clean`"):
        brokers.local(tmp_path, other)


def test_the_image_is_the_one_that_compose_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAFKA_IMAGE", "somewhere/kafka:1")
    assert containers.image() == "somewhere/kafka:1"
    monkeypatch.delenv("KAFKA_IMAGE")
    assert containers.image() == containers.DEFAULT_IMAGE


def test_both_ways_have_the_same_settings_but_for_where_they_listen_and_keep_data(tmp_path: Path) -> None:
    places = {
        "listeners",
        "advertised.listeners",
        "listener.security.protocol.map",
        "controller.quorum.voters",
        "log.dirs",
    }
    native = server_settings(tmp_path, 1, 2)
    container = container_environment("127.0.0.1:1")
    for name in native.keys() - places:
        assert container.pop("KAFKA_" + name.upper().replace(".", "_")) == native[name]
    assert container.keys() == {"CLUSTER_ID", "KAFKA_HEAP_OPTS"} | {
        "KAFKA_" + name.upper().replace(".", "_") for name in places
    }
    assert native["log.flush.interval.messages"] == "1"


@pytest.mark.broker
@needs_docker
def test_a_kafka_in_a_container_whose_owner_died_keeps_what_it_was_given_until_it_is_removed(tmp_path: Path) -> None:
    kafka = ContainerKafka(tmp_path / "kafka")
    try:
        address = kafka.start().bootstrap
        admin = clients.admin(address)  # must outlive its future
        admin.create_topics([NewTopic("kept", 1, 1)])["kept"].result(10)
        with brokers.local(tmp_path / "kafka", "container") as again:  # type: ignore[attr-defined]
            assert again.bootstrap == address
            assert "kept" in clients.admin(address).list_topics(timeout=10).topics
            assert json.loads((tmp_path / "kafka" / "container.json").read_text())["image"] == containers.image()
    finally:
        kafka.remove()
    assert containers.docker("volume", "inspect", kafka.name).returncode != 0


@pytest.mark.broker
@needs_docker
def test_the_tests_own_container_answers_and_is_gone_after_use() -> None:
    with container_kafka() as address:
        assert clients.admin(address).list_topics(timeout=10).brokers
    assert address.split(":")[1] not in containers.docker("ps", "--all", "--format", "{{.Ports}}").stdout


def test_the_default_native_way_needs_nothing_of_docker(client: Path, tmp_path: Path) -> None:
    assert not client.exists()
    assert isinstance(brokers.local(tmp_path, choose()), LocalKafka)
