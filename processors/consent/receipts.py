"""Receipts: what became of a partner's submissions, told to that partner alone, in counts that show nobody.

Counted is what was decided of an event when it came; what changes later is in no receipt. A tick closes a submission of
which nothing has come for a whole minute, or that began an hour ago: its counts go out and are forgotten, and whatever
comes later under its id is a receipt of its own. So receipts are disjoint and never change; a count that goes on would
tell of one person when it goes from 11 to 12.

The rule that a receipt names follows from agreements and family alone. It is never a person's: why one event in
particular went to nobody could tell that somebody is a patient (42 CFR 2.13(c)(2)), in hiding, or was erased. Of the
events under one rule both counts are told or neither is: their sum is known. They are told where each is nought, or of
``FEWEST`` records at least: one pupil's eleven absences are not eleven people.

Tables: submission (partner | submission: counts, and of small ones hashes of the records), submissions (partner: how
many are open). No id of a record, and nothing of either once the receipt is out: erasing has nothing to do here.
"""

import functools
import hashlib
from dataclasses import dataclass, field
from typing import Any, Literal

from processors.consent.book import Sharing
from processors.consent.law.facts import Basis, Tiers
from processors.consent.log import Entry
from processors.consent.register import Shared
from processors.counts import CARRIED, REJECTED, REPEATED, WITHHELD
from processors.drafts import Draft
from processors.names import receipts_topic
from processors.records import derived_id
from processors.state import Working

Row = dict[str, Any]
Named = tuple[str, str]
"""Partner and submission."""
What = tuple[str, str, str]
"""What became of events: outcome, family, and the code or rule."""
Rule = Literal["no_agreement", "needs_consent", "shared"]
"""As ``unseen.Rule`` has them."""
TAKEN_IN = "taken_in"
SAYING = {"identity", "consent", "caseload"}
"""Families that say who people are, what they permit and who serves them: what is decided of others rests on them."""
TABLE, OPEN = "submission", "submissions"
ISSUED = "internal.receipt_issued.v1"
STAGE = "consent"
FEWEST = 11
"""Records, of which a count may be shown: the smallest cell of the data-use licences that ship."""
MOST_OPEN = 1_000
"""Submissions of one partner that are counted at once: whoever gives each event an id of its own stalls nobody."""
LONGEST_MICROS = 3_600_000_000
HASH_BYTES = 6


@dataclass(slots=True)
class Cell:
    """How many events ended alike."""

    events: int = 0
    records: dict[str, None] = field(default_factory=dict)
    """Hashes of the first records that they are of; fewer than ``FEWEST``: of all."""


@dataclass
class Tally:
    """What came of submissions since the last tick or batch."""

    cells: dict[tuple[Named, What], Cell] = field(default_factory=dict)

    def add(self, named: Named, what: What, events: int = 1) -> Cell:
        """So many events more."""
        cell = self.cells.get((named, what))
        if cell is None:
            cell = self.cells[named, what] = Cell()
        cell.events += events
        return cell

    def repeated(self, named: Named) -> None:
        """One event more that had come before."""
        self.add(named, (REPEATED, "", ""))

    def decided(self, named: Named, what: What, record_key: str | None) -> None:
        """One event more, of a record; None: nobody knows which, so it adds to no count of records."""
        cell = self.add(named, what)
        if record_key is not None and len(cell.records) < FEWEST:
            cell.records[_hashed(named, record_key)] = None

    def ended(self, row: Row) -> None:
        """What resolve counted, a row of ``submission_counted.avsc``."""
        named = row["partner_id"], row["submission"]
        told: list[tuple[What, int]] = [((REPEATED, "", ""), row["repeated"]), (_taken_in("identity"), row["identity"])]
        told += [((REJECTED, one["family"], one["code"]), one["events"]) for one in row["rejected"]]
        for one, events in told:
            if events:
                self.add(named, one, events)


def _taken_in(family: str) -> What:
    return TAKEN_IN, family, TAKEN_IN


def what(outcome: str, row: Row, sharing: Sharing, today: int | None) -> What:
    """What became of an event, as a receipt counts it.

    Args:
        outcome: carried, withheld, applied.
        row: of the event: partner and family.
        sharing: agreements in force.
        today: the day of the latest tick, from 1970-01-01.
    """
    partner_id, family = row["partner_id"], row["family"]
    return _taken_in(family) if family in SAYING else (outcome, family, rule_of(partner_id, family, sharing, today))


