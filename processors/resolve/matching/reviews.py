"""Pairs of which a person should say whether they are one: a pure function of records, as clusters are.

Tables: review (record|other, the lower key first: weight in hundredths of a bit, reason), asked (record: others that it
is under review with). Who is of one person by now, or was decided, is left out by whoever reads the queue.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from processors import counts
from processors.state import Working

REVIEW, ASKED = "review", "asked"
GREY, UNCLEAR, CAPPED = "grey", "unclear", "capped"
"""Reasons, as ``identity_review.avsc`` has them."""
Doubts = Mapping[tuple[str, str], tuple[int, str]]
"""By pair, the lower key first: weight in hundredths of a bit, and reason."""


class Review(NamedTuple):
    """A question, or one that is no longer."""

    one: str
    other: str
    bits_hundredths: int
    reason: str
    is_open: bool


def keep(records: Collection[str], doubts: Doubts, state: Working) -> list[Review]:
    """Keep the questions about records that were compared anew; those that are new, other, or gone.

    Args:
        records: all of which there may have been questions that are no longer.
        doubts: about pairs of which one at least is among them: all that there are.
        state: its tables change.
    """
    state.prefetch(ASKED, {*records, *(key for pair in doubts for key in pair)})
    pairs = {pair for record in records for pair in _asked(record, state)} | doubts.keys()
    state.prefetch(REVIEW, map("|".join, pairs))
    found: list[Review] = []
    for pair in sorted(pairs):
        key, now = "|".join(pair), doubts.get(pair)
        stood = state.get(REVIEW, key)
        if now is None or stood != [*now]:
            state.put(REVIEW, key, now)
            bits, reason = now or stood
            found.append(Review(*pair, bits, reason, now is not None))
            count(stood, now, state)
            _enter(pair, state, is_open=now is not None)
    return found


def count(stood: Sequence[Any] | None, now: tuple[int, str] | None, state: Working) -> None:
    """Count what becomes of a question: one that goes on at another weight is neither opened nor closed."""
    before, after = stood[1] if stood else None, now[1] if now else None
    if before != after and before is not None:
        counts.review_closed(state, before)
    if before != after and after is not None:
        counts.review_opened(state, after)


def _asked(record: str, state: Working) -> list[tuple[str, str]]:
    return [(min(record, other), max(record, other)) for other in state.get(ASKED, record) or ()]


def _enter(pair: tuple[str, str], state: Working, *, is_open: bool) -> None:
    for one, other in (pair, pair[::-1]):
        rest = {*(state.get(ASKED, one) or ())} - {other}
        state.put(ASKED, one, sorted(rest | {other} if is_open else rest) or None)
