"""The formats of a state store: one of an older format is brought to the present one, step by step, at ``open``.

A step makes a whole new store beside the old one, under another name; the last takes the name, and then the old one is
removed. A process killed at any moment leaves the old one or the new one whole, and the next goes on from there.
"""

import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from itertools import islice
from pathlib import Path

from schemas_avro.version import VERSION
from streams import rows
from streams.errors import REBUILD, StoreError, StoreLockedError
from streams.rocks import Rocks

SUFFIX, OLD_SUFFIX = ".rocksdb", ".sqlite"
"""Of a store, a folder; and of those of format 3 and before, files."""
FORMAT_FILE = "format"
"""In the folder: it is read without taking the store's lock."""
FORMAT_AT = 60
"""Where SQLite's file has its user_version, four bytes, big-endian."""
BESIDE = ("-wal", "-shm", "")
"""What the names of SQLite's files of one store end in; the store itself last."""
ROWS_AT_ONCE = 10_000

Step = Callable[[Path, Rocks], None]
"""Fills a new store from the one before."""


def _from_sqlite(old: Path, new: Rocks) -> None:
    """From 3 to 4: out of a file of SQLite's. What the stages keep in their tables is bytes to it."""
    with closing(sqlite3.connect(old, isolation_level=None, timeout=0)) as db:
        db.execute("PRAGMA locking_mode=EXCLUSIVE")
        db.execute("BEGIN IMMEDIATE")
        found = db.execute("PRAGMA user_version").fetchone()[0]
        if found != OLDEST:  # the file may not say so yet where its log does
            raise _not_read(old, found)
        tables = db.execute("SELECT name FROM sqlite_master WHERE name LIKE 's\\_%' ESCAPE '\\'").fetchall()
        for (table,) in tables:
            content = db.execute(f"SELECT k, v FROM {table}")  # noqa: S608  # its own tables' names
            while part := dict(islice(content, ROWS_AT_ONCE)):
                new.write(rows.changed({table.removeprefix("s_"): part}))
        new.write(_own_rows(db))


def _own_rows(db: sqlite3.Connection) -> list[rows.Row]:
    token, batch = db.execute("SELECT token, batch FROM standing").fetchone()
    offsets = {(t, p): n for t, p, n in db.execute("SELECT topic, part, next FROM next_offset")}
    heads, content = db.execute("SELECT heads, content FROM pending").fetchone() or (None, None)
    topics = rows.topics(dict(db.execute("SELECT name, id FROM topic")))
    return [rows.standing(token, batch, offsets), topics, (rows.HEADS, heads), (rows.CONTENT, content)]


OLDEST = 3
"""Format that the first step starts from."""
STEPS: tuple[Step, ...] = (_from_sqlite,)
"""In their order."""
FORMAT = OLDEST + len(STEPS)
"""That this version writes."""
READS = f"Throughline {VERSION} reads {OLDEST} to {FORMAT}"


def format_of(path: Path) -> int:
    """Format that a store says it is of, asked without taking it.

    Raises:
        StoreError: it does not say.
    """
    try:
        if path.suffix == OLD_SUFFIX:
            with path.open("rb") as file:
                return int.from_bytes(file.read(FORMAT_AT + 4)[FORMAT_AT:], "big")
        return int((path / FORMAT_FILE).read_text(encoding="ascii"))
    except (OSError, ValueError) as error:
        raise StoreError(f"{path.name} is damaged; {REBUILD}") from error


def found(path: Path) -> Path | None:
    """Where the store is that is to be at a path: there, or in the file of an older format; None: nowhere."""
    old = _old_of(path)
    return path if path.exists() else old if old.exists() else None


def _old_of(path: Path) -> Path:
    return path.with_name(f"{path.name.removesuffix(SUFFIX)}{OLD_SUFFIX}")


def all_in(folder: Path) -> list[Path]:
    """Every store of a folder, where it is."""
    names = {path.stem for ending in (SUFFIX, OLD_SUFFIX) for path in folder.glob(f"*{ending}")}
    return [there for name in sorted(names) if (there := found(folder / f"{name}{SUFFIX}")) is not None]


def bring_up(path: Path) -> None:
    """Have a store of the present format at a path: the one that is there, one made of an older one, or a new one.

    Raises:
        StoreLockedError: another process has it.
        StoreError: it is of a format that this version does not read, or damaged.
    """
    old = _old_of(path)
    with _told(path if path.exists() else found(path) or path):
        if path.exists():
            if (format_ := format_of(path)) != FORMAT:
                raise _not_read(path, format_)
        elif old.exists():
            [step] = STEPS
            _make(path, lambda new: step(old, new))
        else:
            _make(path, lambda _new: None)
        for ending in BESIDE:  # also where a process was killed when the new one had taken its place
            old.with_name(old.name + ending).unlink(missing_ok=True)


def _not_read(path: Path, found: int) -> StoreError:
    return StoreError(f'{path.name} has format {found}, {READS}; see "Upgrade" in docs/keep-it-running.md')


def _make(path: Path, fill: Callable[[Rocks], None]) -> None:
    """A whole store under another name, which takes its own at last."""
    path.parent.mkdir(parents=True, exist_ok=True)
    making = path.with_name(f"{path.name}.making")
    shutil.rmtree(making, ignore_errors=True)
    making.mkdir(mode=0o700)  # RocksDB's files in it have the rights that it likes
    (making / FORMAT_FILE).write_text(f"{FORMAT}\n", encoding="ascii")
    with closing(Rocks(making, is_new=True)) as new:
        fill(new)
    for file in (*making.iterdir(), making):
        _sync(file)
    making.rename(path)
    _sync(path.parent)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """What the system and SQLite raise, as ours."""
    try:
        yield
    except OSError as error:
        raise StoreError(f"{path.name} cannot be opened: {error}") from error
    except sqlite3.OperationalError as error:
        if "locked" in str(error):
            raise StoreLockedError(f"{path.name} is in use by another worker; stop that one first") from error
        raise StoreError(f"{path.name} cannot be opened: {error}") from error
    except sqlite3.DatabaseError as error:
        raise StoreError(f"{path.name} is damaged; {REBUILD}") from error
