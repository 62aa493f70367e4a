"""A small model of linkage, and descriptions in few words, for tests of what stands on them."""

from collections.abc import Mapping, Sequence
from typing import Any

from processors.resolve.matching import blocking, vetoes
from processors.resolve.matching.description import Description, describe
from processors.resolve.matching.index import Arrived, Change, Index
from processors.resolve.matching.levels import LEVELS
from processors.resolve.matching.model import Model
from processors.state import Memory, Working
from support.descriptions import KEY

AGREES, BY_CHANCE = 0.9, 0.01


def _shares(levels: int, first: float) -> tuple[float, ...]:
    return (first, *[(1 - first) / (levels - 1)] * (levels - 1)) if levels > 1 else (1.0,)


MODEL = Model(
    m={trait: _shares(len(levels), AGREES) for trait, levels in LEVELS.items()},
    u={trait: _shares(len(levels), BY_CHANCE) for trait, levels in LEVELS.items()},
    link_bits=9.0,
    review_bits=3.0,
    vetoes=frozenset(vetoes.VETOES),
    rules=(*blocking.ALWAYS, "names_and_zip"),
    rarest=BY_CHANCE,
)
"""What agrees weighs 6.5 bits, what does not about -3; so two traits link that agree, beside one that does not."""


def said(text: str, **more: Any) -> Description:
    """A description of "Given [Middle] Surname [yyyymmdd]", and what else is known."""
    *names, last = text.split()
    born = int(last) if last.isdigit() else 0
    names = names if born else [*names, last]
    middle = " ".join(names[1:-1])
    return describe(names[0], middle, names[-1], born=born, key=KEY, **more)


def arrived(rows: Sequence[tuple[str, Description]]) -> list[Arrived]:
    """Rows of records, each as old as its place here."""
    return [Arrived(key, (place, f"in/0/{place}"), description) for place, (key, description) in enumerate(rows)]


def taken(
    batches: Sequence[Sequence[Arrived]], model: Model = MODEL, store: Memory | None = None
) -> tuple[Memory, list[list[Change]]]:
    """Batches taken in and committed one by one; the store, and what each changed."""
    store, changes = store or Memory(), []
    for batch in batches:
        working = Working(store)
        changes.append(Index(working, model, KEY).take(batch))
        store.apply(working.changes())
    return store, changes


def persons(store: Memory, keys: Sequence[str], model: Model = MODEL) -> list[list[str]]:
    """Records by person, sorted."""
    index = Index(Working(store), model, KEY)
    found: dict[str, list[str]] = {}
    for key in sorted(set(keys)):
        found.setdefault(index.person_of(key), []).append(key)
    return sorted(found.values())


def content(store: Memory) -> Mapping[str, Sequence[tuple[str, bytes]]]:
    """All that a store has, by table."""
    return {table: store.scan(table, "") for table in ("compare", "block", "component")}


__all__ = ["KEY", "MODEL", "arrived", "content", "persons", "said", "taken"]
