"""What texts look like that should not: numbers, addresses, days and names of people; a whole batch is asked first."""

import re
from collections.abc import Callable, Sequence
from datetime import date

from partners.events import SSN

EMAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]*\w")
PHONE = re.compile(r"(?<![\w-])(\+?1[ .-]?)?(\(\d{3}\) ?|\d{3}[ .-])\d{3}[ .-]\d{4}(?![\w-])")
DAY = re.compile(r"(?<!\d)(?:((?:19|20)\d\d)-\d\d-\d\d|\d{1,2}/\d{1,2}/((?:19|20)\d\d))(?!\d)")
WORD = r"[^\W\d_a-z][^\W\d_]*([-'][^\W\d_]+)*"
NAME = re.compile(rf"{WORD},? {WORD}\.?( {WORD})?")
"""Two or three words that begin with a capital."""
BARE_SSN = re.compile(r"(?!000|666|9)\d{3}(?!00)\d\d(?!0000)\d{4}")
BORN_YEARS = 3
"""How many years ago a day lies at least that may be of a birth."""


def with_ssn(texts: Sequence[str]) -> list[int]:
    """Places of texts with what looks like a number of social security, written with its hyphens."""
    return _found(texts, SSN, lambda text: SSN.search(text) is not None)


def with_contact(texts: Sequence[str]) -> list[int]:
    """Places of texts with what looks like an e-mail address or a phone number."""
    mails = _found(texts, EMAIL, lambda text: EMAIL.search(text) is not None) if _any(texts, "@") else []
    return mails + _found(texts, PHONE, lambda text: PHONE.search(text) is not None)


def with_birth_date(texts: Sequence[str], today: date) -> list[int]:
    """Places of texts with a day that lies back far enough to be of a birth."""

    def is_born(text: str) -> bool:
        return any(int(one or other) <= today.year - BORN_YEARS for one, other in DAY.findall(text))

    return _found(texts, DAY, is_born)


def like_names(texts: Sequence[str]) -> list[str]:
    """Texts that are written as a person's name is, and nothing else."""
    return [text for text in texts if NAME.fullmatch(text)]


def bare_ssns(texts: Sequence[str]) -> int:
    """How many texts are nine digits that the Social Security Administration can have issued."""
    return sum(1 for text in texts if len(text) == 9 and BARE_SSN.fullmatch(text))  # noqa: PLR2004  # digits


def _any(texts: Sequence[str], mark: str) -> bool:
    return any(mark in text for text in texts)


def _found(texts: Sequence[str], pattern: re.Pattern[str], is_it: Callable[[str], bool]) -> list[int]:
    """Places of the texts that are it; looked for one by one only where the pattern is in the whole."""
    if pattern.search("\n".join(texts)) is None:
        return []
    return [place for place, text in enumerate(texts) if is_it(text)]
