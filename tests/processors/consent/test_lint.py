"""What the check of rules finds, held against trying every disclosure."""

import itertools

import pytest
from hypothesis import given, settings
from support.laws import ASKED, CITED, rule_sets

from processors.consent.law.boxes import box_of, meet
from processors.consent.law.facts import CLASSES, Agency, Basis, Category, ConsentState, Facts, Purpose, Relation
from processors.consent.law.lint import Claim, Finding, Kind, Level, findings_of, permitted
from processors.consent.law.rules import Citation, Effect, Law, Obligation, Reason, Rule, RuleSet, When, when

BOTH = frozenset({Obligation.LOG, Obligation.NOTICE})
NARROW = when(
    basis={Basis.STUDY}, purpose={Purpose.STUDY}, category={Category.EDUCATION, Category.AID, Category.ASSESSMENT}
)


def permit(condition: When = NARROW, obligations: frozenset[Obligation] = BOTH, name: str = "one.permit") -> Rule:
    return Rule(name, 1, CITED, Effect.PERMIT, "So it may be.", condition, Reason.STATUTE, obligations)


def deny(condition: When, name: str = "one.deny", cites: Citation = CITED) -> Rule:
    return Rule(name, 1, cites, Effect.DENY, "So it may not be.", condition, Reason.LAW_DENIES)


def law(*rules: Rule, applies: When | None = When(), name: str = "one") -> Law:  # noqa: B008  # a value
    default = None if applies is None else deny(When(), f"{name}.default")
    return Law(name, name, () if applies is None else (applies,), default, rules)


def found(*laws: Law) -> list[tuple[Level, Kind, str, str]]:
    return [tuple(one) for one in findings_of(RuleSet(laws))]


def test_a_narrow_permit_that_is_logged_and_noticed_is_well() -> None:
    assert found(law(permit())) == []


def test_a_rule_that_names_no_value_of_a_fact_is_unreachable() -> None:
    says = "asks for a value of a fact and names none"
    assert found(law(permit(), deny(when(basis=set())))) == [(Level.ERROR, Kind.UNREACHABLE, "one.deny/1", says)]


def test_a_permit_that_its_own_law_denies_wholly_contradicts_it() -> None:
    rules = (permit(), deny(when(basis={Basis.STUDY, Basis.CONSENT})))
    says = "is wholly denied by one.deny/1 of the same law"
    assert found(law(*rules)) == [(Level.ERROR, Kind.CONTRADICTORY, "one.permit/1", says)]


def test_a_permit_that_its_own_law_denies_in_part_is_told_with_the_values() -> None:
    rules = (permit(), deny(when(category={Category.AID, Category.WAGE}, relation={Relation.SERVES})))
    says = "is partly denied by one.deny/1 of the same law, where relation is serves; category is aid"
    assert found(law(*rules)) == [(Level.WARNING, Kind.CONTRADICTORY, "one.permit/1", says)]


def test_a_permit_is_unreachable_that_denials_of_other_laws_cover_together() -> None:
    others = (
        deny(when(category={Category.EDUCATION, Category.AID}), "two.first"),
        deny(when(category={Category.WAGE}), "two.stranger"),
        deny(when(category={Category.AID}, relation={Relation.SERVES}), "two.spare"),
        deny(when(category={Category.ASSESSMENT}), "two.second"),
    )
    says = "is wholly denied by two.first/1, two.second/1"
    told = found(law(permit()), law(*others, applies=None, name="two"))
    assert (Level.ERROR, Kind.UNREACHABLE, "one.permit/1", says) in told


def test_a_permit_is_unreachable_where_every_record_is_under_a_law_that_does_not_permit_it() -> None:
    other = permit(when(basis={Basis.CONSENT}, consent={ConsentState.IN_FORCE}), name="two.permit")
    says = "permits nothing: of what is not denied, each record is under another law that does not permit it"
    assert (Level.ERROR, Kind.UNREACHABLE, "one.permit/1", says) in found(law(permit()), law(other, name="two"))


