"""What a stage asks of its store, made up: 5 look-ups and 5 writes an event, the same for every engine and every run.

A person has a record, a place in the table of persons and facts. An event reads its person's record and place, another
record that it may be linked to, and whether it itself and its fact were seen before: the last two are not there, as
all of a new person's are not. It writes all five. Every tenth has its record's facts scanned.
"""

import base64
import hashlib
import random
from collections.abc import Iterator
from dataclasses import dataclass

from processors.records import Out, Outs
from processors.state import Changes

RECORD, PERSON, FACT, SEEN = "record", "person", "fact", "seen"
SIZES = {RECORD: 300, PERSON: 100, FACT: 400, SEEN: 100}
"""Bytes of a value, about; the body of a fact is sealed, which no compression shortens much."""
NEW_SHARE = 0.1
"""Of the events: of persons that the state does not have."""
SCANNED = 10
"""Of so many events one has its record's facts scanned."""
SENT_BYTES = 300
PLACE = ("events", 0)
LETTERS = base64.b64encode(random.Random(1).randbytes(1 << 20)).decode()  # noqa: S311  # made up, and the same each time


@dataclass(frozen=True)
class Batch:
    """What one batch looks up, scans and writes."""

    reads: dict[str, list[str]]
    scans: list[str]
    changes: Changes
    offsets: dict[tuple[str, int], int]
    pending: Outs


def hashed(kind: str, number: int) -> str:
    """A key as the stages have them: 128 bits as hexadecimal, in no order."""
    return hashlib.blake2b(f"{kind} {number}".encode(), digest_size=16).hexdigest()


def value(kind: str, number: int, batch: int) -> bytes:
    """A value of a table, which says the batch that wrote it."""
    start = (number * 7_919 + batch * 104_729) % (len(LETTERS) - 512)
    return f'{{"batch":{batch},"sealed":"{LETTERS[start : start + SIZES[kind] - 30]}"}}'.encode()


def batch_of(written: bytes) -> int:
    """The batch that wrote a value."""
    return int(written[len('{"batch":') : written.index(b",")])


PRELOADED = (RECORD, PERSON, FACT)


def preloaded(first: int, last: int) -> Changes:
    """Rows of persons by number, as if batch 0 had written them: a record, a place and a fact each."""
    changes: Changes = {table: {} for table in PRELOADED}
    for number in range(first, last):
        record_key = hashed(RECORD, number)
        changes[RECORD][record_key] = value(RECORD, number, 0)
        changes[PERSON][hashed(PERSON, number)] = value(PERSON, number, 0)
        changes[FACT][f"{record_key}|{hashed(FACT, number)}"] = value(FACT, number, 0)
    return changes


def batch(number: int, events: int, persons: int) -> Batch:
    """Batch of a number, the same whenever it is made: ``events`` events over a state of so many persons."""
    chosen = random.Random(number)  # noqa: S311  # made up, and the same each time
    made = Batch(
        {RECORD: [], PERSON: [], FACT: [], SEEN: []}, [], {kind: {} for kind in SIZES}, {PLACE: number}, Outs()
    )
    for place in range(events):
        event = number * 100_000 + place
        is_new = chosen.random() < NEW_SHARE
        person = persons + event if is_new else chosen.randrange(persons)
        _add(made, number, event, person, chosen.randrange(persons), is_scanned=place % SCANNED == 0)
    return made


def _add(made: Batch, number: int, event: int, person: int, other: int, *, is_scanned: bool) -> None:
    record_key = hashed(RECORD, person)
    keys = {
        RECORD: (record_key, hashed(RECORD, other)),
        PERSON: (hashed(PERSON, person),),
        FACT: (f"{record_key}|{hashed('new fact', event)}",),
        SEEN: (hashed(SEEN, event),),
    }
    for kind, kinds_keys in keys.items():
        made.reads[kind] += kinds_keys
        made.changes[kind].update({key: value(kind, event, number) for key in kinds_keys})
    if is_scanned:
        made.scans.append(f"{record_key}|")
    sent = value(FACT, event, number)[:SENT_BYTES]
    made.pending.add(Out("released", record_key, sent, f"{number}/{event}", 0, {"number": b"%d" % event}))


def batches(first: int, count: int, events: int, persons: int) -> Iterator[Batch]:
    """So many batches, one at a time: no figure of memory has more than one of them."""
    for number in range(first, first + count):
        yield batch(number, events, persons)
