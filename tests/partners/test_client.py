"""The client, against a real Apache Kafka: what it hands over arrives whole, in its place, once."""

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from confluent_kafka import Consumer, Message, TopicPartition
from support.partner_topics import partner_of_its_own, topics

from partners.client import Publisher, PublishError, producer_settings
from partners.events import framed, headers_of_row
from partners.population import Population
from partners.population.send import send
from partners.rows import Row, from_row, to_row
from partners.sendable import RefusedEventError
from schemas_avro.models import EmploymentRecorded, EnrollmentRecorded, Envelope, Operation

NOWHERE = "127.0.0.1:9"
SECRET = "Quetzal"  # noqa: S105  # a name that must not show
PARTITIONS = 3


@pytest.fixture
def partner(broker: str) -> Iterator[str]:
    """A partner with topics of its own, gone afterwards."""
    with partner_of_its_own(broker, "enrollment", "employment", partitions=PARTITIONS) as name:
        yield name


def arrived(broker: str, topic: str, count: int) -> list[Message]:
    """So many messages of a topic, from its beginning."""
    consumer = Consumer({"bootstrap.servers": broker, "group.id": "test", "enable.auto.commit": False})
    consumer.assign([TopicPartition(topic, partition, 0) for partition in range(PARTITIONS)])
    found: list[Message] = []
    deadline = time.monotonic() + 20
    while len(found) < count and time.monotonic() < deadline:
        found += consumer.consume(count, timeout=0.2)
    consumer.close()
    return found


def envelope(partner: str, family: str, number: int, token: str | None = "t-1") -> Envelope:  # noqa: S107
    """A sound envelope."""
    moment = datetime(2026, 8, 31, tzinfo=UTC)
    return Envelope.model_validate(
        {
            "event_id": f"00000000-0000-4000-8000-{number:012d}",
            "event_type": f"{family}.recorded.v1",
            "schema_version": "1.0",
            "partner_id": partner,
            "source_record_id": f"s-{number}",
            "observed_at": moment,
            "published_at": moment,
            "operation": Operation.ASSERT,
            "subject_token": token,
            "identifiers": (),
            "data_categories": (),
        }
    )


def enrollment(partner: str, number: int, token: str = "t-1") -> EnrollmentRecorded:  # noqa: S107
    """An enrollment event."""
    body = {"organization_id": "1", "organization_id_system": "CDS", "entry_date": date(2026, 8, 12)}
    head = envelope(partner, "enrollment", number, token)
    return EnrollmentRecorded.model_validate({"envelope": head, "body": body})


def rows(partner: str, count: int) -> list[Row]:
    """So many enrollments of a thousand records."""
    return [to_row(enrollment(partner, number, f"t-{number % 1000}")) for number in range(count)]


@pytest.mark.broker
def test_an_event_arrives_framed_under_its_records_key_with_cloudevents_headers(broker: str, partner: str) -> None:
    event = enrollment(partner, 1)
    with Publisher(broker, partner) as publisher:
        publisher.publish(event)
    [message] = arrived(broker, f"partner.{partner}.enrollment", 1)
    assert publisher.report.acknowledged == [event.envelope.event_id]
    assert message.value() == framed("enrollment", [to_row(event)])[0]
    assert message.key() == b"t-1"
    assert message.headers() == [
        ("ce_id", event.envelope.event_id.encode()),
        ("ce_type", b"enrollment.recorded.v1"),
        ("ce_source", partner.encode()),
        ("ce_specversion", b"1.0"),
        ("content-type", b"application/avro"),
        ("ce_submission", publisher.submission.encode()),
    ]


@pytest.mark.broker
def test_an_event_without_a_token_has_the_facts_own_id_as_key(broker: str, partner: str) -> None:
    body = {"reference_period_start": date(2026, 4, 1), "reference_period_end": date(2026, 6, 30)}
    head = envelope(partner, "employment", 2, None)
    with Publisher(broker, partner) as publisher:
        publisher.publish(EmploymentRecorded.model_validate({"envelope": head, "body": body}))
    [message] = arrived(broker, f"partner.{partner}.employment", 1)
    assert message.key() == b"s-2"


@pytest.mark.broker
def test_many_rows_all_arrive_in_order_within_each_record(broker: str, partner: str) -> None:
    sent = rows(partner, 5_500)
    with Publisher(broker, partner) as publisher:
        publisher.publish_many(iter(sent), "enrollment")
    found = arrived(broker, f"partner.{partner}.enrollment", len(sent))
    assert len(found) == len(set(publisher.report.acknowledged)) == len(sent)
    last: dict[bytes, bytes] = {}
    for message in found:
        key, event_id = message.key() or b"", dict(message.headers() or [])["ce_id"]
        assert isinstance(event_id, bytes)
        assert last.get(key, b"") < event_id
        last[key] = event_id


@pytest.mark.broker
def test_a_full_queue_makes_the_publisher_wait_and_loses_nothing(broker: str, partner: str) -> None:
    with Publisher(broker, partner, queued_messages=100) as publisher:
        publisher.publish_many(rows(partner, 3_000), "enrollment")
    assert len(set(publisher.report.acknowledged)) == 3_000


