"""Where the case views are, if in PostgreSQL; its driver is an extra that a machine of one's own does without."""

from importlib.util import find_spec

from streams.errors import ThroughlineError
from streams.settings import Settings


def views_dsn(chosen: Settings) -> str:
    """The connection string.

    Raises:
        ThroughlineError: none is set, or its driver is missing.
    """
    if chosen.views_dsn is None:
        raise ThroughlineError("no PostgreSQL is named: set THROUGHLINE_VIEWS_DSN to its connection string")
    if find_spec("psycopg") is None:
        raise ThroughlineError("THROUGHLINE_VIEWS_DSN needs the driver psycopg: pip install 'throughline[postgres]'")
    return chosen.views_dsn.get_secret_value()
