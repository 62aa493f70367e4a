"""Bytes that are no record of schema EVERY, each by the name of what is wrong; as a script, it decodes the nastiest.

So that an interpreter that dies of them is a test that fails and not a test run that ends.
"""

import json
import random
import resource
import sys
from collections.abc import Iterator
from itertools import pairwise

from schemas_avro import codec
from tests.schemas_avro.avro import BOTH, EVERY, ROW, carried_by, entered, pylist, written

MEBIBYTE = 1024 * 1024
END = b"\x00"
"""Of an array or a map."""


def number(value: int) -> bytes:
    """An int, long, length, count or index as Avro writes it."""
    rest = (value << 1 ^ value >> 63) & (1 << 64) - 1
    groups = [rest & 0x7F]
    while rest := rest >> 7:
        groups.append(rest & 0x7F)
    return bytes([*(group | 0x80 for group in groups[:-1]), groups[-1]])


def text(value: str | bytes) -> bytes:
    """A string with its length before it."""
    raw = value.encode() if isinstance(value, str) else value
    return number(len(raw)) + raw


SOUND = {
    "text": text("José 🎓"), "maybe": number(0), "count": number(-(2**31)), "total": number(2**63 - 1), "sure": b"\x01",
    "state": number(1), "day": number(1) + number(20_000), "texts": number(2) + text("") + text("a") + END,
    "maybes": number(2) + number(0) + number(1) + text("") + END,
    "counts": number(2) + text("a") + number(1) + text("b") + number(2) + END,
    "inner": number(1) + text("n") + number(1) + number(0) + END, "inners": number(1) + text("m") + END + END,
}  # fmt: skip
"""ROW, field by field."""


def sample(**changed: bytes) -> bytes:
    """A record with other bytes for some of its fields."""
    return b"".join((SOUND | changed).values())


NO_TEXTS = {
    "no utf-8 at all": b"\xff",
    "a lone continuation": b"\x80",
    "half a character": b"\xc3",
    "an overlong nul": b"\xc0\x80",
    "a lone surrogate": b"\xed\xa0\x80",
    "a pair of surrogates": b"\xed\xa0\xbd\xed\xb8\x80",
    "beyond the last character": b"\xf4\x90\x80\x80",
    "latin-1": "José".encode("latin-1"),
    "utf-16": "José".encode("utf-16"),
}

HOSTILE = {
    "nothing": b"",
    "one byte": b"\x00",
    "a trailing byte": sample() + b"\x00",
    "a trailing record": sample() + sample(),
    "a leading byte": b"\x00" + sample(),
    "json": json.dumps(ROW).encode(),
    "an object container file": b"Obj\x01" + sample(),
    "confluent's header twice": b"\x00\x00\x00\x00\x65" + sample(),
    "an enum index too high": sample(state=number(2)),
    "an enum index below zero": sample(state=number(-1)),
    "an enum index of 64 bits": sample(state=number(2**62)),
    "an enum index that wraps to a sound one": sample(state=number(2**32 + 1)),
    "a union index too high": sample(maybe=number(2)),
    "a union index below zero": sample(maybe=number(-1) + text("a")),
    "a union index that wraps to a sound one": sample(maybe=number(2**32)),
    "an overlong zero": sample(maybe=b"\x80\x00"),
    "an overlong int": sample(count=b"\x82\x80\x00"),
    "an overlong length": sample(text=b"\x82\x00a"),
    "an overlong end of an array": sample(texts=b"\x80\x00"),
    "a long of more than 64 bits": sample(total=b"\xff" * 9 + b"\x7f"),
    "a number of eleven bytes": sample(total=b"\x80" * 10 + b"\x01"),
    "a number of thirty bytes": sample(total=b"\x80" * 29 + b"\x01"),
    "a boolean of 7": sample(sure=b"\x07"),
    "a boolean of 2": sample(sure=b"\x02"),
    "a boolean of 255": sample(sure=b"\xff"),
    "an int of 2**31": sample(count=number(2**31)),
    "an int of -2**31-1": sample(count=number(-(2**31) - 1)),
    "an int of 2**50": sample(count=number(2**50)),
    "an int that wraps to a sound one": sample(count=number(2**32 + 7)),
    "a day of 2**40": sample(day=number(1) + number(2**40)),
    "an array in two blocks": sample(texts=number(1) + text("") + number(1) + text("a") + END),
    "an array with its size": sample(texts=number(-2) + number(3) + text("") + text("a") + END),
    "a map with its size": sample(counts=number(-1) + number(3) + text("a") + number(1) + END),
    "a map with a key twice": sample(counts=number(2) + text("a") + number(1) + text("a") + number(2) + END),
    **{f"{name}, in a text": sample(text=text(raw)) for name, raw in NO_TEXTS.items()},
    **{f"{name}, in an array": sample(texts=number(1) + text(raw) + END) for name, raw in NO_TEXTS.items()},
    **{f"{name}, in a key": sample(counts=number(1) + text(raw) + number(1) + END) for name, raw in NO_TEXTS.items()},
    **{f"{name}, deep inside": sample(inners=number(1) + text(raw) + END + END) for name, raw in NO_TEXTS.items()},
    "one character in two texts": sample(texts=number(2) + text(b"\xc3") + text(b"\xa9") + END),
}
"""Each is refused, and its neighbours are not."""

