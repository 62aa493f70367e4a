"""A model: a document that can be kept and named, and weights that tell how much an agreement says."""

import json
from collections.abc import Callable
from dataclasses import replace
from itertools import count
from typing import Any

import numpy as np
import pytest
from support.descriptions import described, matrix

from processors.resolve.matching.columns import Columns
from processors.resolve.matching.description import Description
from processors.resolve.matching.levels import LEVELS, TRAITS
from processors.resolve.matching.model import Model

FIRST, SECOND = np.array([0], np.int32), np.array([1], np.int32)


def made(**said: Any) -> Model:
    """A model in which of pairs of one person 8 in 10 agree exactly, and of others 2 in 100."""
    others = {trait: len(names) - 1 for trait, names in LEVELS.items()}
    document: dict[str, Any] = {
        "m": {trait: (0.8, *[0.2 / max(1, rest)] * rest) for trait, rest in others.items()},
        "u": {trait: (0.02, *[0.98 / max(1, rest)] * rest) for trait, rest in others.items()},
        "link_bits": 20.5,
        "review_bits": 14.5,
        "vetoes": frozenset({"twins", "juniors"}),
        "rules": ("number", "born_and_given"),
        "given": {"MARIA": 0.04, "WILLIAM": 0.02},
        "surname": {"REYES": 0.01, "GARCIA LOPEZ": 0.0001},
        "rarest": 0.00005,
    }
    return Model(**{**document, **said})


MODEL = made()


def weights(one: Description, other: Description, model: Model = MODEL) -> dict[str, float]:
    """Of one pair, by trait."""
    found = model.weigh(Columns.of([one, other]), FIRST, SECOND, matrix(one, other))[0]
    return dict(zip(TRAITS, found.tolist(), strict=True))


def test_a_model_read_back_from_its_document_is_the_same() -> None:
    again = Model.from_json(MODEL.to_json())
    assert again == MODEL
    assert (again.name, again.to_json()) == (MODEL.name, MODEL.to_json())
    assert Model.from_json(MODEL.to_json().decode()) == MODEL


def test_what_is_equal_has_one_document_and_one_name_whatever_its_order() -> None:
    turned = replace(
        MODEL,
        vetoes=frozenset({"juniors", "twins"}),
        given=dict(reversed(MODEL.given.items())),
        surname=dict(reversed(MODEL.surname.items())),
    )
    assert turned.to_json() == MODEL.to_json()
    assert turned.name == MODEL.name


@pytest.mark.parametrize(
    "said",
    [
        {"link_bits": 20.25}, {"review_bits": 14.25}, {"vetoes": frozenset()}, {"rules": ("number",)},
        {"rules": ("born_and_given", "number")}, {"given": {}}, {"surname": {"REYES": 0.02}}, {"rarest": 0.1},
        {"m": {**MODEL.m, "sex": (0.9, 0.1)}}, {"u": {**MODEL.u, "sex": (0.6, 0.4)}},
    ],
    ids=count(),
)  # fmt: skip
def test_a_models_name_changes_with_anything_that_it_says(said: dict[str, Any]) -> None:
    other = made(**said)
    assert other.name != MODEL.name
    assert len(other.name) == 12
    assert int(other.name, 16)


def without(name: str) -> Callable[[dict[str, Any]], None]:
    """Drops a part of a document."""
    return lambda document: document.pop(name)


def put(value: Any, *path: Any) -> Callable[[dict[str, Any]], None]:
    """Puts another value into a document."""

    def change(document: Any) -> None:
        for step in path[:-1]:
            document = document[step]
        document[path[-1]] = value

    return change


@pytest.mark.parametrize(
    "change",
    [
        *map(without, json.loads(MODEL.to_json())),
        put({}, "levels"),
        put([], "levels"),
        put(None, "levels"),
        put(None, "levels", "given"),
        put(["exact"], "levels", "given", "names"),
        put(None, "levels", "given", "names"),
        put(["differ", "exact"], "levels", "sex", "names"),
        put(None, "levels", "sex", "m"),
        put(None, "vetoes"),
        put(None, "blocking"),
    ],
    ids=count(),
)
def test_another_document_is_refused_in_one_line(change: Callable[[dict[str, Any]], None]) -> None:
    document = json.loads(MODEL.to_json())
    change(document)
    with pytest.raises(ValueError, match=r"\A[^\n]+\Z"):
        Model.from_json(json.dumps(document))


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", "7", '"model"', "{}", "[1]", "\N{BYTE ORDER MARK}{}"], ids=count()
)
def test_a_text_that_is_no_document_at_all_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(ValueError, match=r"\A[^\n]+\Z"):
        Model.from_json(text)
    with pytest.raises(ValueError, match=r"\A[^\n]+\Z"):
        Model.from_json(text.encode() + b"\xff")


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("link_bits",), None),
        (("link_bits",), "20"),
        (("rarest",), 0),
        (("levels", "sex", "m"), [1.0]),
        (("levels", "sex", "u"), [0.0, 1.0]),
        (("vetoes",), "twins"),
        (("vetoes",), ["unheard of"]),
        (("blocking",), ["unheard of"]),
        (("given",), {"MARIA": 0}),
        (("surname",), {"REYES": -0.1}),
        (("given",), ["MARIA"]),
        (("review_bits",), None),
        (("levels", "sex", "m"), ["a", "b"]),
    ],
    ids=count(),
)
def test_a_document_of_the_right_parts_with_values_that_no_training_gives_is_refused(
    path: tuple[str, ...], value: Any
) -> None:
    document = json.loads(MODEL.to_json())
    put(value, *path)(document)
    with pytest.raises(ValueError, match=r"\A[^\n]+\Z"):
        Model.from_json(json.dumps(document))


