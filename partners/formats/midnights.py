"""Days that are written as a moment: with a zone, or as a midnight."""

import functools
import re
from datetime import date

DAY = re.compile(r"(\d{4}-\d{2}-\d{2})(?:[T ]00:00:00(?:\.0+)?)?(?:Z|[+-]\d{2}:\d{2})?", re.ASCII)


def day_of(said: str) -> str:
    """The day of a date that names a zone, or of a midnight; what is neither stays as it is.

    Source: XML Schema 1.1 part 2, 3.3.9: ``2026-09-01Z`` and ``2026-09-01-08:00`` are dates too.
    """
    found = DAY.fullmatch(said)
    return found.group(1) if found else said


@functools.lru_cache(10_000)
def if_day(said: str | None) -> str | None:
    """A day that other fields take up too; None where it is none, so that only its own field is told as wrong."""
    try:
        return said if said and date.fromisoformat(said) else None
    except ValueError:
        return None
