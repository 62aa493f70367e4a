"""Why a recipient may or may not see an event, step by step, and what would have to change; never what the event says.

42 CFR 2.13(c)(2): an answer must not tell that somebody is or was a patient. So a denial that rests on what kind of
data there is about the person is told as ``UNTOLD``, without rule, section and quote, whichever rule it is.
"""

import functools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, NamedTuple

from processors.consent.agreements import Agreement
from processors.consent.law.facts import Approval, Basis, ConsentState, Facts, Relation, Tiers
from processors.consent.law.rules import Effect, Law, Reason, Rule, RuleSet
from processors.consent.policy import Person, Subject, decide, facts_of, group_categories
from processors.consent.register import Shared
from schemas_avro import catalog

UNTOLD = "A rule of law denies it."
NEVER_NAMED = frozenset({"part_2", "hipaa", "cmia", "safe_at_home"})
"""Laws whose denial would tell that somebody is a patient, or in hiding."""
NOT_SHARED = "The agreement does not share it."
NOT_ALONE = "Nothing is shown where the core is not."
NOBODY_PERMITS = "No law applies that permits it."


class Tier(NamedTuple):
    """One agreement that the disclosure needs."""

    tier: str
    """mou, dsa or dul."""
    party: str
    agreement_id: str
    """Empty: there is none."""
    version: int
    in_force: bool


class Spoke(NamedTuple):
    """A rule that has something to say; of an untold one only effect and words."""

    law: str
    rule: str
    section: str
    quote: str
    is_read: bool
    """Whether the quote is verbatim; else the text was not read, and this is what others say of it."""
    effect: str
    says: str
    groups: tuple[str, ...]
    """Field groups of which it speaks; untold: none are named."""


class Group(NamedTuple):
    """A field group of the event's family, whether the event has it or not."""

    group: str
    permitted: bool
    why: str
    """Why not, in plain words; empty where it is permitted."""
    changes: tuple[tuple[str, ...], ...]
    """The smallest sets of changes by people that would permit it, each in plain words; none: no such change does."""


@dataclass(frozen=True)
class Explanation:
    """A decision with all that led to it."""

    recipient: str
    purpose: str
    basis: str
    tiers: tuple[Tier, ...]
    rules: tuple[Spoke, ...]
    """Law by law in the order in which they are asked."""
    groups: tuple[Group, ...]
    permit: bool
    reason: str
    rests_on: tuple[str, ...]
    """Names of the rules that decided; of a denial that is not told none."""
    changes: tuple[tuple[str, ...], ...]
    """What would permit the event at all; as of a group."""
    obligations: tuple[str, ...]


class _Asked(NamedTuple):
    """One category of the event's data."""

    category: str
    is_own: bool
    """Of the family's fields, which anybody may know; else only this event reveals it."""
    facts: Facts


def explain(
    subject: Subject, person: Person, shared: Shared, rules: RuleSet, today: int | None, gone: Reason | None = None
) -> Explanation:
    """Explain what ``policy.decide`` decides.

    Args:
        subject: the event.
        person: whose record it is.
        shared: what the recipient's agreement shares of it.
        rules: of law, in force.
        today: the day of the latest tick, from 1970-01-01; None: no tick yet.
        gone: why nobody is shown the event, whatever the rules say: it was retracted, or cannot be opened.
    """
    [decision] = decide(subject, person, [shared], rules, today)
    asked = {
        group: [
            _Asked(category, is_own, facts_of(subject, person, shared, today, category))
            for category, is_own in _needed(subject, group)
        ]
        for group in (catalog.CORE, *_others(shared.grant.groups))
    }
    told = _Told(rules, shared, today)
    core = told.group(catalog.CORE, asked[catalog.CORE])
    groups = [core] + [
        told.beside(core, group, [*asked[catalog.CORE], *asked[group]]) for group in asked if group != catalog.CORE
    ]
    unshared = [group for group in catalog.groups_of(subject.family) if group not in asked]
    groups += [Group(group, permitted=False, why=NOT_SHARED, changes=()) for group in unshared]
    hidden = any(told.hides(one) for one in asked[catalog.CORE])
    reason = Reason.LAW_DENIES if hidden else decision.reason
    permit, rests_on = decision.permit, () if hidden else decision.rules
    if gone is not None:
        permit, reason, rests_on = False, gone, ()
        groups = [Group(one.group, permitted=False, why=GONE[gone], changes=()) for one in groups]
    return Explanation(
        decision.recipient, decision.purpose, decision.basis, tuple(_tiers(shared, today)), told.spoken(asked),
        tuple(groups), permit, reason.value, rests_on, groups[0].changes, decision.obligations if permit else (),
    )  # fmt: skip


GONE = {
    Reason.SOURCE_RETRACTED: "Its source has taken it back.",
    Reason.UNREADABLE: "Its record's key is gone: nobody can open it.",
    Reason.NOT_IN_FORCE: "No agreement of the recipient is about this partner's records of this kind.",
}


