"""The questions in PostgreSQL's SQL. Row-level security asks for the recipient once more, whatever these say."""

from sinks import signal_rows
from sinks.stored import OUTLINE, ROW
from sinks.view_batch import COLUMNS
from sinks.views import Question

RELEASES, SIGNALS = "throughline.release_row", "throughline.signal_row"
THESE_PERSONS = "recipient = %(recipient)s AND person_id = ANY(%(person_ids)s::text[])"
TEXTS = {
    Question.EVER_ASSIGNED: f"""
        SELECT DISTINCT person_id FROM {RELEASES}
        WHERE recipient = %(recipient)s AND case_manager_id = %(case_manager_id)s
          AND (%(person_id)s::text IS NULL OR person_id = %(person_id)s)""",
    Question.CASELOAD: f"""
        SELECT body, effective_from, {OUTLINE} FROM {RELEASES}
        WHERE family = 'caseload' AND partner_id = recipient AND {THESE_PERSONS}""",
    Question.TIMELINE: f"""
        SELECT {ROW} FROM {RELEASES} WHERE recipient = %(recipient)s AND person_id = %(person_id)s
        ORDER BY fact_id, published_at DESC, event_id DESC""",
    Question.OUTLINES: f"SELECT {OUTLINE} FROM {RELEASES} WHERE {THESE_PERSONS}",
    Question.NUMBERED: f"""
        SELECT {ROW} FROM {RELEASES} WHERE recipient = %(recipient)s AND seq = ANY(%(seqs)s::bigint[])""",
    Question.CHANGES: f"""
        SELECT {OUTLINE} FROM {RELEASES} WHERE seq > %(seq)s AND {THESE_PERSONS} ORDER BY seq LIMIT %(limit)s""",
    Question.SIGNALS: f"""
        SELECT {", ".join(signal_rows.COLUMNS.names)} FROM {SIGNALS} WHERE state = 'raised' AND {THESE_PERSONS}
        ORDER BY array_position(ARRAY['high', 'medium', 'low'], urgency), due_on NULLS LAST, raised_at, signal_id""",
    Question.SIGNALS_SINCE: f"SELECT person_id, signal_id FROM {SIGNALS} WHERE seq > %(seq)s AND {THESE_PERSONS}",
    Question.AGREEMENTS: """
        SELECT position, content FROM throughline.agreement WHERE recipient = %(recipient)s
        ORDER BY agreement_id, version""",
    Question.RULES: """
        SELECT position, version, content FROM throughline.rules WHERE recipient = %(recipient)s ORDER BY version""",
    Question.SWEPT: """
        SELECT min(position) FROM throughline.swept WHERE recipient = %(recipient)s
        HAVING count(*) = max(partitions)""",
    Question.TICK: "SELECT tick_at FROM throughline.clock WHERE recipient = %(recipient)s",
    Question.ROW_COUNT: f"""
        SELECT count(*) FROM {RELEASES}
        WHERE recipient = %(recipient)s AND person_id = %(person_id)s AND state = 'released'""",
    Question.NOTHING: "SELECT 1 WHERE %(recipient)s::text IS NOT NULL",
}
STANDING = """
SELECT last_seq, in_force_changed FROM throughline.recipient_standing WHERE recipient = %(recipient)s
"""
NEWEST = f"""
SELECT person_id, max(seq) FROM (
  SELECT person_id, seq FROM {RELEASES} WHERE {THESE_PERSONS}
  UNION ALL SELECT person_id, seq FROM {SIGNALS} WHERE {THESE_PERSONS}) b GROUP BY person_id
"""
CHANGED = f"""
SELECT seq, recipient, person_id, event_id, family, state FROM {RELEASES}
WHERE recipient = %(recipient)s AND seq > %(after)s AND seq <= %(until)s
UNION ALL SELECT seq, recipient, person_id, signal_id, 'signal', state FROM {SIGNALS}
WHERE recipient = %(recipient)s AND seq > %(after)s AND seq <= %(until)s ORDER BY seq
"""
FIRST_SEQ = "SELECT value FROM throughline.meta WHERE name = 'first_seq'"

_SAID = ", ".join(name for name in COLUMNS.names if name not in {"position", "seq"})
_SIGNAL_SAID = ", ".join(name for name in signal_rows.COLUMNS.names if name not in {"source_offset", "seq"})
CONTENT_IN_ORDER = (
    f"SELECT {_SAID} FROM {RELEASES} WHERE state = 'released' ORDER BY recipient, person_id, event_id",
    f"SELECT {_SIGNAL_SAID} FROM {SIGNALS} WHERE state <> 'retracted' ORDER BY signal_id",
    """
    SELECT DISTINCT ON (recipient, agreement_id) recipient, agreement_id, content FROM throughline.agreement
    ORDER BY recipient, agreement_id, version DESC""",
    """
    SELECT DISTINCT ON (recipient) recipient, version, content FROM throughline.rules
    ORDER BY recipient, version DESC""",
)
"""What the views show, in an order that does not depend on that of arrival: the same rows as DuckDB's."""
