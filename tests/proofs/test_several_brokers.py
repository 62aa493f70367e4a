"""Three brokers: each record is on two of them or more, and nothing is lost or doubled whichever is killed."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._config import ConfigResource
from confluent_kafka.admin._resource import ResourceType
from support.beside import beside
from support.cluster import BROKERS, Cluster
from support.waits import wait_until

from deploy.topic_reader import TopicReader
from processors.numbers import HEADER
from streams import clients, positions, topics
from streams.replication import CONFIG, Wanted
from tests.streams.tiny import Tiny

pytestmark = pytest.mark.broker
WAIT_SECONDS = 120.0
KAFKAS_OWN = ("__consumer_offsets", "__transaction_state")


@pytest.fixture
def up(cluster: Cluster) -> Cluster:
    """All three, whatever the test before has left."""
    cluster.start(cluster.nodes)
    return cluster


@pytest.fixture
def tiny(up: Cluster, tmp_path: Path) -> Iterator[Tiny]:
    """A tiny stage with its topics, which others that look at everything are not to find."""
    made = Tiny(up.bootstrap, tmp_path, batch_records=50)
    made.topic("out")
    yield made
    admin = clients.admin(up.bootstrap)
    own = [name for name in admin.list_topics(timeout=15).topics if name.startswith(made.name)]
    for future in admin.delete_topics(own).values():
        future.result(30)


def test_topics_are_kept_by_three_brokers_of_which_two_must_have_each_record_kafkas_own_too(
    cluster: Cluster, tiny: Tiny
) -> None:
    usual, other = (topics.TopicSpec(f"{tiny.name}.{name}", "record", "x", 2, topics.DAY_MS) for name in "ab")
    admin = clients.admin(cluster.bootstrap)
    topics.create(admin, [usual])
    topics.create(admin, [other], Wanted(2, 1))
    tiny.send(tiny.topic("in"), [b"1"])
    with beside(tiny.run):
        tiny.wait_for(1)
    there = admin.list_topics(timeout=15).topics
    names = (usual.name, other.name, *KAFKAS_OWN)
    answers = admin.describe_configs([ConfigResource(ResourceType.TOPIC, name) for name in names])
    must_have = {resource.name: future.result(30)[CONFIG].value for resource, future in answers.items()}
    assert {name: (topics.replicas(there[name]), must_have[name]) for name in names} == {
        usual.name: (3, "2"), other.name: (2, "1"), **dict.fromkeys(KAFKAS_OWN, (3, "2")),
    }  # fmt: skip


def topic_ids(admin: AdminClient, topic: str) -> dict[str, str]:
    """Kafka's id of a topic, as a stage asks for it."""
    try:
        return positions.topic_ids(admin, [topic], {}, "", "")
    except KafkaException:
        return {}


def wait_for_more(tiny: Tiny) -> None:
    """Wait until it has sent more than it has now."""
    before = len(tiny.sent())
    wait_until(lambda: len(tiny.sent()) >= before + 3, "more")


def test_a_stage_goes_on_with_two_of_three_brokers_with_one_it_waits_and_says_so_until_another_is_back(
    cluster: Cluster, tiny: Tiny
) -> None:
    tiny.topic("in")
    tiny.ticks = 100_000  # so that there is always something to send
    admin = clients.admin(cluster.bootstrap)
    known = topic_ids(admin, tiny.out)
    asked = admin.list_topics(timeout=15).controller_id  # the broker that describes topics to this client
    one, other = cluster.nodes[asked - 1], cluster.nodes[asked % BROKERS]
    with beside(tiny.run) as ended:
        wait_for_more(tiny)
        one.kill()
        wait_for_more(tiny)
        wait_until(lambda: topic_ids(admin, tiny.out) == known, "another broker's answer")
        waits = tiny.pulse.waits_by_friend["broker"]
        other.kill()
        wait_until(lambda: tiny.pulse.waits_by_friend["broker"] > waits, "waiting")
        assert "broker" in " ".join(tiny.pulse.why_not_ready())
        cluster.start([one])
        wait_until(lambda: not tiny.pulse.why_not_ready(), "going on")
        wait_for_more(tiny)
    assert ended == []
    cluster.start([other])
    found = tiny.sent()
    assert [row[HEADER] for row in found] == [f"{tiny.name}/1/{n}" for n in range(1, len(found) + 1)]
    assert [row["tick"] for row in found] == list(range(1, len(found) + 1))


def test_who_reads_from_outside_goes_on_after_leaders_have_changed(cluster: Cluster, tiny: Tiny) -> None:
    topics.create(clients.admin(cluster.bootstrap), [topics.TopicSpec(f"{tiny.name}.c", "key", "x", 6, topics.DAY_MS)])
    with closing(TopicReader(cluster.bootstrap, lambda name: name.startswith(tiny.name))) as reader:
        assert list(reader.arrivals()) == []
        cluster.nodes[0].kill()
        cluster.start([cluster.nodes[0]])
        assert list(reader.arrivals()) == []
