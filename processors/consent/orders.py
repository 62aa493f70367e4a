"""Disclosures in an emergency (34 CFR 99.36) or by a court's order (99.31(a)(9)): stated by one, approved by another.

An order is of the records that its person has when it is stated, and kept with each of them, so that it goes where they
go. What becomes of it then becomes of it with all of them, whosever they are by then.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import Any, NamedTuple

from processors.consent.book import Book

Row = dict[str, Any]
EMERGENCY, JUDICIAL_ORDER = "emergency", "judicial_order"
REASONS = {
    EMERGENCY: ("threat_to_self", "threat_to_others", "medical", "missing", "abuse"),
    JUDICIAL_ORDER: ("court_order", "subpoena"),
}
"""What may be the reason, by basis."""
EMERGENCY_DAYS = 14
"""A threat is articulable and significant now; whoever sees it go on states it anew."""
TERMS = ("order_id", "recipient", "basis", "reason")


class Refusal(StrEnum):
    """Why a step of an order is withheld: a closed set."""

    NOBODY = "nobody"
    """Nothing is known of the person, or the records have gone to another by then."""
    OUT_OF_TURN = "out_of_turn"
    """Stated, approved or ended twice; approved before it was stated, or after its end."""
    SAME_PERSON = "same_person"
    """Approved by whoever stated it."""
    WRONG_REASON = "wrong_reason"
    """Not one of its basis."""
    NO_DAY = "no_day"
    """An emergency lasts for some days; before the first tick nobody knows which."""


class Taken(NamedTuple):
    """What came of a step."""

    changed: tuple[str, ...] = ()
    """Records in which something is different now."""
    until: int | None = None
    """The order's last day, from 1970-01-01."""
    refusal: Refusal | None = None


def take(book: Book, row: Row) -> Taken:
    """Take a step of an order in: ``disclosure_ordered.avsc``."""
    records = book.records_under(row["order_id"])
    if row["state"] == "stated":
        return Taken(refusal=Refusal.OUT_OF_TURN) if records else _stated(book, row)
    if not records:
        return Taken(refusal=Refusal.OUT_OF_TURN)
    known = next(one for one in book.record(records[0])["orders"] if one["order_id"] == row["order_id"])
    if known["is_ended"] or (row["state"] == "approved" and known["approved_by"]):
        return Taken(refusal=Refusal.OUT_OF_TURN)
    if row["state"] == "ended":
        return _kept(book, {**known, "is_ended": True}, records)
    if same_name(row["by"], known["stated_by"]):
        return Taken(refusal=Refusal.SAME_PERSON)
    return _kept(book, {**known, "approved_by": row["by"]}, records)


def _stated(book: Book, row: Row) -> Taken:
    if row["reason"] not in REASONS[row["basis"]]:
        return Taken(refusal=Refusal.WRONG_REASON)
    if not (records := book.records_of(row["person_id"])):
        return Taken(refusal=Refusal.NOBODY)
    if (until := _last_day(row, book.today())) is None:
        return Taken(refusal=Refusal.NO_DAY)
    terms = {name: row[name] for name in TERMS}
    more = {"valid_until": until, "stated_by": row["by"], "approved_by": "", "is_ended": False}
    return _kept(book, {**terms, **more}, records)


def _last_day(row: Row, today: int | None) -> int | None:
    """An emergency is over in time, whatever the record says; the log's day counts, nobody's clock."""
    if row["basis"] != EMERGENCY:
        return int(row["valid_until"])
    return None if today is None else min(row["valid_until"], today + EMERGENCY_DAYS)


def _kept(book: Book, order: Row, records: Sequence[str]) -> Taken:
    book.keep_order(order, records)
    return Taken(tuple(records), order["valid_until"])


def same_name(one: str, other: str) -> bool:
    """Whether two names are one, however they are written."""
    return "".join(one.split()).casefold() == "".join(other.split()).casefold()
