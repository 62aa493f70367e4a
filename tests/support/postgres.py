"""A real PostgreSQL for tests, in a folder of its own, on a free port of loopback, by a process of our own.

The machine's own binaries where it has them, else those of the ``pgserver`` wheel (docs/decisions/0015). PostgreSQL
refuses to run as root: then it runs as ``postgres`` or ``nobody``.
"""

import contextlib
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

import psutil
import psycopg

from sinks.postgres import row_security, tables
from support.ports import free_ports

OWNER = "owner"
"""Superuser of the server; everybody on loopback is who they say they are."""
START_SECONDS = 60
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "fsync": "on",
    "synchronous_commit": "on",
    "shared_buffers": "64MB",
    "max_connections": "60",
    "timezone": "UTC",
    "log_error_verbosity": "terse",  # its log would quote rows that it refuses
}


def binaries() -> Path:
    """Folder of ``initdb`` and ``postgres``."""
    asked = shutil.which("pg_config")
    if asked:
        told = subprocess.run([asked, "--bindir"], capture_output=True, text=True, check=True).stdout.strip()
        if (Path(told) / "postgres").exists():
            return Path(told)
    on_path = shutil.which("postgres")
    if on_path:
        return Path(on_path).resolve().parent
    wheel = importlib.util.find_spec("pgserver")
    assert wheel is not None, "no PostgreSQL: on Debian, apt-get install postgresql"
    return Path(str(wheel.origin)).parent / "pginstall" / "bin"


class Postgres:
    """One server; may be killed and started again."""

    def __init__(self, folder: Path, bindir: Path) -> None:
        """Make its files in a folder that is there for it alone."""
        self._folder, self._bindir = folder, bindir
        self._as_whom = _as_whom(folder)
        self.port = free_ports(1)[0]
        self._process: subprocess.Popen[bytes] | None = None
        self._run("initdb", "-D", "data", "-U", OWNER, "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")

    def start(self) -> Self:
        """Start it and wait until it answers."""
        options = [part for name, value in SETTINGS.items() for part in ("-c", f"{name}={value}")]
        command = [self._bindir / "postgres", "-D", "data", "-p", str(self.port), "-k", str(self._folder), *options]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(command, cwd=self._folder, stdout=log, stderr=log, **self._as_whom)
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                self.owner("postgres").close()
            except psycopg.OperationalError:
                assert self._process.poll() is None, self.log()
                assert time.monotonic() < deadline, self.log()
                time.sleep(0.05)
            else:
                return self

    @property
    def pid(self) -> int:
        """Of its first process, of which all others are children."""
        assert self._process
        return self._process.pid

    def kill(self) -> None:
        """End it as a crash does, all its processes; what comes next recovers from its log."""
        assert self._process
        others = psutil.Process(self._process.pid).children()
        self._process.kill()
        self._process.wait()
        for process in others:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(others)

    def stop(self) -> None:
        """End it without writing out what only its files would need."""
        assert self._process
        self._process.send_signal(signal.SIGQUIT)
        self._process.wait()

    def dsn(self, database: str, user: str = OWNER, port: int | None = None) -> str:
        """Where a database is, for a user; by the port of a proxy, where one is given."""
        return f"postgresql://{user}@127.0.0.1:{port or self.port}/{database}"

    def owner(self, database: str) -> psycopg.Connection[tuple[Any, ...]]:
        """The owner's connection to a database."""
        return psycopg.connect(self.dsn(database), autocommit=True)

    def log(self) -> str:
        """What the server has said."""
        return (self._folder / "log").read_text(errors="replace")

    def _run(self, program: str, *arguments: str) -> None:
        command = [self._bindir / program, *arguments]
        subprocess.run(command, check=True, cwd=self._folder, capture_output=True, **self._as_whom)


def _as_whom(folder: Path) -> dict[str, Any]:
    """How a process is started as somebody who may run it, and who then owns the folder."""
    if os.getuid():
        return {}
    names = {entry.pw_name: entry for entry in pwd.getpwall()}
    who = names.get("postgres") or names["nobody"]
    os.chown(folder, who.pw_uid, who.pw_gid)
    return {"user": who.pw_uid, "group": who.pw_gid, "extra_groups": []}


@contextlib.contextmanager
def postgres(bindir: Path | None = None) -> Iterator[Postgres]:
    """A server for as long as the block runs."""
    with tempfile.TemporaryDirectory(prefix="pg-", ignore_cleanup_errors=True) as folder:  # sockets want short paths
        server = Postgres(Path(folder), bindir or binaries()).start()
        try:
            yield server
        finally:
            server.stop()


SINK, SERVE = "sink", "serve"
"""Who logs in to write, and to read."""
TABLES = (*tables.OF_RECIPIENTS, "sink_offset", "number_taken")
EMPTY = ";".join(f"DELETE FROM throughline.{name}" for name in TABLES)  # noqa: S608  # our own names; few rows


class Databases:
    """Databases with empty views on one server, which tests borrow: emptying one takes less than making one."""

    def __init__(self, server: Postgres) -> None:
        """Make the roles that log in."""
        self.server = server
        self._made, self._free = 0, list[str]()
        with contextlib.closing(server.owner("postgres")) as owner:
            for role in (SINK, SERVE):
                owner.execute(f"CREATE ROLE {role} LOGIN".encode())

    def bare(self) -> str:
        """Make a database without views; its name."""
        self._made += 1
        name = f"views_{self._made}"
        with contextlib.closing(self.server.owner("postgres")) as owner:
            owner.execute(f"CREATE DATABASE {name}".encode())
        return name

    @contextlib.contextmanager
    def empty(self, first_seq: int = 1) -> Iterator[str]:
        """The name of one with empty views, for as long as the block runs."""
        name = self._free.pop() if self._free else self.bare()
        self.make_empty(name, first_seq)
        yield name
        self._free.append(name)

    def make_empty(self, name: str, first_seq: int = 1) -> None:
        """Make the views of a database, or empty them."""
        with contextlib.closing(self.server.owner(name)) as owner:
            if tables.migrate(owner, first_seq=first_seq):
                owner.execute(f"GRANT {row_security.WRITER} TO {SINK}; GRANT {row_security.READER} TO {SERVE}".encode())
            owner.execute(EMPTY.encode())
            owner.execute("DELETE FROM throughline.meta WHERE name <> 'first_seq'")
            owner.execute("UPDATE throughline.meta SET value = %s", [first_seq])
