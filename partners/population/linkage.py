"""The truth's own answer to: which records are one person? Written from the rule's words, for the truth only."""

import itertools
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from partners.population.people import canonical, folded
from partners.rows import Row

PARTICLES = {"DE", "LA", "DEL", "LOS", "LAS", "VAN", "VON", "DA", "DOS"}
DUMMIES = {"123456789", "078051120", "219099999", *(digit * 9 for digit in "0123456789")}
SSN_DIGITS, MIDDLE_LETTERS = 9, 2


@dataclass(frozen=True)
class Known:
    """What a record shows of the person, in comparable form."""

    ssn: str = field(default="", repr=False)
    given: frozenset[str] = field(default=frozenset(), repr=False)
    surnames: frozenset[str] = field(default=frozenset(), repr=False)
    born: int | None = field(default=None, repr=False)
    more: frozenset[str] = field(default=frozenset(), repr=False)
    """Any further trait, of which one in common is enough."""


def known_from_identity(envelope: Row, body: Row) -> Known:
    """What an identity event shows."""
    given = (body["first_name"], body["other_first_name"])
    surnames = [token for name in (body["last_name"], body["other_last_name"]) for token in _tokens(name)]
    return Known(
        ssn=counted_ssn(body["ssn"]),
        given=frozenset(canonical(name) for name in given if name),
        surnames=frozenset(surnames) - PARTICLES,
        born=body["birth_date"],
        more=frozenset(_more(envelope, body)),
    )


def known_from_wages(envelope: Row) -> Known:
    """What a wage row shows: a number, and names that may be either."""
    tokens = _tokens(envelope["subject_name"])
    numbers = [counted_ssn(i["value"]) for i in envelope["identifiers"] if i["system"] == "SSN"]
    return Known(numbers[0], frozenset(canonical(t) for t in tokens), frozenset(tokens) - PARTICLES)


def counted_ssn(number: str | None) -> str:
    """A number that can have been issued; empty otherwise."""
    if not number or len(number) != SSN_DIGITS or number in DUMMIES:
        return ""
    impossible = number[:3] in {"000", "666"} or number[0] == "9" or number[3:5] == "00" or number[5:] == "0000"
    return "" if impossible else number


def linked(a: Known, b: Known) -> bool:
    """Whether two records are of one person."""
    names = bool(a.given & b.given and a.surnames & b.surnames)
    births = a.born is not None and a.born == b.born
    if a.ssn and a.ssn == b.ssn:
        return births or names
    return names and births and bool(a.more & b.more)


def persons(records: Mapping[str, Known]) -> dict[str, str]:
    """Each record's person, named by the first of its records in the mapping's order."""
    parent = {label: label for label in records}
    order = {label: place for place, label in enumerate(records)}

    def root(label: str) -> str:
        while parent[label] != label:
            parent[label] = parent[parent[label]]
            label = parent[label]
        return label

    for a, b in _candidates(records):
        if linked(records[a], records[b]):
            first, second = sorted((root(a), root(b)), key=order.__getitem__)
            parent[second] = first
    return {label: root(label) for label in records}


def _candidates(records: Mapping[str, Known]) -> Iterator[tuple[str, str]]:
    """Pairs that share a number, or a birth date."""
    blocks: dict[tuple[str, object], list[str]] = defaultdict(list)
    for label, known in records.items():
        if known.ssn:
            blocks["ssn", known.ssn].append(label)
        if known.born is not None:
            blocks["born", known.born].append(label)
    for block in blocks.values():
        yield from itertools.combinations(block, 2)


def _tokens(name: str | None) -> list[str]:
    """Parts of a name between spaces and hyphens, folded."""
    return folded(name or "").replace("-", " ").split()


def _more(envelope: Row, body: Row) -> Iterator[str]:
    """Address with ZIP, e-mail, phone, middle name, shared identifiers."""
    if body["address_line"] and body["postal_code"]:
        yield f"address {' '.join(folded(body['address_line']).split())} {body['postal_code'][:5]}"
    for kind in ("email", "phone"):
        if body[kind]:
            yield f"{kind} {body[kind].lower()}"
    middle = folded(body["middle_name"] or "")
    if len(middle) >= MIDDLE_LETTERS:
        yield f"middle {middle}"
    yield from (f"{i['system']} {i['value'].upper()}" for i in envelope["identifiers"] if i["system"] != "SSN")
