"""Rebuilding over a real broker: the stores that come of it are those that were, and the stages go on from them."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest
from support import students
from support.commands import throughline
from support.events import event_id
from support.kafka_world import PARTITIONS, KafkaWorld
from support.students import CENTRE
from support.worlds import Row

from processors.records import Outs
from streams.store import Store, path_of

pytestmark = pytest.mark.broker
ROLES = ("resolve", "consent")


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaWorld]:
    """A small story: two agencies, one person, consent, caseload, and letters that are dead."""
    with KafkaWorld(tmp_path_factory.mktemp("rebuild")) as made:
        tell(made, 1)
        yield made


@pytest.fixture
def world(told: KafkaWorld) -> KafkaWorld:
    """The same for each test of this file, its stages at work."""
    told.go_on()
    return told


def tell(world: KafkaWorld, number: int) -> None:
    """A student's story, and a letter that is dead."""
    world.publish("ccc", "enrollment", f"t{number}", f"never {number}", published_at=4_000_000_000_000_000)
    students.tell(world, number)


def rebuilt(world: KafkaWorld, role: str, *more: str) -> Row:
    address = str(world.settings.bootstrap)
    done = throughline(
        world.settings.data_dir, "rebuild", role, "--json", *more, THROUGHLINE_BOOTSTRAP=address, **PARTITIONS
    )
    assert done.returncode in {0, 1}, done.stderr
    return dict(orjson.loads(done.stdout))


def store_of(world: KafkaWorld, role: str) -> Path:
    return path_of(world.settings.data_dir, role)


def test_a_stage_that_runs_is_not_rebuilt(world: KafkaWorld) -> None:
    done = throughline(
        world.settings.data_dir, "rebuild", "consent", THROUGHLINE_BOOTSTRAP=str(world.settings.bootstrap), **PARTITIONS
    )
    assert done.returncode == 2
    assert "in use by another worker" in done.stderr


def test_rebuilt_stores_are_equal_and_what_comes_after_is_decided_on_them(world: KafkaWorld) -> None:
    world.stop()
    for role in ROLES:
        found = rebuilt(world, role, "--check")
        assert (found["equal"], found["swapped"]) == (True, False)
        assert rebuilt(world, role)["generation"] == found["generation"]
    world.go_on()
    tell(world, 2)
    assert {event_id(f"ccc/studies {n}") for n in "12"} <= world.seen_by(CENTRE)
    world.stop()
    assert [rebuilt(world, role, "--check")["equal"] for role in ROLES] == [True, True]


def test_the_audit_goes_on_over_a_rebuild_and_all_of_it_is_under_signed_heads(world: KafkaWorld) -> None:
    tell(world, 5)
    world.stop()
    shutil.rmtree(store_of(world, "consent"))
    rebuilt(world, "consent")
    world.go_on()
    tell(world, 6)
    world.stop()
    address = str(world.settings.bootstrap)
    words = ("audit", "verify", "--all-signed", "--json")
    done = throughline(world.settings.data_dir, *words, THROUGHLINE_BOOTSTRAP=address, **PARTITIONS)
    found = orjson.loads(done.stdout)
    assert (found["problems"], found["unsigned"]) == ([], 0)
    assert found["signed"] == found["records"] > 0


def test_a_store_that_is_lost_comes_back_from_topics_and_nothing_is_sent_twice(world: KafkaWorld) -> None:
    tell(world, 4)  # under the stores' generations: topics know none under which nothing was sent
    world.stop()
    for role in ROLES:
        before = rebuilt(world, role, "--check")["generation"]
        shutil.rmtree(store_of(world, role))
        found = rebuilt(world, role)
        assert (found["equal"], found["swapped"], found["generation"]) == (None, True, before)
    world.go_on()
    world.publish("ccc", "enrollment", "t1", "studies 1")  # an event that has come before, byte for byte
    tell(world, 3)
    ids = [row["release"]["event_id"] for row in world.rows(f"released.{CENTRE}") if "release" in row]
    assert len(ids) == len(set(ids))
    assert event_id("ccc/studies 3") in world.seen_by(CENTRE)


