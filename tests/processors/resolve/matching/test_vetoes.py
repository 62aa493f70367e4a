"""Vetoes: what tells two persons apart who share a name, a day, a house or a number; and what must not."""

from itertools import count
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.descriptions import EVERY_VETO, described, matrix, verdict

from processors.resolve.matching import vetoes
from processors.resolve.matching.description import Description
from processors.resolve.matching.vetoes import HOUSEHOLD, JUNIORS, NEW_SURNAME, SHARED_NUMBER, STRANGERS, TWINS

DAY, NUMBER, NEXT_NUMBER, OTHER_NUMBER = "2005-01-02", "517482936", "517482937", "600110022"
HOME = {"address": "12 Elm St", "zip_code": "90001"}
NO_VETO = frozenset[str]()


def both(
    one: str, other: str, born: tuple[str, str] = (DAY, DAY), ssn: tuple[str, str] = ("", ""), **shared: Any
) -> tuple[Description, Description]:
    """Two who say the same but for names, days and numbers."""
    return described(one, born=born[0], ssn=ssn[0], **shared), described(other, born=born[1], ssn=ssn[1], **shared)


TWO_TWINS = [
    both("Ana, Reyes", "Jose, Reyes", **HOME),
    both("Ana, Reyes", "Jose, Reyes"),
    both("William, Reyes", "Robert, Reyes", **HOME),
    both("Ana, Reyes", "Jose, Reyes", ssn=(NUMBER, NEXT_NUMBER), **HOME),
    both("Ana, Reyes", "Jose, Reyes", ssn=(NUMBER, OTHER_NUMBER), **HOME),
    both("Ana, Reyes", "Jose, Reyes Vega", **HOME),
    both("Ana, Reyes", "Jose, Reyez", **HOME),
    both("Ana, Reyes", "Jose, Reyes", born=(DAY, "2005-02-01"), **HOME),
    both("Ana, Reyes", "Jose, Reyes", born=(DAY, "2005-01-03"), **HOME),
    both("Maria, Sofia, Reyes", "Mariah, Elena, Reyes", **HOME),
    both("J, Sofia, Reyes", "Jose, Luis, Reyes", **HOME),
    both("Jose Luis, A, Reyes", "Jose, B, Reyes", **HOME),
    both("Bill, A, Reyes", "William, B, Reyes", **HOME),
    both("Marco, Reyes", "Marcos, Reyes", ssn=(NUMBER, NEXT_NUMBER), **HOME),
    both("M, Reyes", "Maria, Reyes", ssn=(NUMBER, NEXT_NUMBER), **HOME),
    both("Jose Luis, Reyes", "Jose, Reyes", ssn=(NUMBER, NEXT_NUMBER), **HOME),
    both("Jose Luis, Reyes", "Jose Antonio, Reyes", ssn=(NUMBER, OTHER_NUMBER), **HOME),
    both("Ana, A, Reyes", "Ana, B, Reyes", ssn=(NUMBER, NEXT_NUMBER), **HOME),
    both("Marco, Luis, Reyes", "Marcos, Luis, Reyes", ssn=(NUMBER, NEXT_NUMBER), **HOME),
    (described("Ana, A, Reyes", born=DAY, own="k12:a"), described("Ana, B, Reyes", born=DAY, own="k12:b")),
    (described("Marco, Reyes", born=DAY, own="k12:a"), described("Marcos, Reyes", born=DAY, own="k12:b")),
    (described("Bill, Reyes", born=DAY, own="k12:a"), described("William, Reyes", born=DAY, own="k12:b")),
    (described("Mario, Reyes", born=DAY, sex="M", **HOME), described("Maria, Reyes", born=DAY, sex="F", **HOME)),
    (described("Ana, Reyes", born=DAY, sex="F", ssn=NUMBER), described("Jose, Reyes", born=DAY, sex="M", ssn=NUMBER)),
    both("Marta, Reyes", "Martin, Reyes", multiple_birth=True, **HOME),
    (described("Jose Luis, Reyes", born=DAY, multiple_birth=True), described("Jose Antonio, Reyes", born=DAY)),
    (described("S, Reyes", born=DAY), described("Ana, Sofia, Reyes", born=DAY, multiple_birth=True)),
]


@pytest.mark.parametrize(("one", "other"), TWO_TWINS, ids=count())
def test_twins_are_two(one: Description, other: Description) -> None:
    assert verdict(one, other) == verdict(other, one) == "vetoed"
    assert verdict(one, other, frozenset({TWINS})) == "vetoed"


