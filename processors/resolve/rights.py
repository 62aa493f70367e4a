"""Who holds the rights in a record: a class of age and what is attended, told to the log when one of them is another.

Rights pass to the student at eighteen, or while a college is attended (34 CFR 99.3, 99.5); from fourteen and sixteen on
pupils of California may do some things themselves (Ed. Code 49076(a)). A record waits for its next day under a keyed
hash of it, so that no store says when anybody was born.
"""

from calendar import isleap
from collections.abc import Set as AbstractSet
from datetime import timedelta
from typing import Any

from processors.consent.agreements import EPOCH
from processors.consent.rights import Age
from processors.counts import RIGHTS, SWEPT
from processors.drafts import Draft
from processors.names import RESOLVED_EVENTS
from processors.records import derived_id, keyed_hash
from processors.resolve import attending, said
from processors.resolve.book import BIRTHDAY, RECORD, Book
from processors.resolve.traits import day_of_digits
from processors.state import Working

Row = dict[str, Any]
STAGE = "resolve"
ADULT_YEARS = 18
YEARS = {14: Age.FROM_14, 16: Age.FROM_16, ADULT_YEARS: Age.ADULT}
LEAP_DAY = (2, 29)
BIRTHDAYS, KINDS = "birthdays", "kinds"
SLICE = 1_000
"""Most records that one batch judges anew for that."""


def birthday(born: int, years: int) -> int:
    """Day of a birthday, both from 1970-01-01; of who was born on a 29 February it is the 1 March of a common year."""
    day = EPOCH + timedelta(days=born)
    if (day.month, day.day) == LEAP_DAY and not isleap(day.year + years):
        day += timedelta(days=1)
    return (day.replace(year=day.year + years) - EPOCH).days


def day_of_majority(born: int) -> int:
    """Day of the eighteenth birthday, both from 1970-01-01."""
    return birthday(born, ADULT_YEARS)


def age_on(born: int | None, today: int) -> Age:
    """Class of age on a day, both from 1970-01-01; unknown without a birth date."""
    if born is None:
        return Age.UNKNOWN
    reached = [age for years, age in YEARS.items() if birthday(born, years) <= today]
    return reached[-1] if reached else Age.UNDER_14


def next_birthday(born: int | None, today: int) -> int | None:
    """The next day on which the class of age is another."""
    days = [] if born is None else [birthday(born, years) for years in YEARS]
    return next((day for day in days if day > today), None)


def transferred(book: Book, today: int) -> list[Draft]:
    """Transfers that this batch brings: of records of which something else is said, and those whose day has come."""
    grown = _come_of_age(book, today)
    book.attended.replaces(_of_another_kind(book))
    return judged(book, today, {*book.causes, *grown})


def judged(book: Book, today: int, aged: AbstractSet[str]) -> list[Draft]:
    """Transfers of records that may be of another age, and of those whose attendance the book says may be another."""
    raised = [record_key for record_key, level in book.attended.raised.items() if _is_new(book, record_key, level)]
    asked = {*aged, *raised, *book.attended.anew}
    book.state.prefetch(RECORD, asked)
    rows = [row for key in sorted(asked) for row in _judge(book, key, today, is_aged=key in aged)]
    if not rows:
        return []
    name = "|".join(f"{row['record_key']}{row['age']}{row['attends']}{_cause(book, row['record_key'])}" for row in rows)
    id_ = derived_id(f"{today}|{name}", f"{STAGE}.rights", 0)
    row = {"transfers": rows}
    return [Draft(RESOLVED_EVENTS, rows[0]["record_key"], "internal.rights_transferred.v1", row, id_)]


def _cause(book: Book, record_key: str) -> str:
    """The event that told of attendance: one day may see a record's begin, end and begin again."""
    return book.attended.causes.get(record_key, "")


