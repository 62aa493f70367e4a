"""The golden record: of what a person's sources say, the one value of each trait that counts, chosen by a policy.

A choice depends on what was said, by whom and when, and on nothing else: not on the order in which it is told.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from processors.resolve.matching.description import Description
from processors.resolve.said import Rows

Rule = Literal["most_trusted", "most_recent", "most_frequent"]
ONLY, TIE = "only_value", "tie"
"""Instead of a rule: nothing else was said; and no rule told the last values apart."""
Value = tuple[str, ...]
"""Of one trait; its parts are never chosen apart."""
OTHER = "other"


def _text(name: str) -> Callable[[Description], Value]:
    def of(description: Description) -> Value:
        text = str(getattr(description, name) or "")
        return (text,) if text else ()

    return of


def _address(description: Description) -> Value:
    """House, street and ZIP code; a ZIP code alone is no address."""
    return (description.house, description.street, description.zip) if description.street else ()


READERS: dict[str, Callable[[Description], Value]] = {
    **{name: _text(name) for name in ("given", "middle", "surname", "suffix", "born", "sex", "number")},
    "address": _address,
    **{name: _text(name) for name in ("email", "phone")},
}
TRAITS = (*READERS, OTHER)
"""What a policy may speak of; ``other`` goes for the identifiers of every other system, each of which is a trait."""
Trait = Literal[
    "given", "middle", "surname", "suffix", "born", "sex", "number", "address", "email", "phone", "other",
]  # fmt: skip


def traits_of(description: Description) -> dict[str, Value]:
    """Values by trait of what a description tells."""
    told = {name: value for name, read in READERS.items() if (value := read(description))}
    others: dict[str, list[str]] = defaultdict(list)
    for text in description.others:
        system, _, identifier = text.partition(":")
        others[f"{OTHER} {system}"].append(identifier)
    return told | {name: tuple(sorted(values)) for name, values in sorted(others.items())}


class Rules(BaseModel):
    """How one trait is chosen: each rule keeps the best of what the ones before it left."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    rules: Annotated[tuple[Rule, ...], Field(min_length=1)]
    trusted: tuple[str, ...] = ()
    """Partners, the most trusted first; all others come after them, alike."""

    @model_validator(mode="after")
    def _sound(self) -> Self:
        for names in (self.rules, self.trusted):
            if twice := sorted({name for name in names if names.count(name) > 1}):
                raise ValueError(f"{twice[0]} stands twice: leave one out")
        if ("most_trusted" in self.rules) != bool(self.trusted):
            raise ValueError(
                'most_trusted needs to know whom: give trusted = ["partner", ...]; without the one leave out the other'
            )
        return self


