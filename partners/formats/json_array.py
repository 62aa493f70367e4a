"""A JSON array of any length, value by value: one in memory."""

import codecs
import json
import re
from collections.abc import Iterator
from json import JSONDecodeError
from typing import IO, Any, NoReturn

from partners.formats.sources import Source

BLOCK_BYTES = 1 << 16
MOST_CHARACTERS = 4 << 20
"""Of one value."""
SPACE = re.compile(r"[ \t\r\n]*")
AT_END = 16
"""Characters from the end within which an error may be that a value goes on behind what was read."""


class TooLongError(ValueError):
    """A value that would not fit into memory, had it no end."""


def begins_array(source: Source) -> bool:
    """Whether a file is an array, as far as its beginning tells.

    Raises:
        OSError: it cannot be read.
    """
    with source.open("rb") as file:
        return file.read(BLOCK_BYTES).removeprefix(codecs.BOM_UTF8).lstrip()[:1] == b"["


def values(source: Source) -> Iterator[Any]:
    """Each value of an array.

    Raises:
        OSError: the file cannot be read.
        TooLongError: a value is longer than any that is meant.
        ValueError: it is no JSON, in UTF-8, from there on.
        RecursionError: a value is deeper than any that is meant.
    """
    with source.open("rb") as file:
        text = _Text(file)
        text.take("[")
        if text.sign() == "]":
            text.end()
            return
        yield text.value()
        while text.sign() == ",":
            text.take(",")
            yield text.value()
        text.end()


class _Text:
    """What is left of a file, a part of it in memory."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file, self._text, self._place, self._is_whole = file, "", 0, False
        self._decoder = json.JSONDecoder(parse_constant=_refused)
        self._text_of = codecs.getincrementaldecoder("utf-8-sig")()

    def sign(self) -> str:
        """The next that is no space; empty at the end."""
        while True:
            space = SPACE.match(self._text, self._place)
            self._place = space.end() if space else self._place
            if self._place < len(self._text) or self._is_whole:
                return self._text[self._place : self._place + 1]
            self._more()

    def take(self, sign: str) -> None:
        """Go on behind the sign that must be there."""
        if self.sign() != sign:
            raise ValueError
        self._place += 1

    def value(self) -> Any:
        """The value that is there."""
        self.sign()
        while True:
            try:
                value, self._place = self._decoder.raw_decode(self._text, self._place)
            except JSONDecodeError as error:
                is_cut = error.pos >= len(self._text) - AT_END or error.msg.startswith("Unterminated string")
                if self._is_whole or not is_cut:
                    raise
                self._more()
            else:
                return value

    def end(self) -> None:
        """Nothing may stand behind the array."""
        self.take("]")
        if self.sign():
            raise ValueError

    def _more(self) -> None:
        """As much again as is held, so that a long value is not tried too often."""
        held = self._text[self._place :]
        if len(held) > MOST_CHARACTERS:
            raise TooLongError
        block = self._file.read(max(BLOCK_BYTES, len(held)))
        self._is_whole = not block
        self._text, self._place = held + self._text_of.decode(block, final=self._is_whole), 0


def _refused(_: str) -> NoReturn:
    raise ValueError
