"""The whole stack over a real broker under faults; then everything that can be counted is compared.

Publishes made-up people at an even rate, and meanwhile kills workers and the broker with kill -9 and starts them again,
and stops workers for longer than transactions and sessions last: a successor that is started beside a sleeper must be
refused; then the sleeper goes on, or is killed and a successor takes over. What the partner saw no acknowledgement of,
it sends again.

In the end: sets of event ids and of rows equal the population's truth (lost, duplicated, leaked); numbers of records
are unbroken and every position is the end of its input (gaps); counts of the views are those of a plain fold of the
topics, signals those that the pure decision finds in the releases, and the audit is whole and under signed heads to its
end (unequal). Prints one JSON object as its last line; exits 1 unless all of these are 0 and every fault was caused.
"""

import json
import random
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pydantic import SecretStr
from support.chaos import asking
from support.chaos.brokers import BROKER_KILL, EachInTurn, OnlyBroker
from support.chaos.compare import WRONG, wrong
from support.chaos.ending import altered, ended, tell
from support.chaos.faults import KILL, PAUSE, ROLES, Breaker, planned
from support.chaos.flow import by_part, published
from support.chaos.kept import InOneFile
from support.chaos.raised import busy
from support.cluster import BROKERS, Cluster
from support.postgres import postgres
from support.proving import say

from deploy.population import generate
from deploy.stack import WORKERS, Stack
from streams.settings import Settings

EXAMPLES = """
examples:
  chaos.py                         5 kills, 1 pause, 1 kill of the broker, 3,600 events; a minute or two
  chaos.py --long                  20 kills, 5 pauses, 3 kills of the broker, 50,000 events
  chaos.py --seed 11               the same faults in the same order again
  chaos.py --brokers 3 --broker-kills 3
                                   over three brokers, each of which is killed once
  chaos.py --standbys              the same with two workers each for resolve and consent, leases in a PostgreSQL
  chaos.py --kills 20 --pauses 0 --broker-kills 0 --roles signals
                                   one worker killed again and again
"""
FEWEST_SIGNALS = 20


@dataclass(frozen=True)
class Size:
    """How much of everything."""

    kills: int = 5
    pauses: int = 1
    broker_kills: int = 1
    people: int = 300
    brokers: int = 1
    roles: Sequence[str] = ROLES
    """Whom faults happen to, beside the broker."""
    standbys: bool = False
    """Whether resolve and consent have two workers each, with leases in a PostgreSQL."""

    def named(self, role: str) -> list[str]:
        """The workers of a role."""
        return [f"{role}-a", f"{role}-b"] if self.standbys and role in DOUBLED else [role]

    @property
    def faults(self) -> dict[str, int]:
        """How many of each kind."""
        return {KILL: self.kills, PAUSE: self.pauses, BROKER_KILL: self.broker_kills}


DOUBLED = ("resolve", "consent")
"""Stages that may have standbys."""
SHORT, LONG = Size(), Size(20, 5, 3, 4_300)


def main() -> int:
    """Run; the exit code."""
    size, seed = _asked()
    say(f"seed {seed}")  # to run it again
    with tempfile.TemporaryDirectory(prefix="throughline-chaos-") as folder, ExitStack() as held:
        cluster = held.enter_context(Cluster(Path(folder) / "cluster")) if size.brokers > 1 else None
        document = prove(Path(folder), size, seed, cluster)
    sys.stdout.write(json.dumps(document) + "\n")
    return 0 if is_sound(document, size) else 1


def _asked() -> tuple[Size, int]:
    command = asking.parser(__doc__, EXAMPLES)
    command.add_argument("--brokers", type=int, choices=(1, BROKERS), help="how many there are; 1")
    command.add_argument("--roles", nargs="+", choices=ROLES, metavar="ROLE", help=f"instead of {', '.join(ROLES)}")
    command.add_argument("--standbys", action="store_true", help="two workers each for resolve and consent")
    return asking.asked(command, SHORT, LONG, "kills", "pauses", "broker_kills", "people")


def is_sound(document: dict[str, int], size: Size) -> bool:
    """Whether nothing is wrong, and all was done."""
    return not any(document[name] for name in WRONG) and [
        document[n] for n in ("kills", "pauses", "broker_kills")
    ] == list(size.faults.values())


def prove(folder: Path, size: Size, seed: int, cluster: Cluster | None = None) -> dict[str, int]:
    """Run and compare, over a broker of its own or over a cluster of which each is killed in turn; the figures."""
    made = generate(size.people, 7, decided_on=datetime.now(UTC).date())
    chance = random.Random(seed)  # noqa: S311  # of a test's moments
    calendar = folder / "calendar.toml"
    calendar.write_text(busy().to_toml(), encoding="utf-8")
    data = folder / "data"
    address = None if cluster is None else cluster.bootstrap
    settings = Settings(data_dir=data, portal_port=0, bootstrap=address, broker="native", signals_file=calendar)
    with ExitStack() as held:
        if size.standbys:
            dsn = SecretStr(held.enter_context(postgres()).dsn("postgres"))
            settings = settings.model_copy(update={"leases_dsn": dsn})
        stack = held.enter_context(Stack(settings, workers=[name for role in WORKERS for name in size.named(role)]))
        brokers = OnlyBroker(stack, chance) if cluster is None else EachInTurn(cluster, chance)
        held.enter_context(closing(brokers))
        breaker = Breaker(stack, chance, {BROKER_KILL: brokers.kill})
        sent = published(breaker, stack, made, by_part(planned(chance, size.roles, size.faults)))
        run, differing = ended(stack, breaker, sent, InOneFile(stack))
        differing |= altered(stack)
    if len(run.view.raised) < FEWEST_SIGNALS:
        raise AssertionError(f"only {len(run.view.raised)} signals: they prove nothing")
    off = wrong(run, made.truth)
    off["unequal"] |= differing
    done = {f"{kind.replace(' ', '_')}s": breaker.done[kind] for kind in size.faults}
    return {**done, "events": len(sent), **tell(off)}


if __name__ == "__main__":
    sys.exit(main())
