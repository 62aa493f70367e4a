"""``throughline partner``: what a partner's engineer begins with."""

from pathlib import Path
from typing import Annotated

import typer

from deploy.commands.partner_new import new
from deploy.commands.partner_receipts import receipt, receipts
from deploy.commands.partner_verify import verify
from deploy.onboarding.drafts import draft_of
from deploy.publish.checks import check_names
from partners.formats import check_is_file
from schemas_avro import catalog
from streams.errors import ThroughlineError
from streams.toml_file import FILL_IN

partner_app = typer.Typer(no_args_is_help=True, help="What a partner's engineer begins with.", rich_markup_mode=None)


@partner_app.callback()
def _all() -> None:
    """What a partner's engineer begins with."""


@partner_app.command("map")
def map_(
    file: Annotated[Path, typer.Argument(help="CSV, TSV, Parquet, or fixed-width text with --layout.")],
    partner: Annotated[str, typer.Option(help="The partner that will publish, as csac.")],
    family: Annotated[str, typer.Option(help=f"What the rows are: {', '.join(catalog.FAMILIES)}.")],
    out: Annotated[
        Path, typer.Option(help="File to write the mapping into; one that is there is not written over.")
    ] = Path("mapping.toml"),
    layout: Annotated[
        Path | None, typer.Option(help="Of fixed-width lines: a CSV file with columns name, start, width.")
    ] = None,
    no_header: Annotated[
        bool, typer.Option("--no-header", help="The first line of a CSV is a row; columns are named 1, 2, 3.")
    ] = False,
) -> None:
    """Draft how a file's columns become fields, from their names and from the forms of its first rows.

    Each line of the draft says how sure it is; what nobody could guess is left out. No cell of the file is shown, and
    none is written but for the codes of a column of few: each with ours, or FILL IN where nobody could guess.
    Correct the draft, then look with `throughline publish FILE --mapping mapping.toml --dry-run`.

    Example: throughline partner map export.csv --partner lea_grand_bend --family enrollment
    """
    check_names(partner, family)
    check_is_file(file)
    if out.exists():
        raise ThroughlineError(f"{out} is there already; name another file with --out, or move it away")
    draft = draft_of(file, partner, family, layout, has_header=not no_header)
    try:
        out.write_text(draft.text, encoding="utf-8")
    except OSError as error:
        raise ThroughlineError(f"cannot write {out}: {error.strerror}; name another file with --out") from None
    typer.echo(f"{out}: {draft.mapped} columns mapped, {draft.left_out} left out")
    for name in draft.flagged:
        typer.echo(f"left out: {name} has what looks like social security numbers")
    if draft.open:
        typer.echo(f"{draft.open} codes of the file to fill in: see {FILL_IN} in {out}")
    if draft.lacking:
        typer.echo(
            f"needed, and no column looks like it: {', '.join(draft.lacking)}; say in {out} where they come from"
        )
    typer.echo(f"correct it, then: throughline publish {file} --mapping {out} --dry-run")


for made in (new, verify, receipt, receipts):
    partner_app.command(made.__name__)(made)
