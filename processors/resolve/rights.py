"""Who holds the rights in a record: a class of age, told to the log with a birth date and when its next day comes.

Rights pass to the student at eighteen (34 CFR 99.5); from fourteen and sixteen on pupils of California may do some
things themselves (Ed. Code 49076(a)). A record waits for its next day under a keyed hash of it, so that no store says
when anybody was born.
"""

from calendar import isleap
from datetime import timedelta
from typing import Any

from processors.consent.agreements import EPOCH
from processors.consent.rights import Age
from processors.drafts import Draft
from processors.names import RESOLVED_EVENTS
from processors.records import derived_id, keyed_hash
from processors.resolve import said
from processors.resolve.book import BIRTHDAY, Book
from processors.resolve.traits import day_of_digits

Row = dict[str, Any]
STAGE = "resolve"
ADULT_YEARS = 18
YEARS = {14: Age.FROM_14, 16: Age.FROM_16, ADULT_YEARS: Age.ADULT}
LEAP_DAY = (2, 29)


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
    """Transfers that this batch brings: of records whose traits it changed, and of records whose day has come."""
    asked = sorted({*book.causes, *_come_of_age(book, today)})
    rows = [row for record_key in asked for row in _judge(book, record_key, today)]
    if not rows:
        return []
    name = "|".join(f"{row['record_key']}{row['age']}{row['attends']}" for row in rows)
    id_ = derived_id(f"{today}|{name}", f"{STAGE}.rights", 0)
    row = {"transfers": rows}
    return [Draft(RESOLVED_EVENTS, rows[0]["record_key"], "internal.rights_transferred.v1", row, id_)]


def _come_of_age(book: Book, today: int) -> list[str]:
    """Records whose day lies behind the last day on which this was asked, up to today."""
    asked = book.state.get("clock", "birthdays")
    if asked == today:
        return []
    book.state.put("clock", "birthdays", today)
    waiting = [] if asked is None else [_waiting(book, day) for day in range(asked + 1, today + 1)]
    return [key.split("|")[1] for prefix in waiting for key, _ in book.state.scan(BIRTHDAY, f"{prefix}|")]


def _judge(book: Book, record_key: str, today: int) -> list[Row]:
    """Whose rights a record's are today; a row where that is new."""
    record, born = book.record(record_key), day_of_digits(said.born_of(book.rows(record_key)))
    age, day = age_on(born, today), next_birthday(born, today)
    waiting = "" if day is None else _waiting(book, day)
    if waiting != record["birthday"]:
        _wait(book, record_key, record["birthday"], None)
        _wait(book, record_key, waiting, 1)
    if (waiting, age) != (record["birthday"], record["age"]):
        book.state.put("record", record_key, {**record, "birthday": waiting, "age": age})
    if age == record["age"]:
        return []
    return [{"record_key": record_key, "person_id": record["person"], "age": age, "attends": record["attends"]}]


def _wait(book: Book, record_key: str, waiting: str, value: int | None) -> None:
    if waiting:
        book.state.put(BIRTHDAY, f"{waiting}|{record_key}", value)


def _waiting(book: Book, day: int) -> str:
    return keyed_hash(book.key, "birthday", str(day))
