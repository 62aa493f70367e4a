"""How clusters stand without a truth: sizes, months, who meets whom, and who has several records of one partner."""

from collections import Counter
from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from deploy.identity.drift import (
    SIZES,
    Drift,
    Match,
    Repeated,
    Seen,
    counted,
    day_of,
    drift,
    is_marked,
    marked,
    month_of,
    percent,
    points,
)

NOVEMBER_1, NOVEMBER_30 = 20_758, 20_787
OLD = NOVEMBER_30 - 200


def seen(records: str, day: int = OLD) -> list[Seen]:
    """Records such as "p1/csac p1/edd", each by its person and its partner."""
    return [Seen(*one.split("/"), day) for one in records.split()]


def persons_of(size: int, count: int, name: str) -> list[Seen]:
    """So many persons of so many records of csac."""
    return [Seen(f"{name}{place}", "csac", OLD) for place in range(count) for _ in range(size)]


def match(found: Drift, partner: str, other: str) -> Match:
    """Of one pair of partners."""
    [one] = [one for one in found.matches if (one.partner, one.other) == (partner, other)]
    return one


def without_zeros(sizes: dict[str, int]) -> dict[str, int]:
    """Sizes that there are."""
    return {size: count for size, count in sizes.items() if count}


def test_persons_are_counted_by_number_of_records_the_large_ones_together_and_the_largest_is_named() -> None:
    records = [*persons_of(1, 3, "a"), *persons_of(9, 1, "b"), *persons_of(10, 2, "c"), *persons_of(17, 1, "d")]
    found = drift(records, [])
    assert found.sizes == {**dict.fromkeys(SIZES, 0), "1": 3, "9": 1, "10+": 3}
    assert (found.records, found.persons) == (49, 7)
    assert (found.largest_person_id, found.largest_records) == ("d0", 17)


def test_of_several_largest_persons_the_first_by_id_is_named() -> None:
    assert drift(seen("p2/csac p1/csac p2/edd p1/edd p3/edd"), []).largest_person_id == "p1"


def test_a_person_counts_in_the_month_in_which_its_youngest_record_was_first_seen() -> None:
    records = [*seen("p1/csac p2/csac p3/csac", NOVEMBER_1 - 1), *seen("p1/edd p1/ccc p4/edd", NOVEMBER_1)]
    october, november = drift(records, []).months
    assert (october.month, october.persons, october.records, october.largest) == ("2026-10", 2, 2, 1)
    assert (november.month, november.persons, november.records, november.largest) == ("2026-11", 2, 4, 3)
    assert without_zeros(november.sizes) == {"1": 1, "3": 1}
    assert november.sizes.keys() == set(SIZES)


def test_days_and_months_are_those_of_utc() -> None:
    assert (day_of(86_400_000_000 - 1), day_of(86_400_000_000)) == (0, 1)
    assert (month_of(0), month_of(NOVEMBER_1 - 1), month_of(NOVEMBER_30)) == ("1970-01", "2026-10", "2026-11")


def test_of_a_partners_records_the_share_is_told_whose_person_has_a_record_of_the_other() -> None:
    found = drift(seen("p1/csac p1/edd p2/csac p3/csac p3/csac p3/edd p4/edd p5/ccc"), [])
    assert (match(found, "csac", "edd").records, match(found, "csac", "edd").rate) == (4, 0.75)
    assert (match(found, "edd", "csac").records, match(found, "edd", "csac").rate) == (3, 0.6667)
    assert match(found, "ccc", "csac").rate == 0
    assert [(one.partner, one.other) for one in found.matches] == [
        ("ccc", "csac"), ("ccc", "edd"), ("csac", "ccc"), ("csac", "edd"), ("edd", "ccc"), ("edd", "csac"),
    ]  # fmt: skip


def test_records_of_the_last_thirty_days_are_held_beside_those_before() -> None:
    before = seen("p1/csac p1/edd p2/csac", NOVEMBER_30 - 31)
    found = drift(
        [*before, *seen("p3/csac p3/edd p4/csac p5/csac p6/csac", NOVEMBER_30 - 30), Seen("x", "ccc", NOVEMBER_30)], []
    )
    one = match(found, "csac", "edd")
    assert (found.recent_since, one.recent_records) == ("2026-10-31", 4)
    assert (one.before_rate, one.recent_rate, one.change) == (0.5, 0.25, -0.25)
    nothing_before = match(found, "ccc", "edd")
    assert (nothing_before.before_rate, nothing_before.recent_rate, nothing_before.change) == (None, 0, None)


