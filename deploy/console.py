"""What commands share: errors as one line with the remedy, signals as a stop, settings and broker."""

import difflib
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import structlog
import typer
from confluent_kafka import KafkaException

from streams import clients, settings
from streams.errors import ThroughlineError
from streams.telemetry import where

FAILED = 1
UNUSABLE = 2
LONG_SECONDS = 2.0
NEAR = 0.7
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
        if line := _of_the_data_directory(error):
            typer.echo(f"throughline: {line}", err=True)
            return UNUSABLE
        structlog.get_logger().error("bug", error=type(error).__name__, where=where(error))
        print(f"throughline: a bug: {type(error).__name__} at {where(error)}", file=sys.stderr)  # noqa: T201
        return BUG
    return 0


@contextmanager
def told_in_a_line(*kinds: type[Exception]) -> Iterator[None]:
    """Tell errors of some kinds as people see errors: each is one line with the remedy already."""
    try:
        yield
    except kinds as error:
        raise ThroughlineError(str(error)) from None


def _of_the_data_directory(error: Exception) -> str | None:
    """The line for a data directory that cannot be made or written, whichever command met it first."""
    if not isinstance(error, OSError) or not isinstance(error.filename, str):
        return None
    data_dir, met = settings.load().data_dir.absolute(), Path(error.filename).absolute()
    if not (met.is_relative_to(data_dir) or data_dir.is_relative_to(met)):
        return None
    return (
        f"{met} cannot be made or written ({error.strerror}): set THROUGHLINE_DATA_DIR to a folder that this user may "
        "write to"
    )


def meant(word: str, known: Iterable[str]) -> str:
    """What a mistyped name likely was, as words with more to follow; empty where nothing is near."""
    close = difflib.get_close_matches(word, known, 1, NEAR)
    return f"did you mean {close[0]}? " if close else ""


def noun(count: int, one: str, several: str = "") -> str:
    """What is counted, as ``row`` of one and ``rows`` of more; ``several`` where that is no ``s`` behind it."""
    return one if count == 1 else several or f"{one}s"


def stop_on_signals() -> threading.Event:
    """An event that SIGTERM and SIGINT set."""
    stopping = threading.Event()

    def stop(number: int, frame: FrameType | None) -> None:
        del number, frame
        stopping.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    return stopping


@contextmanager
def waiting_for(what: str) -> Iterator[None]:
    """Say on a terminal what is waited for, once it takes long; nothing where a program reads."""
    is_seen = sys.stderr.isatty() and sys.stdout.isatty() and "--json" not in sys.argv
    told = threading.Timer(LONG_SECONDS, lambda: typer.echo(f"waiting for {what}", err=True))
    told.daemon = True
    if is_seen:
        told.start()
    try:
        yield
    finally:
        told.cancel()


def bootstrap(*, must_answer: bool = True) -> str:
    """Address of the broker, which is there; a process that waits for it by itself need not ask.

    Raises:
        ThroughlineError: none is known, or it does not answer.
    """
    found = settings.bootstrap_from_settings()
    if found is None:
        raise ThroughlineError(
            "no broker is known: set THROUGHLINE_BOOTSTRAP=host:port, or start one with `make demo`; that of a demo is "
            f"looked for in {settings.load().data_dir.absolute()}"
        )
    if must_answer:
        with waiting_for(f"the broker at {found}"):
            admin = clients.admin(found)
            try:
                admin.list_topics(timeout=clients.ANSWER_SECONDS)
            except KafkaException as error:
                admin.poll(0)  # has it say whether it was not let in
                raise clients.away(error.args[0]) from error
    return found
