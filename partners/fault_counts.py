"""The faults of a file's rows, counted by code and field, with the first places of each; never a value."""

import dataclasses
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Self

from partners.formats.faults import Bad, Code, Fault

PLACES = 10
"""Rows that are named of each."""


@dataclass
class FaultCount:
    """How often one thing is wrong with one field."""

    fault: Fault
    """As of the first row; of a code that is near only where it is so for all."""
    count: int = 0
    places: list[int] = field(default_factory=list)
    """Of the first rows."""
    lines: list[int] = field(default_factory=list)
    """On which these begin, where their format knows."""

    def add(self, bad: Bad, fault: Fault) -> None:
        """Count a row."""
        self.count += 1
        if len(self.places) < PLACES:
            self.places.append(bad.place)
            self.lines += [] if bad.line is None else [bad.line]
        if fault.near != self.fault.near:
            self.fault = dataclasses.replace(self.fault, near="")


@dataclass
class FaultCounts:
    """All faults of all rejected rows: a row counts once for each of its faults."""

    by_kind: dict[tuple[Code, str | None], FaultCount] = field(default_factory=dict)

    @classmethod
    def of(cls, rows: Iterable[Bad]) -> Self:
        """Those of some rows."""
        made = cls()
        for bad in rows:
            made.add(bad)
        return made

    def add(self, bad: Bad) -> None:
        """Count the faults of a rejected row."""
        for fault in bad.faults:
            self.by_kind.setdefault((fault.code, fault.field), FaultCount(fault)).add(bad, fault)

    def to_list(self) -> list[list[Any]]:
        """As JSON values, for a run that goes on."""
        return [
            [fault.code.value, fault.field, fault.counted, fault.near, one.count, one.places, one.lines]
            for one in self.by_kind.values()
            for fault in [one.fault]
        ]

    def go_on(self, counted: Iterable[list[Any]]) -> None:
        """Take over what a run before has counted."""
        for code, field_, told, near, count, places, *lines in counted:
            fault = Fault(Code(code), field_, told, near)
            self.by_kind[fault.code, fault.field] = FaultCount(fault, count, list(places), *map(list, lines))

    def __iter__(self) -> Iterator[FaultCount]:
        """The most frequent first."""
        return iter(sorted(self.by_kind.values(), key=lambda one: (-one.count, one.fault.code, one.fault.field or "")))
