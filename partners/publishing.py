"""Publishes a file: its good rows in batches, its bad ones counted by reason."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from partners.client import BATCH, Publisher
from partners.events import framed, topic_of
from partners.formats import Bad, Code, Good, encoding_of, rows

MAX_VALUE_BYTES = 64 * 1024
"""No gate takes more."""
OnEvent = Callable[[int | None, str, str], None]
"""Told the place of a row, none where no row is behind it, and its event's id and operation."""


@dataclass
class Outcome:
    """What became of a file's rows."""

    rows: int = 0
    valid: int = 0
    published: int = 0
    """Acknowledged by the broker."""
    ids_made: int = 0
    """Events whose id was made from their content."""
    bad: list[Bad] = field(default_factory=list)
    encoding: str | None = None
    """Of the file's text, where its format leaves that open."""

    @property
    def reasons(self) -> dict[str, int]:
        """How many rows were rejected, by code."""
        return dict(sorted(Counter(bad.code.value for bad in self.bad).items()))

    def to_document(self) -> dict[str, object]:
        """As JSON values."""
        counts = {"rows": self.rows, "published": self.published, "rejected": len(self.bad)}
        encoding = {} if self.encoding is None else {"encoding": self.encoding}
        return {**counts, "reasons": self.reasons, **encoding}


def publish_file(
    path: Path,
    family: str,
    as_of: datetime,
    publisher: Publisher | str,
    on_progress: Callable[[int], None] = lambda _: None,
    on_event: OnEvent = lambda *_: None,
) -> Outcome:
    """Publish every good row of a file, and wait until the broker has them.

    Args:
        path: of the file.
        family: of its rows.
        as_of: when the file was made.
        publisher: whose rows they are and who sends them; the partner's id alone: nobody does, they are only looked at.
        on_progress: told the number of rows done, batch by batch.
        on_event: told place, event id and operation of each good row, before it is sent.

    Raises:
        FileError: the file as a whole cannot be read.
        PublishError: the broker did not take an event.
    """
    partner = publisher if isinstance(publisher, str) else publisher.partner_id
    outcome = Outcome(encoding=encoding_of(path))
    for batch in batches(rows(path, partner, family, as_of), outcome):
        sound = of_fitting_size(batch, family, outcome)
        outcome.valid += len(sound)
        for good, _ in sound:
            outcome.ids_made += not good.has_own_id
            on_event(good.place, good.row["envelope"]["event_id"], good.row["envelope"]["operation"])
        if isinstance(publisher, Publisher) and sound:
            rows_, values = zip(*((good.row, value) for good, value in sound), strict=True)
            publisher.publish_framed(topic_of(partner, family), rows_, values)
        on_progress(outcome.rows)
    if isinstance(publisher, Publisher):
        publisher.flush()
        outcome.published = len(publisher.report.acknowledged)
    return outcome


def batches(found: Iterable[Good | Bad], outcome: Outcome) -> Iterable[list[Good]]:
    """The good rows in batches; the bad ones go to the outcome."""
    batch: list[Good] = []
    for row in found:
        outcome.rows += 1
        if isinstance(row, Bad):
            outcome.bad.append(row)
        else:
            batch.append(row)
        if len(batch) == BATCH:
            yield batch
            batch = []
    yield batch


def of_fitting_size(
    batch: list[Good], family: str, outcome: Outcome, most_bytes: int = MAX_VALUE_BYTES
) -> list[tuple[Good, bytes]]:
    """Rows with their message values; those that no gate would take go to the outcome."""
    values = framed(family, [good.row for good in batch])
    sound = []
    for good, value in zip(batch, values, strict=True):
        if len(value) > most_bytes:
            outcome.bad.append(Bad(good.place, Code.TOO_LARGE, None, good.row["envelope"]["source_record_id"]))
        else:
            sound.append((good, value))
    return sound
