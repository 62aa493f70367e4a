"""``throughline population``: made-up people, what partners would publish of them, and the truth that must come out."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import orjson
import typer

from deploy import tables
from deploy.commands.options import AsJson
from deploy.population import generate
from deploy.publish.sending import moment_in
from partners.population import DEFAULT_AS_OF, Truth
from partners.population.files import write
from streams.errors import ThroughlineError

FEWEST_PEOPLE = 40


def population(
    out: Annotated[Path, typer.Option(help="Folder to write into.")],
    people: Annotated[int, typer.Option(min=FEWEST_PEOPLE, help="How many people.")] = 2000,
    seed: Annotated[int, typer.Option(help="The same seed, the same files.")] = 7,
    as_of: Annotated[str, typer.Option(help="The day on which they stand.")] = DEFAULT_AS_OF.isoformat(),
    decided_on: Annotated[
        str | None, typer.Option(help="The day for which the truth is judged: that of publishing. None: --as-of.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Make up people and all that partners would publish about them, with the truth that must come out.

    Writes OUT/<phase>/<partner>.<family>.jsonl for `throughline publish`, OUT/<phase>/malformed.jsonl, OUT/truth.json,
    OUT/signals.toml, the calendar of its signals (THROUGHLINE_SIGNALS_FILE), and OUT/organizations.toml, what its
    schools are called (THROUGHLINE_ORGANIZATIONS_FILE). Nobody in it is real.

    Example: throughline population --people 2000 --seed 7 --out people
    """
    day = moment_in(as_of).date()
    if day > datetime.now(UTC).date():
        raise ThroughlineError(f"{day} lies ahead, and no gate takes events from the future; say an earlier --as-of")
    made = generate(people, seed, day, moment_in(decided_on, "--decided-on").date() if decided_on else None)
    try:
        files = write(made, out)
    except OSError as error:
        raise ThroughlineError(f"cannot write into {out}: {error.strerror}; name another folder with --out") from None
    if as_json:
        totals = {phase: vars(total) for phase, total in made.truth.totals.items()}
        typer.echo(orjson.dumps({"people": people, "seed": seed, "files": len(files), "totals": totals}))
        return
    _show_totals(made.truth)
    typer.echo(f"{len(files)} files in {out}")


def _show_totals(truth: Truth) -> None:
    """Totals by phase, as a table."""
    rows = [(phase, *(f"{count:,}" for count in vars(totals).values())) for phase, totals in truth.totals.items()]
    tables.show(("when it has ended", "published", "carried", "withheld", "rejected", "persons"), rows)
