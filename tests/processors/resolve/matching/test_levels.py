"""Levels: how far two descriptions agree on each trait; what either does not say is level 0."""

from itertools import count
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.descriptions import described, levels, matrix

from processors.resolve.matching.columns import Columns
from processors.resolve.matching.description import Description
from processors.resolve.matching.levels import (
    LEVELS,
    TRAITS,
    Address,
    Born,
    Email,
    Given,
    Middle,
    Number,
    Surname,
    compare,
)

FULL = described(
    "Ana, Sofia, Reyes Vega", suffix="Jr", born="2005-01-02", sex="F", ssn="517482936", address="12 Elm St Apt 4",
    zip_code="90001", email="ana@example.org", phone="2135550101", others=["SSID:77"],
)  # fmt: skip


COMPARED = TRAITS[: TRAITS.index("source")]
"""Traits that one description may have alone; of a source it takes two."""


@pytest.mark.parametrize(
    ("one", "other", "level"),
    [
        ("Ana", "ANA", "exact"),
        ("José Luis", "Jose-Luis", "exact"),
        ("Bill", "William", "nickname"),
        ("Bill", "Will", "nickname"),
        ("Chuy", "Jesús", "nickname"),
        ("Ma.", "Maria", "exact"),
        ("Katherine", "Katharine", "similar"),
        ("Michael", "Micheal", "similar"),
        ("Christopher", "Christop", "similar"),
        ("Dylan", "Dxlan", "similar"),
        ("Ivicki", "Vicki", "similar"),
        ("Jonathon", "Jonathan", "nickname"),
        ("J", "John", "initial"),
        ("J", "J", "initial"),
        ("J", "K", "differ"),
        ("J", "Kim", "differ"),
        ("José Luis", "José", "token"),
        ("José Luis", "Luis", "token"),
        ("José Luis", "José L", "token"),
        ("José Luis", "José Louis", "token"),
        ("José Luis", "Luis José", "token"),
        ("José Luis", "José Antonio", "weak"),
        ("María Elena", "María Guadalupe", "weak"),
        ("Marla", "Maria", "similar"),
        ("Mario", "Maria", "similar"),
        ("Marta", "Martin", "weak"),
        ("Ana", "Ama", "differ"),
        ("Jan", "Jon", "differ"),
        ("Ana", "Jose", "differ"),
        ("William", "Robert", "differ"),
        ("José Luis", "Ana Sofia", "differ"),
    ],
    ids=count(),
)
def test_given_names(one: str, other: str, level: str) -> None:
    assert levels(described(one), described(other)) == {"given": level}


@pytest.mark.parametrize(
    ("one", "other", "level"),
    [
        ("Reyes", "REYES", "exact"),
        ("García López", "Garcia-Lopez", "exact"),
        ("de la Cruz", "Cruz", "exact"),
        ("García López", "García", "token"),
        ("García López", "López", "token"),
        ("García López", "López García", "token"),
        ("García Ruiz", "Vega García", "token"),
        ("García López Ruiz", "López", "differ"),
        ("Hernandez", "Hernan", "cut_off"),
        ("Gonz", "Gonzalez", "cut_off"),
        ("Fernandez", "Fernadnez", "similar"),
        ("Gonzalez", "Gonzales", "similar"),
        ("Martinez", "Martin", "cut_off"),
        ("Martinez", "Martines", "similar"),
        ("Gomez", "Gomes", "similar"),
        ("Johnson", "Jonson", "similar"),
        ("Harris", "Harrison", "cut_off"),
        ("Reyes", "Reynolds", "weak"),
        ("Kim", "Kimura", "weak"),
        ("Reyes", "Ortega", "differ"),
        ("Li", "Le", "differ"),
    ],
    ids=count(),
)
def test_surnames(one: str, other: str, level: str) -> None:
    assert levels(described(f", {one}"), described(f", {other}")) == {"surname": level}


@pytest.mark.parametrize(
    ("one", "other", "level"),
    [
        ("Sofía", "SOFIA", "exact"),
        ("R", "R", "exact"),
        ("R", "Rosa", "initial"),
        ("R.", "Rosa María", "initial"),
        ("Rosa María", "Rosa", "exact"),
        ("Katherine", "Katharine", "similar"),
        ("R", "Sofia", "differ"),
        ("R", "S", "differ"),
        ("Rosa", "Sofia", "differ"),
    ],
    ids=count(),
)
def test_middle_names(one: str, other: str, level: str) -> None:
    assert levels(described(f", {one}, "), described(f", {other}, ")) == {"middle": level}


