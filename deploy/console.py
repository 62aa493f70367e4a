"""What commands share: errors as one line with the remedy, signals as a stop, settings and broker."""

import signal
import sys
import threading
from collections.abc import Callable
from types import FrameType

import structlog
import typer

from streams import settings
from streams.errors import ThroughlineError
from streams.telemetry import where

FAILED = 1
UNUSABLE = 2
BUG = 70
"""EX_SOFTWARE of sysexits.h."""


def guarded(run: Callable[[], object]) -> int:
    """Run a command; its exit code. An expected error is one line; a bug says its type and place, never its text."""
    try:
        run()
    except ThroughlineError as error:
        print(f"throughline: {error}", file=sys.stderr)  # noqa: T201  # what a person reads
        return UNUSABLE
    except typer.Exit as error:
        return error.exit_code
    except KeyboardInterrupt:
        return 130
    except Exception as error:  # noqa: BLE001  # the last line of defence
        structlog.get_logger().error("bug", error=type(error).__name__, where=where(error))
        print(f"throughline: a bug: {type(error).__name__} at {where(error)}", file=sys.stderr)  # noqa: T201
        return BUG
    return 0


def stop_on_signals() -> threading.Event:
    """An event that SIGTERM and SIGINT set."""
    stopping = threading.Event()

    def stop(number: int, frame: FrameType | None) -> None:
        del number, frame
        stopping.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    return stopping


def bootstrap() -> str:
    """Address of the broker.

    Raises:
        ThroughlineError: none is known.
    """
    found = settings.bootstrap_from_settings()
    if found is None:
        raise ThroughlineError("no broker is known: set THROUGHLINE_BOOTSTRAP=host:port, or start one with `make demo`")
    return found
