"""``throughline consent rulebook``: the rules of law as a page that counsel can read and print."""

from pathlib import Path
from typing import Annotated

import typer

from deploy.commands.consent_rules import Rules
from deploy.identity.files import check_folder, unwritable
from deploy.rulebook import page_of
from deploy.rules_file import rules_from


def rulebook(
    out: Annotated[Path, typer.Option(help="HTML file to write.")],
    file: Rules = None,
) -> None:
    """Write the rulebook: each law, each rule with its section, quote and condition in plain words, and examples.

    The examples are worked out from the rules: one that the rule decides alone, one where it no longer speaks, and of a
    permit one that another rule denies. One file of HTML, without scripts; a browser prints it. Not legal advice.

    Example: throughline consent rulebook --out rulebook.html

    Example: throughline consent rulebook --out proposed.html --rules proposed.json
    """
    check_folder(out)
    found = rules_from(file)
    try:
        out.write_text(page_of(found), encoding="utf-8")
    except OSError as error:
        raise unwritable(out, error) from None
    typer.echo(f"{out.name}: {len(found.rules)} rules of {len(found.laws)} laws")
