"""What a source says of a record: of each row the newest version counts, in whatever order versions come."""

from itertools import permutations
from typing import Any

import pytest
from support.descriptions import described
from support.worlds import DictKeys

from processors import sealing
from processors.resolve import said
from processors.resolve.matching.description import Description

OLD, NEW = described("Ana, Reyes", born="2004-12-31"), described("Ana, Reyes Cruz", born="2004-12-30")
ELSE = described("Ana, Lopez")


def folded(*events: tuple[str, int, str, list[Description] | None]) -> dict[str, Any]:
    """Rows after some events: source row, published_at, event id, what it says."""
    rows: said.Rows = {}
    for source, published_at, event_id, told in events:
        rows = said.folded_in(rows, source, (published_at, event_id), told) or rows
    return rows


def test_of_a_row_the_newest_version_counts_whatever_came_first() -> None:
    events = [("row", 1, "a", [OLD]), ("row", 2, "b", [NEW]), ("other", 1, "c", [ELSE])]
    found = [folded(*order) for order in permutations(events)]
    assert all(rows == found[0] for rows in found)
    assert said.descriptions_of(found[0]) == [NEW, ELSE]
    assert said.events_of(found[0]) == ["b", "c"]


def test_of_one_moment_the_higher_event_id_counts_and_a_repeat_is_nothing_new() -> None:
    rows = folded(("row", 1, "b", [NEW]))
    assert said.folded_in(rows, "row", (1, "a"), [OLD]) is None
    assert said.folded_in(rows, "row", (1, "b"), [NEW]) is None


def test_a_retracted_row_says_nothing_and_stays_so() -> None:
    rows = folded(("row", 2, "b", None), ("row", 1, "a", [OLD]))
    assert said.descriptions_of(rows) == []
    assert said.events_of(rows) == ["b"]


def test_a_record_is_compared_by_its_newest_rows_only() -> None:
    told = [described(f"Ana, Reyes{chr(65 + n)}") for n in range(said.NEWEST + 2)]
    rows = folded(*((str(n), n, f"e{n}", [one]) for n, one in enumerate(told)))
    assert said.descriptions_of(rows) == told[::-1][: said.NEWEST]


def test_the_date_of_birth_is_that_of_the_newest_row_that_tells_one() -> None:
    assert said.born_of(folded(("a", 1, "a", [OLD]), ("b", 2, "b", [NEW]), ("c", 3, "c", [ELSE]))) == 20041230
    assert said.born_of({}) == 0


def test_rows_are_sealed_under_the_records_key_and_come_back() -> None:
    rows, keys = folded(("row", 1, "a", [OLD]), ("other", 1, "b", None)), DictKeys()
    text = said.sealed(keys, "record", rows)
    assert "REYES" not in text
    found = said.rows_of(keys, "record", said.events_of(rows), text)
    assert (said.descriptions_of(found), said.events_of(found)) == ([OLD], ["a", "b"])
    assert said.rows_of(keys, "record", [], "") == {}


def test_rows_of_an_erased_key_cannot_be_read() -> None:
    rows = folded(("row", 1, "a", [OLD]))
    text = said.sealed(DictKeys(), "record", rows)
    with pytest.raises(sealing.UnreadableError):
        said.rows_of(DictKeys(), "record", ["a"], text)
