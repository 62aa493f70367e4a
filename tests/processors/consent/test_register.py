"""What agreements come to together: who shares what with whom, whom each concerns, and who is one institution."""

from datetime import date
from typing import Any

import pytest

from processors.consent.agreements import Agreement, Grant, number_of
from processors.consent.law.facts import Agency, Institution, Tiers
from processors.consent.register import Register, Shared

SINCE = {"version": 1, "title": "t", "citation": "c", "effective_from": date(2024, 7, 1)}
TODAY = number_of(date(2026, 9, 21))


def mou(party: str, kind: str = "college", **said: Any) -> Agreement:
    return Agreement(
        **{
            "agreement_id": f"mou-{party}",
            "tier": "mou",
            "party": party,
            "families": ("aid",),
            "kind": kind,
            **SINCE,
            **said,
        }
    )


def dsa(party: str, *partners: str, **said: Any) -> Agreement:
    grants = tuple([Grant(partner_id=one, family="aid", groups=("core",)) for one in partners])
    terms = {"agreement_id": f"dsa-{party}", "tier": "dsa", "party": party, "purpose": "study", "grants": grants}
    return Agreement(**{**terms, **SINCE, **said})


def dul(party: str, **said: Any) -> Agreement:
    terms = {"agreement_id": f"dul-{party}", "tier": "dul", "party": party, "licenses": (f"dsa-{party}",)}
    return Agreement(**{**terms, "purposes": ("study",), **SINCE, **said})


def shared(*agreements: Agreement, party: str = "b") -> Shared:
    """What a recipient's agreement shares of its first partner."""
    register = Register(agreements)
    agreement = register.by_id[f"dsa-{party}"]
    return register.shared(agreement, agreement.grants[0])


ALL = [
    mou("a"), mou("b"), mou("c"), mou("d"), mou("e"),
    dsa("b", "a", "c"), dsa("c", "b"), dsa("d", "d", "e"),
    dul("b"), dul("c"), dul("d"),
]  # fmt: skip
"""Of five parties: b gets from a and c, c from b, d from itself and from e; a and e get nothing."""


@pytest.mark.parametrize(
    ("agreement_id", "recipients"),
    [
        ("dsa-b", ["b"]), ("dul-c", ["c"]), ("mou-a", ["b"]), ("mou-b", ["b", "c"]), ("mou-c", ["b", "c"]),
        ("mou-d", ["d"]), ("mou-e", ["d"]),
    ],
)  # fmt: skip
def test_an_agreement_concerns_its_recipient_and_a_memorandum_whoever_gets_from_its_party_too(
    agreement_id: str, recipients: list[str]
) -> None:
    register = Register(ALL)
    assert register.concerns(register.by_id[agreement_id]) == recipients


def test_a_memorandum_of_who_neither_gives_nor_gets_concerns_nobody() -> None:
    alone = mou("z")
    assert Register([*ALL, alone]).concerns(alone) == []


def test_all_that_decides_what_a_recipient_sees_is_found_by_id() -> None:
    found = [one.agreement_id for one in Register(ALL[::-1]).of_recipient("b")]
    assert found == ["dsa-b", "dul-b", "mou-a", "mou-b", "mou-c"]
    assert Register(ALL).of_recipient("a") == []


def test_recipients_are_the_parties_of_data_sharing_agreements() -> None:
    assert Register(ALL[::-1]).recipients() == ["b", "c", "d"]


def test_what_is_shared_is_found_by_partner_and_family_in_the_order_of_agreements() -> None:
    register = Register([*ALL[::-1], dsa("a", "c", agreement_id="dsa-a")])
    found = {pair: [one.agreement.agreement_id for one in some] for pair, some in register.by_source.items()}
    assert found == {
        ("a", "aid"): ["dsa-b"], ("c", "aid"): ["dsa-a", "dsa-b"], ("b", "aid"): ["dsa-c"],
        ("d", "aid"): ["dsa-d"], ("e", "aid"): ["dsa-d"],
    }  # fmt: skip


def test_two_families_of_one_agreement_are_two_things_shared() -> None:
    grants = [Grant(partner_id="a", family=family, groups=("core",)) for family in ("aid", "enrollment")]
    register = Register([dsa("b", grants=grants)])
    assert [register.shared(register.by_id["dsa-b"], one).grant for one in grants] == grants


