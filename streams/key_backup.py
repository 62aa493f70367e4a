"""Backup of keys, and putting it back: keys that are missing come again, none that was erased does, none is lost."""

import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap

from streams.errors import StoreError, ThroughlineError
from streams.keyring import KEK, Keyring

RING, SECRETS = "keys", "secrets"
"""Folders of a data directory that are backed up apart from all else, and of a backup."""
KEYS = "keys.sqlite"


@dataclass(frozen=True)
class Restored:
    """What came of putting a backup back."""

    added: int
    """Keys that were missing."""
    left_out: int
    """Keys of the backup that were erased since."""
    secrets: tuple[str, ...]
    """Secrets that were missing, by their files' names."""


def back_up(data_dir: Path, into: Path) -> int:
    """Copy keys and secrets, while all runs or not; how many keys.

    Raises:
        ThroughlineError: there is something in that folder, or no ring in the data directory.
    """
    if into.exists() and any(into.iterdir()):
        raise ThroughlineError(f"{into} is not empty: name a new folder for each backup")
    if not (data_dir / RING / KEYS).exists():
        raise ThroughlineError("there are no keys in this data directory: run this where the workers run")
    for folder in (RING, SECRETS):
        (into / folder).mkdir(parents=True, exist_ok=True, mode=0o700)
    into.chmod(0o700)
    _copy(data_dir / RING / KEK, into / RING / KEK)
    for path in sorted((data_dir / SECRETS).glob("*.key")):
        _copy(path, into / SECRETS / path.name)
    with closing(Keyring(data_dir / RING)) as ring:
        ring.copy_to(into / RING / KEYS)
        return len(ring)


def restore(backup: Path, data_dir: Path) -> Restored:
    """Put a backup back, while all runs or not.

    Raises:
        StoreError: it is no backup, damaged, or of other keys than those that are there.
    """
    _check(backup)
    missing = _missing_secrets(backup, data_dir)
    _same_or_missing(backup / RING / KEK, data_dir / RING / KEK)
    for path in missing:
        _copy(path, data_dir / SECRETS / path.name)
    if not (data_dir / RING / KEK).exists():
        _copy(backup / RING / KEK, data_dir / RING / KEK)
    with closing(Keyring(data_dir / RING)) as ring:
        added, left_out = ring.take_from(backup / RING / KEYS)
    return Restored(added, left_out, tuple(path.name for path in missing))


def _check(backup: Path) -> None:
    """See that every file is there, and that the keys open.

    Raises:
        StoreError: not so.
    """
    for path in (backup / RING / KEK, backup / RING / KEYS):
        if not path.is_file():
            raise StoreError(f"{backup.name} is no backup of keys: it has no {RING}/{path.name}")
    try:
        with closing(sqlite3.connect(f"file:{backup / RING / KEYS}?immutable=1", uri=True)) as db:
            row = db.execute("SELECT wrapped FROM key LIMIT 1").fetchone()
    except sqlite3.Error as error:
        raise StoreError(f"{KEYS} of that backup cannot be used ({error}); take another one") from error
    try:
        if row is not None:
            aes_key_unwrap((backup / RING / KEK).read_bytes(), row[0])
    except (InvalidUnwrap, ValueError):
        raise StoreError(f"{KEK} of that backup does not open its {KEYS}; take another one") from None


def _missing_secrets(backup: Path, data_dir: Path) -> list[Path]:
    found = sorted((backup / SECRETS).glob("*.key"))
    for path in found:
        _same_or_missing(path, data_dir / SECRETS / path.name)
    return [path for path in found if not (data_dir / SECRETS / path.name).exists()]


def _same_or_missing(ours: Path, theirs: Path) -> None:
    if theirs.exists() and theirs.read_bytes() != ours.read_bytes():
        raise StoreError(f"{theirs.name} is there and is not the backup's: move {theirs.parent.name}/ away first")


def _copy(source: Path, target: Path) -> None:
    """A copy that only its owner reads."""
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    target.touch(mode=0o600)
    shutil.copyfile(source, target)
