"""The command ``throughline``: where real parts are chosen. Each noun's commands are in ``deploy/commands``."""

import importlib
import sys
from collections.abc import Sequence
from typing import Annotated, Any

import typer

from deploy.console import guarded
from schemas_avro.version import VERSION
from streams.errors import ThroughlineError

PLACES = {
    "demo": "demo:demo",
    "clean": "demo:clean",
    "prepare": "demo:prepare",
    "publish": "publish:publish",
    "partner": "partner:partner_app",
    "population": "population:population",
    "worker": "worker:worker",
    "serve": "serve:serve",
    "sign-in": "serve:sign_in",
    "views": "views:views_app",
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
    "acl": "acl:acl_app",
    "consent": "consent:app",
    "signals": "signals:signals_app",
    "deadletters": "deadletters:app",
    "identity": "identity:app",
    "audit": "audit:app",
    "schemas": "schemas:app",
}
"""Module in ``deploy/commands`` and name in it of each command, in the order in which they are told."""

VERSION_FLAG = "--version"
ANY_OPTION = {"ignore_unknown_options": True, "allow_extra_args": True}
"""Of a command that is not there: whatever stands behind it, the answer is that."""
OURS = {"schemas_avro", "processors", "streams", "sinks", "partners", "portal", "deploy"}
"""Packages that are always there; what is missing of others is a library that a slim install leaves out."""


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
    for name in [known for known in PLACES if known in asked] or ([] if list(asked) == [VERSION_FLAG] else PLACES):
        module, _, attribute = PLACES[name].partition(":")
        try:
            found = getattr(importlib.import_module(f"deploy.commands.{module}"), attribute)
        except ModuleNotFoundError as error:
            if error.name is None or error.name.partition(".")[0] in OURS:
                raise
            app.command(name, context_settings=ANY_OPTION)(_lacking(name, error.name))
            continue
        if isinstance(found, typer.Typer):
            app.add_typer(found, name=name)
        else:
            app.command(name)(found)
    return app


def _lacking(name: str, library: str) -> Any:
    """A command in place of one whose library is not there."""

    def told(_: Annotated[list[str] | None, typer.Argument()] = None) -> None:
        raise ThroughlineError(
            f"{name} needs {library}, which a partner's slim install leaves out; the container image has all, and so "
            "does a checkout after `make setup`"
        )

    told.__doc__ = f"Not installed here: it needs {library}."
    return told


def _say_version(asked: bool) -> None:  # noqa: FBT001  # typer calls it so
    if asked:
        typer.echo(f"throughline {VERSION}")
        raise typer.Exit


def _whole(
    version: Annotated[  # noqa: FBT002  # typer's way of saying that a flag is off
        bool, typer.Option(VERSION_FLAG, callback=_say_version, is_eager=True, help="Say the version and exit.")
    ] = False,
) -> None:
    del version  # its callback has answered


def main() -> None:
    """Entry point; exits 0 when done, 1 when something is not as it should be, 2 when it cannot be used so."""
    sys.exit(guarded(_with_whole_summaries(typer.main.get_command(app_of(sys.argv[1:2])))))


def _with_whole_summaries(command: Any) -> Any:
    """Lists of commands say each one's first line; by default they cut it off in its middle."""
    command.short_help = (command.help or "").partition("\n\n")[0]
    for inner in getattr(command, "commands", {}).values():
        _with_whole_summaries(inner)
    return command
