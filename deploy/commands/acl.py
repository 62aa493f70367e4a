"""``throughline acl plan|apply``: users, access control lists and quotas of the broker, as agreements call for them."""

from datetime import UTC, datetime
from typing import Annotated

import orjson
import typer

from deploy import tables
from deploy.acl import broker
from deploy.acl.changes import Changes, compared
from deploy.acl.passwords import Passwords
from deploy.acl.wanted import SERVICE, Limits, Standing, is_ours, wanted
from deploy.agreements_folder import load_agreements
from deploy.commands.options import AsJson
from deploy.console import bootstrap, meant
from processors.consent.agreements import number_of
from streams import settings
from streams.errors import ThroughlineError
from streams.settings import Settings

acl_app = typer.Typer(
    help="Who may do what on the broker: users, access control lists and quotas, from agreements.",
    no_args_is_help=True,
)
STYLES = {"+": "green", "-": "red", "~": "yellow"}


@acl_app.command("plan")
def plan(as_json: AsJson = False) -> None:
    """What `acl apply` would change: users, what each may do, and how much; never a password.

    Example: throughline acl plan
    """
    chosen, address = settings.load(), bootstrap()
    to_be, there = wanted_of(chosen), broker.standing(address)
    passwords = Passwords(chosen.data_dir)
    changes = compared(to_be, there, passwords.being_changed())
    if as_json:
        typer.echo(orjson.dumps({**changes.to_document(), **_beside(to_be, there, passwords)}))
        return
    _show(changes)
    _tell_beside(to_be, there, passwords)


@acl_app.command("apply")
def apply(
    rotate: Annotated[
        list[str] | None, typer.Option(help="A user that is to have another password; may be said again.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: AsJson = False,
) -> None:
    """Have the broker allow what agreements in force and services call for, and nothing else to users of ours.

    Run it as a super user of the broker, after `topics create` whenever an agreement begins, changes or ends; nothing
    has to be started again. Passwords are made once, into secrets/kafka of the data directory: a file for each user.

    Example: throughline acl apply
    """
    chosen, address = settings.load(), bootstrap()
    to_be, there = wanted_of(chosen), broker.standing(address)
    passwords = Passwords(chosen.data_dir)
    _must_be_known(rotate or [], to_be)
    changes = compared(to_be, there, {*(rotate or []), *passwords.being_changed()})
    if not as_json:
        _show(changes)
    if changes.count:
        if not yes:
            _confirm(as_json=as_json)
        broker.change(address, changes, passwords)
        broker.wait_until(address, to_be)
    if as_json:
        typer.echo(orjson.dumps({**changes.to_document(), **_beside(to_be, there, passwords)}))
        return
    if changes.count:
        typer.echo(f"{changes.count} changes made")
    for user in (*changes.users_added, *changes.rotated):
        typer.echo(f"password of {user}: {passwords.path(user)}")
    _tell_beside(to_be, there, passwords)


def wanted_of(chosen: Settings) -> Standing:
    """What the broker is to allow today, by the settings and their folder of agreements.

    Raises:
        ThroughlineError: an agreement cannot be read, or none shares anything with a recipient that is to read.
    """
    readers = [name for name in chosen.kafka_recipients.split(",") if name]
    limits = Limits(chosen.partner_bytes_per_second, chosen.partner_request_percent, chosen.connections_per_second)
    today = number_of(datetime.now(UTC).date())
    try:
        return wanted(load_agreements(chosen.agreements), today, readers, limits)
    except ValueError as error:
        raise ThroughlineError(
            f"THROUGHLINE_KAFKA_RECIPIENTS: no data-sharing agreement in force names {error}; see `throughline "
            "agreements list`"
        ) from None


def _must_be_known(users: list[str], to_be: Standing) -> None:
    for user in users:
        if user not in to_be.users:
            close = meant(user, to_be.users)
            raise ThroughlineError(f"no user {user}: {close}they are called partner.…, recipient.… and {SERVICE}…")


def _confirm(*, as_json: bool) -> None:
    if as_json:
        raise ThroughlineError("with --json nobody is asked: say --yes")
    typer.confirm("make these changes?", abort=True)


def _show(changes: Changes) -> None:
    if not changes.count:
        typer.echo("0 changes: the broker allows what agreements and services call for")
        return
    tables.show(("", "user", "change"), list(changes.lines()), lambda sign: STYLES.get(sign, ""))
    typer.echo(f"{changes.count} changes")


def _beside(to_be: Standing, there: Standing, passwords: Passwords) -> dict[str, object]:
    """What is to be known besides: passwords that are not here, and how many rules are not ours."""
    return {"passwords_missing": _missing(to_be, there, passwords), "others": len(_others(there))}


def _tell_beside(to_be: Standing, there: Standing, passwords: Passwords) -> None:
    if missing := _missing(to_be, there, passwords):
        typer.echo(f"passwords that are not in this data directory: {', '.join(missing)}; --rotate makes another")
    if others := _others(there):
        typer.echo(f"{len(others)} rules of others are left alone: {', '.join(others)}")


def _missing(to_be: Standing, there: Standing, passwords: Passwords) -> list[str]:
    return sorted(user for user in to_be.users & there.users if not passwords.has(user))


def _others(there: Standing) -> list[str]:
    """Whose rules those are that are not ours; a rule for everybody may allow more than agreements do."""
    return sorted({rule.user for rule in there.rules if not is_ours(rule.user)})
