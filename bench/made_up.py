"""Made-up facts for benchmarks: of known records, under consent and caseload; nothing in them is of anybody.

Five recipients, 1.5 releases a fact, 10 % withheld.
"""

import functools
import time
import uuid
from collections.abc import Iterator, Sequence
from typing import Any

from schemas_avro import catalog

Row = dict[str, Any]
PARTNER = "bench_college"
RECIPIENTS = tuple(f"bench_recipient_{n}" for n in range(1, 6))
FACTS_A_PERSON = 20
MANAGER = "cm-bench"
WATCHED = 20
"""Persons on the caseload of the one case manager who looks at them."""
PURPOSE, OWN = "academic_advising", "case_management"


def agreements(
    recipients: Sequence[str] = RECIPIENTS, partners: Sequence[str] = (PARTNER,)
) -> Iterator[tuple[str, str]]:
    """Names and TOML of the agreements that the facts are under."""
    common = 'version = 1\ntitle = "Benchmark"\ncitation = "none"\neffective_from = 2020-01-01\n'
    families = '["identity", "enrollment", "consent"]'
    for n, partner in enumerate(partners):
        mou = f'agreement_id = "m{n or ""}"\ntier = "mou"\nparty = "{partner}"\nkind = "college"\n'
        mou += f'families = {families}\nconsent_for = ["{partner}"]\n'
        yield f"mou{n or ''}", mou + common
    for r in recipients:
        yield (
            f"mou-{r}",
            f'agreement_id = "m-{r}"\ntier = "mou"\nparty = "{r}"\nkind = "college"\n'
            'families = ["identity", "caseload"]\n' + common,
        )
        head = f'tier = "dsa"\nparty = "{r}"\n' + common
        own = f'[[grants]]\npartner_id = "{r}"\nfamily = "caseload"\ngroups = ["core"]\n'
        purpose = f'purpose = "{OWN}"\nbasis = "own_record"\nrelation = "organization"\n'
        yield f"own-{r}", f'agreement_id = "o-{r}"\n' + purpose + head + own
        grant = "".join(
            f'[[grants]]\npartner_id = "{partner}"\nfamily = "enrollment"\ngroups = ["core", "progress"]\n'
            for partner in partners
        )
        licence = f'agreement_id = "l-{r}"\ntier = "dul"\nparty = "{r}"\nlicenses = ["o-{r}", "d-{r}"]\n'
        yield f"dul-{r}", licence + f'purposes = ["{PURPOSE}", "{OWN}"]\n' + common
        yield f"dsa-{r}", f'agreement_id = "d-{r}"\npurpose = "{PURPOSE}"\nbasis = "consent"\n' + head + grant


def recipients_of(person: int, recipients: Sequence[str] = RECIPIENTS) -> tuple[str, ...]:
    """Of ten people: one is seen by nobody, three by one recipient, six by two: 1.5 releases a fact."""
    place = person % 10
    count = 0 if place == 0 else 1 if place <= 3 else 2
    return tuple(recipients[(person // 10 + i) % len(recipients)] for i in range(count))


def setup(
    people: int, watched: int = WATCHED, recipients: Sequence[str] = RECIPIENTS, partners: Sequence[str] = (PARTNER,)
) -> Iterator[tuple[str, str, list[Row]]]:
    """Who the people are, each at a college and at the recipients that serve them; consents and caseloads."""
    for n, partner in enumerate(partners):
        yield partner, "identity", [identity(partner, p) for p in range(n, people, len(partners))]
    for r in recipients:
        served = [p for p in range(people) if r in recipients_of(p, recipients)]
        yield r, "identity", [identity(r, p) for p in served]
        first = served[:watched]
        yield r, "caseload", [_caseload(r, p, MANAGER if p in first else "cm-other") for p in served]
    for n, partner in enumerate(partners):
        told = [(p, recipients_of(p, recipients)) for p in range(n, people, len(partners))]
        yield partner, "consent", [consent(p, to, partner) for p, to in told if to]


def event_id(name: str) -> str:
    """The same UUID for the same name."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"throughline-bench/{name}"))


def _row(partner: str, family: str, person: int, name: str, **said: Any) -> Row:
    now = time.time_ns() // 1_000
    envelope: Row = {
        **_nothing("envelope"),
        "event_id": event_id(name), "event_type": f"{family}.recorded.v1", "schema_version": "1.0",
        "partner_id": partner, "source_record_id": name, "observed_at": now, "published_at": now,
        "operation": "assert", "subject_token": f"s{person}", "identifiers": [], "data_categories": [],
    }  # fmt: skip
    return {"envelope": envelope, "body": _nothing(f"families/{family}") | said}


@functools.cache
def _nothing(schema: str) -> Row:
    """Every field of a schema, null; never changed."""
    return {field["name"]: None for field in catalog.read(schema)["fields"]}


def identity(partner: str, person: int) -> Row:
    """Who a person is, as a partner says."""
    names = {"first_name": f"Given{person}", "last_name": f"Family{person}", "birth_date": 10_000 + person % 5_000}
    contact = {"email": f"p{person}@example.org", "postal_code": "90001"}
    return _row(partner, "identity", person, f"identity {partner} {person}", **names, **contact)


def _caseload(recipient: str, person: int, manager: str) -> Row:
    said = {"case_manager_id": manager, "assignment_state": "assigned", "relation": "advisor"}
    return _row(recipient, "caseload", person, f"case {recipient} {person}", **said)


def consent(person: int, to: Sequence[str] | None = None, partner: str = PARTNER) -> Row:
    """A person's consent to all recipients that are to see the facts of a college."""
    said: Row = {
        "consent_id": f"c{person}", "event_state": "given", "granted_by_role": "student", "controllers": [partner],
        "records_covered": ["education"], "purposes": [PURPOSE],
        "recipients": list(recipients_of(person) if to is None else to),
        "given_at": time.time_ns() // 1_000,
    }  # fmt: skip
    return _row(partner, "consent", person, f"consent {person}", **said)


def withdrawal(person: int) -> Row:
    """What takes a person's consent back: of everything, for everybody."""
    nothing_named: Row = {"controllers": [], "records_covered": [], "purposes": [], "recipients": []}
    said: Row = {"consent_id": f"c{person}", "event_state": "withdrawn", "granted_by_role": "student", **nothing_named}
    return _row(PARTNER, "consent", person, f"withdrawal {person}", **said, given_at=time.time_ns() // 1_000)


def fact(person: int, name: str, partner: str = PARTNER) -> Row:
    """One enrollment of a person at a college."""
    said: Row = {
        "organization_id": "00123400", "organization_id_system": "OPEID", "enrollment_status": "currently_enrolled",
        "entry_date": 20_000, "term_id": "265", "enrollment_intensity": "full_time", "unit_type": "semester",
        "units_attempted_hundredths": 1_500, "units_earned_hundredths": 1_200, "gpa_term_ten_thousandths": 31_250,
        "cip_code": "11.0701", "cip_version": "2020",
    }  # fmt: skip
    return _row(partner, "enrollment", person, name, **said)


def facts(people: int, events: int) -> Iterator[Row]:
    """So many enrollments, of each person in turn."""
    return (fact(n % people, f"fact {n}") for n in range(events))