PERSONS_OF_ONE_NUMBER = [
    both("Ana, Reyes", "Jose, Ortega", ssn=(NUMBER, NUMBER), born=(DAY, "1975-06-20")),
    both("Ana, Reyes", "Jose, Reyes", ssn=(NUMBER, NUMBER), born=(DAY, "1975-06-20"), **HOME),
    both("Ana, Reyes", "Jose, Reyes", ssn=(NUMBER, NUMBER), born=("", ""), **HOME),
    both("Ana, Reyes", "Jose, Reyes", ssn=(NUMBER, NUMBER), born=(DAY, ""), **HOME),
    both("Ana, Reyes", "Jose, Ortega", ssn=(NUMBER, NUMBER), born=(DAY, "2005-06-20")),
]


@pytest.mark.parametrize(("one", "other"), PERSONS_OF_ONE_NUMBER, ids=count())
def test_two_persons_who_show_one_number_are_two(one: Description, other: Description) -> None:
    assert verdict(one, other) == verdict(other, one) == "vetoed"
    assert verdict(one, other, frozenset({SHARED_NUMBER})) == "vetoed"


FATHERS_AND_SONS = [
    both("Ana, Reyes", "Ana, Reyes", born=(DAY, "1975-06-20"), **HOME),
    both("Bill, Reyes", "William, Reyes", born=(DAY, "1975-06-20"), **HOME),
    both("Jose Luis, Reyes", "Jose, Reyes", born=(DAY, "1975-06-20"), **HOME),
    both("J, Reyes", "Jose, Reyes", born=(DAY, "1975-06-20"), **HOME),
    both("Ana, Reyes", "Ana, Ortega", born=(DAY, "1975-06-20"), **HOME),
    both("Ana, Reyes", "Ana, Reyes", born=(DAY, "1975-06-20"), ssn=(NUMBER, OTHER_NUMBER), **HOME),
    both("Ana, Reyes", "Ana, Reyes", born=(DAY, "1975-06-02"), **HOME),
    both("Ana, Reyes", "Ana, Reyes", born=(DAY, "1975-01-02"), **HOME),
    both("Ana, Reyes", "Ana, Reyes", born=(DAY, "1985-01-02"), ssn=(NUMBER, OTHER_NUMBER), **HOME),
]


@pytest.mark.parametrize(("one", "other"), FATHERS_AND_SONS, ids=count())
def test_namesakes_of_far_days_are_two(one: Description, other: Description) -> None:
    assert verdict(one, other) == verdict(other, one) == "vetoed"
    assert verdict(one, other, frozenset({JUNIORS})) == "vetoed"


@pytest.mark.parametrize(
    ("pair", "is_certain"),
    [
        (both("Ana, Reyes", "Jose, Reyes", **HOME), False),
        (both("Ana, Reyes", "Jose, Reyes", ssn=(NUMBER, NEXT_NUMBER), **HOME), True),
        (both("Ana, Reyes", "Jose, Reyes", ssn=(NUMBER, OTHER_NUMBER), **HOME), True),
        ((described("Ana, Reyes", born=DAY, sex="F"), described("Jose, Reyes", born=DAY, sex="M")), True),
        (both("Bill, Reyes Jr", "Bill, Reyes Sr"), True),
        (both("Ana, Reyes", "Jose, Reyes", multiple_birth=True), True),
        ((described("Ana, Reyes", born=DAY, own="k12:a"), described("Jose, Reyes", born=DAY, own="k12:b")), True),
        ((described("Ana, Reyes", born=DAY, own="k12:a"), described("Jose, Reyes", born=DAY, own="college:b")), False),
        (both("Ana, Reyes", "Jose, Reyes", born=(DAY, "1975-06-20"), ssn=(NUMBER, NUMBER)), False),
        (both("Ana, Reyes", "Ana, Reyes", ssn=(NUMBER, OTHER_NUMBER)), False),
    ],
    ids=count(),
)
def test_a_veto_is_certain_where_a_trait_beside_the_given_name_tells_of_two(
    pair: tuple[Description, Description],
    is_certain: bool,  # noqa: FBT001  # a column of the table
) -> None:
    assert bool(vetoes.judge(matrix(*pair), EVERY_VETO).is_certain[0]) is is_certain


