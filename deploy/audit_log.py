"""The audit's log and its heads, from Kafka or from an export's folder, as they are verified, exported and looked up.

An export is a folder of four files: ``decisions.jsonl`` (a record a line, its bytes in base64 and decoded beside them),
``heads.jsonl`` and ``public-keys.pem`` (as they were), ``export.json`` (when it was made, and how much it holds).
"""

import base64
import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from heapq import merge
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from deploy.identity.files import batches
from deploy.topic_reader import TopicReader
from processors.consent.chain import Code
from processors.consent.heads import Keys, keys_of
from processors.consent.verifying import Findings, Numbered, Verification, Verified, heads_in
from processors.names import AUDIT_DECISIONS
from processors.records import Arrival
from schemas_avro import codec, wire
from streams.errors import ThroughlineError

BATCH = 2_000
DECISIONS, HEADS, KEYS, ABOUT = "decisions.jsonl", "heads.jsonl", "public-keys.pem", "export.json"
LATEST_SIGNING_MS = 300_000
"""What was appended so long ago a head covers, or something is wrong: one is signed every minute."""
Told = Callable[[str, int], None]
Row = Mapping[str, Any]


class Part(NamedTuple):
    """Some records of the log, in its order."""

    records: list[Arrival]
    decoded: list[Row] | None = None
    """What an export says that they say."""


@dataclass(frozen=True)
class HeadsFile:
    """The heads in a file as it is now; what is appended later is not read."""

    path: Path
    size: int
    keys: Keys
    are_all: bool = True
    """Whether no line between two may be missing."""

    @classmethod
    def of(cls, path: Path, keys: Keys, *, are_all: bool = True) -> "HeadsFile":
        """A file; one that is not there holds nothing."""
        return cls(path, path.stat().st_size if path.exists() else 0, keys, are_all)

    def in_order(self, findings: Findings) -> Iterator[Numbered]:
        """Sound heads by their number of records, read again as they are asked for; what is wrong goes to ``findings``.

        A log that was put back to an earlier day has its heads begin again below: so there may be several ascents.
        """
        starts, last = [1], -1
        for line, head in heads_in(self.lines(), self.keys, findings, are_all=self.are_all):
            if head.records < last:
                starts.append(line)
            last = head.records
        ends = [*starts[1:], None]
        return merge(*map(self._ascent, starts, ends), key=lambda numbered: numbered.head.records)

    def _ascent(self, start: int, end: int | None) -> Iterator[Numbered]:
        """Sound heads from one line to before another."""
        for numbered in heads_in(self.lines(), self.keys):
            if end is not None and numbered.line >= end:
                return
            if numbered.line >= start:
                yield numbered

    def lines(self) -> Iterator[bytes]:
        """With their ends."""
        if not self.size:
            return
        with self.path.open("rb") as file:
            left = self.size
            while left > 0 and (line := file.readline(left)):
                left -= len(line)
                yield line


def keys_in(path: Path) -> Keys:
    """Public keys of a file.

    Raises:
        ThroughlineError: it is not there, or holds none.
    """
    try:
        return keys_of(path.read_bytes())
    except OSError as error:
        raise ThroughlineError(f"no public key in {path} ({error.strerror}); --public-key FILE names another") from None
    except ValueError:
        raise ThroughlineError(f"{path} holds no public key of Ed25519; --public-key FILE names another") from None


def verified(
    heads: Sequence[HeadsFile], parts: Iterable[Part], signed_until: int | None, findings: Findings, told: Told
) -> Verified:
    """Verify a log by its heads.

    Args:
        heads: its own, and more that somebody has kept; read before the log is, so that it holds what they say.
        parts: of the log.
        signed_until: what was appended up to then, in milliseconds since 1970, a head must cover; None: everything.
        findings: gets what is wrong.
        told: hears how far it is.
    """
    in_order = merge(*(one.in_order(findings) for one in heads), key=lambda numbered: numbered.head.records)
    verification = Verification(in_order, findings)
    for part in parts:
        verification.take(part.records, part.decoded)
        told("verifying", verification.records)
    found = verification.end(signed_until)
    if not heads[0].size and Code.NOT_SIGNED in {problem.code for problem in findings.problems}:
        findings.add(Code.HEADS_GONE, None)
    return found


def of_topic(address: str) -> Iterator[Part]:
    """The log as it is on its topic now.

    Raises:
        ThroughlineError: the broker does not answer.
    """
    with closing(TopicReader(address, {AUDIT_DECISIONS}.__contains__)) as reader:
        for records in batches(reader.arrivals(), BATCH):
            yield Part(records)


