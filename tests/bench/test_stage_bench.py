"""The comparison of the stage with its peers: what it runs is right, and what is not right has no figure."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from bench.stage import columns, measure, topics
from bench.stage.comparison import Comparison
from bench.stage.engines import ENGINES
from bench.stage.job import FRAME, IDS, by_rows
from schemas_avro.catalog import catalog
from streams import clients
from streams.reading import usable

pytestmark = pytest.mark.broker
EVENTS = 300


@pytest.fixture(scope="module", autouse=True)
def schemas() -> Iterator[None]:
    """The job's schemas in the catalog, for no longer than these tests."""
    columns.know_schemas()
    yield
    for id_ in IDS.values():
        del catalog()[id_]


def test_the_engines_of_our_own_environment_do_the_job_to_every_event_once(broker: str, tmp_path: Path) -> None:
    chosen = [engine for engine in ENGINES if engine.name in {"throughline", "bare", "faust"}]
    found = Comparison(chosen, 2_000, 1, tmp_path).compare(broker)
    assert (found["wrong"], found["unavailable"]) == ({}, {})
    assert set(found["cpu_us_per_event"]) == set(found["events_per_second"]) == {"throughline", "bare", "faust"}


@pytest.fixture(scope="module")
def values(broker: str) -> list[bytes]:
    """What the job makes of the events, by rows."""
    topics.load(broker, "bench-values", EVENTS)
    consumer = clients.consumer(broker, "bench-values")
    consumer.assign([topics.TopicPartition("bench-values", part, 0) for part in range(topics.PARTITIONS)])
    work, found = by_rows(), []
    while len(found) < EVENTS:
        found += [work(m.value() or b"") for m in consumer.consume(EVENTS, 1) if usable(m)]
    consumer.close()
    return found


def checked(broker: str, folder: Path, target: str, made: Sequence[bytes]) -> None:
    """Have an output checked that holds these values."""
    topics.make(broker, target)
    producer = clients.producer(broker)
    for value in made:
        producer.produce(target, value)
    producer.flush()
    measure.check(measure.Work(broker, target, "", target, folder, EVENTS, 0))


def test_an_output_with_every_event_once_is_right(broker: str, tmp_path: Path, values: list[bytes]) -> None:
    checked(broker, tmp_path, "bench-right", values)


@pytest.mark.parametrize("fault", ["lacks_one", "has_one_twice", "has_one_for_another", "has_another_hash", "is_empty"])
def test_an_output_that_is_not_the_jobs_is_wrong(broker: str, tmp_path: Path, values: list[bytes], fault: str) -> None:
    hash_at = values[0].index(b"\x80\x01") + 2  # 64 hexadecimal digits follow their length
    changed = bytearray(values[0])
    changed[hash_at] = ord("0") if changed[hash_at] != ord("0") else ord("1")
    made = {
        "lacks_one": values[1:],
        "has_one_twice": [*values, values[0]],
        "has_one_for_another": [*values[1:], values[1]],
        "has_another_hash": [bytes(changed), *values[1:]],
        "is_empty": [],
    }[fault]
    with pytest.raises(measure.WrongOutputError):
        checked(broker, tmp_path, f"bench-{fault}", made)


def test_an_event_has_the_size_that_the_figures_are_told_for(values: list[bytes]) -> None:
    token, hashed = 32, 64
    mean = sum(len(value) for value in values) / len(values) - (hashed - token) - 1
    assert 150 <= mean <= 158
    assert FRAME.size == 5
