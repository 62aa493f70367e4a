"""Every target by its name. To add one: a ``Target`` in one of these modules; that is all."""

from collections.abc import Sequence
from functools import cache
from importlib import import_module

from support.fuzzing.target import Target

MODULES = ("contract", "files", "sets", "doors", "operators")
PLANTED = "planted"
OURS = ("partners", "schemas_avro", "processors", "portal", "deploy", "streams", "sinks", f"support.fuzzing.{PLANTED}")
"""Code of which a fuzzer sees the ways that are gone through it."""


@cache
def targets() -> dict[str, Target]:
    """All of them; what they are of is loaded at the first call."""
    return {one.name: one for name in MODULES for one in _of(name)}


def chosen(names: Sequence[str]) -> list[Target]:
    """Targets by their names, also those that are planted to be found; no names: all others.

    Raises:
        KeyError: there is none of a name.
    """
    planted = {one.name: one for one in _of(PLANTED)}
    known = planted if names and set(names) <= set(planted) else targets() | planted
    return [known[name] for name in names or sorted(targets())]


def _of(module: str) -> tuple[Target, ...]:
    found: tuple[Target, ...] = import_module(f"support.fuzzing.{module}").TARGETS
    return found
