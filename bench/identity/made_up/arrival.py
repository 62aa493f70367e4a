"""Records in order of arrival, whatever their number: put aside by two months of it, and sorted part by part."""

import csv
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.identity.made_up.records import FIRST, Made
from bench.identity.sets import COLUMNS, Row
from partners.population.dice import Dice

PART_DAYS = 61
"""So that fewer files are open at once than any system allows."""
SAID = COLUMNS[1:]


@dataclass
class Aside:
    """Records put aside in a folder; those that arrive on one day come in an order of chance."""

    folder: Path
    seed: int
    _held: ExitStack = field(default_factory=ExitStack)
    _writers: dict[int, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._dice = Dice(self.seed, "arrival")

    def put(self, records: Iterable[Made]) -> None:
        """Put some more aside."""
        for made in records:
            said = [made.row.get(column, "") for column in SAID]
            tie = self._dice.below(1 << 30)
            self._writer(made.arrives).writerow([made.arrives, tie, made.person, ";".join(made.wrong), *said])

    def _writer(self, day: int) -> Any:
        part = (day - FIRST) // PART_DAYS
        if part not in self._writers:
            file = self._held.enter_context(self._path(part).open("w", encoding="utf-8", newline=""))
            self._writers[part] = csv.writer(file)
        return self._writers[part]

    def _path(self, part: int) -> Path:
        return self.folder / f"part-{part}.csv"

    def arriving(self) -> Iterator[tuple[Row, Row]]:
        """All that was put aside, in order, each with its truth."""
        self._held.close()
        number = 0
        for part in sorted(self._writers):
            with self._path(part).open(encoding="utf-8", newline="") as file:
                lines = sorted(csv.reader(file), key=lambda line: (int(line[0]), int(line[1])))
            for _, _, person, wrong, *said in lines:
                record = f"R{number:07d}"
                yield (
                    {"record_id": record, **dict(zip(SAID, said, strict=True))},
                    {"record_id": record, "person_id": person, "errors": wrong},
                )
                number += 1
            self._path(part).unlink()
