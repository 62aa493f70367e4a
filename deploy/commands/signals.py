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
from processors.records import Outs
from streams import clients, migrations, settings, signals
from streams.errors import ThroughlineError
from streams.faust_app import SESSION_SECONDS
from streams.numbering import of_generation
from streams.settings import Settings
from streams.shared_signals import GROUP, stage_of
from streams.store import Store, path_of

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

    For a store that was lost or restored without Kafka of the same moment. Stop the worker first, of several all of
    them; where these have data directories of their own, remove their stores of signals. Start it after, and have every
    recipient's releases sent again: the same signals come out, under the ids that they had, raised at the time of the
    second decision.

    Example: throughline signals reset
    """
    chosen = settings.load()
    recipients = sorted({a.party for a in load_agreements(chosen.agreements) if a.tier == "dsa"})
    aside = begin_anew(bootstrap(), chosen)
    if as_json:
        told = {"store_moved_to": str(aside[0]) if aside else None, "to_reissue": recipients}
        typer.echo(orjson.dumps(told))
        return
    typer.echo("signals begins anew" + "".join(f"; its store was put aside as {one.name}" for one in aside))
    typer.echo("start `throughline worker signals`, then have the releases of each recipient sent again:")
    for recipient in recipients:
        typer.echo(f"  throughline agreements reissue {recipient}")


@signals_app.command("share")
def share(as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of lines.")] = False) -> None:
    """Have workers signals that have names go on where the one without a name has come to.

    Once, with no worker signals running. What its store has goes to state.signals.*, a topic for each partition of
    released.*; then the store is put aside, and any number of workers with a THROUGHLINE_INSTANCE may start.

    Example: throughline signals share
    """
    chosen, address = settings.load(), bootstrap()
    store = path_of(chosen.data_dir, signals.NAME)
    _must_be_free(store)
    if migrations.found(store) is None:
        raise ThroughlineError(f"no {store.name} is in {store.parent}: there is nothing to share out")
    from deploy.shared_signals import share_out  # noqa: PLC0415  # that of one worker needs none of it

    with waiting_for("the shares to be told"):
        share_out(chosen, address, store)
    aside = _put_aside(store)
    if as_json:
        typer.echo(orjson.dumps({"shares": chosen.released_partitions, "store_moved_to": str(aside)}))
    else:
        typer.echo(
            f"signals have {chosen.released_partitions} shares; the store was put aside as {aside and aside.name}"
        )
        typer.echo("start `THROUGHLINE_INSTANCE=a throughline worker signals`, and as many more as there are shares")


def begin_anew(address: str, chosen: Settings) -> list[Path]:
    """Forget the groups' offsets and put the stores aside; where to.

    Done again after a crash it finishes what was begun.

    Raises:
        ThroughlineError: a worker runs, or the broker does not answer.
    """
    from deploy.shared_signals import forget_shares  # noqa: PLC0415  # as above

    store, generation = path_of(chosen.data_dir, signals.NAME), int(time.time())
    of_shares = sorted(store.parent.glob(f"{signals.NAME}-*{store.suffix}"))
    for one in (store, *of_shares):
        _must_be_free(one)
    stages = [stage_of(share) for share in range(chosen.released_partitions)]
    with waiting_for("the worker signals to leave its group"):
        for group in (GROUP, signals.NAME, *stages):
            _forget_group(address, group)
    forget_shares(address, stages, generation)
    aside = [found for one in (store, *of_shares) if (found := _put_aside(one)) is not None]
    if of_shares:
        return aside
    with Store.open(store) as new:  # whose numbers are higher than those that the views have taken
        new.commit(new.take_over().token, 0, of_generation(generation), {}, Outs())
    return aside


def _must_be_free(store: Path) -> None:
    found = migrations.found(store)
    if found is not None and (process := locked_by(found)):
        raise ThroughlineError(f"{found.name} is in use by process {process}: stop the worker signals first")


def _forget_group(address: str, group: str) -> None:
    """Delete a group.

    Raises:
        ThroughlineError: it has members, or the broker does not answer.
    """
    admin, deadline = clients.admin(address), time.monotonic() + LEAVE_SECONDS
    while True:
        [future] = admin.delete_consumer_groups([group], request_timeout=clients.ANSWER_SECONDS).values()
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