@pytest.mark.parametrize("active", [EVERY_VETO, NO_VETO])
@pytest.mark.parametrize(("one", "other"), [("Jr", "Sr"), ("II", "III"), ("Jr", "III")])
def test_two_suffixes_are_two_persons_whatever_a_model_holds_and_whatever_agrees(
    one: str, other: str, active: frozenset[str]
) -> None:
    pair = both(f"Bill, Reyes {one}", f"Bill, Reyes {other}", ssn=(NUMBER, NUMBER), **HOME)
    assert verdict(*pair, active) == "vetoed"


TWO_OF_A_HOUSEHOLD = [
    both("Ana, Reyes", "Jose, Reyes", born=(DAY, "2008-11-23"), **HOME),
    both("Ana, Reyes", "Jose, Reyes", born=(DAY, "2005-11-23"), **HOME),
    both("Ana, Reyes", "Jose, Reyes", born=("", ""), **HOME),
    both("Ana, Reyes", "Jose, Reyes", born=(DAY, "2008-11-23"), ssn=(NUMBER, OTHER_NUMBER), **HOME),
    both("Ana, Reyes", "Jose, Reyes", born=(DAY, "2008-11-23"), email="reyes@example.org", phone="2135550101"),
]


@pytest.mark.parametrize(("one", "other"), TWO_OF_A_HOUSEHOLD, ids=count())
def test_two_of_a_household_are_two(one: Description, other: Description) -> None:
    assert verdict(one, other) == verdict(other, one) == "vetoed"
    assert verdict(one, other, frozenset({HOUSEHOLD})) == "vetoed"


STRANGERS_ALIKE = [
    both("Ana, Reyes", "Jose, Ortega", **HOME),
    both("Ana, Reyes", "Jose, Ortega", email="office@example.org", phone="2135550101"),
    both("Ana, Reyes", "Jose, Reynolds", **HOME),
    both("Ana, Reyes", "Jose, Ortega", ssn=(NUMBER, NUMBER), born=(DAY, "1975-06-20")),
    both("Ana, Reyes", "Jose, Ortega", ssn=(NUMBER, NUMBER), born=(DAY, "2004-01-02")),
]


@pytest.mark.parametrize(("one", "other"), STRANGERS_ALIKE, ids=count())
def test_two_without_a_name_in_common_are_two_though_day_and_house_agree(one: Description, other: Description) -> None:
    assert verdict(one, other) == verdict(other, one) == "vetoed"
    assert verdict(one, other, frozenset({STRANGERS})) == "vetoed"


ONE_PERSON = [
    both("Ana, Reyes", "Ana, Reyes"),
    both("Ana, Reyes", "Ana, Reyes", born=("", ""), **HOME),
    both("Bill, Reyes", "William, Reyes"),
    both("Chuy, Reyes", "Jesús, Reyes", **HOME),
    both("Michael, Reyes", "Micheal, Reyes"),
    both("Jonathan, Fernandez", "Jonathan, Fernadnez"),
    both("A, Reyes", "Ana, Reyes"),
    both("Jose Luis, Reyes", "Jose, Reyes"),
    both("Jose Luis, Reyes", "Luis, Reyes"),
    both("Ana, Sofia, Reyes", "Sofia, Reyes"),
    both("Ana, Sofia, Reyes", "Sofia, Ana, Reyes"),
    both("Ana, S, Reyes", "Ana, Sofia, Reyes"),
    both("Ana, S, Reyes", "Ana, R, Reyes"),
    both("Reyes, Ana", "Ana, Reyes"),
    both("Ana, Reyes Vega", "Ana, Vega"),
    both("Ana, Reyes", "Ana, Reyes", born=(DAY, "2005-02-01")),
    both("Ana, Reyes", "Ana, Reyes", born=(DAY, "2005-01-03")),
    both("Ana, Reyes", "Ana, Reyes", born=(DAY, "2005-12-02"), ssn=(NUMBER, NUMBER)),
    both("Ana, Reyes", "Ana, Reyes", born=(DAY, "1975-06-20"), ssn=(NUMBER, NUMBER)),
    both("Ana, Reyes", "Ana, Reyes", born=(DAY, "1975-06-20"), ssn=(NUMBER, NEXT_NUMBER)),
    both("Ana, Reyes", "Ana, Reyes", ssn=(NUMBER, NEXT_NUMBER)),
    both("Ana, Reyes", "Ana, Reyes", ssn=(NUMBER, "517482963")),
    both("Ana, Reyes", "Ana, Reyes", ssn=(NUMBER, OTHER_NUMBER)),
    both("Ana, Reyes", "Ana, Ortega", ssn=(NUMBER, NUMBER)),
    both("Ana, Reyes", "Ana, Ortega", ssn=(NUMBER, NEXT_NUMBER)),
    both("Ana, Reyes", "Ana, Ortega", **HOME),
    both("Ana, Reyes", "Ana, Ortega", email="ana@example.org"),
    both("Michael, Reyes", "Micheal, Reyes", ssn=(NUMBER, NUMBER)),
    both("Ana, Reyes", "Jose, Reyes", ssn=(NUMBER, NUMBER), sex="F"),
    both("Ana, Reyes", "Jose, Ortega", ssn=(NUMBER, NUMBER)),
    both("Ana, Reyes Jr", "Ana, Reyes"),
    both("Bill, Reyes Jr", "William, Reyes Jr", **HOME),
    both("Bill, Reyes", "William, Reyes", multiple_birth=True),
    both("MARTA, Reyes", "Matria, Reyes", ssn=(NUMBER, NUMBER), born=("", DAY)),
    (described("Marco, Luis, Reyes", born=DAY, own="k12:a"), described("Marcos, Luis, Reyes", born=DAY, own="k12:b")),
    both("Michael, Reyes", "Micheal, Reyes", ssn=(NUMBER, NUMBER), multiple_birth=True),
    both("Ana, Reyes", "Ana, Reyes", born=(DAY, "1995-01-02"), **HOME),
    both("Ana, Reyes", "Ana, Reyes", born=(DAY, "1975-01-02"), ssn=(NUMBER, NUMBER)),
    both("Ana, Reyes", "Ana, Reyes", born=("", ""), ssn=(NUMBER, NEXT_NUMBER)),
]


