"""What is an agreement, on which days it holds, and that it travels whole."""

import hashlib
import json
from datetime import date
from typing import Any

import orjson
import pytest
from pydantic import ValidationError

from processors.consent.agreements import Agreement, Grant, number_of, overlaps
from processors.consent.law.facts import Basis

SINCE = {"agreement_id": "one", "version": 1, "title": "t", "party": "b", "citation": "c"} | {
    "effective_from": date(2024, 7, 1)
}
AID = Grant(partner_id="a", family="aid", groups=("core", "amounts"))
MOU = {"tier": "mou", "families": ("aid",)}
DSA = {"tier": "dsa", "purpose": "study", "grants": (AID,)}
DUL = {"tier": "dul", "licenses": ("one",), "purposes": ("study",)}
TIERS = (MOU, DSA, DUL)
OWN: list[dict[str, Any]] = [
    {"families": ("aid",), "consent_for": ("aid",), "institution": "i"},
    {"grants": (AID,), "purpose": "study"},
    {"licenses": ("one",), "purposes": ("study",), "destroy_by": date(2027, 1, 1), "minimum_cell_size": 11},
]
"""By tier: what it may say, and no other."""


def agreed(tier: dict[str, Any], /, **said: Any) -> Agreement:
    return Agreement(**{**SINCE, **tier, **said})


@pytest.mark.parametrize("place", range(3))
def test_a_tier_has_its_own_words(place: int) -> None:
    found = agreed(TIERS[place], **OWN[place])
    assert {name: getattr(found, name) for name in OWN[place]} == OWN[place]


@pytest.mark.parametrize(
    ("place", "name"),
    [(place, name) for place in range(3) for at, words in enumerate(OWN) if at != place for name in words],
)
def test_a_tier_has_none_of_anothers(place: int, name: str) -> None:
    [value] = [words[name] for words in OWN if name in words]
    with pytest.raises(ValidationError, match=f"no {TIERS[place]['tier']}: {name} is none of its words"):
        agreed(TIERS[place], **{name: value})


@pytest.mark.parametrize(
    ("tier", "name"),
    [(MOU, "families"), (DSA, "grants"), (DSA, "purpose"), (DUL, "licenses"), (DUL, "purposes")],
    ids=lambda one: one if isinstance(one, str) else one["tier"],
)
def test_what_a_tier_needs_must_be_said(tier: dict[str, Any], name: str) -> None:
    with pytest.raises(ValidationError, match=f"no {tier['tier']}: it needs {name}"):
        agreed({key: value for key, value in tier.items() if key != name})


