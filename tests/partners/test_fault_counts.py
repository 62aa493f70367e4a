"""Faults of rejected rows, counted: how often each, where it is found first, and what is the same for all of them."""

from partners.fault_counts import PLACES, FaultCounts
from partners.formats.faults import Bad, Code, Fault, bad_of


def bad(place: int, *faults: Fault) -> Bad:
    """A row with these faults, two lines below its number."""
    return bad_of(place, faults, line=place + 2)


DAY, GRADE = Fault(Code.BAD_DATE, "body.entry_date"), Fault(Code.NOT_IN_CODE_SET, "body.entry_grade_level", near="G11")


def test_the_first_rows_of_a_fault_are_named_and_all_are_counted() -> None:
    [one] = FaultCounts.of(bad(place, DAY) for place in range(1, PLACES + 3))
    assert one.count == PLACES + 2
    assert one.places == [*range(1, PLACES + 1)]
    assert one.lines == [*range(3, PLACES + 3)]


def test_the_most_frequent_comes_first_whatever_came_first() -> None:
    found = FaultCounts.of([bad(1, DAY), bad(2, GRADE), bad(3, GRADE)])
    assert [(one.fault.code, one.count) for one in found] == [(Code.NOT_IN_CODE_SET, 2), (Code.BAD_DATE, 1)]


def test_a_code_that_is_near_is_told_only_where_it_is_so_for_all() -> None:
    other = Fault(Code.NOT_IN_CODE_SET, "body.entry_grade_level", near="G12")
    for second, told in ((GRADE, "G11"), (other, "")):
        [one] = FaultCounts.of([bad(1, GRADE), bad(2, second)])
        assert one.fault.near == told


def test_a_run_that_goes_on_has_counted_as_one_that_was_not_broken_off() -> None:
    rows = [bad(place, DAY, GRADE) for place in range(1, 9)]
    before, whole = FaultCounts.of(rows[:4]), FaultCounts.of(rows)
    after = FaultCounts()
    after.go_on(before.to_list())
    for row in rows[4:]:
        after.add(row)
    assert list(after) == list(whole)
