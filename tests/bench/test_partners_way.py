"""The whole way of a partner's file, at a size at which its times say nothing: every row is found again at its end."""

from pathlib import Path

import pytest

from bench.partners import way

ROWS = 3_000

pytestmark = pytest.mark.broker


def test_every_row_of_a_mapped_file_is_rejected_at_the_door_or_stands_in_the_case_view(tmp_path: Path) -> None:
    found = way.measured(tmp_path, ROWS, receipt_seconds=0)  # receipts come minutes later; other tests wait for them
    assert (found["rows"], found["published"], found["rejected_at_the_door"]) == (ROWS, ROWS - 2, 2)
    assert found["reasons"] == {"bad_date": 2}
    assert (found["events"], found["carried"], found["withheld"]) == (ROWS - 4, ROWS - 4, 0)
    missing = ("rejected_by_the_gate", "unaccounted", "missing_in_the_view", "too_many_in_the_view")
    assert [found[name] for name in missing] == [0, 0, 0, 0]


def test_a_row_that_the_view_lacks_is_told() -> None:
    ends = {"a": way.CARRIED, "b": way.CARRIED, "c": way.WITHHELD, "d": None}
    assert way.compared(ends, {"a", "e", "f"}) == {
        "events": 4, "carried": 2, "withheld": 1, "rejected_by_the_gate": 0, "unaccounted": 1,
        "missing_in_the_view": 1, "too_many_in_the_view": 2,
    }  # fmt: skip
