"""What may be wrong with a column although its rows can be sent: a closed set of flags. Hints, that reject nothing."""

from dataclasses import dataclass
from enum import StrEnum


class Flag(StrEnum):
    """What looks odd."""

    SSN_LIKE = "ssn_like"
    PERSONAL_TEXT = "personal_text"
    ZEROS_LOST = "zeros_lost"
    NEARLY_EMPTY = "nearly_empty"
    ONE_ID = "one_id"
    FIRST_OF_JANUARY = "first_of_january"
    LIES_AHEAD = "lies_ahead"
    TOKEN_IS_SSN = "token_is_ssn"  # noqa: S105  # no password
    REPEATED_RECORD_ID = "repeated_record_id"
    REPEATED_EVENT = "repeated_event"


MEANINGS = {
    Flag.SSN_LIKE: "what looks like numbers of social security, in a field that is not for them; take them out",
    Flag.PERSONAL_TEXT: (
        "what looks like a birth date, name, e-mail address or phone number, in a field for others; take it out"
    ),
    Flag.ZEROS_LOST: "some numbers are shorter and none begins with 0: a spreadsheet may have eaten zeros in front",
    Flag.NEARLY_EMPTY: "not one row in a hundred says it; is it the right column?",
    Flag.ONE_ID: "every row has the same id, so that all are taken for one; is it the right column?",
    Flag.FIRST_OF_JANUARY: "every date is a 1st of January: perhaps only years were known",
    Flag.LIES_AHEAD: "dates that lie ahead of today; right for what is planned, else a slip",
    Flag.TOKEN_IS_SSN: "the record ids look like numbers of social security; use your system's own ids",
    Flag.REPEATED_RECORD_ID: "the same source_record_id again: of the rows of one fact only one counts",
    Flag.REPEATED_EVENT: "the same event again, every word of it: the repeat is dropped",
}
"""In a few words for the engineer who mends it."""


@dataclass(frozen=True)
class Flagged:
    """A column that looks odd."""

    flag: Flag
    field: str
    """As body.entry_date."""
    count: int | None = None
    """Rows, where that can be told."""
    places: tuple[int, ...] = ()
    """Of the first of them."""
