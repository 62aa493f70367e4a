"""Canaries: texts and numbers that nothing else would say, and the search for them, however they are written.

Every marked text begins alike, so that one pass finds any of them: as it is, in whatever case, backwards, in UTF-16, in
hex, with each character escaped, in base64. A marked number has more digits than chance would bring together; it is
looked for as digits, as a sum of money, as a telephone number, as a number of social security.
"""

import base64
import random
import re
import string
from collections.abc import Callable, Collection, Iterable, Iterator

PREFIX, TAIL = "qzjxvk", 8
CUT = f"{PREFIX}-"
"""Found in place of a text of which only a part is there, or that was never planted."""
PHONE_DIGITS = 10
BASE64_CHARACTERS = 28
"""From the group in which a marked text begins to the one in which it ends."""
_ALIKE = PREFIX.encode()


class Mint:
    """Makes canaries, none of them twice."""

    def __init__(self, chance: random.Random) -> None:
        """By this chance."""
        self._chance = chance
        self.made: set[str] = set()

    def word(self) -> str:
        """A text of fourteen small letters."""
        return self._new(lambda: PREFIX + self._letters(TAIL))

    def beginning(self) -> str:
        """Some letters, no canary: what stands before one in a name."""
        return self._letters(TAIL)

    def _letters(self, count: int) -> str:
        return "".join(self._chance.choice(string.ascii_lowercase) for _ in range(count))

    def cents(self) -> int:
        """A sum of nine digits, in cents."""
        return int(self._new(lambda: str(self._chance.randrange(10**8, 10**9))))

    def phone(self) -> str:
        """Ten digits."""
        return self._new(lambda: f"916{self._chance.randrange(2_000_000, 10_000_000)}")

    def ssn(self) -> str:
        """Nine digits that could have been issued, with hyphens."""
        found = self._new(lambda: f"{self._chance.randrange(100, 666)}{self._chance.randrange(101_111, 1_000_000)}")
        return f"{found[:3]}-{found[3:5]}-{found[5:]}"

    def _new(self, make: Callable[[], str]) -> str:
        while (one := make()) in self.made or "00" in one:  # no part of a number of social security is all zeros
            pass
        self.made.add(one)
        return one


def _escaped(letters: str) -> bytes:
    """A pattern for letters of either case in hex, with or without something before each that says so."""
    return b"".join(b"%s[%x%x]%x" % (_BEFORE, (ord(c) >> 4) - 2, ord(c) >> 4, ord(c) & 15) for c in letters)


_BEFORE = rb"(?:\\u00|\\x|0x|%|[ :,-])?"
"""Of each byte in hex."""
_PLAIN = re.compile(_ALIKE + b"([a-z]{%d})?" % TAIL)
_BACKWARDS = re.compile(b"([a-z]{%d})?" % TAIL + _ALIKE[::-1])
_WIDE = re.compile(b"\0".join(b"%c" % c for c in _ALIKE) + b"((?:\0[a-z]){%d})?" % TAIL)
_HEX = re.compile(_escaped(PREFIX) + b"((?:" + _BEFORE + b"[4-7][0-9a-f]){%d})?" % TAIL)
_NO_HEX = re.compile(_BEFORE + b"([4-7][0-9a-f])")


def _base64_of_prefix() -> Iterator[tuple[bytes, int]]:
    """What stands for the text's beginning, and how far into a group it does: by case, and by place there."""
    for text in (PREFIX, PREFIX.upper(), PREFIX.capitalize()):
        for place, first in enumerate((0, 2, 3)):
            whole = base64.b64encode(bytes(place) + text.encode())
            yield whole[first : (place + len(PREFIX)) * 8 // 6], first


_BASE64 = dict(_base64_of_prefix())
_BASE64_PATTERN = re.compile(b"|".join(map(re.escape, _BASE64)))
_DIGITS = re.compile(rb"(?<![0-9A-Za-z])[0-9]{9,11}(?![0-9A-Za-z])")
_SSN = re.compile(rb"(?<![0-9])[0-9]{3}[- ][0-9]{2}[- ][0-9]{4}(?![0-9])")
_PHONE = re.compile(rb"(?<![0-9])[0-9]{3}\)?[ .-]{1,2}[0-9]{3}[ .-][0-9]{4}(?![0-9])")
_MONEY = re.compile(rb"(?<![0-9,])(?:[0-9]{1,3}(?:,[0-9]{3}){2}(?:\.[0-9]{2})?|[0-9]{7}\.[0-9]{2})(?![0-9])")
_NUMBERS = (_DIGITS, _SSN, _PHONE)


def found_in(content: bytes) -> set[str]:
    """Every marked text that stands in some bytes, and every number that could be one that is marked."""
    lower = content.lower()
    return {*_words(lower), *_encoded(content), *_numbers(content)}


class Search:
    """Looks for what was planted."""

    def __init__(self, planted: Collection[str]) -> None:
        """These texts and numbers."""
        self._planted = frozenset(planted)
        self._dollars = {one[:-2]: one for one in self._planted if one.isdecimal()}

    def __call__(self, content: bytes) -> set[str]:
        """What of it stands in some bytes; ``CUT`` stands for a part of a marked text."""
        found = found_in(content)
        whole = found & self._planted
        dollars = {self._dollars[one] for one in _sums(content) if one in self._dollars}
        is_cut = any(one.startswith(PREFIX) for one in found - whole)
        return whole | dollars | ({CUT} if is_cut else set())


def _words(lower: bytes) -> Iterator[str]:
    if _ALIKE in lower:
        yield from (_named(match[1]) for match in _PLAIN.finditer(lower))
    if _ALIKE[::-1] in lower:
        yield from (_named(match[1] and match[1][::-1]) for match in _BACKWARDS.finditer(lower))
    yield from (_named(match[1] and match[1].replace(b"\0", b"")) for match in _WIDE.finditer(lower))
    for match in _HEX.finditer(lower):
        tail = b"".join(bytes.fromhex(pair.decode()) for pair in _NO_HEX.findall(match[1] or b""))
        yield _named(tail.lower())


def _named(tail: bytes | None) -> str:
    return PREFIX + (tail or b"").decode("latin-1")


def _encoded(content: bytes) -> Iterator[str]:
    """Of what is in base64; what only looks like it is let go."""
    for match in _BASE64_PATTERN.finditer(content):
        start = match.start() - _BASE64[match[0]]
        part = content[start : start + BASE64_CHARACTERS] if start >= 0 else b""
        whole = re.match(rb"[A-Za-z0-9+/_-]*", part)
        text = whole[0].replace(b"-", b"+").replace(b"_", b"/") if whole else b""
        yield from _words(base64.b64decode(text + b"A" * (-len(text) % 4)).lower())


def _numbers(content: bytes) -> Iterator[str]:
    for pattern in _NUMBERS:
        for match in pattern.finditer(content):
            digits = re.sub(rb"[^0-9]", b"", match[0]).decode()
            yield digits
            if len(digits) == PHONE_DIGITS + 1 and digits[0] == "1":
                yield digits[1:]


def _sums(content: bytes) -> Iterable[str]:
    """Whole dollars of what looks like money."""
    return (match[0].partition(b".")[0].replace(b",", b"").decode() for match in _MONEY.finditer(content))
