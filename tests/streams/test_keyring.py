"""The keyring: keys apart from what they seal, durable before anything leaves, useless without the key over them."""

import secrets
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from streams import keyring
from streams.errors import StoreError
from streams.keyring import KEY_BYTES, Keyring, read_or_make_secret


def test_a_key_is_random_and_the_same_ever_after(tmp_path: Path) -> None:
    ring = Keyring(tmp_path)
    one, other = ring.find_or_make("one"), ring.find_or_make("other")
    assert len(one) == KEY_BYTES
    assert one != other
    assert ring.find_or_make("one") == one
    ring.flush()
    ring.close()
    again = Keyring(tmp_path)
    assert (again.find("one"), again.find("other")) == (one, other)
    assert again.find_or_make("one") == one
    again.close()


def test_a_key_that_never_was_or_was_erased_is_none(tmp_path: Path) -> None:
    ring = Keyring(tmp_path)
    assert ring.find("nobody") is None
    ring.find_or_make("gone")
    ring.flush()
    ring.close()
    _change(tmp_path, "DELETE FROM key WHERE id = 'gone'")
    again = Keyring(tmp_path)
    assert again.find("gone") is None
    again.close()


def test_workers_that_make_the_ring_at_the_same_moment_wait_for_each_other(tmp_path: Path) -> None:
    for turn in range(20):
        together = Barrier(6)

        def make(_: int, folder: Path = tmp_path / str(turn), together: Barrier = together) -> None:
            together.wait()
            Keyring(folder).close()

        with ThreadPoolExecutor(6) as pool:
            list(pool.map(make, range(6)))


def test_keys_beyond_those_at_hand_are_found_whether_durable_or_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keyring, "KEPT", 3)
    ring = Keyring(tmp_path)
    durable = {f"k{n}": ring.find_or_make(f"k{n}") for n in range(8)}
    ring.flush()
    fresh = {f"k{n}": ring.find_or_make(f"k{n}") for n in range(8, 16)}
    everything = durable | fresh
    assert {key_id: ring.find_or_make(key_id) for key_id in everything} == everything
    assert len(ring._known) <= 3  # noqa: SLF001  # what it is for
    ring.flush()
    ring.close()
    again = Keyring(tmp_path)
    assert {key_id: again.find(key_id) for key_id in everything} == everything
    again.close()


def test_keys_are_durable_only_from_flush_on(tmp_path: Path) -> None:
    writer, reader = Keyring(tmp_path), Keyring(tmp_path)
    key = writer.find_or_make("k")
    assert reader.find("k") is None
    writer.flush()
    assert reader.find("k") == key
    writer.flush()
    writer.close()
    reader.close()


def test_the_ring_holds_no_key_in_the_clear_and_only_its_owner_reads_its_secret(tmp_path: Path) -> None:
    ring = Keyring(tmp_path / "keys")
    keys = [ring.find_or_make(f"k{n}") for n in range(20)]
    ring.flush()
    ring.close()
    stored = b"".join(p.read_bytes() for p in (tmp_path / "keys").iterdir() if p.name.startswith("keys.sqlite"))
    assert not [key for key in keys if key in stored]
    assert (tmp_path / "keys" / "key-encryption.key").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "keys").stat().st_mode & 0o777 == 0o700


def test_another_key_encryption_key_opens_nothing_and_says_so(tmp_path: Path) -> None:
    ring = Keyring(tmp_path)
    ring.find_or_make("k")
    ring.flush()
    ring.close()
    (tmp_path / "key-encryption.key").write_bytes(secrets.token_bytes(KEY_BYTES))
    other = Keyring(tmp_path)
    with pytest.raises(StoreError, match=r"key-encryption\.key does not open keys\.sqlite; restore both"):
        other.find("k")
    other.close()


def test_a_ring_that_cannot_be_read_is_a_store_error_and_not_a_bug_of_the_decision(tmp_path: Path) -> None:
    ring = Keyring(tmp_path)
    ring.find_or_make("k")
    ring.flush()
    ring.close()
    _change(tmp_path, "CREATE TABLE filler AS SELECT hex(randomblob(90000)) AS x")
    whole = (tmp_path / "keys.sqlite").read_bytes()
    other = Keyring(tmp_path)
    (tmp_path / "keys.sqlite").write_bytes(whole[:4_096] + b"\xaa" * (len(whole) - 4_096))
    with pytest.raises(StoreError, match=r"keys\.sqlite cannot be used"):
        other.find("k")
    other.close()


