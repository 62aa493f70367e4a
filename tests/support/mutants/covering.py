"""Which tests run which functions: a mutant is put only to those that run the one that it is in, quickest first."""

import ast
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import FrameType
from typing import Any, NamedTuple

FIRST_FILES = 2
"""From how many files of tests the first round is; the more, the longer it takes to read them."""
LONG = 0.3
"""Seconds; a test that takes longer is in the last round."""

Function = tuple[str, int]
"""A file, and the line where a function of it begins; line 0: what runs when it is imported."""


class Covered(NamedTuple):
    """What a run of all tests without a mutant has shown."""

    seconds: dict[str, float]
    """By test."""
    by: dict[Function, list[str]]
    """Tests that run a function."""
    at_import: list[Function]
    """Functions that run before any test does."""


class Covering:
    """A plugin of pytest that notes what each test runs of some files."""

    def __init__(self, root: Path, paths: Sequence[str]) -> None:
        """Of files named from a root."""
        self._names = {str(root / path): path for path in paths}
        self._running: set[Function] = set()
        self.at_import = self._running
        self.seconds: dict[str, float] = {}
        self.by: dict[Function, list[str]] = {}
        sys.settrace(self._trace)

    def _trace(self, frame: FrameType, event: str, _: Any) -> None:
        if event == "call" and (path := self._names.get(frame.f_code.co_filename)):
            self._running.add((path, frame.f_code.co_firstlineno))

    def pytest_runtest_setup(self) -> None:
        """A test begins, with what it needs."""
        self._running, self._began = set(), time.perf_counter()
        sys.settrace(self._trace)

    def pytest_runtest_teardown(self, item: Any) -> None:
        """It has ended."""
        sys.settrace(None)
        self.seconds[item.nodeid] = time.perf_counter() - self._began
        for one in self._running:
            self.by.setdefault(one, []).append(item.nodeid)

    def covered(self) -> Covered:
        """What was noted."""
        return Covered(self.seconds, self.by, sorted(self.at_import))


def rounds(covered: Covered, path: str, functions: Sequence[Function]) -> list[list[str]]:
    """Tests for a mutant, in rounds: those that run the innermost function that it is in.

    Where it is in none, or in one that runs only when files are imported, those that run anything of its file; where
    nothing of that runs later either, all.

    Args:
        covered: what tests run.
        path: the mutant's file.
        functions: of that file that it is in, the innermost first.
    """
    mine = next((covered.by[one] for one in functions if one in covered.by), [])
    if not mine and (not functions or any(one in covered.at_import for one in functions)):
        of_file = {test for one, tests in covered.by.items() if one[0] == path for test in tests}
        mine = [one for one in covered.seconds if one in of_file or not of_file]
    quick = [one for one in mine if covered.seconds[one] <= LONG]
    files: dict[str, int] = {}
    for one in quick:
        files[file_of(one)] = files.get(file_of(one), 0) + 1
    near = sorted(files, key=lambda name: (-files[name], name))[:FIRST_FILES]
    first = [one for one in quick if file_of(one) in near]
    others = [one for one in mine if one not in {*first}]
    return [sorted(those, key=lambda one: covered.seconds[one]) for those in (first, others) if those]


def file_of(test: str) -> str:
    """The file of a test's name."""
    return test.partition("::")[0]


def functions_at(path: str, code: str, line: int) -> list[Function]:
    """Functions that a line of a file is in, the innermost first, by the line where Python says that they begin."""
    kinds = ast.FunctionDef | ast.AsyncFunctionDef
    found: list[tuple[int, int]] = []
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, kinds) and node.end_lineno is not None:
            first = min([node.lineno, *(one.lineno for one in node.decorator_list)])
            if node.body[0].lineno <= line <= node.end_lineno:
                found.append((node.end_lineno - first, first))
    return [(path, first) for _, first in sorted(found)]


def as_row(covered: Covered) -> Mapping[str, Any]:
    """As JSON has it."""
    return {
        "seconds": covered.seconds, "by": [[*one, tests] for one, tests in covered.by.items()],
        "at_import": covered.at_import,
    }  # fmt: skip


def from_row(row: Mapping[str, Any]) -> Covered:
    """From JSON."""
    by = {(path, line): tests for path, line, tests in row["by"]}
    return Covered(row["seconds"], by, [(path, line) for path, line in row["at_import"]])