def _hashed(named: Named, record_key: str) -> str:
    """Tells records of one submission apart; too short to find one by."""
    return hashlib.blake2b("|".join((*named, record_key)).encode(), digest_size=HASH_BYTES).hexdigest()


@functools.lru_cache(maxsize=4096)
def rule_of(partner_id: str, family: str, sharing: Sharing, today: int | None) -> Rule:
    """What holds for a partner's family on a day, by agreements alone."""
    shared = [one for one in sharing.by_source.get((partner_id, family), ()) if one.tiers(today) is Tiers.IN_FORCE]
    if not shared:
        return "no_agreement"
    return "needs_consent" if all(map(_needs_consent, shared)) else "shared"


def _needs_consent(shared: Shared) -> bool:
    return shared.agreement.basis is Basis.CONSENT


def keep(tally: Tally, state: Working) -> None:
    """Put what came into the state."""
    now = state.get("clock", "tick") or 0
    for (named, what_), cell in tally.cells.items():
        key = "|".join(named)
        if (row := state.get(TABLE, key) or _opened(named[0], now, state)) is not None:
            state.put(TABLE, key, {**_with(row, "|".join(what_), cell), "last": now})
    tally.cells.clear()


def _with(row: Row, what_: str, cell: Cell) -> Row:
    counts = {**row["counts"], what_: row["counts"].get(what_, 0) + cell.events}
    known = row["records"].get(what_, [])
    new = [record for record in cell.records if record not in known]
    return {**row, "counts": counts, "records": {**row["records"], what_: [*known, *new][:FEWEST]}}


def _opened(partner_id: str, now: int, state: Working) -> Row | None:
    """A submission of which nothing is known yet; None where too many of the partner's are open."""
    count = state.get(OPEN, partner_id) or 0
    if count >= MOST_OPEN:
        return None
    state.put(OPEN, partner_id, count + 1)
    return {"first": now, "counts": {}, "records": {}}


def issue(state: Working, partners: frozenset[str], before: int, cause: Entry) -> list[Draft]:
    """Close what a tick closes.

    Args:
        state: with all that came before the tick.
        partners: those that have, or had, an agreement to publish: others have no topic.
        before: the tick before this one.
        cause: the tick.
    """
    drafts = []
    for key, row in state.scan(TABLE, ""):
        if row["last"] >= before and cause.row["tick_at"] - row["first"] < LONGEST_MICROS:
            continue
        partner_id, _, submission = key.partition("|")
        state.put(TABLE, key, None)
        state.put(OPEN, partner_id, (state.get(OPEN, partner_id) - 1) or None)
        if partner_id in partners:
            id_ = derived_id(cause.id, f"{STAGE}.receipt.{key}", 0)
            drafts.append(
                Draft(receipts_topic(partner_id), submission, ISSUED, receipt(partner_id, submission, row), id_)
            )
    return drafts


def receipt(partner_id: str, submission: str, row: Row) -> Row:
    """The row of ``receipt_issued.avsc`` of a row of the table."""
    counts: dict[What, int] = {tuple(key.split("|")): events for key, events in sorted(row["counts"].items())}
    rejected = [
        {"family": family, "code": code, "events": events}
        for (outcome, family, code), events in counts.items()
        if outcome == REJECTED
    ]
    kinds = sorted({(family, rule) for outcome, family, rule in counts if outcome in {CARRIED, WITHHELD, TAKEN_IN}})
    return {
        "partner_id": partner_id, "submission": submission, "first_at": row["first"], "last_at": row["last"],
        "arrived": sum(counts.values()), "repeated": counts.get((REPEATED, "", ""), 0), "rejected": rejected,
        "decided": [_decided(family, rule, row) for family, rule in kinds],
    }  # fmt: skip


def _decided(family: str, rule: str, row: Row) -> Row:
    events, records = {}, {}
    for outcome in (CARRIED, WITHHELD, TAKEN_IN):
        key = f"{outcome}|{family}|{rule}"
        events[outcome], records[outcome] = row["counts"].get(key, 0), len(row["records"].get(key, ()))
    carried, withheld = events[CARRIED], events[WITHHELD]
    is_told = rule != TAKEN_IN and may_tell((carried, records[CARRIED]), (withheld, records[WITHHELD]))
    told = {"carried": carried, "withheld": withheld} if is_told else {"carried": None, "withheld": None}
    return {"family": family, "rule": rule, "events": sum(events.values()), **told}


def may_tell(*cells: tuple[int, int]) -> bool:
    """Whether all cells of one known sum may be told: events and records of each."""
    return all(not events or records >= FEWEST for events, records in cells)
