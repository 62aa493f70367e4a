"""Mutants of rules of law, as what they are: values. Each is put to the decision table, and then to the oracle.

A rule is left out, permits what it denied, speaks of one value more or less of a fact or does not ask for a fact at
all, or asks one obligation less; a law applies to other records. What a mutant changes at all is known without trying
every disclosure: both sets of rules are followed fact by fact, and values that leave the same rules standing in both
are one. A mutant that changes no verdict is no mutant, but the same rules written in another way.
"""

import functools
from collections.abc import Iterator, Sequence
from dataclasses import replace
from enum import StrEnum
from typing import NamedTuple

from processors.consent.law.facts import CLASSES, Facts
from processors.consent.law.rules import Effect, Law, Rule, RuleSet, Verdict, When
from support.decisions import Case, cases
from support.law_alone import BY_LAW
from support.law_checks import said


class Mutant(NamedTuple):
    """Rules of which one thing is another."""

    name: str
    """Of the rule or law, and what is another."""
    laws: tuple[Law, ...]
    among: When
    """Where a verdict may be another."""


class Fate(StrEnum):
    """What became of it."""

    BY_TABLE = "by_table"
    """A case of the decision table is decided otherwise than written."""
    BY_ORACLE = "by_oracle"
    """A law by itself says otherwise than the oracle of that law: another effect, reason or duty."""
    SAME = "same"
    """No disclosure is decided otherwise, for another reason, by other rules or with other obligations."""
    SURVIVED = "survived"


class Tried(NamedTuple):
    """A mutant and what became of it."""

    name: str
    fate: Fate
    facts: Facts | None = None
    """A disclosure that is decided otherwise, where nobody found one."""


def mutants(laws: Sequence[Law]) -> Iterator[Mutant]:
    """Every mutant of some laws that can be rules at all."""
    for place, law in enumerate(laws):
        for name, other, among in of_law(law):
            yield Mutant(name, (*laws[:place], other, *laws[place + 1 :]), among)


def tried(mutant: Mutant, laws: Sequence[Law]) -> Tried:
    """What becomes of a mutant of some laws."""
    was, now = _rule_set(tuple(laws)), RuleSet(mutant.laws)
    if not all(_is_decided_as_written(case, mutant.laws, now) for case in _cases()):
        return Tried(mutant.name, Fate.BY_TABLE)
    if _is_read_otherwise(mutant, laws):
        return Tried(mutant.name, Fate.BY_ORACLE)
    another = next(differing(was, now, mutant.among), None)
    return Tried(mutant.name, Fate.SAME if another is None else Fate.SURVIVED, another)


def _is_read_otherwise(mutant: Mutant, laws: Sequence[Law]) -> bool:
    """Whether the law that is another does not say by itself what a person of law reads in it, of any disclosure."""
    was, now = next(pair for pair in zip(laws, mutant.laws, strict=True) if pair[0] is not pair[1])
    oracle, rules = BY_LAW[now.law_id], RuleSet([now])
    return any(
        said(rules.decide(facts)) != oracle(facts) for facts in differing(_rule_set((was,)), rules, mutant.among)
    )


def differing(was: RuleSet, now: RuleSet, among: When) -> Iterator[Facts]:
    """Disclosures of which two sets of rules do not say the same: one of all that they decide alike."""
    sides = was, now
    masks = [
        [
            (value, tuple(rules.speaking((value,), place) for rules in sides))
            for value in kind if kept is None or value in kept
        ]
        for place, (kind, kept) in enumerate(zip(CLASSES, among, strict=True))
    ]  # fmt: skip
    for facts, found in _split(masks, tuple(rules.speaking(()) for rules in sides)):
        if was.verdict(found[0]) != now.verdict(found[1]):
            yield Facts._make(facts)


Masks = tuple[int, ...]


def _split(masks: Sequence[Sequence[tuple[StrEnum, Masks]]], found: Masks) -> Iterator[tuple[list[StrEnum], Masks]]:
    if not masks:
        yield [], found
        return
    alike = {tuple(a & b for a, b in zip(found, mask, strict=True)): value for value, mask in masks[0]}
    for standing, value in alike.items():
        for rest, last in _split(masks[1:], standing):
            yield [value, *rest], last


def _is_decided_as_written(case: Case, laws: Sequence[Law], whole: RuleSet) -> bool:
    verdict = (_rule_set(tuple([law for law in laws if law.law_id in case.laws])) if case.laws else whole).decide(
        case.facts
    )
    return told(verdict) == (case.then, case.reason, case.rules)


def told(verdict: Verdict) -> tuple[str, str, tuple[str, ...]]:
    """A verdict as the table has it."""
    return (
        "permit" if verdict.permit else "deny", verdict.reason.value,
        tuple([name.partition("/")[0] for name in verdict.rules]),
    )  # fmt: skip


@functools.cache
def _cases() -> list[Case]:
    return cases()


@functools.lru_cache(maxsize=64)
def _rule_set(laws: tuple[Law, ...]) -> RuleSet:
    return RuleSet(laws)


def of_law(law: Law) -> Iterator[tuple[str, Law, When]]:
    """A law with one thing that is another: what, and where a verdict may be another then."""
    for place, rule in enumerate(law.rules):
        for name, other, among in _of_rule(rule):
            rules = (*law.rules[:place], *([other] if other else []), *law.rules[place + 1 :])
            yield f"{rule.rule_id}: {name}", replace(law, rules=rules), among
    for place, scope in enumerate(law.applies):
        for name, other, among in [("left out", None, scope), *_of_condition(scope)]:
            applies = (*law.applies[:place], *([other] if other else []), *law.applies[place + 1 :])
            yield f"{law.law_id} applies: {name}", replace(law, applies=applies), among


def _of_rule(rule: Rule) -> Iterator[tuple[str, Rule | None, When]]:
    yield "left out", None, rule.when
    other = Effect.DENY if rule.effect is Effect.PERMIT else Effect.PERMIT
    if other is Effect.DENY or rule.cites.text is not None:  # else it would not load
        yield "the other effect", replace(rule, effect=other), rule.when
    for duty in sorted(rule.obligations):
        yield f"without {duty}", replace(rule, obligations=rule.obligations - {duty}), rule.when
    for name, condition, among in _of_condition(rule.when):
        yield name, replace(rule, when=condition), among


def _of_condition(condition: When) -> Iterator[tuple[str, When, When]]:
    """With one value more or less of a fact that it asks for, or without asking for it."""
    for fact, kind, values in zip(Facts._fields, CLASSES, condition, strict=True):
        if values is None:
            continue
        yield f"any {fact}", condition._replace(**{fact: None}), condition._replace(**{fact: frozenset(kind) - values})
        for value in kind:
            other = values ^ {value}
            if other:  # else it is as if left out
                name = f"{fact} {'without' if value in values else 'with'} {value}"
                among = condition._replace(**{fact: frozenset({value})})
                yield name, condition._replace(**{fact: other}), among
