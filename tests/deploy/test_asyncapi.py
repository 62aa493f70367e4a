"""The AsyncAPI document: it keeps to AsyncAPI's schema, has every topic, and says what is really sent, and by whom."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import jsonschema
import orjson
import pytest
from support.commands import throughline
from support.events import MINUTE
from support.worlds import PureWorld, shipped_agreements

from deploy.acl.wanted import Limits, wanted
from deploy.asyncapi import document
from deploy.portal_files import names_in
from partners import formats
from partners.events import framed
from partners.formats import Good
from portal.dictionary import dictionary
from portal.dictionary_pages import files
from processors.consent.agreements import number_of
from schemas_avro import catalog, examples, wire
from streams.topics import table

AGREEMENTS = shipped_agreements()
SPECS = table(AGREEMENTS, 4, 2)
FOUND = document(SPECS, AGREEMENTS)
CHANNELS: dict[str, Any] = FOUND["channels"]
MESSAGES: dict[str, Any] = FOUND["components"]["messages"]
SCHEMA = Path(__file__).parent / "asyncapi" / "schema-3.0.0.json"
DAY, AS_OF = date(2026, 11, 24), datetime(2026, 10, 31, tzinfo=UTC)


def references(part: Any) -> Iterator[str]:
    """Every reference in a part of the document."""
    if isinstance(part, dict):
        if isinstance(part.get("$ref"), str):
            yield part["$ref"]
        part = list(part.values())
    if isinstance(part, list):
        for one in part:
            yield from references(one)


def test_the_document_keeps_to_asyncapis_own_schema_and_its_references_lead_somewhere() -> None:
    validator = jsonschema.Draft7Validator(orjson.loads(SCHEMA.read_bytes()))
    assert [error.message[:200] for error in validator.iter_errors(FOUND)] == []
    for reference in set(references(FOUND)):
        place = FOUND
        for part in reference.removeprefix("#/").split("/"):
            place = place[part]
        assert place


def test_every_topic_of_the_table_is_a_channel_with_its_key_its_partitions_and_how_long_it_is_kept() -> None:
    assert list(CHANNELS) == [spec.name for spec in SPECS]
    for spec in SPECS:
        channel = CHANNELS[spec.name]
        kafka = channel["bindings"]["kafka"]
        assert (channel["x-key"], kafka["partitions"]) == (spec.key, spec.partitions)
        assert kafka["topicConfiguration"]["retention.ms"] == spec.retention_ms
        assert kafka["topicConfiguration"]["cleanup.policy"] == [spec.config["cleanup.policy"]]


def test_every_schema_that_goes_over_a_topic_is_a_message_with_its_newest_text_and_all_its_ids() -> None:
    sent = {one.subject for one in catalog.catalog().values() if one.subject.startswith(("partner.", "internal."))}
    assert {subject for subject in MESSAGES if not subject.startswith("released.")} == sent
    for subject, one in MESSAGES.items():
        versions = catalog.versions_of(subject)
        assert FOUND["components"]["schemas"][subject]["schema"] == versions[-1].schema
        assert one["x-schema-ids"] == [version.id for version in versions]
        assert one["x-classifications"]


def test_what_is_sent_over_a_topic_is_what_its_channel_says(tmp_path: Path) -> None:
    world = PureWorld()
    world.now = int(AS_OF.timestamp()) * 1_000_000 + MINUTE
    for family in catalog.FAMILIES:
        event = examples.example(family)
        (tmp_path / "rows.jsonl").write_bytes(orjson.dumps(event) + b"\n")
        partner = event["envelope"]["partner_id"]
        [found] = formats.rows(tmp_path / "rows.jsonl", partner, family, AS_OF)
        assert isinstance(found, Good)
        [value] = framed(family, [found.row])
        key = found.row["envelope"]["subject_token"] or found.row["envelope"]["source_record_id"]
        world.send(f"partner.{partner}.{family}", key.encode(), value)
    world.send("partner.csac.aid", b"k", b"nothing")
    world.settle().go_on_until("2026-12-01")
    assert {"resolved.events", "audit.decisions", "identity.records", "deadletter.csac"} < set(world.topics)
    assert any(topic.startswith("released.") for topic in world.topics)
    for topic, arrivals in world.topics.items():
        told = {id_ for subject in CHANNELS[topic]["messages"] for id_ in MESSAGES[subject]["x-schema-ids"]}
        sent = {wire.schema_id_of(one.value) for one in arrivals if one.value and one.value != b"nothing"}
        assert sent <= told, topic


def test_whoever_may_write_or_read_a_topic_sends_or_receives_and_nobody_else() -> None:
    recipients = sorted({one.party for one in AGREEMENTS if one.tier == "dsa"})
    rules = wanted(AGREEMENTS, number_of(DAY), recipients, Limits(0, 0, 0)).rules
    allowed = {
        (rule.user, "send" if rule.operation == "write" else "receive", topic)
        for rule in rules
        if rule.resource == "topic" and rule.operation in {"read", "write"}
        for topic in CHANNELS
        if (topic.startswith(rule.name) if rule.is_prefix else topic == rule.name)
    }
    said = {
        (one["x-user"], one["action"], one["channel"]["$ref"].removeprefix("#/channels/"))
        for one in FOUND["operations"].values()
    }
    assert said == allowed


def test_what_a_recipient_may_get_is_within_its_agreements() -> None:
    granted = {g.family: set(g.groups) for one in AGREEMENTS if one.party == "csu_advising" for g in one.grants}
    released = [s.split(".") for s in CHANNELS["released.csu_advising"]["messages"] if s.startswith("released.")]
    assert {family for _, family, *_ in released} == set(granted)
    assert all(set(groups[0].split("-")) <= granted[family] for _, family, _, *groups in released)


def test_every_partners_topic_is_in_the_dictionary() -> None:
    pages = files(dictionary(AGREEMENTS, DAY), names_in(AGREEMENTS))
    for topic in CHANNELS:
        if topic.startswith("partner."):
            assert f"<code>{topic}</code>" in pages[f"{topic.rpartition('.')[2]}.html"]


@pytest.mark.parametrize("out", [[], ["--out", "asyncapi.json"]])
def test_it_is_printed_or_written_by_command(out: list[str], tmp_path: Path) -> None:
    place = [out[0], str(tmp_path / out[1])] if out else []
    done = throughline(tmp_path, "schemas", "asyncapi", *place)
    text = (tmp_path / out[1]).read_text(encoding="utf-8") if out else done.stdout
    assert list(orjson.loads(text)["channels"]) == list(CHANNELS)
