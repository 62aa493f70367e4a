"""The views' tables in PostgreSQL, and how those of an older format become those of this one.

All are in the schema ``throughline``. Texts are compared byte by byte (collation C), as in DuckDB.
"""

import time
from collections.abc import Sequence

from psycopg import errors

from schemas_avro.version import VERSION
from sinks.postgres.connecting import Connection
from sinks.postgres.row_security import ASKING, READER, ROLES, WRITER, secured
from sinks.views import ViewFormatError

LOCK = 7_236_283_001
"""Key of the advisory lock under which formats change; any number that nobody else uses."""
RELEASES = """
CREATE TABLE throughline.release_row (
    recipient text COLLATE "C" NOT NULL, person_id text COLLATE "C" NOT NULL, event_id text COLLATE "C" NOT NULL,
    position bigint NOT NULL, state text NOT NULL, family text NOT NULL, partner_id text COLLATE "C" NOT NULL,
    operation text NOT NULL, fact_id text COLLATE "C" NOT NULL, occurred_on date, effective_from date,
    effective_to date, observed_at timestamp NOT NULL, published_at timestamp NOT NULL, purpose text NOT NULL,
    agreement_id text NOT NULL, agreement_version integer NOT NULL, basis text NOT NULL,
    consent_event_ids text[] NOT NULL, expires_on date, groups text[] NOT NULL, rules text[] NOT NULL,
    obligations text[] NOT NULL, notice text NOT NULL, body text, reason text, seq bigint NOT NULL,
    case_manager_id text COLLATE "C", PRIMARY KEY (recipient, person_id, event_id) INCLUDE (seq));
CREATE INDEX release_row_by_seq ON throughline.release_row (recipient, seq);
CREATE INDEX release_row_by_manager ON throughline.release_row (recipient, case_manager_id, person_id)
    WHERE case_manager_id IS NOT NULL;
"""
SIGNALS = """
CREATE TABLE throughline.signal_row (
    signal_id text COLLATE "C" PRIMARY KEY, recipient text COLLATE "C" NOT NULL, person_id text COLLATE "C" NOT NULL,
    rule text, about text, state text NOT NULL, urgency text, raised_at timestamp, changed_at timestamp, due_on date,
    evidence_event_ids text[] NOT NULL, source_offset bigint NOT NULL, seq bigint NOT NULL);
CREATE INDEX signal_row_by_person ON throughline.signal_row (recipient, person_id) INCLUDE (seq);
CREATE INDEX signal_row_by_seq ON throughline.signal_row (recipient, seq);
"""
IN_FORCE = """
CREATE TABLE throughline.agreement (
    recipient text COLLATE "C", agreement_id text COLLATE "C", version integer, position bigint NOT NULL,
    content text NOT NULL, PRIMARY KEY (recipient, agreement_id, version));
CREATE TABLE throughline.rules (
    recipient text COLLATE "C", version integer, position bigint NOT NULL, content text NOT NULL,
    PRIMARY KEY (recipient, version));
CREATE TABLE throughline.swept (
    recipient text COLLATE "C", partition integer, position bigint NOT NULL, partitions integer NOT NULL,
    PRIMARY KEY (recipient, partition));
CREATE TABLE throughline.clock (recipient text COLLATE "C" PRIMARY KEY, tick_at bigint NOT NULL);
"""
# Of each recipient the last change number, and how often what is in force has changed. Who writes anything of a
# recipient's locks its row first, so that numbers rise in the order of commits.
STANDING = """
CREATE TABLE throughline.recipient_standing (
    recipient text COLLATE "C" PRIMARY KEY, last_seq bigint NOT NULL, in_force_changed bigint NOT NULL DEFAULT 0);
"""
OFFSETS = f"""
CREATE TABLE throughline.sink_offset (
    topic text COLLATE "C", partition integer, next_offset bigint NOT NULL, PRIMARY KEY (topic, partition));
CREATE TABLE throughline.number_taken (
    source text COLLATE "C" PRIMARY KEY, generation bigint NOT NULL, value bigint NOT NULL);
CREATE TABLE throughline.meta (name text COLLATE "C" PRIMARY KEY, value bigint NOT NULL);
GRANT SELECT, INSERT, UPDATE ON throughline.sink_offset, throughline.number_taken, throughline.meta TO {WRITER};
GRANT SELECT ON throughline.meta TO {READER};
GRANT SELECT ON throughline.format TO {WRITER}, {READER};
"""
OF_RECIPIENTS = ("release_row", "signal_row", "agreement", "rules", "swept", "clock", "recipient_standing")
"""Tables of which a reader sees the rows of one recipient."""
STEPS: Sequence[str] = (ROLES + ASKING + RELEASES + SIGNALS + IN_FORCE + STANDING + OFFSETS + secured(*OF_RECIPIENTS),)
"""What makes the tables of format 1, and of each later format out of those of the one before; never changed once sent
out, only added to."""
FORMAT = len(STEPS)
"""Version of all tables."""

