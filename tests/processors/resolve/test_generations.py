"""Two indexes in one state: each has its tables, everything else is common."""

import inspect

from processors.resolve.generations import TABLES, Generation, table_of
from processors.state import Memory, Working

INHERITED = {"count", "note"}
"""They only use what the view has itself."""


def test_everything_that_a_working_state_does_is_done_to_the_state_below() -> None:
    public = {name for name, _ in inspect.getmembers(Working, inspect.isfunction) if not name.startswith("_")}
    assert public - INHERITED == {name for name in vars(Generation) if not name.startswith("_")}


def test_only_the_indexs_tables_are_other_ones_and_those_of_generation_0_keep_their_names() -> None:
    assert [table_of(table, 0) for table in (*TABLES, "record")] == [*TABLES, "record"]
    assert [table_of(table, 2) for table in (*TABLES, "record")] == [*(f"{table}.2" for table in TABLES), "record"]


def test_two_generations_keep_apart_what_they_put_and_share_the_rest() -> None:
    state = Working(store := Memory())
    one, two = Generation(state, 0), Generation(state, 1)
    one.put("review", "a|b", 1)
    two.put("review", "a|c", 2)
    two.put_raw("block", {"k": b"r"})
    two.put("record", "r", 3)
    assert (one.scan("review", ""), two.scan("review", "")) == ([("a|b", 1)], [("a|c", 2)])
    assert (one.get_raw("block", ["k"]), two.get_raw("block", ["k"])) == ([None], [b"r"])
    assert (one.keys("block", 9), two.keys("block", 9)) == ([], ["k"])
    assert one.get("record", "r") == 3
    assert one.content("review", "a|c") is None
    assert two.changes() == state.changes()
    store.apply(state.changes())
    again = Generation(Working(store), 1)
    again.prefetch("review", ["a|c", "a|b"])
    assert [again.get("review", pair) for pair in ("a|b", "a|c")] == [None, 2]


def test_what_an_index_that_is_not_in_force_counts_is_counted_nowhere() -> None:
    state = Working(Memory())
    Generation(state, 1, is_counted=False).count("blocks")
    assert not state.counts
    Generation(state, 1).count("blocks")
    assert state.counts == {("blocks",): 1}