def test_a_store_that_differs_stays_and_the_table_is_named(world: KafkaWorld) -> None:
    world.stop()
    path = store_of(world, "consent")
    shutil.copytree(path, path.with_suffix(".kept"))
    with Store.open(path) as store:
        standing = store.take_over()
        batch = store.commit(standing.token, standing.batch, {"record": {"made-up": b"{}"}}, {}, Outs())
        store.adopt(standing.token, batch - 1, standing.offsets, standing.topics)
    done = throughline(
        world.settings.data_dir, "rebuild", "consent", THROUGHLINE_BOOTSTRAP=str(world.settings.bootstrap), **PARTITIONS
    )
    assert done.returncode == 1
    assert "not equal to the store that is there, in record" in done.stdout
    assert not path.with_suffix(".new").exists()
    shutil.rmtree(path)
    path.with_suffix(".kept").rename(path)


def test_what_is_stored_and_not_published_must_be_published_first(world: KafkaWorld) -> None:
    world.stop()
    path = store_of(world, "consent")
    with Store.open(path) as store:
        standing = store.take_over()
        store.adopt(standing.token, standing.batch + 1, standing.offsets, standing.topics)
    done = throughline(
        world.settings.data_dir, "rebuild", "consent", THROUGHLINE_BOOTSTRAP=str(world.settings.bootstrap), **PARTITIONS
    )
    assert done.returncode == 2
    assert "start it, let it go on, and stop it again" in done.stderr
    with Store.open(path) as store:
        token = store.take_over().token
        store.adopt(token, standing.batch, standing.offsets, standing.topics)


@pytest.mark.parametrize(
    ("table", "key", "doing"),
    [("model", "next", "taking another model"), ("clock", "kinds", "asking anew whose rights records are")],
)
def test_while_something_goes_on_in_slices_resolve_is_not_rebuilt(
    world: KafkaWorld, table: str, key: str, doing: str
) -> None:
    world.stop()
    path = store_of(world, "resolve")
    with Store.open(path) as store:
        standing = store.take_over()
        store.commit(standing.token, standing.batch, {table: {key: b"{}"}}, {}, Outs())
        store.adopt(standing.token, standing.batch, standing.offsets, standing.topics)
    done = throughline(
        world.settings.data_dir,
        "rebuild",
        "resolve",
        "--check",
        THROUGHLINE_BOOTSTRAP=str(world.settings.bootstrap),
        **PARTITIONS,
    )
    assert done.returncode == 2
    assert f"{doing}: start it, and wait until `throughline status` shows no sweep" in done.stderr
    with Store.open(path) as store:
        standing = store.take_over()
        store.commit(standing.token, standing.batch, {table: {key: None}}, {}, Outs())
        store.adopt(standing.token, standing.batch, standing.offsets, standing.topics)
    assert rebuilt(world, "resolve", "--check")["equal"]


def test_a_store_from_a_backup_that_is_behind_what_was_published_counts_as_lost(world: KafkaWorld) -> None:
    world.stop()
    path = store_of(world, "consent")
    with Store.open(path) as store:
        standing = store.take_over()
        store.adopt(standing.token, standing.batch - 1, standing.offsets, standing.topics)
    found = rebuilt(world, "consent")
    assert (found["equal"], found["swapped"]) == (None, True)
    assert rebuilt(world, "consent", "--check")["equal"]


def test_signals_and_views_are_rebuilt_otherwise_and_it_says_how(tmp_path: Path) -> None:
    done = throughline(tmp_path, "rebuild", "signals", THROUGHLINE_BOOTSTRAP="127.0.0.1:1")
    assert done.returncode == 2
    assert "signals reset" in done.stderr
