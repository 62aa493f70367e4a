"""A sink whose partition another has written on in leaves that out, writes the rest, and stops rather than jump."""

import uuid
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import psycopg
import pytest
from confluent_kafka import KafkaError, KafkaException, TopicPartition
from confluent_kafka.cimpl import NewTopic
from support.beside import beside
from support.postgres import SINK, Databases
from support.released import released
from support.views import PostgresViews
from support.waits import wait_until

from processors.numbers import HEADER
from processors.records import Arrival
from sinks.postgres.writing import Writer
from streams import clients, positions
from streams.errors import StoppedError, ThroughlineError
from streams.pulse import Pulse
from streams.shared_sink import SharedSink

pytestmark = pytest.mark.broker
SECONDS = 60
MEMBER = "one"


@pytest.fixture
def recipient(broker: str) -> Iterator[str]:
    """A new recipient, whose topic has one partition; gone at the end, since sinks read every recipient's."""
    name = f"r_{uuid.uuid4().hex}"
    admin = clients.admin(broker)
    admin.create_topics([NewTopic(f"released.{name}", 1, 1)])[f"released.{name}"].result(30)
    yield name
    admin.delete_topics([f"released.{name}"])[f"released.{name}"].result(30)


def send(address: str, recipient: str, *records: Arrival, numbered: bool = True) -> None:
    """Records, numbered as consent numbers them or as others do not."""
    producer = clients.producer(address)
    for number, record in enumerate(records, start=1):
        headers = [(HEADER, b"consent/1/%d" % number)] if numbered else []
        producer.produce(f"released.{recipient}", record.value, partition=0, headers=headers)
    assert producer.flush(30) == 0


def events(views: PostgresViews) -> list[str]:
    return sorted(event for (event,) in views.rows("SELECT event_id FROM release_row"))


def is_waiting_for_a_lock(owner: psycopg.Connection[tuple[object, ...]]) -> bool:
    query = "SELECT 1 FROM pg_stat_activity WHERE usename = %s AND wait_event_type = 'Lock'"
    return owner.execute(query, [SINK]).fetchone() is not None


@pytest.mark.parametrize("numbered", [True, False])
def test_what_another_has_written_meanwhile_is_left_out_and_the_rest_written(
    broker: str, recipient: str, databases: Databases, *, numbered: bool
) -> None:
    topic = f"released.{recipient}"
    send(
        broker, recipient, *(released("enrollment", f"e{n}", recipient=recipient) for n in range(6)), numbered=numbered
    )
    with databases.empty() as name, closing(PostgresViews(databases.server, name)) as views:
        dsn = databases.server.dsn(name)
        with (
            Writer(databases.server.dsn(name, SINK)) as writer,
            closing(psycopg.connect(dsn)) as another,
            closing(psycopg.connect(dsn, autocommit=True)) as owner,
        ):
            another.execute("INSERT INTO throughline.sink_offset VALUES (%s, 0, 4)", [topic])
            if numbered:
                another.execute("INSERT INTO throughline.number_taken VALUES (%s, 1, 4)", [f"{topic}/0/consent"])
            with beside(SharedSink(broker, writer, MEMBER, pulse=Pulse()).run) as ended:
                wait_until(lambda: ended or is_waiting_for_a_lock(owner))
                another.commit()
                wait_until(lambda: ended or views.offsets().get((topic, 0)) == 6)
            assert ended == []
        assert events(views) == ["e4", "e5"]
        assert views.numbers() == ({f"{topic}/0/consent": (1, 6)} if numbered else {})


def test_a_recipient_that_comes_while_a_sink_runs_is_read(broker: str, databases: Databases) -> None:
    admin = clients.admin(broker)
    with (
        databases.empty() as name,
        closing(PostgresViews(databases.server, name)) as views,
        Writer(databases.server.dsn(name, SINK)) as writer,
        beside(SharedSink(broker, writer, MEMBER).run) as ended,
    ):
        for new in (f"r_{uuid.uuid4().hex}" for _ in range(2)):
            topic = f"released.{new}"
            admin.create_topics([NewTopic(topic, 1, 1)])[topic].result(30)
            send(broker, new, released("enrollment", "e1", recipient=new))
            wait_until(lambda topic=topic: ended or (topic, 0) in views.offsets())  # type: ignore[misc]
            admin.delete_topics([topic])[topic].result(30)
        assert ended == []


def test_a_topic_that_the_client_does_not_know_yet_is_read_when_it_does(
    broker: str, recipient: str, databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, start_of = list[object](), positions.start_of

    def unknown_at_first(*args: Any, **more: Any) -> TopicPartition:
        asked.append(args)
        if len(asked) == 1:
            raise KafkaException(KafkaError(KafkaError.UNKNOWN_TOPIC_OR_PART))
        return start_of(*args, **more)

    monkeypatch.setattr(positions, "start_of", unknown_at_first)
    send(broker, recipient, released("enrollment", "e1", recipient=recipient))
    with (
        databases.empty() as name,
        closing(PostgresViews(databases.server, name)) as views,
        Writer(databases.server.dsn(name, SINK)) as writer,
        beside(SharedSink(broker, writer, MEMBER).run) as ended,
    ):
        wait_until(lambda: ended or (f"released.{recipient}", 0) in views.offsets())
        assert ended == []
    assert len(asked) > 1


def test_views_that_expect_an_offset_that_is_not_there_stop_the_sink(
    broker: str, recipient: str, databases: Databases
) -> None:
    with databases.empty() as name, closing(psycopg.connect(databases.server.dsn(name), autocommit=True)) as owner:
        owner.execute("INSERT INTO throughline.sink_offset VALUES (%s, 0, 99)", [f"released.{recipient}"])
        with Writer(databases.server.dsn(name, SINK)) as writer:
            with beside(SharedSink(broker, writer, MEMBER).run) as ended:
                wait_until(lambda: ended)
            [error] = ended
    assert isinstance(error, StoppedError)
    assert str(error).startswith(f"released.{recipient}/0 holds offsets 0 to 0, the views expect 99: rebuild them")


def test_views_that_went_back_end_the_sink_which_reads_on_from_there_when_started_again(
    broker: str, recipient: str, databases: Databases
) -> None:
    place = (f"released.{recipient}", 0)
    send(broker, recipient, *(released("enrollment", f"e{n}", recipient=recipient) for n in range(6)), numbered=False)
    with (
        databases.empty() as name,
        closing(PostgresViews(databases.server, name)) as views,
        Writer(databases.server.dsn(name, SINK)) as writer,
        closing(databases.server.owner(name)) as owner,
    ):
        with beside(SharedSink(broker, writer, MEMBER).run) as ended:
            wait_until(lambda: ended or views.offsets().get(place) == 6)
            owner.execute("UPDATE throughline.sink_offset SET next_offset = 2; DELETE FROM throughline.release_row")
            send(broker, recipient, released("enrollment", "e6", recipient=recipient), numbered=False)
            wait_until(lambda: ended)
        assert [type(error) for error in ended] == [ThroughlineError]
        assert "start this sink again" in str(ended[0])
        with beside(SharedSink(broker, writer, MEMBER).run) as again:
            wait_until(lambda: again or views.offsets().get(place) == 7)
        assert (again, events(views)) == ([], ["e2", "e3", "e4", "e5", "e6"])
