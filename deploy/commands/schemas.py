"""``throughline schemas list|show``: the catalog, as a registry would have it."""

from typing import Annotated

import orjson
import typer

from deploy import tables
from deploy.commands.topics import AsJson
from schemas_avro import catalog
from streams.errors import ThroughlineError

app = typer.Typer(help="Schemas: the catalog of them, by id and subject.", no_args_is_help=True)


@app.command("list")
def list_(as_json: AsJson = False) -> None:
    """List every schema of the catalog.

    Example: throughline schemas list --json
    """
    entries = sorted(catalog.catalog().values(), key=lambda entry: entry.id)
    if as_json:
        typer.echo(orjson.dumps([{"id": entry.id, "subject": entry.subject} for entry in entries]))
        return
    rows = [(str(entry.id), entry.subject, str(entry.schema["doc"])) for entry in entries]
    tables.show(("id", "subject", "what it is"), rows)


@app.command("show")
def show(name: Annotated[str, typer.Argument(help="Id or subject, as list prints them.")]) -> None:
    """Print one schema as JSON, as a serializer takes it.

    Example: throughline schemas show partner.aid.v1
    """
    for entry in catalog.catalog().values():
        if name in {str(entry.id), entry.subject}:
            typer.echo(orjson.dumps(entry.schema, option=orjson.OPT_INDENT_2))
            return
    raise ThroughlineError("the catalog has no such schema; `throughline schemas list` has them all")
