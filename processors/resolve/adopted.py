"""The model that records are compared by: it belongs to the state, so that no newer software changes it in silence.

It is sealed, since it tells which names the people have that it was trained on.
"""

from processors import sealing
from processors.resolve.matching.model import Model, shipped
from processors.state import Working

TABLE, CURRENT = "model", "current"
KEY_ID = "model"
"""Of the key that models are sealed with."""
_models: dict[str, Model] = {}
"""By name, which is a hash of what a model says."""


def model_of(state: Working, keys: sealing.Keys) -> Model:
    """The model in force; that of this version where there was none yet."""
    name = state.get(TABLE, CURRENT)
    if name is None:
        adopt(state, keys, shipped())
        return shipped()
    if name not in _models:
        _models[name] = Model.from_json(sealing.unseal(keys, KEY_ID, _place(name), state.get(TABLE, name)))
    return _models[name]


def adopt(state: Working, keys: sealing.Keys, model: Model) -> None:
    """Compare by a model from here on."""
    _models[model.name] = model
    state.put(TABLE, CURRENT, model.name)
    state.put(TABLE, model.name, sealing.seal(keys, KEY_ID, _place(model.name), model.to_json()))


def _place(name: str) -> str:
    return f"model|{name}"
