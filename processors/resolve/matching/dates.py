"""Dates as sources write them, kept as the digits that they told: a date that no calendar has is still compared."""

import functools
import re

from processors.resolve.matching.names import CACHED

YEAR_DIGITS, DATE_DIGITS, PARTS = 4, 8, 3
DAY_DIGITS = 2
"""Of a day and of a month."""


@functools.lru_cache(CACHED)
def date_of(text: str) -> int:
    """Year, month and day as one number, such as 20041231; 0: not known.

    Takes 2004-12-31, 20041231 and, as Americans write it, 12/31/2004.
    """
    parts = re.findall(r"[0-9]+", text)
    if len(parts) == PARTS:
        a, b, c = parts
        year, month, day = (a, b, c) if len(a) == YEAR_DIGITS else (c, a, b)
        if len(year) > YEAR_DIGITS or max(len(month), len(day)) > DAY_DIGITS:
            return 0
        return int(year) * 10_000 + int(month) * 100 + int(day)
    digits = "".join(parts)
    return int(digits) if len(digits) == DATE_DIGITS else 0