def test_a_permit_is_unreachable_where_its_law_does_not_apply() -> None:
    says = "permits only records that one does not apply to"
    told = [(Level.ERROR, Kind.UNREACHABLE, "one.permit/1", says)]
    assert found(law(permit(), applies=when(basis={Basis.CONSENT}))) == told
    assert found(law(permit(), applies=None))[1:] == told


def test_a_denial_behind_others_that_say_it_all_is_never_the_reason() -> None:
    rules = (
        deny(when(category={Category.WAGE}), "one.wage"),
        deny(when(category={Category.WAGE}, basis={Basis.STUDY}), "one.both"),
    )
    says = "is never the reason told: denied before by one.wage/1"
    assert found(law(permit(), *rules)) == [(Level.WARNING, Kind.UNREACHABLE, "one.both/1", says)]
    assert found(law(permit(), *reversed(rules))) == []


@pytest.mark.parametrize(
    ("condition", "lacks"),
    [
        (NARROW._replace(purpose=None), "purpose"),
        (NARROW._replace(purpose=frozenset(Purpose)), "purpose"),
        (NARROW._replace(purpose=frozenset({Purpose.STUDY, Purpose.OTHER})), "purpose"),
        (NARROW._replace(category=None), "category"),
        (NARROW._replace(basis=None), "recipient, relation or basis"),
    ],
)
def test_a_permit_without_a_limit_is_over_broad(condition: When, lacks: str) -> None:
    says = f"permits without a limit of {lacks}"
    assert (Level.ERROR, Kind.OVER_BROAD, "one.permit/1", says) in found(law(permit(condition)))


@pytest.mark.parametrize(
    "condition",
    [
        NARROW._replace(basis=None, relation=frozenset({Relation.SERVES})),
        NARROW._replace(basis=None, recipient=frozenset({Agency.COLLEGE})),
        when(consent={ConsentState.IN_FORCE}),
    ],
)
def test_recipient_relation_or_basis_is_limit_enough_and_so_is_consent(condition: When) -> None:
    assert found(law(permit(condition))) == []


def test_a_limit_that_only_another_law_or_a_denial_sets_is_a_warning() -> None:
    wide = NARROW._replace(purpose=None, category=None)
    elsewhere = deny(when(category={Category.OTHER}))
    says = "names no limit of {}; only denials and other laws set one"
    told = found(law(permit(wide)), law(permit(name="two.permit"), name="two"))
    assert told == [
        (Level.WARNING, Kind.OVER_BROAD, "one.permit/1", says.format("purpose")),
        (Level.WARNING, Kind.OVER_BROAD, "one.permit/1", says.format("category")),
    ]
    told = [one for one in found(law(permit(wide), elsewhere)) if one[1] is Kind.OVER_BROAD]
    assert told == [
        (Level.ERROR, Kind.OVER_BROAD, "one.permit/1", "permits without a limit of purpose"),
        (Level.WARNING, Kind.OVER_BROAD, "one.permit/1", says.format("category")),
    ]


def test_a_law_that_permits_all_that_it_applies_to_is_over_broad() -> None:
    says = "permits everything that it applies to: its default never speaks"
    assert (Level.ERROR, Kind.OVER_BROAD, "one", says) in found(law(permit(), applies=NARROW))


def test_what_another_party_receives_wants_notice_and_log() -> None:
    kinds = [(level, says[:54]) for level, _, _, says in found(law(permit(obligations=frozenset())))]
    assert kinds == [
        (Level.WARNING, "another party receives it and is not told that it may "),
        (Level.WARNING, "another party receives it and it is not recorded (34 C"),
    ]


