"""What the portal reads from files, read again where they change: who may sign in, who takes part, what people call it.

So a user, a partner or a recipient that comes, changes or goes needs no restart. A file that cannot be read leaves what
was read before; the log says why, once.
"""

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar, overload

import structlog

from deploy.agreements_folder import load_agreements
from deploy.console import told_in_a_line
from portal.parts import User, load_organizations, load_users
from processors.consent.agreements import Agreement
from streams.errors import ThroughlineError
from streams.settings import Settings

log = structlog.get_logger()
LOOK_SECONDS = 1.0
Read = TypeVar("Read")
Item = TypeVar("Item")
Pair = tuple[str, str]


class Fresh(Generic[Read]):
    """What was read last, read again where its files are others; from any thread."""

    def __init__(
        self, read: Callable[[], Read], files: Callable[[], Sequence[Path]], clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Read it.

        Args:
            read: reads all of it.
            files: that it is read from.
            clock: seconds, from anywhere; files are looked at once in ``LOOK_SECONDS``.

        Raises:
            ThroughlineError: it cannot be read.
        """
        self._read, self._files, self._clock, self._lock = read, files, clock, threading.Lock()
        self._next, self._marks = clock() + LOOK_SECONDS, _marks(files())
        self._known = read()

    def __call__(self) -> Read:
        """What it is now."""
        with self._lock:
            if (now := self._clock()) >= self._next:
                self._next = now + LOOK_SECONDS
                self._look()
            return self._known

    def _look(self) -> None:
        marks = _marks(self._files())
        if marks == self._marks:
            return
        self._marks = marks
        try:
            self._known = self._read()
        except ThroughlineError as error:
            log.error("file_not_taken", why=str(error))  # noqa: TRY400  # expected errors have no traceback


class FreshMapping(Mapping[str, Item]):
    """A mapping that is fresh at each look."""

    def __init__(self, fresh: Callable[[], Mapping[str, Item]]) -> None:
        self._fresh = fresh

    def __getitem__(self, key: str) -> Item:
        """As of a mapping."""
        return self._fresh()[key]

    def __iter__(self) -> Iterator[str]:
        """As of a mapping."""
        return iter(self._fresh())

    def __len__(self) -> int:
        """As of a mapping."""
        return len(self._fresh())


class FreshSequence(Sequence[Item]):
    """A sequence that is fresh at each look."""

    def __init__(self, fresh: Callable[[], Sequence[Item]]) -> None:
        self._fresh = fresh

    @overload
    def __getitem__(self, place: int) -> Item: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Item]: ...
    def __getitem__(self, place: Any) -> Any:
        """As of a sequence."""
        return self._fresh()[place]

    def __iter__(self) -> Iterator[Item]:
        """As of one sequence, whatever comes meanwhile."""
        return iter(self._fresh())

    def __len__(self) -> int:
        """As of a sequence."""
        return len(self._fresh())


@dataclass(frozen=True)
class TakingPart:
    """Who takes part, by a folder of agreements."""

    pairs: tuple[Pair, ...]
    """Partner and family of everything that partners may publish."""
    recipients: tuple[str, ...]
    names: Mapping[str, str]
    """What people call partners and recipients."""


def taking_part(chosen: Settings) -> Fresh[TakingPart]:
    """By the settings' folder.

    Raises:
        ThroughlineError: a file of it is no agreement.
    """
    folder = chosen.agreements

    def read() -> TakingPart:
        agreements = load_agreements(folder)
        pairs = sorted({(a.party, family) for a in agreements if a.tier == "mou" for family in a.families})
        recipients = sorted({a.party for a in agreements if a.tier == "dsa"})
        return TakingPart(tuple(pairs), tuple(recipients), names_in(agreements))

    return Fresh(read, lambda: sorted(folder.glob("*.toml")))


def users(path: Path) -> Fresh[dict[str, User]]:
    """Who may sign in, by id; nobody where the file is not there.

    Raises:
        ThroughlineError: it is no such file.
    """
    return Fresh(lambda: read_users(path), lambda: [path])


def read_users(path: Path) -> dict[str, User]:
    """The same, as it is now."""
    with told_in_a_line(ValueError):
        return load_users(path) if path.exists() else {}


def organizations(path: Path) -> Fresh[dict[str, str]]:
    """What people call schools and colleges, by list and number.

    Raises:
        ThroughlineError: it is no such file.
    """

    def read() -> dict[str, str]:
        with told_in_a_line(ValueError):
            return load_organizations(path) if path.exists() else {}

    return Fresh(read, lambda: [path])


def names_in(agreements: Sequence[Agreement]) -> dict[str, str]:
    """What people call partners and recipients: the titles of their participation agreements."""
    return {a.party: a.title.removesuffix(" (its own clients)") for a in agreements if a.tier == "mou"}


def _marks(files: Sequence[Path]) -> list[tuple[str, int, int, int]]:
    """What tells these files from others; of one that is not there, nothing."""
    found = []
    for path in files:
        try:
            stat = path.stat()
        except OSError:
            continue
        found.append((path.name, stat.st_ino, stat.st_mtime_ns, stat.st_size))
    return found
