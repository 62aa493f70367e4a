"""The state store: one owner, all or none, durable, and the same answers as a dictionary."""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processors.records import Out, Outs
from processors.state import Changes, Memory
from streams import store as store_module
from streams.errors import DiskError, StaleError, StoreError, StoreLockedError
from streams.rocks import Rocks
from streams.rows import Row
from streams.store import Store, path_of

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
    """Where the store is; nothing is there yet."""
    return path_of(tmp_path, "stage")


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
    assert said.stdout == "StoreLockedError stage.rocksdb is in use by another worker; stop that one first\n"
    with pytest.raises(StoreLockedError), Store.open(path), Store.open(path):
        pass
    Store.open(path).close()


def test_a_newer_format_is_refused_and_let_go_of(path: Path) -> None:
    Store.open(path).close()
    (path / "format").write_text("99\n")
    with pytest.raises(
        StoreError, match=r"stage\.rocksdb has format 99, Throughline [0-9.]+ reads 3 to 4; see .Upgrade."
    ):
        Store.open(path)
    (path / "format").write_text("4\n")
    Store.open(path).close()


def test_nobody_but_its_owner_may_look_into_it(path: Path) -> None:
    with Store.open(path):
        assert path.stat().st_mode & 0o077 == 0


def test_a_folder_that_is_no_store_is_refused(path: Path) -> None:
    path.mkdir(parents=True)
    with pytest.raises(StoreError, match=r"stage\.rocksdb is damaged; see .Backup. in docs/keep-it-running"):
        Store.open(path)


def test_a_file_in_its_place_is_refused(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"no store " * 1000)
    with pytest.raises(StoreError, match=r"stage\.rocksdb is damaged"):
        Store.open(path)


def test_a_place_that_takes_no_store_is_told(tmp_path: Path) -> None:
    (tmp_path / "state").write_bytes(b"a file")
    with pytest.raises(StoreError, match=r"stage\.rocksdb cannot be opened"):
        Store.open(path_of(tmp_path, "stage"))


ROWS: dict[str, bytes | None] = {f"{n:05d}": os.urandom(100) for n in range(5_000)}


@pytest.fixture
def filled(path: Path) -> Path:
    """A store whose rows are in a table of RocksDB's."""
    with Store.open(path) as store:
        store.commit(store.take_over().token, 0, {"state": ROWS}, {}, Outs())
    return path


def spoilt(path: Path, at: int) -> None:
    """Damage a file, some bytes from a place on."""
    found = bytearray(path.read_bytes())
    for place in range(at, min(at + 500, len(found))):
        found[place] ^= 0xAA
    path.write_bytes(found)


