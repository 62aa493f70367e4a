"""Releases in the case views: their table, and the one statement that writes it."""

from sinks.view_batch import COLUMNS

TABLE = """
CREATE TABLE release_row (
    recipient VARCHAR NOT NULL, person_id VARCHAR NOT NULL, event_id VARCHAR NOT NULL,
    position BIGINT NOT NULL, state VARCHAR NOT NULL, family VARCHAR NOT NULL, partner_id VARCHAR NOT NULL,
    operation VARCHAR NOT NULL, fact_id VARCHAR NOT NULL, occurred_on DATE, effective_from DATE, effective_to DATE,
    observed_at TIMESTAMP NOT NULL, published_at TIMESTAMP NOT NULL, purpose VARCHAR NOT NULL,
    agreement_id VARCHAR NOT NULL, agreement_version INTEGER NOT NULL, basis VARCHAR NOT NULL,
    consent_event_ids VARCHAR[] NOT NULL, expires_on DATE, groups VARCHAR[] NOT NULL, notice VARCHAR NOT NULL,
    body VARCHAR, reason VARCHAR, seq BIGINT NOT NULL, case_manager_id VARCHAR);
"""

_KEY = ("recipient", "person_id", "event_id")
# Who is asked for at every reading stands in a column of its own: to look for it in bodies takes four times as long.
_MANAGER = "CASE WHEN b.family = 'caseload' THEN b.body->>'case_manager_id' END"
_REPLACED = ", ".join([*(f"{n} = b.{n}" for n in COLUMNS.names if n not in _KEY), f"case_manager_id = {_MANAGER}"])
_STORED = ", ".join([*COLUMNS.names, "case_manager_id"])
# Measured at 200,000 rows, 5,000 a batch: MERGE on a table without a primary key takes 83 ms, with one 405 ms, INSERT
# ON CONFLICT 501 ms. Keys are unique all the same: one thread writes, and a batch holds each key once.
MERGE = f"""
MERGE INTO release_row r USING batch b ON ({" AND ".join(f"r.{name} = b.{name}" for name in _KEY)})
WHEN MATCHED AND b.position > r.position THEN UPDATE SET {_REPLACED}
WHEN NOT MATCHED THEN INSERT ({_STORED}) VALUES ({", ".join(f"b.{name}" for name in COLUMNS.names)}, {_MANAGER})
RETURNING seq, recipient, person_id, event_id, family, state
"""  # noqa: S608  # column names only, from a constant
CONTENT_IN_ORDER = f"""
SELECT {", ".join(name for name in COLUMNS.names if name not in {"position", "seq"})} FROM release_row
WHERE state = 'released' ORDER BY recipient, person_id, event_id
"""  # noqa: S608  # column names only, from a constant