@pytest.mark.parametrize(("one", "other"), ONE_PERSON, ids=count())
def test_one_person_written_twice_is_not_parted(one: Description, other: Description) -> None:
    assert verdict(one, other) == verdict(other, one) == "open"


UNCLEAR = [
    both("Ana, Reyes", "Ana, Reyes", born=("", "")),
    both("Ana, Reyes", "Ana, Reyes", born=("", ""), zip_code="90001"),
    both("Ana, Reyes", "Ana, Reyes", born=(DAY, "2005-11-23")),
    both("Ana, Reyes", "Ana, Reyes", born=("", ""), ssn=(NUMBER, OTHER_NUMBER)),
    both("Marta, Reyes", "Martin, Reyes", **HOME),
    both("Jose Luis, Reyes", "Jose Antonio, Reyes", **HOME),
    both("Ana, Sofia, Reyes", "S, Reyes", **HOME),
    both("Marta, Reyes", "Martin, Ortega", born=("", ""), **HOME),
    both("Ana, Reyes", "Ana, Ortega"),
    both("Ana, Reyes", "Ana, Ortega", ssn=(NUMBER, OTHER_NUMBER)),
    both("Marco, Reyes", "Marcos, Reyes", born=(DAY, "2008-11-23"), ssn=(NUMBER, NEXT_NUMBER), **HOME),
    (described("M, Reyes", born=DAY, sex="F"), described("Maria, Reynolds", born=DAY, sex="M")),
    both("Marco, Reyes", "Marcos, Reyes", multiple_birth=True, **HOME),
    both("Marta, Reyes", "Martin, Ortega", ssn=(NUMBER, NUMBER), born=("", DAY)),
    both("Ana, Sofia, Reyes", "S, Reyes", ssn=(NUMBER, NUMBER), born=("", DAY)),
    both("J, Reyes", "Jose, Reyes", multiple_birth=True),
    both("Ana, Reyes", "Ana, Ortega", born=("", DAY), ssn=(NUMBER, NEXT_NUMBER)),
    both("Ana, Reyes", "Ana, Ortega", born=(DAY, "2008-11-23"), ssn=(NUMBER, NEXT_NUMBER)),
    both("Ana, Reyes", "Ana, ", born=("", ""), ssn=(NUMBER, NEXT_NUMBER)),
    both(", Reyes", "Ana, Reyes", born=("", ""), ssn=(NUMBER, NEXT_NUMBER)),
]


@pytest.mark.parametrize(("one", "other"), UNCLEAR, ids=count())
def test_a_pair_of_which_too_little_is_known_or_too_much_unlike_is_unclear(
    one: Description, other: Description
) -> None:
    assert verdict(one, other) == verdict(other, one) == "unclear"


