"""Rows of records: what is said stands sealed in them, the same for the same, and for nothing else."""

import pytest
from cryptography.exceptions import InvalidTag
from support.linkage import KEY, said

from processors.resolve.matching.description import Description, lines_of
from processors.resolve.matching.entries import Entry, Known, says
from processors.state import Memory, Working

ANA, EVA = said("Ana Lopez 20040517", others=["SSID:77"]), said("Eva Lopez 20040517")


def written(key: str, *said: Description) -> tuple[Entry, Memory]:
    """A record of which something is said, and a store with it."""
    entry, working, store = (
        Entry(key, "seed", (2, "in/0/2"), key, "seed", lines=lines_of(said)),
        Working(Memory()),
        Memory(),
    )
    Known(working, KEY).write([entry])
    store.apply(working.changes())
    return Entry(key, "seed", (2, "in/0/2"), key, "seed", entry.sealed), store


BOTH, STORE = written("a", ANA, EVA)


def test_a_record_is_read_as_it_was_written() -> None:
    known = Known(Working(STORE), KEY)
    known.load(["a", "b", "a"])
    assert known.entries == {"a": BOTH}
    known.open(known.entries.values())
    assert known.entries["a"].descriptions() == [ANA, EVA]


def test_the_same_of_the_same_record_is_sealed_alike_and_anything_else_is_not() -> None:
    said = [("a", ANA), ("b", ANA), ("a", EVA), ("a",), ("a", ANA), ("a", EVA, ANA), ("a", ANA, EVA)]
    sealed = [written(key, *told)[0].sealed for key, *told in said]
    assert sealed[0] == sealed[4]
    assert len(set(sealed)) == len(said) - 1


def test_what_is_said_is_known_without_being_opened() -> None:
    one, _ = written("a", ANA)
    assert says(one, ANA.to_line(), KEY)
    assert not says(one, EVA.to_line(), KEY)
    assert not says(BOTH, ANA.to_line(), KEY)


@pytest.mark.parametrize("at", [0, 20, -1])
def test_a_row_that_was_changed_is_not_opened(at: int) -> None:
    changed = bytearray(BOTH.sealed)
    changed[at] ^= 1
    entry = Entry("a", "seed", (2, "in/0/2"), sealed=bytes(changed))
    with pytest.raises(InvalidTag):
        Known(Working(Memory()), KEY).open([entry])


def test_a_row_is_not_opened_as_another_records() -> None:
    with pytest.raises(InvalidTag):
        Known(Working(Memory()), KEY).open([Entry("b", "seed", (2, "in/0/2"), sealed=BOTH.sealed)])
