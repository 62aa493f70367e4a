"""When a file was made, and who sends it."""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, date, datetime
from pathlib import Path

from deploy.console import bootstrap as known_bootstrap
from deploy.console import waiting_for
from partners.client import Publisher
from partners.formats import FileError, NoDayError, Reader, day_of_file, midnight
from partners.publishing import Memory
from streams.errors import ThroughlineError


def check_moment(moment: datetime, undated: FileError | None, file: Path, *, dry_run: bool) -> None:
    """See that a file can be sent as of a moment.

    Raises:
        FileError: nobody can tell when it was made.
        ThroughlineError: it lies ahead.
    """
    if undated and not dry_run:
        is_told_so = isinstance(undated, NoDayError)
        raise FileError(f"{undated} (--dry-run tells each row's faults)") if is_told_so else undated
    if moment > datetime.now(UTC):
        raise ThroughlineError(f"{moment:%Y-%m-%d} lies ahead; say when {file.name} was made with --as-of YYYY-MM-DD")


def moment_of(
    file: Path, family: str, as_of: datetime | None, reader: Reader, memory: Memory | None, *, is_export: bool
) -> tuple[datetime, FileError | None]:
    """When a file was made, and why nobody can tell: then it is now, good for a look at its rows and for no more."""
    if memory and memory.before:
        return datetime.fromisoformat(memory.before.as_of), None
    if as_of is not None:
        return as_of, None
    try:
        return midnight(day_of_file(file, family, reader, is_export=is_export)), None
    except FileError as error:
        return datetime.now(UTC), error


@contextmanager
def publisher_to(broker: str, partner: str, families: Iterable[str]) -> Iterator[Publisher]:
    """Who sends a partner's events, once it is known that the broker has a topic for each family.

    Raises:
        PublishError: it does not answer, or has not.
    """
    with Publisher(broker, partner) as publisher:
        for family in families:
            publisher.require_topic(family)
        yield publisher


@contextmanager
def sender_of(
    partner: str, families: Iterable[str], bootstrap: str | None, *, dry_run: bool
) -> Iterator[Publisher | str]:
    """Who sends; the partner's name alone where nothing is to be sent.

    Raises:
        PublishError: as of ``publisher_to``.
    """
    if dry_run:
        yield partner
        return
    with ExitStack() as held:
        broker = bootstrap or known_bootstrap()
        with waiting_for("the broker"):
            publisher = held.enter_context(publisher_to(broker, partner, families))
        yield publisher


def moment_in(text: str, option: str = "--as-of") -> datetime:
    """A date's first moment, or a time with zone.

    Raises:
        ThroughlineError: it is neither.
    """
    try:
        found = midnight(date.fromisoformat(text)) if "T" not in text else datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise ThroughlineError(f"{option} takes a date, as 2026-09-01, or a time with zone, as 2026-09-01T12:00:00Z")
    return found