@pytest.mark.parametrize(
    ("tier", "said", "why"),
    [
        (DSA, {"basis": "other"}, "basis names consent or an exception of law"),
        (MOU, {"families": ("weather",)}, "unknown families: weather"),
        (DSA, {"effective_to": date(2024, 6, 30)}, "effective_to lies before effective_from"),
        (DSA, {"purpose": "curiosity"}, "unknown purposes: curiosity"),
        (DSA, {"purpose": "other"}, "unknown purposes: other"),
        (DUL, {"purposes": ("study", "curiosity", "boredom")}, "unknown purposes: boredom, curiosity"),
        (DSA, {"version": 0}, "greater than or equal to 1"),
        (DUL, {"minimum_cell_size": 1}, "greater than or equal to 2"),
        (DSA, {"weather": "fine"}, "Extra inputs"),
        (DSA, {"tier": "letter"}, "Input should be 'mou', 'dsa' or 'dul'"),
    ],
    ids=lambda one: ", ".join(one) if isinstance(one, dict) else "",
)
def test_what_no_agreement_can_say_is_refused(tier: dict[str, Any], said: dict[str, Any], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        agreed(tier, **said)


def test_smallest_versions_cells_and_terms_of_one_day_are_agreements() -> None:
    one_day = agreed(DSA, effective_to=date(2024, 7, 1))
    assert (one_day.version, agreed(DUL, minimum_cell_size=2).minimum_cell_size) == (1, 2)
    assert one_day.in_force(number_of(date(2024, 7, 1)))


@pytest.mark.parametrize(
    ("family", "groups", "why"),
    [
        ("consent", ("core",), "family consent is never released"), ("aid", ("amounts",), "core is always among them"),
        ("aid", ("core", "weather"), "groups of aid are core, "), ("aid", (), "core is always among them"),
    ],
)  # fmt: skip
def test_a_grant_is_of_groups_that_its_family_has_core_among_them(
    family: str, groups: tuple[str, ...], why: str
) -> None:
    with pytest.raises(ValidationError, match=why):
        Grant(partner_id="a", family=family, groups=groups)


def test_what_is_not_said_is_consent_a_caseload_and_no_kind() -> None:
    found = agreed(DSA)
    assert (found.basis, found.relation, found.kind) == (Basis.CONSENT, "caseload", "other")


@pytest.mark.parametrize(
    ("terms", "first", "last"),
    [
        (agreed(DSA, effective_to=date(2026, 6, 30)), date(2024, 7, 1), date(2026, 6, 30)),
        (agreed(DUL, effective_to=date(2026, 6, 30)), date(2024, 7, 1), date(2026, 6, 30)),
        (agreed(DUL, destroy_by=date(2026, 6, 30)), date(2024, 7, 1), date(2026, 6, 29)),
        (agreed(DUL, effective_to=date(2026, 1, 1), destroy_by=date(2026, 6, 30)), date(2024, 7, 1), date(2026, 1, 1)),
        (agreed(DUL, effective_to=date(2027, 1, 1), destroy_by=date(2026, 6, 30)), date(2024, 7, 1), date(2026, 6, 29)),
    ],
)
def test_an_agreement_holds_from_its_first_day_to_its_last_and_a_licence_until_all_must_be_destroyed(
    terms: Agreement, first: date, last: date
) -> None:
    days = number_of(first) - 1, number_of(first), number_of(last), number_of(last) + 1
    assert [terms.in_force(day) for day in days] == [False, True, True, False]


def test_an_agreement_without_an_end_holds_for_good() -> None:
    assert [agreed(DSA).in_force(number_of(date(year, 7, 1))) for year in (2023, 2024, 2099)] == [False, True, True]


def test_a_grant_is_found_by_partner_and_family() -> None:
    contact = Grant(partner_id="a", family="contact", groups=("core",))
    elsewhere = Grant(partner_id="z", family="aid", groups=("core",))
    found = agreed(DSA, grants=(elsewhere, contact, AID))
    assert [found.grant_for(*pair) for pair in (("a", "aid"), ("a", "contact"), ("z", "aid"), ("z", "contact"))] == [
        AID, contact, elsewhere, None,
    ]  # fmt: skip


@pytest.mark.parametrize("place", range(3))
def test_what_travels_comes_back_as_it_was(place: int) -> None:
    agreement = agreed(TIERS[place], **OWN[place], effective_to=date(2028, 2, 29))
    row = agreement.to_row("somebody")
    assert Agreement.from_row(row) == agreement
    assert row["grants"] == [one.model_dump() for one in agreement.grants]
    assert (row["activated_by"], row["content_hash"]) == ("somebody", agreement.content_hash)
    assert [row[name] for name in ("effective_from", "effective_to")] == [19905, 21243]
    assert agreement.to_row()["activated_by"] == ""


def test_a_hash_is_of_all_that_an_agreement_says() -> None:
    said = [{}, {"version": 2}, {"title": "u"}, {"relation": "organization"}, {"effective_to": date(2027, 1, 1)}]
    hashes = [agreed(DSA, **one).content_hash for one in said]
    assert len({*hashes}) == len(said)
    assert (hashes[0], len(hashes[0])) == (agreed(DSA).content_hash, 64)


def test_a_hash_is_of_json_with_its_keys_sorted_which_anybody_can_make() -> None:
    agreement = agreed(DSA)
    said = orjson.loads(agreement.model_dump_json())
    assert list(said) != sorted(said)
    assert agreement.content_hash == hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


@pytest.mark.parametrize("name", ["version", "purpose", "grants"])
def test_no_agreement_changes(name: str) -> None:
    agreement = agreed(DSA)
    with pytest.raises(ValidationError, match="frozen"):
        setattr(agreement, name, getattr(agreement, name))
    with pytest.raises(ValidationError, match="frozen"):
        agreement.grants[0].groups = ()


def test_days_are_counted_from_the_first_of_1970() -> None:
    assert [number_of(day) for day in (date(1970, 1, 1), date(1969, 12, 31), date(2024, 7, 1))] == [0, -1, 19905]


def test_no_recipient_may_have_one_partners_family_by_two_agreements() -> None:
    grants = (AID, Grant(partner_id="z", family="aid", groups=("core",)))
    first, second = agreed(DSA, agreement_id="x"), agreed(DSA, agreement_id="w", grants=grants)
    third = agreed(DSA, agreement_id="y")
    assert overlaps([first, second, third]) == ["w and x both cover a aid", "w and y both cover a aid"]


def test_other_recipients_other_partners_and_other_families_are_no_overlap() -> None:
    others = [
        agreed(DSA, agreement_id="x", party="c"),
        agreed(DSA, agreement_id="y", grants=(Grant(partner_id="z", family="aid", groups=("core",)),)),
        agreed(DSA, agreement_id="z", grants=(Grant(partner_id="a", family="contact", groups=("core",)),)),
    ]
    assert overlaps([agreed(DSA), *others]) == []
