"""Drafts a mapping file from a file's columns and the forms of its first rows; an engineer corrects it.

What is drafted is a guess, said with its confidence; what nobody could guess is left out. No cell of the file stands in
a draft, but for the usual words for yes and no.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import orjson

from partners.formats.csv_columns import SAYABLE, Column, needed
from partners.formats.fixed_file import Span
from partners.formats.reading import FileError
from partners.formats.tables import Table
from partners.mapping import tables
from partners.mapping.cells import KEYS, scale_of
from partners.mapping.forms import Form, form_of
from partners.mapping.kinds import Kind, kind_of, symbols_of
from partners.mapping.model import Format
from partners.mapping.names import nearness, short_names

SSN_DIGITS = 9
LOOKED_AT = 200
"""Rows whose forms are looked at."""
QUARTERS = {"reference_period_start": "first", "reference_period_end": "last"}
"""Of a quarter, which day a field is."""
SURE, MAYBE = 80.0, 60.0
"""In percent: what is mapped, and what is only told of."""
FILLED = {"event_id", "event_type", "schema_version", "partner_id", "operation", "supersedes_event_id"}
"""Fields that no name is near enough to say."""
SYSTEMS = {14: "CDS", 12: "NCES", 7: "NCES", 8: "OPEID", 6: "UNITID"}
"""By how many digits an organisation's id has."""
RECIPES: Mapping[str, Sequence[str]] = {
    "identity": ("subject_token",),
    "contact": ("subject_token",),
    "enrollment": ("subject_token", "organization_id", "entry_date"),
    "aid": ("subject_token", "aid_year"),
    "social_service": ("subject_token", "program", "benefit_month"),
    "attendance": ("subject_token", "organization_id", "attendance_date"),
    "assessment": ("subject_token", "assessment_title", "administered_on"),
    "intervention": ("subject_token", "intervention_id", "begin_date"),
    "early_care": ("subject_token", "program_type", "enrollment_date"),
    "credential": ("subject_token", "credential_type", "award_date"),
    "transfer": ("subject_token", "from_organization_id", "transfer_term"),
    "caseload": ("case_manager_id", "subject_token", "assigned_on"),
    "consent": ("consent_id",),
}
"""What tells one fact of a family from all others, where the file has no id of it."""


@dataclass
class Draft:
    """A drafted mapping."""

    text: str
    """Of the mapping file."""
    mapped: int = 0
    """Columns that became fields."""
    left_out: int = 0
    lacking: tuple[str, ...] = ()
    """Fields that no file of the family goes without, and that no column looked like."""
    flagged: tuple[str, ...] = ()
    """Columns that have what looks like social security numbers, and are no place for them."""


@dataclass(frozen=True)
class _Guess:
    column: str
    field: str
    nearness: float


def drafted(
    table: Table,
    partner: str,
    family: str,
    form: Format,
    spans: Mapping[str, Span],
    width: int,
    *,
    has_header: bool = True,
) -> Draft:
    """Draft a mapping.

    Args:
        table: of the file.
        partner: who will publish.
        family: of the rows.
        form: of the file.
        spans: of the columns, where the file is of fixed width.
        width: of a line there.
        has_header: whether a CSV file has one.

    Raises:
        FileError: the first line is no header.
    """
    names = [name.strip() for name in table.names]
    if form in {"csv", "tsv"} and has_header:
        _check_header(names)
    records = [record[1] for record in islice(table.records, LOOKED_AT) if isinstance(record, tuple)]
    looks = (
        {name: form_of(cells) for name, cells in zip(names, zip(*records, strict=True), strict=True)} if records else {}
    )
    looks = {name: looks.get(name, Form()) for name in names}
    guesses = _guesses(names, family, looks)
    by_field = {guess.field: guess for guess in guesses if guess.nearness >= SURE}
    maybe = [guess for guess in guesses if guess.nearness < SURE]
    lines, used = _field_lines(by_field, looks, family)
    rows = [dict(zip(names, record, strict=True)) for record in records]

    def are_different(columns: Sequence[str]) -> bool:
        return len({tuple(row[name] for name in columns) for row in rows}) == len(rows)

    lacking = _lacking(by_field, family, lines, looks, are_different)
    flagged = tuple(name for name in names if looks[name].has_ssn and not _is_ssn(used.get(name, "")))
    for name in flagged:
        if name in used:
            lines = [line for line in lines if not line.startswith(f"{_key(used[name])} =")]
            lines.append(
                f"# {_key(used[name])}: left out, as {_safe(name)} has what looks like social security numbers"
            )
            del used[name]
    rest = [name for name in names if name not in used and not any(f"column = {_text(name)}, " in one for one in lines)]
    text = "\n".join([
        *_head(partner, family, form, width, spans, has_header=has_header), "[fields]", *lines, *_maybe(maybe), "",
        *_left_out(rest, flagged),
    ])  # fmt: skip
    return Draft(text + "\n", len(names) - len(rest), len(rest), tuple(lacking), flagged)


