"""The comparison of store engines: what it runs is right, and a store that lost or halved something is told."""

import json
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from bench.stores import comparison, workload
from bench.stores.comparison import Comparison
from bench.stores.rocksdb_engine import RocksdbEngine
from streams import rows
from streams.rocks import Rocks
from streams.store import Engine

PERSONS, EVENTS = 300, 20
ROOT = Path(__file__).parents[2]


def test_an_engine_does_the_work_is_killed_and_has_lost_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(comparison, "SIZES", (EVENTS, 2 * EVENTS))
    found = Comparison(["rocksdb", "sqlite"], PERSONS, 2, 1, tmp_path).compare()
    assert (found["lost"], found["unavailable"]) == ([], {})
    assert all(figure > 0 for name in ("rocksdb", "sqlite") for figure in found["engines"][name].values())
    assert set(found["ratio_to_sqlite"]) == {"rocksdb"}


def test_an_engine_whose_library_cannot_be_had_is_null_with_its_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    found = Comparison(["lmdb"], PERSONS, 1, 1, tmp_path).compare()
    assert found["engines"] == {"lmdb": None}
    assert "cannot be installed" in found["unavailable"]["lmdb"]


@pytest.mark.parametrize("name", ["rocksdb", "sqlite"])
def test_an_engine_keeps_the_contract(tmp_path: Path, name: str) -> None:
    asked = ["--engine", name, "--path", str(tmp_path / "store"), "--persons", str(PERSONS), "--events", str(EVENTS)]
    for act in (["load"], ["work", "--batches", "2"], ["reopen"]):
        said = child(*act, *asked)
    assert (said["batch"], said["whole"]) == (2, True)


def child(*words: str) -> dict[str, object]:
    """What an engine's process tells last."""
    command = [sys.executable, "-m", "bench.stores.child", *words]
    done = subprocess.run(command, cwd=ROOT, env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=True)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def drop(engine: Engine) -> None:
    """One row of the last batch is gone."""
    key = next(reversed(workload.batch(1, EVENTS, PERSONS).changes[workload.PERSON]))
    engine.write(rows.changed({workload.PERSON: {key: None}}))


def halve(engine: Engine) -> None:
    """A row of the batch after the last is there."""
    [key, *_] = workload.batch(2, EVENTS, PERSONS).changes[workload.SEEN]
    engine.write(rows.changed({workload.SEEN: {key: b""}}))


def move(engine: Engine) -> None:
    """An offset is another."""
    token, batch, offsets = rows.standing_of(*engine.get([rows.STANDING]))
    engine.write([rows.standing(token, batch, {place: next_ + 1 for place, next_ in offsets.items()})])


def unsend(engine: Engine) -> None:
    """What was to be sent is not there."""
    engine.write([(rows.HEADS, None), (rows.CONTENT, None)])


@pytest.mark.parametrize("fault", [drop, halve, move, unsend], ids=lambda fault: fault.__name__)
def test_a_store_that_is_not_whole_is_told(tmp_path: Path, fault: Callable[[Engine], None]) -> None:
    path = tmp_path / "store"
    RocksdbEngine.load(path, [workload.preloaded(0, PERSONS)])
    with RocksdbEngine.open(path) as store:
        made = workload.batch(1, EVENTS, PERSONS)
        store.commit(store.take_over().token, 0, made.changes, made.offsets, made.pending)
    asked = ["--engine", "rocksdb", "--path", str(path), "--persons", str(PERSONS), "--events", str(EVENTS)]
    assert child("reopen", *asked)["whole"] is True
    with closing(Rocks(path)) as engine:
        fault(engine)
    assert child("reopen", *asked)["whole"] is False


def test_a_part_of_the_look_ups_misses_and_values_have_the_sizes_that_the_figures_are_told_for() -> None:
    rows = workload.preloaded(0, PERSONS)
    made = workload.batch(1, 500, PERSONS)
    asked = [(table, key) for table, keys in made.reads.items() for key in keys]
    assert len(asked) == 5 * 500
    missed = sum(key not in rows.get(table, {}) for table, key in asked) / len(asked)
    assert 0.4 < missed < 0.5
    sizes = [len(value or b"") for rows_ in made.changes.values() for value in rows_.values()]
    assert 90 <= min(sizes) <= max(sizes) <= 410
