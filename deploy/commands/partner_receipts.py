"""``throughline partner receipt`` and ``receipts``: what became of what a partner has sent, for that partner alone."""

import time
from typing import Annotated

import orjson
import typer

from deploy import tables
from deploy.commands.options import AsJson
from deploy.console import FAILED, waiting_for
from deploy.console import bootstrap as known_bootstrap
from deploy.publish.checks import check_partner
from deploy.receipts import Receipt, Receipts, reading
from processors.consent.receipts import FEWEST
from schemas_avro.ids import is_event_id
from streams.errors import ThroughlineError

WORDS = {
    "no_agreement": "no agreement in force shares it",
    "needs_consent": "shared with consent",
    "shared": "shared by an agreement",
    "taken_in": "taken in: others' facts are decided by it",
}
"""Rules of a receipt, as a person is told."""
NOT_TOLD = "not told"
FEW = f"not told: it would show what became of fewer than {FEWEST} records"
LOOK_SECONDS = 1.0
Partner = Annotated[str, typer.Option(help="The partner that has sent, as csac.")]
Bootstrap = Annotated[str | None, typer.Option(help="Kafka broker, host:port; else THROUGHLINE_BOOTSTRAP.")]


def receipt(
    submission: Annotated[str, typer.Argument(help="Id of the submission, as `publish` prints it.")],
    partner: Partner,
    wait: Annotated[float, typer.Option(min=0, help="Seconds to wait for it, where it is not there yet.")] = 0,
    as_json: AsJson = False,
    bootstrap: Bootstrap = None,
) -> None:
    """Tell what became of one submission: how many events arrived, were repeats, rejected and why, carried, withheld.

    A receipt comes about two minutes after the submission's last event was decided; what comes later is added to it.
    It says how each event was decided first; a later consent, or its withdrawal, changes no receipt. Counts that would
    show what became of few people are not told.
    Exit code 0: it is there; 1: some events were rejected; 2: there is none.

    Example: throughline partner receipt 4c2f6a0e-7d1b-4f7e-9a53-0d5b8c1e2f31 --partner csac --wait 180
    """
    check_partner(partner)
    if not is_event_id(submission):
        raise ThroughlineError("a submission is a UUID in lower case; `throughline publish` prints it")
    with reading(bootstrap or known_bootstrap(), partner) as receipts, waiting_for("the receipt"):
        found = _awaited(receipts, submission, wait)
    if as_json:
        typer.echo(orjson.dumps({"partner": partner, **found.to_document()}))
    else:
        _tell(found)
    if found.rejected:
        raise typer.Exit(FAILED)


def receipts(partner: Partner, as_json: AsJson = False, bootstrap: Bootstrap = None) -> None:
    """List a partner's submissions of the last 30 days of which there is a receipt, oldest first.

    Example: throughline partner receipts --partner csac
    """
    check_partner(partner)
    with reading(bootstrap or known_bootstrap(), partner) as known, waiting_for("the receipts"):
        found = known.now()
    if as_json:
        typer.echo(orjson.dumps({"partner": partner, "receipts": [one.to_document() for one in found]}))
        return
    if not found:
        typer.echo(
            f"no receipts of {partner} yet: one comes about two minutes after a submission's last event, and is kept "
            "for 30 days; `throughline publish` prints a submission's id"
        )
        return
    columns = ("submission", "first", "last", "arrived", "repeated", "rejected")
    tables.show(columns, [
        (one.submission, one.first_at[:16], one.last_at[:16], *map(str, (one.arrived, one.repeated)),
         str(one.rejected.total()))
        for one in found
    ])  # fmt: skip


def _awaited(known: Receipts, submission: str, seconds: float) -> Receipt:
    """The receipt, once it is there.

    Raises:
        ThroughlineError: it does not come within that time.
    """
    until = time.monotonic() + seconds
    while True:
        found = [one for one in known.now() if one.submission == submission]
        if found:
            return found[0]
        if (left := until - time.monotonic()) <= 0:
            raise ThroughlineError(
                f"no receipt of {submission}: it comes about two minutes after the submission's last event, and is "
                "kept for 30 days; ask again, or --wait 180"
            )
        time.sleep(min(LOOK_SECONDS, left))


def _tell(found: Receipt) -> None:
    several = f" (in {len(found.parts)} parts)" if len(found.parts) > 1 else ""
    decided = sum(line["events"] for line in found.decided)
    typer.echo(
        f"{found.submission}: {found.arrived} arrived{several}, {found.repeated} repeated, "
        f"{found.rejected.total()} rejected, {decided} decided"
    )
    for (family, code), events in sorted(found.rejected.items()):
        typer.echo(f"rejected: {events} {family} {code}")
    if not found.decided:
        return
    tables.show(
        ("family", "rule", "events", "carried", "withheld"),
        [
            (
                line["family"],
                WORDS[line["rule"]],
                str(line["events"]),
                *(_cell(line, c) for c in ("carried", "withheld")),
            )
            for line in found.decided
        ],
    )
    if any(_cell(line, "carried") == NOT_TOLD for line in found.decided):
        typer.echo(FEW)


def _cell(line: dict[str, object], name: str) -> str:
    if line["rule"] == "taken_in":
        return ""
    return NOT_TOLD if line[name] is None else str(line[name])
