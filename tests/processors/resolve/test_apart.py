"""Who is easily taken for another is held apart, and who writes a name or a number in another way is found."""

from typing import Any

import pytest
from support.events import Message, message
from support.worlds import ResolveWorld

SAM = {"first_name": "Sam", "last_name": "Reyes", "birth_date": "2005-01-02", "ssn": "219-09-9998"}
HOME = {"address_line": "12 Elm Street", "city": "Fresno", "postal_code": "93650", "phone": "213-555-0101"}
ELSEWHERE = {"address_line": "900 Ocean Avenue", "city": "Long Beach", "postal_code": "90802"}
COLLEGE, AID = ("ccc", "s1"), ("csac", "a1")


def says(record: tuple[str, str], said: dict[str, Any], **more: Any) -> Message:
    """An identity event of a record."""
    return message(record[0], "identity", record[1], "traits", **{**said, **more})


def persons(*messages: Message) -> int:
    """How many persons there are, in both orders of arrival."""
    found = {len(ResolveWorld().take_all(order, 1).groups()) for order in (messages, messages[::-1])}
    [count] = found
    return count


@pytest.mark.parametrize(
    "other",
    [
        pytest.param({**SAM, "first_name": "Ana", "birth_date": "1990-06-20"}, id="two persons, one number"),
        pytest.param(
            {**SAM, **ELSEWHERE, "first_name": "Ana", "last_name": "Ortiz", "birth_date": "1990-06-20"},
            id="strangers, one number",
        ),
        pytest.param({**SAM, **HOME, "first_name": "Ana", "ssn": "219-09-9999"}, id="a twin of the next number"),
        pytest.param({**SAM, **HOME, "first_name": "Sara", "ssn": None}, id="a twin of a similar name"),
        pytest.param({**SAM, **HOME, "birth_date": "1975-06-20", "ssn": None}, id="a parent of one name"),
        pytest.param({**SAM, **HOME, "birth_date": "1975-01-02", "ssn": None}, id="a parent of one name and birthday"),
        pytest.param(
            {**SAM, **HOME, "first_name": "Sammi", "ssn": None, "multiple_birth": True},
            id="one who is said to be a twin",
        ),
        pytest.param(
            {**SAM, **HOME, "birth_date": "2005-01-02", "name_suffix": "Jr.", "ssn": None, "sex": "Male"},
            id="of another suffix",
        ),
        pytest.param({**SAM, **HOME, "first_name": "Ana", "birth_date": "1975-06-20", "ssn": None}, id="a parent"),
        pytest.param({**SAM, "ssn": None, "birth_date": None}, id="a name alone"),
        pytest.param({**SAM, "first_name": "Ana", "last_name": "Ortiz", "ssn": "219-99-0998"}, id="a birth date alone"),
    ],
)
def test_people_who_are_easily_taken_for_one_another_are_held_apart(other: dict[str, Any]) -> None:
    said = {**SAM, **HOME, "name_suffix": "Sr."}
    assert persons(says(COLLEGE, said), says(AID, other)) == 2


@pytest.mark.parametrize(
    "other",
    [
        pytest.param({}, id="all the same"),
        pytest.param({"ssn": "219-09-9989"}, id="two digits of the number in each other's place"),
        pytest.param({"ssn": "219-09-9998", "birth_date": "2005-02-01"}, id="day and month in each other's place"),
        pytest.param({"ssn": None, "birth_date": "2005-01-02"}, id="no number"),
        pytest.param({"last_name": "Reyes-Ortiz"}, id="a double surname"),
        pytest.param({"first_name": "Reyes", "last_name": "Sam"}, id="names in each other's place"),
        pytest.param({"first_name": "Samuel"}, id="a nickname written out"),
        pytest.param({"last_name": "Reyez"}, id="a wrong letter"),
        pytest.param({"last_name": "Ortiz", "other_last_name": "Reyes"}, id="a former surname"),
    ],
)
def test_one_person_is_found_whatever_is_written_another_way(other: dict[str, Any]) -> None:
    assert persons(says(COLLEGE, {**SAM, **HOME}), says(AID, {**SAM, **HOME, **other})) == 1


def test_wages_join_by_number_and_name_in_either_order_of_the_name() -> None:
    numbers = [{"system": "SSN", "value": "219-09-9998", "assigner": None}]
    for name in ("REYES SAM", "SAM REYES", "REYES, SAMUEL"):
        wages = message("edd", "employment", None, "w1", subject_name=name, identifiers=numbers)
        assert persons(says(COLLEGE, SAM), wages) == 1
    stranger = message("edd", "employment", None, "w1", subject_name="ORTIZ ANA", identifiers=numbers)
    assert persons(says(COLLEGE, SAM), stranger) == 2
