"""Rules of law as data, and the one function that decides by them.

A rule is a citation, an effect, and for each fact the values that it speaks of. A disclosure is permitted where no rule
denies it and every law that applies to the record has a rule that permits it; one law at least must apply. So it is
default deny, denials override, and the strictest of all laws counts.

Rules are compiled into one bit each: what a fact's value lets stand is a mask, and the rules that speak are the masks
of twelve facts taken together. That costs the same for fifty rules as for five hundred.
"""

import functools
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from processors.consent.law.facts import (
    CLASSES,
    Address,
    Agency,
    Approval,
    Basis,
    Care,
    Category,
    ConsentState,
    Facts,
    Institution,
    Purpose,
    Relation,
    Tiers,
)  # fmt: skip


class Effect(StrEnum):
    """What a rule does where it speaks."""

    PERMIT = "permit"
    DENY = "deny"


class Obligation(StrEnum):
    """What a permit asks of whoever makes use of it."""

    LOG = "log"
    """Recorded in the disclosure log (34 CFR 99.32)."""
    NOTICE = "notice"
    """Told that it may not go further (34 CFR 99.33(d))."""
    DESTROY = "destroy"
    """Destroyed by the day that the licence names (34 CFR 99.31(a)(6)(iii)(C)(4), 99.35(b)(2))."""
    SUPPRESS = "suppress"
    """Shown in counts only of as many people as the licence names."""
    RECORD_THREAT = "record_threat"
    """The threat and the parties are recorded (34 CFR 99.32(a)(5))."""


class Reason(StrEnum):
    """Why a recipient may or may not see an event: a closed set."""

    CONSENT = "consent"
    STATUTE = "statute"
    OWN_RECORD = "own_record"
    NOT_IN_FORCE = "agreement_not_in_force"
    TIER_MISSING = "agreement_tier_missing"
    NO_CASELOAD = "no_caseload"
    NO_CONSENT = "no_consent"
    DENIED = "consent_refused_or_withdrawn"
    OUT_OF_TIME = "consent_out_of_time"
    RIGHTS_TRANSFERRED = "rights_transferred"
    NOT_APPROVED = "not_approved"
    LAW_DENIES = "law_denies"
    NOT_PERMITTED = "no_rule_permits"
    SOURCE_RETRACTED = "source_retracted"
    RECORD_MOVED = "record_moved"
    UNREADABLE = "unreadable"
    ERASED = "erased"


class When(NamedTuple):
    """For each fact the values that a rule speaks of; None: any."""

    holder: frozenset[Agency] | None = None
    recipient: frozenset[Agency] | None = None
    basis: frozenset[Basis] | None = None
    purpose: frozenset[Purpose] | None = None
    tiers: frozenset[Tiers] | None = None
    relation: frozenset[Relation] | None = None
    institution: frozenset[Institution] | None = None
    care: frozenset[Care] | None = None
    approval: frozenset[Approval] | None = None
    address: frozenset[Address] | None = None
    category: frozenset[Category] | None = None
    consent: frozenset[ConsentState] | None = None

    def speaks_of(self, facts: Facts) -> bool:
        """Whether all facts are among its values."""
        return all(values is None or fact in values for values, fact in zip(self, facts, strict=True))

    def overlaps(self, other: "When") -> bool:
        """Whether one disclosure could be among both's values."""
        pairs = zip(self, other, strict=True)
        return all(mine is None or theirs is None or not mine.isdisjoint(theirs) for mine, theirs in pairs)


def when(
    *, holder: Collection[Agency] | None = None, recipient: Collection[Agency] | None = None,
    basis: Collection[Basis] | None = None, purpose: Collection[Purpose] | None = None,
    tiers: Collection[Tiers] | None = None, relation: Collection[Relation] | None = None,
    institution: Collection[Institution] | None = None, care: Collection[Care] | None = None,
    approval: Collection[Approval] | None = None, address: Collection[Address] | None = None,
    category: Collection[Category] | None = None, consent: Collection[ConsentState] | None = None,
) -> When:  # fmt: skip
    """A condition: every fact named is one of its values."""
    given = (
        holder, recipient, basis, purpose, tiers, relation, institution, care, approval, address, category, consent,
    )  # fmt: skip
    return When._make(None if values is None else frozenset(values) for values in given)


@dataclass(frozen=True)
class Citation:
    """Where a rule comes from."""

    section: str
    """As lawyers cite it: 34 CFR 99.31(a)(1)."""
    quote: str
    """Verbatim; of a text that was not read, what others say of it."""
    text: str | None
    """Name of the file in ``law/text`` that has the words; None: the text was not read."""


@dataclass(frozen=True)
class Rule:
    """One rule.

    Raises:
        ValueError: it cites nothing, or permits by a text that was not read.
    """

    rule_id: str
    version: int
    cites: Citation
    effect: Effect
    says: str
    """In plain words."""
    when: When
    reason: Reason
    obligations: frozenset[Obligation] = frozenset()

    def __post_init__(self) -> None:
        """Without a citation there is no rule."""
        if not self.cites.section.strip() or not self.cites.quote.strip():
            raise ValueError(f"rule {self.rule_id} cites no law: give its section and quote it")
        if self.effect is Effect.PERMIT and self.cites.text is None:
            raise ValueError(f"rule {self.rule_id} permits by a text that was not read: such a rule can only deny")

    @property
    def name(self) -> str:
        """Id and version, as decisions name it."""
        return f"{self.rule_id}/{self.version}"


