"""What is left to do of an erasure: no file holds what was deleted, keys are destroyed, whoever is killed and when."""

import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from processors import counts
from processors.records import Out, Outs
from processors.state import Changes
from streams import consent, resolve
from streams.forgetting import ERASED, Forgetting
from streams.keyring import Keyring
from streams.pulse import Done
from streams.store import Store

NEWS = Done(1, {}, {}, {}, 0, {(counts.ERASED_RECORDS, "error"): 1})
NO_NEWS = Done(1, {}, {}, {}, 0)
GONE, KEPT = "a" * 32, "b" * 32
SAID, STAYS = secrets.token_hex(20).encode(), secrets.token_hex(20).encode()


@pytest.fixture(params=[None, {}], ids=["alone", "with others standing by"])
def store(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Store]:
    """Of consent: two records, and a release that is pending, among many others; in files of several lives.

    Where others stand by, the batch that erases could be undone.
    """
    path = tmp_path / "consent.rocksdb"
    for said in ({f"{GONE}|f": SAID, f"{KEPT}|f": STAYS}, dict(others()), {f"{GONE}|g": SAID}):
        with Store.open(path) as made:
            standing = made.take_over()
            pending = Outs.of([Out("released.x", "p", SAID, "i", 0)])
            made.commit(standing.token, standing.batch, {"fact": said}, {}, pending)
    with Store.open(path) as made:
        standing = made.take_over()
        erasing: Changes = {"fact": {f"{GONE}|f": None, f"{GONE}|g": None}, ERASED: {GONE: b"1"}}
        made.commit(standing.token, standing.batch, erasing, {}, Outs(), undone=request.param)
        yield made


def others() -> Iterator[tuple[str, bytes]]:
    for _ in range(1_000):
        yield f"{secrets.token_hex(16)}|f", secrets.token_bytes(300)


@pytest.fixture
def ring(tmp_path: Path) -> Iterator[Keyring]:
    """With a key of each."""
    with closing(Keyring(tmp_path / "keys")) as made:
        for key_id in (GONE, KEPT):
            made.find_or_make(key_id)
        made.flush()
        yield made


def finish(forgetting: Forgetting, done: Done) -> None:
    """A batch is done, and what that begins."""
    forgetting.done(done)
    forgetting.join()


def held(folder: Path, said: bytes) -> list[str]:
    """Files that hold something."""
    return [path.name for path in folder.rglob("*") if path.is_file() and said in path.read_bytes()]


def test_no_file_of_the_store_holds_what_was_deleted_and_the_keys_are_gone(
    store: Store, ring: Keyring, tmp_path: Path
) -> None:
    assert held(tmp_path, SAID)
    finish(Forgetting("consent", store, consent.forgotten, ring), NEWS)
    assert held(tmp_path, SAID) == []
    assert held(tmp_path, STAYS)
    assert (ring.find(GONE), ring.erased()) == (None, {GONE})
    assert ring.find(KEPT) is not None


def test_what_a_killed_process_left_is_done_after_the_first_batch_of_the_next(
    store: Store, ring: Keyring, tmp_path: Path
) -> None:
    finish(Forgetting("consent", store, consent.forgotten, ring), NO_NEWS)
    assert (held(tmp_path, SAID), ring.find(GONE)) == ([], None)


def test_a_process_that_was_killed_before_the_keys_destroys_them(store: Store, ring: Keyring) -> None:
    store.note_let_go(1)
    finish(Forgetting("consent", store, consent.forgotten, ring), NO_NEWS)
    assert ring.find(GONE) is None


def test_a_process_that_was_killed_before_the_rings_log_was_cut_cuts_it(
    store: Store, ring: Keyring, tmp_path: Path
) -> None:
    db = sqlite3.connect(tmp_path / "keys" / "keys.sqlite")
    [(wrapped,)] = db.execute("SELECT wrapped FROM key WHERE id = ?", (GONE,)).fetchall()
    with db:
        db.execute("INSERT INTO erased (id) VALUES (?)", (GONE,))
        db.execute("DELETE FROM key WHERE id = ?", (GONE,))
    assert held(tmp_path, wrapped)
    finish(Forgetting("consent", store, consent.forgotten, ring), NO_NEWS)
    assert held(tmp_path, wrapped) == []
    db.close()


def test_a_key_that_an_old_backup_brought_back_is_destroyed_again(store: Store, ring: Keyring, tmp_path: Path) -> None:
    finish(Forgetting("consent", store, consent.forgotten, ring), NEWS)
    with closing(Keyring(tmp_path / "old")) as old:
        old.find_or_make(GONE)
        old.flush()
        finish(Forgetting("consent", store, consent.forgotten, old), NO_NEWS)
        assert old.find(GONE) is None


def test_only_consent_destroys_keys(store: Store, ring: Keyring) -> None:
    finish(Forgetting("resolve", store, resolve.forgotten), NEWS)
    assert ring.find(GONE) is not None


def test_files_are_let_go_of_when_no_index_of_an_old_model_holds_the_record_any_more(store: Store) -> None:
    standing = store.take_over()
    batch = store.commit(standing.token, standing.batch, {"model": {"next": b"{}"}}, {}, Outs())
    forgetting = Forgetting("resolve", store, resolve.forgotten)
    forgetting.done(NEWS)
    assert store.let_go_of() == 0
    store.commit(standing.token, batch, {"model": {"next": None}, "fact": dict(others())}, {}, Outs())
    finish(forgetting, NO_NEWS)
    assert store.let_go_of() == 1


def test_a_store_that_is_closed_while_files_are_merged_is_whole_and_goes_on_later(tmp_path: Path) -> None:
    path = tmp_path / "consent.rocksdb"
    with Store.open(path) as made:
        standing = made.take_over()
        batch = standing.batch
        for _ in range(30):
            batch = made.commit(standing.token, batch, {"fact": dict(others())}, {}, Outs())
        made.commit(standing.token, batch, {"fact": {f"{KEPT}|f": STAYS}, ERASED: {GONE: b"1"}}, {}, Outs())
        Forgetting("consent", made, consent.forgotten).done(NEWS)
    with Store.open(path) as again:
        assert again.get_many("fact", [f"{KEPT}|f"]) == {f"{KEPT}|f": STAYS}
        finish(Forgetting("consent", again, consent.forgotten), NO_NEWS)
        assert again.let_go_of() == 1
