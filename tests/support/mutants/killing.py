"""One mutant of code put to the tests: in a process of its own, where importing the file gives the mutant's code.

Nothing on disk is changed. Libraries are imported once, before processes are parted, since that takes longer than most
mutants live. Examples of property tests are the same ones every time.
"""

import contextlib
import functools
import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import json
import multiprocessing
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from enum import StrEnum
from multiprocessing.connection import Connection
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

from support.mutants import covering

NOT_SHARED = ("processors", "support", "tests", "__main__", "__mp_main__")
"""Top names of modules that every mutant imports anew."""
ROOT = Path(__file__).parents[3]
PATIENCE = 240.0
"""Seconds until a mutant counts as one that never ends."""
FORK = multiprocessing.get_context("fork")


class Fate(StrEnum):
    """What became of a mutant."""

    KILLED = "killed"
    TIMED_OUT = "timed_out"
    """Killed too: the tests never ended."""
    SURVIVED = "survived"
    UNFIT = "unfit"
    """Its file cannot be imported, so it was never there to be found."""


class Mutant(NamedTuple):
    """A file of code with one thing that is another."""

    path: str
    """From the root of the repository."""
    operator: str
    line: int
    was: str
    now: str
    code: str


class Tried(NamedTuple):
    """A mutant and what became of it."""

    mutant: Mutant
    fate: Fate
    by: str
    """The first test that failed; empty: none."""


def tried(mutant: Mutant, shown: str) -> Tried:
    """What becomes of a mutant.

    Args:
        mutant: to be put to the tests.
        shown: file of what a run without a mutant has shown (``sound``).
    """
    covered = _covered(shown)
    functions = covering.functions_at(mutant.path, (ROOT / mutant.path).read_text(encoding="utf-8"), mutant.line)
    for tests in covering.rounds(covered, mutant.path, functions):
        fate, by = _one_round(mutant, tests)
        if fate is not Fate.SURVIVED:
            return Tried(mutant, fate, by)
    return Tried(mutant, Fate.SURVIVED, "")


def sound(tests: Sequence[str], left_out: Sequence[str], paths: Sequence[str], shown: Path) -> str:
    """Run all tests but some without a mutant, and note in a file what each runs; the first that fails, empty: none."""
    process = FORK.Process(target=_show, args=(tests, left_out, paths, shown))
    process.start()
    process.join()
    row = json.loads(shown.read_bytes()) if shown.exists() else {"failed": "the process that ran them"}
    return str(row["failed"])


def _one_round(mutant: Mutant, tests: Sequence[str]) -> tuple[Fate, str]:
    ours, its = FORK.Pipe(duplex=False)
    process = FORK.Process(target=_child, args=(its, mutant, tests))
    process.start()
    its.close()
    try:
        if not ours.poll(PATIENCE):
            process.kill()
            return Fate.TIMED_OUT, ""
        fate, by = json.loads(ours.recv())
    except EOFError:
        process.join()
        if process.exitcode is None or process.exitcode >= 0:
            raise RuntimeError("a process that tried a mutant ended and told nothing") from None
        return Fate.KILLED, f"ended by signal {-process.exitcode}"
    finally:
        process.join()
    return Fate(fate), by


def _child(told: Connection, mutant: Mutant, tests: Sequence[str]) -> None:
    """Run the tests with the mutant in its place, and tell what became of it."""
    _be_quiet()
    _forget_ours()
    sys.meta_path.insert(0, _Mutated(mutant))
    try:
        importlib.import_module(_module_of(mutant.path))
    except Exception:  # noqa: BLE001  # whatever it is, there is no such module
        told.send(json.dumps((Fate.UNFIT, "")))
        os._exit(0)
    failed = run(tests)
    told.send(json.dumps((Fate.KILLED if failed else Fate.SURVIVED, failed)))
    os._exit(0)


