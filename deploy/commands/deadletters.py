"""``throughline deadletters list|show|replay``: what could not travel, why, and on its way again; never a value."""

import re
import sys
from collections import Counter
from datetime import UTC, datetime
from typing import Annotated, Any

import orjson
import typer

from deploy import tables
from deploy.commands.options import AsJson
from deploy.commands.worker import keys_dir
from deploy.console import FAILED, bootstrap
from deploy.dead_letters import EXPIRED, Letter, event_in, letters, now_ms, opened, partner_of, place_of_event
from deploy.replay import REASONS, Outcome, Wish, hopeless, look, replay
from processors.resolve.codes import Code
from schemas_avro import catalog
from schemas_avro.ids import UUID, is_event_id
from schemas_avro.masked import MASK
from streams import settings
from streams.errors import ThroughlineError
from streams.keyring import Keyring

app = typer.Typer(help="Dead letters: events that cannot travel, and why.", no_args_is_help=True)
CALLED = "topic/partition/offset, as list prints it; or the event id, where one waits with it."
Partner = Annotated[str | None, typer.Option(help="Only this partner's.")]
Row = dict[str, Any]
TOLD_OF = ("place", "code", "field", "state")
"""The place says partner and family."""
WHERE_ROOM = ("rejected", "event id")
"""Of the table, where it has room for them."""
VERSION = re.compile(r"\d{1,2}\.\d{1,2}")
SHOWN = ("partner_id", "family", "code", "field", "event_id", "replay_of")


