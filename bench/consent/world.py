"""A made-up state to decide in: 500 rules, 50 agreements with all their tiers, people of every standing, their events.

Nothing in it is of anybody. The same numbers give the same world.
"""

import itertools
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import orjson

from processors.consent.agreements import EPOCH, Agreement, Grant
from processors.consent.book import EMPTY, Sharing
from processors.consent.law.documents import document_of, hash_of
from processors.consent.law.facts import CLASSES, Facts
from processors.consent.law.rules import Law, Rule, RuleSet
from processors.consent.law.shipped import SHIPPED
from processors.consent.policy import Subject
from processors.consent.register import Register
from schemas_avro import catalog

Row = dict[str, Any]
RULES, AGREEMENTS, QUESTIONS_A_PERSON = 500, 50, 2
TODAY = (date(2026, 9, 21) - EPOCH).days
SOURCES = (
    ("school", "enrollment"), ("school", "contact"), ("college", "enrollment"), ("student_aid", "aid"),
    ("wages", "employment"), ("social_services", "social_service"),
)  # fmt: skip
"""Partners, each named by its kind, and their families."""
OF_LEARNING = (SOURCES[0], SOURCES[2])
"""What is shared without consent."""
TERMS = (
    ("college", "consent", "academic_advising", "caseload"),
    ("college", "consent", "transfer_advising", "organization"),
    ("school", "consent", "college_counseling", "caseload"),
    ("college", "consent", "student_services", "organization"),
    ("social_services", "consent", "benefits_outreach", "organization"),
    ("child_welfare", "consent", "case_management", "caseload"),
    ("child_welfare", "foster_care", "foster_education", "caseload"),
    ("research", "study", "study", "organization"),
    ("student_aid", "financial_aid", "aid_administration", "organization"),
    ("college", "enrollment", "enrollment_transfer", "organization"),
)
"""Kind, basis, purpose and relation of recipients, in turn."""
SAID = ("given", "given", "given", "given", "renewed", "withdrawn", "refused", "expired")
ROLES = ("student", "student", "parent", "education_rights_holder")


def rules(count: int = RULES) -> RuleSet:
    """The shipped rules, and narrower ones after them, each of one value of a fact of which another has several.

    They change no outcome: where one speaks, the rule that it was made of speaks too, and comes first.
    """
    missing, laws = count - len(SHIPPED.rules), [*SHIPPED.laws]
    made = {law.law_id: list(_narrowed(law)) for law in laws}
    taken = list(itertools.islice(_in_turn([list(one) for one in made.values()]), missing))
    chosen = {rule.rule_id for rule in taken}
    return RuleSet([
        replace(law, rules=(*law.rules, *(one for one in made[law.law_id] if one.rule_id in chosen))) for law in laws
    ])  # fmt: skip


def _narrowed(law: Law) -> Iterator[Rule]:
    for rule in law.rules:
        for (name, kind), values in zip(zip(Facts._fields, CLASSES, strict=True), rule.when, strict=True):
            for value in sorted(kind if values is None else values):
                if values != {value}:
                    when = rule.when._replace(**{name: frozenset({value})})
                    yield replace(rule, rule_id=f"{rule.rule_id}.of.{name}.{value}", when=when)


def _in_turn(lists: list[list[Rule]]) -> Iterator[Rule]:
    """The first of each, then the second of each, and so on."""
    return (one for row in itertools.zip_longest(*lists) for one in row if one is not None)


