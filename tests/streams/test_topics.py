"""Topics: one table of them, made once, never with another number of partitions, stamped by the broker's clock."""

import time
from collections.abc import Iterator

import pytest
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._config import ConfigResource
from confluent_kafka.admin._resource import ResourceType
from support.brokers import fresh_broker

from deploy.agreements_folder import load_agreements
from processors.consent.agreements import Agreement
from processors.numbers import COMPACTED
from streams import clients, topics
from streams.errors import ThroughlineError
from streams.replication import Wanted
from streams.settings import Settings


@pytest.fixture(scope="module")
def agreements() -> list[Agreement]:
    """Those that ship."""
    return load_agreements(Settings().agreements)


@pytest.fixture(scope="module")
def admin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AdminClient]:
    """Of a broker of this file's own: the table's topics have fixed names."""
    with fresh_broker(tmp_path_factory.mktemp("topics")) as address:
        yield clients.admin(address)


def by_name(agreements: list[Agreement]) -> dict[str, topics.TopicSpec]:
    """The table."""
    return {spec.name: spec for spec in topics.table(agreements, partner_partitions=4, released_partitions=2)}


def test_every_partner_may_write_its_families_and_every_recipient_has_one_topic(agreements: list[Agreement]) -> None:
    table = by_name(agreements)
    for agreement in agreements:
        if agreement.tier == "mou":
            assert {f"partner.{agreement.party}.{f}" for f in agreement.families} <= table.keys()
            assert f"deadletter.{agreement.party}" in table
        else:
            assert {f"released.{agreement.party}", f"signals.{agreement.party}"} <= table.keys()
    parties = {a.party for a in agreements}
    assert {
        name.split(".")[1] for name in table if name.split(".")[0] in {"partner", "released", "signals", "deadletter"}
    } <= parties


def test_partitions_and_retention_are_by_kind(agreements: list[Agreement]) -> None:
    assert {name for name, spec in by_name(agreements).items() if spec.compacted} == COMPACTED
    kinds = {
        (name.split(".")[0], spec.partitions, spec.retention_ms, spec.compacted)
        for name, spec in by_name(agreements).items()
    }
    days = topics.DAY_MS
    assert kinds == {
        ("partner", 4, 7 * days, False),
        ("released", 2, 7 * days, False),
        ("signals", 2, 7 * days, False),
        ("deadletter", 1, 30 * days, False),
        ("sandbox", 1, days, False),
        ("receipts", 1, 30 * days, False),
        ("resolved", 1, -1, False),
        ("control", 1, -1, False),
        ("audit", 1, -1, False),
        ("identity", 1, -1, True),
        ("identity", 1, -1, False),
        ("identity", 1, 365 * days, False),
    }


def test_the_table_is_in_order_and_names_no_topic_twice(agreements: list[Agreement]) -> None:
    names = [spec.name for spec in topics.table([*agreements, *agreements], 1, 1)]
    assert names == sorted(set(names))


@pytest.mark.broker
def test_every_topic_is_made_once_and_stamps_the_brokers_time(admin: AdminClient, agreements: list[Agreement]) -> None:
    table = by_name(agreements)
    assert topics.create(admin, list(table.values())) == sorted(table)
    assert topics.create(admin, list(table.values())) == []
    while not table.keys() <= admin.list_topics(timeout=15).topics.keys():
        time.sleep(0.1)  # the controller has them; the broker's own list follows
    asked = [ConfigResource(ResourceType.TOPIC, name) for name in table]
    for resource, future in admin.describe_configs(asked).items():
        config, spec = future.result(30), table[resource.name]
        assert config["message.timestamp.type"].value == "LogAppendTime"
        assert config["cleanup.policy"].value == ("compact" if spec.compacted else "delete")
        assert config["retention.ms"].value == str(spec.retention_ms)
        assert config["max.message.bytes"].value == str(topics.MAX_MESSAGE_BYTES)
        assert config["min.insync.replicas"].value == "1", "all that one broker can do"
    there = admin.list_topics(timeout=15).topics
    assert {name: len(there[name].partitions) for name in table} == {n: s.partitions for n, s in table.items()}


@pytest.mark.broker
def test_another_number_of_partitions_is_refused_before_anything_is_made(admin: AdminClient) -> None:
    kept = topics.TopicSpec("test.kept", "record", "x", 2, topics.DAY_MS)
    assert topics.create(admin, [kept]) == ["test.kept"]
    assert topics.create(admin, [kept]) == [], "also before the broker's list of topics has it"
    while "test.kept" not in admin.list_topics(timeout=15).topics:
        time.sleep(0.02)
    changed = topics.TopicSpec("test.kept", "record", "x", 3, topics.DAY_MS)
    another = topics.TopicSpec("test.another", "record", "x", 1, topics.DAY_MS)
    with pytest.raises(ThroughlineError, match=r"topic test\.kept has 2 partitions and must have 3: .*Several brokers"):
        topics.create(admin, [another, changed])
    assert "test.another" not in admin.list_topics(timeout=15).topics


@pytest.mark.broker
def test_what_the_broker_refuses_is_an_error_that_names_the_topic(admin: AdminClient) -> None:
    with pytest.raises(ThroughlineError, match="the broker did not make topic not a name"):
        topics.create(admin, [topics.TopicSpec("not a name", "record", "x", 1, 1)])


@pytest.mark.broker
def test_more_replicas_than_there_are_brokers_are_refused_before_anything_is_made(admin: AdminClient) -> None:
    spec = topics.TopicSpec("test.replicated", "record", "x", 1, topics.DAY_MS)
    with pytest.raises(ThroughlineError, match="FACTOR is 3, and 1 broker answers: start the others, or set it to 1"):
        topics.create(admin, [spec], Wanted(factor=3))
    assert spec.name not in admin.list_topics(timeout=15).topics
