"""Confluent's own client finds its schemas at a running ``throughline serve``, and what it publishes is carried."""

import subprocess
import sys
import time
import warnings
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from support import sam
from support.commands import environment
from support.events import body, envelope
from support.kafka_world import KafkaWorld
from support.sam import CENTER

from deploy.topic_reader import TopicReader
from processors.records import Arrival
from schemas_avro import catalog, wire

pytest.importorskip("authlib", reason="confluent-kafka's registry client needs authlib")
pytest.importorskip("cachetools", reason="confluent-kafka's registry client needs cachetools")
pytestmark = pytest.mark.broker
TOPIC = "partner.csac.aid"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaWorld]:
    """Both stages at work, and a person who is known."""
    with KafkaWorld(tmp_path_factory.mktemp("registry")) as made:
        made.publish_all(*sam.KNOWN, sam.caseload(), sam.consent())
        yield made


@pytest.fixture(scope="module")
def client(world: KafkaWorld) -> Iterator[Any]:
    """A registry client of a running serve."""
    from confluent_kafka.schema_registry import SchemaRegistryClient  # noqa: PLC0415  # where it can be imported

    noted = world.settings.data_dir / "portal"
    command = [sys.executable, "-m", "deploy", "serve", "--port", "0"]
    env = environment(world.settings.data_dir, THROUGHLINE_BOOTSTRAP=str(world.settings.bootstrap))
    with subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL) as process:
        try:
            deadline = time.monotonic() + 60
            while not (noted.exists() and noted.read_text()):
                assert process.poll() is None, "serve has ended"
                assert time.monotonic() < deadline, "serve did not start"
                time.sleep(0.1)
            with warnings.catch_warnings(), SchemaRegistryClient({"url": noted.read_text()}) as made:
                warnings.simplefilter("ignore")
                yield made
        finally:
            process.terminate()


def context(topic: str) -> Any:
    """Where a value stands."""
    from confluent_kafka.serialization import MessageField, SerializationContext  # noqa: PLC0415  # likewise

    return SerializationContext(topic, MessageField.VALUE)


def read(world: KafkaWorld, topic: str) -> list[Arrival]:
    """Everything on a topic."""
    with closing(TopicReader(str(world.settings.bootstrap), lambda name: name == topic)) as reader:
        return list(reader.arrivals())


@pytest.mark.parametrize("conf", [{"use.latest.version": True}, {"use.schema.id": catalog.id_of("partner.aid.v1")}, {}])
def test_an_event_that_its_serializer_made_is_carried_and_its_deserializer_reads_the_release(
    world: KafkaWorld, client: Any, conf: dict[str, Any]
) -> None:
    from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer  # noqa: PLC0415  # likewise

    text = None if conf else client.get_latest_version(f"{TOPIC}-value").schema
    serializer = AvroSerializer(client, text, conf={"auto.register.schemas": False, **conf})
    row = {"envelope": envelope("csac", "aid", "a1", f"by client {sorted(conf)}"), "body": body("aid", reject_codes=[])}
    row["body"] |= {"aid_year": "2026-2027", "award_amount_cents": 120_000}
    value = serializer(row, context(TOPIC))
    assert wire.schema_id_of(value) == catalog.id_of("partner.aid.v1")
    event_id = row["envelope"]["event_id"]
    world.send(TOPIC, b"a1", value, {"ce_id": event_id.encode()})
    world.settle()
    assert world.outcomes()[event_id] == "carried"

    deserializer = AvroDeserializer(client)
    published = [deserializer(a.value, context(TOPIC)) for a in read(world, TOPIC)]
    assert event_id in {one["envelope"]["event_id"] for one in published}
    released = [deserializer(a.value, context(f"released.{CENTER}")) for a in read(world, f"released.{CENTER}")]
    [release] = [one for one in released if one.get("release", {}).get("event_id") == event_id]
    assert release["body"]["award_amount_cents"] == 120_000
