"""``throughline consent lint``: what is wrong with the rules of law, and what agreements grant in vain."""

from collections import Counter
from pathlib import Path
from typing import Annotated

import orjson
import typer

from deploy import tables
from deploy.agreements_folder import load_agreements
from deploy.commands.consent_rules import Rules
from deploy.console import FAILED
from deploy.rules_file import rules_from
from processors.consent.claims import claims_of
from processors.consent.law.lint import Finding, Level, findings_of
from processors.consent.register import Register
from streams import settings


def lint(
    file: Rules = None,
    agreements: Annotated[
        Path | None, typer.Option(help="Folder of agreement files. [default: THROUGHLINE_AGREEMENTS_DIR]")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of a table.")] = False,
) -> None:
    """Find rules that no disclosure reaches, that contradict each other, or that permit too much; and vain grants.

    Found by sums over all that the rules speak of, not by trying. Exit code 1: an error was found; warnings and notes
    are for counsel to read.

    Example: throughline consent lint
    """
    register = Register(load_agreements(agreements or settings.load().agreements))
    found = findings_of(rules_from(file), claims_of(register))
    counts = Counter(one.level for one in found)
    if as_json:
        rows = [one._asdict() for one in found]
        typer.echo(orjson.dumps({**{f"{level}s": counts[level] for level in Level}, "findings": rows}))
    else:
        _tell(found)
        typer.echo(", ".join(f"{counts[level]} {level}{'' if counts[level] == 1 else 's'}" for level in Level))
    if counts[Level.ERROR]:
        raise typer.Exit(FAILED)


def _tell(found: list[Finding]) -> None:
    rows = [
        (one.of, one.level.value, one.kind.value, one.says) for level in Level for one in found if one.level is level
    ]
    if rows:
        tables.show(("rule, law or grant", "level", "what", "why"), rows)
