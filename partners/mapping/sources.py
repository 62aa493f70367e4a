"""Reads one line of ``[fields]``: where a field's value comes from, and how it is written."""

import difflib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from partners.formats.reading import FileError
from partners.mapping import tables
from partners.mapping.dates import PatternError, day_reader, time_reader
from partners.mapping.kinds import Kind
from partners.mapping.model import Source

KEYS = {
    "column", "columns", "join", "value", "empty", "digits", "zero_fill", "prefix", "date", "day", "zone", "decimal",
    "yes", "no", "codes", "unlisted",
}  # fmt: skip
FOR: dict[str, set[Kind]] = {
    "date": {"day", "time"},
    "day": {"day"},
    "zone": {"time"},
    "decimal": {"scaled"},
    "yes": {"flag"},
    "no": {"flag"},
    "codes": {"text", "enum"},
    "unlisted": {"text", "enum"},
    "prefix": {"text"},
    "zero_fill": {"text"},
    "digits": {"text", "whole"},
}
"""Kinds of fields that a key says something of; one that is not here, of all."""
OF_KINDS = {
    "text": "a text", "enum": "one of a set of codes", "list": "a list", "flag": "true or false",
    "whole": "a whole number", "scaled": "a whole number of hundredths or the like", "day": "a day", "time": "a time",
}  # fmt: skip
UNLISTED = ("reject", "keep", "empty")
DAYS = ("first", "last")
MOST_DIGITS = 64
Fail = Callable[[str], FileError]
Codes = Callable[[str], Mapping[str, str] | None]


def source_of(
    said: Any, name: str, kind: Kind, symbols: Sequence[str], empty: frozenset[str], named: Codes, fail: Fail
) -> Source:
    """A line as a source.

    Args:
        said: the value behind the field's name: a column, or a table of keys.
        name: of the field.
        kind: of the field.
        symbols: those that the field takes, where it takes no others.
        empty: words that stand for an empty cell in the whole file.
        named: finds a table of codes by its name.
        fail: makes the error of this line.

    Raises:
        FileError: it cannot be used.
    """
    table = {"column": said} if isinstance(said, str) else said
    if not isinstance(table, dict):
        raise fail(f'write {name} = "COLUMN", or {name} = {{ column = "COLUMN", … }}')
    _check_keys(table, name, kind, fail)
    columns = _columns(table, name, fail)
    if "value" in table and len(table) > 1:
        raise fail("a value that is always the same needs nothing beside it")
    if "value" in table:
        return Source(value=_value(table, symbols, kind, fail))
    codes, codes_name = _codes(table, symbols, named, fail)
    source = Source(
        columns=columns,
        join=_text(table, "join", "|", fail),
        empty=empty | _texts(table, "empty", fail),
        digits=_flag(table, "digits", fail),
        zero_fill=_zero_fill(table, fail),
        prefix=_text(table, "prefix", "", fail),
        date=table.get("date"),
        day=_one_of(table, "day", DAYS, fail),
        zone=table.get("zone"),
        decimal=_flag(table, "decimal", fail),
        yes=_texts(table, "yes", fail),
        no=_texts(table, "no", fail),
        codes=codes,
        codes_name=codes_name,
        unlisted=_one_of(table, "unlisted", UNLISTED, fail) or "reject",
    )
    _check(source, kind, symbols, fail)
    return source


def _check_keys(table: Mapping[str, Any], name: str, kind: Kind, fail: Fail) -> None:
    for key in table:
        if key not in KEYS:
            near = difflib.get_close_matches(key, KEYS, 1)
            raise fail(
                f"there is no {key}"
                + (f"; did you mean {near[0]}?" if near else f"; known are {', '.join(sorted(KEYS))}")
            )
        if kind not in FOR.get(key, {kind}):
            raise fail(f"{name} is {OF_KINDS[kind]}, of which {key} says nothing; take {key} out")


def _columns(table: Mapping[str, Any], name: str, fail: Fail) -> tuple[str, ...]:
    said = [key for key in ("column", "columns", "value") if key in table]
    if len(said) != 1:
        raise fail(f'say one of column, columns and value, as {name} = {{ column = "COLUMN" }}')
    columns = [table["column"]] if "column" in table else table.get("columns", [])
    if not isinstance(columns, list) or not all(isinstance(one, str) and one for one in columns):
        raise fail('a column is a text, columns are a list of texts, as ["YEAR", "ID"]')
    if "columns" in table and len(columns) < 2:  # noqa: PLR2004  # of one there is nothing to join
        raise fail("columns are two or more that are joined; one is a column")
    if "join" in table and len(columns) < 2:  # noqa: PLR2004  # likewise
        raise fail("join stands between columns, and there is only one; take it out")
    return tuple(columns)


