"""What portal tests feed in, and the portal that they ask."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx
from support.views import view_batch

from portal.feed import Feed
from portal.parts import User
from portal.sign_in import make_sign_in_link
from processors.consent.agreements import Agreement, Grant
from processors.consent.law.documents import row_of
from processors.consent.law.facts import Agency
from processors.consent.law.rules import RuleSet
from sinks.case_views import CaseViews
from sinks.view_batch import Row

KEY = "a key that only these tests know about"
NOON = 1_795_550_400_000_000
"""Microseconds: 2026-11-24 20:00 UTC, noon in California."""
DAY = 86_400_000_000
TODAY = NOON // DAY
"""Days since 1970."""
ME, OTHER = "lausd_counseling", "csu_advising"
NOTICE = "These records may not be disclosed further without consent, except as 34 CFR 99.33(a) allows."
USERS = {u.id: u for u in (User("u1", "Dana Whitfield", ME), User("u2", "Lee Park", ME), User("u3", "Kim Ode", OTHER))}
PAIRS = (("cde_k12", "enrollment"), ("cde_k12", "contact"), ("csac", "aid"), ("edd", "employment"))
PARTNERS = {
    "cde_k12": Agency.SCHOOL, "csac": Agency.STUDENT_AID, "edd": Agency.WAGES, "cdss": Agency.SOCIAL_SERVICES,
}  # fmt: skip
NAMES = {
    "lausd_counseling": "Los Angeles Unified, college counseling",
    "cde_k12": "California Department of Education, K-12",
    "csac": "California Student Aid Commission",
    "edd": "Employment Development Department",
}


def agreement(recipient: str, kind: str, version: int = 1, **changed: Any) -> Agreement:
    """The agreement by which a recipient sees its own caseload, or others' records with consent."""
    terms = {"own": ("own_record", "case_management"), "consent": ("consent", "college_counseling")}[kind]
    own = (Grant(partner_id=recipient, family="caseload", groups=("core",)),)
    others = (
        Grant(partner_id="cde_k12", family="enrollment", groups=("core", "progress")),
        Grant(partner_id="cde_k12", family="contact", groups=("core", "reach")),
        Grant(partner_id="csac", family="aid", groups=("core", "amounts")),
    )
    content = {
        "agreement_id": f"dsa-{kind}-{recipient}",
        "version": version,
        "tier": "dsa",
        "title": "Its own caseload" if kind == "own" else "Counseling toward college, with consent",
        "party": recipient,
        "purpose": terms[1],
        "basis": terms[0],
        "citation": "34 CFR 99.30",
        "grants": own if kind == "own" else others,
        "effective_from": "2024-07-01",
    }
    return Agreement.model_validate({**content, **changed})


def framework(recipient: str) -> tuple[Agreement, ...]:
    """What a recipient's view needs besides: memoranda of all parties, and the licence to use what is shared."""
    begins: dict[str, Any] = {"version": 1, "title": "t", "citation": "c", "effective_from": "2024-07-01"}
    mous = [
        Agreement(agreement_id=f"mou-{party}", tier="mou", party=party, families=("identity",), kind=kind, **begins)
        for party, kind in (*PARTNERS.items(), (recipient, Agency.SCHOOL if recipient == ME else Agency.COLLEGE))
    ]
    shared = tuple(agreement(recipient, kind) for kind in ("own", "consent"))
    licensed = {"licenses": [one.agreement_id for one in shared], "purposes": [one.purpose for one in shared]}
    dul = Agreement.model_validate(
        {"agreement_id": f"dul-{recipient}", "tier": "dul", "party": recipient, **licensed, **begins}
    )
    return (*shared, *mous, dul)


def release(event_id: str, person_id: str, family: str, partner_id: str, body: dict[str, Any], **changed: Any) -> Row:
    """A release to the counselors, in force and consented to unless said otherwise."""
    kind = "own" if family == "caseload" else "consent"
    recipient = changed.get("recipient", ME)
    terms = agreement(recipient, kind)
    groups = {"caseload": ["core"], "enrollment": ["core", "progress"], "contact": ["core", "reach"]}
    what = {"event_id": event_id, "person_id": person_id, "family": family, "partner_id": partner_id, "body": body}
    when = {"occurred_on": None, "effective_from": TODAY - 30, "effective_to": None, "observed_at": NOON - 3 * DAY}
    who = {"recipient": recipient, "fact_id": f"fact-{event_id}", "position": 1, "operation": "assert"}
    by = {"agreement_id": terms.agreement_id, "agreement_version": 1, "basis": terms.basis, "purpose": terms.purpose}
    more = {"consent_event_ids": [] if kind == "own" else ["consent-1"], "expires_on": None, "notice": NOTICE}
    rule = "ferpa.3.own_record/1" if kind == "own" else "ferpa.30.consent/1"
    law = {"rules": [rule], "obligations": ["notice"]}
    rest = {"groups": groups.get(family, ["amounts", "core"]), "state": "released", "reason": None}
    return {**what, **when, "published_at": NOON - 3 * DAY, **who, **by, **more, **law, **rest, **changed}


