"""A count of few rows about people is told as that, and nobody can work it out from what is told beside it."""

from collections import defaultdict
from itertools import product

import pytest

from partners.profile.suppression import FEW, FEWEST, HIDDEN, shown

Told = list[tuple[str, int | str]] | None


def told(*counts: int) -> Told:
    """The cells of a distribution over a, b, c: their counts, or why they are hidden."""
    cells = shown(dict(zip("abcdefgh", counts, strict=False)))
    return None if cells is None else [(c.value, c.hidden if c.count is None else c.count) for c in cells]


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        ((11, 500), [("a", 11), ("b", 500)]),
        ((0, 500), [("b", 500)]),
        ((3, 40, 500), [("a", FEW), ("b", HIDDEN), ("c", 500)]),
        ((3, 5, 500), [("a", FEW), ("b", FEW), ("c", HIDDEN)]),
        ((1, 11, 500), [("a", FEW), ("b", HIDDEN), ("c", HIDDEN)]),
        ((3, 12), [("a", HIDDEN), ("b", HIDDEN)]),
        ((1, 2), None),
        ((3,), None),
        ((), []),
    ],
)
def test_small_cells_and_those_beside_them_are_hidden(counts: tuple[int, ...], said: Told) -> None:
    assert told(*counts) == said


@pytest.mark.parametrize(("cells", "most"), [(1, 60), (2, 60), (3, 36), (4, 18)])
def test_whoever_knows_the_sum_and_the_rule_cannot_tell_a_small_cell_from_any_other_small_one(
    cells: int, most: int
) -> None:
    by_answer: dict[tuple[int, str], list[tuple[int, ...]]] = defaultdict(list)
    for counts in product(range(1, most), repeat=cells):
        by_answer[sum(counts), str(told(*counts))].append(counts)
    for (together, _), possible in by_answer.items():
        answer = told(*possible[0])
        if answer is None or together > most:  # beyond it not all that is possible was tried
            continue
        for place, (_, said) in enumerate(answer):
            values = {counts[place] for counts in possible}
            if said == FEW:
                assert values == set(range(1, FEWEST)), possible[0]
            elif said == HIDDEN:
                assert len(values) > 1, possible[0]
