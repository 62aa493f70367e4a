"""``throughline explain EVENT_ID``: where an event is, what was decided and why; no payload."""

from typing import Annotated, Any

import orjson
import typer

from deploy.commands.options import AsJson
from deploy.console import FAILED
from deploy.console import bootstrap as known_bootstrap
from deploy.dead_letters import place_of
from deploy.topic_reader import Read, all_of
from processors import names
from schemas_avro.ids import is_event_id

Row = dict[str, Any]


def explain(
    event_id: Annotated[str, typer.Argument(help="The event's UUID.")],
    as_json: AsJson = False,
    bootstrap: Annotated[str | None, typer.Option(help="Kafka broker, host:port; else THROUGHLINE_BOOTSTRAP.")] = None,
) -> None:
    """Tell where an event is, what was decided for each recipient, and by which agreement.

    Of an event that nobody is shown the first line has each recipient with the reason. This is an operator's command:
    what a partner may know of its events is in its receipts.

    Example: throughline explain 3f0c4e1e-6f0e-5c5e-9f5c-0d5a6f1c2b3a
    """
    found = story(all_of(bootstrap or known_bootstrap(), told_by), event_id)
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
    """What the topics say of an event, in the order of the event's way.

    Topics share no order and the broker's stamps are no order of steps, so: topic by topic, each from its beginning.
    """
    known = [read for read in reads if _id_in(read) == event_id]
    known.sort(key=_on_the_way)
    steps = [_step(read, event_id) for read in known]
    outcome, later = _outcome(steps), _later(reads, known)
    told = {"outcome": outcome, "now": _now(outcome, steps), "later": later, "retraction": _retraction(reads, known)}
    return {"event_id": event_id, **told, "steps": steps}


def _later(reads: list[Read], known: list[Read]) -> Row | None:
    """The version that counts of the fact that an event is a version of, where that is a later one."""
    own = next((read.row for read in known if read.name == "resolved_event"), None)
    if own is None:
        return None
    versions = [r.row for r in reads if r.name == "resolved_event" and _fact(r.row) == _fact(own)]
    last = max(versions, key=_moment)
    return None if last["event_id"] == own["event_id"] else {name: last[name] for name in ("event_id", "operation")}


def _retraction(reads: list[Read], known: list[Read]) -> Row | None:
    """Of an event that retracts: the version that it took back, none where the fact is not known; None of others."""
    own = next((read.row for read in known if read.name == "resolved_event"), None)
    if own is None or own["operation"] != RETRACT:
        return None
    versions = [r.row for r in reads if r.name == "resolved_event" and _fact(r.row) == _fact(own)]
    earlier = [row for row in versions if row["operation"] != RETRACT and _moment(row) < _moment(own)]
    return {"took_back": max(earlier, key=_moment)["event_id"] if earlier else None}


def _moment(row: Row) -> tuple[int, str]:
    """What versions of a fact are ordered by."""
    return row["published_at"], row["event_id"]


def _fact(row: Row) -> tuple[str, str, str]:
    return row["record_key"], row["family"], row["fact_id"]


WAY = ("deadletter.", names.IDENTITY_CHANGES, names.RESOLVED_EVENTS, names.AUDIT_DECISIONS, "released.")
"""Beginnings of topics, as an event comes by them."""


def _on_the_way(read: Read) -> tuple[int, str, int, bool, int]:
    """What steps are ordered by; a recipient's by the log, since a moved record is in another partition than before."""
    rank = next(rank for rank, beginning in enumerate(WAY) if read.topic.startswith(beginning))
    position = read.row.get("release", {}).get("position", 0)
    return rank, read.topic, position, read.name != "release_retracted", read.offset


def _id_in(read: Read) -> str | None:
    row = read.row.get("release", read.row)
    event_id = row.get("event_id")
    return None if event_id is None else str(event_id)


PERMIT, TAKEN_BACK, RETRACT = "permit", "taken back from", "retract"
UNKNOWN_FACT = "retraction of a fact that is not known: check source_record_id"
LETTERS = {"dead_letter": ("rejected", ("stage", "code", "field")), "letter_replayed": ("replayed", ("reason",))}
"""What is told of records on a partner's dead-letter topic."""
OF_A_PERSON = ("identity ", "record ", "resolved")
"""Beginnings of steps that say whose it is; after them it is the same person's."""


def _step(read: Read, event_id: str) -> Row:
    row = read.row.get("release", read.row)
    head = {"at": read.appended_at, "place": f"{read.topic}/{read.partition}/{read.offset}"}
    if read.name in LETTERS:
        step, told = LETTERS[read.name]  # by the place that `deadletters` knows it by
        return {**head, "place": place_of(row), "step": step, **{name: row[name] for name in told}}
    if read.name == "identity_changed":
        step = "identity applied" if row["kind"] == "applied" else f"record {row['kind']}"
        return {**head, "step": step, "person_id": row["to_person_id"], "model": row["model"]}
    if read.name == "decision_recorded":
        step = "decided" if row["caused_by"] == event_id else "decided again"
        return {**head, "step": step, **{name: row[name] for name in ("person_id", "outcome", "decided")}}
    if read.name == "event_withheld":
        return {**head, "step": "withheld", "reason": row["reason"]}
    if read.name == "resolved_event":
        return {**head, "step": "resolved", "person_id": row["person_id"], "family": row["family"]}
    step = "retracted" if read.name == "release_retracted" else "released"
    why = {"reason": read.row["reason"]} if step == "retracted" else {"groups": row["groups"]}
    return {**head, "step": step, "recipient": row["recipient"], "person_id": row["person_id"], **why}


