"""One line of a verification."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from streams.errors import ThroughlineError

Status = Literal["ok", "failed", "not checked"]


@dataclass(frozen=True)
class Check:
    """What was looked at, how it is, and what is told of it: counts, lines, codes and remedies, never a value."""

    name: str
    status: Status
    told: str = ""


def ok(name: str, told: str = "") -> Check:
    """It is as it should be."""
    return Check(name, "ok", told)


def failed(name: str, told: str) -> Check:
    """It is not; what to do."""
    return Check(name, "failed", told)


def not_checked(name: str, why: str) -> Check:
    """Nobody can tell, and why."""
    return Check(name, "not checked", why)


def looked(name: str, look: Callable[[], Check]) -> Check:
    """What a look finds; an error that people are told of is what is wrong."""
    try:
        return look()
    except ThroughlineError as error:
        return failed(name, str(error))