def test_of_two_memoranda_of_one_party_that_of_the_higher_version_counts_whatever_came_first() -> None:
    for agreement_id in ("mou-", "mou-a-2"):
        newer = mou("a", "school", agreement_id=agreement_id, version=2)
        kinds = {Register(some).kind_of("a") for some in ([mou("a"), newer], [newer, mou("a")])}
        assert kinds == {Agency.SCHOOL}


def test_of_two_memoranda_of_one_version_that_of_the_later_id_counts_whatever_came_first() -> None:
    later = mou("a", "school", agreement_id="mou-a-2")
    assert {Register(some).kind_of("a") for some in ([mou("a"), later], [later, mou("a")])} == {Agency.SCHOOL}


def test_kinds_are_those_of_memoranda_and_without_one_of_no_kind() -> None:
    found = shared(mou("a", "school"), mou("b", "research"), dsa("b", "a"))
    assert (found.holder, found.recipient) == (Agency.SCHOOL, Agency.RESEARCH)
    assert Register([]).kind_of("a") is Agency.OTHER


@pytest.mark.parametrize(
    ("memoranda", "expected"),
    [
        ([mou("a", institution="i"), mou("b", institution="i")], Institution.SAME),
        ([mou("a", institution="i"), mou("b", institution="j")], Institution.OTHER),
        ([mou("a", institution="j"), mou("b", institution="i")], Institution.OTHER),
        ([mou("a"), mou("b")], Institution.OTHER),
        ([mou("a", institution="i"), mou("b")], Institution.OTHER),
        ([mou("a", institution="i")], Institution.OTHER),
        ([mou("b", institution="i")], Institution.OTHER),
        ([], Institution.OTHER),
    ],
    ids=["alike", "otherwise", "the other way round", "unnamed", "one unnamed", "one missing", "the other", "none"],
)  # fmt: skip
def test_two_parties_are_one_institution_where_both_memoranda_name_the_same(
    memoranda: list[Agreement], expected: Institution
) -> None:
    assert shared(*memoranda, dsa("b", "a")).institution is expected


def test_who_gets_its_own_records_back_is_one_institution_with_or_without_memorandum() -> None:
    assert shared(mou("b"), dsa("b", "b")).institution is Institution.SAME
    assert shared(dsa("b", "b")).institution is Institution.SAME


def test_without_a_day_nothing_is_in_force() -> None:
    whole = shared(mou("a"), mou("b"), dsa("b", "a"), dul("b"))
    assert (whole.tiers(TODAY), whole.tiers(None)) == (Tiers.IN_FORCE, Tiers.NO_DSA)


@pytest.mark.parametrize(
    ("licences", "expected"),
    [
        ([dul("b")], None),
        ([dul("b", destroy_by=date(2026, 10, 1))], number_of(date(2026, 9, 30))),
        (
            [dul("b", destroy_by=date(2026, 10, 1)), dul("b", agreement_id="dul-2", destroy_by=date(2026, 11, 1))],
            number_of(date(2026, 10, 31)),
        ),
        ([dul("b", destroy_by=date(2026, 10, 1)), dul("b", agreement_id="dul-2")], None),
        ([dul("b", destroy_by=date(2026, 9, 1)), dul("b", agreement_id="dul-2")], None),
        ([dul("b", destroy_by=date(2026, 9, 1))], None),
        ([], None),
    ],
    ids=["none says", "the day before", "the longest", "one without a day", "one over", "all over", "no licence"],
)  # fmt: skip
def test_the_last_day_is_that_of_the_licence_in_force_that_lasts_longest(
    licences: list[Agreement], expected: int | None
) -> None:
    assert shared(mou("a"), mou("b"), dsa("b", "a"), *licences).last_day(TODAY) == expected


def test_what_a_permit_rests_on_is_the_agreement_both_memoranda_and_its_licences() -> None:
    other = dul("b", agreement_id="dul-2", purposes=("case_management",))
    anothers = [dul(party, licenses=("dsa-b",)) for party in ("a", "c")]
    known = shared(mou("a"), mou("b", version=3), dsa("b", "a", version=2), dul("b"), other, *anothers).known
    assert known == [["dsa-b", 2], ["mou-a", 1], ["mou-b", 3], ["dul-b", 1]]
