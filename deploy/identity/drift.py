"""How clusters stand where nobody knows the truth: persons by size and month, who meets whom, who comes twice; pure.

Beside a truth it is ``processors/resolve/quality.py`` that tells how good clusters are. Here nothing is right or wrong:
what is told shows a drift, when it is compared with what it was before.
"""

import functools
import math
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

MOST = 10
"""Records of a person from which on sizes are told together."""
SIZES = (*(str(size) for size in range(1, MOST)), f"{MOST}+")
RECENT_DAYS = 30
MICROS_PER_DAY = 86_400_000_000
EPOCH = date(1970, 1, 1)
DIGITS = 4
"""Of a rate behind the point."""
FEWEST_POINTS, ERRORS = 2, 3
"""Percentage points and standard errors that a change has at least, for it to be marked."""
NEARLY_NONE = 0.01


@dataclass(frozen=True, slots=True)
class Seen:
    """A record as far as it is counted; small, since there are millions."""

    person_id: str
    partner_id: str
    first_seen: int
    """Day since 1970-01-01, UTC."""


@dataclass(frozen=True)
class Month:
    """Persons whose youngest record was first seen in one month, UTC."""

    month: str
    """As 2026-11."""
    persons: int
    records: int
    """Of these persons."""
    largest: int
    """Records of the one that has most."""
    sizes: dict[str, int]
    """Persons by number of records: ``SIZES``, each."""


@dataclass(frozen=True)
class Match:
    """How often one partner's records meet another's."""

    partner: str
    other: str
    records: int
    """Of the partner."""
    rate: float
    """Of them, the share whose person also has a record of the other."""
    recent_records: int
    """First seen within the last ``RECENT_DAYS`` days before the youngest record of all."""
    recent_rate: float | None
    """Of these; None where there are none."""
    before_rate: float | None
    """Of the others, likewise."""
    change: float | None
    """From before to recently; None where one of them is not known."""


@dataclass(frozen=True)
class Repeated:
    """Persons who have several records of one partner that numbers its records itself: it should have each once."""

    partner: str
    persons: int
    of_persons: int
    """Who have any record of it."""


@dataclass(frozen=True)
class Drift:
    """Of all records."""

    records: int
    persons: int
    largest_person_id: str | None
    """Who has most records; of several the first by id. None where there is no record."""
    largest_records: int
    sizes: dict[str, int]
    """Persons by number of records: ``SIZES``, each."""
    months: list[Month]
    """By the month in which a person's youngest record was first seen, the oldest first."""
    recent_since: str | None
    """Day from which on records count as recent, UTC."""
    matches: list[Match]
    """Of each partner with each other, sorted."""
    repeated: list[Repeated]
    """By partner, sorted."""


@dataclass(slots=True)
class _Person:
    """What is counted of a person; small, since there are millions."""

    records: int = 0
    youngest: int = 0
    partners: int = 0
    """Whose records it has: a bit each."""
    twice: int = 0
    """Of whom it has several, likewise."""


def drift(records: Collection[Seen], numbering: Collection[str]) -> Drift:
    """Count.

    Args:
        records: every record, with its person, partner and first sight.
        numbering: partners that number their records themselves, so that each of their people has one record.
    """
    partners = sorted({record.partner_id for record in records})
    persons = _persons(records, {partner: 1 << place for place, partner in enumerate(partners)})
    largest = min(persons, key=lambda person_id: (-persons[person_id].records, person_id), default=None)
    since = max((record.first_seen for record in records), default=0) - RECENT_DAYS
    return Drift(
        records=len(records),
        persons=len(persons),
        largest_person_id=largest,
        largest_records=0 if largest is None else persons[largest].records,
        sizes=_sizes(Counter(person.records for person in persons.values())),
        months=_months(persons.values()),
        recent_since=_date(since) if records else None,
        matches=_matches(_met(records, persons, since), partners),
        repeated=list(_repeated(persons.values(), partners, numbering)),
    )


def _persons(records: Collection[Seen], bits: Mapping[str, int]) -> dict[str, _Person]:
    found = defaultdict[str, _Person](_Person)
    for record in records:
        person, bit = found[record.person_id], bits[record.partner_id]
        person.records += 1
        person.youngest = max(person.youngest, record.first_seen)
        person.twice |= person.partners & bit
        person.partners |= bit
    return found


