"""``throughline audit verify|head|export|person``: the log of disclosures, proved, handed over, told."""

from collections import deque
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from deploy import audit_log, tables
from deploy.access_list import access_list, rows_of
from deploy.audit_log import HEADS, KEYS, LATEST_SIGNING_MS, HeadsFile, Part, agreement_of
from deploy.commands.options import AsJson
from deploy.console import FAILED, bootstrap
from deploy.progress import counting
from processors.consent.verifying import Findings, Verified
from streams import settings
from streams.errors import ThroughlineError
from streams.heads import public_path

HELP = "The audit: is it whole, hand it over, who was shown what of a person."
app = typer.Typer(help=HELP, no_args_is_help=True)
FromExport = Annotated[Path | None, typer.Option("--export", help="Folder of an export, in place of Kafka.")]
SHOWN = 20
MS = 1_000


@app.command("verify")
def verify(
    heads: Annotated[
        Path | None, typer.Option(help="File of signed heads. [default: beside the data or export]")
    ] = None,
    kept: Annotated[
        Path | None, typer.Option(help="File of heads that you have kept, some of many, to be in the log as well.")
    ] = None,
    public_key: Annotated[
        Path | None, typer.Option(help="PEM file of the keys to trust. [default: beside the heads]")
    ] = None,
    folder: FromExport = None,
    all_signed: Annotated[
        bool, typer.Option("--all-signed", help="A head must cover every record, also one appended just now.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Prove that no record of the audit was altered, left out, moved or put in since it was written.

    Each record's hash must follow from the one before, and the log must hold every head that was signed. Give it the
    public key and heads that you have kept yourself: what lies beside the log can be replaced together with it.

    Exit code 0: nothing is wrong; 1: something is, and where.

    Example: throughline audit verify --kept kept.jsonl --public-key kept.pem
    """
    findings = Findings()
    in_force = heads or (settings.load().heads if folder is None else folder / HEADS)
    trusted = public_key or (public_path(in_force) if folder is None else folder / KEYS)
    known = audit_log.keys_in(trusted) if public_key or in_force.exists() else {}
    if missing := [path for path in (heads, kept) if path is not None and not path.exists()]:
        raise ThroughlineError(f"{missing[0]} is not there: name a file of heads")
    files = [HeadsFile.of(in_force, known)]  # before the log is read, which then holds what they say
    if kept is not None:
        files.append(HeadsFile.of(kept, known, are_all=False))
    now = audit_log.now_ms() if folder is None else audit_log.exported_at(folder)
    parts: Iterable[Part] = audit_log.of_topic(bootstrap()) if folder is None else audit_log.of_export(folder, findings)
    with counting("verifying", "records") as told:
        found = audit_log.verified(files, parts, None if all_signed else now - LATEST_SIGNING_MS, findings, told)
    if as_json:
        typer.echo(orjson.dumps(_document(found, findings)))
    else:
        _tell(found, findings)
    if findings.count:
        raise typer.Exit(FAILED)


def _document(found: Verified, findings: Findings) -> dict[str, Any]:
    newest = found.newest
    return {
        "records": found.records,
        "verified": found.verified,
        "signed": found.signed,
        "unsigned": found.unsigned,
        "newest_head": None if newest is None else {"records": newest.records, "hash": newest.hash, "key": newest.key},
        "problems": [problem._asdict() for problem in findings.problems],
        "problems_found": findings.count,
    }


def _tell(found: Verified, findings: Findings) -> None:
    typer.echo(f"{found.records:,} records, {found.verified:,} of them follow from the one before")
    if found.newest is None:
        typer.echo("no signed head is in the log")
    else:
        typer.echo(f"the newest head covers {found.signed:,} records; {found.unsigned:,} behind it are not signed yet")
    if not findings.count:
        typer.echo("nothing is wrong")
        return
    rows = [
        (p.code.value, "" if p.offset is None else str(p.offset), "" if p.line is None else str(p.line))
        for p in findings.problems[:SHOWN]
    ]
    tables.show(("what is wrong", "at offset", "in line"), rows)
    if (more := findings.count - len(rows)) > 0:
        typer.echo(f"{more:,} more; --json lists the first thousand")


@app.command("head")
def head(
    public_key: Annotated[bool, typer.Option("--public-key", help="The public keys in its place, as PEM.")] = False,
) -> None:
    """The newest signed head, as a line to be kept by whoever will verify the log.

    Example: throughline audit head >>kept.jsonl
    """
    heads = settings.load().heads
    path = public_path(heads) if public_key else heads
    if not path.exists():
        raise ThroughlineError(f"{path} is not there: no head was signed yet, or THROUGHLINE_AUDIT_HEADS names another")
    lines = deque(HeadsFile.of(path, {}).lines(), None if public_key else 1)
    typer.echo(b"".join(lines), nl=False)


@app.command("export")
def export(
    out: Annotated[Path, typer.Option(help="Folder to write into: empty, or not there yet.")], as_json: AsJson = False
) -> None:
    """Write the whole audit, its signed heads and the public keys into a folder, for `audit verify --export`.

    It holds ids of persons and events, no name and nothing of what an event says; only its owner can read it.

    Example: throughline audit export --out audit-2026-11
    """
    chosen, address = settings.load(), bootstrap()
    with counting("exporting", "records") as told:
        found = audit_log.export(address, chosen.heads, public_path(chosen.heads), out, told)
    line = f"{found['records']:,} records and {found['heads']:,} signed heads are in {out}"
    typer.echo(orjson.dumps({**found, "folder": str(out)}) if as_json else line)


@app.command("person")
def person(
    person_id: Annotated[str, typer.Argument(metavar="PERSON", help="A person's id.")],
    folder: FromExport = None,
    as_json: AsJson = False,
) -> None:
    """Who was permitted or denied what of a person's events, why, since when, and until when (34 CFR 99.32).

    It is told by the log, under this id. What was disclosed of a record under another id, before a merge, is told under
    that one; what went to another person with its record ends here. Nothing of what an event says is in the log.

    Example: throughline audit person 0a4ad7b4-1f5c-5e0c-9d39-3f0f5a4b9d11
    """
    parts = audit_log.of_topic(bootstrap()) if folder is None else audit_log.of_export(folder, Findings())
    with counting("reading", "records") as told:
        found = access_list(person_id, audit_log.decisions(parts, told))
    rows = list(rows_of(found))
    if as_json:
        typer.echo(orjson.dumps({"person_id": person_id, "entries": rows}))
    elif rows:
        tables.show(COLUMNS, [_cells(row) for row in rows])
    else:
        typer.echo("no decision names that person: `throughline explain EVENT_ID` names the person of an event")


COLUMNS = (
    "recipient",
    "effect",
    "of",
    "groups",
    "purpose",
    "reason",
    "agreement",
    "since",
    "until",
    "ended by",
    "event",
)


def _cells(row: dict[str, Any]) -> tuple[str, ...]:
    agreement = agreement_of(row["agreement_id"], row["agreement_version"])
    return (
        row["recipient"], row["effect"], f"{row['family']} of {row['partner_id']}", ", ".join(row["groups"]),
        row["purpose"] or "", row["reason"], agreement, _when(row["since"]), _when(row["until"]),
        row["ended_by"] or "", row["event_id"],
    )  # fmt: skip


def _when(moment: dict[str, int] | None) -> str:
    """Time by the broker's clock and place in the log."""
    if moment is None:
        return ""
    at = datetime.fromtimestamp(moment["at"] / MS, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return f"{at} ({moment['position']})"
