"""Numbers of records from stage to stage: whoever reads drops a repeat and sees a gap, whatever transactions did.

A stage numbers what it sends to each partition of a topic, from 1, in its store's own transaction; the number travels
in a header. A reader keeps the last number of each partition and stage, likewise. A generation is a store's life: one
that is rebuilt begins to count again under a higher one. Topics that the broker compacts have no numbers.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import orjson

from processors.names import AGREEMENTS, IDENTITY_RECORDS
from processors.records import Arrival, Out

COMPACTED = frozenset({IDENTITY_RECORDS})
"""Topics of which the broker keeps each key's last record only: what is missing there is no gap."""
OUTSIDERS = ("partner.", AGREEMENTS)
"""How topics begin that outsiders write: what their headers say counts for nothing, or events could go unseen."""
HEADER = "sequence"
"""Of a numbered record: stage/generation/number."""
SENT, TAKEN = "number_sent", "number_taken"
"""State tables: by topic/partition the last number sent; by topic/partition/stage the last one taken."""

Number = tuple[int, int]
"""Generation, and number within it."""
Numbers = Mapping[str, Number]
NONE: Number = (0, 0)


@dataclass(frozen=True)
class Sifted:
    """A batch without its repeats."""

    fresh: list[Arrival]
    taken: dict[str, Number]
    """Last numbers that the batch changes, by topic/partition/stage."""
    repeats: int = 0
    missing: int = 0
    """Numbers passed over."""
    gaps: tuple[str, ...] = field(default=())
    """Positions of records before which numbers are missing."""


def give_numbers(outs: Sequence[Out], stage: str, generation: int, sent: Numbers) -> dict[str, Number]:
    """Give numbers to what a batch sends, in place.

    Args:
        outs: records whose partition is known.
        stage: who sends them.
        generation: of its store.
        sent: last numbers, by topic/partition.

    Returns:
        The last numbers that this changes; records of compacted topics get none.
    """
    changed: dict[str, Number] = {}
    for out in outs:
        if out.topic in COMPACTED:
            continue
        place = f"{out.topic}/{out.partition}"
        last, before = changed.get(place) or sent.get(place, NONE)
        number = before + 1 if last == generation else 1
        changed[place] = generation, number
        out.headers = {**out.headers, HEADER: f"{stage}/{generation}/{number}".encode()}
    return changed


def sifted(arrivals: Sequence[Arrival], taken: Numbers) -> Sifted:
    """Take a batch's repeats out, and note where numbers are missing.

    Args:
        arrivals: in the order of each partition.
        taken: last numbers, by topic/partition/stage.
    """
    fresh, changed, missing, gaps = [], dict[str, Number](), 0, []
    for arrival in arrivals:
        header = None if arrival.topic.startswith(OUTSIDERS) else arrival.headers.get(HEADER)
        read = None if header is None else number_of(header)
        if read is None:
            fresh.append(arrival)
            continue
        stage, number = read
        source = f"{arrival.topic}/{arrival.partition}/{stage}"
        last = changed.get(source) or taken.get(source)
        if last is not None and number <= last:
            continue
        if passed := _passed(last, number):
            missing += passed
            gaps.append(arrival.position)
        changed[source] = number
        fresh.append(arrival)
    return Sifted(fresh, changed, len(arrivals) - len(fresh), missing, tuple(gaps))


def _passed(last: Number | None, number: Number) -> int:
    """Numbers between two; before the first that a reader sees there is none, a generation begins at 1."""
    if last is None:
        return 0
    generation, value = number
    return value - 1 - (last[1] if generation == last[0] else 0)


def number_of(header: bytes) -> tuple[str, Number] | None:
    """Stage and number of a header; None: it is none of ours."""
    stage, _, rest = header.partition(b"/")
    generation, _, value = rest.partition(b"/")
    if not (stage and generation.isdigit() and value.isdigit()):
        return None
    return stage.decode("ascii", "replace"), (int(generation), int(value))


def to_rows(numbers: Numbers) -> dict[str, bytes | None]:
    """As a state table has them."""
    return {key: orjson.dumps(number) for key, number in numbers.items()}


def from_rows(rows: Iterable[tuple[str, bytes]]) -> dict[str, Number]:
    """From a state table."""
    return {key: (found[0], found[1]) for key, found in ((key, orjson.loads(row)) for key, row in rows)}
