"""The profile of a file: made row by row while it is read, whatever its format; told at its end."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from partners.formats import Reader
from partners.formats.reading import Cursor, Document, Found
from partners.profile.column import Column
from partners.profile.distinct import Distinct
from partners.profile.fields import EMPTY, OTHER, fields_of, told_range
from partners.profile.flags import Flagged
from partners.profile.suppression import FEWEST, HIDDEN, Cell, shown
from partners.profile.suspicions import of_ids, suspicions

BATCH = 1_000
YEARS_BY_MONTH = 2
"""Dates of no more years than these are told by month."""


@dataclass(frozen=True)
class FieldProfile:
    """What is told of a field."""

    field: str
    """As body.entry_date."""
    kind: str
    """code, codes, flag, date, time, number, text, texts, identifiers, authority."""
    filled_percent: int | None
    """Of the rows; None: it would tell of few."""
    cells: tuple[Cell, ...] | None
    """Rows by what they say, the empty ones too; None: too few rows for any to be told."""
    names: Mapping[str, str]
    """What each code among them means."""

    def to_document(self) -> dict[str, object]:
        """As JSON values; what means nothing more than it says has no name."""
        cells = None if self.cells is None else [self._told(cell) for cell in self.cells]
        return {"field": self.field, "kind": self.kind, "filled_percent": self.filled_percent, "values": cells}

    def _told(self, cell: Cell) -> dict[str, object]:
        name = self.names.get(cell.value)
        named = {"name": name} if name else {}
        hidden = {"hidden": cell.hidden} if cell.hidden else {}
        return {"value": cell.value, **named, "rows": cell.count, **hidden}


@dataclass(frozen=True)
class ProfileReport:
    """What a file of one family is like."""

    family: str
    rows: int
    """That could be read: what is told is of these."""
    persons: int
    """Different people, by the partner's own ids of their records."""
    facts: int
    repeated_facts: int
    repeated_events: int
    fields: tuple[FieldProfile, ...]
    flags: tuple[Flagged, ...]

    def to_document(self) -> dict[str, Any]:
        """As JSON values, but for the flags."""
        names = ("persons", "facts", "repeated_facts", "repeated_events")
        return {
            **{name: getattr(self, name) for name in names},
            "fields": [one.to_document() for one in self.fields],
        }

    def flags_document(self) -> list[dict[str, Any]]:
        """The flags, as JSON values."""
        return [{**asdict(one), "flag": one.flag.value, "places": list(one.places)} for one in self.flags]


class Profile:
    """Counts the rows of files of one family."""

    def __init__(self, family: str, today: date) -> None:
        """Begin.

        Args:
            family: of the rows.
            today: dates behind it lie ahead.
        """
        self._family, self._today, self._rows = family, today, 0
        self._columns = {(field.part, field.name): Column(field) for field in fields_of(family)}
        self._waiting: dict[tuple[str, str], tuple[list[int], list[Any]]] = {k: ([], []) for k in self._columns}
        self._persons, self._facts, self._events = Distinct(), Distinct(), Distinct()

    def watching(self, reader: Reader) -> Reader:
        """A reader whose rows are counted as they pass."""

        def documents(cursor: Cursor) -> Iterator[Found]:
            for found in reader.documents(cursor):
                if isinstance(found, Document):
                    self.note(found)
                yield found

        return Reader(documents, reader.is_table_of_text)

    def note(self, document: Document) -> None:
        """Count a row, good or bad."""
        self._rows += 1
        for part in ("envelope", "body"):
            said = document.content.get(part)
            for name, value in said.items() if isinstance(said, dict) else ():
                if value not in (None, "", []) and (waiting := self._waiting.get((part, name))) is not None:
                    waiting[0].append(document.place)
                    waiting[1].append(value)
        for fault in document.faults:
            part, _, name = (fault.field or "").partition(".")
            if (column := self._columns.get((part, name))) is not None and name not in document.content[part]:
                column.add_unread()
        self._note_ids(document)
        if self._rows % BATCH == 0:
            self._count()

    def note_event(self, place: int | None, event_id: str, operation: str) -> None:
        """Count an event that would be sent."""
        del operation
        self._events.add(place or 0, event_id)

    def report(self) -> ProfileReport:
        """What was counted so far."""
        self._count()
        persons, facts, events = (ids.told() for ids in (self._persons, self._facts, self._events))
        flags = [flag for column in self._columns.values() for flag in suspicions(column, self._rows)]
        for name, ids in (("subject_token", persons), ("source_record_id", facts), ("event_id", events)):
            flags += of_ids(name, ids)
        return ProfileReport(
            self._family, self._rows, persons.different, facts.different, facts.repeats, events.repeats,
            tuple(_told(column, self._rows) for column in self._columns.values()),
            tuple(sorted(flags, key=lambda one: (one.field, one.flag))),
        )  # fmt: skip

    def _note_ids(self, document: Document) -> None:
        envelope = document.content.get("envelope")
        said = envelope if isinstance(envelope, dict) else {}
        if not isinstance(source := said.get("source_record_id"), str):
            return  # no fact that anybody knows, so whom it is about does not count either
        self._facts.add(document.place, source)
        if person := _person_in(said):
            self._persons.add(document.place, person)

    def _count(self) -> None:
        for key, (places, values) in self._waiting.items():
            if values:
                self._columns[key].add(places, values, self._today)
                places.clear()
                values.clear()


