"""``throughline signals reset``: the way back where the signals' store was lost and there is no backup."""

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import orjson
import typer
from confluent_kafka import KafkaError, KafkaException

from deploy.agreements_folder import load_agreements
from deploy.checks import locked_by
from deploy.console import bootstrap, waiting_for
from streams import clients, migrations, settings, signals
from streams.errors import ThroughlineError
from streams.faust_app import SESSION_SECONDS
from streams.store import path_of

signals_app = typer.Typer(help="Signals: beginning anew where their store was lost.", no_args_is_help=True)
LEAVE_SECONDS = SESSION_SECONDS + 5
"""A worker that has stopped stays a member of its group for its session: it is expected back."""
POLL_SECONDS = 0.5


@signals_app.callback()
def _signals() -> None:
    """Signals: beginning anew where their store was lost."""


@signals_app.command("reset")
def reset(as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of lines.")] = False) -> None:
    """Have the worker signals begin anew: forget what its group has read, put its store aside.

    For a store that was lost or restored without Kafka of the same moment. Stop the worker first; start it after, and
    have every recipient's releases sent again: the same signals come out, under the ids that they had, raised at the
    time of the second decision.

    Example: throughline signals reset
    """
    chosen = settings.load()
    recipients = sorted({a.party for a in load_agreements(chosen.agreements) if a.tier == "dsa"})
    aside = begin_anew(bootstrap(), path_of(chosen.data_dir, signals.NAME))
    if as_json:
        told = {"store_moved_to": None if aside is None else str(aside), "to_reissue": recipients}
        typer.echo(orjson.dumps(told))
        return
    typer.echo("signals begins anew" + (f"; its store was put aside as {aside.name}" if aside else ""))
    typer.echo("start `throughline worker signals`, then have the releases of each recipient sent again:")
    for recipient in recipients:
        typer.echo(f"  throughline agreements reissue {recipient}")


def begin_anew(address: str, store: Path) -> Path | None:
    """Forget the group's offsets and put the store aside; where to, None: there was none.

    Done again after a crash it finishes what was begun.

    Raises:
        ThroughlineError: the worker runs, or the broker does not answer.
    """
    found = migrations.found(store)
    if found is not None and (process := locked_by(found)):
        raise ThroughlineError(f"{found.name} is in use by process {process}: stop the worker signals first")
    with waiting_for("the worker signals to leave its group"):
        _forget_group(address)
    return _put_aside(store)


def _forget_group(address: str) -> None:
    """Delete the group.

    Raises:
        ThroughlineError: it has members, or the broker does not answer.
    """
    admin, deadline = clients.admin(address), time.monotonic() + LEAVE_SECONDS
    while True:
        [future] = admin.delete_consumer_groups([signals.NAME], request_timeout=clients.ANSWER_SECONDS).values()
        try:
            future.result()
        except KafkaException as error:
            code = error.args[0].code()
            if code == KafkaError.GROUP_ID_NOT_FOUND:
                return
            if code != KafkaError.NON_EMPTY_GROUP:
                raise clients.away(error.args[0]) from error
            if time.monotonic() > deadline:
                raise ThroughlineError(
                    "a worker signals reads in this group: stop it first, on whichever machine it runs"
                ) from None
            time.sleep(POLL_SECONDS)
        else:
            return


def _put_aside(store: Path) -> Path | None:
    """Move the store; one of an older format, which is a file, would be made into this one's place."""
    found = migrations.found(store)
    if found is None:
        return None
    aside = found.with_name(f"{found.name}.before-{datetime.now(UTC):%Y%m%dT%H%M%SZ}")
    return found.rename(aside)
