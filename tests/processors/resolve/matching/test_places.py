"""Addresses: house number and street in one short form, without the unit; of a ZIP code its five digits."""

from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.resolve.matching.places import STREETS, address_of, zip_of


@pytest.mark.parametrize(
    ("line", "house", "street"),
    [
        ("12 Elm Street", "12", "ELM ST"),
        ("12 Elm St.", "12", "ELM ST"),
        ("12 ÉLM ST", "12", "ELM ST"),
        ("12B Elm St", "12B", "ELM ST"),
        ("1200 North Oak Avenue", "1200", "N OAK AVE"),
        ("1200 N. Oak Av", "1200", "N OAK AVE"),
        ("7 Santa Rosa Boulevard", "7", "SANTA ROSA BLVD"),
        ("12 Elm St Apt 4", "12", "ELM ST"),
        ("12 Elm St, Unit B", "12", "ELM ST"),
        ("12 Elm St Ste. 300", "12", "ELM ST"),
        ("12 Elm St # 4", "12", "ELM ST"),
        ("12 Elm St #4B", "12", "ELM ST"),
        ("12 Elm St Apt 4 Rear", "12", "ELM ST REAR"),
        ("12 Elm St Unit", "12", "ELM ST UNIT"),
        ("Unit 4", "", "UNIT 4"),
        ("Elm Street", "", "ELM ST"),
        ("PO Box 12", "", "PO BOX 12"),
        ("12", "12", ""),
        ("# 4", "", ""),
        ("", "", ""),
        ("?", "", ""),
    ],
    ids=count(),
)
def test_a_line_is_a_house_number_and_a_street(line: str, house: str, street: str) -> None:
    assert address_of(line) == (house, street)


@pytest.mark.parametrize(("word", "short"), sorted(STREETS.items()))
def test_long_and_short_forms_of_a_word_are_one_street(word: str, short: str) -> None:
    assert address_of(f"12 Elm {word}") == address_of(f"12 Elm {short}") == ("12", f"ELM {short}")


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("90001", "90001"), ("90001-1234", "90001"), ("900011234", "90001"), (" 90 001 ", "90001"),
        ("CA 90001", "90001"), ("9001", "9001"), ("none", ""), ("", ""), ("\N{ARABIC-INDIC DIGIT NINE}0001", "0001"),
    ],
    ids=count(),
)  # fmt: skip
def test_of_a_zip_code_the_first_five_digits_count(text: str, digits: str) -> None:
    assert zip_of(text) == digits


@given(st.text(max_size=30), st.text(max_size=12))
def test_any_text_can_be_an_address(line: str, zip_code: str) -> None:
    house, street = address_of(line)
    assert house == "" or (house[0].isdigit() and " " not in house)
    assert "#" not in street
    assert len(zip_of(zip_code)) <= 5
