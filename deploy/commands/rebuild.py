"""``throughline rebuild resolve|consent``: a stage's store made anew from topics, with the stage stopped."""

import shutil
import time
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Annotated

import orjson
import typer

from deploy.commands.options import AsJson
from deploy.commands.worker import keys_dir, stage_parts
from deploy.console import FAILED, bootstrap
from deploy.progress import counting
from streams import consent, rebuild, resolve, settings
from streams.errors import ThroughlineError
from streams.keyring import Keyring
from streams.rebuild import Rebuilt, Target
from streams.store import path_of

ROLES = (resolve.NAME, consent.NAME)


def rebuild_(
    role: Annotated[str, typer.Argument(help="resolve or consent.")],
    check: Annotated[bool, typer.Option("--check", help="Only compare; the store that is there stays.")] = False,
    as_json: AsJson = False,
) -> None:
    """Make a stopped stage's store anew from topics; nothing is published.

    The new one takes the old one's place, which stays beside it, where the two are equal or the old one is lost or
    damaged. Exit code 1: they differ, and the old one stays.

    Example: throughline rebuild consent --check
    """
    if role not in ROLES:
        raise ThroughlineError(
            f"only {' and '.join(ROLES)} are rebuilt so; of signals see `throughline signals reset`, of views "
            "`throughline agreements reissue`"
        )
    chosen, address = settings.load(), bootstrap()
    path = path_of(chosen.data_dir, chosen.name_of(role))
    began = time.monotonic()
    with closing(Keyring(keys_dir(chosen))) as keys, counting(f"rebuilding {role}", "records") as told:
        target = rebuild.target_of(role, stage_parts(role, chosen, address, keys), address, path)
        new = path.with_suffix(".new")
        done = rebuild.rebuild_store(role, chosen, address, keys, target, new, partial(told, f"rebuilding {role}"))
    if target.is_readable:
        done = replace(done, differing=rebuild.differing(new, path))
    is_sound = not done.differing
    if is_sound and not check:
        _swap(new, path, target.generation)
    else:
        shutil.rmtree(new)
    _tell(role, done, target, time.monotonic() - began, is_swapped=is_sound and not check, as_json=as_json)
    if not is_sound:
        raise typer.Exit(FAILED)


def _swap(new: Path, path: Path, generation: int) -> None:
    """The new store takes the place of the old one, which stays beside it under its generation."""
    if path.exists():
        path.rename(path.with_suffix(f".generation-{generation}"))
    new.rename(path)


def _tell(role: str, done: Rebuilt, target: Target, seconds: float, *, is_swapped: bool, as_json: bool) -> None:
    if as_json:
        equal = None if done.differing is None else not done.differing
        document = {
            "stage": role,
            "records": done.records,
            "skipped": done.skipped,
            "equal": equal,
            "swapped": is_swapped,
        }
        typer.echo(orjson.dumps({**document, "generation": done.generation, "seconds": round(seconds, 1)}))
        return
    typer.echo(f"{role}: {done.records:,} records read in {seconds:.0f} s")
    if done.skipped:
        typer.echo(f"{done.skipped:,} of them are events of erased records, which nobody can open any more")
    if done.differing is None:
        typer.echo("the store that was there is lost or cannot be read: nothing to compare with")
    elif done.differing:
        typer.echo(f"not equal to the store that is there, in {', '.join(done.differing)}; that one stays")
    else:
        typer.echo("equal to the store that is there")
    if is_swapped:
        typer.echo(f"it is in its place now, as generation {done.generation}; start `throughline worker {role}`")
    if is_swapped and not target.is_readable and role == consent.NAME:
        typer.echo("what it had begun to take back is not known: move views/ away, start `throughline serve`, and "
                   "`throughline agreements reissue` each recipient")  # fmt: skip
