"""``throughline consent``: the commands of consent and law, each in a file of its own."""

import typer

from deploy.commands import consent_order
from deploy.commands.consent_activate import activate
from deploy.commands.consent_as_of import as_of_
from deploy.commands.consent_explain import explain
from deploy.commands.consent_give import give, withdraw
from deploy.commands.consent_lint import lint
from deploy.commands.consent_replay import replay
from deploy.commands.consent_rulebook import rulebook
from deploy.commands.consent_rules import rules
from deploy.commands.consent_show import show

app = typer.Typer(
    help="Consent and law: the rules, what people signed, and why somebody may see what.", no_args_is_help=True
)


@app.callback()
def _consent() -> None:
    """Consent and law: the rules, what people signed, and why somebody may see what."""


for made in (rules, rulebook, lint, activate, replay, explain, as_of_, give, withdraw, show):
    app.command(made.__name__.rstrip("_").replace("_", "-"))(made)
app.add_typer(consent_order.app, name="order")
