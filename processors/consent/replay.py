"""What other rules of law would change, over everything that is known: who would see more, and who less. Pure."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from enum import StrEnum
from typing import NamedTuple

from processors.consent.book import Book, Sharing, alive
from processors.consent.judge import Judged, judge
from processors.consent.law.documents import document_of, hash_of
from processors.consent.law.rules import RuleSet
from processors.state import Working


class Effect(StrEnum):
    """What becomes of a recipient's sight of an event."""

    GAINED = "gained"
    LOST = "lost"
    WIDENED = "widened"
    NARROWED = "narrowed"


class Change(NamedTuple):
    """One kind of change: the same for many events."""

    recipient: str
    partner_id: str
    family: str
    effect: Effect
    reason: str
    """Of the decision by the new rules."""
    rules: tuple[str, ...]
    """That it would rest on."""


class Replayed(NamedTuple):
    """What the new rules would change."""

    events: Counter[Change]
    """Events and recipients, by kind of change."""
    persons: dict[Change, int]
    """Of how many persons they are."""
    decided: int
    """Events that stand, decided by both rules."""


def replayed(state: Working, rules: RuleSet) -> Replayed:
    """Decide every event that stands by the rules in force and by others, on the day of the latest tick.

    Args:
        state: consent's, after the whole log.
        rules: the others.
    """
    book = Book(state)
    today, in_force = book.today(), book.sharing()
    others = replace(in_force, rules=rules, rules_hash=hash_of(document_of(rules)))
    events: Counter[Change] = Counter()
    persons: Counter[Change] = Counter()
    decided = 0
    for person_id, _ in state.scan("person", ""):
        found: Counter[Change] = Counter()
        for change in _of_person(book, person_id, (in_force, others), today):
            if change is None:
                decided += 1
            else:
                found[change] += 1
        events.update(found)
        persons.update(found.keys())
    return Replayed(events, dict(persons), decided)


def _of_person(book: Book, person_id: str, both: tuple[Sharing, Sharing], today: int | None) -> Iterator[Change | None]:
    """Of each event that stands: None, then its changes."""
    contents = book.contents_of(person_id)
    for record_key in book.records_of(person_id):
        for _, fact in book.facts(record_key):
            standing = alive(fact["versions"])
            for event in fact["versions"]:
                if event["event_id"] in standing:
                    yield None
                    source = (event["partner_id"], event["family"])
                    asked = (*source, frozenset(event["data_categories"]), person_id, contents)
                    before, after = [judge(*asked, sharing, today) for sharing in both]
                    yield from _differences(source, before, after)


def _differences(source: tuple[str, str], before: Judged, after: Judged) -> Iterator[Change]:
    decisions = {one.recipient: one for one in after.decisions}
    for old in before.decisions:
        new = decisions[old.recipient]
        effect = _effect(set(old.groups), set(new.groups))
        if effect is not None:
            yield Change(old.recipient, *source, effect, new.reason.value, new.rules)


def _effect(before: set[str], after: set[str]) -> Effect | None:
    """Permits hold groups, denials none; what is wider and narrower at once counts as narrower: something is lost."""
    if before == after:
        return None
    if not before:
        return Effect.GAINED
    if not after:
        return Effect.LOST
    return Effect.WIDENED if before < after else Effect.NARROWED
