"""A rolling upgrade: the version before this one and this one side by side, on the same topics and the same views.

Over a real broker, with case views in PostgreSQL, the version before runs all: resolve and consent, two sinks, signals
and a portal. While made-up people's events come at an even rate, one process after the other becomes this version's:
standbys join beside those that act, which are killed; sinks share the partitions with sinks of the other version;
portals of both read the same views, and must say the same. Then resolve, a sink and the portal go back one step, act
over what this version has written, and forward again.

In the end all is compared with the population's truth as chaos.py does, and the stores of the workers with each other.
Then a version to come acts, of formats that this one does not know: a worker that stands by, a portal that runs and a
sink that starts must refuse by name. Prints one JSON object as its last line; exits 0 only where nothing is lost,
doubled, missing, leaked or unequal, 2 where the history of this clone does not hold the version before.
"""

import json
import sys
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path

from pydantic import SecretStr
from support.brokers import fresh_broker
from support.chaos.compare import PHASES, wrong
from support.chaos.ending import altered, ended, tell
from support.chaos.kept import InPostgres
from support.chaos.partner import Partner
from support.chaos.raised import busy
from support.postgres import SERVE, SINK, Databases, postgres
from support.proving import say
from support.upgrade.mixed import Mixed
from support.upgrade.to_come import is_by_name, made_of, refused
from support.upgrade.versions import Version, present, previous

from deploy.commands.demo import MANAGERS
from deploy.ledger import LiveLedger
from deploy.population import generate
from partners.population import Population
from partners.population.send import turns
from streams import consent, resolve, signals
from streams.errors import ThroughlineError
from streams.settings import Settings

PEOPLE = 200
EVENTS_A_SECOND = 60
SECONDS_A_STEP = 8.0
"""So long events flow for each step, at least."""
FEWEST_SIGNALS = 10
STAGES = (resolve.NAME, consent.NAME)
FIRST = ("resolve-a", "consent-a", "signals", "sink-a", "sink-b", "serve")
"""Processes before the upgrade, in the order in which they start."""
Step = Callable[[Mixed], object]


def main() -> int:
    """Run; the exit code."""
    with tempfile.TemporaryDirectory(prefix="throughline-upgrade-") as folder:
        try:
            old = previous(Path(folder) / "previous")
        except ThroughlineError as error:
            say(f"upgrade: {error}")
            return 2
        new = present()
        off = prove(Path(folder), old, new)
    figures = {name: len(off.pop(name)) for name in ("lost", "duplicated")}
    sys.stdout.write(json.dumps({**figures, "versions": [old.name, new.name]}) + "\n")
    return 0 if not any(figures.values()) and not any(off.values()) else 1


def prove(folder: Path, old: Version, new: Version) -> dict[str, set[object]]:
    """Upgrade and compare; everything that is wrong, by name."""
    for version in (old, new):
        if version.code() != version.root:
            raise AssertionError(f"{version.name} would run other code than its own")
    made = generate(PEOPLE, 7, decided_on=datetime.now(UTC).date())
    with ExitStack() as held:
        server = held.enter_context(postgres())
        stack = _stack(folder, server.dsn("postgres"), held.enter_context(fresh_broker(folder / "kafka")))
        name = held.enter_context(Databases(server).empty())
        stack.dsns = {role: server.dsn(name, role) for role in (SINK, SERVE)}
        stack.bootstrap = str(stack.settings.bootstrap)
        held.callback(stack.end_processes)
        for words in (("topics", "create"), ("agreements", "activate")):
            stack.command(old, *words)
        for process in FIRST:
            stack.run(process, old)
        published = _flow(stack, made, plan(old, new))
        run, differing = ended(stack, stack, published, InPostgres(server, name))
        stack.end(SERVE)
        audited = altered(stack)
        say("a version to come")
        told = refused(stack, new, made_of(new, folder / "to-come"), server.dsn(name))
    if len(run.view.raised) < FEWEST_SIGNALS:
        raise AssertionError(f"only {len(run.view.raised)} signals: they prove nothing")
    off = wrong(run, made.truth)
    off["unequal"] |= differing | audited
    off["not refused"] = {f"{who}: {line}" for who, line in told.items() if not is_by_name(line)}
    tell(off)
    return off


def _stack(folder: Path, leases: str, address: str) -> Mixed:
    """A stack that is not started, over a broker that is, with leases in a PostgreSQL."""
    chosen = Settings(
        data_dir=folder / "data", portal_port=0, bootstrap=address, leases_dsn=SecretStr(leases),
        signals_file=folder / "calendar.toml", users_file=folder / "users.toml",
    )  # fmt: skip
    chosen.data_dir.mkdir()
    chosen.calendar.write_text(busy().to_toml(), encoding="utf-8")
    entries = [f'[[users]]\nid = "{i}"\nname = "{n}"\nrecipient = "{r}"\n' for i, (n, r) in MANAGERS.items()]
    chosen.users.write_text("\n".join(entries), encoding="utf-8")
    return Mixed(chosen)


