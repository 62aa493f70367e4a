"""Orders of disclosure as the log has them, and what may be done next: 34 CFR 99.36 and 99.31(a)(9)."""

import uuid
from collections import defaultdict
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any

from partners.rows import day_of, days
from processors.consent.book import Book
from processors.consent.orders import EMERGENCY, EMERGENCY_DAYS, REASONS, same_name
from streams.errors import ThroughlineError

Row = dict[str, Any]
STATED, APPROVED, ENDED, OVER = "stated", "approved", "ended", "over"
LIST = "`throughline consent order list` has them"


@dataclass(frozen=True)
class Known:
    """An order as the log has it."""

    order_id: str
    recipient: str
    basis: str
    reason: str
    stated_by: str
    approved_by: str
    valid_until: date
    state: str
    person_ids: tuple[str, ...]
    """Whose the records are now that it is of."""

    def to_document(self) -> Row:
        """As JSON values."""
        return {**asdict(self), "valid_until": self.valid_until.isoformat(), "person_ids": list(self.person_ids)}


def known(book: Book) -> dict[str, Known]:
    """Every order by its id; those that hold longest come first."""
    rows, persons = dict[str, Row](), defaultdict[str, set[str]](set)
    for _, record in book.state.scan("record", ""):
        for order in record["orders"]:
            rows[order["order_id"]] = order
            persons[order["order_id"]].add(record["person"])
    made = [_known(order, persons[order_id], book.today() or 0) for order_id, order in rows.items()]
    return {one.order_id: one for one in sorted(made, key=lambda one: (-days(one.valid_until), one.order_id))}


def _known(order: Row, persons: set[str], today: int) -> Known:
    state = ENDED if order["is_ended"] else APPROVED if order["approved_by"] else STATED
    if state != ENDED and order["valid_until"] < today:
        state = OVER
    terms = {name: order[name] for name in ("order_id", "recipient", "basis", "reason", "stated_by", "approved_by")}
    return Known(**terms, valid_until=day_of(order["valid_until"]), state=state, person_ids=tuple(sorted(persons)))


@dataclass(frozen=True)
class Wish:
    """An order that somebody wants to state."""

    person_id: str
    recipient: str
    basis: str
    reason: str
    valid_until: date
    by: str


def stated(wish: Wish, book: Book, today: date, at: int) -> Row:
    """The first step of an order, as ``internal.disclosure_ordered.v1``.

    Args:
        wish: what is to be stated.
        book: at the end of the log.
        today: the day, UTC.
        at: microseconds since 1970-01-01 UTC.

    Raises:
        ThroughlineError: nothing could come of it, or it holds for too long.
    """
    if not book.records_of(wish.person_id):
        raise ThroughlineError("no person is called so: `throughline explain EVENT_ID` names the person of an event")
    _check_reason(wish)
    if wish.valid_until < today:
        raise ThroughlineError(f"--until {wish.valid_until} has passed: name the last day on which it is to hold")
    if wish.basis == EMERGENCY and wish.valid_until > (last := today + timedelta(days=EMERGENCY_DAYS)):
        raise ThroughlineError(
            f"an emergency holds for at most {EMERGENCY_DAYS} days, until {last}: if it goes on then, state it anew"
        )
    _check_agreement(wish, book, days(today))
    return {
        "order_id": str(uuid.uuid4()), "person_id": wish.person_id, "recipient": wish.recipient, "basis": wish.basis,
        "reason": wish.reason, "state": STATED, "by": wish.by, "stated_at": at, "valid_until": days(wish.valid_until),
    }  # fmt: skip


def _check_reason(wish: Wish) -> None:
    if wish.reason not in REASONS[wish.basis]:
        raise ThroughlineError(f"--reason of --basis {wish.basis} is one of {', '.join(REASONS[wish.basis])}")


def _check_agreement(wish: Wish, book: Book, today: int) -> None:
    able = {one.party for one in book.agreements() if one.basis == wish.basis and one.in_force(today)}
    if wish.recipient not in able:
        there = f"of {', '.join(sorted(able))} there is one" if able else "there is none of anybody"
        raise ThroughlineError(
            f"no data-sharing agreement of {wish.recipient} with basis {wish.basis} is in force, so nothing would come "
            f"of it: {there}"
        )


def approved(order_id: str, by: str, book: Book, at: int) -> Row:
    """The second step, for all of the order's records, whosever they are now.

    Raises:
        ThroughlineError: there is no such order, it waits for nobody, or the same person stated it.
    """
    order = _called(order_id, book)
    if order.state != STATED:
        raise ThroughlineError(f"that order is {order.state}: only one that is stated waits for approval; {LIST}")
    if same_name(by, order.stated_by):
        raise ThroughlineError("whoever stated an order cannot approve it: have another person look at it, --by WHO")
    return _step(order, APPROVED, by, at)


def ended(order_id: str, by: str, book: Book, at: int) -> Row:
    """The last step, likewise.

    Raises:
        ThroughlineError: there is no such order, or it has ended.
    """
    order = _called(order_id, book)
    if order.state == ENDED:
        raise ThroughlineError(f"that order has ended already; {LIST}")
    return _step(order, ENDED, by, at)


def _called(order_id: str, book: Book) -> Known:
    found = known(book).get(order_id)
    if found is None:
        raise ThroughlineError(
            "no order is called so in the log: it is not there yet, or its person's records had gone to another, of "
            f"whom it has to be stated anew; {LIST}"
        )
    return found


def persons_of(order_id: str, book: Book) -> list[str]:
    """Whose the records are now that an order is of, sorted."""
    return sorted({str(book.record(record_key)["person"]) for record_key in book.records_under(order_id)})


def _step(order: Known, state: str, by: str, at: int) -> Row:
    terms = {name: getattr(order, name) for name in ("order_id", "recipient", "basis", "reason")}
    more = {"state": state, "by": by, "stated_at": at, "valid_until": days(order.valid_until)}
    return {**terms, "person_id": order.person_ids[0], **more}
