"""Workers that stand still at every call to the outside, until the scheduler says how that call ends.

A worker is the stage's own loop in a greenlet: no threads, so one order of everything for one seed. A crash is an
exception that nothing in the loop catches; no call of a dead worker has an effect.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import TypeVar

from greenlet import getcurrent, greenlet

T = TypeVar("T")


class Verdict(Enum):
    """How a call ends."""

    DONE = "done"
    FAILED = "failed"
    """Without effect, and the worker hears so."""
    LOST = "reply lost"
    """With its effect, and the worker hears that nobody answers."""
    LATE = "late"
    """Nobody answers, and the effect comes later: at a moment of the scheduler's choice, or never."""
    CRASH_BEFORE = "crash before"
    CRASH_AFTER = "crash after"


class CrashedError(BaseException):
    """The worker is dead: no ``except Exception`` of its own lives on."""


@dataclass
class Outside:
    """What all workers share."""

    seconds: Callable[[], float]
    draw: Callable[[int], int]
    sleep: Callable[[float], None]
    later: list[Callable[[], object]]
    """Effects on their way."""


class Worker:
    """One worker; its ``Turn`` too."""

    def __init__(self, number: int, outside: Outside, live: Callable[["Worker"], None]) -> None:
        """Not begun."""
        self.number = number
        self.call = "begin"
        """What it is about to do."""
        self.ended: BaseException | None = None
        self.is_over = False
        self.idle = 0
        """Reads since its last commit; the newest may have brought something, unless it is about to read again."""
        self.is_stopping = False
        self._outside, self._live = outside, live
        self._greenlet = greenlet(self._run)

    def _run(self, first: Verdict) -> None:
        if first in {Verdict.CRASH_BEFORE, Verdict.CRASH_AFTER}:
            self.ended = CrashedError()
        else:
            try:
                self._live(self)
            except BaseException as error:  # noqa: BLE001  # the scheduler judges how it ended
                self.ended = error
        self.is_over = True

    def has_nothing_to_do(self, reads: int) -> bool:
        """Whether so many reads have brought nothing."""
        return self.call == "read" and self.idle >= reads

    def go_on(self, verdict: Verdict) -> None:
        """Let its call end so, and whatever follows, until its next call."""
        self._greenlet.parent = getcurrent()
        self._greenlet.switch(verdict)

    def kill(self) -> None:
        """End it where it stands."""
        if not self.is_over:
            self.go_on(Verdict.CRASH_BEFORE)

    def __call__(self, name: str, act: Callable[[], T], trouble: Callable[[], Exception]) -> T:
        """A call to the outside, at its turn."""
        if isinstance(self.ended, CrashedError):
            raise CrashedError
        self.call = name
        verdict = self._greenlet.parent.switch()
        if verdict is Verdict.DONE:
            self.idle = {"read": self.idle + 1, "commit": 0}.get(name, self.idle)
            return act()
        if verdict is Verdict.LATE:
            self._outside.later.append(act)
        elif verdict in {Verdict.LOST, Verdict.CRASH_AFTER}:
            act()
        if verdict in {Verdict.CRASH_BEFORE, Verdict.CRASH_AFTER}:
            self.ended = CrashedError()
            raise CrashedError
        raise trouble()

    def now(self) -> float:
        """Seconds."""
        return self._outside.seconds()

    def draw(self, most: int) -> int:
        """A number from 0 to the most."""
        return self._outside.draw(most)

    def is_set(self) -> bool:
        """Whether it was told to stop: it is the stage's ``stopping`` too."""
        return self.is_stopping

    def wait(self, seconds: float) -> bool:
        """Wait, while others go on."""
        self("wait", lambda: self._outside.sleep(seconds), CrashedError)
        return self.is_stopping
