"""Numbers of records from stage to stage: whoever reads drops a repeat and sees a gap, whatever transactions did.

A stage numbers what it sends to each partition of a topic, from 1, in its store's own transaction; the number travels
in a header. A reader keeps the last number of each partition and stage, likewise. A generation is a store's life: one
that is rebuilt begins to count again under a higher one. Topics that the broker compacts have no numbers.
"""

import functools
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count, repeat

import orjson

from processors.names import AGREEMENTS, ERASURES, IDENTITY_RECORDS, REVIEWS, STEWARDS
from processors.records import SEQUENCE, Arrivals, Outs

COMPACTED = frozenset({IDENTITY_RECORDS, REVIEWS})
"""Topics of which the broker keeps each key's last record only: what is missing there is no gap."""
OUTSIDERS = ("partner.", AGREEMENTS, STEWARDS, ERASURES)
"""How topics begin that outsiders write: what their headers say counts for nothing, or events could go unseen."""
HEADER = SEQUENCE
SENT, TAKEN = "number_sent", "number_taken"
"""State tables: by topic/partition the last number sent; by topic/partition/stage the last one taken."""

Number = tuple[int, int]
"""Generation, and number within it."""
Numbers = Mapping[str, Number]
NONE: Number = (0, 0)
MOST_DIGITS = 19
"""Of a number: more than anybody counts up to."""


@dataclass(frozen=True)
class Sifted:
    """A batch without its repeats."""

    fresh: Arrivals
    taken: dict[str, Number]
    """Last numbers that the batch changes, by topic/partition/stage."""
    repeats: int = 0
    missing: int = 0
    """Numbers passed over."""
    gaps: tuple[str, ...] = field(default=())
    """Positions of records before which numbers are missing."""


def give_numbers(outs: Outs, stage: str, generation: int, sent: Numbers) -> dict[str, Number]:
    """Give numbers to what a batch sends.

    Args:
        outs: records whose partition is known.
        stage: who sends them.
        generation: of its store.
        sent: last numbers, by topic/partition.

    Returns:
        The last numbers that this changes; records of compacted topics get none.
    """
    places = list(zip(outs.topics, outs.partitions, strict=True))
    names = {place: f"{place[0]}/{place[1]}" for place in set(places) if place[0] not in COMPACTED}
    counters: dict[tuple[str, int | None], Iterator[int]] = defaultdict(lambda: repeat(0))
    for place, name in names.items():
        last, number = sent.get(name, NONE)
        counters[place] = count(number + 1 if last == generation else 1)
    outs.numbers = [next(counters[place]) for place in places]
    outs.numbered_by = f"{stage}/{generation}/"
    return {name: (generation, next(counters[place]) - 1) for place, name in names.items()}


def sifted(arrivals: Arrivals, taken: Numbers) -> Sifted:
    """Take a batch's repeats out, and note where numbers are missing.

    Args:
        arrivals: in the order of each partition.
        taken: last numbers, by topic/partition/stage.
    """
    ours = {topic for topic in set(arrivals.topics) if not topic.startswith(OUTSIDERS)}
    if not ours or not any(arrivals.headers):
        return Sifted(arrivals, {})
    fresh, changed, missing, gaps = [], dict[str, Number](), 0, []
    columns = zip(arrivals.topics, arrivals.partitions, arrivals.headers, strict=True)
    for i, (topic, partition, headers) in enumerate(columns):
        read = number_of(headers.get(HEADER, b"")) if topic in ours else None
        if read is not None:
            stage, number = read
            source = f"{topic}/{partition}/{stage}"
            last = changed.get(source) or taken.get(source)
            if last is not None and number <= last:
                continue
            if passed := _passed(last, number):
                missing += passed
                gaps.append(f"{topic}/{partition}/{arrivals.offsets[i]}")
            changed[source] = number
        fresh.append(i)
    repeats = len(arrivals) - len(fresh)
    return Sifted(arrivals.at(fresh) if repeats else arrivals, changed, repeats, missing, tuple(gaps))


def _passed(last: Number | None, number: Number) -> int:
    """Numbers between two; before the first that a reader sees there is none, a generation begins at 1."""
    if last is None:
        return 0
    generation, value = number
    return value - 1 - (last[1] if generation == last[0] else 0)


def number_of(header: bytes) -> tuple[str, Number] | None:
    """Stage and number of a header; None: it is none of ours."""
    by, _, number = header.rpartition(b"/")
    sender = _sender(by)
    return (sender[0], (sender[1], int(number))) if sender is not None and _is_number(number) else None


@functools.lru_cache(maxsize=64)
def _sender(by: bytes) -> tuple[str, int] | None:
    """Stage and generation before a number: the same for thousands of records."""
    stage, _, generation = by.partition(b"/")
    return (stage.decode("ascii", "replace"), int(generation)) if stage and _is_number(generation) else None


def _is_number(text: bytes) -> bool:
    """Whether it is a number that a stage may have counted up to."""
    return text.isdigit() and len(text) <= MOST_DIGITS


def to_rows(numbers: Numbers) -> dict[str, bytes | None]:
    """As a state table has them."""
    return {key: orjson.dumps(number) for key, number in numbers.items()}


def from_rows(rows: Iterable[tuple[str, bytes]]) -> dict[str, Number]:
    """From a state table."""
    return {key: (found[0], found[1]) for key, found in ((key, orjson.loads(row)) for key, row in rows)}
