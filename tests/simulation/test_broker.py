"""The simulated broker: what a reader sees of transactions, held to the real one by one script of both."""

import uuid
from collections.abc import Sequence
from random import Random
from typing import Any

import pytest
from confluent_kafka import TopicPartition
from confluent_kafka.cimpl import NewTopic
from simulation.broker import Broker, Place, RefusedError
from support.waits import wait_until

from deploy.topic_reader import TopicReader
from streams import clients

Act = tuple[Any, ...]
ID, GROUP = "tid", "group"
PLACES: tuple[Place, ...] = (("t", 0), ("t", 1))


@pytest.fixture
def broker_model() -> Broker:
    made = Broker(lambda: 5)
    made.make("t", 2)
    return made


def values(broker: Broker, place: Place = PLACES[0]) -> list[bytes | None]:
    return [slot.value for slot in broker.partition(place).read(0, 100)[0]]


def test_records_of_a_transaction_are_seen_when_it_is_committed_and_a_marker_takes_an_offset(
    broker_model: Broker,
) -> None:
    epoch = broker_model.begin(ID)
    assert broker_model.produce(ID, epoch, PLACES[0], None, b"1", []) == 0
    assert values(broker_model) == []
    broker_model.commit(ID, epoch)
    assert values(broker_model) == [b"1"]
    assert broker_model.partition(PLACES[0]).high == 2
    assert broker_model.partition(PLACES[1]).high == 0


def test_an_open_transaction_hides_what_comes_after_it(broker_model: Broker) -> None:
    epoch = broker_model.begin(ID)
    broker_model.produce(ID, epoch, PLACES[0], None, b"1", [])
    broker_model.append(PLACES[0], None, b"2", [])
    assert values(broker_model) == []
    broker_model.abort(ID, epoch)
    assert values(broker_model) == [b"2"]


def test_a_new_producer_ends_what_was_open_and_the_old_one_is_refused_whatever_it_says(broker_model: Broker) -> None:
    old = broker_model.begin(ID)
    broker_model.produce(ID, old, PLACES[0], None, b"1", [])
    broker_model.begin(ID)
    assert values(broker_model) == []
    for late in (
        lambda: broker_model.produce(ID, old, PLACES[0], None, b"2", []),
        lambda: broker_model.add_offsets(ID, old, GROUP, -1, {PLACES[0]: (1, "1")}),
        lambda: broker_model.commit(ID, old),
        lambda: broker_model.abort(ID, old),
    ):
        with pytest.raises(RefusedError):
            late()


def test_a_groups_offsets_change_with_the_transaction_and_go_with_the_topic(broker_model: Broker) -> None:
    epoch = broker_model.begin(ID)
    broker_model.add_offsets(ID, epoch, GROUP, -1, {PLACES[0]: (7, "3")})
    assert broker_model.group(GROUP).offsets == {}
    broker_model.commit(ID, epoch)
    assert broker_model.group(GROUP).offsets == {PLACES[0]: (7, "3")}
    before = broker_model.topics["t"].id
    broker_model.make("t", 2)
    assert broker_model.topics["t"].id != before
    assert broker_model.group(GROUP).offsets == {}


def test_a_member_of_a_generation_that_is_over_is_refused(broker_model: Broker) -> None:
    epoch = broker_model.begin(ID)
    broker_model.group(GROUP).generation = 2
    with pytest.raises(RefusedError, match="ILLEGAL_GENERATION"):
        broker_model.add_offsets(ID, epoch, GROUP, 1, {})
    broker_model.add_offsets(ID, epoch, GROUP, 2, {})


def test_what_was_deleted_or_cut_is_not_read(broker_model: Broker) -> None:
    for n in range(6):
        broker_model.append(PLACES[0], None, b"%d" % n, [])
    broker_model.delete_before(PLACES[0], 2)
    broker_model.cut(PLACES[0], 4)
    log = broker_model.partition(PLACES[0])
    assert (log.low, log.high, [s.value for s in log.read(2, 9)[0]]) == (2, 4, [b"2", b"3"])
    assert broker_model.append(PLACES[0], None, b"new", []) == 4


def acts(seed: int) -> list[Act]:
    """Transactions that are committed, given up, or left open by a producer that is followed by another."""
    chance, found = Random(seed), list[Act]()
    for n in range(8):
        found += [("produce", chance.randrange(2), f"{n}.{m}".encode()) for m in range(chance.randrange(3))]
        if chance.random() < 0.6:
            found.append(("offsets", {chance.randrange(2): (chance.randrange(50), str(n))}))
        found.append((chance.choice(("commit", "commit", "abort", "new producer")),))
    return found


def modelled(script: Sequence[Act]) -> tuple[Any, ...]:
    """What a reader finds after it in the simulated broker."""
    model = Broker(lambda: 0)
    model.make("t", 2)
    epoch = model.begin(ID)
    for name, *said in script:
        if name == "produce":
            model.produce(ID, epoch, ("t", said[0]), b"k", said[1], [])
        elif name == "offsets":
            model.add_offsets(ID, epoch, GROUP, -1, {("t", part): kept for part, kept in said[0].items()})
        elif name == "new producer":
            epoch = model.begin(ID)
        else:
            getattr(model, name)(ID, epoch)
    model.begin(ID)
    read = [(part, s.offset, s.value) for part in range(2) for s in model.partition(("t", part)).read(0, 100)[0]]
    kept = {part: model.group(GROUP).offsets.get(("t", part), (-1001, "")) for part in range(2)}
    return read, [model.partition(("t", part)).high for part in range(2)], kept


def real(address: str, script: Sequence[Act]) -> tuple[Any, ...]:
    """What a reader finds after it in the real one."""
    topic, id_ = f"sim.{uuid.uuid4().hex[:8]}", f"sim-{uuid.uuid4().hex[:8]}"
    admin = clients.admin(address)
    admin.create_topics([NewTopic(topic, 2, 1)])[topic].result(30)
    wait_until(lambda: topic in admin.list_topics(timeout=10).topics, f"topic {topic}")
    consumer, producer = clients.consumer(address, id_), _begun(address, id_)
    for name, *said in script:
        if name == "produce":
            producer.produce(topic, said[1], b"k", partition=said[0])
            producer.flush(10)
        elif name == "offsets":
            offsets = [TopicPartition(topic, part, next_, metadata=text) for part, (next_, text) in said[0].items()]
            producer.send_offsets_to_transaction(offsets, consumer.consumer_group_metadata(), 10)
        elif name == "new producer":
            producer = _begun(address, id_)
        else:
            (producer.commit_transaction if name == "commit" else producer.abort_transaction)(10)
            producer.begin_transaction()
    _begun(address, id_)
    reader = TopicReader(address, lambda name: name == topic)
    read = sorted((a.partition, a.offset, a.value) for a in reader.arrivals())
    reader.close()
    places = [TopicPartition(topic, part) for part in range(2)]
    highs = [consumer.get_watermark_offsets(place, timeout=10)[1] for place in places]
    kept = {p.partition: (p.offset, p.metadata or "") for p in consumer.committed(places, 10)}
    consumer.close()
    return read, highs, kept


def _begun(address: str, id_: str) -> Any:
    producer = clients.producer(address, id_)
    producer.init_transactions(30)
    producer.begin_transaction()
    return producer


@pytest.mark.broker
@pytest.mark.parametrize("seed", range(4))
def test_both_brokers_make_the_same_of_a_script(seed: int, broker: str) -> None:
    assert modelled(acts(seed)) == real(broker, acts(seed))
