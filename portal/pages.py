"""What the pages hold: asked of the views, decided again, put into words, rendered piece by piece.

The same pieces make the page at first and keep it up to date, so what a reload shows and what the feed shows agree.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from portal.facts import FactView, Names, fact_view
from portal.feed import Item, PageState
from portal.known import Known, caseload, known
from portal.parts import PortalParts, User
from portal.render import Renderer
from processors.consent.reading import withheld
from sinks.questions import Assignment, Freshness, Questions, StoredRow

MOST_CHANGES = 12
"""Entries in the list of newest changes."""
MOST_MISSED = 1000
"""Changes that a page catches up with one by one; after more it is sent whole."""


@dataclass(frozen=True)
class Client:
    """A person on the user's caseload, with what is new."""

    assignment: Assignment
    label: str
    newest: Freshness | None
    new_rows: int


class Pages:
    """Builds the pages of one portal."""

    def __init__(self, parts: PortalParts) -> None:
        """Of these parts."""
        self.questions = Questions(parts.views)
        self.names = Names(parts.names, parts.organization_names)
        self._known_pairs = parts.known_pairs
        self.renderer = Renderer(parts.time_zone)

    def clients(self, user: User, since: int) -> list[Client]:
        """The user's caseload by label."""
        assignments = caseload(self.questions, user.recipient, user.id)
        fresh = self.questions.freshness(user.recipient, [a.person_id for a in assignments], since)
        now = known(self.questions, user.recipient)
        permitted = [f for f in fresh if f.family != "caseload" and now.permits(f)]
        found = [_client(a, [f for f in permitted if f.person_id == a.person_id]) for a in assignments]
        return sorted(found, key=lambda c: (c.label.casefold(), c.assignment.person_id))

    def facts(self, user: User, person_id: str, since: int) -> list[FactView] | None:
        """A person's facts, newest valid time first; None where the person is not on the user's caseload."""
        if not caseload(self.questions, user.recipient, user.id, person_id):
            return None
        facts = self.questions.timeline(user.recipient, person_id)
        now = known(self.questions, user.recipient)
        views = [view for fact in facts if (view := fact_view(fact, now, self.names, since))]
        return sorted(views, key=lambda view: view.order, reverse=True)

    def changes(self, user: User, since: int) -> tuple[int, list[StoredRow]]:
        """Rows of the user's caseload that changed after a change number, and the number to ask from next."""
        rows = self.questions.changes_since(user.recipient, since)
        persons = {a.person_id for a in caseload(self.questions, user.recipient, user.id)}
        now = known(self.questions, user.recipient)
        seq = rows[-1].seq if rows else since
        return seq, [r for r in rows if r.person_id in persons and (r.state == "retracted" or now.permits(r))]

    def caseload_page(self, user: User, since: int) -> PageState:
        """The list of persons and of the newest changes."""
        seq = self.questions.last_seq(user.recipient)
        clients = self.clients(user, since)
        changes = self._newest_changes(user, clients, since)
        now = known(self.questions, user.recipient)
        items = [self._client_item(client, now) for client in clients] + changes
        parts = {"summary": self.renderer.piece("_summary.html", clients=clients)}
        persons = frozenset(c.assignment.person_id for c in clients)
        return PageState("My caseload", tuple(items), parts, persons, now.standing, seq, self.renderer.moment(now.tick))

    def person_page(self, user: User, person_id: str, since: int) -> PageState | None:
        """A person's page; None where the person is not on the user's caseload."""
        seq = self.questions.last_seq(user.recipient)
        assignments = caseload(self.questions, user.recipient, user.id, person_id)
        facts = self.facts(user, person_id, since)
        if not assignments or facts is None:
            return None
        now = known(self.questions, user.recipient)
        items = tuple(self._fact_item(fact, now) for fact in facts)
        parts = self._person_parts(assignments[0], facts, now)
        persons, as_of = frozenset({person_id}), self.renderer.moment(now.tick)
        return PageState(label_of(assignments[0]), items, parts, persons, now.standing, seq, as_of)

    def missed(self, user: User, state: PageState, seen: int) -> set[str] | None:
        """Keys of what changed on a page after a change number; None where too much did to tell.

        A number from before this view file began tells nothing: the file was filled anew since.
        """
        if seen < self.questions.first_seq - 1:
            return None
        rows = self.questions.changes_since(user.recipient, seen, MOST_MISSED)
        mine = [row for row in rows if row.person_id in state.persons]
        keys = {key for row in mine for key in (row.person_id, row.fact_id, row.event_id)}
        return None if len(rows) == MOST_MISSED else keys

    def _person_parts(self, assignment: Assignment, facts: list[FactView], now: Known) -> dict[str, str]:
        contact = next((f for f in facts if f.row.family == "contact" and not f.taken_back), None)
        pairs = {(f.row.partner_id, f.row.family) for f in facts}
        rules = withheld(now.agreements.values(), now.recipient, self._known_pairs, pairs, now.today)
        piece, names = self.renderer.piece, self.names.partners
        return {
            "person": piece("_person.html", assignment=assignment, label=label_of(assignment), contact=contact),
            "empty": piece("_empty_timeline.html", facts=facts, now=now),
            "sources": piece("_sources.html", sources=_last_seen(facts), now=now),
            "withheld": piece("_withheld.html", rules=rules, names=names),
        }

    def _client_item(self, client: Client, now: Known) -> Item:
        html = self.renderer.piece("_client.html", client=client, names=self.names.partners, now=now)
        order = f"{client.label.casefold()} {client.assignment.person_id}"
        return Item("clients", client.assignment.person_id, order, html)

    def _fact_item(self, fact: FactView, now: Known) -> Item:
        return Item("timeline", fact.key, fact.order, self.renderer.piece("_fact.html", fact=fact, now=now))

    def _newest_changes(self, user: User, clients: list[Client], since: int) -> list[Item]:
        labels = {c.assignment.person_id: c.label for c in clients}
        rows = self.questions.newest(user.recipient, list(labels), MOST_CHANGES)
        now = known(self.questions, user.recipient)
        views = [view for row in rows if (view := fact_view(row, now, self.names, since))]
        return [self._change_item(view, labels[view.row.person_id], now) for view in views]

    def _change_item(self, fact: FactView, label: str, now: Known) -> Item:
        html = self.renderer.piece("_change.html", fact=fact, label=label, now=now)
        return Item("changes", fact.row.event_id, f"{fact.row.seq:020}", html)


