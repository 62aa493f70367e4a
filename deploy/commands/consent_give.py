"""``throughline consent give|withdraw``: what people signed on paper, typed in by the staff who took it.

The id by which the partner knows the person is asked for, and never told again: not by the receipt, not by an error.
"""

import hashlib
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated

import orjson
import typer

from deploy import paper
from deploy.activation import activated
from deploy.commands.options import AsJson
from deploy.console import bootstrap
from deploy.paper import Paper
from partners.client import Publisher
from schemas_avro.models import AuthenticationLevel, GrantorRole, GuardianBasis
from streams.errors import ThroughlineError

Partner = Annotated[str, typer.Option("--partner", help="Partner that took the paper, and whose local id it is.")]
LocalId = Annotated[
    str,
    typer.Option(
        "--local-id",
        envvar="CONSENT_LOCAL_ID",
        show_envvar=False,
        help="The partner's own id of the person. An option is seen by others on this machine, in lists of processes: "
        "better leave it out and type it when asked, pipe it in, or set CONSENT_LOCAL_ID.",
    ),
]
By = Annotated[GrantorRole, typer.Option("--by", help="Who signed.")]
Basis = Annotated[GuardianBasis | None, typer.Option("--basis", help="By what right; of a student, which one.")]
Controllers = Annotated[str, typer.Option("--controllers", help="Partners whose records it is about: a,b")]
Records = Annotated[str, typer.Option("--records", help="Kinds of records: education,aid")]
Purposes = Annotated[str, typer.Option("--purposes", help="Purposes: transfer_advising")]
Recipients = Annotated[str, typer.Option("--recipients", help="Who may see them: ccc_transfer_center")]
Signed = Annotated[str, typer.Option("--signed", metavar="DATE", help="When it was signed. [default: today, UTC]")]
Evidence = Annotated[
    Path | None, typer.Option("--evidence", help="The signed paper, scanned: its SHA-256 is kept, never the file.")
]
Authentication = Annotated[AuthenticationLevel, typer.Option("--authentication", help="How the signer was known.")]
Language = Annotated[str | None, typer.Option("--language", help="Of what they read, ISO 639-2: spa")]
Retention = Annotated[
    str | None, typer.Option("--retention", help="How long recipients may keep it, as the paper says: P1Y")
]
Notice = Annotated[Path | None, typer.Option("--notice", help="The notice that they read: its SHA-256 is kept.")]
ConsentId = Annotated[str | None, typer.Option("--consent-id", help="Id of the consent. [default: a new one]")]
ON_PAPER = AuthenticationLevel.SIGNED_PAPER


def give(
    partner: Partner,
    by: By,
    controllers: Controllers,
    records: Records,
    purposes: Purposes,
    recipients: Recipients,
    local_id: LocalId = "",
    basis: Basis = None,
    signed: Signed = "",
    valid_from: Annotated[str, typer.Option("--from", metavar="DATE", help="First day on which it holds.")] = "",
    until: Annotated[str, typer.Option("--until", metavar="DATE", help="Last day on which it holds.")] = "",
    evidence: Evidence = None,
    authentication: Authentication = ON_PAPER,
    language: Language = None,
    retention: Retention = None,
    notice: Notice = None,
    consent_id: ConsentId = None,
    as_json: AsJson = False,
) -> None:
    """Record a consent that was signed on paper, and print the receipt for whoever signed.

    It counts from the day on which it was signed: typed in after a later withdrawal, it does not undo that. Whether the
    signer holds the rights in these records is decided by what the records say; `throughline consent show` tells.

    Example: throughline consent give --partner ccc --by student --controllers ccc,csac --records education,aid \
--purposes transfer_advising --recipients ccc_transfer_center --signed 2026-09-14 --until 2027-06-30 --language spa
    """
    said = Paper(
        partner, _local_id(local_id), paper.GIVEN, by.value, _scope(controllers, records, purposes, recipients),
        None if basis is None else basis.value, authentication.value,
        _date("--signed", signed), _date("--from", valid_from), _date("--until", until),
        language, retention, _hash(notice), _hash(evidence), consent_id,
    )  # fmt: skip
    _publish(said, as_json=as_json)


def withdraw(
    partner: Partner,
    by: By,
    local_id: LocalId = "",
    controllers: Controllers = "",
    records: Records = "",
    purposes: Purposes = "",
    recipients: Recipients = "",
    basis: Basis = None,
    signed: Signed = "",
    evidence: Evidence = None,
    authentication: Authentication = ON_PAPER,
    language: Language = None,
    notice: Notice = None,
    consent_id: ConsentId = None,
    as_json: AsJson = False,
) -> None:
    """Record that somebody withdraws consent: all of it, or the part that is named.

    What is not named is not asked for: without --purposes it is for every purpose, without --recipients for everybody.

    Example: throughline consent withdraw --partner ccc --by student --recipients ccc_transfer_center --records wage
    """
    said = Paper(
        partner, _local_id(local_id), paper.WITHDRAWN, by.value, _scope(controllers, records, purposes, recipients),
        None if basis is None else basis.value, authentication.value, _date("--signed", signed), None, None,
        language, None, _hash(notice), _hash(evidence), consent_id,
    )  # fmt: skip
    _publish(said, as_json=as_json)


def _publish(said: Paper, *, as_json: bool) -> None:
    address, now = bootstrap(), datetime.now(UTC)
    agreements = activated(address).agreements
    paper.checked(said, agreements, now.date())
    row = paper.row_of(said, now)
    paper.pass_gate(row, agreements, now)
    with Publisher(address, said.partner_id) as publisher:
        publisher.require_topic("consent")
        publisher.publish_many([row], "consent")
    receipt = paper.receipt_of(said, row)
    if as_json:
        typer.echo(orjson.dumps(receipt))
        return
    typer.echo(f"receipt {receipt['receipt_id']}  consent {receipt['consent_id']}  {receipt['schema']}")
    for name, value in receipt.items():
        told = ", ".join(value) or "all" if isinstance(value, list) else value
        if told is not None and name not in {"receipt_id", "consent_id", "schema"}:
            typer.echo(f"  {name:<22}{told}")
    typer.echo(f"`throughline explain {receipt['event_id']}` tells what became of it")


def _local_id(given: str) -> str:
    """The id, asked for where it was not given: unseen on a terminal, else the first line of what is piped in."""
    if given:
        return given
    if sys.stdin.isatty():
        return str(typer.prompt("The partner's own id of the person", hide_input=True, err=True))
    return sys.stdin.readline().strip()


def _scope(controllers: str, records: str, purposes: str, recipients: str) -> dict[str, tuple[str, ...]]:
    told = (controllers, records, purposes, recipients)
    return dict(zip(paper.SCOPE, map(paper.words, told), strict=True))


def _date(option: str, text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise ThroughlineError(f"{option} takes a date as 2026-09-14") from None


def _hash(path: Path | None) -> str | None:
    """SHA-256 of a file, hexadecimal."""
    if path is None:
        return None
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise ThroughlineError(f"{path.name} cannot be read: {error.strerror}") from None
