"""``throughline consent as-of``: what a recipient could see at a time."""

from collections import defaultdict
from datetime import UTC, datetime
from typing import Annotated

import orjson
import typer

from deploy import audit_log, tables
from deploy.as_of import Sight, as_of
from deploy.console import bootstrap
from deploy.progress import counting
from streams.errors import ThroughlineError


def as_of_(
    recipient: Annotated[str, typer.Option(help="As agreements name it.")],
    at: Annotated[str, typer.Option(help="A moment, ISO 8601; without an offset it is UTC.")],
    person: Annotated[str | None, typer.Option(help="Only of this person, by id.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object with every event.")] = False,
) -> None:
    """Show what a recipient could see at a time: by source and kind of record, or with --json event by event.

    It is told by the disclosure log, which is kept for ever (`throughline audit verify` proves it); the clock is the
    broker's. What had left for the recipient's own systems by then is theirs to say.

    Example: throughline consent as-of --recipient lausd_counseling --at 2026-11-30T08:00
    """
    moment = milliseconds(at)
    with counting("reading", "records") as told:
        found = as_of(recipient, moment, audit_log.decisions(audit_log.of_topic(bootstrap()), told))
    seen = [one for one in found if person in (None, one.person_id)]
    if as_json:
        typer.echo(orjson.dumps({"recipient": recipient, "at": at, "events": [one._asdict() for one in seen]}))
    elif seen:
        tables.show(("source", "kind", "field groups", "purpose", "events", "persons"), _summed(seen))
    else:
        typer.echo("nothing stood at that time; `throughline agreements list` has the recipients' names")


def milliseconds(text: str) -> int:
    """A moment as milliseconds since 1970-01-01 UTC.

    Raises:
        ThroughlineError: it is none.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ThroughlineError(f"{text} is no moment: write it as 2026-11-30T08:00 or 2026-11-30T08:00-08:00") from None
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)


def _summed(seen: list[Sight]) -> list[tuple[str, ...]]:
    kinds: dict[tuple[str, ...], list[Sight]] = defaultdict(list)
    for one in seen:
        kinds[one.partner_id, one.family, ", ".join(one.groups), one.purpose].append(one)
    return [
        (*kind, str(len(found)), str(len({one.person_id for one in found}))) for kind, found in sorted(kinds.items())
    ]
