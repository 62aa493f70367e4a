"""TOML files that people write, read so that whatever is in one is told in a line."""

import tomllib
from pathlib import Path
from typing import Any

from pydantic import ValidationError

FILL_IN = "FILL IN"
"""Stands in a draft where somebody has to write, and begins no text that is meant."""


class NotTomlError(ValueError):
    """A file is no TOML; its text says why, and where that is known."""


def faults_in(error: ValidationError) -> list[str]:
    """What is wrong with the document of a file: place and reason of each fault, never the value."""
    found = error.errors(include_input=False)
    return [f"{'.'.join(str(part) for part in one['loc']) or 'the whole'}: {one['msg']}" for one in found]


def read(path: Path) -> dict[str, Any]:
    """What a file says.

    Raises:
        NotTomlError: it is no TOML.
        OSError: it cannot be read.
    """
    return parsed(path.read_bytes())


def parsed(raw: bytes) -> dict[str, Any]:
    """What the bytes of a file say; a byte-order mark before them says nothing.

    Raises:
        NotTomlError: they are no TOML.
    """
    try:
        return tomllib.loads(raw.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise NotTomlError("it is no UTF-8; save it as that") from None
    except tomllib.TOMLDecodeError as error:
        raise NotTomlError(str(error)) from None
    except ValueError:
        raise NotTomlError("a number in it has thousands of digits") from None
    except RecursionError:
        raise NotTomlError("lists or tables in it are nested too deep") from None
