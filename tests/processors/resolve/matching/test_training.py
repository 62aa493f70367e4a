"""Training: from descriptions alone, whose persons nobody says, to a model that links the one and parts the other."""

import math
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from hashlib import sha256

import numpy as np
import pytest
from support.descriptions import described, matrix, verdict

from processors.resolve.matching import blocking, training, vetoes
from processors.resolve.matching.columns import Columns
from processors.resolve.matching.description import TOLD, Description
from processors.resolve.matching.levels import LEVELS, TRAITS
from processors.resolve.matching.model import Model
from processors.resolve.matching.training import KEY_CAP, train

FULL_NAMES = (
    "William",
    "Elizabeth",
    "Jesús",
    "Guadalupe",
    "Michael",
    "Katherine",
    "Mandeep",
    "Anahit",
    "Sofia",
    "Dmitri",
)
SHORT_NAMES = ("Bill", "Liz", "Chuy", "Lupe", "Mike", "Katie", "Deep", "Ani", "Sofi", "Dima")
SURNAMES = (
    "Reyes", "Ortega", "Hernandez", "Nguyen", "Johnson", "Kim", "Petrosyan", "Singh", "García", "Lopez", "Fernandez",
    "Washington", "Vasquez",
)  # fmt: skip
STREETS = ("Elm St", "Oak Ave", "Magnolia Blvd", "Santa Rosa Rd", "Harbor Dr", "Mission St", "Sunset Ct")
HOUSEHOLDS = 110
MIDDLES = "ABCDEFGHJKLMNOPRSTW"


