"""How the proof of the composition compares views with the truth; the proof itself is `make test-compose`."""

import pytest
from support.scaled import differences

from partners.population import Truth

MADE = Truth(visible={"changes": [], "trickle": [("r1", "ann", "e1"), ("r1", "ann", "e2"), ("r2", "bob", "e3")]})
RIGHT = [("r1", "p1", "e1"), ("r1", "p1", "e2"), ("r2", "p2", "e3")]


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        (RIGHT, []),
        (RIGHT[1:], ["r1 does not see e1"]),
        ([*RIGHT, ("r2", "p1", "e1")], ["r2 sees e1, the truth does not"]),
        ([RIGHT[0], ("r1", "p3", "e2"), RIGHT[2]], ["person ann is 2 persons"]),
        ([*RIGHT[:2], ("r2", "p1", "e3")], ["person p1 is 2 persons"]),
    ],
    ids=["none", "missing", "leaked", "parted", "joined"],
)
def test_views_that_differ_from_the_truth_are_told_a_line_each(rows: list[tuple[str, ...]], told: list[str]) -> None:
    assert differences(rows, MADE) == told
