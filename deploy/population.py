"""The made-up population with its truth, judged by how resolve links: its engine, all records at once, no Kafka."""

from collections.abc import Mapping, Sequence
from datetime import date

from partners import population
from partners.population import DEFAULT_AS_OF, Planned, Population
from partners.population.deadlines import Deadlines
from processors.resolve import traits
from processors.resolve.matching.description import Description
from processors.resolve.matching.index import Index
from processors.resolve.matching.model import shipped
from processors.state import Memory, Working

KEY = b"throughline made-up population.."
"""Of pseudonyms that nobody sees."""


def generate(
    people_count: int,
    seed: int,
    as_of: date = DEFAULT_AS_OF,
    decided_on: date | None = None,
    due: Deadlines | None = None,
) -> Population:
    """As ``partners.population.generate``, which tells what the arguments are."""
    return population.generate(people_count, seed, as_of, decided_on, due, linked=Linkage())


class Linkage:
    """What is said of records, clustered by the shipped model; what is said again costs nothing."""

    def __init__(self) -> None:
        """No records yet."""
        self._store = Memory()
        self._said: dict[str, tuple[str, ...]] = {}

    def __call__(self, said: Mapping[str, Sequence[Planned]]) -> dict[str, str]:
        """A name of the person of each record."""
        working = Working(self._store)
        index = Index(working, shipped(), KEY)
        for label, events in said.items():
            ids = tuple(event.event_id for event in events)
            if self._said.get(label) != ids:
                self._said[label] = ids
                index.put(label, label, (0, label), _descriptions(label, events))
        index.settle()
        found = {label: index.person_of(label) for label in said}
        self._store.apply(working.changes())
        return found


def _descriptions(label: str, events: Sequence[Planned]) -> list[Description]:
    told = [
        traits.of_identity(event.envelope, event.body, label, KEY)
        if event.family == "identity"
        else traits.of_wage_row(event.envelope, KEY)
        for event in events
    ]
    return list(dict.fromkeys(one for found in reversed(told) for one in found))