def _change(folder: Path, statement: str) -> None:
    db = sqlite3.connect(folder / "keys.sqlite")
    db.execute(statement)
    db.commit()
    db.close()


FULL_DISK = """
import resource, sys
from pathlib import Path
from streams.errors import TransientError
from streams.keyring import Keyring
ring = Keyring(Path(sys.argv[1]))
key = ring.find_or_make("k")
hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
resource.setrlimit(resource.RLIMIT_FSIZE, (Path(sys.argv[1], "keys.sqlite-wal").stat().st_size, hard))
for _ in range(2):
    try:
        ring.flush()
    except TransientError as error:
        print(error)
resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
ring.flush()
assert Keyring(Path(sys.argv[1])).find("k") == key
"""


def test_a_full_disk_is_waited_for_and_no_key_is_lost(tmp_path: Path) -> None:
    said = subprocess.run(
        [sys.executable, "-c", FULL_DISK, tmp_path], capture_output=True, text=True, check=False, timeout=60
    )
    assert said.stderr == ""
    assert [line.split(":")[0] for line in said.stdout.splitlines()] == ["the keyring does not answer"] * 2


def test_whoever_makes_a_secret_at_the_same_time_gets_the_same_one(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "s.key"
    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(lambda _: read_or_make_secret(path), range(32)))
    assert len(found) == 1
    assert [p.name for p in path.parent.iterdir()] == ["s.key"]


def test_a_secret_of_another_length_is_refused(tmp_path: Path) -> None:
    (tmp_path / "s.key").write_bytes(b"short")
    with pytest.raises(StoreError, match=r"s\.key is not a key of 32 bytes; restore it from its backup"):
        read_or_make_secret(tmp_path / "s.key")


def test_an_erased_key_is_gone_for_ever_and_its_id_is_remembered(tmp_path: Path) -> None:
    ring = Keyring(tmp_path)
    ring.find_or_make("gone")
    kept = ring.find_or_make("kept")
    ring.flush()
    ring.erase(["gone", "never was"])
    ring.erase(["gone"])
    assert ring.find("gone") is None
    assert ring.find("kept") == kept
    ring.close()
    again = Keyring(tmp_path)
    assert (again.find("gone"), again.erased(), len(again)) == (None, {"gone", "never was"}, 1)
    again.close()


def test_what_is_sealed_for_an_erased_record_later_opens_for_nobody(tmp_path: Path) -> None:
    ring = Keyring(tmp_path)
    ring.find_or_make("gone")
    ring.flush()
    ring.erase(["gone"])
    assert ring.find_or_make("gone") != ring.find_or_make("gone")
    assert ring.find("gone") is None
    ring.flush()
    assert len(ring) == 0
    ring.close()


def test_a_key_that_was_not_durable_yet_is_erased_too(tmp_path: Path) -> None:
    maker, eraser = Keyring(tmp_path), Keyring(tmp_path)
    maker.find_or_make("gone")
    eraser.erase(["gone"])
    maker.flush()
    assert len(eraser) == 0
    eraser.close()
    maker.close()


def test_another_process_lets_go_of_an_erased_key_within_a_second_of_its_use(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keyring, "LOOK_SECONDS", 0.0)
    maker, eraser = Keyring(tmp_path), Keyring(tmp_path)
    maker.find_or_make("gone")
    maker.flush()
    eraser.erase(["gone"])
    assert maker.find("gone") is None
    eraser.close()
    maker.close()


def test_no_byte_of_an_erased_key_is_left_in_any_file(tmp_path: Path) -> None:
    ring = Keyring(tmp_path)
    for part in range(20):  # splits pages, in every order
        for n in range(500):
            ring.find_or_make(f"{(part * 500 + n) * 7919 % 10_007:05d}")
        ring.flush()
    before = _wrapped(tmp_path)
    gone = sorted(before)[::3]
    ring.erase(gone)
    stored = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert [key_id for key_id in gone if before[key_id] in stored] == []
    assert sum(before[key_id] in stored for key_id in sorted(before)[1::3]) == len(sorted(before)[1::3])
    ring.close()


def _wrapped(folder: Path) -> dict[str, bytes]:
    db = sqlite3.connect(folder / "keys.sqlite")
    found = dict(db.execute("SELECT id, wrapped FROM key").fetchall())
    db.close()
    return found
