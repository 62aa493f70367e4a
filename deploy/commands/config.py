"""``throughline config show``: every setting, its value and where that comes from; secrets masked."""

import os
import re
from dataclasses import asdict, dataclass
from typing import Annotated, Any

import orjson
import typer
from pydantic import SecretStr

from deploy import tables
from streams import settings
from streams.settings import PREFIX, Settings
from streams.telemetry import MASK

config_app = typer.Typer(help="Settings: what is set, and by whom.", no_args_is_help=True)
CREDENTIALS = re.compile(r"(?<=//)[^/@\s]*@|^[^/@\s]*:[^/@\s]*@")
"""user:password@ of an address."""


@dataclass(frozen=True)
class Shown:
    """One setting, as it is shown."""

    name: str
    value: str | int | float | bool | None
    source: str
    """environment, demo (noted by one that runs) or default."""


@config_app.command("show")
def show(as_json: Annotated[bool, typer.Option("--json", help="A JSON list instead of a table.")] = False) -> None:
    """Every setting, its value, and where that comes from.

    Example: throughline config show
    """
    found = shown(settings.load(), dict(os.environ))
    if as_json:
        typer.echo(orjson.dumps([asdict(one) for one in found]))
        return
    rows = [(one.name, "" if one.value is None else str(one.value), one.source) for one in found]
    tables.show(("setting", "value", "from"), rows)


def shown(chosen: Settings, environment: dict[str, str]) -> list[Shown]:
    """Every setting in the order of the reference.

    Args:
        chosen: the settings.
        environment: variables that they were read from.
    """
    given = {name.upper() for name in environment}
    found = []
    for name in Settings.model_fields:
        variable = f"{PREFIX}{name.upper()}"
        value, source = getattr(chosen, name), "environment" if variable in given else "default"
        if name == "bootstrap" and value is None and (noted := settings.bootstrap_from_settings()):
            value, source = noted, "demo"
        found.append(Shown(variable, masked(value), source))
    return found


def masked(value: Any) -> str | int | float | bool | None:
    """A value as it may be shown: a secret not at all, an address without its user and password."""
    if isinstance(value, SecretStr):
        return MASK
    if value is None or isinstance(value, int | float):
        return value
    return CREDENTIALS.sub(f"{MASK}@", str(value))
