"""The book that signals keep: of every person at every recipient the facts that rules need, and what was raised.

Tables: person (recipient | person), due (recipient | partition | day | person), clock and late (recipient | partition),
asked (calendar | recipient | person), calendar. State in, state out.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from processors.signals.facts import Aid, Enrollment, Facts
from processors.state import Working

Row = dict[str, Any]
EPOCH = date(1970, 1, 1)
MICROS_PER_DAY = 86_400_000_000
FAMILIES = ("enrollment", "aid")
"""Families that rules look at; nothing is kept of the others."""
ENROLLMENT = (
    "entry_grade_level", "entry_date", "exit_date", "term_id", "postsecondary_exit_type", "enrollment_status",
)  # fmt: skip
AID = ("aid_year", "application_status", "sap_status")
UNKNOWN_DAY = 0
"""When to ask where no tick has come yet: at the first."""


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """One partition of one recipient's releases: what of a person comes, comes here, in order."""

    recipient: str
    partition: int

    @property
    def key(self) -> str:
        """In the tables."""
        return f"{self.recipient}|{self.partition}"


@dataclass(frozen=True, slots=True)
class Clock:
    """The latest tick of a place."""

    tick: int
    """Microseconds since 1970-01-01 UTC."""
    offset: int
    """Of the record that said so."""

    @property
    def day(self) -> int:
        """Days since 1970-01-01."""
        return self.tick // MICROS_PER_DAY


@dataclass
class Person:
    """One person, as one recipient was shown them."""

    key: str
    """recipient | person"""
    place: Place
    at: int
    """Highest offset of what was taken in."""
    due: int | None
    calendar: str
    """Fingerprint of the calendar by which the person was last judged."""
    facts: dict[str, dict[str, list[Any]]] = field(repr=False)
    """By fact and event: position, time of publishing, and family with fields, or None where it was taken back."""
    signals: dict[str, Row] = field(repr=False)
    """By id: what stands, raised or closed."""

    @property
    def person_id(self) -> str:
        """Without the recipient."""
        return self.key.removeprefix(f"{self.place.recipient}|")

    def visible(self) -> Facts:
        """The newest version of each fact; a fact whose newest version was taken back is gone altogether."""
        enrollments, aid = [], []
        for versions in self.facts.values():
            event_id, (_, published_at, said) = max(versions.items(), key=lambda v: (v[1][1], v[0]))
            if said is not None and said[0] == "enrollment":
                enrollments.append(_enrollment(event_id, published_at, said[1]))
            elif said is not None:
                aid.append(Aid(event_id, published_at, *said[1]))
        return Facts(enrollments, aid)

    def standing(self) -> set[str]:
        """Events that were released and not taken back, older versions among them."""
        return {e for versions in self.facts.values() for e, (_, _, said) in versions.items() if said is not None}


