"""Records to send, before they are bytes: encoded a schema at a time, in the order in which they were drafted."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from processors.records import Outs
from schemas_avro import catalog, codec, wire

GONE = ""


@dataclass(frozen=True, slots=True)
class Draft:
    """One record to send, as a row."""

    topic: str
    key: str = field(repr=False)
    subject: str
    """Of the catalog; ``GONE``: nothing, so that a compacted topic forgets what it had under the key."""
    row: dict[str, Any] = field(repr=False)
    id: str
    partition: int | None = None
    headers: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    """Beside id and number."""


def encode_drafts(drafts: Sequence[Draft]) -> Outs:
    """Framed records, in the order of the drafts."""
    places: dict[str, list[int]] = defaultdict(list)
    for i, draft in enumerate(drafts):
        places[draft.subject].append(i)
    values = [b""] * len(drafts)
    for subject, where in places.items():
        if subject == GONE:
            continue
        schema_id = catalog.id_of(subject)
        payloads = codec.encode_rows(schema_id, [drafts[i].row for i in where])
        for i, value in zip(where, wire.framed(schema_id, payloads), strict=True):
            values[i] = value
    return Outs(
        [d.topic for d in drafts], [d.key for d in drafts], values, [d.id for d in drafts],
        [d.partition for d in drafts], [d.headers for d in drafts],
    )  # fmt: skip


def encode_columns(topic: str, keys: list[str], subject: str, columns: Mapping[str, Any], ids: list[str]) -> Outs:
    """Framed records of one subject to one topic; ``columns`` are those of the subject's schema."""
    schema_id = catalog.id_of(subject)
    rows = pa.RecordBatch.from_pydict(dict(columns), schema=codec.arrow_schema(schema_id))
    return Outs.to([topic] * len(ids), keys, wire.framed(schema_id, codec.encode(schema_id, rows)), ids)