@pytest.mark.parametrize(
    ("basis", "purpose", "wants"),
    [
        (Basis.OWN_RECORD, Purpose.CASE_MANAGEMENT, 0),
        (Basis.OTHER, Purpose.OWN_ACCESS, 0),
        (Basis.OTHER, Purpose.PARENT_ACCESS, 0),
        (Basis.CONSENT, Purpose.STUDY, 1),
        (Basis.SCHOOL_OFFICIAL, Purpose.STUDENT_SERVICES, 1),
        (Basis.JUDICIAL_ORDER, Purpose.COURT_ORDER, 1),
        (Basis.STUDY, Purpose.STUDY, 2),
    ],
)
def test_own_records_want_neither_consent_and_officials_only_notice_and_orders_only_the_log(
    basis: Basis, purpose: Purpose, wants: int
) -> None:
    condition = NARROW._replace(basis=frozenset({basis}), purpose=frozenset({purpose}))
    told = [kind for _, kind, _, _ in found(law(permit(condition, frozenset())))]
    assert told.count(Kind.NO_OBLIGATION) == wants


def test_a_law_that_only_denies_and_a_text_that_was_not_read_are_noted() -> None:
    unread = Citation("Ed. Code 49069", "as others say", None)
    told = found(law(permit()), law(deny(when(category={Category.WAGE}), "two.1", unread), applies=None, name="two"))
    assert [(level, kind, of) for level, kind, of, _ in told] == [
        (Level.NOTE, Kind.NO_DEFAULT, "two"), (Level.NOTE, Kind.NOT_READ, "two.1/1"),
    ]  # fmt: skip


def test_a_grant_that_no_rule_can_permit_is_told_and_by_what_it_is_denied() -> None:
    rules = RuleSet([law(permit(), deny(when(category={Category.WAGE})))])
    claims = [
        Claim("dsa-1 aid of csac", NARROW._replace(category=frozenset({Category.AID}))),
        Claim("dsa-2 contact of csac", NARROW._replace(category=frozenset({Category.CONTACT}))),
        Claim("dsa-3 wages of edd", NARROW._replace(category=frozenset({Category.WAGE}))),
    ]
    assert findings_of(rules, claims) == [
        Finding(Level.ERROR, Kind.NEVER_PERMITTED, "dsa-2 contact of csac", "no rule can ever permit it"),
        Finding(
            Level.ERROR, Kind.NEVER_PERMITTED, "dsa-3 wages of edd",
            "no rule can ever permit it: one.deny/1 denies all of it",
        ),
    ]  # fmt: skip


FIRST = Facts._make(next(iter(kind)) for kind in CLASSES)
POINTS = [
    FIRST._replace(**dict(zip(ASKED, values, strict=True)))
    for values in itertools.product(*(list(CLASSES[Facts._fields.index(name)]) for name in ASKED))
]
"""Every disclosure, as far as made-up rules can tell them apart."""


@given(rule_sets())
@settings(deadline=None, max_examples=60)
def test_what_is_found_permitted_and_unreachable_is_so_for_every_disclosure(rules: RuleSet) -> None:
    verdicts = [(point, rules.decide(point)) for point in POINTS]
    boxes = list(permitted(rules, When()))
    for point, verdict in verdicts:
        at = box_of(When._make(frozenset({value}) for value in point))
        assert at is not None
        assert any(meet(at, box) for box in boxes) == verdict.permit
    dead = {
        one.of for one in findings_of(rules)
        if one.kind is Kind.UNREACHABLE or (one.kind is Kind.CONTRADICTORY and one.level is Level.ERROR)
    }  # fmt: skip
    told = {name for _, verdict in verdicts if not verdict.permit for name in verdict.rules}
    for one in (rule for every in rules.laws for rule in every.rules):
        if one.effect is Effect.DENY:
            assert (one.name in dead) == (one.name not in told)
        else:
            [owner] = [every for every in rules.laws if one in every.rules]
            counts = any(
                verdict.permit and one.when.speaks_of(point) and any(it.speaks_of(point) for it in owner.applies)
                for point, verdict in verdicts
            )
            assert (one.name in dead) == (not counts)
