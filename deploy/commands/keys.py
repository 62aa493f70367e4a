"""``throughline keys``: the keys of what is sealed, backed up apart from all else and put back; never shown."""

from contextlib import closing
from pathlib import Path
from typing import Annotated

import orjson
import typer

from deploy.commands.options import AsJson
from deploy.commands.worker import keys_dir
from streams import key_backup, settings
from streams.errors import ThroughlineError
from streams.keyring import Keyring

keys_app = typer.Typer(help="Keys of what is sealed: backup, and putting it back.", no_args_is_help=True)


@keys_app.command("show")
def show(as_json: AsJson = False) -> None:
    """Tell how many keys there are, and how many were erased; none of them is shown.

    Example: throughline keys show
    """
    folder = keys_dir(settings.load())
    if not folder.exists():
        raise ThroughlineError("there are no keys in this data directory: run this where the workers run")
    with closing(Keyring(folder)) as ring:
        told = {"keys": len(ring), "erased": len(ring.erased())}
    typer.echo(orjson.dumps(told) if as_json else f"{told['keys']:,} keys, {told['erased']:,} erased")


@keys_app.command("backup")
def backup(
    folder: Annotated[Path, typer.Argument(help="A new folder; move it, encrypted, to where nothing else of this is.")],
    as_json: AsJson = False,
) -> None:
    """Copy keys and secrets to a folder, while all runs or not.

    Example: throughline keys backup keys-2026-11-30
    """
    keys = key_backup.back_up(settings.load().data_dir, folder)
    typer.echo(orjson.dumps({"keys": keys}) if as_json else f"{keys:,} keys copied to {folder}")


@keys_app.command("restore")
def restore(
    folder: Annotated[Path, typer.Argument(help="A backup, as `keys backup` made it.")], as_json: AsJson = False
) -> None:
    """Put keys and secrets back that are missing, while all runs or not; what was erased stays erased.

    Example: throughline keys restore keys-2026-11-30
    """
    done = key_backup.restore(folder, settings.load().data_dir)
    if as_json:
        typer.echo(orjson.dumps({"added": done.added, "left_out": done.left_out, "secrets": list(done.secrets)}))
        return
    typer.echo(f"{done.added:,} keys were missing and are back, {done.left_out:,} stay erased")
    if done.secrets:
        typer.echo(f"put back: {', '.join(done.secrets)}")