def test_damage_that_shows_only_in_reading_is_a_store_error_and_not_a_bug_of_the_decision(filled: Path) -> None:
    [table] = filled.glob("*.sst")
    spoilt(table, table.stat().st_size // 2)
    with Store.open(filled) as store:
        with pytest.raises(StoreError, match="damaged"):
            store.scan("state", "")
        with pytest.raises(StoreError, match="damaged"):
            store.get_many("state", ROWS)
        with pytest.raises(StoreError, match="damaged"):
            list(store.content())


@pytest.mark.parametrize("files", ["*.sst", "MANIFEST-*", "CURRENT"])
@pytest.mark.parametrize("is_gone", [True, False], ids=["gone", "spoilt"])
def test_a_store_of_which_a_part_is_gone_or_spoilt_is_damaged(filled: Path, files: str, is_gone: bool) -> None:  # noqa: FBT001
    [part] = filled.glob(files)
    if is_gone:
        part.unlink()
    else:
        spoilt(part, max(0, part.stat().st_size - 40))
    with pytest.raises(StoreError, match=r"stage\.rocksdb is damaged; see .Backup. in docs/keep-it-running"):
        Store.open(filled)


DIES = """
import os, sys
from pathlib import Path
from processors.records import Outs
from streams.store import Store
store = Store.open(Path(sys.argv[1]))
token = store.take_over().token
for batch in range(20):
    rows = {"last": b"%d" % batch, str(batch): b"x" * 500}
    store.commit(token, batch, {"state": rows}, {("t", 0): batch + 1}, Outs())
os._exit(0)
"""


def test_a_log_that_is_spoilt_in_its_middle_gives_an_earlier_batch_and_never_a_part_of_one(path: Path) -> None:
    subprocess.run([sys.executable, "-c", DIES, path], check=True, timeout=30)
    [log] = path.glob("*.log")
    spoilt(log, log.stat().st_size // 2)
    with Store.open(path) as store:
        standing = store.take_over()
        assert 0 < standing.batch < 20, "a stage that stands there finds that its group is ahead, and stops"
        assert standing.offsets == {("t", 0): standing.batch}
        assert store.get_many("state", ["last"]) == {"last": b"%d" % (standing.batch - 1)}
        assert len(store.scan("state", "")) == standing.batch + 1


def test_tables_that_no_batch_has_written_are_empty(path: Path) -> None:
    with Store.open(path) as store:
        assert store.get_many("state", ["a"]) == {}
        assert store.scan("state", "") == []


def test_the_whole_content_comes_in_order_page_by_page_without_the_tables_that_are_not_wanted(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_module, "PAGE", 3)
    rows: dict[str, bytes | None] = {f"{n}": b"%d" % n for n in range(8)}
    with Store.open(path) as store:
        token = store.take_over().token
        store.commit(token, 0, {"b": rows, "a": rows, "ab": rows, "c": {"": b""}}, {("t", 0): 1}, outs(1))
        found = list(store.content(["ab"]))
    assert found == [*(("a", key, value) for key, value in rows.items()),
                     *(("b", key, value) for key, value in rows.items()), ("c", "", b"")]  # fmt: skip


def test_many_keys_are_looked_up_at_once(path: Path) -> None:
    rows: dict[str, bytes | None] = {f"{n}": b"%d" % n for n in range(1_700)}
    with Store.open(path) as store:
        store.commit(store.take_over().token, 0, {"state": rows}, {}, Outs())
        assert store.get_many("state", [*rows, "absent"]) == rows


KEYS = st.text(alphabet="ab|é\0\ud7ff\uffff\U0001f600", max_size=4)
BATCHES = st.lists(
    st.dictionaries(st.sampled_from(["one", "two"]), st.dictionaries(KEYS, st.none() | st.binary(max_size=5))),
    max_size=6,
)
QUESTIONS = st.lists(st.tuples(KEYS, st.none() | st.integers(0, 3), KEYS), min_size=1, max_size=6)


@settings(max_examples=60, deadline=None)
@given(batches=BATCHES, questions=QUESTIONS, wanted=st.sets(KEYS), reopened=st.integers(0, 5))
def test_look_ups_and_scans_answer_as_memory_does(
    batches: list[Changes], questions: list[tuple[str, int | None, str]], wanted: set[str], reopened: int
) -> None:
    memory = Memory()
    with tempfile.TemporaryDirectory() as folder:
        store = Store.open(Path(folder) / "s.rocksdb")
        token = store.take_over().token
        for number, batch in enumerate(batches):
            if number == reopened:
                store.close()
                store = Store.open(Path(folder) / "s.rocksdb")
                token = store.take_over().token
            store.commit(token, number, batch, {}, Outs())
            memory.apply(batch)
        for table in ("one", "two"):
            assert store.get_many(table, wanted) == memory.get_many(table, wanted)
            for prefix, limit, after in questions:
                assert store.scan(table, prefix, limit) == memory.scan(table, prefix, limit)
                assert store.scan(table, prefix, limit, after) == memory.scan(table, prefix, limit, after)
        store.close()


def test_a_scan_goes_on_behind_the_key_that_it_came_to(path: Path) -> None:
    with Store.open(path) as store:
        rows: Changes = {"state": dict.fromkeys(("a", "a\x00", "b", "bb", "c"), b"")}
        store.commit(store.take_over().token, 0, rows, {}, Outs())
        assert [key for key, _ in store.scan("state", "", after="a")] == ["a\0", "b", "bb", "c"]
        assert [key for key, _ in store.scan("state", "b", 1, after="b")] == ["bb"]
        assert [key for key, _ in store.scan("state", "b", after="a")] == ["b", "bb"]


def test_a_store_that_is_opened_again_has_our_cache_and_not_its_folders(path: Path) -> None:
    Store.open(path).close()
    engine = Rocks(path, cache_mb=24)
    assert engine._db is not None  # noqa: SLF001  # what RocksDB itself says of it
    assert engine._db.property_int_value("rocksdb.block-cache-capacity") == 24 << 20  # noqa: SLF001
    engine.close()


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
from contextlib import suppress
from pathlib import Path
from processors.records import Out, Outs
from streams.errors import DiskError, TransientError
from streams.store import Store
path = Path(sys.argv[1])
store = Store.open(path)
token = store.take_over().token
store.commit(token, 0, {"state": {"a": b"1"}}, {("t", 0): 1}, Outs.of([Out("out", "k", b"v", "id 1")]))
hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
[log] = path.glob("*.log")
resource.setrlimit(resource.RLIMIT_FSIZE, (log.stat().st_size, hard))
for table in ("state", "fresh", "state"):
    try:
        store.commit(token, 1, {table: {"a": b"2" * 1_000_000}}, {("t", 0): 2}, Outs())
    except TransientError as error:
        print(error)
    with suppress(DiskError):
        assert store.get_many("state", ["a"]) == {"a": b"1"} and store.scan("fresh", "") == []
resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
assert store.get_many("state", ["a"]) == {"a": b"1"} and store.scan("fresh", "") == []
print(store.commit(token, 1, {"fresh": {"a": b"3"}}, {("t", 0): 3}, Outs()), store.get_many("fresh", ["a"]))
"""


def test_a_full_disk_is_waited_for_and_changes_nothing(path: Path) -> None:
    said = subprocess.run(
        [sys.executable, "-c", FULL_DISK, path], capture_output=True, text=True, check=False, timeout=60
    )
    assert said.stderr == ""
    *refused, last = said.stdout.splitlines()
    assert len(refused) == 3
    assert all(line.startswith("the store does not answer: ") for line in refused)
    assert last == "2 {'a': b'3'}"
    with Store.open(path) as store:
        standing = store.take_over()
        assert (standing.batch, standing.offsets) == (2, {("t", 0): 3})
        assert store.get_many("state", ["a"]) == {"a": b"1"}


class Silent(Rocks):
    """A disk that takes one write and does not say so."""

    asked = 0

    def write(self, rows: Iterable[Row]) -> None:
        """Write; the third time without an answer."""
        super().write(rows)
        self.asked += 1
        if self.asked == 3:
            self._is_broken = True
            raise DiskError("the store does not answer", "made up")


@pytest.mark.parametrize("same", [True, False], ids=["the_same_batch", "another_batch"])
def test_a_batch_that_the_disk_took_without_saying_so_is_found_out_when_it_is_committed_again(
    path: Path,
    same: bool,  # noqa: FBT001
) -> None:
    Store.open(path).close()
    store = Store(Silent(path))
    token = store.take_over().token
    store.commit(token, 0, {"state": {"a": b"1"}}, {("t", 0): 1}, outs(1))
    with pytest.raises(DiskError):
        store.commit(token, 1, {"state": {"a": b"2"}}, {("t", 0): 2}, outs(2))
    if same:
        assert store.commit(token, 1, {"state": {"a": b"2"}}, {("t", 0): 2}, outs(2)) == 2
        assert store.commit(token, 2, {"state": {"a": b"3"}}, {("t", 0): 3}, outs(3)) == 3
    else:
        with pytest.raises(StaleError):
            store.commit(token, 1, {"state": {"a": b"2"}}, {("t", 0): 2}, outs(4))
    assert store.get_many("state", ["a"]) == {"a": b"3" if same else b"2"}
    store.close()


def test_a_store_that_is_closed_answers_no_more_and_anybody_may_have_it(path: Path) -> None:
    store = Store.open(path)
    store.close()
    with pytest.raises(StoreError, match="closed"):
        store.get_many("state", ["a"])
    Store.open(path).close()


def test_a_store_that_stands_where_another_stood_has_nothing_pending(path: Path) -> None:
    with Store.open(path) as store:
        standing = store.take_over()
        store.commit(standing.token, 0, {"t": {"a": b"1", "b": b"2"}}, {("in", 0): 3}, outs(1))
        store.adopt(standing.token, 7, {("in", 1): 9}, {"in": "id"})
    with Store.open(path) as store:
        found = store.take_over()
        assert (found.batch, found.offsets, found.topics, len(found.pending)) == (7, {("in", 1): 9}, {"in": "id"}, 0)
        assert [row for row in store.content() if row[0] == "t"] == [("t", "a", b"1"), ("t", "b", b"2")]
        with pytest.raises(StaleError):
            store.adopt(standing.token, 8, {}, {})


KEYS, VALUES = st.sampled_from("abcdef"), st.none() | st.binary(max_size=9)
CHANGES = st.dictionaries(st.sampled_from(["t", "tt", "u"]), st.dictionaries(KEYS, VALUES, max_size=4), max_size=3)


@given(st.lists(CHANGES, max_size=4), CHANGES, CHANGES)
@settings(max_examples=30, deadline=None)
def test_a_batch_that_is_undone_leaves_what_was_before_it_and_what_it_said_of_that(
    earlier: list[Changes], last: Changes, said: Changes
) -> None:
    with tempfile.TemporaryDirectory() as folder, Store.open(path_of(Path(folder), "stage")) as store:
        token, batch = store.take_over().token, 0
        for changes in earlier:
            batch = store.commit(token, batch, changes, {("in", 0): batch + 1}, outs(batch), undone={})
        before = {(table, key): value for table, key, value in store.content()}
        store.commit(token, batch, last, {("in", 0): batch + 1}, outs(99), undone=said)
        assert store.undo()
        expected = before | {(table, key): value for table, rows in said.items() for key, value in rows.items()}
        assert {(table, key): value for table, key, value in store.content()} == {
            place: value for place, value in expected.items() if value is not None
        }
        standing = store.take_over()
        assert (standing.batch, standing.offsets, len(standing.pending)) == (batch, {}, 0)
        assert standing.token > token
        assert not store.undo()


def test_a_batch_is_undone_no_longer_once_another_came_that_cannot_be(path: Path) -> None:
    with Store.open(path) as store:
        token = store.take_over().token
        store.commit(token, 0, {"t": {"a": b"1"}}, {}, Outs(), undone={})
        store.commit(token, 1, {"t": {"a": b"2"}}, {}, Outs())
        assert not store.undo()
        assert store.get_many("t", ["a"]) == {"a": b"2"}


def test_the_owner_of_before_a_batch_was_undone_commits_nothing_more(path: Path) -> None:
    with Store.open(path) as store:
        token = store.take_over().token
        store.commit(token, 0, {"t": {"a": b"1"}}, {}, Outs(), undone={})
        assert store.undo()
        with pytest.raises(StaleError):
            store.commit(token, 0, {"t": {"a": b"2"}}, {}, Outs())


def test_what_a_batch_deleted_is_in_no_file_once_it_is_kept_and_let_go_of(path: Path) -> None:
    told = b"told of somebody, once and for all"
    with Store.open(path) as store:
        token = store.take_over().token
        store.commit(token, 0, {"t": {"a": told}}, {}, Outs(), undone={})
        store.commit(token, 1, {"t": {"a": None}}, {}, Outs(), undone={})
        store.keep()
        store.let_go(["t"], ["a"])
        assert not store.undo()
    assert not [file.name for file in path.iterdir() if told in file.read_bytes()]
