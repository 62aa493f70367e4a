"""``throughline consent rules``: the rules of law, as a table, as data, and as Cedar policies."""

from pathlib import Path
from typing import Annotated

import typer

from deploy import tables
from deploy.rules_file import rules_from
from processors.consent.law import cedar
from processors.consent.law.documents import document_of, hash_of
from processors.consent.law.rules import RuleSet
from streams.errors import ThroughlineError

Rules = Annotated[Path | None, typer.Option("--rules", help="File of rules, JSON. [default: those that ship]")]


def rules(
    file: Rules = None,
    as_json: Annotated[bool, typer.Option("--json", help="As data, one JSON object: a file for --rules.")] = False,
    as_cedar: Annotated[bool, typer.Option("--cedar", help="As Cedar policies.")] = False,
    as_schema: Annotated[bool, typer.Option("--cedar-schema", help="Cedar's schema of what policies ask.")] = False,
    as_hash: Annotated[bool, typer.Option("--hash", help="Only their SHA-256, which decisions name.")] = False,
) -> None:
    """Show the rules of law in the order in which they are asked: effect, section and plain words.

    Not legal advice; each rule says which section it rests on and quotes it (--json, --cedar).

    Example: throughline consent rules --cedar
    """
    found = rules_from(file)
    if as_json + as_cedar + as_schema + as_hash > 1:
        raise ThroughlineError(
            "rules are shown in one way at a time: keep one of --json, --cedar, --cedar-schema, --hash"
        )
    if as_json:
        typer.echo(document_of(found))
    elif as_cedar:
        typer.echo(cedar.policies_of(found), nl=False)
    elif as_schema:
        typer.echo(cedar.SCHEMA, nl=False)
    elif as_hash:
        typer.echo(hash_of(document_of(found)))
    else:
        _tell(found)


def _tell(found: RuleSet) -> None:
    rows = [(one.name, one.effect.value, one.cites.section, one.says) for one in found.rules]
    tables.show(("rule", "effect", "section", "in plain words"), rows)
    typer.echo(f"{len(rows)} rules of {len(found.laws)} laws, {hash_of(document_of(found))}")
