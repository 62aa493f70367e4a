"""``throughline partner new``: the folder that a partner's engineer begins with."""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import orjson
import typer

from deploy.commands.options import AsJson
from deploy.onboarding import folder as folders
from deploy.onboarding.agreement import file_of
from deploy.onboarding.drafts import draft_of, example_of
from deploy.publish.checks import check_names
from partners.formats import check_is_file
from partners.mapping.draft import Draft
from schemas_avro import catalog
from streams.errors import ThroughlineError
from streams.toml_file import FILL_IN


def new(
    name: Annotated[str, typer.Argument(help="What topics and users call the partner, as oak_valley.")],
    family: Annotated[
        list[str], typer.Option(help=f"What it will publish: {', '.join(catalog.FAMILIES)}; repeatable.")
    ],
    file: Annotated[
        list[Path] | None, typer.Option(help="An export of the first family; said again, of the next.")
    ] = None,
    place: Annotated[Path, typer.Option("--dir", help="Folder in which the partner's is made.")] = Path(),
    as_json: AsJson = False,
) -> None:
    """Write a new partner's folder: agreement, mappings, credentials request and test plan, all drafts, and the steps.

    Rows in it are of nobody. With --file the mapping is drafted from that export, which stays where it is; no cell of
    it is shown, and none but codes is written. Nothing that is there is written over.

    Example: throughline partner new oak_valley --family enrollment --file export.csv
    """
    folders.check_name(name)
    families, exports = list(dict.fromkeys(family)), file or []
    for one in families:
        check_names(name, one)
    if len(exports) > len(families):
        raise ThroughlineError(
            f"{len(exports)} files for {len(families)} families: say --family for each, in their order"
        )
    folder = place / name
    folders.check_is_free(folder)
    given = dict(zip(families, exports, strict=False))
    drafts = {one: _drafted(path, name, one) for one, path in given.items()}
    mappings = {one: drafts[one].text if one in drafts else example_of(name, one) for one in families}
    from_folder = {one: os.path.relpath(path, folder) for one, path in given.items()}
    files = folders.files_of(name, families, mappings, from_folder, datetime.now(UTC))
    folders.write(folder, files)
    if as_json:
        lacking = {one: list(draft.lacking) for one, draft in drafts.items() if draft.lacking}
        told = {"partner": name, "folder": str(folder), "files": sorted(files), "lacking": lacking}
        typer.echo(orjson.dumps(told))
        return
    _tell(folder, name, files, drafts)


def _drafted(path: Path, partner: str, family: str) -> Draft:
    check_is_file(path)
    return draft_of(path, partner, family)


def _tell(folder: Path, name: str, files: dict[str, str], drafts: dict[str, Draft]) -> None:
    typer.echo(f"{folder}: {len(files)} files; the steps are in {folder / 'README.md'}")
    for family, draft in drafts.items():
        lacking = f"; needed, and no column looks like it: {', '.join(draft.lacking)}" if draft.lacking else ""
        typer.echo(f"mapping.{family}.toml: {draft.mapped} columns mapped, {draft.left_out} left out{lacking}")
        if draft.open:
            typer.echo(f"mapping.{family}.toml: {draft.open} codes of the file to fill in: see {FILL_IN} in it")
        for flagged in draft.flagged:
            typer.echo(f"left out: {flagged} has what looks like social security numbers")
    typer.echo(f"to fill in: {file_of(name)}, credentials-request.md")
    typer.echo(f"then: throughline partner verify {folder}")
