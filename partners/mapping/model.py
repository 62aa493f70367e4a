"""What a mapping file says, checked: the file's form; where each field's value comes from, and how it is written."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from partners.formats.csv_columns import Column
from partners.formats.fixed_file import Span
from partners.mapping.dates import End

Format = Literal["csv", "tsv", "parquet", "fixed"]
Unlisted = Literal["reject", "keep", "empty"]


@dataclass(frozen=True)
class Source:
    """Where a value comes from, and how it is written there."""

    columns: tuple[str, ...] = ()
    """One; or several that are joined; none where it is always the same."""
    value: str | None = None
    """The same in every row."""
    join: str = "|"
    """Between the cells of several columns."""
    empty: frozenset[str] = frozenset()
    """Words that stand for an empty cell."""
    digits: bool = False
    """Only the digits of the cell count."""
    zero_fill: int | None = None
    """So many digits it has with its leading zeros, which the file does not have."""
    prefix: str = ""
    """Put in front."""
    date: str | None = None
    """Pattern of a day or time."""
    day: End | None = None
    zone: str | None = None
    decimal: bool = False
    """A number with a point, of which the field holds hundredths or the like."""
    yes: frozenset[str] = frozenset()
    no: frozenset[str] = frozenset()
    codes: Mapping[str, str] | None = field(default=None, repr=False)
    """Our code by the partner's."""
    codes_name: str = ""
    """Of the table that they stand in."""
    unlisted: Unlisted = "reject"
    """What becomes of a code that is not in the table."""


@dataclass(frozen=True)
class Identifiers:
    """A number of the person whose system another column says."""

    number: Source
    system: Source


@dataclass(frozen=True)
class Only:
    """Which rows are facts of the family, where a file has others too."""

    column: str
    words: frozenset[str]


@dataclass(frozen=True)
class Mapped:
    """A mapping file."""

    path: Path
    text: str = field(repr=False)
    partner: str
    family: str
    format: Format | None
    """None: by the ending of the file."""
    fields: Mapping[Column, Source]
    identifiers: tuple[Identifiers, ...] = ()
    left_out: frozenset[str] = frozenset()
    columns: Mapping[str, Span] = field(default_factory=dict)
    """Of fixed-width lines."""
    width: int = 0
    is_trimmed: bool = False
    has_header: bool = True
    only: Only | None = None

    @property
    def used(self) -> list[str]:
        """Names of the columns that it takes something from, in its order."""
        sources = [*self.fields.values(), *(one for pair in self.identifiers for one in (pair.number, pair.system))]
        named = [name for source in sources for name in source.columns] + ([self.only.column] if self.only else [])
        return list(dict.fromkeys(named))

    def words(self, name: str) -> str:
        """A field in the words of the file: its column, or columns, and the field behind it.

        Args:
            name: of the field, as body.entry_date.
        """
        source = next((source for column, source in self.fields.items() if column.name == name), None)
        if source is None and name.startswith("identifier.") and self.identifiers:
            source = self.identifiers[0].number
        if source is None:
            return name
        return f"{' and '.join(source.columns) or 'the constant'} ({name})"
