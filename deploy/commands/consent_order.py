"""``throughline consent order``: disclosures in an emergency or by a court's order, which two persons stand by.

Steps are written onto ``control.agreements``; resolve passes them into the log, and there consent obeys them.
"""

import time
from collections.abc import Sequence
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Annotated, Any

import orjson
import typer

from deploy import consent_orders, control, tables
from deploy.commands.options import AsJson
from deploy.consent_log import NoKeys, book_of_log
from deploy.consent_orders import Wish
from deploy.console import bootstrap
from deploy.identity import deciding, published
from partners.rows import day_of
from processors import names
from processors.consent.book import Book
from processors.consent.orders import REASONS
from processors.drafts import Draft
from processors.records import derived_id
from streams.errors import ThroughlineError

Row = dict[str, Any]
ORDERED = "internal.disclosure_ordered.v1"
Basis = StrEnum("Basis", {name.upper(): name for name in REASONS})  # type: ignore[misc]  # of a closed set
Why = StrEnum("Why", {one.upper(): one for found in REASONS.values() for one in found})  # type: ignore[misc]  # as well
By = Annotated[str, typer.Option("--by", help="Who does it; kept for ever.")]
Order = Annotated[str, typer.Argument(help="Id of the order.", metavar="ORDER")]
app = typer.Typer(help="Disclosures in an emergency or by a court's order, which two persons stand by.",
                  no_args_is_help=True)  # fmt: skip


@app.command("state")
def state(
    person: Annotated[str, typer.Option("--person", help="Whose records, as `throughline explain` tells it.")],
    recipient: Annotated[str, typer.Option("--recipient", help="Who is to see them.")],
    basis: Annotated[Basis, typer.Option("--basis", help="By what right.")],
    reason: Annotated[Why, typer.Option("--reason", help="The threat (34 CFR 99.32(a)(5)), or the order; kept.")],
    until: Annotated[
        str,
        typer.Option("--until", metavar="DATE", help="Last day on which it holds; of an emergency within 14 days."),
    ],
    by: By,
    as_json: AsJson = False,
) -> None:
    """State that an emergency (34 CFR 99.36) or a court's order (99.31(a)(9)) calls for a disclosure.

    Nobody is shown anything until another person has approved it. It is of the records that the person has now.

    Example: throughline consent order state --person 1f0c6a52d9e84b7730aa5be1c2d3f405 --recipient county_rescue \
--basis emergency --reason missing --until 2026-10-01 --by n.ito
    """
    by, _ = deciding.checked(by, reason.value)
    try:
        last = date.fromisoformat(until)
    except ValueError:
        raise ThroughlineError("--until takes a date as 2026-10-01") from None
    address, now = bootstrap(), time.time_ns() // 1_000
    wish = Wish(person, recipient, basis.value, reason.value, last, by)
    row = consent_orders.stated(wish, _book(address), datetime.now(UTC).date(), now)
    _send(address, row, [person], as_json=as_json)


@app.command("approve")
def approve(order: Order, by: By, as_json: AsJson = False) -> None:
    """Approve an order that another person stated: from now on the recipient sees what the law allows.

    Example: throughline consent order approve 4c2f6a0e-7d1b-4f7e-9a53-0d5b8c1e2f31 --by r.alvarez
    """
    by, _ = deciding.checked(by, consent_orders.APPROVED)
    address = bootstrap()
    book = _book(address)
    row = consent_orders.approved(order, by, book, time.time_ns() // 1_000)
    _send(address, row, consent_orders.persons_of(order, book), as_json=as_json)


@app.command("end")
def end(order: Order, by: By, as_json: AsJson = False) -> None:
    """End an order before its day: what was shown by it is taken back.

    Example: throughline consent order end 4c2f6a0e-7d1b-4f7e-9a53-0d5b8c1e2f31 --by n.ito
    """
    by, _ = deciding.checked(by, consent_orders.ENDED)
    address = bootstrap()
    book = _book(address)
    row = consent_orders.ended(order, by, book, time.time_ns() // 1_000)
    _send(address, row, consent_orders.persons_of(order, book), as_json=as_json)


@app.command("list")
def list_(as_json: AsJson = False) -> None:
    """The orders that the log has, those that hold longest first.

    Example: throughline consent order list
    """
    found = consent_orders.known(_book(bootstrap())).values()
    if as_json:
        typer.echo(orjson.dumps({"orders": [one.to_document() for one in found]}))
        return
    rows = [
        (one.order_id, one.state, one.basis, one.reason, one.recipient, str(one.valid_until), one.stated_by,
         one.approved_by, ", ".join(one.person_ids))
        for one in found
    ]  # fmt: skip
    head = ("order", "state", "basis", "reason", "recipient", "until", "stated by", "approved by", "person")
    if rows:
        tables.show(head, rows)
    else:
        typer.echo("no orders")


def _book(address: str) -> Book:
    """The book at the end of the log; without a keyring orders are known all the same."""
    with published.keyring() as keys:
        return book_of_log(address, keys or NoKeys())


def _send(address: str, row: Row, persons: Sequence[str], *, as_json: bool) -> None:
    control.send(address, [_draft(row)])
    if as_json:
        told = {name: row[name] for name in ("order_id", "state", "recipient", "basis", "reason", "by")}
        until = {"valid_until": day_of(row["valid_until"]).isoformat()}
        typer.echo(orjson.dumps({**told, **until, "person_ids": persons}))
        return
    typer.echo(f"order {row['order_id']} of {', '.join(persons)} to {row['recipient']}: {SAID[row['state']]}")


SAID = {
    consent_orders.STATED: "stated; it waits for another person: `throughline consent order approve`",
    consent_orders.APPROVED: "approved; consent decides as it reads it",
    consent_orders.ENDED: "ended; what was shown by it is taken back",
}


def _draft(row: Row) -> Draft:
    id_ = derived_id(orjson.dumps(row, option=orjson.OPT_SORT_KEYS).decode(), "order", 0)
    return Draft(names.AGREEMENTS, row["order_id"], ORDERED, row, id_)
