"""Which model is in force, who chose which, and what is refused before it is written."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from deploy.identity.choices import NOT_YET, Choices, checked, row_of, undone
from processors.resolve import adopted
from streams.errors import ThroughlineError

Row = dict[str, Any]


def told(*rows: str) -> Choices:
    """Of "model" in force from the start, "decision>model" chosen, "decision=model" taken by that, and "!" refused."""
    found = Choices()
    for text in rows:
        decision_id, sign, model = re.fullmatch(r"(?:(\w+)([>=!]))?(\w+)", text).groups()  # type: ignore[union-attr]
        row: Row = {"decision_id": decision_id, "model": model, "sealed_document": f"sealed {model}"}
        found.enter({">": "model_chosen", "!": "model_refused"}.get(sign, "model_in_force"), {**row, "reason": "why"})
    return found


def states(choices: Choices) -> dict[str, str]:
    return {decision_id: choices.state(decision_id) for decision_id in choices.chosen}


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (["a"], {}),
        (["a", "d1>b"], {"d1": "being taken"}),
        (["a", "d1>b", "d1=b"], {"d1": "in force"}),
        (["a", "d1>b", "d1=b", "d2>a"], {"d1": "was in force", "d2": "being taken"}),
        (["a", "d1>b", "d2>c"], {"d1": "not taken", "d2": "being taken"}),
        (["a", "d1>b", "d2>a"], {"d1": "not taken", "d2": "in force"}),
        (["d1>b"], {"d1": "being taken"}),
        (["a", "d1>b", "d1!b"], {"d1": "refused: why"}),
        (["a", "d1>b", "d2>c", "d2!c"], {"d1": "being taken", "d2": "refused: why"}),
        (["a", "d1>b", "d1=b", "d2>c", "d2!c"], {"d1": "in force", "d2": "refused: why"}),
    ],
)
def test_of_each_choice_it_is_known_what_became_of_it(rows: list[str], expected: dict[str, str]) -> None:
    assert states(told(*rows)) == expected


@pytest.mark.parametrize(
    ("rows", "decision_id", "model"),
    [
        (["a", "d1>b", "d1=b"], "d1", "a"),
        (["a", "d1>b"], "d1", "a"),
        (["a", "d1>b", "d1=b", "d2>c", "d2=c"], "d2", "b"),
        (["a", "d1>b", "d1=b", "d2>a", "d2=a"], "d2", "b"),
        (["a", "d1>b", "d1=b", "d2>c", "d2!c"], "d1", "a"),
    ],
)
def test_a_choice_is_taken_back_by_choosing_the_model_that_is_or_was_in_force(
    rows: list[str], decision_id: str, model: str
) -> None:
    found = undone(told(*rows), decision_id)
    assert (found["model"], found["sealed_document"]) == (model, f"sealed {model}")


REFUSED: list[tuple[Callable[[], object], str]] = [
    (lambda: checked(told("a"), "a", ""), "model a is in force already: nothing to do"),
    (lambda: checked(told("a", "d1>b"), "b", ""), "model b is being taken already: nothing to do"),
    (lambda: checked(told("a"), "b", "x" * (adopted.MOST_CHARACTERS + 1)), "more than 900,000: train one with fewer"),
    (lambda: checked(told(), "b", ""), NOT_YET),
    (lambda: undone(told("a", "d1>b", "d1=b", "d2>c"), "d1"), "it does not stand: another model was chosen since"),
    (lambda: undone(told("a", "d1>b", "d2>a"), "d2"), "was in force already: nothing to take back"),
    (lambda: undone(told("d1>b"), "d1"), NOT_YET),
    (lambda: undone(told("a", "d1>b", "d1!b"), "d1"), "resolve has refused it"),
]


@pytest.mark.parametrize(("act", "line"), REFUSED, ids=[line for _, line in REFUSED])
def test_what_cannot_be_done_so_is_one_line_with_the_remedy(act: Callable[[], object], line: str) -> None:
    with pytest.raises(ThroughlineError) as raised:
        act()
    assert line in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_model_that_was_in_force_or_is_to_make_room_for_another_can_be_chosen() -> None:
    checked(told("a", "d1>b", "d1=b"), "a", "")
    checked(told("a", "d1>b"), "a", "")


def test_the_id_of_a_choice_follows_from_what_is_decided() -> None:
    one, other = (row_of("m", "sealed", "w", reason, 7) for reason in ("better", "worse"))
    assert one["decision_id"] != other["decision_id"]
    assert one == row_of("m", "sealed", "w", "better", 7)
