"""Reads a mapping file, strictly: what it does not say right is one line with its place in the file and the remedy."""

import difflib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from partners.formats.csv_columns import Column, columns_of, needed
from partners.formats.fixed_file import Span
from partners.formats.reading import FileError
from partners.mapping import tables
from partners.mapping.cells import KEYS
from partners.mapping.kinds import kind_of, symbols_of
from partners.mapping.model import Identifiers, Mapped, Only, Source
from partners.mapping.sources import source_of
from partners.mapping.toml_lines import line_of
from schemas_avro import catalog
from streams import toml_file
from streams.toml_file import FILL_IN, NotTomlError

TOP = {"partner", "family", "file", "columns", "fields", "codes", "leave_out"}
FILE = {"format", "header", "width", "trimmed", "only", "empty"}
FORMATS = ("csv", "tsv", "parquet", "fixed")
NEAR = 0.6
SSN = "SSN"


class MappingError(FileError):
    """A mapping file that cannot be used; one line with its place and the remedy."""


def load(path: Path) -> Mapped:
    """Read a mapping file.

    Raises:
        MappingError: it is not there, no TOML, or says something that does not fit.
    """
    try:
        raw = path.read_bytes()
    except OSError:
        raise MappingError(f"no mapping file {path} there; `throughline partner map FILE` drafts one") from None
    try:
        said = toml_file.parsed(raw)
    except NotTomlError as error:
        raise MappingError(f"{path.name} is no TOML: {error}") from None
    return _Reader(path, raw.decode("utf-8-sig"), said).mapped()


def _texts(said: Any, place: str, key: str = "") -> Iterator[tuple[str, str, str]]:
    """Every text of a document, with the table and the key that it stands at."""
    if isinstance(said, str):
        yield place, key, said
    elif isinstance(said, list):
        for one in said:
            yield from _texts(one, place, key)
    elif isinstance(said, dict):
        for name, one in said.items():
            if isinstance(one, dict) and place in {"", "codes"}:
                yield from _texts(one, f"{place}.{name}".lstrip("."))
            else:
                yield from _texts(one, place, key or name)