def of_export(folder: Path, findings: Findings) -> Iterator[Part]:
    """The log as an export holds it; lines that are no records are found and left out.

    Raises:
        ThroughlineError: the folder is no export.
    """
    try:
        with (folder / DECISIONS).open("rb") as file:
            for lines in batches(enumerate(file, 1), BATCH):
                read = [(number, _record_in(line)) for number, line in lines]
                for number, found in read:
                    if found is None:
                        findings.add(Code.UNREADABLE_LINE, None, number)
                sound = [found for _, found in read if found is not None]
                yield Part([record for record, _ in sound], [row for _, row in sound])
    except OSError as error:
        raise ThroughlineError(
            f"{folder} is no export ({error.strerror}): `throughline audit export` makes one"
        ) from None


def exported_at(folder: Path) -> int:
    """When an export was made, in milliseconds since 1970.

    Raises:
        ThroughlineError: the folder is no export.
    """
    try:
        return int(orjson.loads((folder / ABOUT).read_bytes())["exported_at"])
    except (OSError, ValueError, KeyError, TypeError):
        raise ThroughlineError(
            f"{folder} is no export, or not a whole one: {ABOUT} cannot be read; `throughline audit export` makes one"
        ) from None


def agreement_of(agreement_id: str | None, version: int | None) -> str:
    """A version of an agreement, as one word after the other."""
    return "" if agreement_id is None else f"{agreement_id} {version}"


def now_ms() -> int:
    """This machine's time, in milliseconds since 1970."""
    return time.time_ns() // 1_000_000


def export(address: str, heads: Path, public: Path, folder: Path, told: Told) -> dict[str, int]:
    """Write the log, its heads and the public keys into a folder that is its owner's alone; how much there is.

    Heads come first: so the log that is read after them holds them all.

    Raises:
        ThroughlineError: the folder holds something, or the broker does not answer.
    """
    made = now_ms()
    _begin(folder)
    lines = 0
    with _created(folder / HEADS) as target:
        for line in HeadsFile.of(heads, {}).lines():
            target.write(line)
            lines += 1
    with _created(folder / KEYS) as target:
        target.write(public.read_bytes() if public.exists() else b"")
    count = 0
    with _created(folder / DECISIONS) as target:
        for part in of_topic(address):
            target.writelines(line_of(record, row) + b"\n" for record, row in _decoded(part.records))
            count += len(part.records)
            told("exporting", count)
    about = {"topic": AUDIT_DECISIONS, "exported_at": made, "records": count}
    with _created(folder / ABOUT) as target:
        target.write(orjson.dumps(about) + b"\n")
    return {"records": count, "heads": lines}


def line_of(record: Arrival, decision: Row) -> bytes:
    """A record as a line of an export."""
    said = {
        "offset": record.offset,
        "appended_at": record.appended_at,
        "key": _text(record.key),
        "headers": {name: _text(value) for name, value in record.headers.items()},
        "value": base64.b64encode(record.value or b"").decode(),
        "decision": decision,
    }
    return orjson.dumps(said)


def _record_in(line: bytes) -> tuple[Arrival, Row] | None:
    """A record of an export's line; None where it is not as such a line is written."""
    try:
        said = orjson.loads(line)
        value = base64.b64decode(said["value"], validate=True)
        headers = {name: text.encode("latin-1") for name, text in said["headers"].items()}
        key, decision = said["key"].encode("latin-1"), dict(said["decision"])
        record = Arrival(AUDIT_DECISIONS, 0, said["offset"], said["appended_at"], key, value, headers)
        is_whole = type(record.offset) is int and type(record.appended_at) is int
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    return (record, decision) if is_whole and line_of(record, decision) + b"\n" == line else None


def _text(value: bytes | None) -> str:
    """Bytes of keys and headers as text that gives the same bytes again."""
    return (value or b"").decode("latin-1")


def _decoded(records: Sequence[Arrival]) -> Iterator[tuple[Arrival, Row]]:
    """Records with what they say; of one that is no decision, nothing."""
    rows: dict[int, Row] = {}
    for schema_id, places in wire.places_by_schema([record.value for record in records]).items():
        try:
            found = codec.decode(schema_id or 0, wire.payloads_of(records[i].value for i in places))
        except KeyError:
            continue
        rows |= {places[good]: row for good, row in zip(found.good, found.rows.to_pylist(), strict=True)}
    for place, record in enumerate(records):
        yield record, rows.get(place, {})


def decisions(parts: Iterable[Part], told: Told) -> Iterator[tuple[Arrival, Row]]:
    """Records with what they say; of one that is no decision, nothing."""
    count = 0
    for part in parts:
        yield from _decoded(part.records)
        count += len(part.records)
        told("reading", count)


def _begin(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if any(folder.iterdir()):
        raise ThroughlineError(f"{folder} holds something: name a folder that is empty or not there")


def _created(path: Path) -> Any:
    """A new file that only its owner reads: ids of persons are in it."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