def assigned(person_id: str, label: str, who: str = "u1", state: str = "assigned", **changed: Any) -> Row:
    """A release of the recipient's own caseload event."""
    words = {"relation": "counselor", "display_label": label, "site": "Lincoln High", "assigned_on": None}
    body = {"case_manager_id": who, "assignment_state": state, "ended_on": None, **words}
    recipient = changed.get("recipient", ME)
    return release(f"case-{person_id}", person_id, "caseload", recipient, body, **changed)


def enrolled(event_id: str, person_id: str, grade: str = "G12", **changed: Any) -> Row:
    """A release of a high-school enrollment."""
    body = {"organization_id": "19647331931922", "organization_id_system": "CDS", "entry_grade_level": grade}
    return release(event_id, person_id, "enrollment", "cde_k12", body, **changed)


def taken_back(row: Row, position: int = 1000) -> Row:
    """The retraction of a release."""
    return {**row, "state": "retracted", "reason": "consent_withdrawn", "body": None, "position": position}


def signal(rule: str, person_id: str, *evidence: str, offset: int = 1, **changed: Any) -> Row:
    """A raised signal that rests on these events."""
    about = {"fafsa_incomplete": "2027-2028", "stopped_out": "267", "sap_lost": "2026-2027"}[rule]
    urgency = {"fafsa_incomplete": "medium", "stopped_out": "low", "sap_lost": "high"}[rule]
    due_on = TODAY + 98 if rule == "fafsa_incomplete" else None
    row = {"signal_id": f"{rule}-{person_id}", "recipient": ME, "person_id": person_id, "rule": rule, "about": about}
    row |= {"state": "raised", "urgency": urgency, "raised_at": NOON - DAY, "changed_at": NOON - DAY, "due_on": due_on}
    return {**row, "evidence_event_ids": list(evidence), "source_offset": offset, **changed}


@dataclass
class Served:
    """A portal that answers, and what it is made of."""

    views: CaseViews
    feed: Feed
    url: str
    clients: list[httpx.Client] = field(default_factory=list)

    def apply(
        self,
        *rows: Row,
        agreements: tuple[Agreement, ...] = (),
        rules: tuple[int, RuleSet] | None = None,
        position: int = 0,
        swept: int | None = None,
        tick: int | None = None,
        signals: Sequence[Row] = (),
    ) -> None:
        """What the sink does with a batch.

        Args:
            rows: releases and retractions.
            agreements: that come into force.
            rules: version and rules of law that do.
            position: place in the log of agreements and rules.
            swept: everyone is decided by what stands up to here.
            tick: the time.
            signals: raised or closed.
        """
        ticks = {} if tick is None else {ME: tick, OTHER: tick}
        told = [(r, a.to_row()) for a in agreements for r in ((ME, OTHER) if a.tier == "mou" else (a.party,))]
        batch = view_batch(
            rows=rows, agreements=[(r, {**row, "position": position}) for r, row in told], ticks=ticks, signals=signals,
            rules=[(r, {**row_of(rules[1], rules[0]), "position": position}) for r in (ME, OTHER)] if rules else [],
            swept={} if swept is None else {(r, 0): {"position": swept, "partitions": 1} for r in (ME, OTHER)},
        )  # fmt: skip
        self.feed.publish(self.views.apply(batch), everyone=batch.decides_anew)

    def link(self, user_id: str = "u1", now: float | None = None) -> str:
        """A sign-in link."""
        return make_sign_in_link(self.url, KEY, user_id, now)

    def client(self, user_id: str | None = "u1") -> httpx.Client:
        """A browser without scripts, signed in where a user is named."""
        client = httpx.Client(base_url=self.url, headers={"sec-fetch-site": "same-origin"}, timeout=20)
        self.clients.append(client)
        if user_id:
            token = self.link(user_id).partition("token=")[2]
            assert client.post("/sign-in", data={"token": token}).status_code == 303
        return client


def chromium_path() -> str | None:
    """Where a Chromium is, if any."""
    found = (shutil.which(name) for name in ("chromium", "chromium-browser", "google-chrome"))
    return next((path for path in found if path), None)
