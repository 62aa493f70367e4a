"""The quality watch: what topics tell of identity without a truth. Read once, told as one report; nothing is sent."""

import sys
from collections import Counter
from collections.abc import Collection
from dataclasses import asdict, dataclass, field
from typing import Any

from deploy.identity.drift import MICROS_PER_DAY, Drift, Seen, day_of, drift, month_of
from deploy.identity.known import Known
from deploy.identity.review_queue import queue
from deploy.topic_reader import GONE, Read
from processors import names
from processors.counts import KINDS_OF_CHANGES
from processors.resolve.decisions import Two, pair_of

TOPICS = {names.IDENTITY_RECORDS, names.IDENTITY_CHANGES, names.REVIEWS, names.STEWARDS}
AGES = ("under 1 day", "1 to 7 days", "7 to 30 days", "over 30 days")
AGES_DAYS = (1, 7, 30)
"""Where each but the last ends."""
MICROS_PER_MILLI = 1_000
Row = dict[str, Any]
Table = dict[str, dict[str, int]]
"""Counts by row and column, both sorted where they have no order of their own."""


@dataclass(frozen=True)
class Report:
    """Of one moment."""

    drift: Drift
    changes: Table
    """By month and kind of change: records."""
    reviews: Table
    """By reason and ``AGES``: what stewards are asked, as ``review_queue.py`` has it."""
    decisions: Table
    """By kind and whether they stand."""

    def as_row(self) -> Row:
        """For programs."""
        rest = {"changes": self.changes, "reviews": self.reviews, "decisions": self.decisions}
        return {**asdict(self.drift), **rest}


@dataclass
class Watched:
    """What topics tell, as it is read. Of changes, of which there may be most, only counts are kept."""

    records: dict[str, Seen] = field(default_factory=dict)
    decided: Known = field(default_factory=Known)
    """Stewards' decisions; nothing else."""
    changes: Counter[tuple[str, str]] = field(default_factory=Counter)
    """By month and kind."""
    reviews: dict[Two, tuple[Row, int]] = field(default_factory=dict)
    """Those that are open, and since when, in microseconds since 1970-01-01 UTC."""

    def enter(self, read: Read) -> None:
        """Take one record of the topics in; those of a partition in their order."""
        at, row = read.appended_at * MICROS_PER_MILLI, read.row
        if read.name == "identity_record":
            person_id, partner_id = sys.intern(row["person_id"]), sys.intern(row["partner_id"])
            self.records[row["record_key"]] = Seen(person_id, partner_id, day_of(row["first_seen_at"]))
        elif read.name == GONE and read.topic == names.REVIEWS:
            self.reviews.pop(pair_of(*row["key"].split("|")), None)
        elif read.name == GONE:
            self.records.pop(row["key"], None)
        elif read.name == "identity_changed":
            self.changes[month_of(day_of(at)), row["kind"]] += 1
        elif read.name == "identity_review":
            self._enter_review(row, at)
        else:
            self.decided.enter(read)

    def _enter_review(self, row: Row, at: int) -> None:
        """One that is told anew while it is open is as old as it was: of another weight, perhaps."""
        pair = pair_of(row["one"], row["other"])
        if row["open"]:
            _, since = self.reviews.get(pair, (row, at))
            self.reviews[pair] = row, since
        else:
            self.reviews.pop(pair, None)


def report(watched: Watched, numbering: Collection[str], now: int) -> Report:
    """What is told of it.

    Args:
        watched: what topics tell.
        numbering: partners that number their records themselves.
        now: microseconds since 1970-01-01 UTC; reviews have an age by it.
    """
    return Report(
        drift(watched.records.values(), numbering),
        _changes(watched.changes),
        _reviews(watched, now),
        _decisions(watched.decided),
    )


def _changes(counts: Counter[tuple[str, str]]) -> Table:
    """Of each month each kind; that an event was applied is none of them."""
    months = sorted({month for month, kind in counts if kind in KINDS_OF_CHANGES})
    return {month: {kind: counts[month, kind] for kind in KINDS_OF_CHANGES} for month in months}


def _reviews(watched: Watched, now: int) -> Table:
    found, decided = Counter[tuple[str, str]](), watched.decided.standing()
    named = {key for pair in (*watched.reviews, *decided) for key in pair}
    persons = {key: watched.records[key].person_id for key in named if key in watched.records}
    for asked in queue((row for row, _ in watched.reviews.values()), persons, decided):
        _, since = watched.reviews[pair_of(asked.one, asked.other)]
        found[asked.reason, age_of(now - since)] += 1
    return {reason: {age: found[reason, age] for age in AGES} for reason in sorted({reason for reason, _ in found})}


def age_of(micros: int) -> str:
    """One of ``AGES``."""
    return AGES[sum(micros >= days * MICROS_PER_DAY for days in AGES_DAYS)]


def _decisions(decided: Known) -> Table:
    counts = Counter((decided.kind(id_), decided.state(id_)) for id_ in decided.decisions)
    kinds, states = sorted({kind for kind, _ in counts}), sorted({state for _, state in counts})
    return {kind: {state: counts[kind, state] for state in states} for kind in kinds}