ERASED = "erased"
"""Reason of a retraction, and name in table meta, where that has come since the tables were last written anew."""
FOUND = "SELECT max(version) FROM throughline.format"
ALONE = "LOCK TABLE throughline.format"
"""Waits for all who write or ask, each of whom has looked at the format in its transaction, and has others wait."""
BEGIN = """
CREATE SCHEMA IF NOT EXISTS throughline;
CREATE TABLE IF NOT EXISTS throughline.format (
    version integer PRIMARY KEY, since timestamptz NOT NULL DEFAULT now());
"""
MIGRATE = "run `throughline views migrate` with the owner's THROUGHLINE_VIEWS_DSN"


def migrate(connection: Connection, steps: Sequence[str] = STEPS, first_seq: int | None = None) -> int:
    """Bring the tables to this version's format, as their owner, in one transaction; how many steps that took.

    Several that do so at once wait for each other. ``first_seq`` is the first change number of new tables: by default
    the microseconds since 1970, so that the numbers of tables that were made anew lie above those before.

    Raises:
        ViewFormatError: they are of a newer version.
    """
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        connection.execute(BEGIN)
        connection.execute(ALONE)
        found = _found(connection)
        if found > len(steps):
            raise _too_new(found, len(steps))
        for version, step in enumerate(steps[found:], start=found + 1):
            connection.execute(step.encode())
            connection.execute("INSERT INTO throughline.format (version) VALUES (%s)", [version])
        if found == 0:
            first = time.time_ns() // 1000 if first_seq is None else first_seq
            connection.execute("INSERT INTO throughline.meta VALUES ('first_seq', %s)", [first])
    return len(steps) - found


def write_anew(connection: Connection) -> bool:
    """Write the releases anew, as their owner, where somebody was erased since; whether that was done.

    What stood in a row before is in no file of the table then; it is in PostgreSQL's log and backups as long as those
    are kept. Readers and writers wait meanwhile.
    """
    if connection.execute(f"SELECT 1 FROM throughline.meta WHERE name = '{ERASED}'").fetchone() is None:
        return False
    # The note goes first: of who is erased meanwhile there is a note again.
    connection.execute(f"DELETE FROM throughline.meta WHERE name = '{ERASED}'")
    connection.execute("VACUUM (FULL) throughline.release_row")
    connection.execute("VACUUM (FULL) throughline.signal_row")
    return True


def check_format(connection: Connection, format_: int = FORMAT) -> None:
    """See that the tables are of this version's format; in a transaction they are until that ends.

    Raises:
        ViewFormatError: they are not, or there are none.
    """
    try:
        check_found(_found(connection), format_)
    except errors.InsufficientPrivilege:
        granted = f"`GRANT {READER} TO` it, or {WRITER} for a sink"
        raise ViewFormatError(f"the role of THROUGHLINE_VIEWS_DSN may not use the views: {granted}") from None
    except (errors.UndefinedTable, errors.InvalidSchemaName):
        raise ViewFormatError(f"THROUGHLINE_VIEWS_DSN names a database without views: {MIGRATE}") from None


def check_found(found: int, format_: int = FORMAT) -> None:
    """See that a format is this version's.

    Raises:
        ViewFormatError: it is not.
    """
    if found > format_:
        raise _too_new(found, format_)
    if found < format_:
        line = f"the views are of format {found}, Throughline {VERSION} needs {format_}: {MIGRATE}"
        raise ViewFormatError(line)


def _found(connection: Connection) -> int:
    row = connection.execute(FOUND).fetchone()
    return int(row[0] or 0) if row else 0


def _too_new(found: int, format_: int) -> ViewFormatError:
    return ViewFormatError(
        f"the views are of format {found}, Throughline {VERSION} knows none after {format_}: install the version that "
        "the others have"
    )
