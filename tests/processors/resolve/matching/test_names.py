"""Names as they are compared: spelling, order of parts and pet names do not matter; suffixes stand by themselves."""

from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.descriptions import described

from processors.resolve.matching import names
from processors.resolve.matching.names import SUFFIXES


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("José", "JOSE"),
        ("Jose\N{COMBINING ACUTE ACCENT}", "JOSE"),
        ("Núñez", "NUNEZ"),
        ("Chloë", "CHLOE"),
        ("D'Angelo", "DANGELO"),
        ("O\N{RIGHT SINGLE QUOTATION MARK}Brien", "OBRIEN"),
        ("O\N{LEFT SINGLE QUOTATION MARK}Brien", "OBRIEN"),
        ("Hawai\N{MODIFIER LETTER APOSTROPHE}i", "HAWAII"),
        ("An\N{ZERO WIDTH SPACE}a", "ANA"),
        ("\N{RIGHT-TO-LEFT OVERRIDE}Ana\N{POP DIRECTIONAL FORMATTING}", "ANA"),
        ("A\N{COMBINING ENCLOSING CIRCLE}na", "ANA"),
        ("ＡＮＡ", "ANA"),  # noqa: RUF001  # full-width capitals are the point
        ("García-López", "GARCIA LOPEZ"),
        ("  de\tla \n Cruz. ", "DE LA CRUZ"),
        ("R2-D2", "R2 D2"),
        ("李", ""),
        ("", ""),
        ("?", ""),
    ],
    ids=count(),
)
def test_a_text_is_folded_to_plain_capitals_and_single_spaces(text: str, folded: str) -> None:
    assert names.plain(text) == folded


@given(st.text(max_size=20))
def test_a_folded_text_is_plain_and_folding_it_again_changes_nothing(text: str) -> None:
    folded = names.plain(text)
    assert names.plain(folded) == folded
    assert set(folded) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 ")
    assert folded == " ".join(folded.split())


@pytest.mark.parametrize(
    ("text", "given_name"),
    [
        ("Ana", "ANA"),
        ("José Luis", "JOSE LUIS"),
        ("Mary-Jane", "MARY JANE"),
        ("María de los Ángeles", "MARIA ANGELES"),
        ("María del Carmen Luisa", "MARIA CARMEN"),
        ("Ma. Elena", "MARIA ELENA"),
        ("MA", "MARIA"),
        ("Gpe.", "GUADALUPE"),
        ("Fco. Javier", "FRANCISCO JAVIER"),
        ("Jno.", "JOHN"),
        ("Wm.", "WILLIAM"),
        ("J.", "J"),
        ("De La", "DE LA"),
        ("", ""),
    ],
    ids=count(),
)
def test_of_a_given_name_two_tokens_count_without_particles_and_abbreviations_are_written_out(
    text: str, given_name: str
) -> None:
    assert names.given_of(text) == given_name


@pytest.mark.parametrize(
    ("text", "surname"),
    [
        ("Reyes", "REYES"),
        ("García-López", "GARCIA LOPEZ"),
        ("García López", "GARCIA LOPEZ"),
        ("García y López", "GARCIA LOPEZ"),
        ("de la Cruz", "CRUZ"),
        ("De Los Santos Vega", "SANTOS VEGA"),
        ("van der Berg", "BERG"),
        ("O'Brien", "OBRIEN"),
        ("De La", "DE LA"),
        ("", ""),
    ],
    ids=count(),
)
def test_a_double_surname_is_two_tokens_and_particles_are_none(text: str, surname: str) -> None:
    assert names.surname_of(text) == (surname, "")


