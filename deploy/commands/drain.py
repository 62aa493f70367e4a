"""``throughline drain``: workers read to the ends of their topics, finish what they have taken, and end."""

import time
from collections.abc import Sequence
from typing import Annotated

import orjson
import typer

from deploy.console import FAILED, bootstrap, meant, waiting_for
from deploy.drain import WAYS, Drained, Way, drain, ways_of
from streams import settings
from streams.errors import ThroughlineError
from streams.settings import Settings

ROLES = tuple(way.role for way in WAYS)
SECONDS = 120.0


def drain_(
    roles: Annotated[
        list[str] | None, typer.Argument(metavar="ROLE", help="resolve, consent, signals, sink, serve. [default: all]")
    ] = None,
    timeout: Annotated[float, typer.Option(min=0, help="Seconds to wait, for all of them together.")] = SECONDS,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of lines.")] = False,
) -> None:
    """Have running workers finish and end, so that nothing is left between them.

    One after the other, in the order resolve, consent, signals, serve (or sink, where views are in PostgreSQL): each
    reads to the ends that its topics have when its turn comes, decides, stores and sends all of it, and ends with exit
    code 0. Workers that stand by for another end before it; those that share what they read end together. What
    partners have sent and resolve has not taken waits in their topics. So after a drain of all, consent has read all of
    resolved.events, signals and views all of released.*, views all of signals.*, and nothing is pending. A sweep goes
    on at the next start. Nothing is killed: a worker that does not finish in time goes on, and those after it are not
    asked.

    Workers are found by the locks of the data directory, whoever started them. A supervisor must leave alone what ends
    with exit code 0 (systemd: Restart=on-failure). A demo is ended by Ctrl-C.

    Exit code 0: all have ended, and nothing waits for them; 1: one has not finished, and its line says what to do.

    Example: throughline drain

    Example: throughline drain signals --timeout 30
    """
    wanted = _known(roles or ROLES)
    chosen, address = settings.load(), bootstrap()
    ways = [way for way in ways_of(chosen) if way.role in wanted]
    if not ways:
        raise ThroughlineError(f"no {roles and roles[0]} here reads topics: end it as you like")
    found, left = _drained(ways, chosen, address, time.monotonic() + timeout, is_quiet=as_json)
    is_done = not left and all(one.is_fine for one in found)
    if as_json:
        workers = [{"role": one.role, "state": one.state, "seconds": round(one.seconds, 1)} for one in found]
        workers += [{"role": way.role, "state": "not_asked", "seconds": 0} for way in left]
        typer.echo(orjson.dumps({"drained": is_done, "workers": workers}))
    if not is_done:
        raise typer.Exit(FAILED)


def _known(roles: Sequence[str]) -> set[str]:
    for role in roles:
        if role not in ROLES:
            raise ThroughlineError(f"no worker is called {role}: {meant(role, ROLES)}there are {', '.join(ROLES)}")
    return set(roles)


def _drained(
    ways: Sequence[Way], chosen: Settings, address: str, deadline: float, *, is_quiet: bool
) -> tuple[list[Drained], Sequence[Way]]:  # fmt: skip
    """How it went with each worker, up to the first role that did not finish; and the roles that were not asked."""
    found: list[Drained] = []
    for number, way in enumerate(ways, 1):
        with waiting_for(f"{way.role} to finish"):
            told = list(drain(way, chosen.data_dir, address, chosen.released_partitions, deadline))
        found += told
        if not is_quiet:
            for one in told:
                typer.echo(f"{one.role}: {one.line}")
        if not all(one.is_fine for one in told):
            if not is_quiet:
                for left in ways[number:]:
                    typer.echo(f"{left.role}: not asked, since {way.role} has not finished")
            return found, ways[number:]
    return found, []
