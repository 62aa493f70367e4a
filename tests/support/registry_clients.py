"""What Confluent's own client must find at a registry that has the catalog, whoever runs it."""

import json
import warnings
from typing import Any

import fastavro
from fastavro.schema import to_parsing_canonical_form

from schemas_avro import catalog, codec, wire
from support.events import body, envelope

TOPIC = "partner.csac.aid"


def canonical(text: str) -> str:
    """What of a schema decides its bytes and names: Apicurio leaves out a namespace where it is the outer one's."""
    return str(to_parsing_canonical_form(fastavro.parse_schema(json.loads(text))))


def found_by_client(url: str) -> dict[str, Any]:
    """What it finds of aid's topic: versions with their ids, the latest, and what it writes and reads back."""
    from confluent_kafka.schema_registry import Schema, SchemaRegistryClient  # noqa: PLC0415  # where it can be imported
    from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer  # noqa: PLC0415  # likewise
    from confluent_kafka.serialization import MessageField, SerializationContext  # noqa: PLC0415  # likewise

    subject, context = f"{TOPIC}-value", SerializationContext(TOPIC, MessageField.VALUE)
    with warnings.catch_warnings(), SchemaRegistryClient({"url": url}) as client:
        warnings.simplefilter("ignore")
        ids = {number: client.get_version(subject, number).schema_id for number in client.get_versions(subject)}
        row = {"envelope": envelope("csac", "aid", "a1", "one"), "body": body("aid")}
        serializer = AvroSerializer(client, conf={"auto.register.schemas": False, "use.latest.version": True})
        value = serializer(row, context)
        read = AvroDeserializer(client)(value, context)
        first = client.get_schema(104)
        return {
            "ids": ids,
            "latest": client.get_latest_version(subject).schema_id,
            "looked_up": client.lookup_schema(subject, Schema(catalog.catalog()[104].text, "AVRO")).schema_id,
            "by_id": canonical(first.schema_str) == canonical(catalog.catalog()[104].text),
            "by_name": client.get_latest_version("partner.aid.v1").schema_id,
            "released": client.get_latest_version("released.aid.v1.core").schema_id,
            "written_by": wire.schema_id_of(value),
            "is_ours": codec.decode_strictly(115, wire.payload_of(value)) == row,
            "read_back": read["body"]["aid_year"],
            "level": client.get_compatibility(subject),
        }


FOUND = {
    "ids": {1: 104, 2: 115}, "latest": 115, "looked_up": 104, "by_id": True, "by_name": 115,
    "released": catalog.id_of("released.aid.v1.core"), "written_by": 115, "is_ours": True, "read_back": "2026-2027",
    "level": "FULL_TRANSITIVE",
}  # fmt: skip
"""What that is."""
