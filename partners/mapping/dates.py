"""Days and times as a partner's system writes them, by a pattern: M/D/YYYY, YYYYMMDD, YYYYQ, YYYY-MM-DD HH:mm:ss.

Months may have their English names (MMM: Jan to Dec, in any case), and years two digits (YY: 69 to 99 are 1969 to 1999
and 00 to 68 are 2000 to 2068, as POSIX ``strptime`` has ``%y``), so that no reading depends on the day it is done.
"""

import functools
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
TOKENS = {
    "YYYY": r"(?P<year>\d{4})",
    "YY": r"(?P<year>\d{2})",
    "MMM": rf"(?P<month>(?i:{'|'.join(NAMES)}))",
    "MM": r"(?P<month>\d{2})",
    "M": r"(?P<month>\d{1,2})",
    "DD": r"(?P<day>\d{2})",
    "D": r"(?P<day>\d{1,2})",
    "Q": r"(?P<quarter>[1-4])",
    "HH": r"(?P<hour>\d{2})",
    "mm": r"(?P<minute>\d{2})",
    "ss": r"(?P<second>\d{2})",
}
TOKEN = re.compile(r"'[^']*'|YYYY|YY|MMM|MM|M|DD|D|Q|HH|mm|ss")
LITERAL = re.compile(r"[-/.: T]*")
QUOTE = "'"
ZONE = re.compile(r"[A-Za-z0-9_+-]{1,30}(/[A-Za-z0-9_+-]{1,30}){0,2}")
"""How zones are named; a longer name would be looked for in as many packages as it has parts."""
End = Literal["first", "last"]
MONTHS = 12
YEARS, FIRST_OF_LAST_CENTURY = {"YYYY", "YY"}, 69
MONTH_TOKENS = {"MMM", "MM", "M"}


class PatternError(ValueError):
    """A pattern that says no day; its text is what is wrong with it."""


def day_reader(pattern: str, day: End | None) -> Callable[[str], str]:
    """What makes an ISO day of a cell.

    Args:
        pattern: as MM/DD/YYYY; with a quarter (Q) or without a day it names more than one day.
        day: which of them is meant.

    Raises:
        PatternError: it says no day, or more than one and not which.
    """
    form, names = _form(pattern)
    if not names & YEARS or names & {"HH", "mm", "ss"} or not names & {*MONTH_TOKENS, "Q"}:
        raise PatternError(
            f"{pattern} says no day; write it with YYYY, MM, DD, as MM/DD/YYYY, or M/D/YYYY without zeros"
        )
    is_whole = bool(names & {"DD", "D"})
    if is_whole and "Q" in names:
        raise PatternError(f"{pattern} has a quarter and a day")
    if is_whole and day is not None:
        raise PatternError(f'{pattern} names one day; take day = "{day}" out')
    if not is_whole and day is None:
        raise PatternError(f'{pattern} names more days than one; say which with day = "first" or day = "last"')
    return functools.partial(_day, form, day or "first")


def _day(form: re.Pattern[str], end: End, cell: str) -> str:
    """An ISO day.

    Raises:
        ValueError: the cell is not written so, or there is no such day.
    """
    found = form.fullmatch(cell)
    if found is None:
        raise ValueError
    said = _numbers(found)
    if "day" in said:
        return date(said["year"], said["month"], said["day"]).isoformat()
    first = said["quarter"] * 3 - 2 if "quarter" in said else said["month"]
    if end == "first":
        return date(said["year"], first, 1).isoformat()
    last = first + 2 if "quarter" in said else first
    begin = date(said["year"], last, 1)  # a month that there is
    after = date(begin.year + last // MONTHS, last % MONTHS + 1, 1)
    return (after - timedelta(days=1)).isoformat()


def time_reader(pattern: str, zone: str | None) -> Callable[[str], str]:
    """What makes an ISO time with its zone of a cell.

    Args:
        pattern: as YYYY-MM-DD HH:mm:ss.
        zone: of the partner's clock, as America/Los_Angeles.

    Raises:
        PatternError: it says no time, or there is no such zone.
    """
    form, names = _form(pattern)
    if not names & YEARS or "HH" not in names or not names & MONTH_TOKENS or not names & {"DD", "D"}:
        raise PatternError(f"{pattern} says no time; write it as YYYY-MM-DD HH:mm:ss")
    if zone is None:
        raise PatternError('a time needs the zone of its clock, as zone = "America/Los_Angeles"')
    try:
        found = ZoneInfo(zone) if ZONE.fullmatch(zone) else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        found = None
    if found is None:
        raise PatternError("there is no such time zone; write it as America/Los_Angeles")
    return functools.partial(_time, form, found)


def _time(form: re.Pattern[str], zone: ZoneInfo, cell: str) -> str:
    """An ISO time in UTC.

    Raises:
        ValueError: the cell is not written so, or its clock shows that time never or twice.
    """
    found = form.fullmatch(cell)
    if found is None:
        raise ValueError
    local = datetime(**_numbers(found), tzinfo=zone)
    if local.utcoffset() != local.replace(fold=1).utcoffset():
        raise ValueError
    return local.astimezone(UTC).isoformat()


def _numbers(found: re.Match[str]) -> dict[str, int]:
    """The numbers that a cell says, by what they are of."""
    return {name: _number(name, text) for name, text in found.groupdict().items()}


def _number(name: str, text: str) -> int:
    if text.isalpha():
        return NAMES.index(text.lower()) + 1
    if name == "year" and len(text) == len("YY"):
        return int(text) + (1900 if int(text) >= FIRST_OF_LAST_CENTURY else 2000)
    return int(text)


def _form(pattern: str) -> tuple[re.Pattern[str], set[str]]:
    """What matches cells of a pattern, and the tokens in it.

    Raises:
        PatternError: something in it is neither token nor separator, or is there twice.
    """
    text, names, place = "", list[str](), 0
    for found in TOKEN.finditer(pattern):
        text += _literal(pattern, pattern[place : found.start()])
        is_word = found[0].startswith(QUOTE)
        text += re.escape(found[0].strip(QUOTE)) if is_word else TOKENS[found[0]]
        names += [] if is_word else [found[0]]
        place = found.end()
    text += _literal(pattern, pattern[place:])
    try:
        return re.compile(text, re.ASCII), set(names)
    except re.error:
        raise PatternError(f"{pattern} says something twice") from None


def _literal(pattern: str, text: str) -> str:
    if not LITERAL.fullmatch(text):
        raise PatternError(
            f"{pattern} is no pattern; write it with YYYY or YY, MM, M or MMM, DD or D, Q, HH, mm, ss, words as 'Q'"
        )
    return re.escape(text)
