"""A JSON array of any length, value by value: one in memory."""

import codecs
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from json import JSONDecodeError
from typing import IO, Any, NoReturn

from partners.formats.faults import Code
from partners.formats.sources import Source

BLOCK_BYTES = 1 << 16
MOST_CHARACTERS = 4 << 20
"""Of one value."""
BLANKS = b" \t\r\n"
SPACE = re.compile(r"[ \t\r\n]*")
AT_END = 16
"""Characters from the end within which an error may be that a value goes on behind what was read."""
SIGN = re.compile(r'\\.|["\[\]{}]', re.DOTALL)
"""What tells how far a value goes that has brackets or is a text: these, where they are not in a text."""
BEHIND = re.compile(r"[,\]\s]")
"""What stands behind a number or word."""
STEPS = {"[": 1, "{": 1, "]": -1, "}": -1}


@dataclass(frozen=True)
class PassedOver:
    """A value that is not read; reading goes on behind it."""

    code: Code
    """Too large: longer or deeper than any that is meant; else it has what no JSON has, or a number without end."""


def begins_array(source: Source) -> bool:
    """Whether a file is an array, as its first sign tells.

    Raises:
        OSError: it cannot be read.
    """
    with source.open("rb") as file:
        block = file.read(BLOCK_BYTES).removeprefix(codecs.BOM_UTF8)
        while block and not block.strip(BLANKS):
            block = file.read(BLOCK_BYTES)
        return block.lstrip(BLANKS)[:1] == b"["


def values(source: Source) -> Iterator[Any]:
    """Each value of an array, or why one is passed over.

    Raises:
        OSError: the file cannot be read.
        ValueError: it is no JSON, in UTF-8, from there on.
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
        """The value that is there, or why it is passed over."""
        self.sign()
        while True:
            try:
                value, self._place = self._decoder.raw_decode(self._text, self._place)
            except JSONDecodeError as error:
                is_cut = error.pos >= len(self._text) - AT_END or error.msg.startswith("Unterminated string")
                if self._is_whole or not is_cut:
                    raise
                if len(self._text) - self._place > MOST_CHARACTERS:
                    return self._passed_over(Code.TOO_LARGE)
                self._more()
            except RecursionError:
                return self._passed_over(Code.TOO_LARGE)
            except ValueError:
                return self._passed_over(Code.NOT_JSON)
            else:
                return value

    def _passed_over(self, code: Code) -> PassedOver:
        """Go on behind the value that is there, of which nothing is kept: by its brackets and texts alone."""
        if self._text[self._place] not in {*STEPS, '"'}:
            while not (found := BEHIND.search(self._text, self._place)):
                self._forget(len(self._text))
            self._place = found.start()
            return PassedOver(code)
        depth, is_text = 0, False
        while True:
            behind = self._place
            for found in SIGN.finditer(self._text, self._place):
                sign = found.group()
                if sign == '"':
                    is_text = not is_text
                elif not is_text:
                    depth += STEPS.get(sign, 0)
                if depth == 0 and not is_text:
                    self._place = found.end()
                    return PassedOver(code)
                behind = found.end()
            self._forget(len(self._text) - self._text.endswith("\\", behind))  # half an escape is kept

    def _forget(self, place: int) -> None:
        """Go on with what comes behind a place, which is kept with it.

        Raises:
            ValueError: nothing comes.
        """
        if self._is_whole:
            raise ValueError
        self._place = place
        self._more()

    def end(self) -> None:
        """Nothing may stand behind the array."""
        self.take("]")
        if self.sign():
            raise ValueError

    def _more(self) -> None:
        """As much again as is held, so that a long value is not tried too often."""
        held = self._text[self._place :]
        block = self._file.read(max(BLOCK_BYTES, len(held)))
        self._is_whole = not block
        self._text, self._place = held + self._text_of.decode(block, final=self._is_whole), 0


def _refused(_: str) -> NoReturn:
    raise ValueError
