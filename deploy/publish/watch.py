"""``throughline publish --watch``: files of a folder, each published once, in the order of their names.

Of each file, in this order:

1. It is whole: it has stood still, and no program gives it the name of what it still writes (``drops.py``).
2. Its content was not done before, or it is put away beside that and changes nothing.
3. Its rows are sent and acknowledged; how far is remembered, so that a killed run goes on there.
4. Its report is written, and it is moved beside it.

A kill before the end of 3 goes on in the middle, with the same event ids; one before 4 sends once more what changes
nothing; one in the middle of 4 finds the report by the content's keyed hash in it, and finishes the move.
"""

import hashlib
import hmac
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import orjson
import structlog
import typer

from deploy.console import bootstrap as known_bootstrap
from deploy.console import noun, stop_on_signals
from deploy.publish.drop import Document, Dropped
from deploy.publish.drops import PUBLISHED, REJECTED, Drops, Signature, held, put_away, report_of, signature_of
from deploy.publish.report import new_among
from deploy.publish.sending import publisher_to
from partners.client import BrokerAwayError, PublishError
from partners.district import NO_FAMILY
from partners.mapping import Mapped
from partners.publishing import BrokenOffError
from partners.sent_state import SentError, blocks_of
from schemas_avro.version import VERSION
from streams import settings, telemetry
from streams.errors import StoreError, ThroughlineError
from streams.keyring import read_or_make_secret

LOOK_SECONDS = 1.0
REPEATED, WAITING, WITH_REJECTS = "repeated", "waiting", "with_rejects"
DONE = (PUBLISHED, REJECTED, REPEATED)
"""What becomes of a file that is done: one of these."""


@dataclass
class Watch:
    """A folder that is watched."""

    drops: Drops
    dropped: Dropped
    key: bytes = field(repr=False)
    """Of the hashes by which files are known again."""
    stopping: threading.Event
    say: Callable[[str], None] = typer.echo
    counts: Counter[str] = field(default_factory=Counter)
    """Files, by what became of them."""
    _done: dict[str, Path] = field(default_factory=dict)
    _mendable: set[str] = field(default_factory=set)
    """Of them, those with rows that were rejected."""
    _away: BrokerAwayError | None = None
    """Why the broker was not there the last time."""
    _unread: set[Signature] = field(default_factory=set)
    """Files that cannot be opened, and were told."""

    def run(self, *, once: bool) -> None:
        """Publish what is dropped, until somebody has it stop; or what is there, and no more.

        Raises:
            ThroughlineError: it cannot go on; the file stays where it is.
        """
        known = [(told["drop"], place, told) for place, told in self.drops.reports() if "drop" in told]
        self._done = {drop: place for drop, place, _ in known}
        self._mendable = {drop for drop, _, told in known if _is_mendable(told)}
        log = structlog.get_logger()
        log.info("watch_started")
        waited = False
        while not self.stopping.is_set():
            self._take_all()
            if once and self._away is not None:
                raise self._away
            if once and (waited or not self.drops.is_waiting):
                break
            waited = once
            self.stopping.wait(self.drops.settle_seconds if once else LOOK_SECONDS)
        self.counts[WAITING] = sum(1 for _ in self.drops.names())
        log.info("watch_stopped", count=sum(self.counts[name] for name in DONE))

    def _take_all(self) -> None:
        """Publish every whole file that is there; where the broker is away, the first tells it for all."""
        for file in self.drops.whole():
            if self.stopping.is_set():
                return
            self._take(file)
            if self._away is not None:
                return

    def _take(self, file: Path) -> None:
        """Publish a file and put it away; where it cannot be sent now it stays."""
        before = signature_of(file)
        try:
            drop = self._hash_of(file)
            if drop in self._done:
                self._take_again(file, drop)
                return
            begun = time.monotonic()
            with self._present():
                told = self._published(file)
        except (BrokenOffError, _AwayError):
            return
        except OSError as error:
            self._leave_unread(file, before, error)
            return
        if before is None or signature_of(file) != before:
            structlog.get_logger().warning("file_changed_while_it_was_read")
            return
        self._put_away(file, drop, told, time.monotonic() - begun)

    def _leave_unread(self, file: Path, signature: Signature | None, error: OSError) -> None:
        """A file that cannot be opened stays, and is told once."""
        if signature is not None and signature not in self._unread:
            self._unread.add(signature)
            structlog.get_logger().warning("file_cannot_be_read", error=type(error).__name__)
            self.say(f"{file.name}: cannot be read ({error.strerror}); give this user the right to")

    def _published(self, file: Path) -> Document:
        """What became of a file; one that cannot be published as it is, is rejected whole."""
        try:
            return self.dropped.publish(file)
        except (BrokenOffError, PublishError, SentError, StoreError):
            raise
        except ThroughlineError as error:
            return {"rows": 0, "published": 0, "rejected": 0, "reasons": {}, "error": str(error)}

    def _put_away(self, file: Path, drop: str, told: Document, seconds: float) -> None:
        is_mendable = _is_mendable(told)
        outcome = REJECTED if is_mendable and not told["published"] else PUBLISHED
        place = self.drops.place_of(file.name, outcome)
        known = {} if "error" in told else {"drop": drop}
        at = datetime.now(UTC).isoformat(timespec="seconds")
        put_away(file, place, {"file": file.name, "done_at": at, **told, **known})
        if known:
            self._done[drop] = place
        self.counts[outcome] += 1
        if is_mendable:
            self.counts[WITH_REJECTS] += 1
            structlog.get_logger().warning("drop_with_rejects", records=told["rows"], count=told["rejected"])
        why = f"; what to mend is in {report_of(place).name}" if is_mendable else ""
        why = f": {told['error']}" if "error" in told else why
        self.say(
            f"{file.name}: {told['rows']} {noun(told['rows'], 'row')}, {told['published']} published"
            f"{new_among(told['published'], told.get('new'))}, {told['rejected']} rejected, "
            f"{seconds:.1f} s; now in {outcome}/{place.name}{why}"
        )

    def _take_again(self, file: Path, drop: str) -> None:
        """A content that was done before: its move is finished, or it is a second file of it."""
        place = self._done[drop]
        if not place.exists():
            file.rename(place)
            self.counts[place.parent.name] += 1
            self.counts[WITH_REJECTS] += drop in self._mendable
            self.say(f"{file.name}: published before; now in {place.parent.name}/{place.name}")
            return
        target = self.drops.place_of(file.name, place.parent.name)
        at = datetime.now(UTC).isoformat(timespec="seconds")
        put_away(file, target, {"file": file.name, "done_at": at, "same_as": place.name, "published": 0, "new": 0})
        self.counts[REPEATED] += 1
        self.say(f"{file.name}: the same as {place.name}; nothing was sent; now in {target.parent.name}/{target.name}")

    def _hash_of(self, file: Path) -> str:
        """A content and how it is read, so that nobody finds what it is."""
        dropped = self.dropped
        said = (VERSION, dropped.partner, dropped.family or "", dropped.mapped.text if dropped.mapped else "")
        digest = hmac.new(self.key, "\x1f".join(said).encode(), hashlib.sha256)
        for block in blocks_of([file]):
            digest.update(block)
        return digest.hexdigest()[:32]

    @contextmanager
    def _present(self) -> Iterator[None]:
        """Say once that the broker is away, and once that it is back.

        Raises:
            _AwayError: it is away.
        """
        try:
            yield
        except BrokerAwayError as error:
            if self._away is None:
                structlog.get_logger().warning("broker_away")
                self.say(f"{error}; waiting")
            self._away = error
            raise _AwayError from None
        if self._away is not None:
            self._away = None
            structlog.get_logger().info("broker_back")
            self.say("the broker answers again")


