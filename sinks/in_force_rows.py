"""Agreements and rules of law in the case views, each version with its place in the log, and how far sweeps are."""

import duckdb

from sinks.view_batch import Row, ViewBatch, as_text

TABLES = """
CREATE TABLE agreement (
    recipient VARCHAR, agreement_id VARCHAR, version INTEGER, position BIGINT NOT NULL, content VARCHAR NOT NULL,
    PRIMARY KEY (recipient, agreement_id, version));
CREATE TABLE rules (
    recipient VARCHAR, version INTEGER, position BIGINT NOT NULL, content VARCHAR NOT NULL,
    PRIMARY KEY (recipient, version));
CREATE TABLE swept (
    recipient VARCHAR, partition INTEGER, position BIGINT NOT NULL, partitions INTEGER NOT NULL,
    PRIMARY KEY (recipient, partition));
"""
NAMES = ("agreement", "rules", "swept")
# What is told again, to fill a view anew, was in force before that: the lower place counts.
PUT_AGREEMENT = """
INSERT INTO agreement VALUES (?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET position = excluded.position WHERE excluded.position < agreement.position
"""
PUT_RULES = """
INSERT INTO rules VALUES (?, ?, ?, ?)
ON CONFLICT DO UPDATE SET position = excluded.position WHERE excluded.position < rules.position
"""
PUT_SWEPT = """
INSERT INTO swept VALUES (?, ?, ?, ?)
ON CONFLICT DO UPDATE SET position = excluded.position, partitions = excluded.partitions
WHERE excluded.position > swept.position
"""
AGREEMENTS = "SELECT position, content FROM agreement WHERE recipient = $recipient ORDER BY agreement_id, version"
RULES = "SELECT position, version, content FROM rules WHERE recipient = $recipient ORDER BY version"
# Everyone is decided by a change once every partition says so.
SWEPT = """
SELECT min(position) FROM swept WHERE recipient = $recipient HAVING count(*) = max(partitions)
"""
AGREEMENTS_IN_ORDER = """
SELECT recipient, agreement_id, arg_max(content, version) FROM agreement GROUP BY ALL ORDER BY recipient, agreement_id
"""
RULES_IN_ORDER = """
SELECT recipient, max(version), arg_max(content, version) FROM rules GROUP BY recipient ORDER BY recipient
"""
CONTENT_IN_ORDER = (AGREEMENTS_IN_ORDER, RULES_IN_ORDER)


def write(writer: duckdb.DuckDBPyConnection, batch: ViewBatch) -> None:
    """What a batch brings, within a transaction."""
    for recipient, row in batch.agreements:
        said = [recipient, row["agreement_id"], row["version"], row["position"], _text(row)]
        writer.execute(PUT_AGREEMENT, said)
    for recipient, row in batch.rules:
        writer.execute(PUT_RULES, [recipient, row["version"], row["position"], row["document"]])
    for (recipient, partition), row in batch.swept.items():
        writer.execute(PUT_SWEPT, [recipient, partition, row["position"], row["partitions"]])


def _text(agreement: Row) -> str:
    return as_text({name: value for name, value in agreement.items() if name != "position"})
