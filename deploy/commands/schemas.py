"""``throughline schemas``: the catalog, as a registry would have it, and its code sets."""

from typing import Annotated

import orjson
import typer

from deploy import schema_files, tables
from deploy.commands.options import AsJson
from deploy.commands.schema_documents import asyncapi_, check_family, dictionary_, example
from deploy.commands.schemas_checked import check, diff, register
from partners.formats.csv_forms import told_of
from schemas_avro import catalog
from schemas_avro.codes import code_sets, crosswalks, tables_of
from streams.errors import ThroughlineError

app = typer.Typer(help="Schemas: the catalog of them, by id and subject.", no_args_is_help=True)
for command in (check, diff, register, example):
    app.command(command.__name__)(command)
app.command("dictionary")(dictionary_)
app.command("asyncapi")(asyncapi_)


@app.command("list")
def list_(as_json: AsJson = False) -> None:
    """List every schema of the catalog.

    Example: throughline schemas list --json
    """
    entries = sorted(catalog.catalog().values(), key=lambda entry: entry.id)
    if as_json:
        typer.echo(
            orjson.dumps([{"id": entry.id, "subject": entry.subject, "version": entry.version} for entry in entries])
        )
        return
    rows = [(str(entry.id), entry.subject, str(entry.version), str(entry.schema["doc"])) for entry in entries]
    tables.show(("id", "subject", "version", "what it is"), rows)


@app.command("show")
def show(name: Annotated[str, typer.Argument(help="Id or subject, as list prints them, or subject:version.")]) -> None:
    """Print one schema as JSON, as a serializer takes it; of a subject the newest version, or the one that it names.

    Example: throughline schemas show partner.aid.v1:1
    """
    entry = schema_files.entry_of(name)
    if entry is not None:
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
    check_family(family)
    found = told_of(family)
    if as_json:
        keys = ("column", "needed", "form", "meaning")
        typer.echo(orjson.dumps([dict(zip(keys, vars(one).values(), strict=True)) for one in found]))
    elif header:
        typer.echo(",".join(one.name for one in found))
    else:
        rows = [(one.name, "needed" if one.is_needed else "", one.form, one.meaning) for one in found]
        tables.show(("column", "", "a cell", "what it is"), rows)


@app.command("codes")
def codes(
    name: Annotated[
        str | None, typer.Argument(help="A code set, as `columns` names it; none: the list of all.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Code sets of text fields: their codes, edition and source, and whether other codes are taken; and crosswalks.

    Example: throughline schemas codes ceds_exit_type
    """
    if name is None:
        _list_tables(as_json=as_json)
        return
    table = code_sets().get(name) or crosswalks().get(name)
    if table is None:
        raise ThroughlineError("no such code set; `throughline schemas codes` has them all")
    if as_json:
        typer.echo(orjson.dumps({key: value for key, value in vars(table).items() if value not in (None, "")}))
        return
    walk = crosswalks().get(name)
    tables.show(("code", f"in {walk.to}" if walk else "what it means"), list(table.codes.items()))
    typer.echo(
        f"{table.title}; {table.version}. {table.source}." + (f" Not complete: {table.note}." if table.note else "")
    )


def _list_tables(*, as_json: bool) -> None:
    """Every code set with its fields, then every crosswalk."""
    used: dict[str, list[str]] = {}
    for family in catalog.FAMILIES:
        for field, table in tables_of(family).items():
            used.setdefault(table.name, []).append(f"{family}.{field}")
    rows = [
        (
            one.name,
            one.version,
            str(len(one.codes)),
            "" if one.is_complete else "others are carried",
            ", ".join(used[one.name]),
        )
        for one in code_sets().values()
    ]
    walks = [(one.name, one.version, str(len(one.codes)), "crosswalk", f"to {one.to}") for one in crosswalks().values()]
    keys = ("name", "version", "codes", "kind", "of")
    if as_json:
        typer.echo(orjson.dumps([dict(zip(keys, row, strict=True)) for row in [*rows, *walks]]))
        return
    tables.show(("name", "version", "codes", "", "of"), [*rows, *walks])
