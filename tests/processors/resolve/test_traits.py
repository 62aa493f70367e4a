"""Traits: equal means equal, whatever the spelling; and nothing shows."""

from itertools import count
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import events, worlds

from processors.resolve import traits
from processors.resolve.traits import Traits

KEY = b"k" * 32


def known(identifiers: list[dict[str, Any]] | None = None, **said: Any) -> Traits:
    """Traits of an identity event."""
    envelope = events.envelope("ccc", "identity", "s1", "i1", identifiers=identifiers or [])
    return traits.of_identity(envelope, events.body("identity", **said), KEY)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("José", "JOSE"),
        ("Jose\N{COMBINING ACUTE ACCENT}", "José"),
        ("  María  Elena ", "Maria"),
        ("D'Angelo", "DANGELO"),
        ("Bill", "William"),
        ("Chuy", "Jesús"),
        ("An\N{ZERO WIDTH SPACE}a", "Ana"),
        ("\N{RIGHT-TO-LEFT OVERRIDE}Ana", "Ana"),
        ("Chloë", "Chloe"),
    ],
    ids=count(),
)
def test_given_names_that_mean_the_same_are_the_same(one: str, other: str) -> None:
    assert traits.given_names(one) == traits.given_names(other) != ()


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("García-López", ("GARCIA", "LOPEZ")),
        ("de la Cruz", ("CRUZ",)),
        ("Van Dyke", ("DYKE",)),
        ("De La", ("DE", "LA")),
        ("O'Brien", ("OBRIEN",)),
        ("O\N{RIGHT SINGLE QUOTATION MARK}Brien", ("OBRIEN",)),
        ("", ()),
        (None, ()),
    ],
    ids=count(),
)
def test_a_double_surname_is_two_and_particles_are_none(text: str | None, tokens: tuple[str, ...]) -> None:
    assert traits.surnames(text) == tokens


def test_other_names_count_beside_the_first() -> None:
    both = known(first_name="Liz", other_first_name="Mei", last_name="Ito", other_last_name="Ortega")
    assert (both.given, both.surnames) == (("ELIZABETH", "MEI"), ("ITO", "ORTEGA"))


@pytest.mark.parametrize("text", ["219-09-9998", "219 09 9998", "219099998"], ids=count())
def test_a_number_that_can_have_been_issued_counts_however_it_is_written(text: str) -> None:
    assert traits.valid_ssn(text) == "219099998"


@pytest.mark.parametrize(
    "text",
    [
        "000-12-3456", "666-12-3456", "900-12-3456", "999-99-9999", "219-00-9998", "219-09-0000",
        "078-05-1120", "219-09-9999", "123-45-6789", "111111111", "21909999", "2190999980", "2190999A", "", "none",
        "\N{ARABIC-INDIC DIGIT TWO}19099998",
    ],
    ids=count(),
)  # fmt: skip
def test_a_number_that_cannot_have_been_issued_counts_for_nothing(text: str) -> None:
    assert traits.valid_ssn(text) == ""
    assert known(ssn=text) == Traits()


@given(st.text(max_size=20))
def test_a_valid_number_is_nine_digits_or_empty_for_any_text(text: str) -> None:
    number = traits.valid_ssn(text)
    assert number == "" or (len(number) == 9 and number.isascii() and number.isdigit())


def test_the_number_is_known_by_a_keyed_hash_only_and_is_found_in_body_or_envelope() -> None:
    in_body, in_envelope = known(ssn="219-09-9998"), known([worlds.ssn("219099998")])
    assert in_body == in_envelope
    assert "219099998" not in str(in_body.to_json())
    envelope = events.envelope("ccc", "identity", "s1", "i1", identifiers=[worlds.ssn("219099998")])
    assert traits.of_identity(envelope, events.body("identity"), b"other" * 7).ssn not in {"", in_body.ssn}


def test_an_identifier_of_one_organisation_means_nothing_without_its_name_and_a_statewide_one_does() -> None:
    school = known([{"system": "SCHOOL", "value": "77", "assigner": "Elm High"}])
    assert school.others == ("SCHOOL:ELM HIGH:77",)
    assert known([{"system": "SSID", "value": "77", "assigner": "Elm High"}]).others == ("SSID::77",)


def test_further_traits_are_compared_in_one_form() -> None:
    one = known(address_line="12 Élm St.", postal_code="90001-1234", email=" S@Example.org ", phone="+1 (213) 555-0101")
    other = known(address_line="12 elm st", postal_code="90001", email="s@example.org", phone="213.555.0101")
    assert one == other
    assert len(one.others) == 3


@pytest.mark.parametrize(
    "said",
    [
        {"middle_name": "R"},
        {"phone": "555-0101"},
        {"address_line": "12 Elm St"},
        {"postal_code": "90001"},
        {"email": ""},
    ],
)
def test_too_little_is_no_further_trait(said: dict[str, Any]) -> None:
    assert known(**said).others == ()


def test_a_wage_rows_name_may_stand_in_any_order() -> None:
    def row(name: str) -> Traits:
        numbers = [worlds.ssn("219-09-9998")]
        return traits.of_wage_row(
            events.envelope("edd", "employment", None, "w1", subject_name=name, identifiers=numbers), KEY
        )

    assert row("REYES BILL").given == ("REYES", "WILLIAM")
    assert row("Bill Reyes") == row("REYES  BILL")


@given(st.text(max_size=12), st.text(max_size=12))
def test_folding_is_done_once_for_all_and_knows_no_order(one: str, other: str) -> None:
    assert traits.folded(traits.folded(one)) == traits.folded(one)
    assert traits.surnames(one, other) == traits.surnames(other, one)
    assert traits.given_names(one, other) == traits.given_names(other, one)


def test_traits_survive_being_kept_and_their_repr_shows_nothing() -> None:
    full = known(first_name="Sam", last_name="Reyes", birth_date="2005-01-02", phone="2135550101", ssn="219-09-9998")
    assert Traits.from_json(full.to_json()) == full
    assert repr(full) == "Traits()"
