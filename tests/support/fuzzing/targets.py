"""Every target by its name. To add one: a ``Target`` in one of these modules; that is all."""

from functools import cache
from importlib import import_module

from support.fuzzing import planted
from support.fuzzing.target import Target

MODULES = ("contract", "files", "sets", "doors", "operators")


@cache
def targets() -> dict[str, Target]:
    """All of them; what they are of is loaded at the first call."""
    return {one.name: one for name in MODULES for one in import_module(f"support.fuzzing.{name}").TARGETS}


def of(name: str) -> Target:
    """A target, one of those that are planted to be found too."""
    return {one.name: one for one in planted.TARGETS}.get(name) or targets()[name]
