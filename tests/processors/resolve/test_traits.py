"""What partners' events say of a person becomes descriptions; of the number only keyed hashes; and nothing shows."""

from itertools import count
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import events, worlds

from processors.resolve import traits
from processors.resolve.matching.description import Description
from processors.resolve.matching.numbers import NEAR_CHARS

KEY = b"k" * 32


def every(identifiers: list[dict[str, Any]] | None = None, **said: Any) -> list[Description]:
    """Descriptions of an identity event."""
    envelope = events.envelope("ccc", "identity", "s1", "i1", identifiers=identifiers or [])
    return traits.of_identity(envelope, events.body("identity", **said), "record", KEY)


def known(identifiers: list[dict[str, Any]] | None = None, **said: Any) -> Description:
    """The only one."""
    [one] = every(identifiers, **said)
    return one


def test_an_event_is_one_description_with_all_that_it_says() -> None:
    one = known(
        first_name="Ana", middle_name="Luz", last_name="de la Cruz", name_suffix="Jr.", birth_date="2004-12-31",
        sex="Female", address_line="12 Elm Street", postal_code="90001-1234", email="A@x.org", phone="+1 213 555 0101",
    )  # fmt: skip
    assert (one.given, one.middle, one.surname, one.suffix) == ("ANA", "LUZ", "CRUZ", "JR")
    assert (one.born, one.sex) == (20041231, "F")
    assert (one.house, one.street, one.zip) == ("12", "ELM ST", "90001")
    assert (one.email, one.phone) == ("a@x.org", "2135550101")
    assert one.own == "ccc:record"


def test_an_event_may_say_that_one_is_of_twins_and_whoever_is_not_is_as_one_of_whom_nobody_knows() -> None:
    assert known(multiple_birth=True) == Description(own="ccc:record", multiple_birth="1")
    assert known(multiple_birth=False) == known(multiple_birth=None) == Description(own="ccc:record")


def test_other_names_are_another_description_which_is_the_same_in_all_else() -> None:
    first, other = every(first_name="Liz", other_first_name="Mei", last_name="Ito", birth_date="2004-12-31")
    assert (first.given, other.given) == ("LIZ", "MEI")
    assert (first.surname, first.born) == (other.surname, other.born) == ("ITO", 20041231)


def test_who_told_nothing_has_a_description_without_anything_but_the_record() -> None:
    assert known() == Description(own="ccc:record")
    assert known(sex="NotSelected", phone="555-0101") == known()


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
def test_a_number_that_cannot_have_been_issued_is_no_ssn(text: str) -> None:
    assert traits.valid_ssn(text) == ""


@pytest.mark.parametrize("dummy", ["000-12-3456", "666-12-3456", "219-00-9998", "078-05-1120", "999999999", "12"])
def test_a_number_that_can_be_nobodys_is_not_compared(dummy: str) -> None:
    assert known(ssn=dummy) == known()


@given(st.text(max_size=20))
def test_a_valid_number_is_nine_digits_or_empty_for_any_text(text: str) -> None:
    number = traits.valid_ssn(text)
    assert number == "" or (len(number) == 9 and number.isascii() and number.isdigit())


def test_the_number_is_known_by_keyed_hashes_only_and_is_found_in_body_or_envelope() -> None:
    in_body, in_envelope = known(ssn="219-09-9998"), known([worlds.ssn("219099998")])
    assert in_body == in_envelope
    assert "219099998" not in str(in_body.to_json())
    envelope = events.envelope("ccc", "identity", "s1", "i1", identifiers=[worlds.ssn("219099998")])
    [other] = traits.of_identity(envelope, events.body("identity"), "record", b"other" * 7)
    assert other.number not in {"", in_body.number}
    assert len(other.near) == len(in_body.near)
    assert not any(mine == theirs for mine, theirs in zip(*map(_hashes, (other.near, in_body.near)), strict=True))


def _hashes(near: str) -> list[str]:
    return [near[i : i + NEAR_CHARS] for i in range(0, len(near), NEAR_CHARS)]


def test_an_identifier_of_one_organisation_means_nothing_without_its_name_and_a_statewide_one_does() -> None:
    school = known([{"system": "SCHOOL", "value": "77", "assigner": "Elm High"}])
    assert school.others == ("SCHOOL ELM HIGH:77",)
    assert known([{"system": "SSID", "value": "77", "assigner": "Elm High"}]).others == ("SSID :77",)


def wages(name: str) -> list[Description]:
    """Descriptions of a wage row."""
    numbers = [worlds.ssn("219-09-9998")]
    return traits.of_wage_row(
        events.envelope("edd", "employment", None, "w1", subject_name=name, identifiers=numbers), KEY
    )


def test_a_wage_rows_surname_may_stand_first_or_last() -> None:
    assert [(one.given, one.surname) for one in wages("REYES ANA LUZ")] == [("ANA LUZ", "REYES"), ("REYES ANA", "LUZ")]
    assert {one.number for one in wages("REYES ANA")} == {known(ssn="219-09-9998").number}


def test_a_wage_row_of_one_name_has_a_surname_alone() -> None:
    assert [(one.given, one.surname) for one in wages("REYES")] == [("", "REYES")]


@given(st.dates())
def test_a_day_becomes_digits_and_back(date: Any) -> None:
    day = date.toordinal() - events.EPOCH.toordinal()
    assert traits.day_of_digits(traits.digits_of_day(day)) == day
    assert str(traits.digits_of_day(day)).zfill(8) == date.isoformat().replace("-", "")


def test_no_day_has_no_digits() -> None:
    assert (traits.digits_of_day(None), traits.day_of_digits(0)) == (0, None)


@given(st.text(max_size=12))
def test_folding_is_done_once_for_all(one: str) -> None:
    assert traits.folded(traits.folded(one)) == traits.folded(one)
