"""The rulebook: every law with its rules, each with examples that are worked out from the rules themselves.

An example is a disclosure in which the rule decides alone, or as nearly alone as the rules let it; beside it stands the
same disclosure but for one fact, where the rule no longer speaks; and of a permit one that a denial overrides.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from typing import NamedTuple

from processors.consent.law import plain
from processors.consent.law.boxes import Box, boxes_of, left
from processors.consent.law.facts import CLASSES, Basis, ConsentState, Facts
from processors.consent.law.lint import permitted
from processors.consent.law.rules import Effect, Law, Rule, RuleSet, Verdict

TRIED = 1_000
"""Boxes that an example is looked for in."""


class Example(NamedTuple):
    """A disclosure, and what the rules say of it."""

    facts: Facts
    told: str
    """The disclosure in plain words; of a near miss what is not as in the example before."""
    verdict: Verdict
    is_alone: bool
    """Whether no other denial speaks; of a permit, no other permit of its law."""


@dataclass(frozen=True)
class Entry:
    """A rule as counsel reads it."""

    rule: Rule
    condition: tuple[tuple[str, str], ...]
    is_default: bool
    obligations: tuple[str, ...]
    examples: tuple[Example, ...]
    """None: it speaks of no disclosure."""


@dataclass(frozen=True)
class Chapter:
    """A law as counsel reads it."""

    law: Law
    scope: tuple[tuple[tuple[str, str], ...], ...]
    """Records that one of its rules must permit, as conditions; none: it only denies."""
    entries: tuple[Entry, ...]


def chapters(rules: RuleSet) -> list[Chapter]:
    """Every law, in the order in which they are asked."""
    return [
        Chapter(law, tuple(tuple(plain.condition(one)) for one in law.applies), tuple(_entries(rules, law)))
        for law in rules.laws
    ]


def _entries(rules: RuleSet, law: Law) -> Iterator[Entry]:
    for rule in (*law.rules, *([law.default] if law.default else [])):
        duties = tuple(words for duty, words in plain.OBLIGATIONS.items() if duty in rule.obligations)
        condition = tuple(plain.condition(rule.when))
        yield Entry(rule, condition, rule is law.default, duties, tuple(examples(rules, law, rule)))


def examples(rules: RuleSet, law: Law, rule: Rule) -> Iterator[Example]:
    """A disclosure that a rule decides; the same where it no longer speaks; of a permit one that a denial overrides."""
    found = _decided_by(rules, law, rule)
    if found is None:
        return
    yield _example(rules, law, rule, found, plain.disclosure(found))
    changes = list(_changes(found))
    near = _near_miss(rules, [one for one in changes if not _speaks(rules, law, rule, one)], rules.decide(found).permit)
    overridden = next((one for one in changes if _speaks(rules, law, rule, one) and not rules.decide(one).permit), None)
    for one in (near, overridden if rule.effect is Effect.PERMIT else None):
        if one is not None:
            yield _example(rules, law, rule, one, f"The same, but {_difference(found, one)}.")


def _near_miss(rules: RuleSet, changed: Sequence[Facts], permit: bool) -> Facts | None:  # noqa: FBT001
    """Of disclosures that a rule does not speak of one that is decided the other way, else the first."""
    return next((one for one in changed if rules.decide(one).permit is not permit), next(iter(changed), None))


def _example(rules: RuleSet, law: Law, rule: Rule, facts: Facts, told: str) -> Example:
    return Example(facts, told, rules.decide(facts), _is_alone(rules, law, rule, facts))


def _speaks(rules: RuleSet, law: Law, rule: Rule, facts: Facts) -> bool:
    return any(rule in spoke for one, spoke in rules.spoken(facts) if one is law)


def _decided_by(rules: RuleSet, law: Law, rule: Rule) -> Facts | None:
    """A disclosure that a rule decides, alone where there is one; else one of which it speaks at all."""
    points = [_point(box) for box in _where(rules, law, rule)]
    deciding = [one for one in points if rule.name in rules.decide(one).rules]
    alone = next((one for one in deciding if _is_alone(rules, law, rule, one)), None)
    return alone or next(iter(deciding), None) or next((one for one in points if _speaks(rules, law, rule, one)), None)


def _where(rules: RuleSet, law: Law, rule: Rule) -> Iterator[Box]:
    """Where a rule may decide: first where no other denial speaks, then wherever it speaks."""
    if rule.effect is Effect.PERMIT:
        yield from _usual_first(permitted(rules, rule.when))
        return
    own = boxes_of(law.applies if rule is law.default else [rule.when])
    beside = [one.when for one in _denials(rules) if one is not rule]
    allowed = [one.when for one in law.rules if one.effect is Effect.PERMIT] if rule is law.default else []
    yield from _usual_first(piece for box in own for piece in left(box, boxes_of([*beside, *allowed])))
    before = [one.when for one in _before(rules, rule)]
    for cuts in ([*before, *allowed], allowed):
        yield from _usual_first(piece for box in own for piece in left(box, boxes_of(cuts)))


def _usual_first(boxes: Iterable[Box]) -> list[Box]:
    """Boxes with most facts as they usually are first, so that examples read as what happens every day."""
    return sorted(islice(boxes, TRIED), key=lambda box: -sum(map(_equals, _point(box), plain.USUAL)))


def _equals(one: StrEnum, other: StrEnum) -> bool:
    return one is other


def _denials(rules: RuleSet) -> list[Rule]:
    return [rule for law in rules.laws for rule in law.rules if rule.effect is Effect.DENY]


def _before(rules: RuleSet, rule: Rule) -> list[Rule]:
    denials = _denials(rules)
    return denials[: denials.index(rule)] if rule in denials else denials


def _point(box: Box) -> Facts:
    """One disclosure of a box, as usual as it can be; consent is asked for only where that is the right claimed."""
    point = Facts._make(
        _value(kind, values, usual) for kind, values, usual in zip(CLASSES, box, plain.USUAL, strict=True)
    )
    none = point._replace(consent=ConsentState.NONE)
    has_none = box[-1] >> list(ConsentState).index(ConsentState.NONE) & 1
    return none if point.basis is not Basis.CONSENT and has_none else point


def _value(kind: type[StrEnum], values: int, usual: StrEnum) -> StrEnum:
    found = [one for at, one in enumerate(kind) if values >> at & 1]
    return usual if usual in found else found[0]


CHANGED: tuple[str, ...] = (
    "consent", "approval", "care", "institution", "relation", "category", "purpose", "recipient", "holder", "basis",
    "address", "tiers",
)  # fmt: skip
"""Facts in the order in which a near miss is looked for: what people decide first."""


def _changes(facts: Facts) -> Iterator[Facts]:
    """The same disclosure with one fact changed."""
    for name in CHANGED:
        kind = CLASSES[Facts._fields.index(name)]
        for value in (getattr(plain.USUAL, name), *kind):
            if value is not getattr(facts, name) and value.name != "OTHER":
                yield facts._replace(**{name: value})


def _difference(one: Facts, other: Facts) -> str:
    changed = [name for name in Facts._fields if getattr(one, name) is not getattr(other, name)]
    return " and ".join(plain.told(name, getattr(other, name)) for name in changed)


def _is_alone(rules: RuleSet, law: Law, rule: Rule, facts: Facts) -> bool:
    """Whether no other denial speaks; beside a permit, no denial and no other permit of its law."""
    spoken = [(one, said) for one, spoke in rules.spoken(facts) for said in spoke if said is not rule]
    beside = [
        one for one, said in spoken if said.effect is Effect.DENY or (rule.effect is Effect.PERMIT and one is law)
    ]
    return _speaks(rules, law, rule, facts) and not beside