def _person_in(envelope: Mapping[str, Any]) -> str:
    """The partner's id of the record; where it has none, the number that the row tells."""
    if isinstance(token := envelope.get("subject_token"), str) and token:
        return token
    identifiers = envelope.get("identifiers")
    told = [one.get("value") for one in identifiers if isinstance(one, dict)] if isinstance(identifiers, list) else []
    return next((value for value in told if isinstance(value, str)), "")


def _told(column: Column, rows: int) -> FieldProfile:
    """A field for people: its cells with those that are empty, small ones hidden."""
    field = column.of
    counts = _cells(column) | {EMPTY: rows - column.filled}
    cells = shown(counts)
    if cells is not None and field.kind == "codes":
        cells = [_of_list(cell, rows) for cell in cells]
    is_told = cells is not None and not any(cell.value == EMPTY and cell.hidden for cell in cells)
    percent = _percent(column.filled, rows) if is_told or column.filled in {0, rows} else None
    return FieldProfile(field.path, field.kind, percent, None if cells is None else tuple(cells), field.codes)


def _of_list(cell: Cell, rows: int) -> Cell:
    """A cell of lists, of which a row may be in several: hidden too where few rows are not in it."""
    is_open = cell.count is not None and 0 < rows - cell.count < FEWEST
    return Cell(cell.value, None, HIDDEN) if is_open else cell


def _percent(part: int, whole: int) -> int:
    """Rounded; 0 and 100 only where it is none and all."""
    if not whole or part in {0, whole}:
        return 100 if whole and part else 0
    return min(max(round(100 * part / whole), 1), 99)


def _cells(column: Column) -> dict[str, int]:
    """Rows of a field by what they say, in the order of the closed set."""
    field, counts = column.of, column.counts
    last = {OTHER: counts[OTHER]}
    if field.kind in {"code", "codes"}:
        return {code: counts[code] for code in field.codes if counts[code]} | last
    if field.kind == "flag":
        return {word: counts[word] for word in ("true", "false")} | last
    if field.kind == "number":
        ranges = sorted(one for one in counts if one != OTHER)
        return {told_range(one, field.scale): counts[one] for one in ranges} | last
    if field.kind in {"date", "time"}:
        return _days(counts) | last
    return {"filled": column.filled}


def _days(counts: Counter[Any]) -> dict[str, int]:
    """Dates by month where they are of few years, else by year."""
    months = sorted(one for one in counts if one != OTHER)
    years = sorted({year for year, _ in months})
    if years and years[-1] - years[0] < YEARS_BY_MONTH:
        return {f"{year}-{month:02}": counts[year, month] for year, month in months}
    return {str(year): sum(counts[one] for one in months if one[0] == year) for year in years}