def _check_header(names: Sequence[str]) -> None:
    """See that the first line is a header: it goes into a draft.

    Raises:
        FileError: it looks like a row.
    """
    if not all(SAYABLE.fullmatch(name) and any(one.isalpha() for one in name) for name in names) or len(
        set(names)
    ) < len(names):
        bad = next(
            (n for n, name in enumerate(names, 1) if not SAYABLE.fullmatch(name) or not any(c.isalpha() for c in name)),
            None,
        )
        what = f"column {bad} of the first line is no name" if bad else "the first line has a name twice"
        raise FileError(f"{what}; write names of columns there (letters, digits, spaces), or say --no-header")


def _guesses(names: Sequence[str], family: str, looks: Mapping[str, Form]) -> list[_Guess]:
    """For each column the field that it is likeliest, no field twice; the surest first."""
    fields = {name: column for name, column in short_names(family).items() if name not in FILLED}
    every = [
        _Guess(name, field, nearness(name, field) * _fits(field, looks[name], kind_of(family, column)))
        for name in names
        for field, column in fields.items()
    ]
    every.sort(key=lambda guess: (-guess.nearness, guess.column, guess.field))
    taken: set[str] = set()
    found = []
    for guess in every:
        if guess.nearness >= MAYBE and not taken & {f"c {guess.column}", f"f {guess.field}"}:
            taken |= {f"c {guess.column}", f"f {guess.field}"}
            found.append(guess)
    return found


def _fits(field: str, form: Form, kind: Kind) -> float:
    """How much a form speaks for a field of a kind, from 0 to 1."""
    if not form.cells:
        return 0.95
    if field == "source_record_id" and not form.are_different:
        return 0.85
    if kind in {"day", "time"}:
        return 1.0 if form.dates else 0.7
    if kind == "flag":
        return 1.0 if form.yes or form.no else 0.8
    return 0.8 if form.dates and not form.digits else 1.0


def _field_lines(
    by_field: Mapping[str, _Guess], looks: Mapping[str, Form], family: str
) -> tuple[list[str], dict[str, str]]:
    """A line a field, and the field of each column that is used."""
    lines, used = [], {}
    for field, column in short_names(family).items():
        guess = by_field.get(field)
        if guess is None:
            continue
        used[guess.column] = field
        said, told = _said(guess.column, looks[guess.column], column, family)
        sure = f"{guess.nearness:.0f} %"
        lines.append(f"{_key(field)} = {said}  # {'; '.join([sure, *told])}")
    return lines, used


def _said(name: str, form: Form, column: Column, family: str) -> tuple[str, list[str]]:
    """How a column's line says it, and what is to be told beside it."""
    kind, symbols = kind_of(family, column), symbols_of(family, column)
    more: list[str] = []
    told: list[str] = []
    if kind in {"day", "time"} and form.dates:
        more, told = _date(form, column, kind)
    elif kind == "scaled" and form.cells:
        scale = scale_of(column.path[1])
        more = ["decimal = true"] if form.is_decimal else []
        told = [] if more else [f"see that its whole numbers have {scale} decimals in them, else say decimal = true"]
    elif kind == "flag" and form.cells and not form.words <= {"true", "false"}:
        more = [f"yes = {_list(form.yes or ('Y',))}", f"no = {_list(form.no or ('N',))}"]
    elif symbols and form.cells and not form.words <= set(symbols):
        more, told = _codes(form, symbols)
    if column.path[1] in KEYS and form.digits == SSN_DIGITS:
        told.append("nine digits: see that it is no social security number")
    if column.inner == "SSN" and form.has_ssn:
        more.append("digits = true")
    return f"{{ column = {_text(name)}, {', '.join(more)} }}" if more else _text(name), told


def _date(form: Form, column: Column, kind: Kind) -> tuple[list[str], list[str]]:
    """Of a day or time: its pattern, and what is to be told."""
    pattern = form.dates[0]
    if kind == "time":
        if "HH" not in pattern:
            return [], []
        zone = 'zone = "America/Los_Angeles"'
        return [f"date = {_text(pattern)}", zone], ["see that this is the zone of its clock"]
    if pattern == "YYYY-MM-DD":
        return [], []
    more = [f"date = {_text(pattern)}"]
    if "D" not in pattern:
        is_end = column.path[1].endswith(("_end", "_to", "exit_date", "until"))
        more.append(f'day = "{"last" if is_end else "first"}"')
    is_open = len(form.dates) > 1
    return more, [f"which is the month? it may be {form.dates[1]}"] if is_open else []


def _codes(form: Form, symbols: Sequence[str]) -> tuple[list[str], list[str]]:
    """Of a field that takes our codes alone: a table that ships, or an empty one to be filled in."""
    table = next((one for one in tables.names() if form.words and _covers(one, form, symbols)), None)
    if table:
        return [f"codes = {_text(table)}"], []
    return ["codes = {}"], [f"write the file's codes there, as A = {_text(symbols[0])}; ours are {', '.join(symbols)}"]


