"""Every bad input of the list has its answer, and the tests that show it are there."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest
from support.bad_inputs.table import NOT_BUILT, TABLE

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "bad-inputs.md"


@cache
def names_in(path: str) -> frozenset[str]:
    """Names of a file's tests."""
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return frozenset(one.name for one in ast.walk(tree) if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef))


def test_every_number_stands_in_the_table() -> None:
    assert list(TABLE) == list(range(1, 87))


@pytest.mark.parametrize("number", TABLE)
def test_what_shows_a_number_is_there(number: int) -> None:
    shown = TABLE[number]
    assert shown.tests or number in NOT_BUILT
    assert shown.differs or number not in NOT_BUILT
    for one in shown.tests:
        path, _, name = one.partition("::")
        assert name in names_in(path), one


def test_the_page_tells_of_every_number_and_of_each_answer_that_differs() -> None:
    rows = dict(re.findall(r"^\| (\d+) \| (.*) \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE))
    assert list(map(int, rows)) == list(TABLE)
    for number, shown in TABLE.items():
        assert rows[str(number)].endswith(f"| {shown.differs}".rstrip()), number