class _Reader:
    """Reads one file."""

    def __init__(self, path: Path, text: str, said: dict[str, Any]) -> None:
        self._path, self._text, self._said = path, text, said
        self.family = ""

    def fail(self, table: str, key: str | None, told: str) -> MappingError:
        """The error of a place in the file."""
        return MappingError(f"{self._path.name} line {line_of(self._text, table, key)}: {told}")

    def mapped(self) -> Mapped:
        """All of it."""
        self._filled_in()
        self._known(self._said, TOP, "")
        partner, self.family = self._word("partner"), self._word("family")
        if self.family not in catalog.FAMILIES:
            raise self.fail("", "family", f"no such family; it is one of {', '.join(catalog.FAMILIES)}")
        file = self._table(self._said, "file", "")
        self._known(file, FILE, "file")
        spans = self._spans(file)
        fields = self._table(self._said, "fields", "")
        sources, pairs = self._fields(fields, self._words(file, "empty", "file"))
        left_out = self._words(self._left_out(), "columns", "leave_out")
        only = self._only(file)
        mapped = Mapped(
            path=self._path,
            text=self._text,
            partner=partner,
            family=self.family,
            format=self._format(file),
            fields=sources,
            identifiers=tuple(pairs),
            left_out=frozenset(left_out),
            columns=spans,
            width=int(file.get("width", 0)),
            is_trimmed=self._flag(file, "trimmed", "file", usual=False),
            has_header=self._flag(file, "header", "file", usual=True),
            only=only,
        )
        self._whole(mapped)
        return mapped

    def _filled_in(self) -> None:
        """See that nothing of a draft is left open."""
        left = [(place, key) for place, key, said in _texts(self._said, "") if said.startswith(FILL_IN)]
        if left:
            lines = sorted({line_of(self._text, place, key) for place, key in left})
            others = f", and in {len(lines) - 1} more" if len(lines) > 1 else ""
            told = f"{FILL_IN} stands there{others}: write our code in its place, or take the line out"
            raise self.fail(*min(left, key=lambda one: line_of(self._text, *one)), told)

    def _whole(self, mapped: Mapped) -> None:
        """See that nothing is missing, and nothing is both used and left out."""
        there = {column.path[1] for column in mapped.fields}
        whose = [] if there & {"subject_token", "subject_name"} else ["subject_token"]
        if lacking := [name for name in (*whose, *needed(mapped.family)) if name not in there]:
            told = f"{lacking[0]} is not mapped, and no {mapped.family} goes without it"
            raise self.fail("fields", None, f'{told}; say {lacking[0]} = "its column" there')
        self._secret(mapped)
        for name in mapped.used:
            if name in mapped.left_out:
                raise self.fail("leave_out", None, f"column {name} is used above; take it out here")
        if mapped.format != "fixed":
            return
        for name in mapped.used:
            if name not in mapped.columns:
                raise self.fail("columns", None, f"no column {name}; say it as {name} = {{ start = 1, width = 9 }}")
        for name in mapped.columns:
            if name not in mapped.used and name not in mapped.left_out:
                raise self.fail("columns", name, f"nothing is made of column {name}; map it, or name it in [leave_out]")

    def _secret(self, mapped: Mapped) -> None:
        """See that no key of a message is made of a social security number."""
        numbers = [source for column, source in mapped.fields.items() if SSN in {column.inner, column.path[1].upper()}]
        secret = {name for source in numbers for name in source.columns}
        for column, source in mapped.fields.items():
            if column.path[1] in KEYS and secret & set(source.columns):
                told = f"{column.path[1]} is a message's key, and no social security number may be in it"
                raise self.fail("fields", column.path[1], f"{told}; make it of other columns")

    def _fields(
        self, fields: Mapping[str, Any], empty: frozenset[str]
    ) -> tuple[dict[Column, Source], list[Identifiers]]:
        known = columns_of(self.family)
        found: dict[Column, Source] = {}
        pairs: list[Identifiers] = []
        for name, said in fields.items():
            if name == "identifiers":
                pairs += [self._pair(one, empty) for one in (said if isinstance(said, list) else [said])]
                continue
            column = known.get(name)
            if column is None:
                raise self.fail("fields", name, f"{name} is no field of {self.family}{self._meant(name, known)}")
            if column in found:
                raise self.fail("fields", name, f"{name} is mapped twice; keep one of them")
            found[column] = self._source(column, said, name, empty)
        return found, pairs

    def _source(self, column: Column, said: Any, name: str, empty: frozenset[str]) -> Source:
        kind, symbols = kind_of(self.family, column), symbols_of(self.family, column)
        return source_of(said, name, kind, symbols, empty, self._codes, lambda told: self.fail("fields", name, told))

    def _pair(self, said: Any, empty: frozenset[str]) -> Identifiers:
        """A number, and the column that says whose number it is."""

        def fail(told: str) -> MappingError:
            return self.fail("fields", "identifiers", told)

        if not isinstance(said, dict) or not isinstance(said.get("system"), dict):
            raise fail('write identifiers = { column = "ID", system = { column = "ID_TYPE", codes = { S = "SSID" } } }')
        systems = [column.inner or "" for column in columns_of(self.family).values() if column.path[1] == "identifiers"]
        system = source_of(said["system"], "system", "enum", systems, empty, self._codes, fail)
        if system.codes is None or system.unlisted == "keep":
            raise fail("system needs codes: which of the file's words is which system")
        rest = {key: value for key, value in said.items() if key != "system"}
        return Identifiers(source_of(rest, "identifiers", "text", (), empty, self._codes, fail), system)

    def _codes(self, name: str) -> Mapping[str, str] | None:
        """A table of codes of the file itself, or one that ships."""
        own = self._table(self._said, "codes", "")
        if name not in own:
            return tables.table(name)
        table = own[name]
        if not isinstance(table, dict):
            raise self.fail("codes", name, f'write [codes.{name}] above lines like A = "active"')
        for key, value in table.items():
            if not isinstance(value, str):
                raise self.fail(f"codes.{name}", key, "our code is a text; write it in quotes")
        return dict(table)

    def _spans(self, file: Mapping[str, Any]) -> dict[str, Span]:
        """Where columns of fixed-width lines stand."""
        said = self._table(self._said, "columns", "")
        if file.get("format") != "fixed":
            if said:
                raise self.fail("columns", None, 'only fixed-width files have places; say [file] format = "fixed"')
            if "width" in file:
                raise self.fail("file", "width", 'only fixed-width files have a width; say format = "fixed"')
            return {}
        width = file.get("width")
        if not isinstance(width, int) or isinstance(width, bool) or width < 1:
            raise self.fail("file", "width" if "width" in file else None, "say how wide a line is, as width = 80")
        found = {}
        for name, span in said.items():
            is_said = isinstance(span, dict) and set(span) == {"start", "width"}
            if not is_said or any(type(number) is not int or number < 1 for number in span.values()):
                raise self.fail("columns", name, f"write {name} = {{ start = 1, width = 9 }}; the first place is 1")
            found[name] = Span(span["start"], span["width"])
            if found[name].end > width:
                raise self.fail("columns", name, f"{name} ends at {found[name].end}, beyond the line's {width}")
        return found

    def _only(self, file: Mapping[str, Any]) -> Only | None:
        said = file.get("only")
        if said is None:
            return None
        is_said = isinstance(said, dict) and set(said) == {"column", "is"} and isinstance(said["column"], str)
        if not is_said:
            raise self.fail("file", "only", 'write only = { column = "RECORD", is = ["S"] }')
        return Only(said["column"], self._list(said["is"], "is", "file", "only"))

    def _format(self, file: Mapping[str, Any]) -> Any:
        form = file.get("format")
        if form is not None and form not in FORMATS:
            raise self.fail("file", "format", f"format is one of {', '.join(FORMATS)}")
        return form

    def _left_out(self) -> Mapping[str, Any]:
        said = self._table(self._said, "leave_out", "")
        self._known(said, {"columns"}, "leave_out")
        return said

    def _words(self, said: Mapping[str, Any], key: str, table: str) -> frozenset[str]:
        return self._list(said.get(key, []), key, table, key)

    def _list(self, said: Any, what: str, table: str, key: str) -> frozenset[str]:
        if not isinstance(said, list) or not all(isinstance(one, str) for one in said):
            raise self.fail(table, key, f'{what} is a list of texts, as ["A", "B"]')
        return frozenset(said)

    def _flag(self, said: Mapping[str, Any], key: str, table: str, *, usual: bool) -> bool:
        found = said.get(key, usual)
        if not isinstance(found, bool):
            raise self.fail(table, key, f"{key} is true or false, without quotes")
        return found

    def _word(self, key: str) -> str:
        found = self._said.get(key)
        if not isinstance(found, str) or not found:
            raise self.fail("", key if key in self._said else None, f'say {key} = "…" at the top of the file')
        return found

    def _table(self, said: Mapping[str, Any], key: str, table: str) -> Mapping[str, Any]:
        found = said.get(key, {})
        if not isinstance(found, dict):
            raise self.fail(table, key, f"{key} is a table; write [{key}] on a line of its own")
        return found

    def _known(self, said: Mapping[str, Any], known: Iterable[str], table: str) -> None:
        for key in said:
            if key not in known:
                place = f"[{table}]" if table else "a mapping file"
                raise self.fail(table, key, f"{place} has no {key}{self._meant(key, known)}")

    @staticmethod
    def _meant(name: str, known: Iterable[str]) -> str:
        near = difflib.get_close_matches(name, list(known), 1, NEAR)
        return f"; did you mean {near[0]}?" if near else ""
