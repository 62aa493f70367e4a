"""The command ``throughline``: where real parts are chosen. Each noun's commands are in ``deploy/commands``."""

import importlib
import sys
from collections.abc import Sequence
from typing import Any

import typer

from deploy.console import guarded

PLACES = {
    "demo": "demo:demo",
    "clean": "demo:clean",
    "prepare": "demo:prepare",
    "publish": "partners:publish",
    "population": "partners:population",
    "worker": "worker:worker",
    "serve": "serve:serve",
    "sign-in": "serve:sign_in",
    "explain": "explain:explain",
    "erase": "erase:erase",
    "keys": "keys:keys_app",
    "drain": "drain:drain_",
    "rebuild": "rebuild:rebuild_",
    "status": "status:status",
    "doctor": "doctor:doctor",
    "config": "config:config_app",
    "topics": "topics:topics_app",
    "agreements": "topics:agreements_app",
    "consent": "consent:app",
    "signals": "signals:signals_app",
    "deadletters": "deadletters:app",
    "identity": "identity:app",
    "audit": "audit:app",
    "schemas": "schemas:app",
}
"""Module in ``deploy/commands`` and name in it of each command, in the order in which they are told."""


def app_of(asked: Sequence[str] = ()) -> typer.Typer:
    """The application with the commands that are asked for, or with all where none of them is one.

    The others are not imported: a worker that starts again after a crash has no second to lose on the demo's libraries.
    """
    app = typer.Typer(
        name="throughline",
        help="Events about education and work, from the agencies that hold them to the people who help.",
        no_args_is_help=True,
        rich_markup_mode=None,  # its boxes cut words off at 80 columns
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_whole)  # else a lone command would take the place of the whole
    for name in [known for known in PLACES if known in asked] or PLACES:
        module, _, attribute = PLACES[name].partition(":")
        found = getattr(importlib.import_module(f"deploy.commands.{module}"), attribute)
        if isinstance(found, typer.Typer):
            app.add_typer(found, name=name)
        else:
            app.command(name)(found)
    return app


def _whole() -> None:
    pass


def main() -> None:
    """Entry point; exits 0 when done, 1 when something is not as it should be, 2 when it cannot be used so."""
    sys.exit(guarded(_with_whole_summaries(typer.main.get_command(app_of(sys.argv[1:2])))))


def _with_whole_summaries(command: Any) -> Any:
    """Lists of commands say each one's first line; by default they cut it off in its middle."""
    command.short_help = (command.help or "").partition("\n\n")[0]
    for inner in getattr(command, "commands", {}).values():
        _with_whole_summaries(inner)
    return command