def drawn(person: int, salt: int, count: int) -> int:
    """A number below ``count``: always the same one, and as good as independent of that of another salt."""
    return int.from_bytes(sha256(bytes([person % 256, person // 256, salt])).digest()[:4]) % count


def household(place: int) -> Iterator[Description]:
    """Two siblings, each told of by two sources of which the second errs now and then in one of several ways."""
    surname = SURNAMES[drawn(place, 1, 13)]
    if place % 3 == 0:
        surname += f" {SURNAMES[drawn(place, 2, 13)]}"
    home = {"address": f"{100 + place * 7} {STREETS[drawn(place, 3, 7)]}", "zip_code": f"{90001 + drawn(place, 4, 97)}"}
    for sibling in range(2):
        person = place * 2 + sibling
        name, middle = (drawn(place, 5, 10) + sibling * 4) % 10, MIDDLES[drawn(person, 6, 19)]
        born = f"{1996 + drawn(person, 7, 12)}-{1 + drawn(person, 8, 12):02}-{1 + drawn(person, 9, 28):02}"
        number = f"{510000001 + drawn(person, 10, 89999999)}"
        mail = {"email": f"{FULL_NAMES[name]}{person}@example.org"}
        full = f"{FULL_NAMES[name]}, {middle}, {surname}"
        sex = "FM"[name % 2]
        yield described(full, born=born, ssn=number, sex=sex, **home, **mail)
        error = person % 11
        short = f"{SHORT_NAMES[name]}, {surname}"
        yield described(
            short if error in {1, 2} else full.replace("a", "aa", 1) if error == 3 else full,
            born=f"{born[:-1]}{(int(born[-1]) + 1) % 10}" if error == 4 else born,
            ssn="" if error in {5, 6} else f"{number[:8]}{(int(number[8]) + 1) % 10}" if error == 7 else number,
            sex=sex,
            **({"address": f"{person} Pine St", "zip_code": "94110"} if error in {8, 9} else home),
            **({} if error == 10 else mail),
        )


def people() -> list[Description]:
    """Of every household four descriptions; a pair of one person stands together."""
    return [one for place in range(HOUSEHOLDS) for one in household(place)]


PEOPLE = people()


@pytest.fixture(scope="module")
def model() -> Model:
    """Trained once for all tests that only look at it."""
    return train(PEOPLE)


@pytest.fixture
def few_random_pairs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a handful of descriptions all pairs are soon drawn."""
    monkeypatch.setattr(training, "RANDOM_PAIRS", 4_000)


def weight(model: Model, one: Description, other: Description) -> float:
    """Of a pair, all traits together."""
    places = np.array([0], np.int32), np.array([1], np.int32)
    return float(model.weigh(Columns.of([one, other]), *places, matrix(one, other)).sum())


def links(model: Model, one: Description, other: Description) -> bool:
    """Whether a model links two."""
    return weight(model, one, other) >= model.link_bits and verdict(one, other, model.vetoes) == "open"


def level_bits(model: Model, trait: str, name: str) -> float:
    """What a level weighs."""
    return float(model.bits[trait][1 + LEVELS[trait].index(name)])


@pytest.mark.parametrize("trait", ["given", "surname", "middle", "born", "number", "address", "email", "sex"])
def test_to_agree_exactly_speaks_for_one_person_and_to_differ_against_it(model: Model, trait: str) -> None:
    assert level_bits(model, trait, "exact") > 0 > level_bits(model, trait, "differ")


@pytest.mark.parametrize(
    ("trait", "more", "less"),
    [
        ("given", "exact", "differ"),
        ("given", "nickname", "differ"),
        ("given", "similar", "differ"),
        ("surname", "exact", "token"),
        ("surname", "token", "differ"),
        ("born", "exact", "one_digit"),
        ("born", "one_digit", "year"),
        ("born", "year", "differ"),
        ("number", "exact", "typing_error"),
        ("number", "typing_error", "differ"),
        ("address", "exact", "zip"),
        ("email", "exact", "differ"),
    ],
)
def test_the_better_of_two_levels_weighs_more(model: Model, trait: str, more: str, less: str) -> None:
    assert level_bits(model, trait, more) > level_bits(model, trait, less)


def test_a_number_tells_more_than_a_sex(model: Model) -> None:
    assert level_bits(model, "number", "exact") > level_bits(model, "born", "exact") > level_bits(model, "sex", "exact")


def test_shares_of_a_traits_levels_are_shares(model: Model) -> None:
    for shares in (model.m, model.u):
        assert set(shares) == set(TRAITS)
        assert all(sum(shares[trait]) == pytest.approx(1) for trait in TRAITS)
        assert all(0 < share < 1 for trait in TRAITS for share in shares[trait] if len(LEVELS[trait]) > 1)


def test_a_trait_of_which_nobody_says_anything_weighs_next_to_nothing(model: Model) -> None:
    assert level_bits(model, "suffix", "exact") == 0.0


def test_to_be_called_a_twin_weighs_nothing_whoever_is(model: Model) -> None:
    twins = train([one._replace(multiple_birth=TOLD) if place % 5 else one for place, one in enumerate(PEOPLE)])
    assert level_bits(twins, "multiple_birth", "told") == level_bits(model, "multiple_birth", "told") == 0


def test_nor_does_a_level_that_no_pair_has_shown(model: Model) -> None:
    assert {one.email.partition("@")[2] for one in PEOPLE} == {"", "example.org"}
    assert level_bits(model, "email", "name") == pytest.approx(0, abs=0.01)


@pytest.mark.parametrize("trait", [trait for trait in TRAITS if trait not in training.ASSUMED])
def test_no_level_speaks_for_one_person_that_not_one_pair_of_one_has_shown(model: Model, trait: str) -> None:
    pairs = [matrix(one, other)[0] for one, other in zip(PEOPLE[::2], PEOPLE[1::2], strict=True)]
    shown = {int(levels[TRAITS.index(trait)]) for levels in pairs}
    unseen = [name for level, name in enumerate(LEVELS[trait], start=1) if level not in shown]
    assert [name for name in unseen if level_bits(model, trait, name) > 0.05] == []


def test_a_model_keeps_the_shares_of_names_that_three_descriptions_bear(model: Model) -> None:
    seen = Counter(one.given for one in PEOPLE)
    assert model.given["WILLIAM"] == pytest.approx((seen["WILLIAM"] + seen["BILL"]) / len(PEOPLE))
    assert "BILL" not in model.given
    surnames = Counter(one.surname for one in PEOPLE)
    assert model.surname == {name: pytest.approx(n / len(PEOPLE)) for name, n in surnames.items() if n > 2}
    assert min(surnames.values()) < 3
    assert model.rarest == 1 / 20_000


def test_a_pair_is_linked_at_better_odds_than_it_is_shown_to_a_person(model: Model) -> None:
    assert math.isfinite(model.link_bits)
    assert model.link_bits == model.review_bits + 6
    assert 0 < model.link_bits < math.log2(len(PEOPLE) ** 2)


def test_a_trained_model_links_nearly_all_that_are_one_person(model: Model) -> None:
    pairs = zip(PEOPLE[::2], PEOPLE[1::2], strict=True)
    assert sum(links(model, one, other) for one, other in pairs) >= 0.95 * HOUSEHOLDS * 2


def test_a_trained_model_links_no_two_of_a_household(model: Model) -> None:
    for place in range(HOUSEHOLDS):
        one, again, other, once_more = household(place)
        assert not any(links(model, a, b) for a in (one, again) for b in (other, once_more))


def test_a_trained_model_links_nobody_to_the_next_household(model: Model) -> None:
    assert not any(links(model, one, other) for one, other in zip(PEOPLE, PEOPLE[4:], strict=False))


def test_every_veto_holds_of_which_the_descriptions_do_not_say_that_it_parts_one_person(model: Model) -> None:
    assert model.vetoes == set(vetoes.VETOES)


def test_rules_of_every_model_come_first_and_others_are_known(model: Model) -> None:
    assert model.rules[: len(blocking.ALWAYS)] == blocking.ALWAYS
    assert set(model.rules) <= set(blocking.RULES)
    assert len(model.rules) == len(set(model.rules))


def test_a_rule_is_taken_where_it_finds_links_that_no_other_does() -> None:
    def told(place: int) -> list[Description]:
        home = {"address": f"{place} Elm St", "zip_code": f"{90001 + place % 50}"}
        name = f"{FULL_NAMES[place % 10]}, {SURNAMES[place % 13]}{place // 13}"
        return [described(name, born=f"2005-01-{1 + place % 28:02}", **home), described(name, **home)]

    found = train([one for place in range(150) for one in told(place)])
    assert set(found.rules) - set(blocking.ALWAYS)
    assert not set(found.rules) & {"email", "phone"} - set(blocking.ALWAYS)


def test_the_same_descriptions_give_the_same_model_in_a_process_whose_hashes_are_others(model: Model) -> None:
    code = f"import runpy; names = runpy.run_path({__file__!r}); print(names['train'](names['PEOPLE']).name)"
    seeded = {**os.environ, "PYTHONHASHSEED": "7", "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=seeded)
    assert told.stdout.strip() == model.name


def test_a_trained_model_is_read_back_as_it_is(model: Model) -> None:
    assert Model.from_json(model.to_json()) == model


def test_one_description_a_person_is_enough_to_run(model: Model) -> None:
    alone = train(PEOPLE[::2])
    assert set(alone.bits) == set(model.bits)
    assert not any(links(alone, one, other) for one, other in zip(PEOPLE[::4], PEOPLE[2::4], strict=True))


@pytest.mark.usefixtures("few_random_pairs")
def test_two_descriptions_are_enough_to_run_where_they_are_alike() -> None:
    two = train(PEOPLE[:2])
    assert math.isfinite(two.link_bits)
    assert two.rules == blocking.ALWAYS


@pytest.mark.usefixtures("few_random_pairs")
def test_more_descriptions_under_one_key_than_can_be_of_one_person_count_for_no_pair() -> None:
    assert math.isfinite(train(PEOPLE[:1] * KEY_CAP).link_bits)
    found = train(PEOPLE[:1] * (KEY_CAP + 1))
    assert not math.isfinite(found.link_bits)


def test_empty_descriptions_among_others_change_nothing_of_what_levels_weigh(model: Model) -> None:
    found = train([*PEOPLE, *[Description()] * 20])
    for trait in TRAITS:
        assert found.m[trait] == pytest.approx(model.m[trait], abs=0.001)
        assert found.u[trait] == pytest.approx(model.u[trait], abs=0.01)


NO_TWO_ALIKE = [
    [Description(), Description()],
    [described("Ana, Reyes", born="2005-01-02", ssn="517482936"), described("Bo, Kim", born="1999-03-04")],
]


@pytest.mark.usefixtures("few_random_pairs")
@pytest.mark.parametrize("few", NO_TWO_ALIKE, ids=["empty", "unlike"])
def test_a_training_that_met_no_two_alike_says_so_by_a_bound_that_no_pair_reaches(few: list[Description]) -> None:
    found = train(few)
    assert not math.isfinite(found.link_bits)
    assert not any(links(found, one, one) for one in few)
    assert found.rules == blocking.ALWAYS


@pytest.mark.usefixtures("few_random_pairs")
def test_vetoes_are_dropped_where_numbers_say_that_they_would_part_one_person() -> None:
    """Given names that differ are here names of one person: all else agrees, number and e-mail address included."""

    def told(place: int) -> list[Description]:
        _, _, other, again = household(place)
        if place % 2:
            return [other, again]
        return [other._replace(middle=""), other._replace(given="QUIRINO", middle="", sex="")]

    found = train([one for place in range(HOUSEHOLDS) for one in told(place)])
    assert vetoes.TWINS not in found.vetoes
    assert vetoes.JUNIORS in found.vetoes


def test_a_trait_that_no_description_knows_weighs_what_was_assumed_of_it() -> None:
    bits = train(PEOPLE).bits
    assert bits["phone"][1:].round(1).tolist() == [6.9, -1.3]
    assert bits["other"][1:].round(1).tolist() == [19.9, -5.6]
