"""Record layouts of fixed-width text: where each column begins and how wide it is, as a table of their own."""

import csv
from pathlib import Path

from partners.formats.fixed_file import Span
from partners.formats.reading import FileError


def spans_in(path: Path) -> dict[str, Span]:
    """Columns of a record layout, a CSV file with columns name, start and width.

    Raises:
        FileError: it is none.
    """
    told = f"{path.name} is no layout; write a CSV file with columns name, start, width"
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
        found = {row["name"].strip(): Span(int(row["start"]), int(row["width"])) for row in rows}
    except (OSError, UnicodeDecodeError, csv.Error, KeyError, ValueError, TypeError, AttributeError):
        raise FileError(told) from None
    if not found or len(found) < len(rows) or any(min(one.start, one.width) < 1 for one in found.values()):
        raise FileError(told)
    return found
