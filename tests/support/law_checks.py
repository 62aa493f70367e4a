"""Parts of the enumeration of all disclosures, each for a process of its own: oracle, rules and Cedar compared."""

import functools
import itertools
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from processors.consent.law.boxes import Box, boxes_of
from processors.consent.law.documents import rules_of
from processors.consent.law.facts import CLASSES, Agency, Basis, Facts, Purpose
from processors.consent.law.lint import permitted
from processors.consent.law.rules import Effect, Rule, RuleSet, Verdict, When
from support.cedar import Cedar
from support.law_oracle import permits
from support.law_rows import Rows

MOST_SHOWN = 3
A_BATCH = 1_000
"""Requests that Cedar is asked at once."""


@dataclass
class Part:
    """What one part found."""

    rows: int = 0
    disclosures: int = 0
    """That the rows stand for."""
    wrong: Counter[str] = field(default_factory=Counter)
    """Rows where somebody disagrees with the rules, by who."""
    shown: list[str] = field(default_factory=list)
    """The first of them, in words."""

    def compare(self, facts: Facts, *, permit: bool, **others: bool) -> None:
        """Note a row of which somebody does not say what the rules say."""
        for who, answer in others.items():
            if answer == permit:
                continue
            self.wrong[who] += 1
            if len(self.shown) < MOST_SHOWN:
                told = " ".join(f"{name}={value}" for name, value in facts._asdict().items())
                self.shown.append(f"the rules {_word(permit=permit)}, {who} would {_word(permit=answer)}: {told}")

    def add(self, other: "Part") -> None:
        """Take in another part."""
        self.rows += other.rows
        self.disclosures += other.disclosures
        self.wrong += other.wrong
        self.shown = [*self.shown, *other.shown][:MOST_SHOWN]


def said(verdict: Verdict) -> tuple[str, str, str] | None:
    """What a law by itself says, as `tests/support/law_alone.py` has it; None: nothing."""
    duties = " ".join(sorted(verdict.obligations))
    return (_word(permit=verdict.permit), verdict.reason.value, duties) if verdict.rules else None


def _word(*, permit: bool) -> str:
    return "permit" if permit else "deny"


def rows(document: bytes, holder: Agency, basis: Basis) -> Part:
    """All disclosures of a holder on a basis, those as one row that neither the oracle nor the rules tell apart."""
    rules, part = rules_of(document), Part()
    for row in _rows(document).among({"holder": holder, "basis": basis}):
        part.rows += 1
        part.disclosures += row.stands_for
        part.compare(row.facts, permit=rules.decide(row.facts).permit, oracle=row.permit)
    return part


def each(document: bytes, holder: Agency, recipient: Agency, basis: Basis) -> Part:
    """All disclosures of a holder to a recipient on a basis, every one decided and asked for."""
    rules, part, rests = rules_of(document), Part(), _rests(document)
    for purpose in Purpose:
        head = (holder, recipient, basis, purpose)
        found = rules.speaking(head)
        for rest, mask in rests:
            facts = Facts._make(head + rest)
            if rules.verdict(found & mask).permit != permits(facts):
                part.compare(facts, permit=rules.decide(facts).permit, oracle=permits(facts))
        part.rows += len(rests)
    part.disclosures = part.rows
    return part


def sample(document: bytes, seed: int, count: int) -> Part:
    """Disclosures by chance, asked of Cedar and the oracle.

    As many for each rule: where it alone decides, and one fact beside that.
    """
    rules, part, cedar = rules_of(document), Part(), _cedar(document)
    chance = random.Random(seed)  # noqa: S311  # a seed is the point
    drawn = list(itertools.islice(_drawn(_strata(document), chance), count))
    for start in range(0, count, A_BATCH):
        asked = drawn[start : start + A_BATCH]
        for facts, answer in zip(asked, cedar.permits(asked), strict=True):
            part.compare(facts, permit=rules.decide(facts).permit, cedar=answer, oracle=permits(facts))
    part.rows = part.disclosures = count
    return part


def _drawn(strata: Sequence[Sequence[Box]], chance: random.Random) -> Iterator[Facts]:
    for boxes in itertools.cycle(strata):
        facts = [_one(kind, bits, chance) for kind, bits in zip(CLASSES, chance.choice(boxes), strict=True)]
        yield Facts._make(facts)
        place = chance.randrange(len(CLASSES))
        facts[place] = chance.choice(list(CLASSES[place]))
        yield Facts._make(facts)


def _one(kind: type[StrEnum], bits: int, chance: random.Random) -> StrEnum:
    return chance.choice([one for at, one in enumerate(kind) if bits >> at & 1])


def _alone(rules: RuleSet, rule: Rule) -> list[Box]:
    """Where a permit permits, or a denial is the only one that denies; where there is none: what it speaks of."""
    if rule.effect is Effect.DENY:
        rules = RuleSet([replace(law, rules=tuple(one for one in law.rules if one != rule)) for law in rules.laws])
    return list(permitted(rules, rule.when)) or boxes_of([rule.when])


@functools.lru_cache(maxsize=1)
def _strata(document: bytes) -> list[list[Box]]:
    rules = rules_of(document)
    found = [_alone(rules, rule) for law in rules.laws for rule in law.rules]
    return [*(boxes for boxes in found if boxes), boxes_of([When()])]


@functools.lru_cache(maxsize=1)
def _rests(document: bytes) -> list[tuple[tuple[StrEnum, ...], int]]:
    """Values of all facts but the first four, with the mask of what they let stand."""
    rules = rules_of(document)
    return [(rest, rules.speaking(rest, 4)) for rest in itertools.product(*CLASSES[4:])]


@functools.lru_cache(maxsize=1)
def _rows(document: bytes) -> Rows:
    return Rows(rules_of(document), permits)


@functools.lru_cache(maxsize=1)
def _cedar(document: bytes) -> Cedar:
    return Cedar(rules_of(document))
