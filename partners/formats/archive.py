"""Zip archives: their files are read where they are, streaming; nothing of them is ever written by its name."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO, Literal
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo
from zlib import error as DeflateError  # noqa: N812  # an exception by its kind

from partners.formats.reading import FileError

ENDING = ".zip"
OTHERS = {".7z", ".bz2", ".gz", ".rar", ".tar", ".tgz", ".xz", ".zst"}
"""Endings of what is compressed or packed in ways that are not read."""
MOST_ENTRIES = 10_000
MOST_RATIO = 200
"""How much larger the files may be than the archive: tables and XML shrink to a tenth, seldom to a fiftieth."""
FREE_BYTES = 64 << 20
"""Of which no ratio is asked."""
ENCRYPTED = 0x1
"""Of an entry's flags (PKWARE APPNOTE 4.4.4)."""


@dataclass(frozen=True, order=True)
class Entry:
    """A file in an archive."""

    path: str
    """In the archive; it is compared and shown, and no more."""
    number: int
    info: ZipInfo = field(compare=False, repr=False)
    archive: ZipFile = field(compare=False, repr=False)

    @property
    def name(self) -> str:
        """Without its folders."""
        return PurePosixPath(self.path).name

    @property
    def suffix(self) -> str:
        """The ending of its name."""
        return PurePosixPath(self.path).suffix

    def open(self, mode: Literal["rb"], /) -> IO[bytes]:
        """Its bytes, inflated as they are asked for."""
        del mode
        return self.archive.open(self.info)


def check_not_packed(name: str) -> None:
    """See that a file is not compressed in a way that is not read.

    Raises:
        FileError: by its name it is.
    """
    if PurePosixPath(name).suffix.lower() in OTHERS:
        raise FileError(f"{name} is compressed; unpack it, or make a zip of it")


@contextmanager
def opened(path: Path) -> Iterator[list[Entry]]:
    """The files in an archive, while it is open.

    Within, an archive that turns out to be damaged is told so.

    Raises:
        FileError: it is no archive, is encrypted, damaged, or is larger inside than one that somebody means to send.
        OSError: it cannot be read.
    """
    try:
        with ZipFile(path) as archive:
            infos = [
                info for info in archive.infolist() if not info.filename.endswith("/")
            ]  # is_dir breaks off at no name
            _check(path, infos)
            yield [Entry(info.filename, number, info, archive) for number, info in enumerate(infos)]
    except (BadZipFile, DeflateError, EOFError, NotImplementedError, UnicodeDecodeError):
        # The last two are of a version or kind that is none, and of a name that is no text.
        raise _damaged(path) from None
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise
        raise _damaged(path) from None  # a place in it that lies before its beginning


def _damaged(path: Path) -> FileError:
    return FileError(f"{path.name} is no zip, or a damaged one; export it again")


def _check(path: Path, infos: list[ZipInfo]) -> None:
    if len(infos) > MOST_ENTRIES:
        raise FileError(f"{path.name} has more than {MOST_ENTRIES:,} files; send it in parts")
    if any(info.flag_bits & ENCRYPTED for info in infos):
        raise FileError(f"{path.name} is encrypted; unpack it, or export it without a password")
    if any(info.compress_type not in {ZIP_STORED, ZIP_DEFLATED} for info in infos):
        raise FileError(f"{path.name} is compressed in a way that is not read; make a usual zip (deflate) of it")
    inside, outside = sum(info.file_size for info in infos), sum(info.compress_size for info in infos)
    if inside > max(FREE_BYTES, MOST_RATIO * outside):
        raise FileError(
            f"{path.name} would be more than {MOST_RATIO} times as large unpacked; unpack it and publish the folder"
        )
