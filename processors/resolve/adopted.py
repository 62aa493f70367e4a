"""The model that records are compared by: it belongs to the state, so that no newer software changes it in silence.

Table: model (current: name; generation: number of models that were in force before; next: the one that is being taken;
waiting: the one that is taken after that; name of each of these: its document). Documents are sealed, since a model
tells which names the people have that it was trained on.
"""

from typing import Any

from processors import sealing
from processors.drafts import Draft
from processors.names import MODELS
from processors.records import derived_id
from processors.resolve.matching.model import Model, shipped
from processors.state import Working

Row = dict[str, Any]
STAGE = "resolve"
TABLE, CURRENT, GENERATION, NEXT, WAITING = "model", "current", "generation", "next", "waiting"
COMPARE, MOVE, ASK, DROP = "compare", "move", "ask", "drop"
"""Phases of taking a model."""
IN_FORCE, REFUSED = "internal.model_in_force.v1", "internal.model_refused.v1"
KEY_ID = "model"
"""Of the key that models are sealed with."""
MOST_CHARACTERS = 900_000
"""Of a sealed document: a message may have a million bytes. The shipped one has 220,000."""
_models: dict[str, Model] = {}
"""By name, which is a hash of what a model says."""


def model_of(state: Working, keys: sealing.Keys) -> Model:
    """The model in force; that of this version where there was none yet."""
    name = state.get(TABLE, CURRENT)
    if name is None:
        adopt(state, keys, shipped())
        return shipped()
    return named(name, state, keys)


def named(name: str, state: Working, keys: sealing.Keys) -> Model:
    """A model whose document is kept."""
    if name not in _models:
        _models[name] = opened(name, state.get(TABLE, name), keys)
    return _models[name]


def adopt(state: Working, keys: sealing.Keys, model: Model) -> None:
    """Compare by a model from here on, where none is in force yet."""
    _models[model.name] = model
    state.put(TABLE, CURRENT, model.name)
    state.put(TABLE, model.name, sealed(model, keys))


def sealed(model: Model, keys: sealing.Keys) -> str:
    """A model's document as it is kept and sent."""
    return sealing.seal(keys, KEY_ID, _place(model.name), model.to_json())


def opened(name: str, document: str, keys: sealing.Keys) -> Model:
    """The model of a sealed document.

    Raises:
        UnreadableError: it was not sealed so, or not under this name.
        ValueError: it is no model of this version.
    """
    return Model.from_json(sealing.unseal(keys, KEY_ID, _place(name), document))


def _place(name: str) -> str:
    return f"model|{name}"


def generation_of(state: Working) -> int:
    """Number of models that were in force before this one."""
    return int(state.get(TABLE, GENERATION) or 0)


def compared_beside(state: Working) -> Row | None:
    """The model that is being taken, as long as records are compared by it beside the one in force."""
    row: Row | None = state.get(TABLE, NEXT)
    return row if row is not None and row["phase"] == COMPARE else None


def moving_from(state: Working) -> int | None:
    """The former generation, as long as some records may still be of their persons by its model."""
    row = state.get(TABLE, NEXT)
    return int(row["old"]) if row is not None and row["phase"] == MOVE else None


def first_in_force(state: Working, keys: sealing.Keys) -> list[Draft]:
    """Once, before anything else is decided: the model that an installation begins with is told."""
    if state.get(TABLE, GENERATION) is not None:
        return []
    name = model_of(state, keys).name
    state.put(TABLE, GENERATION, 0)
    return [in_force(name, 0, None, state.get(TABLE, name))]


def in_force(name: str, generation: int, decision_id: str | None, document: str) -> Draft:
    """A model has come into force."""
    row = {"model": name, "generation": generation, "decision_id": decision_id, "sealed_document": document}
    id_ = derived_id(f"{generation}|{name}|{decision_id}", f"{STAGE}.model", 0)
    return Draft(MODELS, name, IN_FORCE, row, id_)


def refused(name: str, decision_id: str, reason: str) -> Draft:
    """A chosen model cannot be taken."""
    row = {"decision_id": decision_id, "model": name, "reason": reason}
    id_ = derived_id(decision_id, f"{STAGE}.model_refused", 0)
    return Draft(MODELS, decision_id, REFUSED, row, id_)


def restore(row: Row, state: Working) -> None:
    """Take a row of ``internal.model_in_force.v1`` in again: the newest is in force."""
    if state.get(TABLE, GENERATION) is not None and row["generation"] < generation_of(state):
        return
    state.put(TABLE, CURRENT, row["model"])
    state.put(TABLE, GENERATION, row["generation"])
    state.put(TABLE, row["model"], row["sealed_document"])
    forget_others(state)


def forget_others(state: Working) -> None:
    """Let go of the documents of models that are neither in force nor to come."""
    coming = (state.get(TABLE, NEXT), state.get(TABLE, WAITING))
    kept = {CURRENT, GENERATION, NEXT, WAITING, state.get(TABLE, CURRENT), *(row["name"] for row in coming if row)}
    for key, _ in state.scan(TABLE, ""):
        if key not in kept:
            state.put(TABLE, key, None)
