"""What F1 can be reached where wage rows are joined by their number alone.

A wage row has a number and a cut-off name, and the number is mistyped now and then. Everything else is taken to be
joined without a fault.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import combinations, pairwise

from bench.identity.components import components
from bench.identity.sets import number
from processors.resolve import quality

Row = Mapping[str, str]
Alike = Callable[[str, str], bool]
WAGES = "UI"
"""The source of wage rows."""


def ceilings(records: Iterable[Row], truth: Mapping[str, str]) -> dict[str, float]:
    """F1 where a wage row is joined by exactly its number, and where one typing error is forgiven."""
    of_person: dict[str, list[Row]] = defaultdict(list)
    for row in records:
        of_person[truth[row["record_id"]]].append(row)
    found = {"exact_ssn": _f1(of_person, truth, _same), "one_typing_error": _f1(of_person, truth, one_error_apart)}
    return {name: round(f1, 4) for name, f1 in found.items()}


def _f1(of_person: Mapping[str, Sequence[Row]], truth: Mapping[str, str], alike: Alike) -> float:
    pairs = [pair for rows in of_person.values() for pair in _joined(rows, alike)]
    return quality.pairwise(components(truth, pairs), truth).f1


def _joined(rows: Sequence[Row], alike: Alike) -> Iterable[tuple[str, str]]:
    """Pairs of one person's records: those with more than a number all together, wage rows by their number."""
    others = [row["record_id"] for row in rows if row["source"] != WAGES]
    yield from pairwise(others)
    for one, other in combinations(rows, 2):
        if WAGES in {one["source"], other["source"]} and alike(number(one["ssn"]), number(other["ssn"])):
            yield one["record_id"], other["record_id"]


def _same(one: str, other: str) -> bool:
    return bool(one) and one == other


def one_error_apart(one: str, other: str) -> bool:
    """Whether two numbers are the same but for one digit that is wrong, or two neighbours that changed places."""
    if not one or len(one) != len(other):
        return False
    wrong = [place for place, (a, b) in enumerate(zip(one, other, strict=True)) if a != b]
    if len(wrong) != 2:
        return len(wrong) < 2
    left, right = wrong
    return right == left + 1 and one[left] == other[right] and one[right] == other[left]
