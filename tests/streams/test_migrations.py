"""Stores of older formats: opened, they are of the present one and hold what they held; or they are as they were."""

import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import orjson
import pytest

from processors.numbers import HEADER
from processors.records import Out, Outs
from streams import migrations
from streams.errors import StoreError
from streams.store import Store

FIRST = """
CREATE TABLE standing (token INTEGER, batch INTEGER);
CREATE TABLE next_offset (topic TEXT, part INTEGER, next INTEGER, PRIMARY KEY (topic, part));
CREATE TABLE pending (n INTEGER PRIMARY KEY, head TEXT, value BLOB);
CREATE TABLE s_state (k TEXT PRIMARY KEY, v BLOB) WITHOUT ROWID;
INSERT INTO standing VALUES (3, 7);
INSERT INTO next_offset VALUES ('t', 0, 5), ('t', 1, 9);
INSERT INTO s_state VALUES ('a', x'31'), ('b', x'00ff');
PRAGMA user_version = 1;
"""
"""As the first version made it; a later one of the same format had the table of topics too."""
TOPICS = "CREATE TABLE topic (name TEXT PRIMARY KEY, id TEXT); INSERT INTO topic VALUES ('t', 'its id');"
SENT = [
    Out("out", f"key {n}", bytes([0, 255, n]) * n, f"id {n}", n % 3 or None, {"h": b"\xff\x00", "empty": b""})
    for n in range(12)
]


def first(path: Path, sent: list[Out], more: str = "") -> Path:
    """A store of format 1, of the day when it was the present one."""
    db = sqlite3.connect(path)
    db.executescript(FIRST + more)
    for n, out in enumerate(sent):
        headers = {name: value.decode("latin-1") for name, value in out.headers.items()}
        head = orjson.dumps([out.topic, out.key, out.id, out.partition, headers])
        db.execute("INSERT INTO pending VALUES (?, ?, ?)", (n, head, out.value))
    db.commit()
    db.close()
    return path


@pytest.mark.parametrize("sent", [SENT, []], ids=["pending", "nothing_pending"])
@pytest.mark.parametrize(("more", "topics"), [("", {}), (TOPICS, {"t": "its id"})], ids=["the_first", "with_topics"])
def test_a_store_of_format_1_stands_where_it_stood(
    tmp_path: Path, sent: list[Out], more: str, topics: dict[str, str]
) -> None:
    path = first(tmp_path / "stage.sqlite", sent, more)
    with Store.open(path) as store:
        standing = store.take_over()
        assert (standing.token, standing.batch, standing.topics) == (4, 7, topics)
        assert standing.offsets == {("t", 0): 5, ("t", 1): 9}
        assert list(standing.pending) == sent
        assert store.scan("state", "") == [("a", b"1"), ("b", b"\x00\xff")]
        assert store.commit(4, 7, {"state": {"a": b"2", "b": None, "c": b"3"}}, {("t", 0): 6}, Outs.of(SENT[:2])) == 8
    with Store.open(path) as store:
        assert list(store.take_over().pending) == SENT[:2]
        assert store.scan("state", "") == [("a", b"2"), ("c", b"3")]
    assert version(path) == migrations.FORMAT


def test_a_store_of_format_2_sends_what_is_pending_with_the_numbers_that_it_has(tmp_path: Path) -> None:
    sent = [Out("out", f"key {n}", bytes([n]), f"id {n}", 0, {HEADER: b"stage/1/%d" % n}) for n in range(3)]
    path = first(tmp_path / "stage.sqlite", sent, TOPICS)
    db = sqlite3.connect(path)
    migrations._pending_in_one_row(db)  # noqa: SLF001  # as format 2 was
    db.execute("PRAGMA user_version = 2")
    db.commit()
    db.close()
    with Store.open(path) as store:
        assert list(store.take_over().pending) == sent
    assert version(path) == migrations.FORMAT


def version(path: Path) -> int:
    """Format that a store says it is of."""
    db = sqlite3.connect(path)
    found = db.execute("PRAGMA user_version").fetchone()[0]
    db.close()
    return int(found)


def test_a_step_that_fails_leaves_the_store_as_it_was(tmp_path: Path) -> None:
    path = first(tmp_path / "stage.sqlite", SENT)
    db = sqlite3.connect(path)
    db.execute("UPDATE pending SET head = 'no JSON' WHERE n = 11")
    db.commit()
    db.close()
    with pytest.raises(orjson.JSONDecodeError):
        Store.open(path)
    db = sqlite3.connect(path)
    assert db.execute("SELECT count(*) FROM pending WHERE head IS NOT NULL").fetchone() == (12,)
    db.close()
    assert version(path) == 1


KILLED = """
import os, signal, sys
from pathlib import Path
from streams import migrations
from streams.store import Store
def and_dies(db):
    migrations._pending_in_one_row(db)
    os.kill(os.getpid(), signal.SIGKILL)
migrations.STEPS = (and_dies,)
Store.open(Path(sys.argv[1]))
"""


def test_a_process_killed_between_steps_leaves_a_store_that_the_next_one_brings_up(tmp_path: Path) -> None:
    path = first(tmp_path / "stage.sqlite", SENT)
    died = subprocess.run([sys.executable, "-c", KILLED, path], check=False, timeout=30)
    assert died.returncode == -signal.SIGKILL
    with Store.open(path) as store:
        assert list(store.take_over().pending) == SENT


def test_steps_are_taken_in_order_from_the_format_that_was_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    taken: list[int] = []
    steps = tuple(lambda _db, n=n: taken.append(n) for n in (1, 2, 3))
    monkeypatch.setattr(migrations, "STEPS", steps)
    db = sqlite3.connect(":memory:")
    migrations.bring_up(db, 2)
    db.close()
    assert taken == [2, 3]


def test_a_newer_format_is_refused_by_its_name_and_not_touched(tmp_path: Path) -> None:
    path = first(tmp_path / "stage.sqlite", SENT)
    db = sqlite3.connect(path)
    db.execute(f"PRAGMA user_version = {migrations.FORMAT + 1}")
    db.close()
    told = rf"stage\.sqlite has format {migrations.FORMAT + 1}, this version reads {migrations.FORMAT}; see .Upgrade."
    with pytest.raises(StoreError, match=told):
        Store.open(path)
    assert version(path) == migrations.FORMAT + 1
