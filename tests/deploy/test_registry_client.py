"""Confluent's own client finds its schemas at a running ``throughline serve``, and what it publishes is carried."""

import warnings
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import orjson
import pytest
from support import sam
from support.commands import throughline
from support.events import body, envelope
from support.kafka_world import KafkaWorld
from support.registry_clients import FOUND, found_by_client
from support.sam import CENTER
from support.served import served
from support.servers import hangs, server

from deploy.topic_reader import TopicReader
from processors.records import Arrival
from schemas_avro import catalog, codec, wire

pytest.importorskip("authlib", reason="confluent-kafka's registry client needs authlib")
pytest.importorskip("cachetools", reason="confluent-kafka's registry client needs cachetools")
pytestmark = pytest.mark.broker
TOPIC = "partner.csac.aid"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaWorld]:
    """Both stages at work, beside a registry that they are told of and that hangs, and a person who is known."""
    with server(hangs) as away, pytest.MonkeyPatch.context() as patch:
        patch.setenv("THROUGHLINE_REGISTRY", away)
        yield from _world(tmp_path_factory)


def _world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaWorld]:
    with KafkaWorld(tmp_path_factory.mktemp("registry")) as made:
        assert made.settings.registry is not None
        made.publish_all(*sam.KNOWN, sam.caseload(), sam.consent())
        yield made


@pytest.fixture(scope="module")
def url(world: KafkaWorld) -> Iterator[str]:
    """Address of a running serve."""
    with served(world) as address:
        yield address


@pytest.fixture(scope="module")
def client(url: str) -> Iterator[Any]:
    """A registry client of it."""
    from confluent_kafka.schema_registry import SchemaRegistryClient  # noqa: PLC0415  # where it can be imported

    with warnings.catch_warnings(), SchemaRegistryClient({"url": url}) as made:
        warnings.simplefilter("ignore")
        yield made


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


def test_its_client_finds_every_version_as_at_any_registry_that_has_the_catalog(url: str) -> None:
    """The same that ``make test-registry`` asks of a real Apicurio."""
    assert found_by_client(url) == FOUND


def test_registering_there_finds_everything_under_our_ids_and_writes_nothing(world: KafkaWorld, url: str) -> None:
    done = throughline(world.settings.data_dir, "schemas", "register", "--registry", url, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    told = orjson.loads(done.stdout)
    assert (told["new"], told["differs"]) == (0, 0)
    assert told["there"] == len(told["schemas"]) > 100


def test_events_of_an_older_version_and_of_the_newest_are_both_carried_the_older_with_null(
    world: KafkaWorld, client: Any
) -> None:
    from confluent_kafka.schema_registry.avro import AvroSerializer  # noqa: PLC0415  # likewise

    assert client.get_versions(f"{TOPIC}-value") == [1, 2]
    sent: dict[str, int | None] = {}
    for version in (1, 2):
        schema_id = client.get_version(f"{TOPIC}-value", version).schema_id
        serializer = AvroSerializer(client, conf={"auto.register.schemas": False, "use.schema.id": schema_id})
        made = body("aid", aid_year="2026-2027", application_submitted_on="2026-02-28")
        said = {name: value for name, value in made.items() if version == 2 or name != "application_submitted_on"}
        row = {"envelope": envelope("csac", "aid", "a1", f"version {version}", schema_version=f"1.{version - 1}")}
        value = serializer(row | {"body": said}, context(TOPIC))
        assert wire.schema_id_of(value) == {1: 104, 2: 115}[version]
        event_id = row["envelope"]["event_id"]
        world.send(TOPIC, b"a1", value, {"ce_id": event_id.encode()})
        sent[event_id] = said.get("application_submitted_on")
    world.settle()
    assert {world.outcomes()[event_id] for event_id in sent} == {"carried"}
    shown = {}
    for arrival in read(world, f"released.{CENTER}"):
        value = arrival.value or b""
        [row] = codec.decode_own(wire.schema_id_of(value) or 0, [wire.payload_of(value)])
        if row.get("release", {}).get("event_id") in sent:
            shown[row["release"]["event_id"]] = row["body"]["application_submitted_on"]
    assert shown == sent
