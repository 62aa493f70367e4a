"""Row-level security: PostgreSQL itself shows a reader the rows of the one recipient that it asks for, and no others.

The tables' owner, who migrates, is neither the role that writes nor the one that reads, and is bound too (FORCE). What
a reader asks for it says anew in every transaction, so a connection that served another recipient before shows nothing
of it; one that does not say gets an error, not an empty answer.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from sinks.postgres.connecting import Connection
from sinks.views import ViewsError

WRITER, READER = "throughline_writer", "throughline_reader"
"""Roles that nobody logs in as: who logs in is granted one of them."""
# Asked first, since who may not make roles gets another error than that they are there; two may make them at once.
ROLES = "".join(
    f"""
    DO $$ BEGIN
      IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}') THEN CREATE ROLE {role} NOLOGIN; END IF;
    EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;
    GRANT USAGE ON SCHEMA throughline TO {role};
    """
    for role in (WRITER, READER)
)
# A setting that was once made in a transaction is empty afterwards, not missing: that is an error too.
ASKING = """
CREATE FUNCTION throughline.asking_recipient() RETURNS text LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE asking text := current_setting('throughline.recipient');
BEGIN
  IF asking = '' THEN
    RAISE EXCEPTION 'throughline.recipient is not set in this transaction' USING ERRCODE = 'undefined_object';
  END IF;
  RETURN asking;
END $$;
"""
SET = "SELECT max(version), set_config('throughline.recipient', %s, true) FROM throughline.format"
"""SET LOCAL, which takes no parameters; and the format that the tables have until the transaction ends."""
MAY = f"""
SELECT rolsuper OR rolbypassrls OR pg_has_role(c.relowner, 'MEMBER') OR pg_has_role('{WRITER}', 'MEMBER'),
  pg_has_role('{READER}', 'USAGE'), pg_has_role('{WRITER}', 'USAGE')
FROM pg_roles, pg_class c WHERE rolname = current_user AND c.oid = 'throughline.release_row'::regclass
"""


def secured(*tables: str) -> str:
    """Statements that have tables with a column ``recipient`` read by it, and written by the writer alone."""
    return "".join(
        f"""
        ALTER TABLE throughline.{table} ENABLE ROW LEVEL SECURITY;
        ALTER TABLE throughline.{table} FORCE ROW LEVEL SECURITY;
        CREATE POLICY reading ON throughline.{table} FOR SELECT TO {READER}
          USING (recipient = throughline.asking_recipient());
        CREATE POLICY writing ON throughline.{table} TO {WRITER} USING (true) WITH CHECK (true);
        GRANT SELECT ON throughline.{table} TO {READER};
        GRANT SELECT, INSERT, UPDATE ON throughline.{table} TO {WRITER};
        """
        for table in tables
    )


@contextmanager
def asking(connection: Connection, recipient: str) -> Iterator[int]:
    """A transaction that only reads, and only what is this recipient's; the format of the tables."""
    connection.read_only = True
    with connection.transaction():
        format_, _ = connection.execute(SET, [recipient]).fetchone() or (0, "")
        yield int(format_)


def check_reader(connection: Connection) -> None:
    """See that a role is bound by row-level security.

    Raises:
        ViewsError: it is not, or may not read.
    """
    is_unbound, may_read, _ = connection.execute(MAY).fetchone() or (True, False, False)
    if is_unbound or not may_read:
        what = "passes by row-level security" if is_unbound else "may not read the views"
        raise ViewsError(
            f"the role of THROUGHLINE_VIEWS_DSN {what}: use one that is neither superuser nor owner, after `GRANT "
            f"{READER} TO` it and nothing more"
        )


def check_writer(connection: Connection) -> None:
    """See that a role may write.

    Raises:
        ViewsError: it may not.
    """
    _, _, may_write = connection.execute(MAY).fetchone() or (False, False, False)
    if not may_write:
        raise ViewsError(f"the role of THROUGHLINE_VIEWS_DSN may not write the views: `GRANT {WRITER} TO` it")
