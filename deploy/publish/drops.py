"""A folder that files are dropped into: which of them are whole, and where they go when they are done."""

import fcntl
import os
import re
import stat
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import orjson

from streams.errors import ThroughlineError

PUBLISHED, REJECTED = "published", "rejected"
REPORT = ".report.json"
HALF_WRITTEN = (".part", ".partial", ".tmp", ".temp", ".filepart", ".crdownload", "~")
"""How names end while programs write; a rename tells that it is done."""
DAY = re.compile(r"(?<!\d)(20\d\d)([-_]?)(\d\d)\2(\d\d)(?!\d)")
Signature = tuple[int, int, int]
"""Of a file's content as the disk knows it: its number, size, and when it was written last."""


@dataclass
class Drops:
    """The files in a folder, and those that were done."""

    folder: Path
    settle_seconds: float
    """How long a file must stand still before it is taken for whole."""
    clock: Callable[[], float] = time.monotonic
    _seen: dict[str, tuple[Signature, float]] = field(default_factory=dict)

    def whole(self) -> list[Path]:
        """Files that nobody writes any more, in the order of their names.

        A file is whole when its size and its time have not changed for ``settle_seconds``; a name that a program gives
        to what it writes, as ``x.csv.part``, waits for its rename. Folders, hidden files and links are passed over.

        Raises:
            OSError: the folder cannot be read.
        """
        there = dict(self._files())
        self._seen = {name: self._seen.get(name, (one, self.clock())) for name, one in there.items()}
        for name, signature in there.items():
            if self._seen[name][0] != signature:
                self._seen[name] = (signature, self.clock())
        return [self.folder / name for name in sorted(there) if self._stands_still(name)]

    def names(self) -> list[str]:
        """Of the files that are there, whole or not."""
        return sorted(name for name, _ in self._files())

    @property
    def is_waiting(self) -> bool:
        """Whether some of those that were there at the last look are not whole yet."""
        return any(not self._stands_still(name) for name in self._seen)

    def _stands_still(self, name: str) -> bool:
        (_, _, written), since = self._seen[name]
        return max(self.clock() - since, time.time() - written / 1e9) >= self.settle_seconds

    def _files(self) -> Iterator[tuple[str, Signature]]:
        with os.scandir(self.folder) as entries:
            for entry in entries:
                name = entry.name
                if name.startswith(".") or name.lower().endswith((*HALF_WRITTEN, REPORT)):
                    continue
                if (signature := signature_of(Path(entry.path))) is not None:
                    yield name, signature

    def place_of(self, name: str, outcome: str) -> Path:
        """Where a file goes: into the folder of its outcome, under its name, or with a number where that is taken."""
        folder = self.folder / outcome
        stem, ending = Path(name).stem, Path(name).suffix
        names = (name if number == 1 else f"{stem}-{number}{ending}" for number in range(1, 1_000_000))
        return next(
            folder / one for one in names if not (_is_there(folder / one) or _is_there(report_of(folder / one)))
        )

    def reports(self) -> Iterator[tuple[Path, dict[str, Any]]]:
        """The place of every file that was done, with its report; what is no report of ours is passed over."""
        for outcome in (PUBLISHED, REJECTED):
            for path in sorted((self.folder / outcome).glob(f"*{REPORT}")):
                try:
                    told = orjson.loads(path.read_bytes())
                except (OSError, orjson.JSONDecodeError):
                    continue
                if isinstance(told, dict):
                    yield path.with_name(path.name.removesuffix(REPORT)), told


def signature_of(path: Path) -> Signature | None:
    """Of a file; None where it is gone, or is no plain file: links are never followed."""
    try:
        found = path.lstat()
    except OSError:
        return None
    return (found.st_ino, found.st_size, found.st_mtime_ns) if stat.S_ISREG(found.st_mode) else None


def report_of(place: Path) -> Path:
    """The report beside a file."""
    return place.with_name(place.name + REPORT)


def _is_there(path: Path) -> bool:
    return os.path.lexists(path)


def day_in(name: str, today: date) -> datetime | None:
    """The first moment of the day in a file's name, as 2026-09-01 or 20260901; None: it has none, or several."""
    days = {day for found in DAY.finditer(name) if (day := _day(found[1], found[3], found[4])) and day <= today}
    return datetime.combine(days.pop(), datetime.min.time(), UTC) if len(days) == 1 else None


def _day(*parts: str) -> date | None:
    try:
        return date(*map(int, parts))
    except ValueError:
        return None


def put_away(path: Path, place: Path, told: Mapping[str, Any]) -> None:
    """Write a report, and only then move its file beside it; killed in between, both are there to go on from.

    Raises:
        ThroughlineError: the disk does not take it.
    """
    report = report_of(place)
    half = report.with_name(f".{report.name}.part")
    try:
        with half.open("wb") as file:
            file.write(orjson.dumps(told, option=orjson.OPT_APPEND_NEWLINE))
            file.flush()
            os.fsync(file.fileno())
        half.rename(report)
        path.rename(place)
    except OSError as error:
        raise ThroughlineError(
            f"{path.name} was published, and cannot be put into {place.parent} ({error.strerror}): make room, or give "
            "this user the right to; then it is sent again, which changes nothing"
        ) from None


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """The folder, for one watch alone, with its folders for what is done.

    Raises:
        ThroughlineError: it is no folder, another watch has it, or it cannot be written.
    """
    if not folder.is_dir():
        raise ThroughlineError(f"{folder} is no folder; make it, or name another with --watch")
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        _prepare(folder, handle)
        yield
    finally:
        os.close(handle)


def _prepare(folder: Path, handle: int) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        for name in (PUBLISHED, REJECTED):
            (folder / name).mkdir(exist_ok=True)
    except BlockingIOError:
        raise ThroughlineError(f"another watch has {folder}; one is enough") from None
    except OSError as error:
        raise ThroughlineError(f"{folder} cannot be written ({error.strerror}); give this user the right to") from None
    for name in (PUBLISHED, REJECTED):
        if (folder / name).is_symlink():
            raise ThroughlineError(f"{folder / name} is a link, and files would leave the folder; put a folder there")