def as_row(letter: Letter, now: int) -> Row:
    """A dead letter as it is listed."""
    row = letter.row
    known = {name.removesuffix("_id") if name == "partner_id" else name: row[name] for name in SHOWN}
    again = letter.replay and {"at": _iso(letter.replay["replayed_at"] // 1_000), "reason": letter.replay["reason"]}
    times = {
        "rejected_at": _iso(row["rejected_at"] // 1_000),
        "expires_at": letter.expires_at and _iso(letter.expires_at),
        "replayed": again,
    }
    return {"place": letter.place, **known, "state": letter.state(now), **times}


def _iso(millis: int) -> str:
    return datetime.fromtimestamp(millis // 1_000, UTC).isoformat()


@app.command("list")
def list_(partner: Partner = None, as_json: AsJson = False) -> None:
    """List dead letters, oldest first, each with its state: waiting, replayed, or expired; and when it expires.

    Example: throughline deadletters list --partner csac
    """
    now = now_ms()
    shown = [as_row(letter, now) for letter in letters(bootstrap(), partner)]
    if as_json:
        counts = {name: dict(Counter(row[name] for row in shown)) for name in ("code", "state")}
        told = {"count": len(shown), "by_code": counts["code"], "by_state": counts["state"], "dead_letters": shown}
        typer.echo(orjson.dumps(told))
        return
    columns: list[str] = [*TOLD_OF, "expires", *WHERE_ROOM]
    rows = [_cells(row) for row in shown]
    kept = len(columns) if tables.fits(columns, rows) else -len(WHERE_ROOM)
    tables.show(columns[:kept], [cells[:kept] for cells in rows])


def _cells(row: Row) -> tuple[str, ...]:
    """A dead letter as a line of the table; an id only where it is one: broken senders put anything anywhere."""
    told = [str(row[name] or "") for name in TOLD_OF]
    event_id = str(row["event_id"] or "")
    expires, rejected = (str(row["expires_at"] or "never")[:10], row["rejected_at"][:19])
    return (*told, expires, rejected, event_id if UUID.fullmatch(event_id) else "")


@app.command("show")
def show(place: Annotated[str, typer.Argument(help=CALLED)]) -> None:
    """Show one dead letter as JSON: its fields, each value of a person masked.

    Example: throughline deadletters show partner.csac.aid/0/17
    """
    place = _place(place)
    letter = next((one for one in letters(bootstrap(), _partner_of(place)) if one.place == place), None)
    if letter is None:
        raise ThroughlineError(_nothing_at(place))
    keyring = Keyring(keys_dir(settings.load()))
    content = b"" if letter.state(now_ms()) == EXPIRED else opened(letter, keyring)
    keyring.close()
    head = {name: letter.row[name] for name in ("topic", "partition", "offset", "stage")}
    told = {
        **head,
        **as_row(letter, now_ms()),
        "bytes": len(content),
        "event": masked_event(content, letter.row["partner_id"]),
    }
    typer.echo(orjson.dumps(told, option=orjson.OPT_INDENT_2))


def _place(called: str) -> str:
    """The place of a dead letter that is called by it, or by its event id."""
    return place_of_event(bootstrap(), called) if is_event_id(called) else called


def _partner_of(place: str) -> str:
    partner = partner_of(place)
    if partner is None:
        raise ThroughlineError(
            "no dead letter is called so; a place is as partner.csac.aid/0/17, as `deadletters list` prints it"
        )
    return partner


def _nothing_at(place: str) -> str:
    return f"no dead letter at {place}: there never was one, or it has expired; `throughline deadletters list` has them"


@app.command("replay")
def replay_(
    place: Annotated[str | None, typer.Argument(help=CALLED)] = None,
    reason: Annotated[str, typer.Option(help=f"What was mended: {', '.join(REASONS)}.")] = "",
    code: Annotated[str | None, typer.Option(help="All that wait with this code, instead of one place.")] = None,
    partner: Annotated[str | None, typer.Option(help="Whose, with --code.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would go, send nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: AsJson = False,
) -> None:
    """Send the original bytes of dead letters onto their topic again, once, after what was wrong is mended.

    The key is made anew from what the event says, as its partner should have. What is rejected again becomes a new
    dead letter that names the first. Exit code 1: something of what was asked for could not go.

    Example: throughline deadletters replay --code no_agreement --partner csac --reason mended_agreement
    """
    place = place and _place(place)
    wish = _wish(place, code, partner, reason)
    address = bootstrap()
    keyring = Keyring(keys_dir(settings.load()))
    try:
        ready, left = look(address, wish, keyring)
        if not ready and not left:
            raise ThroughlineError(_nothing_at(place) if place else f"{wish.partner} has no dead letter of code {code}")
        outcome = Outcome([one.letter.place for one in ready], left)
        if codes := hopeless(ready, wish.reason):
            typer.echo(f"{', '.join(codes)}: {reason} mends no such thing; it will likely be rejected again", err=True)
        if ready and not dry_run:
            _ask(len(ready), wish, yes=yes)
            outcome = replay(address, wish, keyring)
    finally:
        keyring.close()
    _tell(outcome, dry_run=dry_run, as_json=as_json)
    if outcome.left and (place or not outcome.replayed):
        raise typer.Exit(FAILED)


def _wish(place: str | None, code: str | None, partner: str | None, reason: str) -> Wish:
    """What the words ask for.

    Raises:
        ThroughlineError: they do not say it, or not so; names the words that would.
    """
    if (place is None) == (code is None) or (code is not None) != (partner is not None):
        raise ThroughlineError("say one place, or all of a kind with --code CODE --partner PARTNER")
    if reason not in REASONS:
        raise ThroughlineError(f"say what was mended: --reason is one of {', '.join(REASONS)}")
    if code is not None and code not in set(Code):
        raise ThroughlineError("no such code; `throughline deadletters list` shows those there are")
    return Wish(partner or _partner_of(place or ""), reason, place, code)


def _ask(count: int, wish: Wish, *, yes: bool) -> None:
    if yes:
        return
    if not sys.stdin.isatty():
        raise ThroughlineError("nobody can be asked here; say --yes to replay, or --dry-run to look")
    if not typer.confirm(f"Replay {count} dead letters of {wish.partner} ({wish.reason})?", err=True):
        raise ThroughlineError("nothing was replayed")


def _tell(outcome: Outcome, *, dry_run: bool, as_json: bool) -> None:
    reasons = dict(Counter(outcome.left.values()))
    if as_json:
        counts = {"replayed": 0 if dry_run else len(outcome.replayed), "places": outcome.replayed}
        typer.echo(orjson.dumps({**counts, "left": outcome.left, "by_reason": reasons}))
        return
    done = f"{len(outcome.replayed)} would be replayed" if dry_run else f"{len(outcome.replayed)} replayed"
    why = ", ".join(f"{count} {word}" for word, count in reasons.items())
    typer.echo(done + (f"; left as they are: {why}" if why else ""))


def masked_event(value: bytes, partner: str) -> Row | None:
    """An event masked but for operational numbers, days, codes and ids; None where it does not decode.

    Free text is masked whatever its field is for: a broken sender puts anything anywhere; but for the partner's own id.
    """
    decoded = event_in(value)
    return None if decoded is None else _masked(catalog.catalog()[decoded[0]].schema, decoded[1], partner)


def _masked(schema: Row, row: Row, partner: str) -> Row:
    return {f["name"]: _masked_value(f, row[f["name"]], partner) for f in schema["fields"]}


def _masked_value(field: Row, value: Any, partner: str) -> Any:
    if isinstance(value, dict):
        return _masked(next(catalog.named_types(field["type"])), value, partner)
    if value is None:
        return None
    if field["classification"] != "operational" or (isinstance(value, str) and not _is_harmless(field, value, partner)):
        return MASK
    return as_iso(field["type"], value)


def as_iso(schema: Any, value: Any) -> Any:
    """A day or a time as a person reads it; one that is out of their range, and anything else, as it is."""
    kinds = {"date": 86_400, "timestamp-micros": 1e-6}
    named = [one for one in (schema if isinstance(schema, list) else [schema]) if isinstance(one, dict)]
    kind = named[0].get("logicalType") if named else None
    if kind not in kinds or not isinstance(value, int):
        return value
    try:
        moment = datetime.fromtimestamp(value * kinds[kind], UTC)
    except (ValueError, OverflowError, OSError):
        return value
    return moment.date().isoformat() if kind == "date" else moment.isoformat(timespec="seconds")


def _is_harmless(field: Row, text: str, partner: str) -> bool:
    """Whether a text is of a closed set, or of a form that no name or number of a person has."""
    is_enum = any(named["type"] == "enum" for named in catalog.named_types(field["type"]))
    known = {f"{family}.recorded.v1" for family in catalog.FAMILIES} | {partner}
    return is_enum or text in known or UUID.fullmatch(text) is not None or VERSION.fullmatch(text) is not None