@dataclass
class Book:
    """The signals' state over one batch."""

    state: Working
    _persons: dict[str, Person] = field(default_factory=dict, repr=False)

    def prefetch(self, keys: Iterable[str]) -> None:
        """Read persons in bulk."""
        self.state.prefetch("person", keys)

    def person(self, key: str, place: Place) -> Person:
        """A person, known or not."""
        if key not in self._persons:
            row = self.state.get("person", key) or {"at": -1, "due": None, "calendar": "", "facts": {}, "signals": {}}
            self._persons[key] = Person(key, place, **{**row, "facts": _copied(row["facts"])})
        return self._persons[key]

    def fold(self, person: Person, release: Row, body: Row | None, offset: int) -> tuple[bool, bool]:
        """Take a release in, or with no body its retraction; whether it is news, and whether it was said before.

        A lower position never undoes a higher one.
        """
        versions = person.facts.setdefault(release["fact_id"], {})
        known = versions.get(release["event_id"])
        if known is not None and known[0] >= release["position"]:
            return False, False
        taken_back = body is None or release["operation"] == "retract"
        said = None if taken_back else [release["family"], [(body or {}).get(name) for name in _fields(release)]]
        versions[release["event_id"]] = [release["position"], release["published_at"], said]
        person.at = max(person.at, offset)
        return True, known is not None and said is not None and known[2] == said

    def keep(self, person: Person, due: int | None, calendar: str) -> None:
        """Write a person back, with the day on which to ask again."""
        if (person.due, person.calendar) != (due, calendar):
            self._move("due", _due_key(person, person.due), _due_key(person, due))
            self._move("asked", f"{person.calendar}|{person.key}", f"{calendar}|{person.key}", person.place.partition)
        person.due, person.calendar = due, calendar
        row = {name: getattr(person, name) for name in ("at", "due", "calendar", "facts", "signals")}
        self.state.put("person", person.key, row)

    def _move(self, table: str, before: str | None, after: str | None, value: int = 1) -> None:
        if before is not None and before != after:
            self.state.put(table, before, None)
        if after is not None:
            self.state.put(table, after, value)

    def clock(self, place: Place) -> Clock | None:
        """The latest tick of a place."""
        row = self.state.get("clock", place.key)
        return None if row is None else Clock(*row)

    def tick(self, place: Place, tick: int, offset: int) -> bool:
        """Time goes on at a place; whether a new day has come."""
        known = self.clock(place)
        if known is not None and tick <= known.tick:
            return False
        self.state.put("clock", place.key, [tick, offset])
        return known is None or known.day < Clock(tick, offset).day

    def due(self, place: Place, limit: int) -> list[str]:
        """Keys of persons who must be asked about again, up to a number; whether there are more is remembered."""
        clock = self.clock(place)
        rows = self.state.scan("due", f"{place.key}|", limit)[:limit] if clock else []
        found = [key for key, _ in rows if clock and int(key.split("|")[2]) <= clock.day]
        late = len(found) == limit
        if late or self.state.get("late", place.key) is not None:
            self.state.put("late", place.key, place.partition if late else None)
        return [f"{place.recipient}|{key.split('|', 3)[3]}" for key in found]

    def late(self) -> list[Place]:
        """Places at which somebody is still to be asked about."""
        return [Place(key.split("|")[0], partition) for key, partition in self.state.scan("late", "")]

    def to_ask_again(self, calendar: str, limit: int) -> Iterator[tuple[str, Place]]:
        """Persons who were last judged by another calendar than this, up to a number."""
        known = self.state.get("calendar", "known") or []
        if known[-1:] != [calendar]:
            known = [*(k for k in known if k != calendar), calendar]
            self.state.put("calendar", "known", known)
        if len(known) == 1:
            return
        rows = self.state.scan("asked", f"{known[0]}|", limit)[:limit]
        if len(rows) < limit:
            self.state.put("calendar", "known", known[1:])
        for key, partition in rows:
            _, recipient, person_id = key.split("|", 2)
            yield f"{recipient}|{person_id}", Place(recipient, partition)

    def is_unfinished(self) -> bool:
        """Whether there is more to do though nothing new has come."""
        return bool(self.state.scan("late", "", 1)) or len(self.state.get("calendar", "known") or []) > 1


def _copied(facts: dict[str, dict[str, list[Any]]]) -> dict[str, dict[str, list[Any]]]:
    """What the state gave is shared: a fold must not change it before it is put back."""
    return {fact_id: dict(versions) for fact_id, versions in facts.items()}


def _fields(release: Row) -> tuple[str, ...]:
    return ENROLLMENT if release["family"] == "enrollment" else AID


def _due_key(person: Person, due: int | None) -> str | None:
    return None if due is None else f"{person.place.key}|{due:07}|{person.person_id}"


def _enrollment(event_id: str, published_at: int, said: list[Any]) -> Enrollment:
    grade, entry_on, exit_on, *rest = said
    return Enrollment(event_id, published_at, grade, day_of(entry_on), day_of(exit_on), *rest)


def day_of(days: int | None) -> date | None:
    """The date of a number of days since 1970-01-01."""
    return None if days is None else EPOCH + timedelta(days=days)