def unnamed(subject: Subject, recipient: str) -> Explanation:
    """Of a recipient none of whose agreements names the event's partner and family: denied, and no rule is asked."""
    why, family = GONE[Reason.NOT_IN_FORCE], subject.family
    change = (
        (f"a data-sharing agreement of {recipient} that names {subject.partner_id} and {family} comes into force",),
    )
    groups = [Group(group, permitted=False, why=why, changes=change) for group in catalog.groups_of(family)]
    missing = (Tier("dsa", recipient, "", 0, in_force=False),)
    reason = Reason.NOT_IN_FORCE.value
    return Explanation(recipient, "", "", missing, (), tuple(groups), False, reason, (), change, ())  # noqa: FBT003  # by its place, as the others


@functools.lru_cache(maxsize=1024)
def told_rules(rules: RuleSet, names: tuple[str, ...]) -> tuple[Spoke, ...]:
    """Rules that a release rests on, with their words, in the order in which they are asked; of no group in particular.

    A law whose name would tell that somebody is a patient, or in hiding, is left out.
    """
    named = [(law, rule) for law in rules.laws for rule in law.rules if rule.name in names]
    return tuple(_spoke(law, rule, ()) for law, rule in named if law.law_id not in NEVER_NAMED)


def as_row(found: Explanation) -> dict[str, Any]:
    """As JSON values."""
    rows = {name: [one._asdict() for one in getattr(found, name)] for name in ("tiers", "rules", "groups")}
    return {**{name: getattr(found, name) for name in found.__dataclass_fields__}, **rows}


def _others(groups: Sequence[str]) -> list[str]:
    return [group for group in groups if group != catalog.CORE]


def _needed(subject: Subject, group: str) -> list[tuple[str, bool]]:
    """Categories that a group takes of an event, and whether each is of the family's own fields."""
    own = group_categories(subject.family, group)
    return [(category, category in own) for category in sorted(own | subject.categories)]


def _tiers(shared: Shared, today: int | None) -> Iterator[Tier]:
    """The three tiers; where a party has none of one, that it has none."""
    mous = {one.party: one for one in shared.mous}
    for party in dict.fromkeys((shared.grant.partner_id, shared.agreement.party)):
        yield _tier("mou", party, mous.get(party), today)
    yield _tier("dsa", shared.agreement.party, shared.agreement, today)
    for licence in shared.duls or (None,):
        yield _tier("dul", shared.agreement.party, licence, today)


def _tier(tier: str, party: str, agreement: Agreement | None, today: int | None) -> Tier:
    if agreement is None:
        return Tier(tier, party, "", 0, in_force=False)
    in_force = today is not None and agreement.in_force(today)
    return Tier(tier, party, agreement.agreement_id, agreement.version, in_force)