def agreements(count: int = AGREEMENTS) -> Iterator[Agreement]:
    """So many data-sharing agreements, each of two families of two partners, with memoranda and licences."""
    terms = {"version": 1, "title": "Benchmark", "citation": "none", "effective_from": date(2020, 1, 1)}
    for partner, sources in itertools.groupby(SOURCES, lambda source: source[0]):
        families = tuple([family for _, family in sources])
        yield Agreement(
            agreement_id=f"m-{partner}", tier="mou", party=partner, families=families, kind=partner, **terms
        )
    for n in range(count):
        kind, basis, purpose, relation = TERMS[n % len(TERMS)]
        party, dsa = recipient(n), f"d-{n:02}"
        yield Agreement(agreement_id=f"m-{party}", tier="mou", party=party, families=("caseload",), kind=kind, **terms)
        licence = {"agreement_id": f"l-{n:02}", "tier": "dul", "licenses": (dsa,), "purposes": (purpose,)}
        ends = {"destroy_by": date(2030, 1, 1)} if n % 2 else {}
        yield Agreement(party=party, **licence, **terms, **ends)
        shares = _sources(n) if basis == "consent" else OF_LEARNING
        grants = tuple([Grant(partner_id=p, family=f, groups=_groups(f, n)) for p, f in shares])
        about = {"purpose": purpose, "basis": basis, "relation": relation, "grants": grants}
        yield Agreement(agreement_id=dsa, tier="dsa", party=party, **about, **terms)


def _sources(number: int) -> tuple[tuple[str, str], tuple[str, str]]:
    """Two that differ."""
    count = len(SOURCES)
    return SOURCES[number % count], SOURCES[(number + 1 + number // count % (count - 1)) % count]


def _groups(family: str, number: int) -> tuple[str, ...]:
    """Half of the agreements share every group, half the first two."""
    known = catalog.groups_of(family)
    return known if number % 2 else known[:2]


def recipient(number: int) -> str:
    """Name of a recipient."""
    return f"recipient_{number:02}"


def sharing() -> Sharing:
    """Rules and agreements as consent looks them up."""
    made = rules()
    return Sharing(Register(agreements()).by_source, made, hash_of(document_of(made)))


def records(person: int) -> tuple[bytes, ...]:
    """A person's two records as the book keeps them: consents, caseload, circumstances."""
    first = {
        **EMPTY, "person": f"p{person}", "age": ("adult", "adult", "from_16", "under_14")[person % 4],
        "attends": ("college", "school")[person // 4 % 2], "statements": list(_statements(person)),
        "caseload": [_served(person, n) for n in _recipients_of(person)[::3]],
    }  # fmt: skip
    second = {**EMPTY, "person": f"p{person}", "age": "unknown", "circumstances": list(_circumstances(person))}
    return orjson.dumps(first), orjson.dumps(second)


def _recipients_of(person: int) -> list[int]:
    """Thirty-five of the recipients; a third of them have the person on their caseload."""
    return [(person * 7 + step * 7) % AGREEMENTS for step in range(35)]


def _version(person: int, fact: str) -> Row:
    name = f"{fact}-{person}"
    return {"fact": name, "event_id": name, "published_at": 1, "operation": "assert"}


def _statements(person: int) -> Iterator[Row]:
    """None to three, of various kinds; each names most of those and four or five kinds of data."""
    for n in range(min(person % 5, 3)):
        named = [recipient(one) for one in _recipients_of(person)[n : n + 32]]
        yield {
            **_version(person, f"consent{n}"), "partner_id": "school", "published_at": n,
            "state": SAID[(person + n) % len(SAID)], "granted_by_role": ROLES[(person + n) % len(ROLES)],
            "controllers": sorted({source for source, _ in SOURCES}), "recipients": named,
            "records_covered": ["education", "contact", "aid", "wage", "employer"][: 4 + (person + n) % 2],
            "purposes": sorted({purpose for _, _, purpose, _ in TERMS}),
            "valid_from": TODAY - 100, "valid_until": TODAY + (person % 5) * 100 - 50,
        }  # fmt: skip


def _served(person: int, number: int) -> Row:
    return {**_version(person, f"case{number}"), "partner_id": recipient(number), "state": "assigned"}


def _circumstances(person: int) -> Iterator[Row]:
    """Of one in ten, who is in foster care; every second of those hides the address."""
    if person % 10 == 0:
        said = {"placement": "placed", "agency": recipient(6), "unaccompanied": None, "emancipated": None}
        yield {**_version(person, "care"), **said, "hides_address": person % 20 == 0}


def subjects(person: int) -> list[Subject]:
    """What a person's events are of: two sources; of one in ten they reveal more than their fields do."""
    more = frozenset({"disability"} if person % 10 == 1 else ())
    return [Subject(*SOURCES[(person + n) % len(SOURCES)], more) for n in range(QUESTIONS_A_PERSON)]
