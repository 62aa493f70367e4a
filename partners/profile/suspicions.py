"""Which flags a column gets, once all of it was seen."""

from collections.abc import Iterator

from partners.profile.column import NAMES, Column
from partners.profile.distinct import Different
from partners.profile.flags import Flag, Flagged

ENOUGH = 20
"""Rows of which something can be said that is true of all or most."""
MANY = 1_100
"""Of which a hundredth is not few."""
NEARLY_EMPTY = 0.01
MOST = 0.9
MOST_LENGTH = 0.8
SHORTEST = 6
"""Digits of a number that may have had a fixed length."""
FEWEST_DATES = 11
FEWEST_IDS = 5
BEGINNINGS = {"benefit_month", "reference_period_start", "period_start", "effective_from", "valid_from"}
"""Dates that rightly are the first day of a year, for all rows of a file."""
MAY_LIE_AHEAD = {
    "effective_to", "valid_until", "expires_on", "eligibility_expires_on", "period_end", "end_date",
    "reference_period_end",
}  # fmt: skip
MEANT_FOR_PEOPLE = {"preferred_name", "email", "phone", "address_line", "display_label", "notice_uri"}
"""Fields that leave the identity zone, and hold names and addresses rightly."""
TITLES = ("_title", "_label", "_name", "site", "city", "staff_role")
"""Ends of fields that hold what is written as names are."""
MEANT_FOR_SSN = {"ssn", "identifiers", "phone"}
OWN_NUMBERS = ("organization_id", "employer_token")
"""Ends of fields with numbers of nine digits that are of no person."""
IDS = ("subject_token", "source_record_id")
REPEATED = {"source_record_id": Flag.REPEATED_RECORD_ID, "event_id": Flag.REPEATED_EVENT}


def suspicions(column: Column, rows: int) -> Iterator[Flagged]:
    """The flags of a column, of its own.

    Args:
        column: seen to its end.
        rows: of the file, that could be read.
    """
    of, name = column.of.path, column.of.name
    if column.ssn_like.count and name not in MEANT_FOR_SSN:
        flag = Flag.TOKEN_IS_SSN if name == "subject_token" else Flag.SSN_LIKE
        yield Flagged(flag, of, column.ssn_like.count, tuple(column.ssn_like.places))
    elif _is_bare_ssn(column):
        yield Flagged(Flag.TOKEN_IS_SSN if name == "subject_token" else Flag.SSN_LIKE, of)
    if name not in MEANT_FOR_PEOPLE and column.personal.count:
        yield Flagged(Flag.PERSONAL_TEXT, of, column.personal.count, tuple(column.personal.places))
    elif name not in MEANT_FOR_PEOPLE and not name.endswith(TITLES) and _is_names(column):
        yield Flagged(Flag.PERSONAL_TEXT, of)
    if name in IDS and _has_lost_zeros(column):
        yield Flagged(Flag.ZEROS_LOST, of)
    if rows >= MANY and 0 < column.filled < rows * NEARLY_EMPTY:
        yield Flagged(Flag.NEARLY_EMPTY, of)
    if name not in BEGINNINGS and column.january == column.dates >= FEWEST_DATES:
        yield Flagged(Flag.FIRST_OF_JANUARY, of)
    if name not in MAY_LIE_AHEAD and column.ahead.count:
        yield Flagged(Flag.LIES_AHEAD, of, column.ahead.count, tuple(column.ahead.places))


def of_ids(name: str, ids: Different) -> Iterator[Flagged]:
    """The flags of ids.

    Args:
        name: of the field.
        ids: of all rows, told apart.
    """
    if ids.different == 1 and ids.texts >= FEWEST_IDS:
        yield Flagged(Flag.ONE_ID, f"envelope.{name}")
    if ids.repeats and name in REPEATED:
        yield Flagged(REPEATED[name], f"envelope.{name}", ids.repeats, ids.places)


def _is_bare_ssn(column: Column) -> bool:
    name = column.of.name
    is_meant = name in MEANT_FOR_SSN or name.endswith(OWN_NUMBERS)
    return not is_meant and column.bare_ssns >= max(ENOUGH, MOST * column.filled)


def _is_names(column: Column) -> bool:
    return len(column.names) >= NAMES and column.like_names >= MOST_LENGTH * column.filled


def _has_lost_zeros(column: Column) -> bool:
    """Whether nearly all are numbers of one length, some are shorter and none begins with a zero."""
    if column.begins_with_zero or column.lengths.total() < max(ENOUGH, column.filled):
        return False
    longest = max(column.lengths)
    share = column.lengths[longest] / column.lengths.total()
    return longest >= SHORTEST and MOST_LENGTH <= share < 1
