"""Blocking keys: two descriptions share a kept key where they share one in the clear, and the key tells nothing."""

from hypothesis import given, settings
from hypothesis import strategies as st
from support.descriptions import KEY, described

from processors.resolve.matching.blocking import ALWAYS, RULES, keys_of, texts_of
from processors.resolve.matching.description import Description

OTHER_KEY = b"o" * 32
DESCRIPTIONS = st.builds(
    described,
    st.sampled_from(["Ana, Lopez", "Anna, Lopez", "Lopez, Ana", "Ana Maria, Lopez Reyes", "A, Lopez", "", ", Reyes"]),
    born=st.sampled_from(["", "20040517", "20041705", "19991224"]),
    ssn=st.sampled_from(["", "545121234", "545129999", "999991234", "45121234"]),
    address=st.sampled_from(["", "12 Oak St", "12 Oaks Ave", "9 Elm Ave"]),
    zip_code=st.sampled_from(["", "95814", "95815"]),
    email=st.sampled_from(["", "ana@example.org"]),
    phone=st.sampled_from(["", "2135550101"]),
    others=st.sets(st.sampled_from(["SSID:77", "SSID:78", "CIN:77"])),
)


@settings(max_examples=300)
@given(st.lists(DESCRIPTIONS, min_size=1, max_size=6), st.sampled_from(sorted(RULES)))
def test_who_shares_a_key_in_the_clear_shares_a_kept_one_and_nobody_else(rows: list[Description], rule: str) -> None:
    places, keys = keys_of(rows, [rule], KEY)
    kept: list[set[int]] = [set() for _ in rows]
    for place, key in zip(places.tolist(), keys.tolist(), strict=True):
        kept[place].add(key)
    clear = [texts_of(row, [rule]) for row in rows]
    assert list(map(len, kept)) == list(map(len, clear))
    for one, mine in zip(kept, clear, strict=True):
        assert [len(one & other) for other in kept] == [len(mine & other) for other in clear]


@given(DESCRIPTIONS)
def test_keys_depend_on_the_rule_and_on_the_key(row: Description) -> None:
    by_rule = [set(keys_of([row], [rule], KEY)[1].tolist()) for rule in RULES]
    assert sum(map(len, by_rule)) == len(set().union(*by_rule))
    assert not set().union(*by_rule) & set(keys_of([row], list(RULES), OTHER_KEY)[1].tolist())


def test_of_nobody_and_of_no_descriptions_there_are_no_keys() -> None:
    assert [len(found) for found in keys_of([Description()], ALWAYS, KEY)] == [0, 0]
    assert [len(found) for found in keys_of([], ALWAYS, KEY)] == [0, 0]
