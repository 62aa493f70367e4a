"""The index: whatever the order and the batches, the same records give the same persons and the same state."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import islice

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.linkage import KEY, MODEL, arrived, content, persons, said, taken

from processors.resolve.matching.description import Description
from processors.resolve.matching.index import COMPONENT_CAP, KEY_CAP, Arrived, Index
from processors.resolve.matching.names import canonical
from processors.state import Memory, Working

Row = tuple[str, Description]
ANA = said("Ana Lopez 20040517", ssn="545121234", address="12 Oak St", zip_code="95814")
ANA_AT_COLLEGE = said("Ana Lopez 20040517", email="ana@example.org")
WAGES = said("ANA LOPEZ", ssn="545121234")
LUIS = said("Luis Romero 19991224", ssn="545129876")


def batches(rows: Sequence[Arrived], size: int) -> list[list[Arrived]]:
    """Rows in batches of a size."""
    left = iter(rows)
    return list(iter(lambda: list(islice(left, size)), []))


def people() -> st.SearchStrategy[Row]:
    """Rows of few people under few records, so that much collides."""
    ssn = st.sampled_from(["", "", "545121234", "545121235", "545129876"])
    address = st.sampled_from(["", "12 Oak St", "9 Elm Ave"])
    name = st.sampled_from(["Ana Lopez", "Anna Lopez", "Eva Lopez", "Ana M Lopez", "Lopez Ana", "Luis Romero"])
    born = st.sampled_from(["", " 20040517", " 20041705", " 20040518", " 19991224"])
    described = st.builds(
        lambda n, b, s, a: said(n + b, ssn=s, address=a, zip_code="95814" if a else ""), name, born, ssn, address
    )
    return st.tuples(st.sampled_from("abcdefghij"), described)


def test_records_of_one_person_are_joined_also_by_a_bridge_that_comes_late() -> None:
    rows = arrived([("k12", ANA_AT_COLLEGE), ("wages", WAGES), ("bridge", ANA)])
    store, changes = taken(batches(rows, 1))
    assert persons(store, ["k12", "wages", "bridge"]) == [["bridge", "k12", "wages"]]
    first = changes[0][0].after
    assert [(c.record_key, c.before == "", c.after == first) for c in changes[2]] == [
        ("bridge", True, True),
        ("wages", False, True),
    ]


def test_a_person_keeps_the_id_of_its_oldest_record() -> None:
    rows = arrived([("older", WAGES), ("younger", ANA_AT_COLLEGE), ("bridge", ANA)])
    _, changes = taken(batches(rows, 1))
    [older] = changes[0]
    assert {change.after for change in changes[2]} == {older.after}


def test_a_record_is_as_old_as_its_oldest_row_whichever_came_first() -> None:
    [older, younger] = arrived([("k12", ANA), ("k12", ANA)])
    one, changes = taken([[older], [younger]])
    other, _ = taken([[younger], [older]])
    assert content(one) == content(other)
    assert changes[1] == []


def test_a_bridge_that_is_taken_back_leaves_what_never_was_joined() -> None:
    rows = arrived([("k12", ANA_AT_COLLEGE), ("wages", WAGES), ("bridge", ANA)])
    before, _ = taken(batches(rows[:2], 1))
    joined, _ = taken([rows])
    working = Working(joined)
    index = Index(working, MODEL, KEY)
    index.put("bridge", "a seed", (2, "in/0/2"), [])
    index.settle()
    joined.apply(working.changes())
    assert persons(joined, ["k12", "wages"]) == persons(before, ["k12", "wages"]) == [["k12"], ["wages"]]
    assert {key: index.person_of(key) for key in ("k12", "wages")} == {
        key: Index(Working(before), MODEL, KEY).person_of(key) for key in ("k12", "wages")
    }


def test_what_comes_again_changes_nothing() -> None:
    rows = arrived([("k12", ANA), ("college", ANA_AT_COLLEGE)])
    store, _ = taken([rows])
    before = content(store)
    _, changes = taken([rows], store=store)
    assert (changes, content(store)) == ([[]], before)


@settings(max_examples=150, deadline=None)
@given(st.lists(people(), min_size=1, max_size=14), st.randoms(use_true_random=False), st.integers(1, 14))
def test_neither_order_nor_batches_show(rows: list[Row], chance: object, size: int) -> None:
    given_order = arrived(rows)
    shuffled = list(given_order)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    keys = [key for key, _ in rows]
    one, _ = taken([given_order])
    other, _ = taken(batches(shuffled, size))
    assert persons(one, keys) == persons(other, keys)
    assert content(one) == content(other)


@settings(max_examples=100, deadline=None)
@given(st.lists(people(), min_size=1, max_size=14), st.integers(1, 14))
def test_batches_do_not_show_in_the_state(rows: list[Row], size: int) -> None:
    one, _ = taken([arrived(rows)])
    other, _ = taken(batches(arrived(rows), size))
    assert content(one) == content(other)


@settings(max_examples=100, deadline=None)
@given(st.lists(people(), min_size=1, max_size=10), st.lists(people(), min_size=1, max_size=4), st.data())
def test_merged_and_split_again_equals_never_merged(rows: list[Row], more: list[Row], data: st.DataObject) -> None:
    later = [(f"later {key}", description) for key, description in more]
    never, _ = taken([arrived(rows)])
    store, _ = taken([arrived([*rows, *later])])
    working = Working(store)
    index = Index(working, MODEL, KEY)
    for key in data.draw(st.permutations(sorted({key for key, _ in later}))):
        index.put(key, "a seed", (99, "in/0/99"), [])
    index.settle()
    store.apply(working.changes())
    keys = [key for key, _ in rows]
    assert persons(store, keys) == persons(never, keys)


@settings(max_examples=60, deadline=None)
@given(st.lists(people(), min_size=2, max_size=12), st.integers(1, 11))
def test_a_batch_that_was_lost_and_is_taken_again_leaves_no_trace(rows: list[Row], at: int) -> None:
    first, second = arrived(rows)[:at], arrived(rows)[at:]
    store, _ = taken([first])
    Index(Working(store), MODEL, KEY).take(second)  # killed before its commit
    again, _ = taken([second], store=store)
    assert content(again) == content(taken([first, second])[0])


def test_which_of_two_records_came_first_does_not_show_in_what_their_names_weigh() -> None:
    model = replace(MODEL, given={canonical("KIM"): 0.9, canonical("KIMBERLY"): 1e-9}, link_bits=15.0)
    kim, kimberly = said("Kim Lopez 20040517"), said("Kimberly Lopez 20040517")
    rows = arrived([("a", kim), ("b", kimberly)])
    assert content(taken([rows], model)[0]) == content(taken([rows[::-1]], model)[0])
    renamed = arrived([("b", kim), ("a", kimberly)])
    assert persons(taken([rows], model)[0], "ab") == persons(taken([renamed], model)[0], "ab") == [["a"], ["b"]]


def test_a_key_over_its_cap_counts_for_no_pair_and_counts_again_below_it() -> None:
    shared = [said(f"{chr(65 + i % 26)}{chr(65 + i // 26)}x Lopez 20040517", ssn="545121234") for i in range(KEY_CAP)]
    rows = arrived([(f"r{i:03}", one) for i, one in enumerate(shared)])
    alike = arrived([("a", said("Ana Diaz", ssn="545121234")), ("b", said("Ana Diaz", ssn="545121234"))])
    store, _ = taken([alike])
    assert persons(store, ["a", "b"]) == [["a", "b"]]
    taken([rows], store=store)
    assert persons(store, ["a", "b"]) == [["a"], ["b"]]
    working = Working(store)
    index = Index(working, MODEL, KEY)
    for row in rows:
        index.put(row.record_key, "a seed", row.age, [])
    index.settle()
    store.apply(working.changes())
    assert persons(store, ["a", "b"]) == [["a", "b"]]


@pytest.mark.parametrize("size", [1, 7, COMPONENT_CAP + 1])
def test_a_component_over_its_cap_gets_no_links(size: int) -> None:
    chain = [
        said(f"Ana Lopez {20000101 + i // 2}", email=f"{(i + 1) // 2}@example.org") for i in range(COMPONENT_CAP + 1)
    ]
    rows = arrived([(f"r{i:03}", one) for i, one in enumerate(chain)])
    store, _ = taken(batches(rows[:-1], size))
    assert len(persons(store, [row.record_key for row in rows[:-1]])) < COMPONENT_CAP
    store, _ = taken(batches(rows, size))
    assert len(persons(store, [row.record_key for row in rows])) == COMPONENT_CAP + 1


def test_nothing_in_the_store_tells_a_name_a_number_or_an_address() -> None:
    store, _ = taken([arrived([("a", ANA), ("b", LUIS), ("c", WAGES)])])
    kept = repr(content(store)).upper()
    assert not [told for told in ("LOPEZ", "LUIS", "545121234", "OAK", "EXAMPLE.ORG", "20040517") if told in kept]


def test_a_record_that_is_not_known_is_nobodys() -> None:
    assert Index(Working(Memory()), MODEL, KEY).person_of("unknown") == ""