COUNTS = (2**31 - 1, 2**31, 2**32, 2**40, 2**50, 2**62, 2**63 - 1, -1, -(2**31), -(2**40), -(2**63))
ITEMS = {
    "texts": text("") * 60_000, "maybes": number(0) * 60_000, "counts": (text("") + number(0)) * 30_000,
    "inners": (text("") + END) * 30_000,
}  # fmt: skip
"""64 kB of items."""


def nastiest() -> Iterator[bytes]:
    """Lengths and counts beyond all memory, with nothing after them or with 64 kB, and 64 kB of noise."""
    for count in COUNTS:
        yield sample(text=number(count))
        yield sample(text=number(count) + b"x" * 60_000)
        for name, items in ITEMS.items():
            yield sample(**{name: number(count)})
            yield sample(**{name: number(count) + items})
            yield sample(**{name: number(count) + number(2**62) + items})  # where a count below zero has its size
            yield sample(**{name: (number(1) + items[:3] + number(count)) * 100})
    for byte in (0x00, 0x01, 0x02, 0x7F, 0x80, 0xFE, 0xFF):
        yield bytes([byte]) * 65_000
        yield sample()[:-1] + bytes([byte]) * 65_000
    dice = random.Random(7)  # noqa: S311  # noise
    yield from (dice.randbytes(65_000) for _ in range(50))


def peak_bytes() -> int:
    """The most memory that this process has held."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def main() -> None:
    """Decode the nastiest, each between sound ones and all together; print what came of it as JSON."""
    payloads = list(nastiest())
    sound = written(EVERY, [ROW])[0]
    with entered(EVERY) as schema_id:
        codec.decode(schema_id, [sound] * 1_000)
        before, results = peak_bytes(), []
        for arrow in BOTH:
            with carried_by(arrow):
                alone = [codec.decode(schema_id, [sound, payload, sound]) for payload in payloads]
                together = codec.decode(schema_id, [sound, *payloads, sound])
            places = [0, *together.bad, len(payloads) + 1]
            results.append(
                all(one.bad == (1,) and pylist(one.rows) == [ROW, ROW] for one in alone)
                and all(after - place == 1 for place, after in pairwise(places))
                and pylist(together.rows) == [ROW, ROW]
            )
    print(json.dumps({"payloads": len(payloads), "refused": results, "grown": peak_bytes() - before}))  # noqa: T201


if __name__ == "__main__":
    main()
