"""Waiting for whoever is away: said in the log and in the pulse at each try, and tried again until it is done."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import structlog

from streams.errors import TransientError
from streams.pulse import Pulse

log = structlog.get_logger()
T = TypeVar("T")
BACK_OFF_SECONDS = (0.1, 0.5, 1, 2, 5)
"""Between tries, the last of them again and again."""


@dataclass(frozen=True)
class Waiting:
    """Of one loop."""

    name: str
    """As its log has it."""
    pulse: Pulse
    back_off_seconds: Sequence[float] = field(default_factory=lambda: BACK_OFF_SECONDS)

    def until_done(self, act: Callable[[], T], stopping: threading.Event) -> T:
        """Do it until it is done; what that gives.

        Raises:
            TransientError: told to stop before it was done.
        """
        tries = 0
        while True:
            try:
                done = act()
            except TransientError as error:
                if stopping.is_set():
                    raise
                stopping.wait(self.says(error, tries))
                tries += 1
            else:
                self.pulse.goes_on()
                return done

    def says(self, away: TransientError, tries: int = 0) -> float:
        """Say that it waits; how many seconds until the next try, after so many before."""
        seconds = self.back_off_seconds[min(tries, len(self.back_off_seconds) - 1)]
        self.pulse.waits(away.friend, away.why)
        log.warning("waiting", stage=self.name, why=away.why, error=away.detail, seconds=seconds)
        return seconds