def run(tests: Sequence[str], left_out: Sequence[str] = (), plugins: Sequence[object] = ()) -> str:
    """Run tests in this order until one fails; its name, or how pytest ended; empty: all passed."""
    import pytest  # noqa: PLC0415  # here and below: what a parted process imports anew
    from hypothesis import HealthCheck, Phase, settings  # noqa: PLC0415

    settings.register_profile(
        "mutants", database=None, derandomize=True, deadline=None, phases=(Phase.explicit, Phase.generate),
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    first = _First(tests, left_out)
    with tempfile.TemporaryDirectory(prefix="throughline-mutant-") as folder:
        code = pytest.main([
            "-x", "-q", "-n", "0", "-p", "no:cacheprovider", "-p", "no:randomly", "--tb", "no",
            "-W", "ignore::pytest.PytestAssertRewriteWarning", "--timeout", "120",
            "--hypothesis-profile", "mutants", f"--basetemp={folder}/tests", f"--rootdir={ROOT}",
            *dict.fromkeys(one.partition("::")[0] for one in tests),
        ], plugins=[first, *plugins])  # fmt: skip
    return first.failed or ("" if code == 0 else f"pytest ended with {int(code)}")


class _First:
    """Notes the first test that failed."""

    failed = ""

    def __init__(self, tests: Sequence[str], left_out: Sequence[str]) -> None:
        self._left_out = {*left_out}
        self._places = {name: place for place, name in enumerate(tests) if "::" in name}

    def pytest_collection_modifyitems(self, items: list[Any]) -> None:
        """Those that are asked for by name, in that order, and no others."""
        items[:] = [one for one in items if one.nodeid not in self._left_out]
        if self._places:
            wanted = [one for one in items if one.nodeid in self._places]
            items[:] = sorted(wanted, key=lambda one: self._places[one.nodeid])

    def pytest_runtest_logreport(self, report: Any) -> None:
        """A test was run."""
        if report.failed and not self.failed:
            self.failed = report.nodeid

    def pytest_collectreport(self, report: Any) -> None:
        """A file was read."""
        if report.failed and not self.failed:
            self.failed = report.nodeid


class _Mutated(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Gives one module other code."""

    def __init__(self, mutant: Mutant) -> None:
        self._name, self._mutant = _module_of(mutant.path), mutant

    def find_spec(self, fullname: str, *_: Any) -> importlib.machinery.ModuleSpec | None:
        if fullname != self._name:
            return None
        return importlib.util.spec_from_file_location(fullname, ROOT / self._mutant.path, loader=self)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> None:
        del spec

    def exec_module(self, module: ModuleType) -> None:
        exec(compile(self._mutant.code, str(ROOT / self._mutant.path), "exec"), module.__dict__)  # noqa: S102


def _module_of(path: str) -> str:
    return path.removesuffix(".py").replace("/", ".")


def _be_quiet() -> None:
    nowhere = os.open(os.devnull, os.O_RDWR)
    for place in (0, 1, 2):
        os.dup2(nowhere, place)


def _ours() -> Iterator[str]:
    """Modules that rest on what is mutated, or may: all of this repository but the contract."""
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if file and not name.startswith("schemas_avro") and Path(file).is_relative_to(ROOT) and "/.venv/" not in file:
            yield name


def _forget_ours() -> None:
    for name in [*_ours(), *(name for name in sys.modules if name.partition(".")[0] in NOT_SHARED)]:
        sys.modules.pop(name, None)


def _show(tests: Sequence[str], left_out: Sequence[str], paths: Sequence[str], shown: Path) -> None:
    _be_quiet()
    _forget_ours()
    noted = covering.Covering(ROOT, paths)
    failed = run(tests, left_out, [noted])
    ours = {*_ours()}
    libraries = [name for name in sys.modules if name not in ours and name.partition(".")[0] not in NOT_SHARED]
    row = {"failed": failed, "libraries": libraries, **covering.as_row(noted.covered())}
    shown.write_text(json.dumps(row), encoding="utf-8")
    os._exit(0)


@functools.cache
def _covered(shown: str) -> covering.Covered:
    """What a run without a mutant has shown; the libraries that it needed are imported."""
    row = json.loads(Path(shown).read_bytes())
    for name in row["libraries"]:
        with contextlib.suppress(Exception):
            importlib.import_module(name)
    return covering.from_row(row)
