"""A person as resolve knows it: its records, how they came together, where they differ, and its golden record."""

import functools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from deploy.identity.known import Known
from deploy.identity.published import Published
from deploy.topic_reader import Read
from processors.resolve.golden import Choice, Policy, Saying, Value, conflicts, golden, sayings_of, together
from processors.resolve.matching import words
from processors.resolve.said import Rows

NUMBER, BORN = "number", "born"
DATE_DIGITS = 8
Row = dict[str, Any]


@dataclass(frozen=True)
class Person:
    """One person."""

    person_id: str
    members: Sequence[Published]
    """Its records, the oldest first."""
    decisions: dict[str, list[str]]
    """By record, the stewards' decisions about it that stand."""
    history: Sequence[Read]
    """What happened to its records, in the order of the log."""
    said: dict[str, Rows | None] = field(repr=False)
    """By record what its source says; None: its key is erased. Empty: nothing could be unsealed."""

    @functools.cached_property
    def sayings(self) -> dict[str, list[Saying]]:
        """By trait what its records say."""
        rows = ((record, self.said.get(record.record_key)) for record in self.members)
        return together(sayings_of(record.record_key, record.partner_id, told) for record, told in rows if told)

    @property
    def is_unsealed(self) -> bool:
        """Whether what its records say is known here."""
        return bool(self.said)


def person_of(
    person_id: str,
    members: Sequence[Published],
    said: dict[str, Rows | None],
    decided: Known,
    changes: Iterable[Read],
) -> Person:
    """Put a person together.

    Args:
        person_id: who.
        members: its records.
        said: by record what its source says; None: its key is erased.
        decided: stewards' decisions.
        changes: what is on ``identity.changes``.
    """
    keys = {record.record_key for record in members}
    standing = decided.standing().items()
    return Person(
        person_id,
        members,
        {key: sorted({id_ for pair, id_ in standing if key in pair}) for key in keys},
        sorted((read for read in changes if _is_of(read.row, person_id, keys)), key=lambda read: read.offset),
        said,
    )


def _is_of(row: Row, person_id: str, keys: set[str]) -> bool:
    return row["record_key"] in keys or person_id in {row["from_person_id"], row["to_person_id"]}


def moved_to(person: Person) -> list[str]:
    """Persons that records of a person went to, sorted."""
    moves = [read.row for read in person.history if read.row["from_person_id"] == person.person_id]
    return sorted({row["to_person_id"] for row in moves} - {person.person_id})


def as_row(person: Person, policy: Policy, *, shows_values: bool) -> Row:
    """For programs; conflicts and golden record are null where nothing could be unsealed."""
    chosen = [choice_row(choice, shows_values=shows_values) for choice in golden(person.sayings, policy)]
    return {
        "person_id": person.person_id,
        "records": [record_row(person, record) for record in person.members],
        "conflicts": conflicts(person.sayings) if person.is_unsealed else None,
        "golden": chosen if person.is_unsealed else None,
        "history": [change_row(read) for read in person.history],
    }


def record_row(person: Person, record: Published) -> Row:
    """A record of a person."""
    return {
        "record_key": record.record_key,
        "partner_id": record.partner_id,
        "first_seen_at": iso(record.first_seen_at / 1e6),
        "decisions": person.decisions[record.record_key],
        "is_erased": record.record_key in person.said and person.said[record.record_key] is None,
    }


def choice_row(choice: Choice, *, shows_values: bool) -> Row:
    """A trait of the golden record; its value, if it may be shown and is no number of a person's."""
    row = {
        "trait": choice.trait,
        "record_key": choice.record_key,
        "partner_id": choice.partner_id,
        "rule": choice.rule,
        "event_id": choice.event_id,
        "published_at": iso(choice.published_at / 1e6),
    }
    return row | {"value": shown(choice.trait, choice.value)} if shows_values and choice.trait != NUMBER else row


def shown(trait: str, value: Value) -> str:
    """A value as a person reads it. It is the normalised one that records are compared by."""
    text = " ".join(part for part in value if part)
    if trait == BORN and len(text) == DATE_DIGITS:
        return f"{text[:4]}-{text[4:6]}-{text[6:]}"
    return text


def change_row(read: Read) -> Row:
    """What happened to a record."""
    told = ("kind", "record_key", "partner_id", "from_person_id", "to_person_id", "event_id", "model")
    links = [{"record_key": link["record_key"], "bits": link["bits_hundredths"] / 100} for link in read.row["evidence"]]
    return {"at": iso(read.appended_at / 1e3), **{name: read.row[name] for name in told}, "links": links}


def trait_words(trait: str) -> str:
    """A trait as ``golden.traits_of`` names it, in words."""
    name, _, system = trait.partition(" ")
    return f"{words.TRAITS[name]}: {system}" if system else words.TRAITS[name]


def iso(seconds: float) -> str:
    """A moment, in seconds since 1970-01-01 UTC, as people and programs read it."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
