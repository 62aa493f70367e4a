"""What is left of erased people in everything that is kept: topics, stores, views, keys and files."""

import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
from cryptography.exceptions import InvalidTag
from rocksdict import AccessType, Options, Rdict

from deploy.stack import WORKERS
from deploy.topic_reader import Read, decoded
from processors import sealing
from processors.records import Arrival
from processors.resolve.said import rows_of
from streams.keyring import Keyring
from streams.store import path_of

PLAIN_FOR_DAYS = ("partner.", "released.")
"""Topics that hold plain values until they expire: what partners sent, and recipients before it was taken back."""
OURS = ("resolved.", "identity.", "audit.", "signals.", "released.", "deadletter.")
HEAD_END = b"\n"
SHORTEST = 24
"""Bytes of a sealed row that are searched for: what is compressed may be cut, but hardly there."""
Row = dict[str, Any]


@dataclass(frozen=True)
class Known:
    """What was known of erased people before."""

    record_keys: frozenset[str]
    event_ids: frozenset[str]
    needles: Sequence[bytes]
    wrapped: Sequence[bytes]
    """Their keys, as the ring held them."""
    compared: Sequence[bytes]
    """What resolve's index said of them, sealed by another key than theirs."""


class AllKeys:
    """Every key that is left, each tried on everything."""

    def __init__(self, ring: Keyring, ids: Iterable[str]) -> None:
        self._keys = [key for key_id in ids if (key := ring.find(key_id)) is not None]

    def opens(self, key_id: str, place: str, sealed: str) -> bool:
        """Whether one of them opens a text, be it under whatever name."""
        return any(_opens(_Only(key), key_id, place, sealed) for key in self._keys)

    def says(self, row: Row) -> bool:
        """Whether one of them opens what a row of ``identity.records`` says."""
        return any(_says(_Only(key), row) for key in self._keys)


@dataclass(frozen=True)
class _Only:
    key: bytes

    def find(self, key_id: str) -> bytes:
        del key_id
        return self.key

    def find_or_make(self, key_id: str) -> bytes:
        del key_id
        return self.key


def _opens(keys: _Only, key_id: str, place: str, sealed: str) -> bool:
    try:
        sealing.unseal(keys, key_id, place, sealed)
    except (sealing.UnreadableError, InvalidTag):
        return False
    return True


def _says(keys: _Only, row: Row) -> bool:
    try:
        return bool(rows_of(keys, row["record_key"], row["event_ids"], row["sealed_traits"]))
    except (sealing.UnreadableError, InvalidTag):
        return False


def ours(arrivals: Sequence[Arrival]) -> list[Read]:
    """What we wrote, decoded."""
    return list(decoded([a for a in arrivals if a.topic.startswith(OURS)]))


def readable(reads: Sequence[Read], known: Known, keys: AllKeys) -> list[str]:
    """Places of sealed bodies and traits of theirs that some key opens."""
    found = []
    for read in reads:
        row = read.row
        if row.get("record_key") not in known.record_keys:
            continue
        if read.name == "resolved_event":
            place = f"{row['event_id']}|resolve"
            if keys.opens(row["record_key"], place, row["sealed_body"]):
                found.append(f"{read.topic}/{read.offset}")
        elif read.name == "identity_record" and keys.says(row):
            found.append(f"{read.topic}/{read.offset}")
    return found


def released(reads: Sequence[Read], known: Known) -> list[tuple[str, str, str]]:
    """Releases of theirs that are not taken back: recipient, person and event, of which the highest position counts."""
    newest: dict[tuple[str, str, str], tuple[int, bool]] = {}
    for read in reads:
        release = read.row.get("release")
        if release is not None and release["event_id"] in known.event_ids:
            key = (release["recipient"], release["person_id"], release["event_id"])
            newest[key] = max(newest.get(key, (-1, False)), (release["position"], "body" in read.row))
    return [key for key, (_, is_there) in newest.items() if is_there]


