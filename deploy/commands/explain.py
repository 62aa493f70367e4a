"""``throughline explain EVENT_ID``: where an event is, what was decided and why; no payload."""

from typing import Annotated, Any

import orjson
import typer

from deploy.commands.topics import AsJson
from deploy.console import FAILED, bootstrap
from deploy.topic_reader import Read, all_of
from processors import names

Row = dict[str, Any]


def explain(
    event_id: Annotated[str, typer.Argument(help="The event's UUID.")],
    as_json: AsJson = False,
) -> None:
    """Tell where an event is, what was decided for each recipient, and by which agreement.

    Example: throughline explain 3f0c4e1e-6f0e-5c5e-9f5c-0d5a6f1c2b3a
    """
    found = story(all_of(bootstrap(), told_by), event_id)
    if as_json:
        typer.echo(orjson.dumps(found))
    else:
        for line in lines(found):
            typer.echo(line)
    if not found["steps"]:
        raise typer.Exit(FAILED)


def told_by(topic: str) -> bool:
    """Topics that know of events."""
    known = {names.RESOLVED_EVENTS, names.AUDIT_DECISIONS, names.IDENTITY_CHANGES}
    return topic in known or topic.startswith(("deadletter.", "released."))


def story(reads: list[Read], event_id: str) -> Row:
    """What the topics say of an event, in the order in which it happened."""
    steps = [step for read in reads if (step := _step(read, event_id)) is not None]
    steps.sort(key=lambda step: (step["at"], ORDER.index(step["step"])))
    return {"event_id": event_id, "outcome": _outcome(steps), "steps": steps}


ORDER = (
    "rejected",
    "replayed",
    "identity applied",
    "record moved",
    "resolved",
    "decided",
    "decided again",
    "released",
    "retracted",
)
LETTERS = {"dead_letter": ("rejected", ("stage", "code", "field")), "letter_replayed": ("replayed", ("reason",))}
"""What is told of records on a partner's dead-letter topic."""


def _step(read: Read, event_id: str) -> Row | None:
    row = read.row.get("release", read.row)
    if row.get("event_id") != event_id:
        return None
    head = {"at": read.appended_at, "place": f"{read.topic}/{read.partition}/{read.offset}"}
    if read.name in LETTERS:
        step, told = LETTERS[read.name]
        return {**head, "step": step, **{name: row[name] for name in told}}
    if read.name == "identity_changed":
        step = "identity applied" if row["kind"] == "applied" else "record moved"
        return {**head, "step": step, "person_id": row["to_person_id"], "rules": row["rules"]}
    if read.name == "decision_recorded":
        step = "decided" if row["caused_by"] == event_id else "decided again"
        return {**head, "step": step, "outcome": row["outcome"], "decided": row["decided"]}
    if read.name == "resolved_event":
        return {**head, "step": "resolved", "person_id": row["person_id"], "family": row["family"]}
    step = "retracted" if read.name == "release_retracted" else "released"
    why = {"reason": read.row["reason"]} if step == "retracted" else {"groups": row["groups"]}
    return {**head, "step": step, "recipient": row["recipient"], "person_id": row["person_id"], **why}


def _outcome(steps: list[Row]) -> str:
    kinds = {step["step"] for step in steps[_after_replay(steps) :]}
    outcomes = {step.get("outcome") for step in steps}
    if "rejected" in kinds:
        return "rejected"
    if "identity applied" in kinds or outcomes & {"carried", "applied"}:
        return "carried"
    return "withheld" if "withheld" in outcomes else "unknown"


def _after_replay(steps: list[Row]) -> int:
    """Where what counts begins: a rejection before the last replay is no end."""
    return max((place for place, step in enumerate(steps, 1) if step["step"] == "replayed"), default=0)


def lines(found: Row) -> list[str]:
    """The story as lines for a person."""
    if not found["steps"]:
        return [f"{found['event_id']}: nothing is known of it; was it published, and are the workers running?"]
    told = [f"{found['event_id']}: {found['outcome']}"]
    for step in found["steps"]:
        told.append(f"  {step['step']:<16} {step['place']}  {_why(step)}")
        told += [
            f"    {d['recipient']:<22} {d['effect']:<6} {d['reason']}  {d['agreement_id'] or ''}"
            for d in step.get("decided", [])
        ]
    return told


def _why(step: Row) -> str:
    parts = (step.get("code"), step.get("field"), step.get("recipient"), step.get("reason"), step.get("outcome"))
    return " ".join(str(part) for part in parts if part)
