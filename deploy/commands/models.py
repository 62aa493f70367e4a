"""``throughline identity apply --model M``: another model is taken, after ``replay`` has told what it would change.

The choice is written onto ``control.identity``; resolve takes the model while events go on.
"""

import time
from pathlib import Path
from typing import Annotated

import orjson
import typer

from deploy import control
from deploy.commands.options import AsJson
from deploy.console import bootstrap
from deploy.identity import deciding, published
from deploy.identity.choices import NOT_YET, REPLAY, Choices, checked, row_of, undone
from deploy.identity.engine import model_in
from processors import names
from processors.drafts import Draft
from processors.resolve import adopted
from processors.resolve.matching.model import Model
from streams.errors import ThroughlineError

CHOSEN = "internal.model_chosen.v1"
By = Annotated[str, typer.Option(help="Who decides; kept for ever.")]
Reason = Annotated[
    str, typer.Option(help="Why, in words without anybody's name or number; kept for ever, in the clear.")
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be decided, write nothing.")]


def apply(
    model: Annotated[Path, typer.Option(help="Model to take, as `identity evaluate` takes it.")],
    by: By = "",
    reason: Reason = "",
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Have resolve compare records by another model; `identity replay` tells before what that changes.

    Resolve compares all records anew while events go on, then moves those whose person is another one. `identity undo`
    takes it back.

    Example: throughline identity apply --model model.json --by r.alvarez --reason "trained on our own records"
    """
    by, reason = deciding.checked(by, reason)
    taken, address = model_in(model), bootstrap()
    choices = published.choices(address)
    document = _sealed(taken)
    checked(choices, taken.name, document)
    choose(address, choices, taken.name, document, by, reason, dry_run=dry_run, as_json=as_json)


def _sealed(model: Model) -> str:
    with published.needed_keyring() as keys:
        if keys.find(adopted.KEY_ID) is None:  # one that is made here would not be resolve's
            raise ThroughlineError(NOT_YET)
        return adopted.sealed(model, keys)


def take_back(
    address: str, choices: Choices, decision_id: str, by: str, reason: str, *, dry_run: bool, as_json: bool
) -> None:
    """Choose again the model that was in force before a choice.

    Raises:
        ThroughlineError: another was chosen since, or it has changed nothing.
    """
    before = undone(choices, decision_id)
    choose(
        address, choices, before["model"], before["sealed_document"], by, reason, dry_run=dry_run, as_json=as_json
    )  # fmt: skip


def choose(
    address: str, choices: Choices, model: str, document: str, by: str, reason: str, *, dry_run: bool, as_json: bool
) -> None:
    """Write a choice onto the control topic, unless it is only looked at; tell of it."""
    row = row_of(model, document, by, reason, time.time_ns() // 1_000)
    decision_id = None if dry_run else row["decision_id"]
    if not dry_run:
        control.send(address, [Draft(names.STEWARDS, row["decision_id"], CHOSEN, row, row["decision_id"])])
    if as_json:
        told = {"decision_id": decision_id, "kind": "model", "model": model, "model_in_force": choices.now["model"]}
        typer.echo(orjson.dumps(told))
        return
    head = "would choose" if dry_run else f"chosen {decision_id}:"
    typer.echo(f"{head} model {model}; in force is {choices.now['model']}")
    if dry_run:
        typer.echo(REPLAY)
    else:
        typer.echo("resolve takes it between events: `throughline status` shows the sweep `model` until it has")


COMMANDS = (apply,)
