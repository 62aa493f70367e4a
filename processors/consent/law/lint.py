"""What is wrong with rules, found by sums over all that they speak of: nothing is tried, nothing is left out.

An error is a rule that does not do what it says, or that permits without a limit; a warning is what counsel should have
meant; a note is what should be known. Sources: ``domain.md`` 4.1 for what a permit obliges to.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import StrEnum
from typing import NamedTuple

from processors.consent.law.boxes import Box, box_of, boxes_of, is_covered, left, meet, values_of
from processors.consent.law.facts import CLASSES, Basis, ConsentState, Facts, Purpose
from processors.consent.law.rules import Effect, Law, Obligation, Rule, RuleSet, When

OWN = frozenset({Purpose.OWN_ACCESS, Purpose.PARENT_ACCESS})
"""Whoever asks for these asks for what is his own: nobody else receives it."""
UNLOGGED = frozenset({Basis.CONSENT, Basis.SCHOOL_OFFICIAL, Basis.DIRECTORY, Basis.OWN_RECORD})
"""Disclosures that 34 CFR 99.32(d) does not want recorded."""
UNTOLD = frozenset({Basis.JUDICIAL_ORDER, Basis.DIRECTORY})
"""Disclosures that 34 CFR 99.33(d) excepts from the notice."""


class Level(StrEnum):
    """How bad it is."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class Kind(StrEnum):
    """What is found."""

    UNREACHABLE = "unreachable"
    CONTRADICTORY = "contradictory"
    OVER_BROAD = "over_broad"
    NO_OBLIGATION = "no_obligation"
    NO_DEFAULT = "no_default"
    NOT_READ = "not_read"
    NEVER_PERMITTED = "never_permitted"


class Finding(NamedTuple):
    """One thing that is found."""

    level: Level
    kind: Kind
    of: str
    """Name of the rule, the law or the grant."""
    says: str


class Claim(NamedTuple):
    """What an agreement grants: the disclosures that it is for."""

    name: str
    when: When


def findings_of(rules: RuleSet, claims: Sequence[Claim] = ()) -> list[Finding]:
    """Everything that is found in rules, and of agreements the grants that they can never permit."""
    found = [finding for law in rules.laws for finding in _of_law(rules, law)]
    return found + [finding for claim in claims for finding in _of_claim(rules, claim)]


def permitted(rules: RuleSet, within: When) -> Iterator[Box]:
    """The disclosures among some that the rules permit; boxes may overlap."""
    asked = boxes_of([within])
    for law in rules.laws:
        yield from _through(rules, [*_meets(asked, _permits(law), boxes_of(law.applies))])


def _of_law(rules: RuleSet, law: Law) -> Iterator[Finding]:
    yield from _law_as_a_whole(law)
    for rule in law.rules:
        if rule.cites.text is None:
            yield Finding(Level.NOTE, Kind.NOT_READ, rule.name, "rests on a text that was not read; so it denies")
        box = box_of(rule.when)
        if box is None:
            yield Finding(Level.ERROR, Kind.UNREACHABLE, rule.name, "asks for a value of a fact and names none")
        elif rule.effect is Effect.DENY:
            yield from _of_denial(rules, rule, box)
        else:
            yield from _of_permit(rules, law, rule, box)


def _law_as_a_whole(law: Law) -> Iterator[Finding]:
    if law.default is None:
        yield Finding(Level.NOTE, Kind.NO_DEFAULT, law.law_id, "has no default: it denies, and permits nothing")
    elif law.default.cites.text is None:
        yield Finding(Level.NOTE, Kind.NOT_READ, law.default.name, "rests on a text that was not read; so it denies")
    permits = _permits(law)
    if law.applies and all(is_covered(scope, permits) for scope in boxes_of(law.applies)):
        says = "permits everything that it applies to: its default never speaks"
        yield Finding(Level.ERROR, Kind.OVER_BROAD, law.law_id, says)


def _of_denial(rules: RuleSet, rule: Rule, box: Box) -> Iterator[Finding]:
    before = _named(rules, lambda one: one.effect is Effect.DENY, before=rule)
    if by := _covering(box, before):
        says = f"is never the reason told: denied before by {', '.join(by)}"
        yield Finding(Level.WARNING, Kind.UNREACHABLE, rule.name, says)


def _of_permit(rules: RuleSet, law: Law, rule: Rule, box: Box) -> Iterator[Finding]:
    own = [(one.name, denied) for one in law.rules if one.effect is Effect.DENY and (denied := box_of(one.when))]
    if by := _covering(box, own):
        says = f"is wholly denied by {', '.join(by)} of the same law"
        yield Finding(Level.ERROR, Kind.CONTRADICTORY, rule.name, says)
    else:
        for name, denied in own:
            if (both := meet(box, denied)) is not None:
                says = f"is partly denied by {name} of the same law, where {_told(both, box)}"
                yield Finding(Level.WARNING, Kind.CONTRADICTORY, rule.name, says)
        yield from _unreachable(rules, law, rule, box)
    yield from _over_broad(rules, law, rule, box)
    yield from _obligations(rule)


def _unreachable(rules: RuleSet, law: Law, rule: Rule, box: Box) -> Iterator[Finding]:
    """Whether a permit permits anything, after all denials and all other laws."""
    inside = [*_meets([box], boxes_of(law.applies))]
    denials = _named(rules, lambda one: one.effect is Effect.DENY)
    if not inside:
        says = f"permits only records that {law.law_id} does not apply to"
    elif by := _covering(box, denials):
        says = f"is wholly denied by {', '.join(by)}"
    elif next(_through(rules, inside), None) is None:
        says = "permits nothing: of what is not denied, each record is under another law that does not permit it"
    else:
        return
    yield Finding(Level.ERROR, Kind.UNREACHABLE, rule.name, says)


