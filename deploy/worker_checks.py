"""What ``throughline doctor`` looks at where workers have names, or there is a PostgreSQL. It changes nothing."""

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from deploy.checks import Finding, locked_by
from deploy.named import lock_of, names
from sinks.views import ViewsAwayError, ViewsError
from streams import consent, migrations, resolve, signals
from streams.settings import Settings
from streams.stops import Stops
from streams.store import path_of

SINK = "sink"
STAGES = (resolve.NAME, consent.NAME, signals.NAME)
IN_THE_WAY = {
    resolve.NAME: 'give it to one of them: see "Standbys" in docs/keep-it-running.md',
    consent.NAME: 'give it to one of them: see "Standbys" in docs/keep-it-running.md',
    signals.NAME: 'run `throughline signals share`: see "Several signals" in docs/keep-it-running.md',
}


def workers(data_dir: Path) -> Iterator[Finding]:
    """Whether workers that have names run, and none of their stage has a store without one."""
    for role in (*STAGES, SINK):
        for name in names(data_dir, role):
            yield _worker(name, data_dir)
        if role in IN_THE_WAY and names(data_dir, role) and (store := migrations.found(path_of(data_dir, role))):
            yield Finding(f"workers of {role}", "warn", f"{store.name} is of one without a name", IN_THE_WAY[role])


def _worker(name: str, data_dir: Path) -> Finding:
    check, holder, stop = f"worker {name}", locked_by(lock_of(data_dir, name)), Stops(name, data_dir).noted()
    if stop is not None:
        return Finding(check, "fail", stop.line, 'see "When a worker stops" in docs/keep-it-running.md')
    return Finding(check, "ok", "does not run" if holder is None else f"process {holder}")


def databases(chosen: Settings) -> Iterator[Finding]:
    """Whether the PostgreSQL of the case views and that of the leases let us in."""
    given = {"views": chosen.views_dsn, "leases": chosen.leases_dsn}
    for what, dsn in given.items():
        if dsn is not None:
            why_not = _why_not(dsn.get_secret_value())
            remedy = f"is it up, and THROUGHLINE_{what.upper()}_DSN right?" if why_not else ""
            yield Finding(f"PostgreSQL of {what}", "fail" if why_not else "ok", why_not or "lets us in", remedy)


def _why_not(dsn: str) -> str | None:
    """Why a database does not let us in; None: it does. A connection string is never told, nor what quotes it."""
    if find_spec("psycopg") is None:
        return "its driver is missing: pip install 'throughline[postgres]'"
    from sinks.postgres.connecting import connect  # noqa: PLC0415  # an extra that one machine does not need

    try:
        connect(dsn).close()
    except ViewsAwayError as error:
        return f"does not let us in: {str(error).rpartition(': ')[2]}"
    except ViewsError:
        return "it is named by no connection string"
    return None
