"""``throughline identity merge|split|accept|reject|undo``: a steward decides whose records are of one person.

A decision outranks every score for ever, until another one about the same records, or until it is taken back. It is
written onto ``control.identity``; resolve obeys it as it reads it. Only keys and ids are shown, never what records say.
"""

import time
from dataclasses import asdict
from typing import Annotated

import orjson
import typer

from deploy import control
from deploy.commands.models import By, DryRun, Reason, take_back
from deploy.commands.options import AsJson
from deploy.console import bootstrap
from deploy.identity import published
from deploy.identity.deciding import DIFFERENT, SAME, Plan, answered, checked, merged, parted, row_of, undone
from deploy.identity.known import WITHDRAWN, known
from processors import names
from processors.drafts import Draft

DECIDED = "internal.identity_decided.v1"
SAID = {
    SAME: "of one person",
    DIFFERENT: "of two persons",
    WITHDRAWN: "as before anything was decided of them",
}
Records = Annotated[list[str], typer.Argument(help="Keys of records, as `identity person` shows them.")]
One = Annotated[str, typer.Argument(help="Key of a record that a review asks about.")]
Other = Annotated[str, typer.Argument(help="Key of the other.")]


def merge(
    records: Records,
    by: By = "",
    reason: Reason = "",
    whole: Annotated[bool, typer.Option("--whole", help="Take in all other records of their persons.")] = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Decide that records are of one person.

    Every two of the named records are linked, and not a chain of them: so the others stay together when one of them is
    parted off again. Records of theirs that are not named follow by what speaks for each; --whole names them too.

    Example: throughline identity merge 1f0c6a52d9e84b7730aa5be1c2d3f405 8b21e06cf7734d5f9a1e33c0d4b5a697 \
--by r.alvarez --reason "transcript names both"
    """
    by, reason = checked(by, reason)
    address = bootstrap()
    plan = merged(known(address), records, whole=whole)
    _decide(address, plan, by, reason, dry_run=dry_run, as_json=as_json)


def split(records: Records, by: By = "", reason: Reason = "", dry_run: DryRun = False, as_json: AsJson = False) -> None:
    """Decide that records of a person are another's: each of them is parted from every other record of that person.

    Whether the named ones stay together, and whose they become, follows from what speaks for it.

    Example: throughline identity split 8b21e06cf7734d5f9a1e33c0d4b5a697 --by r.alvarez --reason "a brother" --dry-run
    """
    by, reason = checked(by, reason)
    address = bootstrap()
    _decide(address, parted(known(address), records), by, reason, dry_run=dry_run, as_json=as_json)


def accept(
    one: One, other: Other, by: By = "", reason: Reason = "", dry_run: DryRun = False, as_json: AsJson = False
) -> None:
    """Answer an open review: the two records are of one person.

    Example: throughline identity accept 1f0c6a52d9e84b7730aa5be1c2d3f405 8b21e06cf7734d5f9a1e33c0d4b5a697 \
--by r.alvarez --reason "same transcript"
    """
    _answer(one, other, SAME, by, reason, dry_run=dry_run, as_json=as_json)


def reject(
    one: One, other: Other, by: By = "", reason: Reason = "", dry_run: DryRun = False, as_json: AsJson = False
) -> None:
    """Answer an open review: the two records are of two persons.

    Example: throughline identity reject 1f0c6a52d9e84b7730aa5be1c2d3f405 8b21e06cf7734d5f9a1e33c0d4b5a697 \
--by r.alvarez --reason "two campuses at once"
    """
    _answer(one, other, DIFFERENT, by, reason, dry_run=dry_run, as_json=as_json)


def undo(
    decision_id: Annotated[str, typer.Argument(help="Id of a decision, as `identity decisions` shows it.")],
    by: By = "",
    reason: Reason = "",
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Take a decision back, as far as it stands: its records are again whose they were without it.

    What it had overruled does not come back by itself. Of a model, the one that was in force before it is chosen again.

    Example: throughline identity undo 5c2f6a0e-7d1b-5f7e-9a53-0d5b8c1e2f31 --by r.alvarez --reason "wrong transcript"
    """
    by, reason = checked(by, reason)
    address = bootstrap()
    choices = published.choices(address)
    if decision_id in choices.chosen:
        take_back(address, choices, decision_id, by, reason, dry_run=dry_run, as_json=as_json)
        return
    _decide(address, undone(known(address), decision_id), by, reason, dry_run=dry_run, as_json=as_json)


COMMANDS = (merge, split, accept, reject, undo)


def _answer(one: str, other: str, kind: str, by: str, reason: str, *, dry_run: bool, as_json: bool) -> None:
    by, reason = checked(by, reason)
    address = bootstrap()
    _decide(address, answered(known(address), one, other, kind), by, reason, dry_run=dry_run, as_json=as_json)


def _decide(address: str, plan: Plan, by: str, reason: str, *, dry_run: bool, as_json: bool) -> None:
    """Write a plan onto the control topic, unless it is only looked at; tell of it."""
    row = row_of(plan, by, reason, time.time_ns() // 1_000)
    decision_id = None if dry_run else row["decision_id"]
    if not dry_run:
        control.send(address, [Draft(names.STEWARDS, row["decision_id"], DECIDED, row, row["decision_id"])])
    if as_json:
        typer.echo(orjson.dumps({"decision_id": decision_id, **asdict(plan)}))
        return
    for line in _lines(plan, decision_id):
        typer.echo(line)


def _lines(plan: Plan, decision_id: str | None) -> list[str]:
    pairs = "1 pair" if len(plan.pairs) == 1 else f"{len(plan.pairs)} pairs"
    head = "would decide" if decision_id is None else f"decided {decision_id}"
    lines = [f"{head}: {pairs} of records, {SAID[plan.kind]}"]
    lines += [f"  of person {part.person_id}: {part.named} of {part.records} records" for part in plan.persons]
    lines += [f"  {'takes back' if plan.kind == WITHDRAWN else 'overrules'} {id_}" for id_ in plan.overrules]
    if decision_id is not None:
        lines.append("resolve obeys as it reads it; `throughline identity person` shows whose the records are then")
    return lines
