"""Erasing: a person's records are taken out as if they had never come, and what comes of them later is withheld.

Who had been joined by these records alone is parted, by a move like any.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from processors import counts
from processors.drafts import GONE, Draft
from processors.names import IDENTITY_RECORDS, RESOLVED_EVENTS, REVIEWS
from processors.records import NO_HEADERS, derived_id
from processors.resolve import erased
from processors.resolve.admitted import Admitted
from processors.resolve.book import Book, Move
from processors.resolve.submissions import IDENTITY

Row = dict[str, Any]
STAGE = "resolve"
REQUESTED, DONE, WITHHELD = "internal.erasure_requested.v1", "internal.person_erased.v1", "internal.event_withheld.v1"
REASON = "erased"
"""Of what is withheld."""


def erase(requests: Sequence[Mapping[str, Any]], book: Book) -> tuple[list[Draft], list[Move]]:
    """Take persons out.

    Args:
        requests: rows of ``erasure_requested.avsc``, in the order of the log.
        book: nothing may wait in it to be clustered.

    Returns:
        What the log is told of each, and the records of others that change persons by it.
    """
    told, moves = list[Draft](), list[Move]()
    for row in requests:
        record_keys = book.members(row["person_id"], row["record_keys"])
        moves += take_out(record_keys, row["erasure_id"], book)
        counts.erasure_asked(book.state, row["reason"])
        counts.erased(book.state, row["reason"], len(record_keys))
        done = {name: row[name] for name in ("erasure_id", "person_id", "reason", "requested_by")}
        id_ = derived_id(row["erasure_id"], f"{STAGE}.erased", 0)
        told.append(Draft(RESOLVED_EVENTS, row["person_id"], DONE, {**done, "record_keys": record_keys}, id_))
    return told, moves


def take_out(record_keys: Collection[str], erasure_id: str, book: Book) -> list[Move]:
    """Take records out, known or not, and remember them; records of others that change persons by it."""
    erased.remember(record_keys, erasure_id, book.state)
    return book.take_out(record_keys, erasure_id)


def gone(book: Book) -> list[Draft]:
    """What the compacted topics are to forget: records that were taken out, and questions about them."""
    named = erased.among({key for r in book.index.reviews for key in (r.one, r.other)}, book.state)
    pairs = {f"{r.one}|{r.other}" for r in book.index.reviews if not named.isdisjoint((r.one, r.other))}
    told = [(IDENTITY_RECORDS, key) for key in sorted(book.taken_out)] + [(REVIEWS, pair) for pair in sorted(pairs)]
    return [Draft(topic, key, GONE, {}, derived_id(key, f"{STAGE}.gone", 0)) for topic, key in told]


def withheld(events: Admitted, sent_with: Sequence[Mapping[str, bytes]]) -> list[Draft]:
    """What the log is told of events of erased records: that they came, and nothing of what they say.

    Args:
        events: of erased records.
        sent_with: by place in the batch, which submission an event came with; identity's are counted already.
    """
    columns = (events.column("event_id"), events.partners, events.families)
    rows = [
        {"event_id": event_id, "partner_id": partner, "family": family, "reason": REASON}
        for event_id, partner, family in zip(*columns, strict=True)
    ]
    ids = [derived_id(f"{row['partner_id']}|{row['event_id']}", STAGE, 0) for row in rows]
    headers = [
        NO_HEADERS if family == IDENTITY else sent_with[place]
        for place, family in zip(events.places, events.families, strict=True)
    ]
    return [
        Draft(RESOLVED_EVENTS, row["event_id"], WITHHELD, row, id_, headers=more)
        for row, id_, more in zip(rows, ids, headers, strict=True)
    ]