def test_a_weight_is_the_logarithm_of_how_much_likelier_a_level_is_of_one_person() -> None:
    assert MODEL.bits["sex"].tolist() == [0.0, np.log2(0.8 / 0.02), np.log2(0.2 / 0.98)]
    assert {trait: len(bits) for trait, bits in MODEL.bits.items()} == {t: len(LEVELS[t]) + 1 for t in TRAITS}
    one, other = described(sex="F", phone="2135550101"), described(sex="M", phone="2135550101")
    found = weights(one, other)
    assert (found["sex"], found["phone"]) == (np.log2(0.2 / 0.98), np.log2(0.8 / 0.02))


def test_what_either_does_not_say_weighs_nothing() -> None:
    full = described("Maria, Sofia, Reyes", born="2005-01-02", sex="F", ssn="517482936", email="m@example.org")
    assert set(weights(full, Description()).values()) == {0.0}
    assert set(weights(Description(), full).values()) == {0.0}
    assert set(weights(Description(), Description()).values()) == {0.0}


def test_a_rare_name_weighs_more_than_a_usual_one_by_the_bits_of_their_shares() -> None:
    maria, william, rare = (described(name) for name in ("Maria", "William", "Quetzalina"))
    usual = weights(maria, maria)["given"]
    assert weights(william, william)["given"] - usual == pytest.approx(np.log2(0.04 / 0.02))
    assert weights(rare, rare)["given"] - usual == pytest.approx(np.log2(0.04 / 0.00005))
    reyes, rare = described(", Reyes"), described(", Quetzal")
    assert weights(rare, rare)["surname"] - weights(reyes, reyes)["surname"] == pytest.approx(np.log2(0.01 / 0.00005))


def test_a_name_weighs_what_its_own_share_says_and_not_what_names_do_in_the_mean() -> None:
    usual = MODEL.u["given"][0] + MODEL.u["given"][1]
    expected = np.log2(0.8 / 0.02) + np.log2(usual / 0.04)
    assert weights(described("Maria"), described("Maria"))["given"] == pytest.approx(expected)
    expected = np.log2(0.8 / 0.02) + np.log2(0.02 / 0.0001)
    double = described(", García López")
    assert weights(double, double)["surname"] == pytest.approx(expected)


def test_a_nickname_is_as_usual_as_what_it_is_short_for_and_a_second_given_name_makes_none_rarer() -> None:
    bill, william, billy = (described(name) for name in ("Bill", "William", "Billy"))
    assert weights(bill, bill) == weights(william, william)
    assert weights(bill, william) == weights(william, bill) == weights(billy, william)
    usual = MODEL.u["given"][0] + MODEL.u["given"][1]
    assert weights(bill, william)["given"] == pytest.approx(MODEL.bits["given"][2] + np.log2(usual / 0.02))
    maria, both = described("Maria"), described("Maria Quetzalina")
    assert weights(both, both) == weights(maria, maria)


@pytest.mark.parametrize(
    ("one", "other", "level"),
    [("Marla", "Maria", "similar"), ("M", "Maria", "initial"), ("Maria", "Jose", "differ"), ("M", "M", "initial")],
)
def test_names_that_are_not_the_same_weigh_what_their_level_does_however_rare(one: str, other: str, level: str) -> None:
    expected = MODEL.bits["given"][1 + LEVELS["given"].index(level)]
    assert weights(described(one), described(other))["given"] == expected


@pytest.mark.parametrize(
    ("one", "other"),
    [("Bill", "William"), ("Quetzalina Maria", "Maria"), ("Maria Quetzalina", "Mary")],
)
def test_whichever_of_a_pair_comes_first_it_weighs_the_same_by_the_name_that_more_have(one: str, other: str) -> None:
    assert weights(described(one), described(other)) == weights(described(other), described(one))


def test_pairs_weighed_together_weigh_what_they_do_alone() -> None:
    rows = [described("Maria, Reyes"), described("Quetzalina, Reyes"), described("Bill, García López"), Description()]
    columns = Columns.of([row for row in rows for _ in range(2)])
    one = np.array([0, 2, 4, 6], np.int32)
    levels = np.concatenate([matrix(row, row) for row in rows])
    together = MODEL.weigh(columns, one, one + 1, levels).tolist()
    assert together == [[*weights(row, row).values()] for row in rows]