def _outcome(steps: list[Row]) -> str:
    kinds = {step["step"] for step in steps[_after_replay(steps) :]}
    outcomes = {step.get("outcome") for step in steps}
    if "identity applied" in kinds or outcomes & {"carried", "applied"}:
        return "carried"
    if "rejected" in kinds:
        return "rejected"
    return "withheld" if "withheld" in outcomes else "unknown"


def _now(outcome: str, steps: list[Row]) -> str:
    """What holds now, by the last decision; from whom was permitted once and is no more, it was taken back."""
    decisions = [step for step in steps if "decided" in step]
    if any(step["step"] == "withheld" for step in steps):
        return "its record is erased: nothing of it is kept, and nobody is shown it"
    if outcome == "rejected":
        return _why([step for step in steps if step["step"] == "rejected"][-1])
    if not decisions:
        return "it says who somebody is, and is shown to nobody" if outcome == "carried" else ""
    if decisions[-1]["outcome"] == "applied":
        return "it changed what is decided; it is shown to nobody"
    last = {d["recipient"]: d for d in decisions[-1]["decided"]}
    shown = sorted(name for name, d in last.items() if d["effect"] == PERMIT)
    once = {d["recipient"] for step in decisions for d in step["decided"] if d["effect"] == PERMIT}
    gone = [f"{name} ({last[name]['reason'] if name in last else 'no agreement'})" for name in sorted(once - {*shown})]
    told = [f"shown to {', '.join(shown)}"] if shown else []
    told += [f"{TAKEN_BACK} {', '.join(gone)}"] if gone else []
    return "; ".join(told + ([] if shown else [_shown_to_nobody(last, once)]))


def _shown_to_nobody(last: Row, once: set[str]) -> str:
    """Why, of each recipient that never was shown it: a code of a closed set, as the decision has it."""
    if not last and not once:
        return "shown to nobody now: no agreement in force shares it"
    never = [f"{name} ({last[name]['reason']})" for name in sorted(last.keys() - once)]
    return f"shown to nobody now: withheld from {', '.join(never)}" if never else "shown to nobody now"


def _after_replay(steps: list[Row]) -> int:
    """Where what counts begins: a rejection before the last replay is no end."""
    return max((place for place, step in enumerate(steps, 1) if step["step"] == "replayed"), default=0)


def lines(found: Row) -> list[str]:
    """The story as lines for a person."""
    if not found["steps"]:
        if not is_event_id(found["event_id"]):
            return [f"{found['event_id']}: no event id (a UUID in lower case); `throughline publish --ids` writes them"]
        return [f"{found['event_id']}: nothing is known of it; was it published, and are the workers running?"]
    parts: tuple[str, ...] = (found["outcome"], found["now"])
    if found["now"].startswith(TAKEN_BACK):
        parts = (found["now"], "it was carried before")
    if later := found["later"]:
        said = "its fact was retracted by" if later["operation"] == RETRACT else "a later version counts:"
        parts = (*parts, f"{said} {later['event_id']}")
    if retraction := found["retraction"]:
        took_back = retraction["took_back"]
        parts = (*parts, f"retraction: took back {took_back}" if took_back else UNKNOWN_FACT)
    told = [f"{found['event_id']}: {'; '.join(part for part in parts if part)}"]
    for step in found["steps"]:
        told.append(f"  {step['step']:<16} {step['place']}  {_why(step)}")
        told += [
            f"    {d['recipient']:<22} {d['effect']:<6} {d['reason']}  {d['agreement_id'] or ''}"
            for d in step.get("decided", [])
        ]
    return told + _asked_for_rules(found)


def _asked_for_rules(found: Row) -> list[str]:
    """The command that tells the rules by which recipients are denied an event, where there are any."""
    last = next((step for step in reversed(found["steps"]) if "decided" in step), None)
    denied = sorted({d["recipient"] for d in last["decided"] if d["effect"] != PERMIT}) if last else []
    if last is None or not denied:
        return []
    recipient = denied[0] if len(denied) == 1 else "RECIPIENT"
    asked = f"--person {last['person_id']} --recipient {recipient} --event {found['event_id']}"
    return [f"  by which rules: throughline consent explain {asked}"]


def _why(step: Row) -> str:
    parts = (step.get("code"), step.get("field"), step.get("recipient"), step.get("reason"), step.get("outcome"))
    person = f"person {step['person_id']}" if step["step"].startswith(OF_A_PERSON) else None
    return " ".join(str(part) for part in (*parts, person) if part)
