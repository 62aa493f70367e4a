"""``throughline identity person WHO``: a person's records, how they came together, where they differ, whose counts."""

from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from deploy import tables
from deploy.agreements_folder import load_agreements
from deploy.commands.options import AsJson
from deploy.console import bootstrap
from deploy.identity import published
from deploy.identity.explained import signed
from deploy.identity.persons import (
    Person,
    as_row,
    change_row,
    choice_row,
    moved_to,
    person_of,
    record_row,
    trait_words,
)
from deploy.identity.policies import SHIPPED, policy_in
from deploy.topic_reader import reads
from processors import names
from processors.resolve.golden import Policy, conflicts, golden
from processors.resolve.matching.words import CHOSEN_BY
from streams import settings
from streams.errors import ThroughlineError

NEVER = "never shown"
NOBODY = "no person, record or identity event is called so: `throughline explain EVENT_ID` names the person of an event"
Row = dict[str, Any]


def person(
    who: Annotated[str, typer.Argument(help="A person's id, the key of a record, or the id of an identity event.")],
    policy: Annotated[
        Path | None, typer.Option(help="TOML file: whose word counts for which trait. [default: the shipped]")
    ] = None,
    show_values: Annotated[
        bool, typer.Option("--show-values", help="Show the values that were chosen; a number never.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """The records of a person, how they came together, which traits conflict, and whose word counts for each trait.

    Values are shown only on demand, as they are compared: in capitals, without accents. The Social Security number is
    not kept, and what stands for it is never shown.

    Example: throughline identity person 1f0c6a52d9e84b7730aa5be1c2d3f405
    """
    chosen_by = policy_in(policy, _partners()) if policy else policy_in(SHIPPED, ())
    found = _person(who)
    if as_json:
        typer.echo(orjson.dumps(as_row(found, chosen_by, shows_values=show_values)))
    else:
        _tell(found, chosen_by, show_values=show_values)


def _partners() -> set[str]:
    return {one.party for one in load_agreements(settings.load().agreements) if one.tier == "mou"}


def _person(who: str) -> Person:
    """A person.

    Raises:
        ThroughlineError: nobody is called so, or not any more; the keyring or the broker does not answer.
    """
    address = bootstrap()
    person_id, members = published.person_called(address, who)
    with published.keyring() as keys:
        said = {} if keys is None else {record.record_key: record.rows(keys) for record in members}
    changes = reads(address, {names.IDENTITY_CHANGES}.__contains__)
    found = person_of(person_id, members, said, published.decisions(address), changes)
    if not members:
        if gone := moved_to(found):
            raise ThroughlineError(f"{who} has no records now: they went to {', '.join(gone)}; ask for that")
        raise ThroughlineError(NOBODY)
    return found


def _tell(found: Person, policy: Policy, *, show_values: bool) -> None:
    typer.echo(f"person {found.person_id}")
    rows = [record_row(found, record) for record in found.members]
    cells = [
        (r["record_key"], r["partner_id"], r["first_seen_at"], ", ".join(r["decisions"]), *_erased(r)) for r in rows
    ]
    columns = ("record", "partner", "first seen", "decided by", "key")
    width = len(columns) if any(r["is_erased"] for r in rows) else -1
    tables.show(columns[:width], [row[:width] for row in cells])
    if found.is_unsealed:
        _tell_conflicts(found)
        _tell_golden(found, policy, show_values=show_values)
    else:
        typer.echo(f"what its records say is not known here: {published.no_keyring()}")
    _tell_history(found)


def _erased(row: Row) -> tuple[str]:
    return ("erased" if row["is_erased"] else "",)


def _tell_conflicts(found: Person) -> None:
    told = conflicts(found.sayings)
    if not told:
        typer.echo("no trait is told in two ways")
        return
    groups = [(trait_words(trait), " | ".join(", ".join(partners) for partners in told[trait])) for trait in told]
    tables.show(("trait that conflicts", "who tells each of its values"), groups)


def _tell_golden(found: Person, policy: Policy, *, show_values: bool) -> None:
    columns = ["golden record", *(["value"] if show_values else []), "partner", "chosen as", "published", "record"]
    rows = []
    for choice in golden(found.sayings, policy):
        row = choice_row(choice, shows_values=show_values)
        value = [row.get("value", NEVER)] if show_values else []
        told = (row["partner_id"], CHOSEN_BY[choice.rule], row["published_at"], row["record_key"])
        rows.append([trait_words(choice.trait), *value, *told])
    if rows:
        tables.show(columns, rows)


def _tell_history(found: Person) -> None:
    rows = [change_row(read) for read in found.history]
    columns = ("at", "what", "record", "from", "to", "strongest link")
    cells = [
        (r["at"], r["kind"], r["record_key"], r["from_person_id"] or "", r["to_person_id"], _strongest(r)) for r in rows
    ]
    if rows:
        tables.show(columns, cells)


def _strongest(row: Row) -> str:
    return f"{signed(row['links'][0]['bits'])} bits to {row['links'][0]['record_key']}" if row["links"] else ""