@pytest.mark.parametrize(
    ("one", "other", "level"),
    [
        ("2005-01-02", "01/02/2005", "exact"),
        ("2005-02-30", "2005-02-30", "exact"),
        ("2005-01-02", "2005-02-01", "day_and_month"),
        ("2005-01-02", "2004-01-02", "one_digit"),
        ("2005-01-02", "1995-01-02", "two_parts"),
        ("2005-01-02", "2005-01-12", "one_digit"),
        ("2005-01-02", "2005-01-03", "one_digit"),
        ("2005-01-02", "2005-11-02", "one_digit"),
        ("2005-01-02", "1991-01-02", "two_parts"),
        ("2005-01-02", "1990-01-02", "generation"),
        ("2005-01-02", "1975-01-02", "generation"),
        ("1905-01-02", "2005-01-02", "generation"),
        ("2005-01-02", "1975-02-01", "differ"),
        ("2005-01-02", "2005-01-23", "two_parts"),
        ("2005-01-02", "2005-12-02", "two_parts"),
        ("2005-01-02", "2005-11-22", "year"),
        ("2005-01-02", "2004-02-01", "differ"),
        ("2005-01-02", "2004-01-03", "differ"),
        ("2005-01-02", "1975-06-20", "differ"),
    ],
    ids=count(),
)
def test_days_of_birth(one: str, other: str, level: str) -> None:
    assert levels(described(born=one), described(born=other)) == {"born": level}


@pytest.mark.parametrize(
    ("one", "other", "level"),
    [
        ("517-48-2936", "517482936", "exact"),
        ("517482936", "517482937", "typing_error"),
        ("517482936", "517482963", "typing_error"),
        ("517482936", "527482936", "typing_error"),
        ("517482936", "517482955", "differ"),
        ("517482936", "600110022", "differ"),
    ],
    ids=count(),
)
def test_numbers(one: str, other: str, level: str) -> None:
    assert levels(described(ssn=one), described(ssn=other)) == {"number": level}


@pytest.mark.parametrize(
    ("one", "other", "level"),
    [
        (("12 Elm Street", "90001"), ("12 elm st", "90001"), "exact"),
        (("12 Elm St Apt 4", "90001"), ("12 Elm St", "90001"), "exact"),
        (("12 Elm St", "90001"), ("12 Elm St", "94110"), "exact"),
        (("12 Elm St", ""), ("12 Elm St", ""), "exact"),
        (("PO Box 12", ""), ("PO Box 12", ""), "exact"),
        (("PO Box 12", ""), ("PO Box 13", ""), "differ"),
        (("PO Box 12", "90001"), ("PO Box 13", "90001"), "street"),
        (("12 Magnolia St", "90001"), ("12 Magnolai St", "90001"), "similar"),
        (("12 Magnolia St", ""), ("12 Magnolai St", "94110"), "similar"),
        (("12 Magnolia St", "90001"), ("21 Magnolia St", "90001"), "street"),
        (("12 Magnolia St", "90001"), ("21 Magnolai St", "90001"), "street"),
        (("12 Magnolia St", "90001"), ("21 Magnolia St", "94110"), "differ"),
        (("12 Magnolia St", "90001"), ("7 Oak Ave", "90001"), "zip"),
        (("12 Magnolia St", "90001"), ("12 Oak Ave", "90001"), "zip"),
        (("", "90001"), ("", "90001-1234"), "zip"),
        (("", "90001"), ("", "90010"), "zip"),
        (("", "90001"), ("", "90002"), "differ"),
        (("12 Magnolia St", "90001"), ("21 Magnolia St", "90010"), "street"),
        (("12 Mission St", "90001"), ("12 Mason St", "90001"), "similar"),
        (("12 Mission St", "90001"), ("12 Mason St", "94110"), "differ"),
        (("12 Mission St", "90001"), ("7 Mason St", "90001"), "zip"),
        (("12 Magnolia St", "90001"), ("", "90001"), "zip"),
        (("12 Magnolia St", "90001"), ("7 Oak Ave", "94110"), "differ"),
        (("12 Magnolia St", ""), ("12 Oak Ave", ""), "differ"),
        (("12 Magnolia St", "90001"), ("", "94110"), "differ"),
    ],
    ids=count(),
)
def test_addresses(one: tuple[str, str], other: tuple[str, str], level: str) -> None:
    found = [described(address=line, zip_code=zip_code) for line, zip_code in (one, other)]
    assert levels(*found) == {"address": level}


@pytest.mark.parametrize(
    ("one", "other", "level"),
    [
        ("ana@example.org", " ANA@Example.org ", "exact"),
        ("ana@example.org", "ana@example.com", "name"),
        ("ana@example.org", "bo@example.org", "differ"),
        ("ana.reyes@example.org", "ana@example.org", "differ"),
    ],
    ids=count(),
)
def test_email_addresses(one: str, other: str, level: str) -> None:
    assert levels(described(email=one), described(email=other)) == {"email": level}


