"""What a steward's word decides: pairs of records, and what it changes of what stood; pure, nothing is sent."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from itertools import combinations, product
from typing import Any

import orjson

from deploy.identity.known import WITHDRAWN, Known
from processors.records import derived_id
from processors.resolve.decisions import Two, pair_of
from processors.resolve.texts import SSN
from streams.errors import ThroughlineError

Row = dict[str, Any]
SAME, DIFFERENT = "same", "different"
KEY = re.compile(r"[0-9a-f]{32}")
MOST_PAIRS = 1_000
"""In one decision: far less than a message may have, and more than anybody has looked at."""
MOST_CHARACTERS = {"by": 100, "reason": 500}


@dataclass(frozen=True)
class Part:
    """A person whose records a decision is about."""

    person_id: str
    records: int
    """All that are of the person now."""
    named: int
    """Those among them that were named."""


@dataclass(frozen=True)
class Plan:
    """What would be decided."""

    kind: str
    pairs: list[Two]
    """Sorted."""
    persons: list[Part] = field(default_factory=list)
    overrules: list[str] = field(default_factory=list)
    """Ids of decisions of which some pair stands no more then."""


def merged(known: Known, record_keys: Sequence[str], *, whole: bool = False) -> Plan:
    """Some records are of one person: every two of them, so that the rest holds when one is parted off again.

    Args:
        known: what there is.
        record_keys: two or more.
        whole: and all other records of their persons.

    Raises:
        ThroughlineError: one is not known, or an earlier decision would tear their persons apart.
    """
    named = _known(known, record_keys)
    if len(named) < 2:  # noqa: PLR2004  # a pair
        raise ThroughlineError("name two records or more that are of one person")
    if whole:
        named = sorted(key for person in known.persons(named) for key in known.members(person))
    _check_count(len(named) * (len(named) - 1) // 2)
    plan = _plan(known, SAME, list(combinations(named, 2)), named)
    _check_not_torn(known, plan)
    return plan


def parted(known: Known, record_keys: Sequence[str]) -> Plan:
    """Some records are of another person than all others of theirs.

    Raises:
        ThroughlineError: one is not known, they are not of one person, or there are no others.
    """
    named = _known(known, record_keys)
    persons = known.persons(named)
    if len(persons) > 1:
        raise ThroughlineError(f"these are of {len(persons)} persons already; name records of one person at a time")
    [person] = persons
    others = [key for key in known.members(person) if key not in named]
    if not others:
        raise ThroughlineError("these are all records of that person: name those that are somebody else's, not all")
    _check_count(len(named) * len(others))
    return _plan(known, DIFFERENT, [pair_of(*pair) for pair in product(named, others)], named)


def answered(known: Known, one: str, other: str, kind: str) -> Plan:
    """The answer to a review.

    Args:
        known: what there is.
        one: a record of the review.
        other: the other one.
        kind: ``same`` or ``different``.

    Raises:
        ThroughlineError: they are not known or no open review asks about them; or as for a merge.
    """
    _known(known, (one, other))
    pair = pair_of(one, other)
    if not known.reviews.get(pair, {"open": False})["open"]:
        raise ThroughlineError(
            "no open review asks about these two: `throughline identity review` lists those that do; `merge` and "
            "`split` decide without one"
        )
    plan = _plan(known, kind, [pair], pair)
    if kind == SAME:
        _check_not_torn(known, plan)
    return plan


def undone(known: Known, decision_id: str) -> Plan:
    """A decision is taken back, as far as it stands.

    Raises:
        ThroughlineError: there is none of that id, or it stands no more.
    """
    if decision_id not in known.decisions:
        raise ThroughlineError("no decision has that id: `throughline identity decisions` lists them")
    pairs = known.stands_of(decision_id)
    if not pairs:
        raise ThroughlineError(
            f"it does not stand: {known.state(decision_id)}; `throughline identity decisions` says what stands"
        )
    return _plan(known, WITHDRAWN, pairs, sorted({key for pair in pairs for key in pair}))


def _known(known: Known, record_keys: Sequence[str]) -> list[str]:
    """Records by their keys, each once, sorted. What is no key is not repeated: it may be anything."""
    for key in record_keys:
        if not KEY.fullmatch(key):
            raise ThroughlineError(
                "a record's key is 32 hexadecimal digits: `throughline identity person` shows those of a person"
            )
        if key not in known.records:
            raise ThroughlineError(
                f"no record {key} is known: `throughline identity person` shows a person's records, `throughline "
                "identity review` those that are asked about"
            )
    return sorted(set(record_keys))


def _check_count(pairs: int) -> None:
    if pairs > MOST_PAIRS:
        raise ThroughlineError(f"that would be {pairs:,} pairs, more than {MOST_PAIRS:,}: name fewer records at a time")


def _plan(known: Known, kind: str, pairs: Collection[Two], named: Sequence[str]) -> Plan:
    """A plan, where it changes anything."""
    standing = known.standing()
    before = {pair: standing[pair] for pair in pairs if pair in standing}
    if len(before) == len(pairs) and {known.kind(id_) for id_ in before.values()} == {kind}:
        raise ThroughlineError(f"that is decided already, by {', '.join(sorted(set(before.values())))}: nothing to do")
    overruled = sorted({id_ for id_ in before.values() if known.kind(id_) != kind})
    persons = known.persons(key for key in named if key in known.records)
    parts = [Part(person, len(known.members(person)), len(keys)) for person, keys in persons.items()]
    return Plan(kind, sorted(pairs), parts, overruled)


def _check_not_torn(known: Known, plan: Plan) -> None:
    """A merge beside an earlier split of the same persons would draw the named records out of theirs: not meant."""
    records = {key for part in plan.persons for key in known.members(part.person_id)}
    for pair, id_ in sorted(known.standing().items()):
        if known.kind(id_) == DIFFERENT and records.issuperset(pair) and pair not in plan.pairs:
            raise ThroughlineError(
                f"decision {id_} keeps records of these persons apart, so joining the named ones would take them from "
                f"the others: `throughline identity undo {id_}` first, or name all records that are of one person"
            )


def row_of(plan: Plan, by: str, reason: str, at: int) -> Row:
    """A plan as ``internal.identity_decided.v1``.

    Args:
        plan: what is decided.
        by: who decides.
        reason: why.
        at: microseconds since 1970-01-01 UTC.
    """
    content = {
        "kind": plan.kind, "pairs": [{"one": one, "other": other} for one, other in plan.pairs],
        "decided_by": by, "reason": reason, "decided_at": at,
    }  # fmt: skip
    return {"decision_id": derived_id(orjson.dumps(content).decode(), "identity", 0), **content}


def checked(by: str, reason: str) -> tuple[str, str]:
    """Who decides and why, trimmed.

    Raises:
        ThroughlineError: one is missing, too long, or has what no text may have.
    """
    told = {"by": by.strip(), "reason": reason.strip()}
    for name, text in told.items():
        if not text:
            raise ThroughlineError("say who decides, and why: --by WHO --reason WHY; the decision keeps both for ever")
        if len(text) > MOST_CHARACTERS[name] or not text.isprintable():
            raise ThroughlineError(f"--{name} takes one line of at most {MOST_CHARACTERS[name]} characters")
        if SSN.search(text):
            raise ThroughlineError(f"--{name} holds a social security number: say it without, it is kept in the clear")
    return told["by"], told["reason"]
