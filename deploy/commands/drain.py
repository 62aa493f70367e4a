"""``throughline drain``: workers read to the ends of their topics, finish what they have taken, and end."""

import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated

import orjson
import typer

from deploy.console import FAILED, bootstrap, meant, waiting_for
from deploy.drain import WAYS, Drained, Way, drain
from streams import settings
from streams.errors import ThroughlineError

ROLES = tuple(way.role for way in WAYS)
SECONDS = 120.0


def drain_(
    roles: Annotated[
        list[str] | None, typer.Argument(metavar="ROLE", help="resolve, consent, signals, serve. [default: all]")
    ] = None,
    timeout: Annotated[float, typer.Option(min=0, help="Seconds to wait, for all of them together.")] = SECONDS,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of lines.")] = False,
) -> None:
    """Have running workers finish and end, so that nothing is left between them.

    One after the other, in the order resolve, consent, signals, serve: each reads to the ends that its topics have
    when its turn comes, decides, stores and sends all of it, and ends with exit code 0. What partners have sent and
    resolve has not taken waits in their topics. So after a drain of all, consent has read all of resolved.events,
    signals and views all of released.*, views all of signals.*, and nothing is pending. A sweep goes on at the next
    start. Nothing is killed: a worker that does not finish in time goes on, and those after it are not asked.

    Workers are found by the locks of the data directory, whoever started them. A supervisor must leave alone what ends
    with exit code 0 (systemd: Restart=on-failure). A demo is ended by Ctrl-C.

    Exit code 0: all have ended, and nothing waits for them; 1: one has not finished, and its line says what to do.

    Example: throughline drain

    Example: throughline drain signals --timeout 30
    """
    wanted = _known(roles or ROLES)
    chosen, address = settings.load(), bootstrap()
    found = list(_drained([way for way in WAYS if way.role in wanted], chosen.data_dir, address, timeout, as_json))
    is_done = len(found) == len(wanted) and all(one.is_fine for one in found)
    if as_json:
        workers = [{"role": one.role, "state": one.state, "seconds": round(one.seconds, 1)} for one in found]
        asked = {one.role for one in found}
        left = [{"role": role, "state": "not_asked", "seconds": 0} for role in ROLES if role in wanted - asked]
        typer.echo(orjson.dumps({"drained": is_done, "workers": workers + left}))
    if not is_done:
        raise typer.Exit(FAILED)


def _known(roles: Sequence[str]) -> set[str]:
    for role in roles:
        if role not in ROLES:
            raise ThroughlineError(f"no worker is called {role}: {meant(role, ROLES)}there are {', '.join(ROLES)}")
    return set(roles)


def _drained(ways: Sequence[Way], data_dir: Path, address: str, timeout: float, is_quiet: bool) -> Iterator[Drained]:  # noqa: FBT001
    """How it went with each, up to the first that did not finish."""
    deadline = time.monotonic() + timeout
    for number, way in enumerate(ways, 1):
        with waiting_for(f"{way.role} to finish"):
            found = drain(way, data_dir, address, deadline)
        yield found
        if not is_quiet:
            typer.echo(f"{found.role}: {found.line}")
        if not found.is_fine:
            if not is_quiet:
                for left in ways[number:]:
                    typer.echo(f"{left.role}: not asked, since {way.role} has not finished")
            return
