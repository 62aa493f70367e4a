"""Backup of keys: lost ones come back, erased ones do not, and no key that is there is lost by putting one back."""

import secrets
import shutil
from contextlib import closing
from pathlib import Path

import pytest

from streams.errors import StoreError, ThroughlineError
from streams.key_backup import Restored, back_up, restore
from streams.keyring import Keyring, read_or_make_secret


def data_dir(folder: Path, *key_ids: str) -> Path:
    """A data directory with some keys."""
    read_or_make_secret(folder / "secrets" / "pseudonym.key")
    more(folder, *key_ids)
    return folder


def more(folder: Path, *key_ids: str) -> None:
    """Some more."""
    with closing(Keyring(folder / "keys")) as ring:
        for key_id in key_ids:
            ring.find_or_make(key_id)
        ring.flush()


def keys_of(folder: Path, *key_ids: str) -> list[bytes | None]:
    """Keys as they are."""
    with closing(Keyring(folder / "keys")) as ring:
        return [ring.find(key_id) for key_id in key_ids]


def erase(folder: Path, *key_ids: str) -> None:
    """Erase some."""
    with closing(Keyring(folder / "keys")) as ring:
        ring.erase(key_ids)


def test_lost_keys_and_secrets_come_back_and_only_their_owner_reads_them(tmp_path: Path) -> None:
    data = data_dir(tmp_path / "data", "a", "b")
    before, secret = keys_of(data, "a", "b"), (data / "secrets" / "pseudonym.key").read_bytes()
    assert back_up(data, tmp_path / "backup") == 2
    shutil.rmtree(data)
    assert restore(tmp_path / "backup", data) == Restored(2, 0, ("pseudonym.key",))
    assert keys_of(data, "a", "b") == before
    assert (data / "secrets" / "pseudonym.key").read_bytes() == secret
    files = [path for folder in (data, tmp_path / "backup") for path in folder.rglob("*") if path.is_file()]
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}


def test_an_old_backup_brings_no_erased_key_back(tmp_path: Path) -> None:
    data = data_dir(tmp_path / "data", "kept", "gone")
    back_up(data, tmp_path / "backup")
    erase(data, "gone")
    assert restore(tmp_path / "backup", data) == Restored(0, 1, ())
    assert keys_of(data, "gone") == [None]


def test_what_a_backup_knows_to_be_erased_is_erased_where_it_is_put_back(tmp_path: Path) -> None:
    data = data_dir(tmp_path / "data", "kept", "gone")
    back_up(data, tmp_path / "old")
    erase(data, "gone")
    back_up(data, tmp_path / "new")
    shutil.rmtree(data)
    restore(tmp_path / "new", data)
    restore(tmp_path / "old", data)
    assert keys_of(data, "gone") == [None]


def test_a_newer_key_is_not_lost_by_putting_an_older_backup_back(tmp_path: Path) -> None:
    data = data_dir(tmp_path / "data", "old")
    back_up(data, tmp_path / "backup")
    more(data, "new")
    [before] = keys_of(data, "new")
    assert before is not None
    restore(tmp_path / "backup", data)
    assert keys_of(data, "new") == [before]


def test_a_backup_goes_into_a_folder_of_its_own(tmp_path: Path) -> None:
    data = data_dir(tmp_path / "data", "a")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "x").touch()
    with pytest.raises(ThroughlineError, match="full is not empty"):
        back_up(data, tmp_path / "full")
    with pytest.raises(ThroughlineError, match="there are no keys in this data directory"):
        back_up(tmp_path / "elsewhere", tmp_path / "backup")


def test_what_is_no_backup_of_these_keys_is_refused_before_anything_is_touched(tmp_path: Path) -> None:
    data, other = data_dir(tmp_path / "data", "a"), data_dir(tmp_path / "other", "a")
    back_up(other, tmp_path / "backup")
    before = keys_of(data, "a")
    with pytest.raises(StoreError, match=r"pseudonym\.key is there and is not the backup's: move secrets/ away"):
        restore(tmp_path / "backup", data)
    with pytest.raises(StoreError, match="is no backup of keys"):
        restore(tmp_path / "other" / "secrets", data)
    (tmp_path / "backup" / "keys" / "key-encryption.key").write_bytes(secrets.token_bytes(32))
    with pytest.raises(StoreError, match=r"of that backup does not open its keys\.sqlite"):
        restore(tmp_path / "backup", data)
    assert keys_of(data, "a") == before
