"""Partition counts: a topic that has another number than it must have stops whoever would decide by it, by name."""

import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest
from confluent_kafka.admin import NewPartitions
from support.beside import beside
from support.brokers import fresh_broker
from support.events import MINUTE, NOON, event_id
from support.kafka_world import KafkaWorld
from support.sam import CENTER, KNOWN, award, caseload, consent, withdrawal
from support.waits import wait_until

from deploy.agreements_folder import load_agreements
from deploy.commands.topics import create_topics
from deploy.commands.worker import run_signals, run_stage
from deploy.topic_reader import TopicReader
from processors import names
from processors.partitions import partitions_of
from streams import clients, layout, topics
from streams.errors import Stop, StoppedError
from streams.settings import Settings
from streams.stops import Stopped, Stops
from streams.store import Store, path_of

CHOSEN = Settings(partner_partitions=4, released_partitions=2)
PAGE = 'see "Several brokers" in docs/keep-it-running.md'
CHANGED = "was changed: set it back; or the topic was"
ALL = ("",)
AWARD = event_id("csac/award")
Work = Callable[[threading.Event], None]


def test_what_topics_must_have_is_what_they_are_made_with() -> None:
    made = {spec.name: spec.partitions for spec in topics.table(load_agreements(CHOSEN.agreements), 4, 2)}
    assert {name: layout.expected(name, CHOSEN) for name in made} == made
    layout.check({**made, "another.topic": 7, "partner": 7, "__consumer_offsets": 50}, CHOSEN, ALL)


@pytest.mark.parametrize(
    ("topic", "found", "line"),
    [
        ("partner.csac.aid", 3, f"4: THROUGHLINE_PARTNER_PARTITIONS {CHANGED}"),
        ("released.x", 3, f"2: THROUGHLINE_RELEASED_PARTITIONS {CHANGED}"),
        ("signals.x", 1, f"2: THROUGHLINE_RELEASED_PARTITIONS {CHANGED}"),
        ("deadletter.csac", 2, "1: its order is that of one log"),
        (names.RESOLVED_EVENTS, 2, "1: its order is that of one log"),
    ],
)  # fmt: skip
def test_another_number_is_refused_by_name_with_the_remedy(topic: str, found: int, line: str) -> None:
    with pytest.raises(StoppedError) as caught:
        layout.check({topic: found}, CHOSEN, ALL)
    assert str(caught.value) == f"topic {topic} has {found} partitions and must have {line}: {PAGE}"
    assert caught.value.why is Stop.PARTITIONS


def test_topics_that_are_not_its_own_are_not_looked_at() -> None:
    layout.check({"partner.csac.aid": 9}, CHOSEN, ("released.", "signals."))


# Over a real broker


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Of a broker with all topics; each test raises one that concerns no other's role."""
    with fresh_broker(tmp_path_factory.mktemp("layout")) as found:
        create_topics(found, Settings())
        yield found


@pytest.fixture
def chosen(address: str, tmp_path: Path) -> Settings:
    """Of workers that begin anew."""
    return Settings(bootstrap=address, data_dir=tmp_path / "data")


def raise_to(address: str, counts: dict[str, int]) -> None:
    """Give topics more partitions, as ``kafka-topics --alter`` does, and wait until all of them show."""
    admin = clients.admin(address)
    for future in admin.create_partitions([NewPartitions(*one) for one in counts.items()]).values():
        future.result(30)

    def there() -> dict[str, int]:
        found = admin.list_topics(timeout=10).topics
        return {name: len(found[name].partitions) for name in counts}

    wait_until(lambda: there() == counts, "more partitions")


def role(name: str, chosen: Settings) -> Work:
    """A worker."""
    if name == "signals":
        return partial(run_signals, chosen, str(chosen.bootstrap))
    return partial(run_stage, name, chosen, str(chosen.bootstrap))


def stop_of(name: str, chosen: Settings) -> Stopped:
    """Wait for a worker's stop."""
    noted: list[Stopped] = []
    stops = Stops(name, chosen.data_dir)
    wait_until(lambda: noted.extend(filter(None, [stops.noted()])) or bool(noted), f"the stop of {name}")
    return noted[0]


@pytest.mark.broker
def test_a_raised_count_is_refused_at_the_next_start(chosen: Settings) -> None:
    raise_to(str(chosen.bootstrap), {"signals.csu_advising": 4})
    with beside(role("signals", chosen)):
        stop = stop_of("signals", chosen)
    assert stop.why is Stop.PARTITIONS
    assert stop.line.startswith("topic signals.csu_advising has 4 partitions and must have 3: THROUGHLINE_RELEASED")


@pytest.mark.broker
def test_a_count_that_is_raised_while_a_stage_runs_stops_it_at_the_next_look(chosen: Settings) -> None:
    with beside(role("consent", chosen)):
        wait_until(lambda: path_of(chosen.data_dir, "consent").exists(), "consent's start")
        raise_to(str(chosen.bootstrap), {names.AUDIT_DECISIONS: 2})
        stop = stop_of("consent", chosen)
    assert stop.why is Stop.PARTITIONS
    assert stop.line.startswith("topic audit.decisions has 2 partitions and must have 1: ")


def is_log(topic: str) -> bool:
    """Whether it is the one log."""
    return topic == names.RESOLVED_EVENTS


@pytest.mark.broker
def test_a_record_of_a_partition_that_must_not_be_is_never_decided(chosen: Settings) -> None:
    with beside(role("resolve", chosen)), closing(TopicReader(str(chosen.bootstrap), is_log)) as log:
        wait_until(lambda: bool(list(log.arrivals())), "a first decision")
        raise_to(str(chosen.bootstrap), {names.STEWARDS: 2})
        producer = clients.producer(str(chosen.bootstrap))
        producer.produce(names.STEWARDS, b"anything", b"key", 1)
        assert producer.flush(30) == 0
        assert stop_of("resolve", chosen).why is Stop.PARTITIONS
    with Store.open(path_of(chosen.data_dir, "resolve")) as store:
        assert (names.STEWARDS, 1) not in store.take_over().offsets


@pytest.fixture
def world(tmp_path: Path) -> Iterator[KafkaWorld]:
    """All stages, of which the partners' topics have two partitions."""
    with KafkaWorld(tmp_path) as made:
        yield made


@pytest.mark.broker
def test_partners_topics_may_have_more_partitions_where_all_have_as_many_and_the_setting_follows(
    world: KafkaWorld,
) -> None:
    """What is of one key then lies in two partitions, and is read in any order: versions have one by themselves."""
    address, given = str(world.settings.bootstrap), consent()
    world.publish_all(*KNOWN, caseload(), given, award())
    assert AWARD in {event for _, event in world.view(CENTER)}
    world.stop()
    there = clients.admin(address).list_topics(timeout=10).topics
    raise_to(address, {name: 5 for name in there if name.startswith("partner.")})
    world.settings = world.settings.model_copy(update={"partner_partitions": 5})
    taken_back = withdrawal(published_at=NOON + MINUTE)
    again = consent("again", published_at=NOON + 2 * MINUTE)
    assert [partitions_of([(given.key or b"").decode()], count) for count in (2, 5)] == [[1], [2]]
    world.go_on()
    for sent, is_shown in ((taken_back, False), (again, True)):
        producer = clients.producer(address)  # one from before would not know of the others for minutes
        producer.produce(sent.topic, sent.value, sent.key, headers=list(sent.headers.items()))
        assert producer.flush(30) == 0
        world.wait_for(sent.event_id)
        assert (AWARD in {event for _, event in world.view(CENTER)}) is is_shown
