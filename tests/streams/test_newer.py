"""Whoever is too old for what a newer version has written refuses it by name, in a line, and takes none of it."""

import threading
from contextlib import closing
from pathlib import Path

import pytest
from confluent_kafka import TopicPartition
from support.beside import beside
from support.released import released, shipped_calendar, tick
from support.waits import wait_until

from processors.names import state_topic
from processors.records import Arrival, Arrivals
from processors.signals.decide import Context
from processors.state import Memory, Working
from schemas_avro import wire
from schemas_avro.version import VERSION
from streams import changelog, clients, consent, positions
from streams.errors import Stop, StoppedError
from streams.keyring import Keyring
from streams.settings import Settings
from streams.shared_signals import Deciding
from streams.sink import view_batch
from streams.store import Store
from tests.streams.test_standby import Board, content, level, send, worker
from tests.streams.tiny import Tiny

NEWER = changelog.FORMAT + 1
UNKNOWN_SCHEMA = 999_999
REMEDY = 'a newer version wrote it: install that one here too, see "Upgrade" in docs/keep-it-running.md'
KNOWS = f"Throughline {VERSION} knows none after {changelog.FORMAT}: {REMEDY}"


def group_of(*said: str) -> list[TopicPartition]:
    """A group's offsets with what their metadata say."""
    return [TopicPartition("in", n, 7, metadata=text) for n, text in enumerate(said)]


def refused(error: BaseException) -> str:
    """The line of one that is too old."""
    assert isinstance(error, StoppedError)
    assert error.why is Stop.TOO_OLD
    return str(error)


@pytest.mark.parametrize(("batch", "owner"), [(12, ""), (12, "b.0f3a")])
def test_of_this_format_a_group_says_what_version_0_1_0_says_and_reads(batch: int, owner: str) -> None:
    said = positions.said_of(batch, owner)
    assert said == f"{batch} {owner}".strip()
    assert positions.last_batch(group_of("9 a.77", said, "")) == (batch, owner)


@pytest.mark.parametrize("owner", ["", "b.0f3a"])
def test_a_group_whose_last_batch_a_newer_version_did_is_refused_by_name(owner: str) -> None:
    with pytest.raises(StoppedError) as caught:
        positions.last_batch(group_of("11 a.77", positions.said_of(12, owner, NEWER)))
    assert refused(caught.value) == f"what batch 12 left has format {NEWER}, {KNOWS}"


def unknown() -> Arrival:
    """A record of a schema to come."""
    return Arrival("released.x", 1, 40, 0, None, wire.frame(UNKNOWN_SCHEMA, b"?"))


@pytest.mark.parametrize("who", ["consent", "signals", "views"])
def test_a_record_of_a_schema_to_come_is_refused_by_name_with_all_that_was_read_with_it(
    who: str, tmp_path: Path
) -> None:
    arrivals = Arrivals.of([tick(1), released("aid", "e1"), unknown()])
    state = Working(Memory())
    with closing(Keyring(tmp_path)) as keys:
        take = {
            "consent": lambda: consent.parts(Settings(data_dir=tmp_path), keys).decide(arrivals, state),
            "signals": lambda: Deciding(Context(shipped_calendar()))(arrivals, state),
            "views": lambda: view_batch(arrivals, {}, {}),
        }[who]
        with pytest.raises(StoppedError) as caught:
            take()
    line = f"{who}: released.x/1/40 has schema {UNKNOWN_SCHEMA}, which Throughline {VERSION} does not know: {REMEDY}"
    assert refused(caught.value) == line
    assert state.changes() == {}


def tell(tiny: Tiny, *rows: changelog.Changed) -> None:
    """Records onto the stage's changelog."""
    producer = clients.producer(tiny.bootstrap)
    for table, key, value in rows:
        producer.produce(state_topic(tiny.name), value, f"{table}\0{key}".encode())
    assert producer.flush(30) == 0


def say_newer(tiny: Tiny) -> None:
    """The group's offsets, as a newer version leaves them after one more batch."""
    with closing(clients.consumer(tiny.bootstrap, tiny.name)) as group:
        places = [TopicPartition(f"{tiny.name}.in", part) for part in range(2)]
        batch, _ = positions.last_batch(committed := group.committed(places, 30))
        said = positions.said_of(batch + 1, "c.1", NEWER)
        told = [TopicPartition(p.topic, p.partition, p.offset, said) for p in committed]
        group.commit(offsets=told, asynchronous=False)


@pytest.mark.broker
def test_one_that_stands_by_refuses_a_newer_changelog_before_it_takes_a_row_and_lets_others_act(tiny: Tiny) -> None:
    board = Board()
    with worker(tiny, "a", board):
        send(tiny, *range(20))
        tiny.wait_for(20)
        with beside(lambda stopping: tiny.stand_by("b", board.lease("b"), stopping)) as ended:
            level(tiny, "b")
            tell(tiny, (*changelog.BEGINNING, b"%d" % NEWER), ("count", "total", b"99"))
            wait_until(lambda: ended != [], "b refuses")
        assert refused(ended[0]) == f"{tiny.name}: its changelog has format {NEWER}, {KNOWS}"
        assert board.holder == "a"
    assert ("count", "total", b"20") in content(tiny.path_of("b"))


@pytest.mark.broker
def test_one_that_has_acted_refuses_to_go_on_after_a_newer_one_keeps_its_store_and_gives_up_the_lease(
    tiny: Tiny,
) -> None:
    board, stopping = Board(), threading.Event()
    with worker(tiny, "a", board):
        send(tiny, *range(20))
        tiny.wait_for(20)
    before = content(tiny.path_of("a"))
    say_newer(tiny)
    board.holder = ""
    with pytest.raises(StoppedError) as caught:
        tiny.stand_by("a", board.lease("a"), stopping)
    assert KNOWS in refused(caught.value)
    assert board.holder == ""
    assert content(tiny.path_of("a")) == before


@pytest.mark.broker
def test_a_worker_without_others_refuses_to_go_on_after_a_newer_one(tiny: Tiny) -> None:
    with beside(tiny.run):
        send(tiny, *range(20))
        tiny.wait_for(20)
    say_newer(tiny)
    with pytest.raises(StoppedError) as caught:
        tiny.run(threading.Event())
    assert KNOWS in refused(caught.value)
    with Store.open(tiny.path) as store:
        assert store.get_many("count", ["total"]) == {"total": b"20"}
