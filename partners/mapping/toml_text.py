"""Keys and texts as a TOML file has them."""

from collections.abc import Sequence

import orjson


def key(name: str) -> str:
    """A key; in quotes where it needs them."""
    is_bare = name.replace("_", "").replace("-", "").isalnum() and name.isascii()
    return name if is_bare else text(name)


def text(said: str) -> str:
    """A text as TOML writes it, which JSON's way is a part of."""
    return orjson.dumps(said).decode().replace("\x7f", "\\u007f")


def texts(said: Sequence[str]) -> str:
    """A list of texts."""
    return "[" + ", ".join(map(text, said)) + "]"
