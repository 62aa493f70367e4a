"""Everything that a run leaves behind, searched for canaries that may not be there."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import orjson

from deploy.topic_reader import decoded
from processors.records import Arrival
from schemas_avro import catalog, codec, wire
from streams import consent, signals
from streams.store import path_of
from support.canaries.kinds import RECIPIENTS
from support.canaries.marks import CUT, Search
from support.canaries.people import Origin
from support.canaries.truth import Truth
from support.erasing.search import rows_of_store

PARTNERS = "partner."
DELIVERED = ("released.", "signals.")
"""Topics of recipients; what was theirs is there for days, also when it was taken back."""
BROKERS, SEGMENT = "kafka", ".log"
"""Folder of the broker, and the end of the names of files in which it keeps records."""
DELIVERING = (consent.NAME, signals.NAME)
"""Stages whose stores hold, besides, what the last batch sent to recipients; signals' also what rules need of it.

Files of stores tell of what was replaced until they are written anew.
"""
PENDING = ""
"""What stands for a table where a store keeps what a batch sends."""
May = Callable[[Origin], bool]


def nobody_may(origin: Origin) -> bool:
    """Of places where no canary may be."""
    del origin
    return False


@dataclass
class Findings:
    """What was found where."""

    search: Search = field(repr=False)
    origins: Mapping[str, Origin] = field(repr=False)
    found: list[str] = field(default_factory=list)
    """Canaries that may not be where they are: the place, and of what event and field it is; no value."""
    places: Counter[str] = field(default_factory=Counter)
    """How much was searched, in bytes by kind of place."""

    def look(self, kind: str, name: str, content: bytes, may: May = nobody_may) -> set[str]:
        """Search a place; the canaries that may be there and are."""
        self.places[kind] += len(content)
        there = self.search(content)
        wrong = {one for one in there if one == CUT or not may(self.origins[one])}
        self.found += [f"{kind} {name}: {self.origins.get(one, 'a part of one')}" for one in sorted(wrong)]
        return there - wrong


def in_partners_topics(search: Search, arrivals: Iterable[Arrival]) -> set[str]:
    """What was planted, by the same search."""
    own = [arrival for arrival in arrivals if arrival.topic.startswith(PARTNERS)]
    found = search(b"\n".join(map(_content, own)))
    for schema_id, places in wire.places_by_schema([one.value for one in own]).items():
        if catalog.catalog().get(schema_id or 0):
            rows = codec.decode(schema_id or 0, wire.payloads_of(own[i].value for i in places)).rows
            found |= search(orjson.dumps(rows.to_pylist(), default=str))
    return found - {CUT}


def in_topics(findings: Findings, truth: Truth, arrivals: Sequence[Arrival]) -> dict[str, set[str]]:
    """Search every topic but partners' own, raw and decoded; by recipient what is rightly there."""
    contents: dict[str, list[bytes]] = defaultdict(list)
    ours = [one for one in arrivals if not one.topic.startswith(PARTNERS)]
    for one in ours:
        contents[one.topic].append(_content(one))
    for read in decoded([one for one in ours if one.topic.partition(".")[0] in WRITTEN]):
        contents[read.topic].append(orjson.dumps(read.row, default=str))
    seen: dict[str, set[str]] = {one: set() for one in RECIPIENTS}
    for topic, parts in contents.items():
        _, _, recipient = topic.partition(".")
        is_delivered = topic.startswith(DELIVERED)
        may = _ever(truth, recipient) if is_delivered else nobody_may
        there = findings.look("topic", topic, b"\n".join(parts), may)
        if is_delivered:
            seen[recipient] |= there
    return seen


WRITTEN = ("resolved", "identity", "audit", "signals", "released", "deadletter", "control")
"""Beginnings of topics whose records have schemas of the catalog."""


def _content(arrival: Arrival) -> bytes:
    headers = [part for name, value in arrival.headers.items() for part in (name.encode(), value)]
    return b"\n".join([arrival.key or b"", arrival.value or b"", *headers])


def _ever(truth: Truth, recipient: str) -> May:
    return lambda origin: truth.may_see(origin, recipient, ever=True)


def in_views(findings: Findings, truth: Truth, path: Path) -> dict[str, set[str]]:
    """Search every row of every table of the case views, and the file; by recipient what is rightly there."""
    seen: dict[str, set[str]] = {one: set() for one in RECIPIENTS}
    with duckdb.connect(path, read_only=True) as db:
        for (table,) in db.execute("SELECT table_name FROM duckdb_tables()").fetchall():
            for recipient, content in _rows(db, table).items():
                may = _now(truth, recipient) if recipient else nobody_may
                there = findings.look("view", f"{table} {recipient}", content, may)
                if recipient:
                    seen[recipient] |= there
    for part in (path, path.with_suffix(f"{path.suffix}.wal")):
        if part.exists():
            findings.look("view", part.name, part.read_bytes(), _somebody(truth))
    return seen


def _rows(db: duckdb.DuckDBPyConnection, table: str) -> dict[str, bytes]:
    """All that a table says, by recipient; under no name where it is nobody's own."""
    asked = db.execute(f"SELECT * FROM {table}")  # noqa: S608  # its own name
    names = [column[0] for column in asked.description or ()]
    found: dict[str, list[bytes]] = defaultdict(list)
    for values in asked.fetchall():
        row: dict[str, Any] = dict(zip(names, values, strict=True))
        found[row.get("recipient", "")].append(orjson.dumps(row, default=str))
    return {recipient: b"\n".join(parts) for recipient, parts in found.items()}


def _now(truth: Truth, recipient: str) -> May:
    return lambda origin: truth.may_see(origin, recipient)


def _somebody(truth: Truth) -> May:
    """Of the file: what was taken back may stand in its pages until they are written again, whoever's row it was."""
    return lambda origin: any(truth.may_see(origin, recipient, ever=True) for recipient in RECIPIENTS)


def in_files(findings: Findings, truth: Truth, folder: Path, but: Sequence[Path] = ()) -> None:
    """Search every file under a folder: logs, stores, keys, notes; of the broker's, segments of topics of our own."""
    delivering = {path_of(folder, role).name for role in DELIVERING}
    for path in sorted(one for one in folder.rglob("*") if one.is_file() and one not in but):
        parts = path.relative_to(folder).parts
        if parts[0] != BROKERS:
            may = nobody_may if delivering.isdisjoint(parts) else _somebody(truth)
            findings.look("file", "/".join(parts), path.read_bytes(), may)
        elif path.suffix == SEGMENT and not any(part.startswith((PARTNERS, *DELIVERED)) for part in parts):
            findings.look("segment", "/".join(parts), path.read_bytes())


def in_stores(findings: Findings, truth: Truth, data_dir: Path, roles: Iterable[str]) -> None:
    """Search every row of the stages' stores, whose files are compressed."""
    for role in roles:
        tables: dict[tuple[str, str], list[bytes]] = defaultdict(list)
        for raw, value in rows_of_store(path_of(data_dir, role)):
            table, _, key = (part.decode("latin-1") for part in raw.partition(b"\0"))
            recipient = key.partition("|")[0] if (role, table) == (signals.NAME, "person") else ""
            tables[table, recipient] += [raw, value]
        for (table, recipient), parts in tables.items():
            is_pending = role in DELIVERING and table == PENDING
            may = _now(truth, recipient) if recipient else _somebody(truth) if is_pending else nobody_may
            findings.look("store", f"{role} {table}", b"\n".join(parts), may)