def plan(old: Version, new: Version) -> list[list[tuple[str, Step]]]:
    """What happens while each part of the population is published."""
    return [
        [
            ("topics by the new version", lambda stack: stack.command(new, "topics", "create")),
            ("sinks, one by one", lambda stack: _sinks(stack, new)),
            ("signals", lambda stack: stack.replace(signals.NAME, new)),
        ],
        [],
        [
            ("portals", lambda stack: _portals(stack, new)),
            *(step for stage in reversed(STAGES) for step in _stage(stage, new)),
            ("resolve, a sink and the portal back one step", lambda stack: _back(stack, old)),
        ],
        [("and forward again", lambda stack: _forward(stack, new))],
        [],
        [],
    ]


def _stage(stage: str, new: Version) -> list[tuple[str, Step]]:
    return [
        (f"{stage}: the new version joins", lambda stack: _join(stack, f"{stage}-b", new)),
        (f"{stage}: and takes over from the old one", lambda stack: _take_over(stack, f"{stage}-a", f"{stage}-b")),
        (f"{stage}: the other becomes new too", lambda stack: _join(stack, f"{stage}-a", new)),
    ]


def _join(stack: Mixed, name: str, version: Version) -> None:
    stack.run(name, version)
    stack.wait_level(name)


def _take_over(stack: Mixed, killed: str, successor: str) -> None:
    stack.end(killed, kill=True)
    stack.wait_acting(successor)


def _sinks(stack: Mixed, new: Version) -> None:
    for name in ("sink-a", "sink-b"):
        stack.replace(name, new)
        stack.wait_shares("sink-a", "sink-b")


def _portals(stack: Mixed, version: Version) -> None:
    """One of the other version comes beside the portal, and says the same; then the portal is of it too."""
    stack.run("serve-b", version)
    _say_the_same(stack)
    stack.replace(SERVE, version)
    _say_the_same(stack)
    stack.end("serve-b")


def _say_the_same(stack: Mixed) -> None:
    """Views move on meanwhile: it is asked until both were asked between two changes."""
    for user in MANAGERS:
        stack.wait(
            lambda user=user: bool(seen := stack.caseload("serve", user)) and seen == stack.caseload("serve-b", user),  # type: ignore[misc]
            "portals of both versions say the same",
        )


def _back(stack: Mixed, old: Version) -> None:
    stack.replace("resolve-a", old)
    stack.wait_level("resolve-a")
    _take_over(stack, "resolve-b", "resolve-a")
    stack.replace("sink-a", old)
    stack.wait_shares("sink-a", "sink-b")
    stack.replace(SERVE, old)


def _forward(stack: Mixed, new: Version) -> None:
    _join(stack, "resolve-b", new)
    _take_over(stack, "resolve-a", "resolve-b")
    _join(stack, "resolve-a", new)
    stack.replace("sink-a", new)
    stack.wait_shares("sink-a", "sink-b")
    stack.replace(SERVE, new)


def _flow(stack: Mixed, made: Population, steps: Sequence[Sequence[tuple[str, Step]]]) -> set[str]:
    """Publish part by part, at an even rate, while the steps of each part are done; each part ends before the next."""
    partner, published = Partner(stack.bootstrap), set[str]()
    parts = list(chain.from_iterable(turns(made.phases[phase]) for phase in PHASES))
    for events, now in zip(parts, steps, strict=True):
        with ThreadPoolExecutor(1) as beside:
            seconds = max(len(events) / EVENTS_A_SECOND, len(now) * SECONDS_A_STEP)
            sending = beside.submit(partner.send_evenly, events, seconds)
            try:
                for what, step in now:
                    say(what)
                    step(stack)
            except BaseException:  # else the partner would go on for minutes before anybody heard of it
                partner.gives_up.set()
                raise
            acknowledged = sending.result()
        _wait_for_the_ends(stack, acknowledged)
        published |= acknowledged
        say(f"{len(published)} events")
    return published


def _wait_for_the_ends(stack: Mixed, event_ids: set[str]) -> None:
    with closing(LiveLedger(stack.bootstrap)) as ledger:
        stack.wait(lambda: event_ids <= ledger.catch_up().outcomes.keys(), "all events of a part have ended")


if __name__ == "__main__":
    sys.exit(main())