def changed(records: int, recent: int, before_rate: float, recent_rate: float) -> Match:
    """A pair of partners whose records met more or less often of late."""
    rate = ((records - recent) * before_rate + recent * recent_rate) / records
    return Match("csac", "edd", records, rate, recent, recent_rate, before_rate, recent_rate - before_rate)


def test_a_change_is_marked_where_it_is_more_than_chance_and_two_points() -> None:
    assert is_marked(changed(20_000, 1_000, 0.60, 0.54))
    assert is_marked(changed(20_000, 1_000, 0.54, 0.60))
    assert not is_marked(changed(200, 20, 0.60, 0.54)), "of 20 records, one more or less is chance"
    assert not is_marked(changed(20_000_000, 1_000_000, 0.60, 0.59)), "no chance, but a point"
    assert not is_marked(replace(changed(10, 5, 1, 1), before_rate=None, change=None))
    assert not is_marked(changed(100, 50, 1, 1))


def test_the_greatest_changes_come_first() -> None:
    small, large = changed(20_000, 1_000, 0.6, 0.5), changed(20_000, 1_000, 0.6, 0.9)
    assert marked([small, changed(200, 20, 0.6, 0.5), large]) == [large, small]


def test_persons_with_several_records_are_counted_of_partners_that_number_their_records_themselves() -> None:
    found = drift(seen("p1/csac p1/csac p1/csac p2/csac p3/csac p3/edd p3/edd p4/ccc"), {"csac", "ccc", "nobody"})
    assert found.repeated == [Repeated("ccc", 0, 1), Repeated("csac", 1, 3)]


def test_of_no_records_nothing_is_told() -> None:
    found = drift([], {"csac"})
    assert (found.records, found.persons, found.largest_person_id, found.largest_records) == (0, 0, None, 0)
    assert (found.months, found.matches, found.repeated, found.recent_since) == ([], [], [], None)
    assert found.sizes == dict.fromkeys(SIZES, 0)


RECORDS = st.lists(
    st.builds(Seen, st.sampled_from("abcd"), st.sampled_from(["csac", "edd", "ccc"]), st.integers(20_000, 20_090))
)


@given(RECORDS, st.randoms())
def test_the_order_of_records_shows_in_nothing(records: list[Seen], chance: Any) -> None:
    expected = drift(records, {"csac"})
    chance.shuffle(records)
    assert drift(records, {"csac"}) == expected


@given(RECORDS)
def test_what_is_told_adds_up(records: list[Seen]) -> None:
    found = drift(records, {"csac", "edd", "ccc"})
    sizes = Counter(Counter(record.person_id for record in records).values())
    assert found.persons == sum(found.sizes.values()) == sum(month.persons for month in found.months) == sizes.total()
    assert found.records == sum(month.records for month in found.months) == len(records)
    assert found.sizes == {size: sum(month.sizes[size] for month in found.months) for size in SIZES}
    for one in found.matches:
        both = {r.person_id for r in records if r.partner_id == one.partner} & {
            r.person_id for r in records if r.partner_id == one.other
        }
        met = sum(r.partner_id == one.partner and r.person_id in both for r in records)
        assert one.rate == round(met / one.records, 4)
    for several in found.repeated:
        of = Counter(r.person_id for r in records if r.partner_id == several.partner)
        assert (several.persons, several.of_persons) == (sum(n > 1 for n in of.values()), len(of))


def test_shares_and_differences_are_written_as_people_read_them() -> None:
    assert [percent(share) for share in (0, 0.001, 0.01, 0.634, 0.99, 0.999, 1)] == [
        "0%", "<1%", "1%", "63%", "99%", ">99%", "100%",
    ]  # fmt: skip
    assert [points(change) for change in (0.08, -0.126)] == ["+8", "-13"]
    assert [counted(number, "person") for number in (0, 1, 1_234)] == ["0 persons", "1 person", "1,234 persons"]
