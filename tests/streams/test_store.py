"""The state store: one owner, all or none, durable, and the same answers as a dictionary."""

import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processors.records import Out, Outs
from processors.state import Changes, Memory
from streams.errors import StaleError, StoreError, StoreLockedError
from streams.store import Store

NOTHING: Changes = {}


def out(n: int) -> Out:
    """A record to send; its bytes and headers are no text."""
    return Out("out", f"key {n}", bytes([0, 255, n]), f"id {n}", n % 3 or None, {"h": b"\xff\x00", "empty": b""})


def outs(*numbers: int) -> Outs:
    """Records to send, all but every third with a number."""
    made = Outs.of(map(out, numbers))
    made.numbers, made.numbered_by = [n % 3 for n in numbers], "stage/1/"
    return made


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the store is; its folder is not there yet."""
    return tmp_path / "state" / "stage.sqlite"


def test_a_new_store_stands_at_nothing(path: Path) -> None:
    with Store.open(path) as store:
        standing = store.take_over()
    assert (standing.token, standing.batch, standing.offsets, standing.topics) == (1, 0, {}, {})
    assert len(standing.pending) == 0


def test_what_was_committed_is_there_after_opening_again(path: Path) -> None:
    with Store.open(path) as store:
        token = store.take_over().token
        store.know_topics(token, {"t": "its id"})
        assert store.commit(token, 0, {"state": {"a": b"1", "b": b"2"}}, {("t", 0): 5, ("t", 1): 7}, outs(1)) == 1
        assert store.commit(token, 1, {"state": {"a": None, "c": b""}}, {("t", 0): 6}, Outs()) == 2
    with Store.open(path) as store:
        standing = store.take_over()
        assert store.get_many("state", ["a", "b", "c"]) == {"b": b"2", "c": b""}
    assert (standing.token, standing.batch) == (token + 1, 2)
    assert (standing.offsets, standing.topics) == ({("t", 0): 6, ("t", 1): 7}, {"t": "its id"})


def test_pending_is_replaced_by_each_batch_and_read_back_as_it_was(path: Path) -> None:
    sent = outs(*range(12))
    with Store.open(path) as store:
        token = store.take_over().token
        store.commit(token, 0, NOTHING, {}, outs(99))
        store.commit(token, 1, NOTHING, {}, sent)
    with Store.open(path) as store:
        assert store.take_over().pending == sent


@pytest.mark.parametrize("wrong", ["token", "batch"])
def test_a_commit_that_started_from_something_else_changes_nothing(path: Path, wrong: str) -> None:
    with Store.open(path) as store:
        token = store.take_over().token
        store.commit(token, 0, {"state": {"a": b"1"}}, {("t", 0): 1}, outs(1))
        given_ = (token + 1, 1) if wrong == "token" else (token, 0)
        with pytest.raises(StaleError, match="no longer the stage's owner"):
            store.commit(*given_, {"state": {"a": b"2"}, "other": {"b": b"3"}}, {("t", 0): 2}, outs(2))
        standing = store.take_over()
        assert store.get_many("state", ["a"]) == {"a": b"1"}
        assert store.scan("other", "") == []
    assert (standing.batch, standing.offsets, standing.pending) == (1, {("t", 0): 1}, outs(1))


def test_a_second_owner_ends_the_first_ones_commits(path: Path) -> None:
    with Store.open(path) as store:
        first, second = store.take_over(), store.take_over()
        assert second.token > first.token
        with pytest.raises(StaleError):
            store.commit(first.token, first.batch, {"state": {"a": b"first"}}, {}, Outs())
        with pytest.raises(StaleError):
            store.know_topics(first.token, {"t": "id"})
        store.commit(second.token, second.batch, {"state": {"a": b"second"}}, {}, Outs())
        assert store.get_many("state", ["a"]) == {"a": b"second"}


def test_a_batch_that_fails_in_its_middle_leaves_nothing_behind(path: Path) -> None:
    unusable = Out("out", "key", b"", "id", headers={"h": object()})  # type: ignore[dict-item]  # the point of it
    with Store.open(path) as store:
        token = store.take_over().token
        with pytest.raises(AttributeError):
            store.commit(token, 0, {"fresh": {"a": b"1"}}, {("t", 0): 1}, Outs.of([out(1), unusable]))
        assert store.scan("fresh", "") == []
        assert store.commit(token, 0, {"fresh": {"b": b"2"}}, {}, Outs()) == 1
        assert store.scan("fresh", "") == [("b", b"2")]


OPENER = """
import sys
from pathlib import Path
from streams.errors import ThroughlineError
from streams.store import Store
try:
    Store.open(Path(sys.argv[1]))
