"""The model that is shipped: it is whole, and knows what is obvious."""

from importlib import resources

import numpy as np

from processors.resolve.matching.description import Description, describe
from processors.resolve.matching.levels import LEVELS
from processors.resolve.matching.model import Model, shipped
from processors.resolve.matching.scoring import Scorer
from processors.resolve.matching.vetoes import VETOES

KEY = bytes(32)


def described(first: str, last: str, born: int, ssn: str = "", **more: str) -> Description:
    return describe(first, "", last, born=born, ssn=ssn, key=KEY, **more)


def is_linked(one: Description, other: Description) -> bool:
    found = Scorer.of(shipped(), {"one": [one], "other": [other]}).pairs([("one", "other")])
    return any(pair.is_link for pair in found)


def test_it_has_every_level_and_every_veto_and_is_small() -> None:
    text = resources.files("processors.resolve.matching").joinpath("model.json").read_bytes()
    model = Model.from_json(text)
    assert model == shipped()
    assert model.to_json() == text
    assert len(text) < 200_000
    assert model.vetoes == set(VETOES)
    assert {trait: len(bits) - 1 for trait, bits in model.bits.items()} == {
        t: len(names) for t, names in LEVELS.items()
    }
    assert all(np.isfinite(bits).all() for bits in model.bits.values())


def test_the_better_two_agree_the_more_it_weighs() -> None:
    bits = shipped().bits
    for trait in ("given", "surname", "born", "number", "address", "email", "sex"):
        assert bits[trait][1] > 0 > bits[trait][LEVELS[trait].index("differ") + 1]
    assert bits["number"][1] > bits["number"][2] > bits["number"][3]


def test_records_with_the_same_names_day_and_number_are_linked() -> None:
    one = described("María José", "García López", 19950314, "517-48-2936")
    assert is_linked(one, described("MARIA", "GARCIA", 19950314, "517482936"))
    assert is_linked(one, described("Maria Jose", "Garcia-Lopez", 19950314, "517482963"))


def test_a_bridge_is_linked_to_a_school_by_address_and_to_a_wage_row_by_number() -> None:
    bridge = described("Robert", "Okonkwo", 19981102, "538214477", address="9 Harbor Rd", zip_code="90001")
    assert is_linked(bridge, described("Bobby", "Okonkwo", 19981102, address="9 Harbor Road", zip_code="90001"))
    assert is_linked(bridge, described("ROBERT", "OKONKWO", 0, "538214477"))


def test_namesakes_and_twins_are_not_linked() -> None:
    one = described("Juan", "Garcia", 19950314, "517482936", address="12 Oak St", zip_code="94110")
    assert not is_linked(
        one, described("Juan", "Garcia", 19870922, "538214477", address="90 Elm Ave", zip_code="90001")
    )
    assert not is_linked(described("Juan", "Garcia", 19950314), described("Juan", "Garcia", 19870922))
    assert not is_linked(one, described("Luis", "Garcia", 19950314, "517482937", address="12 Oak St", zip_code="94110"))
