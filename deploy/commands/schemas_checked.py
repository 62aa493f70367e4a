"""``throughline schemas check|diff|register``: may a schema follow those before it, and the catalog in a registry."""

from collections import Counter
from pathlib import Path
from typing import Annotated

import orjson
import typer

from deploy import tables
from deploy.agreements_folder import load_agreements
from deploy.commands.options import AsJson
from deploy.console import FAILED
from deploy.schema_files import faults_of, schema_of
from schemas_avro import catalog, compatibility
from schemas_avro.lint import lint
from streams import settings
from streams.errors import ThroughlineError


def check(
    file: Annotated[
        Path | None,
        typer.Argument(help="A schema, a body's .avsc, or what a registry is sent; none: the catalog."),
    ] = None,
    subject: Annotated[
        str | None, typer.Option(help="Whose next version it is. [default: by the name of its record]")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Check a schema, or the whole catalog: the contract's rules, and that every version can read every other.

    Exit code 1: something is against it, a line each.

    Example: throughline schemas check
    """
    if file is None:
        checked, of, faults = len(catalog.catalog()), "the catalog", _faults_of_catalog()
    else:
        found, faults = faults_of(file, subject)
        checked, of = 1, found or "a new subject"
    if as_json:
        typer.echo(orjson.dumps({"checked": checked, "subject": None if file is None else of, "faults": faults}))
    else:
        for line in faults:
            typer.echo(line)
        many = f"{checked} {'schema' if checked == 1 else 'schemas'} of {of}"
        typer.echo(f"{many}: {len(faults) or 'no'} {'fault' if len(faults) == 1 else 'faults'}")
    if faults:
        raise typer.Exit(FAILED)


def _faults_of_catalog() -> list[str]:
    found = []
    for entry in catalog.catalog().values():
        before = [one for one in catalog.versions_of(entry.subject) if one.version < entry.version]
        lines = lint(entry.schema)
        lines += compatibility.faults(entry.schema, [(one.version, one.schema) for one in before])
        found += [f"{entry.subject}:{entry.version}: {line}" for line in lines]
    return found


def diff(
    first: Annotated[str, typer.Argument(help="Id, subject, subject:version, or a file.")],
    second: Annotated[str, typer.Argument(help="Likewise.")],
    as_json: AsJson = False,
) -> None:
    """Tell what of a schema is otherwise in another, and whether readers and writers of each can go on.

    Exit code 1: those of one cannot.

    Example: throughline schemas diff partner.aid.v1:1 partner.aid.v1:2
    """
    older, newer = schema_of(first), schema_of(second)
    lines = compatibility.differences(older, newer)
    forward, back = compatibility.unreadable(older, newer), compatibility.unreadable(newer, older)
    if as_json:
        told = {"differences": lines, "first_reads_second": not forward, "second_reads_first": not back}
        typer.echo(orjson.dumps({**told, "why": [*forward, *back]}))
    else:
        for line in [*lines, *([] if lines else ["no difference but perhaps in words"])]:
            typer.echo(line)
        for reader, writer, why in ((first, second, forward), (second, first, back)):
            typer.echo(f"readers of {reader} read {writer}: {f'no: {why[0]}' if why else 'yes'}")
    if forward or back:
        raise typer.Exit(FAILED)


def register(
    registry: Annotated[str, typer.Option(help="Address of the registry, as its clients are given it.")],
    subject: Annotated[
        list[str] | None,
        typer.Option(help="Only this one; may be said again. [default: all]"),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be registered; change nothing.")] = False,
    as_json: AsJson = False,
) -> None:
    """Push the catalog to a Confluent-compatible registry under the catalog's ids; again as often as you like.

    Subjects are those that ``throughline serve`` shows and each partner's topics by agreement. Exit code 1: the
    registry has some under ids of its own, by which events would not be taken.

    Example: throughline schemas register --registry http://127.0.0.1:8081 --dry-run
    """
    from deploy.registering import Registry  # noqa: PLC0415  # these load the web's libraries, which others do without
    from deploy.registering import register as put  # noqa: PLC0415
    from deploy.registering import wanted as wanted_of  # noqa: PLC0415
    from portal.registry import served  # noqa: PLC0415

    every = wanted_of(served(), load_agreements(settings.load().agreements))
    if strange := set(subject or ()) - {one.subject for one in every}:
        raise ThroughlineError(f"no such subject: {ascii(min(strange))[1:-1][:100]}; --dry-run --json lists them all")
    ones = [one for one in every if not subject or one.subject in subject]
    with Registry(registry) as at:
        outcomes = list(put(at, ones, dry_run=dry_run))
    counts = Counter(one.state for one in outcomes)
    numbers = {state: counts[state] for state in ("new", "there", "differs")}
    if as_json:
        typer.echo(orjson.dumps({**numbers, "dry_run": dry_run, "schemas": [vars(one) for one in outcomes]}))
    else:
        rows = [(one.subject, str(one.version), str(one.id), one.state) for one in outcomes if one.state != "there"]
        if rows:
            tables.show(("subject", "version", "id", ""), rows)
        would = "would be registered" if dry_run else "registered"
        typer.echo(f"{counts['new']} {would}, {counts['there']} there already, {counts['differs']} under another id")
    if counts["differs"]:
        typer.echo("the registry has schemas under ids of its own: events must carry the catalog's", err=True)
        raise typer.Exit(FAILED)