except ThroughlineError as error:
    print(type(error).__name__, error)
"""


def test_a_second_process_is_refused_and_told_why(path: Path) -> None:
    with Store.open(path):
        said = subprocess.run(
            [sys.executable, "-c", OPENER, path], capture_output=True, text=True, check=True, timeout=30
        )
    assert said.stdout == "StoreLockedError stage.sqlite is in use by another worker; stop that one first\n"
    with pytest.raises(StoreLockedError), Store.open(path), Store.open(path):
        pass
    Store.open(path).close()


def test_a_newer_format_is_refused_and_let_go_of(path: Path) -> None:
    Store.open(path).close()
    _set_version(path, 99)
    with pytest.raises(StoreError, match=r"stage\.sqlite has format 99, this version reads 3"):
        Store.open(path)
    _set_version(path, 3)


def _set_version(path: Path, number: int) -> None:
    db = sqlite3.connect(path, timeout=0)
    db.execute(f"PRAGMA user_version={number}")
    db.close()


def test_a_file_that_is_no_store_is_refused(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"no store " * 1000)
    with pytest.raises(StoreError, match=r"stage\.sqlite is damaged; see .Backup. in docs/keep-it-running"):
        Store.open(path)


def test_a_folder_in_its_place_is_refused(path: Path) -> None:
    path.mkdir(parents=True)
    with pytest.raises(StoreError, match=r"stage\.sqlite cannot be opened"):
        Store.open(path)


def test_damage_that_shows_only_in_reading_is_a_store_error_and_not_a_bug_of_the_decision(path: Path) -> None:
    with Store.open(path) as store:
        rows: dict[str, bytes | None] = {f"{n:05d}": b"x" * 100 for n in range(5000)}
        store.commit(store.take_over().token, 0, {"state": rows}, {}, Outs())
    healthy = path.read_bytes()
    path.write_bytes(healthy[:40_960] + b"\xaa" * (len(healthy) - 40_960))
    with Store.open(path) as store, pytest.raises(StoreError, match="damaged"):
        store.scan("state", "")


def test_tables_that_no_batch_has_written_are_empty(path: Path) -> None:
    with Store.open(path) as store:
        assert store.get_many("state", ["a"]) == {}
        assert store.scan("state", "") == []


def test_a_new_owner_finds_a_table_that_the_one_before_made_after_it_was_opened(path: Path) -> None:
    with Store.open(path) as store:
        late = Store(store._db)  # noqa: SLF001  # as if the lock were lost
        store.commit(store.take_over().token, 0, {"made": {"a": b"1"}}, {}, Outs())
        late.take_over()
        assert late.get_many("made", ["a"]) == {"a": b"1"}


def test_more_keys_are_looked_up_at_once_than_one_query_takes(path: Path) -> None:
    rows: dict[str, bytes | None] = {f"{n}": b"%d" % n for n in range(1_700)}
    with Store.open(path) as store:
        store.commit(store.take_over().token, 0, {"state": rows}, {}, Outs())
        assert store.get_many("state", [*rows, "absent"]) == rows


KEYS = st.text(alphabet="ab|é\0\ud7ff\uffff\U0001f600", max_size=4)
BATCHES = st.lists(
    st.dictionaries(st.sampled_from(["one", "two"]), st.dictionaries(KEYS, st.none() | st.binary(max_size=5))),
    max_size=6,
)
QUESTIONS = st.lists(st.tuples(KEYS, st.none() | st.integers(0, 3)), min_size=1, max_size=6)


@settings(max_examples=60, deadline=None)
@given(batches=BATCHES, questions=QUESTIONS, wanted=st.sets(KEYS), reopened=st.integers(0, 5))
def test_look_ups_and_scans_answer_as_memory_does(
    batches: list[Changes], questions: list[tuple[str, int | None]], wanted: set[str], reopened: int
) -> None:
    memory = Memory()
    with tempfile.TemporaryDirectory() as folder:
        store = Store.open(Path(folder) / "s.sqlite")
        token = store.take_over().token
        for number, batch in enumerate(batches):
            if number == reopened:
                store.close()
                store = Store.open(Path(folder) / "s.sqlite")
                token = store.take_over().token
            store.commit(token, number, batch, {}, Outs())
            memory.apply(batch)
        for table in ("one", "two"):
            assert store.get_many(table, wanted) == memory.get_many(table, wanted)
            for prefix, limit in questions:
                assert store.scan(table, prefix, limit) == memory.scan(table, prefix, limit)
        store.close()


COMMITTER = """
import sys
from pathlib import Path
from processors.records import Out, Outs
from streams.store import Store
store = Store.open(Path(sys.argv[1]))
standing = store.take_over()
batch = standing.batch
while True:
    n = str(batch + 1)
    rows = {"sum": n.encode(), **{f"{n}/{i}": b"x" * 500 for i in range(40)}}
    pending = Outs.of(Out("out", n, b"", f"{n}/{i}") for i in range(20))
    batch = store.commit(standing.token, batch, {"state": rows}, {("t", 0): batch + 1}, pending)
    print(batch, flush=True)