@pytest.mark.parametrize(
    ("trait", "one", "other", "level"),
    [
        ("phone", "2135550101", "2135550101", "exact"),
        ("phone", "2135550101", "2135550102", "differ"),
        ("sex", "F", "female", "exact"),
        ("sex", "F", "M", "differ"),
        ("suffix", "Jr.", "Junior", "exact"),
        ("suffix", "Jr.", "Sr.", "differ"),
        ("suffix", "II", "III", "differ"),
    ],
    ids=count(),
)
def test_what_is_the_same_or_not(trait: str, one: str, other: str, level: str) -> None:
    assert levels(described(**{trait: one}), described(**{trait: other})) == {trait: level}


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (["SSID:77"], ["SSID:77"], {"other": "exact"}),
        (["SSID:77"], ["SSID:78"], {"other": "differ"}),
        (["SSID:77", "CIN:1"], ["CIN:2", "SSID:77"], {"other": "exact"}),
        (["SSID:77", "CIN:1"], ["CIN:2"], {"other": "differ"}),
        (["SSID:77"], ["CIN:77"], {}),
        (["SSID:77"], [], {}),
    ],
    ids=count(),
)
def test_identifiers_are_compared_within_their_system(
    one: list[str], other: list[str], expected: dict[str, str]
) -> None:
    assert levels(described(others=one), described(others=other)) == expected


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Reyes, Ana", "Ana, Reyes"),
        ("Reyes, Bill", "William, Reyes"),
        ("Reyes, Michael", "Micheal, Reyes"),
        ("Reyes, Ana", "Ana, Reyes Vega"),
        ("Reyes, A", "Ana, Reyes"),
    ],
    ids=count(),
)
def test_given_name_and_surname_in_each_others_place_are_crossed(one: str, other: str) -> None:
    assert levels(described(one), described(other)) == {"given": "crossed", "surname": "crossed"}


@pytest.mark.parametrize(
    ("one", "other", "given_level"),
    [
        ("James, James", "James, James", "exact"),
        ("Thomas, James", "Thomas, Thomas", "exact"),
        ("Reyes, Ana", "Reyes, Vega", "exact"),
        ("Reyes, Ana", "Ana, Ortega", "differ"),
        ("R, Ana", "A, Reyes", "differ"),
    ],
    ids=count(),
)
def test_names_are_not_crossed_where_one_agrees_in_its_own_place_or_only_one_in_the_others(
    one: str, other: str, given_level: str
) -> None:
    assert levels(described(one), described(other))["given"] == given_level


@pytest.mark.parametrize(
    ("one", "other", "given_level"),
    [
        ("Ana, Sofia, Reyes", "Sofia, Reyes", "other_middle"),
        ("Sofia, Reyes", "Ana, Sofia, Reyes", "other_middle"),
        ("Ana, Sofia, Reyes", "Sofia, Ana, Reyes", "other_middle"),
        ("Ana, William, Reyes", "Bill, Reyes", "other_middle"),
        ("Ana, Sofia, Reyes", "S, Reyes", "middle_initial"),
        ("Ana, S, Reyes", "Sofia, Reyes", "middle_initial"),
        ("Ana, S, Reyes", "Sofia, A, Reyes", "other_middle"),
        (", Sofia, Reyes", "Sofia, Reyes", "other_middle"),
        ("Ana, Sofia, Reyes", "Jose, Reyes", "differ"),
        ("Ana, Sofia, Reyes", "Ana, Reyes", "exact"),
        ("Ana, Sofia, Reyes", "Ana, Sofia, Reyes", "exact"),
    ],
    ids=count(),
)
def test_who_goes_by_the_middle_name_is_known_by_it(one: str, other: str, given_level: str) -> None:
    assert levels(described(one), described(other))["given"] == given_level


def test_middle_names_do_not_differ_for_being_where_the_given_name_is_in_the_other_source() -> None:
    assert "middle" not in levels(described("Ana, Sofia, Reyes"), described("Sofia, Ana, Reyes"))
    assert levels(described("Ana, Sofia, Reyes"), described("Jose, Ruiz, Reyes"))["middle"] == "differ"
    assert levels(described("Ana, Sofia, Reyes"), described("Sofia, S, Reyes"))["middle"] == "initial"


def test_a_full_description_agrees_with_itself_exactly() -> None:
    assert levels(FULL, FULL) == dict.fromkeys(COMPARED, "exact")