@pytest.mark.broker
def test_raw_bytes_arrive_as_they_are_and_are_known_by_their_header(broker: str, partner: str) -> None:
    topic = f"partner.{partner}.enrollment"
    row = to_row(enrollment(partner, 3))
    with Publisher(broker, partner) as publisher:
        publisher.publish_raw(topic, b"k", b"\xff garbage", headers_of_row(row))
    [message] = arrived(broker, topic, 1)
    assert (message.key(), message.value()) == (b"k", b"\xff garbage")
    assert publisher.report.acknowledged == [row["envelope"]["event_id"]]


def test_an_event_of_another_partner_is_refused_before_it_is_sent() -> None:
    publisher = Publisher(NOWHERE, "csac")
    event = enrollment("ccc", 1)
    with pytest.raises(RefusedEventError, match=r"envelope\.partner_id names another partner") as caught:
        publisher.publish(event)
    assert (caught.value.event_id, caught.value.field) == (event.envelope.event_id, "partner_id")
    assert "ccc" not in str(caught.value)


@pytest.mark.parametrize("field", ["subject_token", "source_record_id"])
def test_an_event_whose_key_would_be_a_social_security_number_is_refused_and_with_it_its_batch(field: str) -> None:
    publisher = Publisher(NOWHERE, "csac")
    sent = rows("csac", 3)
    sent[2]["envelope"][field] = "x-219-09-9999"
    with pytest.raises(RefusedEventError, match=f"envelope.{field} looks like a social security number") as caught:
        publisher.publish_many(sent, "enrollment")
    assert "219" not in str(caught.value)
    publisher.flush()  # nothing is under way, so no broker is waited for


@pytest.mark.broker
def test_a_partner_without_topics_is_told_the_remedy(broker: str) -> None:
    with Publisher(broker, "nobody_at_all") as publisher, pytest.raises(PublishError, match="ask the operator"):
        publisher.require_topic("aid")


def test_a_broker_that_is_away_is_told_by_its_address_with_the_remedy() -> None:
    publisher = Publisher("127.0.0.1:1", "csac", timeout_seconds=1)
    publisher.publish(enrollment("csac", 5, SECRET))
    with pytest.raises(PublishError) as caught:
        publisher.flush()
    assert "the broker at 127.0.0.1:1 does not answer; see that it is up, then send again" in str(caught.value)
    assert SECRET not in str(caught.value)


@pytest.mark.broker
def test_an_event_that_no_topic_takes_is_an_error_of_one_line_without_its_content(broker: str) -> None:
    publisher = Publisher(broker, "nobody_at_all", timeout_seconds=8)
    event = enrollment("nobody_at_all", 4, SECRET)
    publisher.publish(event)
    with pytest.raises(PublishError) as caught:
        publisher.flush()
    told = "there is no topic partner.nobody_at_all.enrollment: is the partner's name right?"
    assert str(caught.value).startswith(f"1 of 1 events were not delivered: {told}")
    with pytest.raises(PublishError, match=r"there is no topic partner\.nobody_at_all\.enrollment: "):
        publisher.publish(enrollment("nobody_at_all", 5))
    assert "\n" not in str(caught.value)
    assert SECRET not in str(caught.value) + repr(publisher.report)
    assert list(publisher.report.failures) == [event.envelope.event_id]


@pytest.mark.broker
def test_a_phase_of_a_population_is_sent_whole_with_what_is_malformed(broker: str, population: Population) -> None:
    prefix = f"p{time.monotonic_ns()}"
    events = [replace(event, partner=f"{prefix}_{event.partner}") for event in population.phases["history"]]
    with topics(broker, {event.topic for event in events}, PARTITIONS):
        with Publisher(broker, "population") as publisher:
            acknowledged = send(publisher, events)
        assert acknowledged == {event.event_id for event in events}
        topic = f"partner.{prefix}_csac.aid"
        planned = [event.key for event in events if event.topic == topic]
        found = [message.key() for message in arrived(broker, topic, len(planned))]
    assert sorted(key or b"" for key in found) == sorted(planned)


def test_where_no_broker_answers_it_says_so_in_one_line() -> None:
    publisher = Publisher(NOWHERE, "csac", timeout_seconds=1)
    with pytest.raises(PublishError, match=r"^no Kafka broker answers at 127\.0\.0\.1:9; .*--bootstrap$"):
        publisher.require_topic("aid")


def test_what_is_not_acknowledged_in_time_is_an_error() -> None:
    with pytest.raises(PublishError, match="see that it is up"), Publisher(NOWHERE, "csac", timeout_seconds=0.5) as p:
        p.publish(enrollment("csac", 5))


def test_the_producer_is_idempotent_and_partitions_as_java_does() -> None:
    settings = producer_settings("b:1", 30)
    assert settings["enable.idempotence"] is True
    assert (settings["acks"], settings["partitioner"]) == ("all", "murmur2_random")


def test_a_model_of_its_row_is_the_event_that_was_published() -> None:
    event = enrollment("csac", 6)
    assert from_row("enrollment", to_row(event)) == event
