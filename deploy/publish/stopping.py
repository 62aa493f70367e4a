"""Ctrl-C and SIGTERM while something is published: it ends behind the rows under way, and says how far it has come."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

import typer

from partners.publishing import BrokenOffError

OF_SIGNALS = 128
"""Exit code of a program that a signal ended, less the signal's number, as shells tell it."""
AT_ONCE = "stopped; what was sent of it is known by its event ids, so run it again"
OF_SNAPSHOTS = "stopped; a snapshot that had begun to be sent is finished by the next run of it"
OF_LOOKS = "stopped; nothing was sent"


@dataclass
class Stopping:
    """Whether somebody has asked for an end.

    Whoever asks this again and again is trusted to end by itself; before the first time, and at a second signal,
    ``KeyboardInterrupt`` ends it at once.
    """

    number: int = 0
    """Of the signal that came; 0: none."""
    _is_asked: bool = False

    def __call__(self) -> bool:
        """Whether to stop now."""
        self._is_asked = True
        return bool(self.number)

    def hear(self, number: int, frame: FrameType | None) -> None:
        """Take a signal.

        Raises:
            KeyboardInterrupt: nobody will ask.
        """
        del frame
        waits = self._is_asked and not self.number
        self.number = number
        if not waits:
            raise KeyboardInterrupt


@contextmanager
def told_when_stopped(at_once: str) -> Iterator[Stopping]:
    """Tell in a line how far something has come that a signal stopped.

    Args:
        at_once: the line of what ends at once, and cannot tell.

    Raises:
        Exit: it was stopped.
    """
    stopping = Stopping()
    before = {number: signal.signal(number, stopping.hear) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stopping
    except (BrokenOffError, KeyboardInterrupt) as error:
        typer.echo(f"throughline: {str(error) or at_once}", err=True)
        raise typer.Exit(OF_SIGNALS + stopping.number) from None
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
