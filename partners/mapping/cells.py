"""From the cells of a partner's row to the cell of a field, as our own CSV has it; nothing is repaired by guessing."""

import operator
import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation

from partners.formats.csv_columns import CellError
from partners.formats.edfi_codes import code_of
from partners.formats.faults import Code
from partners.formats.tables import Cells, Take, Write
from partners.mapping.dates import day_reader, time_reader
from partners.mapping.model import Source

SCALES = {"_ten_thousandths": 4, "_hundredths": 2, "_cents": 2}
"""Decimals that a whole number holds, by the end of its field's name."""
MOST_CHARACTERS = 64
"""Of a number; a longer one takes long, and fits no field."""
NUMBER = re.compile(r"[+-]?\$?(\d{1,3}(,\d{3})+|\d+)?(\.\d*)?", re.ASCII)
EDFI = "edfi_"
"""How names of crosswalks from Ed-Fi's descriptors begin; a cell may have the descriptor whole, or its code alone."""
KEYS = {"source_record_id", "subject_token"}
"""Fields that tell one thing from all others, so that two joined ones must never look the same."""


def scale_of(field: str) -> int | None:
    """Decimals that a field of a whole number holds; None: it is no such field."""
    return next((scale for end, scale in SCALES.items() if field.endswith(end)), None)


def take(
    field: str,
    is_time: bool,  # noqa: FBT001  # of two kinds
    source: Source,
    index: Mapping[str, int],
) -> tuple[Take, Write | None]:
    """What takes a field's cell from those of a row, and what writes it as ours; both may raise ``CellError``.

    Args:
        field: name of the field.
        is_time: whether it is a time, not a day.
        source: where it comes from.
        index: number of each column in a row.
    """
    if source.value is not None:
        value = source.value
        return lambda _: value, None
    numbers = [index[name] for name in source.columns]
    joined = len(numbers) > 1
    taken = _joined(numbers, source.join, is_key=field in KEYS) if joined else operator.itemgetter(numbers[0])
    steps = _steps(field, is_time, source)
    if not steps:
        return taken, None

    def write(cell: str) -> str:
        cell = cell.strip()
        for step in steps:
            cell = step(cell) if cell else cell
        return cell

    return taken, write


def _joined(numbers: list[int], between: str, *, is_key: bool) -> Take:
    """What joins the cells of columns; where one says nothing, nothing is said."""

    def joined(cells: Cells) -> str:
        parts = [cells[number].strip() for number in numbers]
        if not all(parts):
            return ""
        if is_key and between and any(between in part for part in parts):
            raise CellError(Code.WRONG_VALUE, f"a cell has {between} in it; join by something that no cell has")
        return between.join(parts)

    return joined


def _steps(field: str, is_time: bool, source: Source) -> list[Write]:  # noqa: FBT001  # of two kinds
    steps: list[Write] = []
    if source.empty:
        steps.append(lambda cell: "" if cell in source.empty else cell)
    if source.digits:
        steps.append(lambda cell: "".join(one for one in cell if one.isascii() and one.isdigit()))
    if source.zero_fill is not None:
        width = source.zero_fill
        steps.append(lambda cell: cell.zfill(width) if cell.isascii() and cell.isdigit() else cell)
    if source.date is not None:
        steps.append(_time(source) if is_time else _day(source))
    if source.decimal:
        steps.append(_decimal(scale_of(field) or 0))
    if source.yes or source.no:
        steps.append(_flag(source))
    if source.codes is not None:
        steps.append(_code(source, source.codes))
    if source.prefix:
        steps.append(lambda cell: source.prefix + cell)
    return steps


def _day(source: Source) -> Write:
    read = day_reader(source.date or "", source.day)

    def day(cell: str) -> str:
        try:
            return read(cell)
        except ValueError:
            raise CellError(Code.BAD_DATE, f"no day written {source.date}, as the mapping says") from None

    return day


def _time(source: Source) -> Write:
    read = time_reader(source.date or "", source.zone)

    def time(cell: str) -> str:
        try:
            return read(cell)
        except (ValueError, OverflowError):
            told = f"no time written {source.date} that clocks in {source.zone} show once"
            raise CellError(Code.BAD_TIME, told) from None

    return time


def _decimal(scale: int) -> Write:
    def decimal(cell: str) -> str:
        if len(cell) > MOST_CHARACTERS:
            raise CellError(Code.OUT_OF_RANGE, "more digits than any number has")
        try:
            if not NUMBER.fullmatch(cell):
                raise CellError(Code.WRONG_TYPE, "no number, as 1234.50")
            number = Decimal(cell.replace(",", "").replace("$", "")).scaleb(scale)
            if number == int(number):
                return str(int(number))
        except (InvalidOperation, OverflowError):
            raise CellError(Code.WRONG_TYPE, "no number, as 1234.50") from None
        raise CellError(Code.WRONG_TYPE, f"more than {scale} decimals")

    return decimal


def _flag(source: Source) -> Write:
    def flag(cell: str) -> str:
        if cell in source.yes:
            return "true"
        if cell in source.no:
            return "false"
        raise CellError(Code.WRONG_TYPE, "neither among the words for yes nor among those for no of the mapping")

    return flag


def _code(source: Source, codes: Mapping[str, str]) -> Write:
    is_edfi = source.codes_name.startswith(EDFI)

    def code(cell: str) -> str:
        found = code_of(cell, source.codes_name) if is_edfi and "#" in cell else codes.get(cell)
        if found is not None:
            return found
        if source.unlisted == "reject":
            raise CellError(Code.NOT_IN_CODE_SET, f"the code is not in {source.codes_name} of the mapping")
        return cell if source.unlisted == "keep" else ""

    return code
