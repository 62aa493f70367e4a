"""``throughline schemas example|dictionary|asyncapi``: what is made from the contract, for people and their tools."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import orjson
import typer

from deploy import asyncapi
from deploy.agreements_folder import load_agreements
from deploy.commands.options import AsJson
from schemas_avro import catalog, examples
from streams import settings, topics
from streams.errors import ThroughlineError


def example(
    family: Annotated[str, typer.Argument(help=f"What the event is about: {', '.join(catalog.FAMILIES)}.")],
    as_csv: Annotated[bool, typer.Option("--csv", help="A CSV file of one row.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="A line of JSON; so it is without an option too.")] = False,
) -> None:
    """An event of a family, of nobody, as a file that `throughline publish` takes.

    Example: throughline schemas example aid --csv >aid.csv
    """
    check_family(family)
    if as_csv and as_json:
        raise ThroughlineError("an example is printed one way at a time: choose --csv or --json")
    typer.echo(examples.csv_of(family) if as_csv else orjson.dumps(examples.example(family)), nl=not as_csv)


def dictionary_(
    out: Annotated[Path, typer.Option("--out", help="Folder for the pages; made where it is not there.")],
    as_json: AsJson = False,
) -> None:
    """The data dictionary as files: a page for each family, with who receives what by the folder's agreements in force.

    Open index.html in it; no server is needed. The portal shows the same under /dictionary.

    Example: throughline schemas dictionary --out dictionary
    """
    # The portal and what it is made of are for this command alone.
    from deploy import dictionary_files  # noqa: PLC0415
    from deploy.portal_files import names_in  # noqa: PLC0415
    from portal.dictionary import dictionary  # noqa: PLC0415

    agreements = load_agreements(settings.load().agreements)
    today = datetime.now(UTC).date()
    made = dictionary_files.write(dictionary(agreements, today), names_in(agreements), out)
    typer.echo(orjson.dumps({"pages": made}) if as_json else f"{len(made)} pages; begin at {out / 'index.html'}")


def asyncapi_(
    out: Annotated[Path | None, typer.Option("--out", help="File to write; none: it is printed.")] = None,
) -> None:
    """All topics as an AsyncAPI 3 document: keys, retention, schemas, who may send and receive; by the folder's files.

    Example: throughline schemas asyncapi --out asyncapi.json
    """
    chosen = settings.load()
    agreements = load_agreements(chosen.agreements)
    specs = topics.table(agreements, chosen.partner_partitions, chosen.released_partitions)
    text = orjson.dumps(asyncapi.document(specs, agreements), option=orjson.OPT_INDENT_2)
    if out is None:
        typer.echo(text)
        return
    try:
        out.write_bytes(text + b"\n")
    except OSError as error:
        raise ThroughlineError(f"{out} cannot be written: {error.strerror}; choose another --out") from error
    typer.echo(f"{len(specs)} topics; {out}")


def check_family(family: str) -> None:
    """Refuse what is no family.

    Raises:
        ThroughlineError: it is none; names those that there are.
    """
    if family not in catalog.FAMILIES:
        raise ThroughlineError(f"no such family; there are {', '.join(catalog.FAMILIES)}")
