"""A worker that stops rather than jump stands still, and says so: in its health, its metrics, and in a note on disk.

It does not end before it is told to. A process that ended cannot be scraped, and starting it again does not help: a
supervisor that did so in a loop would hide the reason, and have one bug reject a topic ninety-nine records at a time.
The note is for whoever looks after the process has ended, and for its next start, which goes on counting errors there.
"""

import os
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import orjson
import structlog

from streams.errors import Stop, StoppedError
from streams.pulse import Done, Pulse, Written

log = structlog.get_logger()
NOTES = "stopped"
"""Folder in the data directory: one file a role, while its last stop was not gone beyond."""


@dataclass(frozen=True)
class Stopped:
    """That a worker has stopped."""

    why: Stop
    line: str
    """What people read."""
    at: str
    """When, in UTC as ISO 8601 says it."""
    process: int
    """Whose stop it was: another process has begun anew."""


class Stops:
    """The stops of one role over a data directory."""

    def __init__(self, role: str, data_dir: Path) -> None:
        """Of a role."""
        self._role, self._path = role, data_dir / NOTES / f"{role}.json"
        self._is_noted = self._path.exists()

    def noted(self) -> Stopped | None:
        """The last stop, where no record was done since."""
        try:
            found = orjson.loads(self._path.read_bytes())
            return Stopped(Stop(found["why"]), found["line"], found["at"], found["process"])
        except (OSError, ValueError, KeyError, TypeError):  # none, or one that a full disk has cut off
            return None

    def done(self, done: Done | Written) -> None:
        """A batch is done: where it read anything, what was in the way no longer is."""
        if done.records and self._is_noted:
            self._path.unlink(missing_ok=True)
            self._is_noted = False

    def stand_still_after(self, run: Callable[[], None], pulse: Pulse, stopping: threading.Event) -> None:
        """Run a loop; where it stops rather than jump, say so, and stand still until told to end."""
        try:
            run()
        except StoppedError as error:
            self.say(error, pulse)
            stopping.wait()

    def say(self, error: StoppedError, pulse: Pulse) -> None:
        """Say it in the log, the pulse and a note."""
        pulse.stopped(error.why, str(error))
        log.error("stopped_for_good", stage=self._role, why=error.why.value, error=str(error))
        self._is_noted = True
        at = datetime.now(UTC).isoformat(timespec="seconds")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._path.write_bytes(orjson.dumps(asdict(Stopped(error.why, str(error), at, os.getpid()))))
        except OSError as full:
            log.warning("stop_not_noted", stage=self._role, why=full.strerror)
