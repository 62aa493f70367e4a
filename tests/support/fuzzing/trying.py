"""One input tried: what its parser told, or how it broke its word."""

import re
import traceback
from dataclasses import dataclass
from pathlib import Path

from support.fuzzing.target import MARKS, Target

ROOT = Path(__file__).parents[3]


@dataclass(frozen=True)
class Tried:
    """What became of an input."""

    wrong: str | None
    """How the parser broke its word: an error that it does not declare, by its type and place, or a value told."""
    answer: int
    """Stands for what it told, but for the numbers in it: another one is another way through the parser."""


def tried(target: Target, data: bytes, folder: Path) -> Tried:
    """Try one input."""
    try:
        told = [str(one) for one in target.parse(data, folder)]
    except target.declared as error:
        told = [f"{type(error).__name__}: {error}"]
    except BaseException as error:  # noqa: BLE001  # also a panic of a library, which is no Exception
        return Tried(f"{type(error).__name__} at {_place_of(error)}", hash(_place_of(error)))
    finally:
        for path in folder.iterdir():
            path.unlink()
    if any(mark in one.lower() for one in told for mark in MARKS):
        return Tried("a value is told", 0)
    return Tried(None, hash(tuple(re.sub(r"\d+", "9", one) for one in told[:50])))


def _place_of(error: BaseException) -> str:
    """The last line of our own code that an error went through, and where it came from."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if "/tests/support/fuzzing/" not in frame.filename and _is_ours(frame.filename)]
    last = (own or frames)[-1]
    return f"{Path(last.filename).name}:{last.lineno} {last.name}"


def _is_ours(filename: str) -> bool:
    return Path(filename).is_relative_to(ROOT) and ".venv" not in filename