def _over_broad(rules: RuleSet, law: Law, rule: Rule, box: Box) -> Iterator[Finding]:
    """Limits that a permit does not name; an error where no denial and no other law sets them either."""
    if rule.when.consent is not None and rule.when.consent <= {ConsentState.IN_FORCE}:
        return  # it permits what the person's own words name, and no more
    reached = _reached(_through(rules, _meets([box], boxes_of(law.applies))))
    for names in (("purpose",), ("category",), ("recipient", "relation", "basis")):
        if any(_is_limited(rule.when, name) for name in names):
            continue
        what = " or ".join(", ".join(names).rsplit(", ", 1))
        if any(_is_limited(reached, name) for name in names if name != "relation"):
            says = f"names no limit of {what}; only denials and other laws set one"
            yield Finding(Level.WARNING, Kind.OVER_BROAD, rule.name, says)
        else:
            yield Finding(Level.ERROR, Kind.OVER_BROAD, rule.name, f"permits without a limit of {what}")


def _reached(boxes: Iterable[Box]) -> When:
    """The values of each fact that boxes have together."""
    together = [0] * len(CLASSES)
    for box in boxes:
        together = [mine | its for mine, its in zip(together, box, strict=True)]
    found = values_of(tuple(together))
    return When._make(frozenset(found[name]) if name in found else None for name in Facts._fields)


def _is_limited(when: When, name: str) -> bool:
    """Whether it has not all values of a fact, and not OTHER, which is whatever no law names."""
    kind, values = CLASSES[Facts._fields.index(name)], getattr(when, name)
    return values is not None and values < set(kind) and not any(one.name == "OTHER" for one in values)


def _obligations(rule: Rule) -> Iterator[Finding]:
    basis, purpose = rule.when.basis or set(Basis), rule.when.purpose or set(Purpose)
    if basis <= {Basis.OWN_RECORD} or purpose <= OWN:
        return
    if Obligation.NOTICE not in rule.obligations and not basis <= UNTOLD:
        says = "another party receives it and is not told that it may not go further (34 CFR 99.33(d))"
        yield Finding(Level.WARNING, Kind.NO_OBLIGATION, rule.name, says)
    if Obligation.LOG not in rule.obligations and not basis <= UNLOGGED:
        says = "another party receives it and it is not recorded (34 CFR 99.32(a))"
        yield Finding(Level.WARNING, Kind.NO_OBLIGATION, rule.name, says)


def _of_claim(rules: RuleSet, claim: Claim) -> Iterator[Finding]:
    if next(permitted(rules, claim.when), None) is None:
        by = _covering_any(claim, rules)
        says = f"no rule can ever permit it{by}"
        yield Finding(Level.ERROR, Kind.NEVER_PERMITTED, claim.name, says)


def _covering_any(claim: Claim, rules: RuleSet) -> str:
    box = box_of(claim.when)
    by = [] if box is None else _covering(box, _named(rules, lambda one: one.effect is Effect.DENY))
    return f": {', '.join(by)} denies all of it" if by else ""


def _permits(law: Law) -> list[Box]:
    return boxes_of([rule.when for rule in law.rules if rule.effect is Effect.PERMIT])


def _named(rules: RuleSet, is_meant: Callable[[Rule], bool], before: Rule | None = None) -> list[tuple[str, Box]]:
    """Rules that speak of anything, by name, in the order in which they are asked."""
    found = []
    for rule in (one for law in rules.laws for one in law.rules):
        if rule is before:
            break
        if is_meant(rule) and (box := box_of(rule.when)) is not None:
            found.append((rule.name, box))
    return found


def _covering(box: Box, by: Sequence[tuple[str, Box]]) -> list[str]:
    """Names of boxes that cover a box together, as few as are found; none: they do not."""
    near = [(name, cut) for name, cut in by if meet(box, cut) is not None]
    if not is_covered(box, [cut for _, cut in near]):
        return []
    for one in list(near):
        rest = [other for other in near if other is not one]
        if is_covered(box, [cut for _, cut in rest]):
            near = rest
    return [name for name, _ in near]


def _meets(boxes: Iterable[Box], *others: Sequence[Box]) -> Iterator[Box]:
    """What lies in a box, and in one of each of the others."""
    for box in boxes:
        if not others:
            yield box
            continue
        for other in others[0]:
            if (both := meet(box, other)) is not None:
                yield from _meets([both], *others[1:])


def _through(rules: RuleSet, boxes: Iterable[Box]) -> Iterator[Box]:
    """What of boxes no rule denies, and every law permits that applies to it."""
    denials = [box for _, box in _named(rules, lambda one: one.effect is Effect.DENY)]
    standing: Iterable[Box] = (piece for box in boxes for piece in left(box, denials))
    for law in rules.laws:
        standing = _through_one(law, standing)
    yield from standing


def _through_one(law: Law, boxes: Iterable[Box]) -> Iterator[Box]:
    permits, scopes = _permits(law), boxes_of(law.applies)
    for box in boxes:
        yield from _meets([box], permits)
        yield from left(box, scopes)


def _told(box: Box, beside: Box) -> str:
    """The values that a box has of what is in another: basis is study; category is contact or address."""
    narrowed = values_of(box, beside)
    return "; ".join(f"{name} is {' or '.join(values)}" for name, values in narrowed.items()) or "it speaks at all"
