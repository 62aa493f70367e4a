"""One field of a file as it is read: counts over closed sets, and what its texts look like; no value is kept."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from partners.profile import texts
from partners.profile.fields import OTHER, Field, day_in, range_of

PLACES = 10
NAMES = 20
"""Different texts like names that a column has at least before it is flagged."""
LONGEST = 64


@dataclass
class Marks:
    """Rows that look odd: how many, and the first of them."""

    count: int = 0
    places: list[int] = field(default_factory=list)

    def add(self, places: Sequence[int]) -> None:
        """Count rows."""
        self.count += len(places)
        self.places += places[: PLACES - len(self.places)]


@dataclass
class Column:
    """What is counted of a field."""

    of: Field
    filled: int = 0
    counts: Counter[Any] = field(default_factory=Counter)
    """By code, by (year, month) or by range; ``OTHER``: none of them."""
    ssn_like: Marks = field(default_factory=Marks)
    personal: Marks = field(default_factory=Marks)
    ahead: Marks = field(default_factory=Marks)
    bare_ssns: int = 0
    january: int = 0
    """Dates that are a 1st of January."""
    dates: int = 0
    like_names: int = 0
    names: set[int] = field(default_factory=set)
    """Hashes of the first different ones of them."""
    lengths: Counter[int] = field(default_factory=Counter)
    """Of texts that are digits and nothing else, by how many."""
    begins_with_zero: bool = False

    def add(self, places: Sequence[int], values: Sequence[Any], today: date) -> None:
        """Count the cells of a batch.

        Args:
            places: of the rows.
            values: of each, none of them null.
            today: when it is looked at.
        """
        self.filled += len(values)
        match self.of.kind:
            case "code":
                self._count_codes(places, values)
            case "codes":
                said = [(place, one) for place, value in zip(places, values, strict=True) for one in _items(value)]
                self._count_codes([place for place, _ in said], [one for _, one in said])
            case "flag":
                self.counts.update({True: "true", False: "false"}[v] if type(v) is bool else OTHER for v in values)
            case "number":
                self.counts.update(OTHER if (found := range_of(value)) is None else found for value in values)
            case "date" | "time":
                self._count_days(places, values, today)
            case "text":
                self._look_at_texts(places, values, today)
            case "texts":
                self._look_at_texts(places, [" ".join(_items(value)) for value in values], today)

    def add_unread(self) -> None:
        """Count a cell that says something which cannot be read into the field."""
        self.filled += 1
        self.counts[OTHER] += 1

    def _count_codes(self, places: Sequence[int], values: Sequence[Any]) -> None:
        known = self.of.codes
        self.counts.update(value if isinstance(value, str) and value in known else OTHER for value in values)
        strange = [(p, v) for p, v in zip(places, values, strict=True) if isinstance(v, str) and v not in known]
        self.ssn_like.add([strange[i][0] for i in texts.with_ssn([text for _, text in strange])])

    def _count_days(self, places: Sequence[int], values: Sequence[Any], today: date) -> None:
        days = [day_in(value) for value in values]
        self.counts.update(OTHER if day is None else (day.year, day.month) for day in days)
        self.dates += sum(day is not None for day in days)
        self.january += sum(day is not None and (day.month, day.day) == (1, 1) for day in days)
        self.ahead.add([place for place, day in zip(places, days, strict=True) if day is not None and day > today])

    def _look_at_texts(self, places: Sequence[int], values: Sequence[Any], today: date) -> None:
        said = [value if isinstance(value, str) else "" for value in values]
        self.ssn_like.add([places[i] for i in texts.with_ssn(said)])
        self.bare_ssns += texts.bare_ssns(said)
        numbers = [text for text in said if text.isdigit() and len(text) <= LONGEST]
        self.lengths.update(map(len, numbers))
        self.begins_with_zero = self.begins_with_zero or any(text[0] == "0" for text in numbers)
        if self.of.leaves:
            found = {*texts.with_contact(said), *texts.with_birth_date(said, today)}
            self.personal.add([places[i] for i in sorted(found)])
            names = texts.like_names(said)
            self.like_names += len(names)
            if len(self.names) < NAMES:
                self.names.update(map(hash, names[: NAMES * 10]))


def _items(value: Any) -> list[str]:
    """The texts of a list, each once."""
    return sorted({one for one in value if isinstance(one, str)}) if isinstance(value, list) else []