"""


def test_a_store_that_was_killed_while_committing_has_every_batch_whole_or_not_at_all(path: Path) -> None:
    told = 0
    for kill in range(4):
        with subprocess.Popen([sys.executable, "-c", COMMITTER, path], stdout=subprocess.PIPE, text=True) as committer:
            assert committer.stdout is not None
            for _ in range(20 + 17 * kill):
                told = int(committer.stdout.readline())
            os.kill(committer.pid, signal.SIGKILL)
        with Store.open(path) as store:
            standing = store.take_over()
            assert standing.batch in {told, *range(told + 1, told + 200)}, "what was told as durable is there"
            assert standing.offsets == {("t", 0): standing.batch}
            assert [o.id for o in standing.pending] == [f"{standing.batch}/{i}" for i in range(20)]
            assert store.get_many("state", ["sum"]) == {"sum": b"%d" % standing.batch}
            assert len(store.scan("state", "")) == 1 + 40 * standing.batch


FULL_DISK = """
import resource, sys
from pathlib import Path
from processors.records import Out, Outs
from streams.errors import TransientError
from streams.store import Store
path = Path(sys.argv[1])
store = Store.open(path)
token = store.take_over().token
store.commit(token, 0, {"state": {"a": b"1"}}, {("t", 0): 1}, Outs.of([Out("out", "k", b"v", "id 1")]))
hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
size = path.with_name(path.name + "-wal").stat().st_size
resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
for table in ("state", "fresh"):
    try:
        store.commit(token, 1, {table: {"a": b"2" * 1_000_000}}, {("t", 0): 2}, Outs())
    except TransientError as error:
        print(error)
assert store.get_many("state", ["a"]) == {"a": b"1"} and store.scan("fresh", "") == []
resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
print(store.commit(token, 1, {"fresh": {"a": b"3"}}, {("t", 0): 3}, Outs()), store.get_many("fresh", ["a"]))
"""


def test_a_full_disk_is_waited_for_and_changes_nothing(path: Path) -> None:
    said = subprocess.run(
        [sys.executable, "-c", FULL_DISK, path], capture_output=True, text=True, check=False, timeout=60
    )
    assert said.stderr == ""
    first, second, last = said.stdout.splitlines()
    assert first.startswith("the store does not answer: ")
    assert second.startswith("the store does not answer: ")
    assert last == "2 {'a': b'3'}"
    with Store.open(path) as store:
        standing = store.take_over()
        assert (standing.batch, standing.offsets) == (2, {("t", 0): 3})
        assert store.get_many("state", ["a"]) == {"a": b"1"}
