"""Sums of boxes are those of the sets that they stand for."""

import itertools

from hypothesis import given, settings
from hypothesis import strategies as st
from support.laws import ASKED, conditions

from processors.consent.law.boxes import EVERYTHING, Box, box_of, boxes_of, is_covered, left, meet, size, values_of
from processors.consent.law.facts import CLASSES, Basis, Facts, Relation, Tiers
from processors.consent.law.rules import When, when

PLACES = [Facts._fields.index(name) for name in ASKED]


def points(boxes: list[Box]) -> list[tuple[int, ...]]:
    """What boxes hold, by the values of the facts that made-up rules ask; twice where two hold it."""
    return [
        point
        for box in boxes
        for point in itertools.product(*([at for at in range(20) if box[place] >> at & 1] for place in PLACES))
    ]


@given(conditions, st.lists(conditions, max_size=5))
@settings(deadline=None)
def test_what_is_left_of_a_box_is_the_difference_of_the_sets_and_nothing_twice(one: When, others: list[When]) -> None:
    box = box_of(one)
    if box is None:
        return
    cuts = boxes_of(others)
    found = list(left(box, cuts))
    assert sorted(points(found)) == sorted(set(points([box])) - set(points(cuts)))
    assert is_covered(box, cuts) == (found == [])


@given(conditions, conditions)
def test_two_boxes_meet_in_what_both_hold(one: When, other: When) -> None:
    boxes = boxes_of([one, other])
    if len(boxes) == 2:
        both = meet(*boxes)
        assert set(points([both] if both else [])) == set(points(boxes[:1])) & set(points(boxes[1:]))


def test_a_condition_that_names_no_value_of_a_fact_is_no_box() -> None:
    assert box_of(when(basis=set())) is None
    assert box_of(When()) == EVERYTHING


def test_everything_is_every_disclosure_that_there_can_be() -> None:
    whole = 1
    for kind in CLASSES:
        whole *= len(kind)
    assert size(EVERYTHING) == whole


def test_a_box_tells_the_values_of_the_facts_that_it_narrows() -> None:
    box = box_of(when(basis={Basis.STUDY}, tiers={Tiers.NO_DSA, Tiers.NO_DUL}, relation=set(Relation)))
    assert box is not None
    assert values_of(box) == {"basis": [Basis.STUDY], "tiers": [Tiers.NO_DSA, Tiers.NO_DUL]}
    wider = box_of(when(basis={Basis.STUDY}))
    assert wider is not None
    assert values_of(box, wider) == {"tiers": [Tiers.NO_DSA, Tiers.NO_DUL]}
