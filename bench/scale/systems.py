"""The whole stack past one machine, on this one: PostgreSQL, several sinks, two workers for resolve and consent."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import psutil
from pydantic import SecretStr
from support.postgres import SERVE, SINK, Databases, Postgres, postgres

from bench import made_up
from bench.carrying import cpu_seconds, settings
from deploy.scrape import see
from deploy.stack import Stack
from streams import shared_sink, sink

STAGES = ("resolve", "consent")
ROLES = {"sink": "sink", "serve": "portal", "signals": "signals", "kafka": "kafka"}
"""What figures call a process of a role; those of resolve and consent act or stand by."""


@dataclass(frozen=True)
class Form:
    """How it is run."""

    sinks: int
    """0: the views are a file of the portal's."""
    standbys: bool = False

    @property
    def workers(self) -> list[str]:
        """Their names."""
        stages = [f"{stage}-{name}" for stage in STAGES for name in "ab"] if self.standbys else list(STAGES)
        return [*stages, "signals", *(f"sink-{n + 1}" for n in range(self.sinks))]

    @property
    def group(self) -> str:
        """The consumer group that fills the views."""
        return shared_sink.GROUP if self.sinks else sink.GROUP


@dataclass(frozen=True)
class Size:
    """How much of everything."""

    events: int
    people: int
    recipients: int = 5
    partners: int = 1

    @property
    def recipient_names(self) -> Sequence[str]:
        """Who receives."""
        return [f"bench_recipient_{n + 1}" for n in range(self.recipients)]

    @property
    def partner_names(self) -> Sequence[str]:
        """Who sends facts."""
        return [made_up.PARTNER, *(f"bench_college_{n + 1}" for n in range(1, self.partners))]


@dataclass
class System:
    """It, running."""

    form: Form
    size: Size
    stack: Stack
    server: Postgres | None
    database: str

    @cached_property
    def acting(self) -> set[str]:
        """Workers that act for their stage: asked once, before any is at rest."""
        stages = [name for name in self.form.workers if name.partition("-")[0] in STAGES]
        if not self.form.standbys:
            return set(stages)
        return {name for name in stages if see(name, self.stack.data_dir).highest("throughline_acting") == 1}

    def cpu(self) -> dict[str, float]:
        """Seconds of CPU so far, by what figures call it."""
        found: dict[str, float] = {}
        for name, seconds in cpu_seconds(self.stack).items():
            if (what := self._called(name)) is not None:
                found[what] = found.get(what, 0.0) + seconds
        return found | ({"postgres": _of_server(self.server)} if self.server else {})

    def _called(self, name: str) -> str | None:
        role = name.partition("-")[0]
        if role not in STAGES:
            return ROLES.get(role)
        return role if name in self.acting else f"{role} standing by"

    def of(self, role: str) -> list[str]:
        """Names of a role's workers."""
        return [name for name in self.form.workers if name.partition("-")[0] == role]

    def bytes_kept(self) -> dict[str, int]:
        """Bytes on the disk of topics, by how they begin, of the stages' stores, and of the views in PostgreSQL."""
        data = self.stack.data_dir
        found = {"stores": sum(path.stat().st_size for path in (data / "state").rglob("*") if path.is_file())}
        for path in (data / "kafka").rglob("*.log"):
            kind = path.parent.name.partition(".")[0]
            if kind in {"partner", "resolved", "released", "audit", "state"}:
                found[f"{kind}.*"] = found.get(f"{kind}.*", 0) + path.stat().st_size
        if self.server:
            with self.server.owner(self.database) as owner:
                [found["postgres"]] = owner.execute("SELECT pg_database_size(current_database())").fetchone() or (0,)
        return found


def _of_server(server: Postgres) -> float:
    """Of the server and of all that it has begun; a connection that has ended counts in its times."""
    one = psutil.Process(server.pid)
    times = [one.cpu_times(), *(child.cpu_times() for child in one.children(recursive=True))]
    own = sum(t.user + t.system for t in times)
    return float(own + times[0].children_user + times[0].children_system)


@contextmanager
def system(folder: Path, form: Form, size: Size) -> Iterator[System]:
    """Start it in a folder, for as long as the block runs."""
    chosen, own, server, database = settings(folder, size.recipient_names, size.partner_names), {}, None, ""
    with ExitStack() as held:
        if form.sinks:
            server = held.enter_context(postgres())
            database = held.enter_context(Databases(server).empty())
            chosen = chosen.model_copy(update={"views_dsn": SecretStr(server.dsn(database, SERVE))})
            own = {"sink": {"THROUGHLINE_VIEWS_DSN": server.dsn(database, SINK)}}
        stack = held.enter_context(Stack(chosen, workers=form.workers, own=own))
        yield System(form, size, stack, server, database)