@pytest.mark.parametrize(
    ("one", "other", "level"),
    [
        ("k12:a", "college:a", "other_source"),
        ("k12:a", "k12:b", "other_record"),
        ("k12:a", "k12:a", None),
        ("k12:a", "", None),
        ("", "", None),
    ],
)
def test_a_source_that_numbers_its_records_should_have_a_person_once(one: str, other: str, level: str | None) -> None:
    found = levels(Description(own=one), Description(own=other)), levels(Description(own=other), Description(own=one))
    assert [told.get("source") for told in found] == [level, level]


def test_what_either_does_not_say_is_level_0_everywhere() -> None:
    nobody = Description()
    assert levels(FULL, nobody) == levels(nobody, FULL) == levels(nobody, nobody) == {}


@pytest.mark.parametrize("blank", ["given", "surname", "middle", "born", "number", "email", "phone", "sex", "suffix"])
def test_a_trait_that_one_does_not_say_is_the_only_one_missing(blank: str) -> None:
    empty: Any = 0 if blank == "born" else ""
    other = FULL._replace(**{blank: empty})
    assert set(COMPARED) - set(levels(FULL, other)) == set(COMPARED) - set(levels(other, FULL)) == {blank}


NAMES = st.sampled_from(
    ["", "Ana", "Sofia", "S", "J", "Bill", "William", "José Luis", "José", "Luis", "Reyes", "Reyes Vega", "Micheal",
     "Michael", "Ma. Elena", "de la Cruz", "Mario", "Maria"]
)  # fmt: skip
DESCRIPTIONS = st.builds(
    lambda given_name, middle, surname, **said: described(f"{given_name}, {middle}, {surname}", **said),
    NAMES,
    NAMES,
    NAMES,
    suffix=st.sampled_from(["", "Jr", "Sr"]),
    born=st.sampled_from(["", "2005-01-02", "2005-02-01", "2005-01-03", "1995-01-02", "1975-06-20", "2005-11-22"]),
    sex=st.sampled_from(["", "F", "M"]),
    ssn=st.sampled_from(["", "517482936", "517482937", "517482963", "600110022", "17482936"]),
    address=st.sampled_from(["", "12 Elm St", "12 Elm Street Apt 4", "21 Elm St", "12 Elmm St", "7 Oak Ave", "Elm St"]),
    zip_code=st.sampled_from(["", "90001", "94110"]),
    email=st.sampled_from(["", "ana@example.org", "ana@example.com", "bo@example.org"]),
    phone=st.sampled_from(["", "2135550101", "2135550102"]),
    multiple_birth=st.sampled_from([None, False, True]),
    others=st.lists(st.sampled_from(["SSID:77", "SSID:78", "CIN:1", "CIN:2"]), max_size=2, unique=True),
    own=st.sampled_from(["", "k12:a", "k12:b", "college:a"]),
)


@given(DESCRIPTIONS, DESCRIPTIONS)
def test_it_does_not_matter_which_of_two_is_the_first(one: Description, other: Description) -> None:
    assert levels(one, other) == levels(other, one)


@given(st.text("ABEJNOR ", max_size=12), st.text("ABEJNOR ", max_size=12), st.text("ABEJNOR ", max_size=12))
def test_nor_does_it_for_any_names(one: str, other: str, third: str) -> None:
    first, second = described(f"{one}, {other}, {third}"), described(f"{third}, {one}, {other}")
    assert levels(first, second) == levels(second, first)


@given(st.lists(DESCRIPTIONS, min_size=2, max_size=4))
def test_a_pair_is_compared_as_if_it_were_alone(rows: list[Description]) -> None:
    one, other = map(np.ravel, np.meshgrid(np.arange(len(rows), dtype=np.int32), np.arange(len(rows), dtype=np.int32)))
    alone = [matrix(rows[a], rows[b])[0] for a, b in zip(one, other, strict=True)]
    assert compare(Columns.of(rows), one, other).tolist() == np.array(alone).tolist()


@pytest.mark.parametrize(
    ("trait", "constants"),
    [
        ("given", Given), ("surname", Surname), ("middle", Middle), ("born", Born), ("number", Number),
        ("address", Address), ("email", Email),
    ],
)  # fmt: skip
def test_levels_have_one_name_in_models_and_in_code(trait: str, constants: type) -> None:
    named = {name.lower(): value for name, value in vars(constants).items() if isinstance(value, int)}
    assert named == {name: place for place, name in enumerate(LEVELS[trait], 1)}


def test_no_pairs_have_no_levels() -> None:
    none = np.array([], np.int32)
    assert compare(Columns.of([FULL]), none, none).shape == (0, len(TRAITS))
    assert compare(Columns.of([]), none, none).shape == (0, len(TRAITS))
