"""Two records beside each other: the evidence between them, what came of it, and why; as rows, in words, no value."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations
from typing import Any

from deploy.identity.published import Published
from processors.resolve.decisions import Two, pair_of
from processors.resolve.matching import words
from processors.resolve.matching.description import Description
from processors.resolve.matching.evidence import Evidence, Weight, between, chain, found_by
from processors.resolve.matching.model import Model

DIGITS = 1
"""Of bits behind the point: more of them would tell rare names by how often they are."""
SHORT = 12
"""Characters of a key that tell it from others, where there is no room for it."""
Row = dict[str, Any]


@dataclass(frozen=True)
class Told:
    """A record and what is said of it."""

    record: Published
    descriptions: Sequence[Description] | None = field(repr=False)
    """None: its key is erased."""

    @property
    def name(self) -> str:
        """It, in a sentence."""
        return f"{self.record.record_key} ({self.record.partner_id})"


@dataclass(frozen=True)
class Compared:
    """Two records."""

    one: Told
    other: Told
    evidence: Evidence | None
    """None: nothing is said of one of them."""
    found_by: Sequence[str]
    decided: str | None
    """What a steward decided of the two: same or different."""
    through: Sequence[Told] = ()
    """Where they are one person, and not by what the two say: other records of the person that join them, in a row."""

    @property
    def is_one_person(self) -> bool:
        """Whether they are now."""
        return self.one.record.person_id == self.other.record.person_id


def compared(one: Told, other: Told, model: Model, decided: Mapping[Two, str]) -> Compared:
    """Compare two records."""
    mine, theirs = one.descriptions or (), other.descriptions or ()
    pair = pair_of(one.record.record_key, other.record.record_key)
    return Compared(one, other, between(mine, theirs, model), found_by(mine, theirs, model), decided.get(pair))


def strength(pair: Compared) -> tuple[bool, bool, float]:
    """Orders pairs, the strongest link first by ``reverse``."""
    found = pair.evidence
    return (found is not None and found.says == "link", found is not None, found.bits if found else 0.0)


def conclusion(pair: Compared) -> str:
    """Whether the two are one person, and why."""
    why = _why_one(pair) if pair.is_one_person else _why_two(pair)
    return f"{'one person' if pair.is_one_person else 'two persons'}: {why}"


def _why_one(pair: Compared) -> str:
    if pair.decided == "same":
        return "a steward decided so"
    if pair.evidence is not None and pair.evidence.says == "link":
        return "they are linked"
    return "not by what these two say, but through other records of the person"


def is_joined_by_others(pair: Compared) -> bool:
    """Whether two are one person, and neither by what they say nor by a steward."""
    is_link = pair.evidence is not None and pair.evidence.says == "link"
    return pair.is_one_person and pair.decided != "same" and not is_link


def links_among(members: Mapping[str, Told], model: Model, decided: Mapping[Two, str]) -> dict[Two, float]:
    """Bits of the links between records; what a steward decided outweighs all."""
    links = {}
    for one, other in combinations(sorted(members), 2):
        found = between(members[one].descriptions or (), members[other].descriptions or (), model)
        if decided.get((one, other)) == "same":
            links[one, other] = math.inf
        elif found is not None and found.says == "link":
            links[one, other] = found.bits
    return links


def joined(pair: Compared, members: Mapping[str, Told], links: Mapping[Two, float]) -> Compared:
    """A pair, with the records that join it where others do.

    Args:
        pair: two records.
        members: by key all records of their person.
        links: among these.
    """
    if not is_joined_by_others(pair):
        return pair
    way = chain(links, pair.one.record.record_key, pair.other.record.record_key)
    return replace(pair, through=[members[key] for key in way[1:-1]])


def _why_two(pair: Compared) -> str:
    if pair.decided == "different":
        return "a steward decided so"
    if pair.evidence is None:
        return "there is nothing to compare"
    return WHY_NOT[pair.evidence.says]


WHY_NOT = {
    "link": "these two would be linked, and are not",
    "veto": "a veto holds, whatever the weight",
    "unclear": "too little tells whether they are one",
    "review": "the weight is below a link's, and a person should look",
    "apart": "too little agrees",
}


def as_row(pair: Compared) -> Row:
    """For programs."""
    found = pair.evidence
    told = None if found is None else {
        "says": found.says,
        "bits": _rounded(found.bits),
        "traits": [_trait_row(weight) for weight in found.weights],
        "vetoes": list(found.vetoes),
        "votes": found.votes,
        "doubts": list(found.doubts),
    }  # fmt: skip
    return {
        "one": record_row(pair.one),
        "other": record_row(pair.other),
        "is_one_person": pair.is_one_person,
        "conclusion": conclusion(pair),
        "decided": pair.decided,
        "through": [told.record.record_key for told in pair.through],
        "found_by": list(pair.found_by),
        "evidence": told,
    }


def record_row(told: Told) -> Row:
    """A record for programs."""
    record = told.record
    row = {"record_key": record.record_key, "partner_id": record.partner_id, "person_id": record.person_id}
    return row | {"is_erased": told.descriptions is None}


def _trait_row(weight: Weight) -> Row:
    level = weight.level or None
    return {
        "trait": weight.trait,
        "level": level,
        "bits": _rounded(weight.bits),
        "rarity_bits": _rounded(weight.rarity_bits),
    }


def _rounded(bits: float) -> float:
    return round(bits, DIGITS) + 0.0  # no -0.0


def signed(bits: float) -> str:
    """Bits with their sign; nothing of nothing."""
    return f"{_rounded(bits):+.{DIGITS}f}" if _rounded(bits) else "0"


def cells(found: Evidence) -> list[tuple[str, str, str, str]]:
    """Lines of a table: trait, how the two agree, bits, and how many of them by how rare the name is."""
    rows = [
        (
            words.TRAITS[weight.trait],
            words.LEVELS[weight.trait][weight.level] if weight.level else words.NOT_TOLD,
            signed(weight.bits) if weight.level else "",
            signed(weight.rarity_bits) if _rounded(weight.rarity_bits) else "",
        )
        for weight in found.weights
    ]
    return [*rows, ("sum", thresholds(found), signed(found.bits), "")]


def thresholds(found: Evidence) -> str:
    """From which weights on what is done."""
    return f"linked from {signed(found.link_bits)} on, to be looked at from {signed(found.review_bits)} on"


OUTWEIGHED = (
    "not linked: vetoes among the records around them outweigh it, or more records hang together, or share a key, than "
    "count"
)


def remarks(pair: Compared) -> list[str]:
    """Lines below the table."""
    found = pair.evidence
    through = [f"through: {', then '.join(told.name for told in pair.through)}"] if pair.through else []
    if found is None:
        return [*through, *(_nothing(told) for told in (pair.one, pair.other) if not told.descriptions)]
    told = [*through, *(f"veto: {words.VETOES[name]}" for name in found.vetoes)]
    told += [f"unclear: {words.DOUBTS[name]}" for name in found.doubts]
    rules = ", ".join(words.FOUND_BY[rule] for rule in pair.found_by)
    told.append(f"found by: {rules or 'no blocking rule; they are compared only where others bring them together'}")
    if found.says == "link" and pair.found_by and not pair.is_one_person and not pair.decided:
        told.append(OUTWEIGHED)
    return told


def _nothing(told: Told) -> str:
    if told.descriptions is None:
        return f"{told.name}: its key is erased, so nothing can be said of it"
    return f"{told.name}: its source says nothing of who it is, or has taken that back"
