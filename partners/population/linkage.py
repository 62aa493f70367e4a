"""The truth's question: which records are one person? Who judges a population brings the answer.

Linking weighs evidence, so no rule of a sentence could tell it again. Everything that follows from the answer (who sees
what, when, why) is judged here without any decision of ours, and what people there really are tells how good it is.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence

from partners.population.planned import Planned

Linked = Callable[[Mapping[str, Sequence[Planned]]], Mapping[str, str]]
"""From what is said of each record, by its label, to a name of the person of each."""


def persons(said: Mapping[str, Sequence[Planned]], linked: Linked) -> dict[str, str]:
    """Each record's person, named by the first of its records in the mapping's order."""
    whose, firsts = linked(said), dict[str, str]()
    for label in said:
        firsts.setdefault(whose[label], label)
    return {label: firsts[whose[label]] for label in said}


class Said:
    """What is said of each record: of every row of its source the newest version."""

    def __init__(self) -> None:
        """Nothing yet."""
        self._rows: dict[str, dict[str, Planned]] = defaultdict(dict)

    def tell(self, label: str, event: Planned) -> None:
        """Take an event in, none of them older than one before."""
        self._rows[label][event.envelope["source_record_id"]] = event

    def of(self, label: str) -> list[Planned]:
        """Events that count of a record, those of one source row by their newest.

        A wage record is known by number and name, which each of its rows tells: also one that was retracted.
        """
        return [event for event in self._rows.get(label, {}).values() if _tells(event)]

    def born(self, label: str) -> int | None:
        """The date of birth that the newest event tells which tells one, in days since 1970-01-01."""
        told = [event.body["birth_date"] for event in self.of(label) if event.family == "identity"]
        return next((born for born in reversed(told) if born is not None), None)


def _tells(event: Planned) -> bool:
    return event.envelope["operation"] != "retract" or event.envelope["subject_token"] is None
