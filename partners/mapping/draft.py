"""Drafts a mapping file from a file's columns and the forms of its first rows; an engineer corrects it.

What is drafted is a guess, said with its confidence; what nobody could guess is left out. No cell of the file stands in
a draft, but for the usual words for yes and no, and the codes of a column of codes (``partners.mapping.code_tables``).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from partners.formats.csv_columns import SAYABLE
from partners.formats.fixed_file import Span
from partners.formats.reading import FileError
from partners.formats.tables import Table
from partners.mapping.forms import Form, form_of, settled
from partners.mapping.kinds import Kind, kind_of
from partners.mapping.lacking import lacking_in
from partners.mapping.model import Format
from partners.mapping.names import nearness, short_names
from partners.mapping.spellings import Spelling, spelling_of
from partners.mapping.toml_text import key, text

LOOKED_AT = 10_000
"""Rows whose forms are looked at."""
SURE, MAYBE = 80.0, 60.0
"""In percent: what is mapped, and what is only told of."""
FILLED = {"event_id", "event_type", "schema_version", "partner_id", "operation", "supersedes_event_id"}
"""Fields that no name is near enough to say."""


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
    open: int = 0
    """Codes of the file that an engineer has to fill in."""


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
    looks = _looks(names, records)
    guesses = _guesses(names, family, looks)
    flagged = tuple(name for name in names if looks[name].has_ssn and not _is_ssn(_field(guesses, name)))
    sure = {one.field: one for one in guesses if one.nearness >= SURE and one.column not in flagged}
    spelled = {one.field: _spelled(one, looks, family) for one in sure.values()}
    places = {name: number for number, name in enumerate(names)}

    different = {tuple(record) for record in records}

    def are_different(columns: Sequence[str]) -> bool:
        """A row that stands twice is one fact, and one that lacks a part of its id is none that can be sent."""
        ids = [tuple(record[places[name]].strip() for name in columns) for record in different]
        whole = [id_ for id_ in ids if all(id_)]
        return len(set(whole)) == len(whole)

    lacking = lacking_in({field: guess.column for field, guess in sure.items()}, family, looks, are_different)
    used = {one.column for one in sure.values()}
    rest = [
        name for name in names if name not in used and not any(f"column = {text(name)}, " in m for m in lacking.made)
    ]
    lines = [
        *_head(partner, family, form, width, spans, has_header=has_header),
        "[fields]",
        *(line for line in lacking.made if line.startswith("source_record_id")),
        *(_line(sure[field], spelled[field]) for field in short_names(family) if field in sure),
        *(line for line in lacking.made if not line.startswith("source_record_id")),
        *(f'# {key(name)} = "…"  # needed, and no column looks like it' for name in lacking.names),
        *_kept_out(guesses, flagged),
        *_maybe([one for one in guesses if one.nearness < SURE and one.column not in flagged]),
        "",
        *_codes(spelled),
        *_left_out(rest, flagged),
    ]
    to_fill = sum(one.codes.open for one in spelled.values() if one.codes)
    return Draft("\n".join(lines) + "\n", len(names) - len(rest), len(rest), tuple(lacking.names), flagged, to_fill)


def _looks(names: Sequence[str], records: Sequence[Sequence[str]]) -> Mapping[str, Form]:
    """The form of each column."""
    columns = zip(*records, strict=True) if records else [()] * len(names)
    return settled({name: form_of(cells) for name, cells in zip(names, columns, strict=True)})


def _field(guesses: Sequence[_Guess], column: str) -> str:
    return next((one.field for one in guesses if one.column == column and one.nearness >= SURE), "")


def _spelled(guess: _Guess, looks: Mapping[str, Form], family: str) -> Spelling:
    return spelling_of(looks[guess.column], short_names(family)[guess.field], family)


def _line(guess: _Guess, spelling: Spelling) -> str:
    """A field's line; of codes it is as sure as half its name and half its cells."""
    share = spelling.codes.share if spelling.codes else 1.0
    sure = f"{guess.nearness * (1 + share) / 2:.0f} %"
    return f"{key(guess.field)} = {spelling.of(guess.column)}  # {'; '.join([sure, *spelling.told])}"


def _codes(spelled: Mapping[str, Spelling]) -> list[str]:
    """The file's own tables of codes."""
    return [line for one in spelled.values() if one.codes and one.codes.lines for line in (*one.codes.lines, "")]


def _kept_out(guesses: Sequence[_Guess], flagged: Sequence[str]) -> list[str]:
    """Fields whose column has what looks like numbers of social security."""
    return [
        f"# {key(one.field)}: left out, as {_safe(one.column)} has what looks like social security numbers"
        for one in guesses
        if one.column in flagged and one.nearness >= SURE
    ]


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
        return 1.0 if form.dates else 0.9 if form.has_days else 0.7
    if kind == "flag":
        return 1.0 if form.yes or form.no else 0.8
    return 0.8 if form.dates and not form.digits else 1.0


def _head(
    partner: str, family: str, form: Format, width: int, spans: Mapping[str, Span], *, has_header: bool
) -> list[str]:
    lines = [
        f"# How columns become fields of {family}: a draft, behind each line how sure it is. Correct it, then look:",
        "#   throughline publish FILE --mapping THIS --dry-run",
        f"# Fields: throughline schemas columns {family}. How lines are written: docs/reference.md, Mapping files.",
        f"partner = {text(partner)}",
        f"family = {text(family)}",
        "",
        "[file]",
        f'format = "{form}"',
    ]
    if not has_header:
        lines.append("header = false")
    if form == "fixed":
        lines += [f"width = {width}", "", "[columns]"]
        lines += [f"{key(name)} = {{ start = {one.start}, width = {one.width} }}" for name, one in spans.items()]
    return [*lines, ""]


def _maybe(guesses: Sequence[_Guess]) -> list[str]:
    return [f"# {key(one.field)} = {text(one.column)}  # {one.nearness:.0f} %: perhaps" for one in guesses]


def _left_out(names: Sequence[str], flagged: Sequence[str]) -> list[str]:
    if not names:
        return []
    lines = ["[leave_out]", "columns = ["]
    for name in names:
        why = "  # has what looks like social security numbers: never map it to a text" if name in flagged else ""
        lines.append(f"  {text(name)},{why}")
    return [*lines, "]"]


def _is_ssn(field: str) -> bool:
    return field in {"identifier.SSN", "ssn"}


def _safe(name: str) -> str:
    return name if SAYABLE.fullmatch(name) else "a column"
