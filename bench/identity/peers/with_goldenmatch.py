"""GoldenMatch on a set, both ways that it has: one record after the other into its identity store, and in a batch.

Run in an environment of its own (``goldenmatch-requirements.txt``): ``python -m
bench.identity.peers.with_goldenmatch --people FOLDER --batch FOLDER``. One by one (``people``) it keeps stable ids in a
store with an index of blocking keys, which is what a stream needs; a batch (``batch``) gives clusters without a past.
Both compare the same columns; rules and thresholds are those with the best F1 of the ones tried with the truth at hand.
"""

import logging
import tempfile
from collections.abc import Mapping
from pathlib import Path

import duckdb
import goldenmatch
import pyarrow as pa
from goldenmatch.config.schemas import (
    BlockingConfig,
    BlockingKeyConfig,
    GoldenMatchConfig,
    MatchkeyConfig,
    MatchkeyField,
)
from goldenmatch.identity import IdentityStore, resolve_record_incremental

from bench.identity.peers import prepared
from bench.identity.peers.measured import Lap, main

SOURCE = "set"
KEY = "record_id"
EXACT = ("ssn", "local_id")
"""A pair that shares one of them is joined."""
BLOCKS = (
    ("ssn",),
    ("local_id",),
    ("email",),
    ("dob", "last_name"),
    ("dob", "first_name"),
    ("first_name", "last_name"),
)
"""A pair that shares one of them is compared."""
WEIGHTED = {
    "first_name": ("given_name_aliased_jw", 2.0),
    "last_name": ("jaro_winkler", 2.0),
    "dob": ("date", 3.0),
    "ssn": ("levenshtein", 3.0),
    "address": ("jaro_winkler", 1.0),
    "zip": ("exact", 0.5),
}
"""Scorer and weight of each column; a missing value counts for nothing."""
ONE_BY_ONE, IN_A_BATCH = 0.8, 0.93
"""Weighted scores from which a pair is joined: the best of 5,000 records one by one, and of a whole set in a batch."""


def one_by_one(folder: Path, lap: Lap) -> Mapping[str, str]:
    """Cluster by record id, of records that come one after the other."""
    records = _prepared(folder)
    matchkeys, blocking = _matchkeys(ONE_BY_ONE), _blocking()
    lap("preparing")
    with tempfile.TemporaryDirectory() as place, IdentityStore(path=str(Path(place) / "identity.db")) as store:
        for record in records:
            resolve_record_incremental(
                record,
                None,
                matchkeys,
                store,
                run_name=record[KEY],
                source=SOURCE,
                source_pk_col=KEY,
                blocking=blocking,
            )
        lap("resolving")
        found = {record[KEY]: store.find_entity_by_record(f"{SOURCE}:{record[KEY]}") for record in records}
    return {record: entity for record, entity in found.items() if entity}


def in_a_batch(folder: Path, lap: Lap) -> Mapping[str, str]:
    """Cluster by record id, of all records at once."""
    records = _prepared(folder)
    config = GoldenMatchConfig(matchkeys=_matchkeys(IN_A_BATCH), blocking=_blocking())
    lap("preparing")
    clusters = goldenmatch.dedupe_df(pa.Table.from_pylist(records), config=config).clusters
    lap("resolving")
    return {records[row][KEY]: str(cluster) for cluster, of in clusters.items() for row in of["members"]}


def _prepared(folder: Path) -> list[dict[str, str]]:
    """Records in order of arrival, which is that of their ids."""
    connection = duckdb.connect()
    prepared.prepare(connection, folder)
    table = connection.table(prepared.TABLE).order(KEY)
    return [dict(zip(table.columns, row, strict=True)) for row in table.fetchall()]


def _matchkeys(threshold: float) -> list[MatchkeyConfig]:
    exact = [MatchkeyConfig(name=column, type="exact", fields=[MatchkeyField(field=column)]) for column in EXACT]
    fields = [
        MatchkeyField(field=column, scorer=scorer, weight=weight) for column, (scorer, weight) in WEIGHTED.items()
    ]
    return [*exact, MatchkeyConfig(name="weighted", type="weighted", threshold=threshold, fields=fields)]


def _blocking() -> BlockingConfig:
    return BlockingConfig(strategy="multi_pass", passes=[BlockingKeyConfig(fields=list(block)) for block in BLOCKS])


if __name__ == "__main__":
    logging.disable(logging.WARNING)
    main({"people": one_by_one, "batch": in_a_batch})
