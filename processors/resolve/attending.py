"""What a record's person attends, by the enrollments that its partner tells: it decides with age whose rights are.

Attending a college makes a student eligible at any age (34 CFR 99.3). Of each enrollment the newest version counts, and
several may be in force at once. What a partner's dates leave open is told as it is: perhaps.

Tables: attendance (record | fact: level today, version, and the levels to come under keyed hashes of their days, so
that no store says when anybody was where), attendance_day (hash | record | fact: what waits for a day).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from processors.consent.law.facts import Agency
from processors.consent.rights import Attends
from processors.records import keyed_hash
from processors.resolve.admitted import Admitted
from processors.resolve.content import FIRST_DAY, LAST_DAY
from processors.state import Working

FAMILY = "enrollment"
DAYS = ("effective_from", "effective_to")
"""First and last, in an envelope."""
TABLE, DAY = "attendance", "attendance_day"
NOT, PERHAPS, SURELY = range(3)
LEVELS: dict[str, tuple[str, ...]] = {
    Agency.SCHOOL.value: (Attends.NOTHING.value, Attends.PERHAPS_SCHOOL.value, Attends.SCHOOL.value),
    Agency.COLLEGE.value: (Attends.NOTHING.value, Attends.PERHAPS_COLLEGE.value, Attends.COLLEGE.value),
}
"""By kind of partner: what enrollments there mean at each level. Those of other kinds make nobody a student."""
LEVEL_OF = {attended: level for levels in LEVELS.values() for level, attended in enumerate(levels)}
BREAK_DAYS = 120
"""So long after a school year or term it is not known of one who has not left whether the next begins for them."""
RETURNS = pa.array(["E155"])
"""CALPADS exit reasons of who goes on at the school after the summer: end of the year, same school."""
LEFT: dict[str, pa.Array] = {
    "postsecondary_exit_type": pa.array(["withdrawn", "graduated", "deceased"]),
    "calpads_exit_reason": pa.array(["E130", "E140", "E230"]),
    "exit_type": pa.array(["01921", "01927"]),
}
"""What says that somebody will not come back: graduated or completed, withdrawn, discontinued schooling, died."""
OVER = "previously_enrolled"
NEVER_BEGINS, NEVER_ENDS = LAST_DAY + BREAK_DAYS + 1, LAST_DAY + BREAK_DAYS


class Span(NamedTuple):
    """First and last days, from 1970-01-01, on which a person perhaps, and on which they surely attend."""

    since: int
    until: int
    surely_since: int
    surely_until: int

    def on(self, day: int) -> int:
        """The level of a day."""
        if self.surely_since <= day <= self.surely_until:
            return SURELY
        return PERHAPS if self.since <= day <= self.until else NOT

    def after(self, today: int) -> list[tuple[int, int]]:
        """Days to come on which the level is another, and that level."""
        if self.since <= today and self.surely_since <= today and self.until == self.surely_until == NEVER_ENDS:
            return []
        days = sorted({day for day in (self.since, self.surely_since, self.until + 1, self.surely_until + 1)
                       if today < day <= NEVER_ENDS})  # fmt: skip
        return [(day, self.on(day)) for day in days if self.on(day) != self.on(day - 1)]


NEVER = Span(NEVER_BEGINS, FIRST_DAY, NEVER_BEGINS, FIRST_DAY)
"""Of an enrollment that never was."""


def spans(effective_from: pa.Array, effective_to: pa.Array, body: pa.RecordBatch) -> list[Span]:
    """When enrollments are in force.

    An enrollment is surely in force where all of its dates say so, and perhaps where some do: where the event and what
    it carries tell two first days, where it tells none, or ends before it begins. Without a last day it goes on.

    Args:
        effective_from: of the envelopes, from 1970-01-01.
        effective_to: likewise; the last day.
        body: columns of ``enrollment.avsc``.
    """
    begins, ends = (body.column("entry_date"), effective_from), (body.column("exit_date"), effective_to)
    first, last = pc.min_element_wise(*begins), pc.max_element_wise(*begins)
    end, latest_end = pc.min_element_wise(*ends), pc.max_element_wise(*ends)
    is_odd = _true(pc.greater(last, end))
    since = pc.fill_null(pc.if_else(is_odd, end, first), FIRST_DAY)
    until = pc.if_else(is_odd, pc.max_element_wise(last, latest_end), latest_end)
    returns = pc.is_in(body.column("calpads_exit_reason"), value_set=RETURNS)
    has_left = pc.is_valid(body.column("calpads_completion_status"))
    for name, values in LEFT.items():
        has_left = pc.or_(has_left, pc.is_in(body.column(name), value_set=values))
    until = pc.add(until, pc.if_else(has_left, 0, BREAK_DAYS))
    surely_since = pc.if_else(is_odd, NEVER_BEGINS, pc.fill_null(last, NEVER_BEGINS))
    surely_until = pc.add(end, pc.if_else(pc.and_not(returns, has_left), BREAK_DAYS, 0))
    is_over = pc.and_(_true(pc.equal(body.column("enrollment_status"), OVER)), pc.is_null(latest_end))
    columns = (pc.if_else(is_over, NEVER_BEGINS, since), until, pc.if_else(is_over, NEVER_BEGINS, surely_since))
    filled = [pc.fill_null(column, NEVER_ENDS).to_pylist() for column in (*columns, surely_until)]
    return [Span(*days) for days in zip(*filled, strict=True)]


def _true(column: pa.BooleanArray) -> pa.BooleanArray:
    return pc.fill_null(column, False)  # noqa: FBT003  # Arrow's


@dataclass
class Changes:
    """Records whose attendance may be another by this batch."""

    raised: dict[str, int] = field(default_factory=dict)
    """Those that only have an enrollment more: its level."""
    causes: dict[str, str] = field(default_factory=dict)
    """By record, an event that told of it; none, where a day did."""
    anew: set[str] = field(default_factory=set)
    """Those of which all enrollments are to be looked at."""

    def adds(self, record_key: str, level: int, cause: str) -> None:
        """A record has an enrollment more."""
        if level > self.raised.get(record_key, NOT):
            self.raised[record_key], self.causes[record_key] = level, cause

    def replaces(self, record_keys: Iterable[str], cause: str = "") -> None:
        """Of records an enrollment is another than it was."""
        for record_key in record_keys:
            self.anew.add(record_key)
            self.causes[record_key] = cause


def take_in(
    state: Working, key: bytes, events: Admitted, record_keys: Sequence[str], fact_ids: Sequence[str], today: int
) -> Changes:
    """Fold enrollments in, of each the newest version.

    Args:
        state: its tables change.
        key: the pseudonym key.
        events: of any family; contents of enrollments are spans.
        record_keys: of the events.
        fact_ids: of the events, the same for all versions of one.
        today: from 1970-01-01.
    """
    changes = Changes()
    places = [i for i, family in enumerate(events.families) if family == FAMILY]
    if not places:
        return changes
    names = [f"{record_keys[i]}|{fact_ids[i]}" for i in places]
    published, ids, does = (events.column(name) for name in ("published_at", "event_id", "operation"))
    state.prefetch(TABLE, names)
    for i, name in zip(places, names, strict=True):
        span = NEVER if does[i] == "retract" else events.contents[i]
        fold(state, key, name, (published[i], ids[i]), span, today, changes)
    return changes


def fold(
    state: Working, key: bytes, name: str, version: tuple[int, str], span: Span, today: int, changes: Changes
) -> None:
    """Fold one version of one enrollment in; ``name`` is record | fact, ``version`` orders its versions."""
    known = state.get(TABLE, name)
    if known is not None and (known[1], known[2]) >= version:
        return
    level, later = span.on(today), []
    if known is not None:
        _forget_days(state, name, known)
    for day, then in span.after(today):
        hashed = _hashed(key, day)
        state.put(DAY, f"{hashed}|{name}", 1)
        later.append([hashed, then])
    state.put(TABLE, name, [level, *version, later])
    if known is None:
        changes.adds(name.partition("|")[0], level, version[1])
    elif level != known[0]:
        changes.replaces([name.partition("|")[0]], version[1])


def days_came(state: Working, key: bytes, days: Iterable[int]) -> set[str]:
    """Let days come, from 1970-01-01, in their order; records of which an enrollment is another by it."""
    found: set[str] = set()
    for hashed in [_hashed(key, day) for day in days]:
        for waiting, _ in state.scan(DAY, f"{hashed}|"):
            name = waiting.partition("|")[2]
            _, published_at, event_id, later = state.get(TABLE, name)
            [(_, level), *rest] = later
            state.put(TABLE, name, [level, published_at, event_id, rest])
            state.put(DAY, waiting, None)
            found.add(name.partition("|")[0])
    return found


def forget(state: Working, record_key: str) -> None:
    """Let go of all that was told of a record, known or not."""
    for name, row in state.scan(TABLE, f"{record_key}|"):
        _forget_days(state, name, row)
        state.put(TABLE, name, None)


def level_of(state: Working, record_key: str) -> int:
    """The highest level of a record's enrollments."""
    return max((int(row[0]) for _, row in state.scan(TABLE, f"{record_key}|")), default=NOT)


def attends(kind: str, level: int) -> str:
    """What enrollments at a kind of partner mean."""
    levels = LEVELS.get(kind)
    return "nothing" if levels is None else levels[level]


def level_told(attended: str) -> int:
    """The level of what was told last of a record."""
    return LEVEL_OF[attended]


def _forget_days(state: Working, name: str, row: list[Any]) -> None:
    for hashed, _ in row[3]:
        state.put(DAY, f"{hashed}|{name}", None)


def _hashed(key: bytes, day: int) -> str:
    return keyed_hash(key, "attendance", str(day))