@pytest.mark.parametrize(
    ("text", "surname", "suffix"),
    [
        ("Reyes Jr.", "REYES", "JR"),
        ("Reyes, Junior", "REYES", "JR"),
        ("Reyes Sr", "REYES", "SR"),
        ("de la Cruz Senior", "CRUZ", "SR"),
        ("Reyes II", "REYES", "II"),
        ("Reyes 2nd", "REYES", "II"),
        ("Reyes III", "REYES", "III"),
        ("Reyes 3rd", "REYES", "III"),
        ("Reyes Vega IV", "REYES VEGA", "IV"),
        ("Reyes 4th", "REYES", "IV"),
        ("Junior", "JUNIOR", ""),
        ("Junior Reyes", "JUNIOR REYES", ""),
    ],
    ids=count(),
)
def test_a_suffix_behind_the_surname_is_no_part_of_it(text: str, surname: str, suffix: str) -> None:
    assert names.surname_of(text) == (surname, suffix)


@pytest.mark.parametrize("text", ["Jr.", "jr", "Junior", " JUNIOR "], ids=count())
def test_a_suffix_in_a_column_of_its_own_is_the_one_behind_the_surname(text: str) -> None:
    assert described("Bill, Reyes", suffix=text) == described("Bill, Reyes Jr")


def test_the_suffix_column_counts_for_more_than_what_stands_behind_the_surname_and_one_unheard_of_for_nothing() -> None:
    assert described("Bill, Reyes Jr", suffix="III").suffix == "III"
    assert described("Bill, Reyes Jr", suffix="Esq.").suffix == "JR"
    assert described("Bill, Reyes", suffix="Esq.").suffix == ""


@pytest.mark.parametrize("text", sorted(SUFFIXES))
def test_every_spelling_of_a_suffix_is_known_behind_a_surname(text: str) -> None:
    assert names.surname_of(f"Reyes {text}") == ("REYES", SUFFIXES[text])


ENGLISH = [
    ("BILL", "WILLIAM"), ("BOB", "ROBERT"), ("LIZ", "ELIZABETH"), ("PEGGY", "MARGARET"), ("JACK", "JOHN"),
    ("CHUCK", "CHARLES"), ("TED", "EDWARD"),
]  # fmt: skip
SPANISH = [
    ("CHUY", "JESUS"), ("PEPE", "JOSE"), ("PACO", "FRANCISCO"), ("PANCHO", "FRANCISCO"), ("LUPE", "GUADALUPE"),
    ("MEMO", "GUILLERMO"), ("NACHO", "IGNACIO"), ("BETO", "ALBERTO"), ("CONCHA", "CONCEPCION"),
]  # fmt: skip
IN_THE_LIBRARY_ALONE = [("ABE", "ABRAHAM"), ("GUS", "AUGUSTUS"), ("HANK", "HENRY")]


@pytest.mark.parametrize(("nickname", "name"), [*ENGLISH, *SPANISH, *IN_THE_LIBRARY_ALONE])
def test_a_nickname_may_stand_for_its_name(nickname: str, name: str) -> None:
    assert name in names.known_as(nickname)
    assert names.known_as(nickname) & names.known_as(name)


@pytest.mark.parametrize(
    ("one", "other"), [("WILLIAM", "ROBERT"), ("ANA", "JOSE"), ("PACO", "PEPE"), ("MARIA", "ELENA"), ("JAMES", "JOHN")]
)
def test_names_that_share_a_nickname_or_nothing_are_two_names(one: str, other: str) -> None:
    assert not names.known_as(one) & names.known_as(other)


@pytest.mark.parametrize(("nickname", "name"), sorted(names.nicknames().items()))
def test_every_nickname_of_our_own_file_and_its_name_have_one_canonical_name(nickname: str, name: str) -> None:
    assert names.canonical(nickname) == names.canonical(name) == name


def test_a_name_of_which_nobody_has_heard_is_canonical_and_known_as_itself_alone() -> None:
    assert names.known_as("QUETZALINA") == {"QUETZALINA"}
    assert names.canonical("QUETZALINA") == "QUETZALINA"


def test_our_own_file_says_what_a_name_is_short_for_where_the_library_knows_several() -> None:
    assert len(names.known_as("ALEX")) > 2
    assert names.canonical("ALEX") == "ALEXANDER"
