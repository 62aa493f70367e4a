"""``throughline erase PERSON``: erased means never was. The request is an event on ``control.erasures``; resolve obeys.

Only ids are shown, never what records say. What follows, and what stays for a while: docs/keep-it-running.md.
"""

import getpass
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from enum import StrEnum
from typing import Annotated, Any

import orjson
import typer

from deploy import control
from deploy.commands.models import DryRun
from deploy.commands.options import AsJson
from deploy.console import FAILED, bootstrap
from deploy.identity import deciding, published
from deploy.identity.published import Published
from deploy.topic_reader import TopicReader
from processors import counts, names
from processors.drafts import Draft
from processors.records import derived_id
from streams.errors import ThroughlineError

REQUESTED, DONE = "internal.erasure_requested.v1", "person_erased"
POLL_SECONDS = 0.2
ASKED, TAKEN_OUT, ERASED, NOBODY = "asked", "taken_out", "erased", "nobody"
Row = dict[str, Any]
Why = StrEnum("Why", {name.upper(): name for name in counts.REASONS_OF_ERASURES})  # type: ignore[misc]  # of a closed set


def erase(
    person: Annotated[str, typer.Argument(help="The person's id, as `identity person` and `explain` show it.")],
    reason: Annotated[Why, typer.Option(help="Why; kept for ever.")],
    by: Annotated[str, typer.Option(help="Who asks; kept for ever. [default: this machine's user]")] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask again.")] = False,
    wait: Annotated[float, typer.Option(min=0, help="Seconds to wait until it is done.")] = 30.0,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Erase a person for ever: their records are as if they had never come, and what comes of them later is withheld.

    What recipients were sent is taken back, then the records' keys are destroyed. This cannot be taken back. Exit code
    1: it was asked for and is not done yet, or the person is called otherwise by now.

    Example: throughline erase 1f0c6a52d9e84b7730aa5be1c2d3f405 --reason student_request --by p.officer
    """
    by, _ = deciding.checked(by or _user(), reason.value)
    address = bootstrap()
    records = _records(address, person)
    partners = sorted({record.partner_id for record in records})
    told: Row = {"person_id": person, "records": len(records), "partners": partners, "erasure_id": None, "state": None}
    if not as_json:
        typer.echo(f"person {person}: {len(records)} records of {', '.join(partners)}")
    if not dry_run:
        if not yes:
            _confirm(as_json=as_json)
        row = _request(person, records, reason.value, by)
        told |= {"erasure_id": row["erasure_id"], "state": _ask(address, row, wait)}
    typer.echo(orjson.dumps(told) if as_json else LINES[told["state"]].format(**told))
    if told["state"] not in {None, ERASED}:
        raise typer.Exit(FAILED)


LINES = {
    None: "nothing was written: this is what would be erased",
    ASKED: "erasure {erasure_id} is asked for, and resolve has not read it yet: `throughline status` says why",
    NOBODY: "erasure {erasure_id}: nobody is called so any more; look them up again: `throughline identity person`",
    TAKEN_OUT: "erasure {erasure_id}: the records are taken out; their keys go when consent has done its part",
    ERASED: "erasure {erasure_id}: done; of backups and of what stays for some days see docs/keep-it-running.md",
}


def _records(address: str, person: str) -> list[Published]:
    """Records of a person.

    Raises:
        ThroughlineError: nobody is called so; where it is a record's key, or an event's id, whose that is.
    """
    person_id, found = published.person_called(address, person)
    if not found:
        raise ThroughlineError("no person is called so: `throughline explain EVENT_ID` names the person of an event")
    if person_id != person:
        raise ThroughlineError(f"that is a record or an event of person {person_id}: name the person")
    return found


def _user() -> str:
    """Who runs this; nobody, where the machine has no name for them."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return ""


def _confirm(*, as_json: bool) -> None:
    if as_json:
        raise ThroughlineError("with --json nobody is asked: say --yes")
    typer.confirm("erase them for ever?", abort=True)


def _request(person: str, records: list[Published], reason: str, by: str) -> Row:
    row: Row = {
        "person_id": person, "record_keys": sorted(record.record_key for record in records), "reason": reason,
        "requested_by": by, "requested_at": time.time_ns() // 1_000,
    }  # fmt: skip
    return {"erasure_id": derived_id(orjson.dumps(row).decode(), "erase", 0), **row}


def _ask(address: str, row: Row, wait: float) -> str:
    """Write the request, and wait; how far it is."""
    deadline = time.monotonic() + wait
    with closing(TopicReader(address, {names.RESOLVED_EVENTS}.__contains__, last=1)) as log:
        _all(log)
        control.send(address, [Draft(names.ERASURES, row["person_id"], REQUESTED, row, row["erasure_id"])])
        while (keys := _taken_out(log, row["erasure_id"])) is None:
            if time.monotonic() > deadline:
                return ASKED
            time.sleep(POLL_SECONDS)
    if not keys:
        return NOBODY
    with _erased() as erased:
        while not keys <= erased():
            if time.monotonic() > deadline:
                return TAKEN_OUT
            time.sleep(POLL_SECONDS)
    return ERASED


def _all(log: TopicReader) -> list[Row]:
    return [read.row for read in log.poll() if read.name == DONE]


def _taken_out(log: TopicReader, erasure_id: str) -> set[str] | None:
    """Keys of the records that an erasure has taken out, once resolve has told."""
    return next((set(row["record_keys"]) for row in _all(log) if row["erasure_id"] == erasure_id), None)


@contextmanager
def _erased() -> Iterator[Any]:
    """Who tells which keys are destroyed; where the ring is elsewhere, nobody can."""
    with published.keyring() as ring:
        yield set if ring is None else ring.erased
