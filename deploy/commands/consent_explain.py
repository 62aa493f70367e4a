"""``throughline consent explain``: why a recipient may or may not see an event, and what would have to change."""

from typing import Annotated

import orjson
import typer

from deploy.commands.options import AsJson
from deploy.consent_explained import Asked, UnknownError, document, explained, lines
from deploy.consent_log import book_of_log
from deploy.console import FAILED, bootstrap
from deploy.identity import published


def explain(
    person: Annotated[str, typer.Option(help="Id of the person, as `throughline explain` tells it.")],
    recipient: Annotated[str, typer.Option(help="Party of a data-sharing agreement.")],
    event: Annotated[str, typer.Option(help="The event's UUID.")],
    as_json: AsJson = False,
) -> None:
    """Tell why a recipient may or may not see an event of a person: agreements, rules with their words, field groups.

    What would have to change is what people can change: a consent, a caseload, an agreement in force, an approval.
    Nothing of what the event says is told, nor that somebody was treated (42 CFR 2.13(c)(2)): of such a denial only
    that a rule of law denies it. Read from resolved.events alone; it needs the keys, to read what consents say.

    Exit code 0: permitted or denied; 1: person, recipient or event is not known.

    Example: throughline consent explain --person 5f3c… --recipient csu_advising --event 3f0c4e1e-…

    Example: throughline consent explain --person 5f3c… --recipient csu_advising --event 3f0c4e1e-… --json
    """
    asked, address = Asked(person, recipient, event), bootstrap()
    with published.needed_keyring() as keys:
        try:
            found = explained(book_of_log(address, keys), keys, asked)
        except UnknownError as error:
            typer.echo(f"throughline: {error}", err=True)
            raise typer.Exit(FAILED) from None
    if as_json:
        typer.echo(orjson.dumps(document(asked, found)))
        return
    for line in lines(asked, found):
        typer.echo(line)
