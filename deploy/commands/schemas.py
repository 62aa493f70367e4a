"""``throughline schemas list|show``: the catalog, as a registry would have it."""

from typing import Annotated

import orjson
import typer

from deploy import tables
from deploy.commands.topics import AsJson
from partners.formats.csv_forms import told_of
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
    if name in catalog.FAMILIES:
        raise ThroughlineError(
            f"a schema is called by subject: partner.{name}.v1; what a file of {name} has: "
            f"`throughline schemas columns {name}`"
        )
    raise ThroughlineError("the catalog has no such schema; `throughline schemas list` has them all")


@app.command("columns")
def columns(
    family: Annotated[str, typer.Argument(help=f"What the rows are: {', '.join(catalog.FAMILIES)}.")],
    header: Annotated[bool, typer.Option("--header", help="Only a first line for a CSV file, of all columns.")] = False,
    as_json: AsJson = False,
) -> None:
    """Columns that a CSV file of a family may have: which are needed, how a cell is written, what it means.

    Example: throughline schemas columns aid
    """
    if family not in catalog.FAMILIES:
        raise ThroughlineError(f"no such family; there are {', '.join(catalog.FAMILIES)}")
    found = told_of(family)
    if as_json:
        keys = ("column", "needed", "form", "meaning")
        typer.echo(orjson.dumps([dict(zip(keys, vars(one).values(), strict=True)) for one in found]))
    elif header:
        typer.echo(",".join(one.name for one in found))
    else:
        rows = [(one.name, "needed" if one.is_needed else "", one.form, one.meaning) for one in found]
        tables.show(("column", "", "a cell", "what it is"), rows)
