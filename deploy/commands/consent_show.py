"""``throughline consent show``: what people said of consent for one person, and what counts of it now."""

from typing import Annotated

import orjson
import typer

from deploy.commands.options import AsJson
from deploy.consent_log import book_of_log
from deploy.consent_shown import lines, shown
from deploy.console import bootstrap
from deploy.identity import published


def show(
    person: Annotated[str, typer.Option("--person", help="Id of the person, as `throughline explain` tells it.")],
    as_json: AsJson = False,
) -> None:
    """Show what was said of consent for a person, record by record, and of each statement whether it counts.

    Of whose records it counts and why not: who said it may not hold the rights (34 CFR 99.5), its days may be over, a
    refusal may stand against it. Read from resolved.events alone; it needs the keys, to read what consents say.

    Example: throughline consent show --person 1f0c6a52d9e84b7730aa5be1c2d3f405
    """
    address = bootstrap()
    with published.needed_keyring() as keys:
        found = shown(book_of_log(address, keys), keys, person)
    if as_json:
        typer.echo(orjson.dumps(found))
        return
    for line in lines(found):
        typer.echo(line)
