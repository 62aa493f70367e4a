"""The engine over a store of its own: what it keeps depends on the rows alone, whatever came again, in any order."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from deploy.identity.engine import Engine
from processors.resolve.matching.model import shipped
from streams.store import Store

KEY = b"k" * 32
Row = dict[str, str]


def row(record_id: str, day: str = "2019-08-01", **said: str) -> Row:
    """A row that says something of somebody."""
    told = {"source": "CC", "first_name": "Ana", "last_name": "Lopez", "dob": "2004-05-17"}
    return {"record_id": record_id, "event_date": day, **told, **said}


NAMED = row("r1", source_local_id="c1")
LATER = {**NAMED, "record_id": "r2", "event_date": "2020-08-01"}
WAGE = row("r3", source="UI", ssn="545121234", dob="")
NOBODYS = [row("r4"), row("r5"), row("r6", ssn="000-00-0000")]
ROWS = [
    NAMED, LATER, WAGE, *NOBODYS, {**NAMED, "last_name": "Reyes"}, {**WAGE, "record_id": "r7"},
    {**NAMED, "zip": "95814"},
]  # fmt: skip


def kept(batches: Sequence[Sequence[Row]]) -> tuple[list[list[str]], list[tuple[str, str, bytes]]]:
    """Record keys that the engine told of batches, and what its store has in the end."""
    with tempfile.TemporaryDirectory() as folder, Store.open(Path(folder) / "store") as store:
        engine = Engine(store, shipped(), KEY)
        keys = [engine.take(batch) for batch in batches]
        return keys, list(store.content())


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(ROWS), min_size=1, max_size=12), st.randoms(use_true_random=False), st.integers(1, 12))
def test_neither_order_nor_batches_nor_what_comes_again_shows(rows: list[Row], chance: object, size: int) -> None:
    other = [*rows, *rows]
    chance.shuffle(other)  # type: ignore[attr-defined]
    assert kept([rows])[1] == kept([other[i : i + size] for i in range(0, len(other), size)])[1]


def test_a_row_that_comes_again_is_of_the_same_record_and_changes_nothing() -> None:
    [first, again], content = kept([ROWS, ROWS])
    assert first == again
    assert content == kept([ROWS])[1]


def test_a_row_is_known_by_what_it_says_whenever_it_says_so() -> None:
    [[named, later, changed, moved]], _ = kept([[NAMED, LATER, {**NAMED, "last_name": "Reyes"}, {**NAMED, "dob": ""}]])
    assert named == later == changed == moved


def test_rows_without_an_id_or_a_number_are_records_of_their_own_though_they_say_the_same() -> None:
    [keys], _ = kept([NOBODYS])
    assert len(set(keys)) == len(NOBODYS)
    [[one, other]], _ = kept([[WAGE, {**WAGE, "record_id": "r9"}]])
    assert one == other


def test_no_cell_can_be_taken_for_its_neighbour() -> None:
    moved = {**NAMED, "first_name": "AnaLopez", "last_name": ""}
    other = {**NAMED, "first_name": "", "last_name": "AnaLopez"}
    rows = [len(content) for _, content in (kept([[NAMED, moved]]), kept([[NAMED, moved, other]]))]
    assert rows[0] < rows[1]
