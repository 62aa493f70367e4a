"""The stack past one machine under faults; then everything that can be counted is compared.

Three brokers; resolve and consent with two workers each; sinks that share views in PostgreSQL; signals and a portal.
While made-up people are published, workers are killed with kill -9 or stopped for longer than sessions and leases last,
sinks join and leave, PostgreSQL is killed and started again, sinks' connections are cut between COMMIT and its reply,
and each broker is killed in turn.

In the end: sets of event ids and of rows equal the population's truth (lost, duplicated, leaked); numbers of records
are unbroken (gaps); every row of the views is the newest record of what was sent, whole views are those that one sink
makes of the topics at once, and every position is the end of its input (stale). Prints one JSON object as its last
line; exits 1 unless all of these are 0, and with an error where a fault could not be caused.
"""

import json
import random
import sys
import tempfile
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pydantic import SecretStr
from support.chaos import asking
from support.chaos.at_scale import WRONG, wrong
from support.chaos.brokers import BROKER_KILL, EachInTurn
from support.chaos.database import CUT, RESTART, Database
from support.chaos.ending import altered, ended, tell
from support.chaos.faults import KILL, PAUSE, Breaker, Fault, planned
from support.chaos.flow import FACTS, by_part, published
from support.chaos.found import SINK
from support.chaos.kept import InPostgres, in_one_file
from support.chaos.members import REBALANCE, Members
from support.chaos.raised import busy
from support.cluster import Cluster
from support.cutting_proxy import CuttingProxy, cutting_proxy
from support.postgres import SERVE as READER
from support.postgres import SINK as WRITER
from support.postgres import Databases, Postgres, postgres
from support.proving import say

from deploy.population import generate
from deploy.stack import SERVE, WORKERS, Stack
from streams.settings import Settings

EXAMPLES = """
examples:
  chaos_scale.py                   8 kills, 2 pauses, 8 joins and leaves, 3,600 events; minutes
  chaos_scale.py --long            20 kills, 5 pauses, 20 joins and leaves in a minute, 50,000 events
  chaos_scale.py --seed 11         the same faults in the same order again
"""
NAMES = ("resolve-a", "resolve-b", "consent-a", "consent-b", "signals", "sink-a", "sink-b", "sink-c")
ROLES = (*WORKERS, SINK, SERVE)
TOLD = (KILL, PAUSE, REBALANCE, CUT, BROKER_KILL)
"""Kinds of faults in the last line."""
BURST_SECONDS = 60.0
"""In which sinks join and leave."""


@dataclass(frozen=True)
class Size:
    """How much of everything."""

    kills: int = 8
    pauses: int = 2
    rebalances: int = 8
    db_restarts: int = 1
    db_cuts: int = 3
    broker_kills: int = 3
    people: int = 300

    @property
    def faults(self) -> dict[str, int]:
        """How many of each kind, but of those that come in a burst."""
        acts = {RESTART: self.db_restarts, CUT: self.db_cuts, BROKER_KILL: self.broker_kills}
        return {KILL: self.kills, PAUSE: self.pauses, **acts}


SHORT, LONG = Size(), Size(20, 5, 20, 2, 6, 3, 4_300)


def main() -> int:
    """Run; the exit code."""
    counts = ("kills", "pauses", "rebalances", "db_restarts", "db_cuts", "broker_kills", "people")
    size, seed = asking.asked(asking.parser(__doc__, EXAMPLES), SHORT, LONG, *counts)
    say(f"seed {seed}")  # to run it again
    with tempfile.TemporaryDirectory(prefix="throughline-chaos-") as folder, Cluster(Path(folder) / "kafka") as cluster:
        document = prove(Path(folder), size, seed, cluster)
    sys.stdout.write(json.dumps(document) + "\n")
    return 1 if any(document[name] for name in WRONG) else 0


def prove(folder: Path, size: Size, seed: int, cluster: Cluster) -> dict[str, int]:
    """Run over a cluster, and compare; the figures."""
    made = generate(size.people, 7, decided_on=datetime.now(UTC).date())
    chance = random.Random(seed)  # noqa: S311  # of a test's moments
    with ExitStack() as held:
        server = held.enter_context(postgres())
        database = held.enter_context(Databases(server).empty())
        proxy = held.enter_context(cutting_proxy(server.port))
        stack = held.enter_context(_stack(folder, cluster, server, database, proxy))
        brokers = held.enter_context(closing(EachInTurn(cluster, chance)))
        members = Members(stack, SINK, chance)
        breaker = _breaker(stack, chance, Database(server, proxy, chance), brokers, members)
        faults = by_part(planned(chance, ROLES, size.faults))
        faults[FACTS] += [Fault(REBALANCE, within=BURST_SECONDS)] * size.rebalances
        sent, views = published(breaker, stack, made, faults), InPostgres(server, database)
        run, differing = ended(stack, breaker, sent, views)
        off = wrong(run, made.truth)
        off["stale"] |= differing | altered(stack)
        off["duplicated"] |= views.twice()
        if views.content_hash() != in_one_file(folder / "alone.duckdb", run.arrivals):
            off["stale"].add("what the views show is not what one sink makes of the topics at once")
    say(f"joins and leaves in {members.seconds:.0f} s, {len(run.view.raised)} signals")
    done = {f"{kind.replace(' ', '_')}s": breaker.done[kind] for kind in TOLD}
    return {**done, "events": len(sent), **tell(off)}


def _stack(folder: Path, cluster: Cluster, server: Postgres, database: str, proxy: CuttingProxy) -> Stack:
    """Portals ask by a role that reads, sinks write by another, through the proxy."""
    calendar = folder / "calendar.toml"
    calendar.write_text(busy().to_toml(), encoding="utf-8")
    settings = Settings(
        data_dir=folder / "data", portal_port=0, bootstrap=cluster.bootstrap, broker="native", signals_file=calendar,
        views_dsn=SecretStr(server.dsn(database, READER)), leases_dsn=SecretStr(server.dsn("postgres")),
    )  # fmt: skip
    own = {SINK: {"THROUGHLINE_VIEWS_DSN": server.dsn(database, WRITER, proxy.port)}}
    return Stack(settings, workers=NAMES, own=own)


def _breaker(stack: Stack, chance: random.Random, database: Database, brokers: EachInTurn, members: Members) -> Breaker:
    def restart() -> bool:
        """A portal that starts meanwhile would refuse to, and nobody here would start it again."""
        portals = [name for name in breaker.named(SERVE) if name not in breaker.asleep]
        return all(map(breaker.is_up, portals)) and database.restart()

    acts = {
        RESTART: restart,
        CUT: database.cut,
        BROKER_KILL: brokers.kill,
        REBALANCE: lambda: members.change(breaker),
    }
    breaker = Breaker(stack, chance, acts)
    return breaker


if __name__ == "__main__":
    sys.exit(main())