def signalled(reads: Sequence[Read], known: Known) -> list[str]:
    """Signals that rest on events of theirs and stand."""
    newest: dict[str, Row] = {}
    for read in reads:
        if read.name == "signal_changed" and not known.event_ids.isdisjoint(read.row["evidence_event_ids"]):
            newest[read.row["signal_id"]] = read.row
    return [signal_id for signal_id, row in newest.items() if row["state"] != "retracted"]


def shown(views: Path, known: Known) -> list[str]:
    """Events of theirs that a view shows, or says anything of."""
    asked = "SELECT event_id FROM release_row WHERE state = 'released' OR body IS NOT NULL"
    with duckdb.connect(views, read_only=True) as db:
        rows = [event_id for (event_id,) in db.execute(asked).fetchall()]
        told = db.execute("SELECT evidence_event_ids FROM signal_row WHERE state <> 'retracted'").fetchall()
    return [id_ for id_ in [*rows, *(id_ for (ids,) in told for id_ in ids)] if id_ in known.event_ids]


def seen(views: Path) -> set[str]:
    """Events that some view shows."""
    with duckdb.connect(views, read_only=True) as db:
        return {e for (e,) in db.execute("SELECT event_id FROM release_row WHERE state = 'released'").fetchall()}


def plain_in_topics(arrivals: Sequence[Arrival], known: Known) -> dict[str, int]:
    """By kind of topic: records that hold a value of theirs."""
    found: dict[str, int] = {}
    for a in arrivals:
        content = b"\0".join([a.key or b"", a.value or b"", *a.headers.values()])
        if any(needle in content for needle in known.needles):
            kind = a.topic.partition(".")[0]
            found[kind] = found.get(kind, 0) + 1
    return found


def plain_in_files(data_dir: Path, known: Known) -> list[str]:
    """Files but Kafka's own that hold a value, a wrapped key, or what resolve's index said of them."""
    needles = [*known.needles, *known.wrapped, *known.compared]
    return sorted(f"{path.relative_to(data_dir)}" for path in _files(data_dir) if _holds(path.read_bytes(), needles))


def rows_in_stores(data_dir: Path, known: Known) -> list[str]:
    """Tables of stages' stores with a row of theirs that says something: a value, or anything under a record's key."""
    found = []
    for role in WORKERS:
        for raw, value in rows_of_store(path_of(data_dir, role)):
            table, _, key = raw.partition(b"\0")
            is_theirs = key.partition(b"|")[0].decode("latin-1") in known.record_keys and table != b"erased"
            if is_theirs or _holds(raw + b"\0" + value, known.needles):
                found.append(f"{role} {table.decode('latin-1')}")
    return sorted(set(found))


def rows_of_store(path: Path) -> Iterator[tuple[bytes, bytes]]:
    """All rows of a stage's store, beside the worker that has it open or not."""
    options = Options(raw_mode=True)
    store = Rdict(str(path), options, {"default": options}, AccessType.read_only())
    yield from ((bytes(key), bytes(value)) for key, value in store.items())
    store.close()


def compared(path: Path, record_keys: Collection[str]) -> list[bytes]:
    """What resolve's index says of some records, as its files have it: the middle of each sealed text."""
    found = []
    for raw, value in rows_of_store(path):
        table, _, key = raw.partition(b"\0")
        if table == b"compare" and key.decode() in record_keys:
            sealed = value.partition(HEAD_END)[2]
            at = max(0, (len(sealed) - SHORTEST) // 2)
            found.append(sealed[at : at + SHORTEST])
    return found


def wrapped(ring: Path, record_keys: Collection[str]) -> list[bytes]:
    """Some records' keys as the ring holds them."""
    with closing(sqlite3.connect(ring / "keys.sqlite")) as db:
        rows: Mapping[str, bytes] = dict(db.execute("SELECT id, wrapped FROM key").fetchall())
    return [rows[key] for key in record_keys if key in rows]


def _files(data_dir: Path) -> Iterator[Path]:
    for path in data_dir.rglob("*"):
        if path.is_file() and path.relative_to(data_dir).parts[0] != "kafka":
            yield path


def _holds(content: bytes, needles: Iterable[bytes]) -> bool:
    return any(needle in content for needle in needles)