def label_of(assignment: Assignment) -> str:
    """How the recipient itself calls the person."""
    return assignment.display_label or "No label given"


def _client(assignment: Assignment, fresh: list[Freshness]) -> Client:
    newest = max(fresh, key=lambda f: f.published_at, default=None)
    return Client(assignment, label_of(assignment), newest, sum(f.new_rows for f in fresh))


def _last_seen(facts: Iterable[FactView]) -> list[tuple[str, datetime]]:
    seen: dict[str, datetime] = {}
    for fact in facts:
        seen[fact.source] = max(fact.row.published_at, seen.get(fact.source, fact.row.published_at))
    return sorted(seen.items())


def client_as_json(client: Client) -> dict[str, Any]:
    """A person of the caseload for programs."""
    assignment = client.assignment
    return {
        "person_id": assignment.person_id,
        "display_label": assignment.display_label,
        "relation": assignment.relation,
        "site": assignment.site,
        "newest_change_at": client.newest.published_at if client.newest else None,
        "new_rows": client.new_rows,
    }


def fact_as_json(fact: FactView) -> dict[str, Any]:
    """A fact for programs: physical values, and the terms on which they are shown."""
    row = fact.row
    terms = {"agreement_id": row.agreement_id, "citation": fact.why.agreement.citation, "basis": row.basis}
    more = {"purpose": row.purpose, "expires_on": row.expires_on, "notice": row.notice}
    return {
        "fact_id": row.fact_id,
        "event_id": row.event_id,
        "family": row.family,
        "partner_id": row.partner_id,
        "operation": row.operation,
        "occurred_on": row.occurred_on,
        "effective_from": row.effective_from,
        "effective_to": row.effective_to,
        "published_at": row.published_at,
        "headline": fact.headline,
        "body": dict(fact.body),
        "corrected_versions": len(fact.earlier),
        "terms": terms | more | {"consent_event_ids": row.consent_event_ids},
    }