def _is_mendable(told: Document) -> bool:
    """Whether somebody can do something about what was rejected of a file, as its report has it."""
    return "error" in told or bool(told.get("reasons", {}).keys() - {NO_FAMILY})


class _AwayError(Exception):
    """A file waits for the broker."""


def check_options(**said: object) -> None:
    """See that nothing is asked for that a watched folder cannot do.

    Raises:
        ThroughlineError: something is.
    """
    if wrong := next((name for name, value in said.items() if value), None):
        option = "FILE" if wrong == "file" else f"--{wrong.replace('_', '-')}"
        raise ThroughlineError(f"{option} is for one file; leave it out, or publish the file by its name")


def watch(
    folder: Path,
    partner: str,
    family: str | None,
    mapped: Mapped | None,
    bootstrap: str | None,
    settle_seconds: float,
    *,
    once: bool,
    as_json: bool,
) -> Counter[str]:
    """Publish what is dropped into a folder; files, by what became of them.

    Args:
        folder: that is watched.
        partner: who publishes.
        family: of all rows; None: files are sets that say it.
        mapped: by what files are read, where that is a mapping file.
        bootstrap: of the broker; None: as the settings say.
        settle_seconds: how long a file stands still before it is whole.
        once: whether to end after what is there.
        as_json: whether one object is printed at the end, and nothing else.

    Raises:
        ThroughlineError: it cannot be done so, or not go on.
    """
    chosen = settings.load()
    telemetry.configure("publish", chosen.data_dir / "logs", chosen.log_level, to_standard_error=False)
    stopping, broker = stop_on_signals(), bootstrap or known_bootstrap(must_answer=False)
    key = hmac.digest(read_or_make_secret(chosen.data_dir / "snapshots" / "snapshots.key"), b"drops", hashlib.sha256)
    dropped = Dropped(partner, family, mapped, partial(publisher_to, broker, partner), stopping.is_set)
    say = (lambda _: None) if as_json else typer.echo
    with held(folder):
        watched = Watch(Drops(folder, settle_seconds), dropped, key, stopping, say)
        watched.run(once=once)
    if as_json:
        typer.echo(orjson.dumps(document_of(watched.counts)))
    return watched.counts


def document_of(counts: Counter[str]) -> dict[str, Any]:
    """Files by what became of them, as JSON values."""
    return {
        "files": sum(counts[name] for name in DONE),
        **{name: counts[name] for name in (*DONE, WITH_REJECTS, WAITING)},
    }