class Policy(BaseModel):
    """How the golden record is chosen."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    default: Rules
    """Of traits that are not named."""
    traits: dict[Trait, Rules] = Field(default_factory=dict)

    def of(self, trait: str) -> Rules:
        """Rules of a trait, as ``traits_of`` names it."""
        return self.traits.get(trait.partition(" ")[0], self.default)  # type: ignore[call-overload,no-any-return]  # any text


@dataclass(frozen=True, slots=True)
class Saying:
    """One thing that one row of one record says. Its repr shows no value."""

    published_at: int
    event_id: str
    record_key: str
    partner_id: str
    value: Value = field(repr=False)


@dataclass(frozen=True, slots=True)
class Choice:
    """The value of a trait that counts, who said it, and what decided."""

    trait: str
    value: Value = field(repr=False)
    record_key: str
    partner_id: str
    event_id: str
    published_at: int
    rule: str
    """The rule that left one value; ``ONLY`` or ``TIE`` where none did."""


def sayings_of(record_key: str, partner_id: str, rows: Rows) -> dict[str, list[Saying]]:
    """By trait, all that a record's rows say; rows that were retracted say nothing.

    Args:
        record_key: the record.
        partner_id: whose record it is.
        rows: as ``said.rows_of`` gives them.
    """
    found: dict[str, list[Saying]] = defaultdict(list)
    for published_at, event_id, told in rows.values():
        for trait, value in _of_row([Description.from_json(one) for one in told or ()]).items():
            found[trait].append(Saying(published_at, event_id, record_key, partner_id, value))
    return found


def _of_row(descriptions: Sequence[Description]) -> dict[str, Value]:
    """What a row says: by the names that it gives first, since its others are former ones.

    Of a source that does not number its records, as of wages, nobody knows which part of a name stands first: what such
    a row says is what all its readings agree on.
    """
    if not descriptions:
        return {}
    first, *others = map(traits_of, descriptions)
    if descriptions[0].own:
        return first
    return {trait: value for trait, value in first.items() if all(other.get(trait) == value for other in others)}


def together(records: Iterable[dict[str, list[Saying]]]) -> dict[str, list[Saying]]:
    """Sayings of several records by trait, in the order of ``TRAITS``."""
    found: dict[str, list[Saying]] = defaultdict(list)
    for sayings in records:
        for trait, told in sayings.items():
            found[trait] += told
    return {trait: found[trait] for trait in sorted(found, key=_in_order)}


def _in_order(trait: str) -> tuple[int, str]:
    return TRAITS.index(trait.partition(" ")[0]), trait


def golden(sayings: dict[str, list[Saying]], policy: Policy) -> list[Choice]:
    """The golden record: a choice for each trait that anybody tells."""
    return [_chosen(trait, told, policy.of(trait)) for trait, told in sayings.items() if told]


def _chosen(trait: str, told: Sequence[Saying], rules: Rules) -> Choice:
    left, decided = list(told), ONLY if _is_settled(told) else TIE
    for rule in rules.rules:
        if _is_settled(left):
            break
        left = KEEPERS[rule](left, rules)
        if _is_settled(left):
            decided = rule
    best = max(left, key=_newest)
    return Choice(trait, best.value, best.record_key, best.partner_id, best.event_id, best.published_at, decided)


def _is_settled(sayings: Sequence[Saying]) -> bool:
    return len({saying.value for saying in sayings}) == 1


def _newest(saying: Saying) -> tuple[int, str, str, str, Value]:
    """Orders sayings totally."""
    return saying.published_at, saying.event_id, saying.record_key, saying.partner_id, saying.value


def _of_most_trusted(sayings: Sequence[Saying], rules: Rules) -> list[Saying]:
    ranks = {partner: rank for rank, partner in enumerate(rules.trusted)}
    best = min(ranks.get(saying.partner_id, len(ranks)) for saying in sayings)
    return [saying for saying in sayings if ranks.get(saying.partner_id, len(ranks)) == best]


def _most_recent(sayings: Sequence[Saying], _: Rules) -> list[Saying]:
    newest = max(saying.published_at for saying in sayings)
    return [saying for saying in sayings if saying.published_at == newest]


def _most_frequent(sayings: Sequence[Saying], _: Rules) -> list[Saying]:
    """Those whose value most records tell: one that repeats itself in many rows counts once."""
    by_value: dict[Value, set[str]] = defaultdict(set)
    for saying in sayings:
        by_value[saying.value].add(saying.record_key)
    most = max(len(records) for records in by_value.values())
    return [saying for saying in sayings if len(by_value[saying.value]) == most]


KEEPERS: dict[Rule, Callable[[Sequence[Saying], Rules], list[Saying]]] = {
    "most_trusted": _of_most_trusted,
    "most_recent": _most_recent,
    "most_frequent": _most_frequent,
}


def conflicts(sayings: dict[str, list[Saying]]) -> dict[str, list[list[str]]]:
    """Traits of which more than one value is told: of each value, who tells it, as partners, sorted.

    A partner whose rows tell several values stands under each of them.
    """
    found = {}
    for trait, told in sayings.items():
        by_value: dict[Value, set[str]] = defaultdict(set)
        for saying in told:
            by_value[saying.value].add(saying.partner_id)
        if len(by_value) > 1:
            found[trait] = sorted(sorted(partners) for partners in by_value.values())
    return found