def _sizes(persons: Mapping[int, int]) -> dict[str, int]:
    """Persons by number of records, the large ones together."""
    found = dict.fromkeys(SIZES, 0)
    for size, count in persons.items():
        found[SIZES[min(size, MOST) - 1]] += count
    return found


def _months(persons: Collection[_Person]) -> list[Month]:
    found = defaultdict[str, Counter[int]](Counter)
    for person in persons:
        found[month_of(person.youngest)][person.records] += 1
    return [
        Month(month, sizes.total(), sum(size * n for size, n in sizes.items()), max(sizes), _sizes(sizes))
        for month, sizes in sorted(found.items())
    ]


@functools.lru_cache(10_000)
def month_of(day: int) -> str:
    """The month of a day since 1970-01-01, as 2026-11; many records are of one day."""
    return _date(day)[:7]


def _date(day: int) -> str:
    return (EPOCH + timedelta(days=day)).isoformat()


def day_of(at: int) -> int:
    """The day of a moment in microseconds since 1970-01-01, UTC."""
    return at // MICROS_PER_DAY


@dataclass
class _Met:
    """Of one partner's records."""

    records: int = 0
    meeting: Counter[int] = field(default_factory=Counter)
    """By another partner's bit: how many are of a person that has a record of it too."""

    def rate(self, bit: int) -> float | None:
        return round(self.meeting[bit] / self.records, DIGITS) if self.records else None


def _met(records: Collection[Seen], persons: Mapping[str, _Person], since: int) -> dict[tuple[str, bool], _Met]:
    """By partner and whether records are recent."""
    alike = Counter((r.partner_id, r.first_seen >= since, persons[r.person_id].partners) for r in records)
    found = defaultdict[tuple[str, bool], _Met](_Met)
    for (partner, is_recent, partners), count in alike.items():
        met = found[partner, is_recent]
        met.records += count
        for bit in _bits(partners):
            met.meeting[bit] += count
    return found


def _bits(partners: int) -> Iterator[int]:
    while partners:
        bit = partners & -partners
        yield bit
        partners ^= bit


def _matches(met: Mapping[tuple[str, bool], _Met], partners: list[str]) -> list[Match]:
    found = []
    for partner in partners:
        before, recent = met.get((partner, False), _Met()), met.get((partner, True), _Met())
        whole = _Met(before.records + recent.records, before.meeting + recent.meeting)
        for place, other in enumerate(partners):
            if other != partner:
                was, now = before.rate(1 << place), recent.rate(1 << place)
                change = None if was is None or now is None else round(now - was, DIGITS)
                rate = whole.rate(1 << place) or 0.0
                found.append(Match(partner, other, whole.records, rate, recent.records, now, was, change))
    return found


def _repeated(persons: Collection[_Person], partners: list[str], numbering: Collection[str]) -> Iterator[Repeated]:
    having, twice = Counter[int](), Counter[int]()
    for partners_of, several in ((person.partners, person.twice) for person in persons):
        having.update(_bits(partners_of))
        twice.update(_bits(several))
    for place, partner in enumerate(partners):
        if partner in numbering:
            yield Repeated(partner, twice[1 << place], having[1 << place])


def is_marked(match: Match) -> bool:
    """Whether a change is more than chance brings, and large enough to be looked at.

    Two shares differ by chance alone by three standard errors or more once in 370 times.
    """
    if match.change is None:
        return False
    before = match.records - match.recent_records
    error = math.sqrt(match.rate * (1 - match.rate) * (1 / before + 1 / match.recent_records))
    return abs(match.change) >= max(FEWEST_POINTS / 100, ERRORS * error)


def marked(matches: Iterable[Match]) -> list[Match]:
    """Pairs of partners whose change is marked, the greatest first."""
    found = filter(is_marked, matches)
    return sorted(found, key=lambda match: (-abs(match.change or 0.0), match.partner, match.other))


def percent(share: float) -> str:
    """A share as people read it; what is not nothing and not the whole is not told as such."""
    if 0 < share < NEARLY_NONE:
        return "<1%"
    return ">99%" if 1 - NEARLY_NONE < share < 1 else f"{100 * share:.0f}%"


def points(change: float) -> str:
    """A difference of two shares in percentage points, with its sign."""
    return f"{100 * change:+.0f}"


def counted(number: int, what: str) -> str:
    """So many of something, as 1 person and 2 persons."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"
