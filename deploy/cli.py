"""The command ``throughline``: where real parts are chosen. Each noun's commands are in ``deploy/commands``."""

import sys
from typing import Any

import typer

from deploy.commands.config import config_app
from deploy.commands.deadletters import app as deadletters_app
from deploy.commands.demo import clean, demo, prepare
from deploy.commands.doctor import doctor
from deploy.commands.explain import explain
from deploy.commands.partners import population, publish
from deploy.commands.rebuild import rebuild_
from deploy.commands.schemas import app as schemas_app
from deploy.commands.serve import serve, sign_in
from deploy.commands.signals import signals_app
from deploy.commands.status import status
from deploy.commands.topics import agreements_app, topics_app
from deploy.commands.worker import worker
from deploy.console import guarded

app = typer.Typer(
    name="throughline",
    help="Events about education and work, from the agencies that hold them to the people who help.",
    no_args_is_help=True,
    rich_markup_mode=None,  # its boxes cut words off at 80 columns
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(demo)
app.command()(clean)
app.command()(prepare)
app.command()(publish)
app.command()(population)
app.command()(worker)
app.command()(serve)
app.command("sign-in")(sign_in)
app.command()(explain)
app.command("rebuild")(rebuild_)
app.command()(status)
app.command()(doctor)
app.add_typer(config_app, name="config")
app.add_typer(topics_app, name="topics")
app.add_typer(agreements_app, name="agreements")
app.add_typer(signals_app, name="signals")
app.add_typer(deadletters_app, name="deadletters")
app.add_typer(schemas_app, name="schemas")


def main() -> None:
    """Entry point; exits 0 when done, 1 when something is not as it should be, 2 when it cannot be used so."""
    sys.exit(guarded(_with_whole_summaries(typer.main.get_command(app))))


def _with_whole_summaries(command: Any) -> Any:
    """Lists of commands say each one's first line; by default they cut it off in its middle."""
    command.short_help = (command.help or "").partition("\n\n")[0]
    for inner in getattr(command, "commands", {}).values():
        _with_whole_summaries(inner)
    return command
