"""Deciding many people again, a slice at a time between batches: a day has come, an agreement changed, a view was lost.

Whatever the slices, the same state comes of it: what comes in between is decided by the day and the agreements that
hold already, so a slice finds only what nobody else has decided, and sends it at the position of the sweep's cause.
Tables: due (day | record), sweep (day: due entries to be decided; everyone: cursor over the table person).
"""

from collections.abc import Collection, Iterable
from typing import Any

from processors.consent import telling
from processors.consent.log import Cause
from processors.consent.settle import Batch, decide_person
from processors.counts import SWEPT
from processors.state import Working

Row = dict[str, Any]
SLICE_PERSONS = 200
"""Most persons that one batch decides again besides its own."""
DAY, EVERYONE = "day", "everyone"


def await_days(batch: Batch, record_key: str, days: Iterable[int]) -> None:
    """Have a record's person decided again on days to come, counted from 1970-01-01."""
    today = batch.book.today()
    for day in days:
        if today is None or day > today:
            batch.book.state.put("due", f"{_text(day)}|{record_key}", 1)


def days_of(consent: Row) -> list[int]:
    """Days on which a statement about consent begins to count, or counts no more."""
    ends = [] if consent["valid_until"] is None else [consent["valid_until"] + 1]
    return [*ends, *filter(None, [consent["valid_from"]])]


def forget_days(batch: Batch, record_key: str, days: Iterable[int]) -> None:
    """Have a record wait for some days no more."""
    for day in days:
        batch.book.state.put("due", f"{_text(day)}|{record_key}", None)


def day_came(batch: Batch, cause: Cause, before: int | None) -> None:
    """A new day: who waits for it is decided again; everyone, where an agreement begins or ends to be in force."""
    today = batch.book.today() or 0
    batch.book.state.put("sweep", DAY, {"day": today, "id": cause.id, "position": cause.position})
    agreements = batch.book.agreements()
    if any(a.in_force(today) != (before is not None and a.in_force(before)) for a in agreements):
        over_everyone(batch, cause)


def over_everyone(batch: Batch, cause: Cause, reissue: Collection[str] = ()) -> None:
    """Have every person decided again; a sweep that is under way begins again.

    Args:
        batch: the batch.
        cause: what calls for it.
        reissue: recipients that are to be sent again what they hold already.
    """
    under_way = batch.book.state.get("sweep", EVERYONE) or {"reissue": []}
    again = sorted({*under_way["reissue"], *reissue})
    row = {"id": cause.id, "position": cause.position, "after": "", "done": 0, "reissue": again}
    batch.book.state.put("sweep", EVERYONE, row)
    if (day := batch.book.state.get("sweep", DAY)) is not None:
        # Whoever is still due is decided by this cause too: told at the day's place, a view would take it for too old.
        # The id stays the day's, since the sweep over everyone may send the same again under its own.
        batch.book.state.put("sweep", DAY, {**day, "position": cause.position})


def next_slice(batch: Batch) -> None:
    """Decide the next few persons again."""
    left = SLICE_PERSONS - _those_due(batch)
    if left > 0:
        _those_of_everyone(batch, left)


def _those_due(batch: Batch) -> int:
    """The next who wait for a day that has come; how many."""
    state, row = batch.book.state, batch.book.state.get("sweep", DAY)
    if row is None:
        return 0
    found = [key for key, _ in state.scan("due", "", SLICE_PERSONS) if key < _text(row["day"] + 1)]
    persons: set[str] = set()
    for key in found[:SLICE_PERSONS]:
        state.put("due", key, None)
        persons.add(batch.book.record(key.partition("|")[2])["person"])
    if len(found) < SLICE_PERSONS:
        state.put("sweep", DAY, None)
    state.count(SWEPT, DAY, times=len(persons))
    _decide(batch, persons, Cause(row["position"], row["id"]))
    return len(found)


def _those_of_everyone(batch: Batch, most: int) -> None:
    """The next of a sweep over everyone."""
    state, row = batch.book.state, batch.book.state.get("sweep", EVERYONE)
    if row is None:
        return
    found = [key for key, _ in state.scan("person", "", most, after=row["after"])][:most]
    batch.reissue = frozenset(row["reissue"])
    _decide(batch, found, Cause(row["position"], row["id"]))
    batch.reissue = frozenset()
    state.count(SWEPT, EVERYONE, times=len(found))
    if len(found) < most:
        _ended(batch, Cause(row["position"], row["id"]))
    else:
        state.put("sweep", EVERYONE, {**row, "after": found[-1], "done": row["done"] + len(found)})


def _ended(batch: Batch, cause: Cause) -> None:
    """Everyone is decided again: recipients hear so, and show again what waited for it."""
    batch.book.state.put("sweep", EVERYONE, None)
    for recipient in batch.book.register().recipients():
        telling.sweep_ended(batch, recipient, cause)


def _decide(batch: Batch, person_ids: Collection[str], cause: Cause) -> None:
    batch.book.prefetch(person_ids, ())
    for person_id in sorted(person_ids):
        decide_person(batch, person_id, cause)


def progress(state: Working) -> tuple[int, int] | None:
    """Persons done by the sweep over everyone, and persons in all; None where there is none."""
    row = state.get("sweep", EVERYONE)
    return None if row is None else (int(row["done"]), int(state.get("count", "persons") or 0))


def is_day_under_way(state: Working) -> bool:
    """Whether some who wait for a day that has come are not decided again yet."""
    return state.get("sweep", DAY) is not None


def _text(day: int) -> str:
    """A day as a key that sorts by time; dates of this field lie between 1870 and 2200."""
    return f"{day + 100_000:07d}"