@dataclass(frozen=True)
class Law:
    """One law.

    Raises:
        ValueError: it applies to records and nothing denies them by default.
    """

    law_id: str
    title: str
    applies: tuple[When, ...]
    """Records that one of its rules must permit: what lies in any of these; none: the law only denies."""
    default: Rule | None
    """What holds of such a record where none of its rules permits."""
    rules: tuple[Rule, ...]

    def __post_init__(self) -> None:
        """Default deny."""
        if self.applies and (self.default is None or self.default.effect is not Effect.DENY):
            raise ValueError(f"law {self.law_id} must deny by default")


class Verdict(NamedTuple):
    """What the rules say of one disclosure."""

    permit: bool
    reason: Reason
    rules: tuple[str, ...]
    """Names of the rules that it rests on: the first that denies, or one that permits of every law that applies."""
    obligations: frozenset[Obligation]


NOTHING = Verdict(permit=False, reason=Reason.NOT_PERMITTED, rules=(), obligations=frozenset())
"""No law applies, so none permits."""


class RuleSet:
    """Rules of several laws, compiled."""

    def __init__(self, laws: Sequence[Law]) -> None:
        """Of these laws, in the order in which their denials are told.

        Raises:
            ValueError: two rules or laws have one id.
        """
        self.laws = tuple(laws)
        self._rules = [rule for law in laws for rule in law.rules]
        _refuse_twins([rule.rule_id for rule in self.rules] + [law.law_id for law in laws])
        scopes = [(law, condition) for law in laws for condition in law.applies]
        conditions = [*(rule.when for rule in self._rules), *(condition for _, condition in scopes)]
        self._masks = [_masks(kind, [one[place] for one in conditions]) for place, kind in enumerate(CLASSES)]
        self._any = (1 << len(conditions)) - 1
        self._denials = _mask(rule.effect is Effect.DENY for rule in self._rules)
        owners = [*(None for _ in self._rules), *(law for law, _ in scopes)]
        self._scopes = [(law.default, _mask(one is law for one in owners), self._permits_of(law)) for law in laws]
        self.verdict = functools.lru_cache(maxsize=4096)(self._verdict)

    @property
    def rules(self) -> list[Rule]:
        """Every rule, those by default among them."""
        return [rule for law in self.laws for rule in (*law.rules, law.default) if rule is not None]

    def _permits_of(self, law: Law) -> int:
        mine = {rule.rule_id for rule in law.rules if rule.effect is Effect.PERMIT}
        return _mask(rule.rule_id in mine for rule in self._rules)

    def speaking(self, facts: Sequence[StrEnum], first: int = 0, among: int | None = None) -> int:
        """Mask of the laws that apply and the rules that speak, as far as some facts go.

        Args:
            facts: values of consecutive facts.
            first: place of the first of them.
            among: mask of those that still stand; None: all.
        """
        found = self._any if among is None else among
        for place, value in enumerate(facts, first):
            found &= self._masks[place][value]
        return found

    def decide(self, facts: Facts) -> Verdict:
        """What the rules say of one disclosure. Total: no facts make it raise."""
        return self.verdict(self.speaking(facts))

    def _verdict(self, mask: int) -> Verdict:
        """What the rules of a mask say; many disclosures have the same, so ``verdict`` remembers it."""
        if denials := mask & self._denials:
            return _denied(self._first(denials))
        permits: list[Rule] = []
        for default, scope, allowed in self._scopes:
            if mask & scope and default is not None:
                if not mask & allowed:
                    return _denied(default)
                permits.append(self._first(mask & allowed))
        if not permits:
            return NOTHING
        obligations = frozenset[Obligation]().union(*(rule.obligations for rule in permits))
        names = tuple([rule.name for rule in permits])
        return Verdict(permit=True, reason=permits[0].reason, rules=names, obligations=obligations)

    def _first(self, mask: int) -> Rule:
        return self._rules[(mask & -mask).bit_length() - 1]

    def spoken(self, facts: Facts) -> Iterator[tuple[Law, list[Rule]]]:
        """Every law that has something to say, with its rules that speak, in order; its default where none permits."""
        for law in self.laws:
            rules = [rule for rule in law.rules if rule.when.speaks_of(facts)]
            applies = any(one.speaks_of(facts) for one in law.applies)
            if applies and law.default and not any(rule.effect is Effect.PERMIT for rule in rules):
                rules.append(law.default)
            if rules:
                yield law, rules


def _denied(rule: Rule) -> Verdict:
    return Verdict(permit=False, reason=rule.reason, rules=(rule.name,), obligations=frozenset())


def _refuse_twins(ids: Sequence[str]) -> None:
    twins = sorted({one for one in ids if ids.count(one) > 1})
    if twins:
        raise ValueError(f"ids of rules and laws must differ: {', '.join(twins)}")


def _mask(bits: Iterable[bool]) -> int:
    return sum(1 << place for place, is_set in enumerate(bits) if is_set)


def _masks(kind: type[StrEnum], values: Sequence[frozenset[StrEnum] | None]) -> dict[StrEnum, int]:
    """By value of a fact: the conditions that it lets stand."""
    return {one: _mask(allowed is None or one in allowed for allowed in values) for one in kind}


NO_RULES = RuleSet(())
"""Nothing is permitted."""
