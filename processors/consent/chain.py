"""The audit's chain of hashes, walked record by record: whether each follows from the one before, and where none does.

A record's hash is the SHA-256 of the hash before it and of its own bytes; it travels in a header. A walk needs neither
keys nor much memory, and goes on behind a break, so that one alteration does not hide the next.
"""

import re
from collections import deque
from enum import StrEnum
from typing import NamedTuple

from processors.consent.audit import HEADER, START, next_hash
from processors.numbers import HEADER as NUMBER
from processors.numbers import Number, number_of
from processors.records import Arrival
from processors.state import Working

STAGE = "consent"
SHA256 = re.compile(r"[0-9a-f]{64}")
RECENT = 1_000
"""Records back, at most, in which one that comes twice is known for that."""


class Code(StrEnum):
    """What a verification finds: a closed set."""

    CHANGED = "changed"
    """The bytes of a record, or its hash, are not those that were written."""
    MISSING = "missing"
    """Records that stood before this one are not there."""
    OUT_OF_ORDER = "out_of_order"
    """A record that does not belong here: moved, or put in."""
    REPEATED = "repeated"
    """A record that was there before."""
    MISLABELLED = "mislabelled"
    """A record whose key, id or number is not that of its bytes, or whose bytes are no decision."""
    NOT_AS_DECODED = "not_as_decoded"
    """Of an export: what stands beside the bytes of a record is not what they say."""
    UNREADABLE_LINE = "unreadable_line"
    """Of an export: a line that is no record."""
    LOG_REWRITTEN = "log_rewritten"
    """Where a head was signed the log holds another record."""
    LOG_CUT = "log_cut"
    """The log ends before the newest head."""
    NOT_SIGNED = "not_signed"
    """Records for which a head should have been signed by now."""
    HEADS_GONE = "heads_gone"
    """There is no file of heads."""
    HEADS_CUT = "heads_cut"
    """Lines are missing in the file of heads."""
    HEAD_UNREADABLE = "head_unreadable"
    """A line of the file of heads that is none."""
    HEAD_FORGED = "head_forged"
    """A head whose signature is not by the key that it names."""
    HEAD_OF_UNKNOWN_KEY = "head_of_unknown_key"
    """A head by a key that the verifier was not given."""


class Reached(NamedTuple):
    """How far a chain is."""

    records: int | None
    """From its beginning; None: not known, of a store from before they were counted."""
    hash: str
    """Of the last of them."""
    tick: int | None
    """The time by the log, in microseconds since 1970-01-01 UTC; None: no tick yet."""


def reached(state: Working) -> Reached | None:
    """How far the chain is by consent's state; None: there is no record yet."""
    head = state.get("head", "audit")
    return None if head is None else Reached(state.get("head", "records"), head, state.get("clock", "tick"))


class Place(NamedTuple):
    """What a record may follow."""

    hash: str
    records: int
    number: Number | None
    """Of the last record; None: it has none."""


class Walk:
    """One walk along the chain, from its first record."""

    def __init__(self) -> None:
        """Before the first."""
        self._places = [Place(START, 0, None)]
        """One; behind a break, several, of which the next record will tell which is the one."""
        self._recent: deque[str] = deque(maxlen=RECENT)
        self.verified = 0
        """Records that followed from the one before."""

    @property
    def records(self) -> int:
        """Records of the chain up to here, missing ones among them."""
        return self._places[0].records

    @property
    def hash(self) -> str:
        """By its own account, of the last record."""
        return self._places[0].hash

    def is_at(self, records: int, hash_: str) -> bool:
        """Whether the last record may be the one of this number and hash."""
        return any((place.records, place.hash) == (records, hash_) for place in self._places)

    def take(self, record: Arrival) -> Code | None:
        """One more record; what is wrong with it."""
        value, said = record.value or b"", record.headers.get(HEADER, b"").decode("ascii", "replace")
        number = _number(record)
        for place in self._places:
            if next_hash(place.hash, value) == said:
                self._go_on(place, said, number)
                return None if _follows(place, number) else Code.MISLABELLED
        return self._broken(value, said, number)

    def _go_on(self, place: Place, said: str, number: Number | None) -> None:
        """By its hash it is the next one, whatever its number; the likeliest place stays, where it was another."""
        next_ = number if place.number is None or _follows(place, number) else _next(place.number)
        likeliest = self._places[0]
        self._places = [Place(said, place.records + 1, next_), *([] if place is likeliest else [likeliest])]
        self._recent.append(said)
        self.verified += 1

    def _broken(self, value: bytes, said: str, number: Number | None) -> Code:
        """What has most likely happened, by numbers, and what the next record may follow then."""
        before = self._places[0]
        if said in self._recent:
            return Code.REPEATED
        if number is not None and before.number is not None and number <= before.number:
            return Code.OUT_OF_ORDER
        if gap := _passed(before, number):
            self._places = [Place(said, before.records + gap + 1, number), before]
            return Code.MISSING
        next_ = _next(before.number) if number is None else number
        hashes = dict.fromkeys((*([said] if SHA256.fullmatch(said) else []), next_hash(before.hash, value)))
        self._places = [*(Place(one, before.records + 1, next_) for one in hashes), before]
        return Code.CHANGED


def _number(record: Arrival) -> Number | None:
    """Number that consent has given a record; None: it has none, or another form than ours."""
    header = record.headers.get(NUMBER, b"")
    read = number_of(header)
    if read is None or read[0] != STAGE:
        return None
    generation, number = read[1]
    return read[1] if header == f"{STAGE}/{generation}/{number}".encode() else None


def _follows(place: Place, number: Number | None) -> bool:
    """Whether a number is the next: one more, or the first of a later generation; a chain may have none at all."""
    if number is None:
        return place.number is None
    if place.number is None:
        return number[1] == 1
    generation, last = place.number
    return number == (generation, last + 1) or (number[0] > generation and number[1] == 1)


def _next(number: Number | None) -> Number | None:
    return None if number is None else (number[0], number[1] + 1)


def _passed(place: Place, number: Number | None) -> int:
    """Numbers between a place and a record."""
    if number is None:
        return 0
    generation, last = place.number or (number[0], 0)
    return number[1] - 1 - (last if number[0] == generation else 0)