class _Told:
    """What may be told of one question's rules."""

    def __init__(self, rules: RuleSet, shared: Shared, today: int | None) -> None:
        self._rules, self._shared, self._today = rules, shared, today
        self._by_name = {rule.name: (law, rule) for law in rules.laws for rule in (*law.rules, law.default) if rule}

    def hides(self, asked: _Asked) -> bool:
        """Whether what denies a category is not to be named."""
        verdict = self._rules.decide(asked.facts)
        if verdict.permit:
            return False
        if not verdict.rules:
            return not asked.is_own
        return _is_untold(asked, *self._by_name[verdict.rules[0]])

    def group(self, group: str, asked: Sequence[_Asked]) -> Group:
        """A group, and why it is not permitted."""
        denied = [one for one in asked if not self._rules.decide(one.facts).permit]
        if not denied:
            return Group(group, permitted=True, why="", changes=())
        return Group(group, permitted=False, why=self._why(denied), changes=self._changes(asked, denied))

    def beside(self, core: Group, group: str, asked: Sequence[_Asked]) -> Group:
        """A group beside the core, without which it is not shown."""
        found = self.group(group, asked)
        return found if core.permitted else found._replace(why=NOT_ALONE)

    def _why(self, denied: Sequence[_Asked]) -> str:
        if any(self.hides(one) for one in denied):
            return UNTOLD
        names = self._rules.decide(denied[0].facts).rules
        return self._by_name[names[0]][1].says if names else NOBODY_PERMITS

    def spoken(self, asked: dict[str, list[_Asked]]) -> tuple[Spoke, ...]:
        """Rules that speak of any category, in their order; those that are not named last, as one."""
        groups: dict[str, dict[str, None]] = {}
        untold = False
        for group, one in ((group, one) for group, ones in asked.items() for one in ones):
            spoke = [(law, rule) for law, rules in self._rules.spoken(one.facts) for rule in rules]
            unnamed = [rule.effect for law, rule in spoke if _is_untold(one, law, rule)]
            if Effect.DENY in unnamed:  # what else is said of such data differs by its kind
                untold = True
                continue
            for rule in (rule for law, rule in spoke if not _is_untold(one, law, rule)):
                groups.setdefault(rule.name, {})[group] = None
        found = [_spoke(*self._by_name[name], tuple(groups[name])) for name in self._by_name if name in groups]
        return (*found, *([_UNTOLD] if untold else []))

    def _changes(self, asked: Sequence[_Asked], denied: Sequence[_Asked]) -> tuple[tuple[str, ...], ...]:
        """The smallest sets of what people can change that permit all; of a denial that is not told none is."""
        if any(self.hides(one) for one in denied):
            return ()
        tried = [change for change in CHANGES if self._can_change(change[0])]
        for size in range(1, len({name for name, _ in tried}) + 1):
            sets = [dict(chosen) for chosen in combinations(tried, size) if len(dict(chosen)) == size]
            if helping := [one for one in sets if self._permits(asked, one)]:
                return tuple(
                    tuple(w for name, value in one.items() for w in self._words(name, value, denied)) for one in helping
                )
        return ()

    def _can_change(self, name: str) -> bool:
        """Whether people can change a fact at all: only one agreement asks for a consent, another for a caseload."""
        agreement = self._shared.agreement
        if name == "relation":
            return agreement.relation == "caseload"
        return name == "tiers" or agreement.basis in CHANGED_UNDER[name]

    def _permits(self, asked: Sequence[_Asked], change: dict[str, Any]) -> bool:
        return all(self._rules.decide(one.facts._replace(**change)).permit for one in asked)

    def _words(self, name: str, value: Any, denied: Sequence[_Asked]) -> list[str]:
        match name:
            case "tiers":
                return [TIER_WORDS[one.tier].format(one.party) for one in self._missing()]
            case "consent":
                said = [CONSENT_WORDS[one.facts.consent] for one in denied if one.facts.consent in CONSENT_WORDS]
                alone = DISTINCT if self._shared.agreement.distinct_consent else ""
                return [f"{words}{alone}" for words in said[:1]]
            case "relation":
                return ["the recipient takes the person onto its caseload"]
            case _:
                return [APPROVAL_WORDS[denied[0].facts.approval, value]]

    def _missing(self) -> list[Tier]:
        """Agreements of which none is in force; of several licences one is enough."""
        tiers = list(_tiers(self._shared, self._today))
        holding = {one.tier for one in tiers if one.in_force and one.tier == "dul"}
        missing = {(one.tier, one.party): one for one in tiers if not one.in_force and one.tier not in holding}
        return list(missing.values())


CHANGES: tuple[tuple[str, Any], ...] = (
    ("consent", ConsentState.IN_FORCE),
    ("relation", Relation.SERVES),
    ("tiers", Tiers.IN_FORCE),
    ("approval", Approval.ONE), ("approval", Approval.TWO),
)  # fmt: skip
"""What people can change about a disclosure: a fact and its value; of one fact the lesser first."""
CHANGED_UNDER = {"consent": {Basis.CONSENT}, "approval": {Basis.EMERGENCY, Basis.JUDICIAL_ORDER}}
"""Claims of right under which a fact can be other than none."""
TIER_WORDS = {
    "mou": "a memorandum of understanding of {} comes into force",
    "dsa": "the data-sharing agreement with {} comes into force",
    "dul": "a data-use licence of {} for this purpose comes into force",
}
CONSENT_WORDS = {
    ConsentState.NONE: "the person, or who holds the rights in this record, consents",
    ConsentState.REFUSED: "who refused or withdrew, or now holds the rights in this record, consents again",
    ConsentState.OUT_OF_TIME: "the person, or who holds the rights in this record, consents for today too",
    ConsentState.NOT_HOLDERS: "who holds the rights in this record consents; who consented does not hold them",
}
DISTINCT = "; in a statement for this purpose alone"
APPROVAL_WORDS = {
    (Approval.NONE, Approval.ONE): "one person stands by the disclosure, for a recorded reason",
    (Approval.NONE, Approval.TWO): "two persons stand by the disclosure, for a recorded reason",
    (Approval.ONE, Approval.TWO): "a second person stands by the disclosure",
}  # fmt: skip
_UNTOLD = Spoke("", "", "", "", is_read=False, effect=Effect.DENY.value, says=UNTOLD, groups=())


def _is_untold(asked: _Asked, law: Law, rule: Rule) -> bool:
    """Whether naming a rule would tell what kind of data there is about the person.

    Of a kind that only this event reveals, whatever asks for the kind, or permits nothing of it, would.
    """
    asks_kind = rule.when.category is not None or rule is law.default
    return law.law_id in NEVER_NAMED or (not asked.is_own and asks_kind)


def _spoke(law: Law, rule: Rule, groups: tuple[str, ...]) -> Spoke:
    cites = rule.cites
    return Spoke(
        law.title, rule.name, cites.section, cites.quote, cites.text is not None, rule.effect.value, rule.says, groups
    )
