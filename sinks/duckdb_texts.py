"""The questions in DuckDB's SQL.

Every column that is asked for costs about a millisecond at 200,000 rows, every join and window a few, whatever comes
out: so most questions find their rows first, ask for few columns of them, and leave ordering to Python
(``bench/portal_questions.py``).
"""

from sinks import in_force_rows
from sinks.signal_rows import COLUMNS as SIGNAL_COLUMNS
from sinks.stored import OUTLINE, ROW
from sinks.views import Question

THESE_PERSONS = "recipient = $recipient AND person_id IN (SELECT unnest($person_ids::VARCHAR[]))"
TEXTS = {
    Question.EVER_ASSIGNED: """
        SELECT DISTINCT person_id FROM release_row
        WHERE recipient = $recipient AND case_manager_id = $case_manager_id
          AND ($person_id IS NULL OR person_id = $person_id)""",
    Question.CASELOAD: f"""
        SELECT body, effective_from, {OUTLINE} FROM release_row WHERE rowid IN (
          SELECT rowid FROM release_row WHERE family = 'caseload' AND partner_id = recipient AND {THESE_PERSONS})""",
    Question.TIMELINE: f"""
        SELECT {ROW} FROM release_row WHERE recipient = $recipient AND person_id = $person_id
        ORDER BY fact_id, published_at DESC, event_id DESC""",
    Question.OUTLINES: f"""
        SELECT {OUTLINE} FROM release_row WHERE rowid IN (SELECT rowid FROM release_row WHERE {THESE_PERSONS})""",
    Question.NUMBERED: f"""
        SELECT {ROW} FROM (SELECT {ROW} FROM release_row WHERE seq IN (SELECT unnest($seqs::BIGINT[])))
        WHERE recipient = $recipient""",
    Question.CHANGES: f"""
        SELECT {OUTLINE} FROM release_row WHERE seq > $seq AND {THESE_PERSONS} ORDER BY seq LIMIT $limit""",
    Question.SIGNALS: f"""
        SELECT {", ".join(SIGNAL_COLUMNS.names)} FROM signal_row WHERE state = 'raised' AND {THESE_PERSONS}
        ORDER BY list_position(['high', 'medium', 'low'], urgency), due_on NULLS LAST, raised_at, signal_id""",
    Question.SIGNALS_SINCE: f"SELECT person_id, signal_id FROM signal_row WHERE seq > $seq AND {THESE_PERSONS}",
    Question.AGREEMENTS: in_force_rows.AGREEMENTS,
    Question.RULES: in_force_rows.RULES,
    Question.SWEPT: in_force_rows.SWEPT,
    Question.TICK: "SELECT tick_at FROM clock WHERE recipient = $recipient",
    Question.ROW_COUNT: """
        SELECT count(*) FROM release_row
        WHERE recipient = $recipient AND person_id = $person_id AND state = 'released'""",
    Question.NOTHING: "SELECT 1 WHERE $recipient IS NOT NULL",
}
