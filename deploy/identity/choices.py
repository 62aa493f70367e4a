"""Which model resolve compares records by: those that came into force, and who chose which and why. Pure."""

from dataclasses import dataclass, field
from typing import Any

import orjson

from processors.records import derived_id
from processors.resolve import adopted
from streams.errors import ThroughlineError

Row = dict[str, Any]
CHOSEN, TOLD_IN_FORCE, TOLD_REFUSED = "model_chosen", "model_in_force", "model_refused"
"""Kinds of records."""
IN_FORCE, BEING_TAKEN, WAS, NOT_TAKEN, REFUSED = "in force", "being taken", "was in force", "not taken", "refused"
"""States of a choice."""
REPLAY = "`throughline identity replay --model M` tells first who would be merged, split or moved"
NOT_YET = "resolve has not told of a model yet: `throughline topics create`, then start it"


@dataclass
class Choices:
    """Models by now, in the order of their topics."""

    in_force: list[Row] = field(default_factory=list, repr=False)
    """Rows of ``internal.model_in_force.v1``."""
    chosen: dict[str, Row] = field(default_factory=dict, repr=False)
    """Rows of ``internal.model_chosen.v1``, by id."""
    refused: dict[str, str] = field(default_factory=dict)
    """Why resolve cannot take a choice, by its id."""

    def enter(self, name: str, row: Row) -> None:
        """Take a record of the topics in; those of a topic in their order."""
        if name == TOLD_IN_FORCE:
            self.in_force.append(row)
        elif name == TOLD_REFUSED:
            self.refused[row["decision_id"]] = row["reason"]
        elif name == CHOSEN:
            self.chosen[row["decision_id"]] = row

    @property
    def now(self) -> Row:
        """The model in force.

        Raises:
            ThroughlineError: resolve has told of none.
        """
        if not self.in_force:
            raise ThroughlineError(NOT_YET)
        return self.in_force[-1]

    @property
    def last(self) -> Row | None:
        """The last choice that resolve has not refused."""
        return next((row for id_, row in reversed(self.chosen.items()) if id_ not in self.refused), None)

    def state(self, decision_id: str) -> str:
        """Of a choice: whether its model is in force, was, is being taken, or cannot be."""
        if decision_id in self.refused:
            return f"{REFUSED}: {self.refused[decision_id]}"
        row = self.chosen[decision_id]
        if row is self.last:
            is_there = self.in_force and self.now["model"] == row["model"]
            return IN_FORCE if is_there else BEING_TAKEN
        return WAS if any(one["decision_id"] == decision_id for one in self.in_force) else NOT_TAKEN


def checked(choices: Choices, model: str, document: str) -> None:
    """Whether a model may be chosen.

    Raises:
        ThroughlineError: it is in force or being taken, or too large.
    """
    last = choices.last or choices.now
    if last["model"] == model:
        state = IN_FORCE if choices.now["model"] == model else BEING_TAKEN
        raise ThroughlineError(f"model {model} is {state} already: nothing to do")
    if len(document) > adopted.MOST_CHARACTERS:
        raise ThroughlineError(
            f"model {model} has {len(document):,} characters when it is sealed, more than {adopted.MOST_CHARACTERS:,}: "
            "train one with fewer names"
        )


def undone(choices: Choices, decision_id: str) -> Row:
    """The model that is in force, or was before it, where a choice is taken back: a row that has its document.

    Raises:
        ThroughlineError: another was chosen since, or it has changed nothing.
    """
    if decision_id in choices.refused:
        raise ThroughlineError("resolve has refused it, so it has changed nothing: nothing to take back")
    if choices.last is None or choices.last["decision_id"] != decision_id:
        raise ThroughlineError(
            "it does not stand: another model was chosen since; `throughline identity decisions` tells which"
        )
    if choices.now["decision_id"] == decision_id:
        return choices.in_force[-2]
    if choices.state(decision_id) == IN_FORCE:
        raise ThroughlineError("the model that it chose was in force already: nothing to take back")
    return choices.now


def row_of(model: str, document: str, by: str, reason: str, at: int) -> Row:
    """A choice as ``internal.model_chosen.v1``.

    Args:
        model: its name.
        document: sealed.
        by: who decides.
        reason: why.
        at: microseconds since 1970-01-01 UTC.
    """
    content = {"model": model, "decided_by": by, "reason": reason, "decided_at": at}
    return {
        "decision_id": derived_id(orjson.dumps(content).decode(), "identity", 0), **content,
        "sealed_document": document,
    }  # fmt: skip
