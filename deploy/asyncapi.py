"""Every topic as AsyncAPI 3, by the table of topics, the catalog, and who may read and write what. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from deploy.acl.wanted import PARTNER, RECIPIENT, SERVICE, SERVICES, Needs
from processors import names
from processors.consent.agreements import Agreement
from processors.records import SEQUENCE
from schemas_avro import catalog
from schemas_avro.catalog import Entry
from schemas_avro.version import VERSION
from streams.subjects import subjects_of
from streams.topics import TopicSpec

Document = dict[str, Any]
BINDING = "0.5.0"
AVRO = "application/vnd.apache.avro;version=1.9.0"
CONTENT = "application/vnd.apache.avro"
ZONES = {
    "control": "control", "partner": "identity", "identity": "identity", "deadletter": "identity",
    "sandbox": "identity", "resolved": "record", "audit": "record", "released": "case", "signals": "case",
    "receipts": "partner",
}  # fmt: skip
"""Zone of a topic by the first word of its name."""
CE_ID = {"type": "string", "description": "Id of the event or record (CloudEvents); of a partner's event its event_id."}
NUMBER = {
    "type": "string",
    "description": "Stage, generation, number of the record: a repeat is dropped, a gap seen.",
}


def document(specs: Sequence[TopicSpec], agreements: Sequence[Agreement]) -> Document:
    """The whole document.

    Args:
        specs: the table of topics.
        agreements: those that it is made from.
    """
    held = {spec.name: subjects_of(spec.name, agreements) for spec in specs}
    entries = {entry.subject: entry for subjects in held.values() for one in subjects for entry in _newest(one)}
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Throughline",
            "version": VERSION,
            "description": "Person-level, consented, timely events about education and work. A value is a zero byte, "
            "the schema's id as four bytes, and Avro (Confluent's wire format); the portal serves schemas by id under "
            "the paths of a schema registry. Every record is stamped with the broker's clock (LogAppendTime).",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": CONTENT,
        "servers": {
            "kafka": {
                "host": "{bootstrap}",
                "protocol": "kafka-secure",
                "description": "The operator gives the address; a demo's broker asks for no user and is not encrypted.",
                "variables": {"bootstrap": {"description": "Host and port of a broker.", "default": "127.0.0.1:9092"}},
                "security": [{"$ref": "#/components/securitySchemes/user"}],
            }
        },
        "channels": {spec.name: _channel(spec, held[spec.name]) for spec in specs},
        "operations": dict(_operations(specs, agreements)),
        "components": {
            "securitySchemes": {"user": {"type": "scramSha512", "description": "A user by what it is: partner.NAME."}},
            "messages": {subject: _message(entries[subject]) for subject in sorted(entries)},
            "schemas": {s: {"schemaFormat": AVRO, "schema": entries[s].schema} for s in sorted(entries)},
        },
    }


def _newest(subject: str) -> tuple[Entry, ...]:
    return catalog.versions_of(subject)[-1:]


def _channel(spec: TopicSpec, subjects: Iterable[str]) -> Document:
    config = spec.config
    kept = {
        "cleanup.policy": [config["cleanup.policy"]],
        "retention.ms": spec.retention_ms,
        "max.message.bytes": spec.max_bytes,
        "message.timestamp.type": config["message.timestamp.type"],
    }
    kafka = {"partitions": spec.partitions, "topicConfiguration": kept, "bindingVersion": BINDING}
    return {
        "address": spec.name,
        "description": f"Keyed by {spec.key}. Holds {spec.schemas}.",
        "messages": {subject: {"$ref": f"#/components/messages/{subject}"} for subject in subjects},
        "bindings": {"kafka": kafka},
        "x-key": spec.key,
        "x-zone": ZONES[spec.name.partition(".")[0]],
    }


def _message(entry: Entry) -> Document:
    is_partners = entry.subject.startswith("partner.")
    headers: Document = {"type": "object", "properties": {"ce_id": CE_ID}}
    if not is_partners:
        headers["properties"][SEQUENCE] = NUMBER
    place = {"schemaIdLocation": "payload", "schemaIdPayloadEncoding": "confluent"}
    kafka = {"key": {"type": "string"}, **place, "bindingVersion": BINDING}
    return {
        "name": entry.subject,
        "title": str(entry.schema["name"]),
        "summary": str(entry.schema["doc"]),
        "contentType": CONTENT,
        "headers": headers,
        "payload": {"$ref": f"#/components/schemas/{entry.subject}"},
        "bindings": {"kafka": kafka},
        "x-schema-ids": [one.id for one in catalog.versions_of(entry.subject)],
        "x-classifications": sorted(_classifications(entry)),
    }


def _classifications(entry: Entry) -> set[str]:
    """Of all fields."""
    records = (named for named in catalog.named_types(entry.schema) if named["type"] == "record")
    return {field["classification"] for record in records for field in record["fields"] if "classification" in field}


def _operations(specs: Sequence[TopicSpec], agreements: Sequence[Agreement]) -> Iterator[tuple[str, Document]]:
    """Who sends and receives what, by who may: a user, an action and a topic each."""
    for user, needs in sorted(_needs(specs, agreements).items()):
        for spec in specs:
            for action, named in (("send", needs.writes), ("receive", needs.reads)):
                if any(_is(spec.name, one) for one in named):
                    channel = {"$ref": f"#/channels/{spec.name}"}
                    yield f"{user}.{action}.{spec.name}", {"action": action, "channel": channel, "x-user": user}


def _needs(specs: Sequence[TopicSpec], agreements: Sequence[Agreement]) -> dict[str, Needs]:
    topics = [spec.name for spec in specs]
    found = {f"{SERVICE}{name}": needs for name, needs in SERVICES.items()}
    for party in {one.party for one in agreements}:
        tried = tuple(name for name in topics if name.startswith(f"sandbox.{party}."))
        if own := tuple(name for name in topics if name.startswith(f"partner.{party}.")):
            found[f"{PARTNER}{party}"] = Needs(reads=(names.receipts_topic(party), *tried), writes=(*own, *tried))
        if (released := names.released_topic(party)) in topics:
            found[f"{RECIPIENT}{party}"] = Needs(reads=(released, names.signals_topic(party)))
    return found


def _is(topic: str, named: str) -> bool:
    return topic.startswith(named[:-1]) if named.endswith("*") else topic == named