def _come_of_age(book: Book, today: int) -> list[str]:
    """Records that are older by a day behind the last one on which this was asked, up to today.

    Enrollments that such a day begins or ends are taken in.
    """
    asked = book.state.get("clock", BIRTHDAYS)
    if asked == today:
        return []
    book.state.put("clock", BIRTHDAYS, today)
    days = range(today + 1 if asked is None else asked + 1, today + 1)
    book.attended.replaces(attending.days_came(book.state, book.key, days))
    waiting = [_waiting(book, day) for day in days]
    return [key.split("|")[1] for prefix in waiting for key, _ in book.state.scan(BIRTHDAY, f"{prefix}|")]


def _judge(book: Book, record_key: str, today: int, *, is_aged: bool) -> list[Row]:
    """Whose rights a record's are today; a row where that is new. Traits are opened where its age may be another."""
    record = book.record(record_key)
    age, waiting = _aged(book, record_key, today) if is_aged else (record["age"], record["birthday"])
    if waiting != record["birthday"]:
        _wait(book, record_key, record["birthday"], None)
        _wait(book, record_key, waiting, 1)
    attends = _attends(book, record_key, record)
    now = {"birthday": waiting, "age": age, "attends": attends}
    if now != {name: record[name] for name in now}:
        book.state.put(RECORD, record_key, {**record, **now})
    if (age, attends) == (record["age"], record["attends"]):
        return []
    return [{"record_key": record_key, "person_id": record["person"], "age": age, "attends": attends}]


def _aged(book: Book, record_key: str, today: int) -> tuple[str, str]:
    """Class of age, and what the next one waits under; empty: it is the last."""
    born = day_of_digits(said.born_of(book.rows(record_key)))
    day = next_birthday(born, today)
    return age_on(born, today), "" if day is None else _waiting(book, day)


def _attends(book: Book, record_key: str, record: Row) -> str:
    """What the enrollments of a record say today."""
    changed = book.attended
    if record_key in changed.anew:
        return _at_level(book, record, attending.level_of(book.state, record_key))
    return _raised(book, record, changed.raised.get(record_key, attending.NOT))


def _is_new(book: Book, record_key: str, level: int) -> bool:
    """Whether an enrollment more, of a level, changes anything for a record."""
    record = book.state.get(RECORD, record_key)
    return bool(_raised(book, record, level) != record["attends"])


def _raised(book: Book, record: Row, level: int) -> str:
    return _at_level(book, record, max(attending.level_told(record["attends"]), level))


def _at_level(book: Book, record: Row, level: int) -> str:
    return attending.attends(book.state.get("mou", record["partner"])["kind"], level)


def _of_another_kind(book: Book) -> list[str]:
    """The next records of partners that an agreement calls another kind of agency than the one before it did."""
    row = book.state.get("clock", KINDS)
    if row is None:
        return []
    found = book.state.scan(RECORD, "", SLICE, row["after"])[:SLICE]
    book.state.count(SWEPT, RIGHTS, times=len(found))
    further = {"after": found[-1][0], "done": row["done"] + SLICE} if len(found) == SLICE else None
    book.state.put("clock", KINDS, further and {**row, **further})
    return [record_key for record_key, record in found if record["partner"] in row["partners"]]


def kind_changed(state: Working, partner_id: str) -> None:
    """Have a partner's records judged anew, a slice at a time: enrollments there mean something else now."""
    others = (state.get("clock", KINDS) or {"partners": []})["partners"]
    state.put("clock", KINDS, {"partners": sorted({*others, partner_id}), "after": "", "done": 0})


def progress(state: Working) -> int | None:
    """Records that such a pass has looked at; None: there is none under way."""
    row = state.get("clock", KINDS)
    return None if row is None else int(row["done"])


def as_told(state: Working, record_key: str, attends: str) -> None:
    """Let a record be as the log says of it; where it is otherwise, such a pass had not come to it, and starts anew."""
    record = state.get(RECORD, record_key)
    if record["attends"] != attends:
        state.put(RECORD, record_key, {**record, "attends": attends})
        kind_changed(state, record["partner"])


def _wait(book: Book, record_key: str, waiting: str, value: int | None) -> None:
    if waiting:
        book.state.put(BIRTHDAY, f"{waiting}|{record_key}", value)


def _waiting(book: Book, day: int) -> str:
    return keyed_hash(book.key, "birthday", str(day))