def _covers(table: str, form: Form, symbols: Sequence[str]) -> bool:
    """Whether a table that ships has all codes of a column, and only such of ours as the field takes."""
    codes = tables.table(table) or {}
    return form.words <= set(codes) and set(codes.values()) <= set(symbols)


def _lacking(
    by_field: Mapping[str, _Guess],
    family: str,
    lines: list[str],
    looks: Mapping[str, Form],
    are_different: Callable[[Sequence[str]], bool],
) -> list[str]:
    """Say what is missing, and guess what can be made of the rest; names of what nobody could guess."""
    lacking: list[str] = []
    there = set(by_field)
    whose = [] if there & {"subject_token", "subject_name"} else ["subject_token"]
    for field in [*whose, *needed(family)]:
        if field in there:
            continue
        if field == "source_record_id" and (made := _made_id(by_field, family, are_different)):
            lines.insert(0, made)
        elif field in QUARTERS and (quarter := _quarter(field, looks)):
            lines.append(quarter)
        elif field == "organization_id_system" and (system := _system(by_field, looks)):
            lines.append(f'organization_id_system = {{ value = "{system}" }}  # by its digits; see that it is right')
        else:
            lacking.append(field)
            lines.append(f'# {_key(field)} = "…"  # needed, and no column looks like it')
    return lacking


def _made_id(by_field: Mapping[str, _Guess], family: str, are_different: Callable[[Sequence[str]], bool]) -> str | None:
    """An id of the fact made of what tells it from others, where all of that is there."""
    recipe = RECIPES.get(family, ())
    guesses = [by_field.get(field) for field in recipe]
    columns = [guess.column for guess in guesses if guess is not None]
    if not recipe or len(columns) < len(recipe) or not are_different(columns):
        return None
    why = "the file has no id of the fact: see that this is one, the same in every export"
    if len(columns) == 1:
        return f"source_record_id = {_text(columns[0])}  # {why}"
    return f'source_record_id = {{ columns = {_list(columns)}, join = "|" }}  # {why}'


def _quarter(field: str, looks: Mapping[str, Form]) -> str | None:
    """The first or last day of a column's quarters, where there is such a column."""
    found = next((name for name, form in looks.items() if form.dates and "Q" in form.dates[0].replace("'Q'", "")), None)
    if found is None:
        return None
    pattern = _text(looks[found].dates[0])
    return f'{field} = {{ column = {_text(found)}, date = {pattern}, day = "{QUARTERS[field]}" }}  # by its form'


def _system(by_field: Mapping[str, _Guess], looks: Mapping[str, Form]) -> str | None:
    guess = by_field.get("organization_id")
    return SYSTEMS.get(looks[guess.column].digits or 0) if guess else None


def _head(
    partner: str, family: str, form: Format, width: int, spans: Mapping[str, Span], *, has_header: bool
) -> list[str]:
    lines = [
        f"# How columns become fields of {family}: a draft, behind each line how sure it is. Correct it, then look:",
        "#   throughline publish FILE --mapping THIS --dry-run",
        f"# Fields: throughline schemas columns {family}. How lines are written: docs/reference.md, Mapping files.",
        f"partner = {_text(partner)}",
        f"family = {_text(family)}",
        "",
        "[file]",
        f'format = "{form}"',
    ]
    if not has_header:
        lines.append("header = false")
    if form == "fixed":
        lines += [f"width = {width}", "", "[columns]"]
        lines += [f"{_key(name)} = {{ start = {one.start}, width = {one.width} }}" for name, one in spans.items()]
    return [*lines, ""]


def _maybe(guesses: Sequence[_Guess]) -> list[str]:
    return [f"# {_key(one.field)} = {_text(one.column)}  # {one.nearness:.0f} %: perhaps" for one in guesses]


def _left_out(names: Sequence[str], flagged: Sequence[str]) -> list[str]:
    if not names:
        return []
    lines = ["[leave_out]", "columns = ["]
    for name in names:
        why = "  # has what looks like social security numbers: never map it to a text" if name in flagged else ""
        lines.append(f"  {_text(name)},{why}")
    return [*lines, "]"]


def _is_ssn(field: str) -> bool:
    return field in {"identifier.SSN", "ssn"}


def _safe(name: str) -> str:
    return name if SAYABLE.fullmatch(name) else "a column"


def _key(name: str) -> str:
    is_bare = name.replace("_", "").replace("-", "").isalnum() and name.isascii()
    return name if is_bare else _text(name)


def _text(text: str) -> str:
    """As TOML writes it, which JSON's way is a part of."""
    return orjson.dumps(text).decode()


def _list(texts: Sequence[str]) -> str:
    return "[" + ", ".join(_text(one) for one in texts) + "]"


def file_columns(path: Path) -> dict[str, Span]:
    """Columns of a record layout, a CSV file with columns name, start and width.

    Raises:
        FileError: it is none.
    """
    import csv  # noqa: PLC0415  # of this function alone

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