def _value(table: Mapping[str, Any], symbols: Sequence[str], kind: Kind, fail: Fail) -> str:
    value = table["value"]
    if isinstance(value, bool) and kind == "flag":
        return "true" if value else "false"
    if type(value) is int and kind in {"whole", "scaled"}:
        return str(value)
    if not isinstance(value, str) or not value:
        raise fail("a value is a text in quotes; of whole numbers and flags it is bare, as 1 or true")
    _check_symbol(value, symbols, fail)
    return value


def _codes(
    table: Mapping[str, Any], symbols: Sequence[str], named: Codes, fail: Fail
) -> tuple[Mapping[str, str] | None, str]:
    said = table.get("codes")
    if said is None:
        if "unlisted" in table:
            raise fail("unlisted says what becomes of a code that is not in codes, and there are none")
        return None, ""
    if isinstance(said, str):
        found, name = named(said), said if tables.table(said) is not None else f"[codes.{said}]"
        if found is None:
            raise fail(f"there is no [codes.{said}] in the file; `throughline schemas codes` has the tables that ship")
    elif isinstance(said, dict) and all(isinstance(one, str) for one in said.values()):
        found, name = said, "codes"
    else:
        raise fail('codes are the name of a table, or pairs, as { A = "active" }')
    for symbol in found.values():
        _check_symbol(symbol, symbols, fail)
    return found, name


def _check_symbol(symbol: str, symbols: Sequence[str], fail: Fail) -> None:
    if symbols and symbol not in symbols:
        near = difflib.get_close_matches(symbol, symbols, 1)
        raise fail(
            f"{symbol} is no code of ours; " + (f"did you mean {near[0]}?" if near else f"one of {', '.join(symbols)}")
        )


def _check(source: Source, kind: Kind, symbols: Sequence[str], fail: Fail) -> None:
    if source.date is None and (source.day or source.zone):
        raise fail('day and zone belong to a date, as date = "YYYYQ"')
    if source.date is not None:
        if not isinstance(source.date, str) or not isinstance(source.zone, str | None):
            raise fail('a date is a pattern, as date = "MM/DD/YYYY"')
        try:
            if kind == "day":
                day_reader(source.date, source.day)
            else:
                time_reader(source.date, source.zone)
        except PatternError as error:
            raise fail(str(error)) from None
    if bool(source.yes) != bool(source.no):
        raise fail('say both, as yes = ["Y"], no = ["N"]')
    if source.yes & source.no:
        raise fail("a word is among yes and among no")
    if symbols and source.codes is not None and source.unlisted == "keep":
        raise fail(
            'the field takes our codes alone: one that is not in codes cannot be kept; unlisted is "empty" or "reject"'
        )


def _flag(table: Mapping[str, Any], key: str, fail: Fail) -> bool:
    found = table.get(key, False)
    if not isinstance(found, bool):
        raise fail(f"{key} is true or false, without quotes")
    return found


def _text(table: Mapping[str, Any], key: str, usual: str, fail: Fail) -> str:
    found = table.get(key, usual)
    if not isinstance(found, str):
        raise fail(f"{key} is a text; write it in quotes")
    return found


def _texts(table: Mapping[str, Any], key: str, fail: Fail) -> frozenset[str]:
    found = table.get(key, [])
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        raise fail(f'{key} is a list of texts, as ["A", "B"]')
    return frozenset(found)


def _zero_fill(table: Mapping[str, Any], fail: Fail) -> int | None:
    found = table.get("zero_fill")
    if found is not None and (type(found) is not int or not 1 <= found <= MOST_DIGITS):
        raise fail("zero_fill is how many digits there are with the zeros in front, as 9")
    return found


def _one_of(table: Mapping[str, Any], key: str, known: Sequence[str], fail: Fail) -> Any:
    found = table.get(key)
    if found is not None and found not in known:
        raise fail(f"{key} is one of {', '.join(known)}")
    return found
