"""What a source says of a record: its rows, each in its newest version, and the descriptions that they give.

A record's rows are kept sealed under the record's own key, in resolve's state and in ``identity.records``.
"""

from collections.abc import Sequence
from itertools import islice
from typing import Any

import orjson

from processors import sealing
from processors.resolve.matching.description import Description

Rows = dict[str, list[Any]]
"""By keyed hash of the source's row id: published_at, event id, and descriptions as JSON, or None: retracted."""
Version = tuple[int, str]
"""published_at and event id: orders versions of a row."""
STAGE = "resolve"
NEWEST = 8
"""Descriptions that a record is compared by: one record must not cost what a thousand do."""


def folded_in(rows: Rows, source: str, version: Version, said: Sequence[Description] | None) -> Rows | None:
    """Rows with one more event; None where a newer version of its row is there already. Of each row the newest counts.

    Args:
        rows: so far.
        source: keyed hash of the source's row id.
        version: of this event.
        said: what it says; None: it retracts the row.
    """
    if source in rows and _version(rows[source]) >= version:
        return None
    return {**rows, source: [*version, None if said is None else [one.to_json() for one in said]]}


def descriptions_of(rows: Rows) -> list[Description]:
    """What a record is compared by: descriptions of its newest rows, the newest first, each once."""
    told = (Description.from_json(one) for row in _newest_first(rows) for one in row[2])
    return list(dict.fromkeys(islice(told, NEWEST)))


def _newest_first(rows: Rows) -> list[list[Any]]:
    alive = [row for row in rows.values() if row[2] is not None]
    return sorted(alive, key=_version, reverse=True)


def _version(row: Sequence[Any]) -> Version:
    return row[0], row[1]


def events_of(rows: Rows) -> list[str]:
    """Ids of the events that are folded in, sorted; they name the seal."""
    return sorted(row[1] for row in rows.values())


def sealed(keys: sealing.Keys, record_key: str, rows: Rows) -> str:
    """Rows under the record's key: one content, one text, in whatever order they came."""
    content = orjson.dumps(rows, option=orjson.OPT_SORT_KEYS)
    return sealing.seal(keys, record_key, _place(record_key, events_of(rows)), content)


def rows_of(keys: sealing.Keys, record_key: str, event_ids: Sequence[str], sealed_rows: str) -> Rows:
    """Rows of a sealed text.

    Args:
        keys: of the seals.
        record_key: the record.
        event_ids: those that were folded in.
        sealed_rows: as ``sealed`` gave it; empty: there are none.

    Raises:
        UnreadableError: the record's key is erased, or the text is not what was sealed.
    """
    if not sealed_rows:
        return {}
    return dict(orjson.loads(sealing.unseal(keys, record_key, _place(record_key, event_ids), sealed_rows)))


def _place(record_key: str, event_ids: Sequence[str]) -> str:
    """Names the sealed rows: they follow from which events are folded in."""
    return f"{STAGE}|{record_key}|{','.join(event_ids)}"


def born_of(rows: Rows) -> int:
    """Digits of the date of birth, such as 20041231, by the newest row that tells one; 0: none does."""
    told = (Description.from_json(one).born for row in _newest_first(rows) for one in row[2])
    return next(filter(None, told), 0)
