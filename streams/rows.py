"""How a stage's store lies among keys that are in order: rows of its tables, and a few that are its own."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import accumulate

import orjson

from processors.records import NO_HEADERS, Outs
from processors.state import Changes

STANDING, TOPICS, HEADS, CONTENT = b"\0standing", b"\0topics", b"\0heads", b"\0content"
LET_GO, BEFORE = b"\0let go", b"\0before"
"""Before all tables: token, batch number and offsets; Kafka's ids of topics; what is pending, in two parts; how many
erased keys the files have let go of; what the rows were that the last batch changed."""
FIRST, END = b"\1", b"\xff"
"""Tables' rows lie between: no name begins with a null character, and no text holds the second as a byte."""

Row = tuple[bytes, bytes | None]
Partition = tuple[str, int]
"""Topic and number."""


def beginning(table: str) -> bytes:
    """What the keys of a table's rows begin with."""
    return table.encode() + b"\0"


def behind(table: str) -> bytes:
    """Where a table's rows have ended."""
    return table.encode() + b"\1"


def named(raw: bytes) -> tuple[str, str]:
    """Table and key of a row."""
    table, _, key = raw.partition(b"\0")
    return table.decode(), key.decode()


def changed(changes: Changes) -> Iterator[Row]:
    """Rows of tables."""
    for table, rows in changes.items():
        begins = beginning(table)
        for key, value in rows.items():
            yield begins + key.encode(), value


def standing(token: int, batch: int, offsets: Mapping[Partition, int]) -> Row:
    """Where a stage stands."""
    return STANDING, orjson.dumps((token, batch, [(topic, part, next_) for (topic, part), next_ in offsets.items()]))


def standing_of(raw: bytes | None) -> tuple[int, int, dict[Partition, int]]:
    """Token, batch number and offsets; of a new store, nothing."""
    token, batch, offsets = orjson.loads(raw) if raw else (0, 0, [])
    return token, batch, {(topic, part): next_ for topic, part, next_ in offsets}


def topics(ids: Mapping[str, str]) -> Row:
    """Kafka's ids of topics."""
    return TOPICS, orjson.dumps(ids)


def topics_of(raw: bytes | None) -> dict[str, str]:
    """Kafka's ids of topics, by name."""
    return dict(orjson.loads(raw)) if raw else {}


def before(batch: int, content: Iterable[Row]) -> Row:
    """Rows as they were before a batch."""
    found = dict(content)
    sizes = [None if value is None else len(value) for value in found.values()]
    heads = orjson.dumps((batch, [key.decode() for key in found], sizes))
    return BEFORE, b"\0".join((heads, b"".join(value or b"" for value in found.values())))


def before_of(raw: bytes) -> tuple[int, list[Row]]:
    """A batch's number, and rows as they were before it."""
    heads, _, content = raw.partition(b"\0")  # which no JSON holds
    batch, keys, sizes = orjson.loads(heads)
    ends = accumulate(size or 0 for size in sizes)
    values = [None if size is None else content[end - size : end] for end, size in zip(ends, sizes, strict=True)]
    return batch, [(key.encode(), value) for key, value in zip(keys, values, strict=True)]


def pending(outs: Outs) -> tuple[Row, Row]:
    """Records to send: a row each would cost more than all else that a commit writes."""
    headers = [{n: v.decode("latin-1") for n, v in h.items()} for h in outs.headers] if any(outs.headers) else None
    sizes = list(map(len, outs.values))
    heads = (outs.topics, outs.keys, sizes, outs.ids, outs.partitions, outs.numbers, outs.numbered_by, headers)
    return (HEADS, orjson.dumps(heads)), (CONTENT, b"".join(outs.values))


def pending_of(heads: bytes | None, content: bytes | None) -> Outs:
    """Records to send, as they were."""
    if heads is None or content is None:
        return Outs()
    topics_, keys, sizes, ids, partitions, numbers, numbered_by, headers = orjson.loads(heads)
    ends = list(accumulate(sizes))
    values = [content[end - size : end] for end, size in zip(ends, sizes, strict=True)]
    of_each = [NO_HEADERS] * len(ids) if headers is None else [_bytes(h) for h in headers]
    return Outs(topics_, keys, values, ids, partitions, of_each, numbers, numbered_by)


def _bytes(headers: Mapping[str, str]) -> Mapping[str, bytes]:
    return {name: text.encode("latin-1") for name, text in headers.items()}
