"""The file that rows' event ids go into, so that one can ask what became of each."""

import csv
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from streams.errors import ThroughlineError

HEADER = ("row", "event_id", "operation")
OF_SETS = ("file", "family")
"""Columns behind them where rows are of several files."""


class IdsFile:
    """Rows' event ids, written one by one; a file that is there is not touched before the first."""

    def __init__(self, path: Path | None, files: ExitStack, header: Sequence[str] = HEADER) -> None:
        """Note where they go, None: nowhere; an opened file is closed with ``files``.

        Raises:
            ThroughlineError: the file cannot be written.
        """
        self.path, self.count = path, 0
        self._files, self._header = files, header
        self._writer: Any = None
        if path is not None:
            _check(path)

    def note(self, place: int | None, event_id: str, operation: str, *of_set: str) -> None:
        """Write down an event: its row's place (none: a snapshot found that it is gone), its id, what it does.

        Args:
            place: of the row.
            event_id: of the event.
            operation: of the event.
            of_set: file and family of the row, where there are several.
        """
        if self.path is None:
            return
        if self._writer is None:
            # Line by line: a run that is killed has written what it sent.
            file = self._files.enter_context(self.path.open("w", buffering=1, encoding="utf-8", newline=""))
            self._writer = csv.writer(file, lineterminator="\n")
            self._writer.writerow(self._header)
        self.count += 1
        self._writer.writerow((place, event_id, operation, *of_set))


@contextmanager
def ids_into(path: Path | None, *, of_set: bool = False) -> Iterator[IdsFile]:
    """What writes rows' event ids into a file, nothing else of them; without a file nothing does.

    Args:
        path: of the file.
        of_set: whether it also says file and family of each.

    Raises:
        ThroughlineError: the file cannot be written.
    """
    with ExitStack() as files:
        yield IdsFile(path, files, (*HEADER, *OF_SETS) if of_set else HEADER)


def _check(path: Path) -> None:
    """See that a file can be written, before anything is sent; what is there stays as it is."""
    was_there = path.exists()
    try:
        path.open("a", encoding="utf-8").close()
    except OSError as error:
        raise ThroughlineError(f"cannot write {path}: {error.strerror}; name another file with --ids") from None
    if not was_there:
        path.unlink()
