"""Verifying the audit: its records by the chain, the chain by its signed heads, batch by batch, in little memory."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from processors.consent.audit import SUBJECT
from processors.consent.chain import Code, Walk
from processors.consent.heads import FIRST, Head, Keys, digest_of, head_in
from processors.names import AUDIT_DECISIONS
from processors.records import Arrival
from schemas_avro import catalog, codec, wire

LISTED = 1_000
"""Problems that are listed; of more only how many they are."""
CE_ID = "ce_id"
Row = Mapping[str, Any]


class Problem(NamedTuple):
    """One thing that is not as it was written."""

    code: Code
    offset: int | None
    """Of the record where it shows; None: it is none of the log's, or the log ends before it."""
    line: int | None = None
    """Of the file of heads, or of the export's records, from 1."""


class Numbered(NamedTuple):
    """A head and its line, from 1."""

    line: int
    head: Head


@dataclass
class Findings:
    """Problems found."""

    problems: list[Problem] = field(default_factory=list)
    count: int = 0

    def add(self, code: Code, offset: int | None, line: int | None = None) -> None:
        """One more."""
        self.count += 1
        if self.count <= LISTED:
            self.problems.append(Problem(code, offset, line))


@dataclass(frozen=True)
class Verified:
    """What a verification has found."""

    records: int
    """In the log."""
    verified: int
    """Of them, those that follow from the one before."""
    signed: int
    """Records up to the newest head that the log holds."""
    unsigned: int
    """Those behind it, which the chain alone holds."""
    newest: Head | None
    """That head."""


def heads_in(
    lines: Iterable[bytes], keys: Keys, findings: Findings | None = None, *, are_all: bool = True
) -> Iterator[Numbered]:
    """The heads of a file that are sound, in its order; what is wrong with others, or between them.

    Args:
        lines: with their ends.
        keys: to be trusted.
        findings: gets what is wrong.
        are_all: whether each line must name the one before it; else they are some that somebody has kept.
    """
    found = Findings() if findings is None else findings
    before: bytes | None = None
    for number, line in enumerate(lines, 1):
        bare = line[:-1]  # of one that is cut off, more than its end: it is no head then
        head = head_in(bare, keys)
        if isinstance(head, Code):
            found.add(head, None, number)
        else:
            if are_all and head.previous != (FIRST if before is None else digest_of(before)):
                found.add(Code.HEADS_CUT, None, number)
            if (head.topic, head.partition) == (AUDIT_DECISIONS, 0):
                yield Numbered(number, head)
            else:
                found.add(Code.HEAD_FORGED, None, number)
        before = bare


class Verification:
    """One verification, to be given the log in its order."""

    def __init__(self, heads: Iterable[Numbered], findings: Findings) -> None:
        """By sound heads, ordered by their number of records."""
        self._heads, self._findings = iter(heads), findings
        self._next = next(self._heads, None)
        self._walk = Walk()
        self._newest: Head | None = None
        self._first_unsigned: Arrival | None = None
        self.records = 0

    def take(self, records: Sequence[Arrival], decoded: Sequence[Row] | None = None) -> None:
        """The next records; of an export with what stands decoded beside each."""
        labels = _labels([record.value for record in records], decoded)
        for record, label in zip(records, labels, strict=True):
            self.records += 1
            code = self._walk.take(record) or _wrong_label(record, label)
            if code is not None:
                self._findings.add(code, record.offset)
            if self._first_unsigned is None:
                self._first_unsigned = record
            self._meet_heads(record)

    def _meet_heads(self, record: Arrival) -> None:
        """Hold the heads that are of this record, or of one that should have come before it, against the chain."""
        while self._next is not None and self._next.head.records <= self._walk.records:
            line, head = self._next
            if self._walk.is_at(head.records, head.hash):
                self._newest, self._first_unsigned = head, None
            else:
                self._findings.add(Code.LOG_REWRITTEN, record.offset, line)
            self._next = next(self._heads, None)

    def end(self, signed_until: int | None) -> Verified:
        """The log is over.

        Args:
            signed_until: what was appended up to then, in milliseconds since 1970, a head must cover; None: everything.
        """
        newest = self._next
        for numbered in self._heads:
            newest = numbered
        if newest is not None:
            self._findings.add(Code.LOG_CUT, None, newest.line)
        first = self._first_unsigned
        if first is not None and (signed_until is None or first.appended_at <= signed_until):
            self._findings.add(Code.NOT_SIGNED, first.offset)
        signed = 0 if self._newest is None else self._newest.records
        unsigned = max(0, self._walk.records - signed)
        return Verified(self.records, self._walk.verified, signed, unsigned, self._newest)


class _Label(NamedTuple):
    """What a record's bytes say that its key and headers must say too."""

    event_id: str
    decision_id: str
    is_as_decoded: bool


def _labels(values: Sequence[bytes | None], decoded: Sequence[Row] | None) -> list[_Label | None]:
    """Of each record; None: its bytes are no decision."""
    found: list[_Label | None] = [None] * len(values)
    for schema_id, places in wire.places_by_schema(values).items():
        entry = catalog.catalog().get(schema_id or 0)
        if entry is None or entry.family != _family():
            continue
        read = codec.decode(schema_id or 0, wire.payloads_of(values[i] for i in places))
        rows = read.rows.to_pylist() if decoded is not None else []
        columns = [read.rows.column(name).to_pylist() for name in ("event_id", "decision_id")]
        for n, good in enumerate(read.good):
            place = places[good]
            is_same = decoded is None or rows[n] == decoded[place]
            found[place] = _Label(columns[0][n], columns[1][n], is_same)
    return found


def _family() -> str:
    return catalog.catalog()[catalog.id_of(SUBJECT)].family


def _wrong_label(record: Arrival, label: _Label | None) -> Code | None:
    if label is None:
        return Code.MISLABELLED
    said = (record.key, record.headers.get(CE_ID))
    if said != (label.event_id.encode(), label.decision_id.encode()):
        return Code.MISLABELLED
    return None if label.is_as_decoded else Code.NOT_AS_DECODED