@pytest.mark.parametrize(
    "shared",
    [{"address": "12 Elm St"}, {"email": "ana@example.org"}, {"phone": "2135550101"}, {"ssn": (NUMBER, NUMBER)},
     {"ssn": (NUMBER, NEXT_NUMBER)}, {"born": (DAY, DAY)}],
    ids=count(),
)  # fmt: skip
def test_namesakes_need_one_thing_more_in_common(shared: dict[str, str]) -> None:
    assert verdict(*both("Ana, Reyes", "Ana, Reyes", **{"born": ("", ""), **shared})) == "open"


def test_an_identifier_of_another_system_is_such_a_thing() -> None:
    one, other = described("Ana, Reyes", others=["SSID:77"]), described("Ana, Reyes", others=["CIN:1", "SSID:77"])
    assert verdict(one, other) == "open"
    assert verdict(one, described("Ana, Reyes", others=["CIN:1"])) == "unclear"


@pytest.mark.parametrize(
    ("veto", "pair"),
    [
        (TWINS, TWO_TWINS[0]),
        (TWINS, TWO_TWINS[3]),
        (SHARED_NUMBER, PERSONS_OF_ONE_NUMBER[1]),
        (JUNIORS, FATHERS_AND_SONS[0]),
        (HOUSEHOLD, TWO_OF_A_HOUSEHOLD[0]),
    ],
    ids=count(),
)
def test_a_veto_that_a_model_does_not_have_does_not_hold(veto: str, pair: tuple[Description, Description]) -> None:
    assert verdict(*pair, EVERY_VETO - {veto}) == "open"
    assert verdict(*pair, frozenset({veto})) == "vetoed"


def test_strangers_of_a_day_are_open_where_the_veto_is_not_held_and_so_is_a_new_surname() -> None:
    assert verdict(*STRANGERS_ALIKE[0], EVERY_VETO - {STRANGERS}) == "open"
    new_surname = both("Ana, Reyes", "Ana, Ortega")
    assert verdict(*new_surname, EVERY_VETO - {NEW_SURNAME}) == "open"
    assert verdict(*new_surname, frozenset({NEW_SURNAME})) == "unclear"


WHOLE = [*TWO_TWINS, *PERSONS_OF_ONE_NUMBER, *FATHERS_AND_SONS, *TWO_OF_A_HOUSEHOLD, *STRANGERS_ALIKE, *ONE_PERSON]
ACTIVE = st.frozensets(st.sampled_from(vetoes.VETOES))


@given(st.sampled_from(WHOLE), ACTIVE, ACTIVE)
def test_more_vetoes_never_let_more_pass(
    pair: tuple[Description, Description], few: frozenset[str], more: frozenset[str]
) -> None:
    with_few, with_more = (vetoes.judge(matrix(*pair), active) for active in (few, few | more))
    assert with_more.is_vetoed[0] >= with_few.is_vetoed[0]
    assert with_more.is_unclear[0] >= with_few.is_unclear[0]


def test_patterns_name_every_veto_and_speak_of_no_pair_of_equals() -> None:
    ana = described("Ana, Sofia, Reyes", born=DAY, ssn=NUMBER, sex="F", **HOME)
    assert {veto: bool(found[0]) for veto, found in vetoes.patterns(matrix(ana, ana)).items()} == dict.fromkeys(
        vetoes.VETOES, False
    )


@pytest.mark.parametrize(
    ("pair", "spoken_of"),
    [
        (TWO_TWINS[0], {TWINS}),
        (both("Ana, Reyes", "Jose, Ortega"), {STRANGERS, NEW_SURNAME}),
        (PERSONS_OF_ONE_NUMBER[1], {SHARED_NUMBER, HOUSEHOLD}),
        (FATHERS_AND_SONS[0], {JUNIORS}),
        (TWO_OF_A_HOUSEHOLD[0], {HOUSEHOLD}),
        (both("Ana, Reyes", "Ana, Ortega"), {NEW_SURNAME}),
        (both("Ana, Reyes", "Ana, Ortega", **HOME), set()),
        (both("Bill, Reyes Jr", "Bill, Reyes Sr"), {JUNIORS}),
    ],
    ids=count(),
)
def test_a_pattern_is_what_a_veto_speaks_of_whatever_the_numbers_say(
    pair: tuple[Description, Description], spoken_of: set[str]
) -> None:
    assert {veto for veto, found in vetoes.patterns(matrix(*pair)).items() if found[0]} == spoken_of
