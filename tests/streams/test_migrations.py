"""Stores of older formats: opened, they are of the present one and hold what they held; or they are as they were."""

import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import orjson
import pytest

from processors.records import Out, Outs
from streams import migrations
from streams.errors import StoreError, StoreLockedError
from streams.store import Store, path_of

FORMAT_3 = """
CREATE TABLE standing (token INTEGER, batch INTEGER);
CREATE TABLE next_offset (topic TEXT, part INTEGER, next INTEGER, PRIMARY KEY (topic, part));
CREATE TABLE pending (heads BLOB, content BLOB);
CREATE TABLE topic (name TEXT PRIMARY KEY, id TEXT);
CREATE TABLE s_state (k TEXT PRIMARY KEY, v BLOB);
CREATE TABLE s_other (k TEXT PRIMARY KEY, v BLOB) WITHOUT ROWID;
INSERT INTO standing VALUES (3, 7);
INSERT INTO next_offset VALUES ('t', 0, 5), ('t', 1, 9);
INSERT INTO topic VALUES ('t', 'its id');
INSERT INTO s_state VALUES ('b', x'00ff'), ('a', x'31'), ('', x'');
INSERT INTO s_other VALUES ('é|1', x'32');
PRAGMA user_version = 3;
"""
"""As that version made it."""
SENT = Outs.of(
    Out("out", f"key {n}", bytes([0, 255, n]) * n, f"id {n}", n % 3 or None, {"h": b"\xff\x00", "empty": b""})
    for n in range(12)
)
SENT.numbers, SENT.numbered_by = list(range(12)), "stage/1/"


def old_of(path: Path) -> Path:
    """Where it was."""
    return path.with_suffix(".sqlite")


def old_store(path: Path, sent: Outs | None = SENT) -> Path:
    """A store of format 3, of the day when it was the present one; None: it had sent nothing yet."""
    path.parent.mkdir(parents=True, exist_ok=True)
    db = sqlite3.connect(old_of(path))
    db.execute("PRAGMA journal_mode=WAL")
    db.executescript(FORMAT_3)
    if sent is not None:
        headers = [{name: text.decode("latin-1") for name, text in of.items()} for of in sent.headers]
        sizes = list(map(len, sent.values))
        heads = [sent.topics, sent.keys, sizes, sent.ids, sent.partitions, sent.numbers, sent.numbered_by, headers]
        db.execute("INSERT INTO pending VALUES (?, ?)", (orjson.dumps(heads), b"".join(sent.values)))
    db.commit()
    db.close()
    return path


def assert_is_what_it_was(path: Path, sent: Outs = SENT) -> None:
    """A store stands where the old one stood and holds what it held; nothing else is left of that one."""
    with Store.open(path) as store:
        standing = store.take_over()
        assert (standing.token, standing.batch, standing.topics) == (4, 7, {"t": "its id"})
        assert standing.offsets == {("t", 0): 5, ("t", 1): 9}
        assert standing.pending == sent
        assert store.scan("state", "") == [("", b""), ("a", b"1"), ("b", b"\x00\xff")]
        assert store.scan("other", "") == [("é|1", b"2")]
    assert [one.name for one in path.parent.iterdir()] == [path.name]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the store of a stage is."""
    return path_of(tmp_path, "stage")


@pytest.mark.parametrize("sent", [SENT, Outs(), None], ids=["pending", "nothing_pending", "new"])
def test_a_store_of_format_3_stands_where_it_stood_and_goes_on(path: Path, sent: Outs | None) -> None:
    assert_is_what_it_was(old_store(path, sent), sent or Outs())
    assert migrations.format_of(path) == migrations.FORMAT
    with Store.open(path) as store:
        token = store.take_over().token
        changes: dict[str, dict[str, bytes | None]] = {"state": {"a": b"2", "b": None, "c": b"3"}}
        assert store.commit(token, 7, changes, {("t", 0): 6}, Outs()) == 8
    with Store.open(path) as store:
        assert store.scan("state", "") == [("", b""), ("a", b"2"), ("c", b"3")]


def test_every_row_of_a_table_is_taken_however_many_there_are(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migrations, "ROWS_AT_ONCE", 2)
    assert_is_what_it_was(old_store(path))


def test_a_worker_of_the_version_before_that_still_runs_is_not_overtaken(path: Path) -> None:
    db = sqlite3.connect(old_of(old_store(path)))
    db.execute("PRAGMA locking_mode=EXCLUSIVE")
    db.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreLockedError, match=r"stage\.sqlite is in use by another worker; stop that one first"):
        Store.open(path)
    db.close()
    assert_is_what_it_was(path)


@pytest.mark.parametrize("format_", [1, 2, 5])
def test_a_format_that_this_version_does_not_read_is_refused_by_its_name_and_not_touched(
    path: Path, format_: int
) -> None:
    db = sqlite3.connect(old_of(old_store(path)))
    db.execute(f"PRAGMA user_version = {format_}")
    db.close()
    before = old_of(path).read_bytes()
    told = (
        rf"stage\.sqlite has format {format_}, Throughline [0-9.]+ reads 3 to 4; see .Upgrade. in docs/keep-it-running"
    )
    with pytest.raises(StoreError, match=told):
        Store.open(path)
    assert not path.exists()
    assert old_of(path).read_bytes() == before


def test_an_old_store_that_is_damaged_stays_as_it_was(path: Path) -> None:
    old = old_of(old_store(path))
    whole = old.read_bytes()
    old.write_bytes(whole[:4_096] + b"\xaa" * (len(whole) - 4_096))
    with pytest.raises(StoreError, match=r"stage\.sqlite is damaged"):
        Store.open(path)
    assert not path.exists()
    old.write_bytes(whole)
    assert_is_what_it_was(path)


KILLED = """
import os, signal, sys
from pathlib import Path
from streams import migrations
from streams.rocks import Rocks
from streams.store import Store

def dies(*_):
    os.kill(os.getpid(), signal.SIGKILL)

def after(act):
    def wrong(*given):
        act(*given)
        dies()
    return wrong

moment, path = sys.argv[1], Path(sys.argv[2])
if moment == "before any row":
    migrations.STEPS = (dies,)
elif moment == "between rows":
    migrations.ROWS_AT_ONCE = 1
    Rocks.write = after(Rocks.write)
elif moment == "with all rows":
    migrations.STEPS = (after(*migrations.STEPS),)
elif moment == "before it has its name":
    Path.rename = dies
elif moment == "when it has its name":
    Path.rename = after(Path.rename)
elif moment == "before the old one is gone":
    Path.unlink = lambda *_, **__: dies()
Store.open(path)
"""
MOMENTS = ("before any row", "between rows", "with all rows", "before it has its name", "when it has its name",
           "before the old one is gone")  # fmt: skip


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_process_killed_at_any_moment_leaves_a_store_that_the_next_one_brings_up(path: Path, moment: str) -> None:
    old_store(path)
    died = subprocess.run([sys.executable, "-c", KILLED, moment, path], check=False, timeout=30)
    assert died.returncode == -signal.SIGKILL
    assert path.exists() is (moment in MOMENTS[-2:])
    assert_is_what_it_was(path)


@pytest.mark.skipif(os.name != "posix", reason="rights as POSIX has them")
def test_the_new_store_is_its_owners_alone(path: Path) -> None:
    Store.open(old_store(path)).close()
    assert path.stat().st_mode & 0o077 == 0
