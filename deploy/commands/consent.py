"""``throughline consent``: the commands of consent and law, each in a file of its own."""

import typer

from deploy.commands.consent_activate import activate
from deploy.commands.consent_lint import lint
from deploy.commands.consent_rules import rules

app = typer.Typer(help="Consent and law: the rules, and whether they are well.", no_args_is_help=True)


@app.callback()
def _consent() -> None:
    """Consent and law: the rules, and whether they are well."""


for made in (rules, lint, activate):
    app.command(made.__name__.rstrip("_"))(made)
