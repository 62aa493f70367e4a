"""What the pages hold: asked of the views, decided again, put into words, rendered piece by piece.

The same pieces make the page at first and keep it up to date, so what a reload shows and what the feed shows agree.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from portal.dictionary import FamilyView, dictionary
from portal.facts import FactView, Names, fact_view
from portal.feed import Item, PageState
from portal.kinds import KindView, kind_view
from portal.known import Known, caseload, known
from portal.parts import PortalParts, User
from portal.render import Renderer
from portal.signals import SignalView, open_signals, signal_as_json
from portal.worklist import Choice, Client, Wanted, choices, label_of, listed, micros, place, tab_title
from processors.consent.agreements import Agreement
from processors.consent.unseen import withheld
from schemas_avro import catalog
from sinks.questions import Questions
from sinks.stored import Assignment, Fact, Outline, StoredRow

MOST_CHANGES = 12
"""Entries in the list of newest changes."""
MOST_MISSED = 1000
"""Changes that a page catches up with one by one; after more it is sent whole."""


@dataclass(frozen=True)
class Caseload:
    """A user's caseload as it may be shown at one moment."""

    clients: list[Client]
    newest: list[FactView]
    """Facts that their sources published last, the newest first."""
    now: Known


class Pages:
    """Builds the pages of one portal."""

    def __init__(self, parts: PortalParts) -> None:
        """Of these parts."""
        self.questions = Questions(parts.views)
        self.names = Names(parts.names, parts.organization_names)
        self._known_pairs = parts.known_pairs
        self._parts = parts
        self.renderer = Renderer(parts.time_zone)

    def caseload(self, user: User, since: int, most_newest: int = 0) -> Caseload:
        """The user's caseload by label, and its newest changes, up to a number."""
        assignments = self.questions.caseload(user.recipient, user.id)
        persons = [a.person_id for a in assignments]
        signals = self.questions.signals(user.recipient, persons)
        facts = self.questions.outlines(user.recipient, persons)
        current = [f[0] for f in facts if f[0].state == "released" and f[0].terms.family != "caseload"]
        seqs = [row.seq for row in sorted(current, key=lambda row: row.age, reverse=True)[: 2 * most_newest]]
        rows = sorted(self.questions.numbered(user.recipient, seqs), key=_age, reverse=True)
        now = known(self.questions, user.recipient)
        told = open_signals(signals, facts, now, self.names, since)
        of_person = _rows_by_person(facts, now)
        mine = [a for a in assignments if now.permits(a.outline)]
        clients = [_client(a, of_person.get(a.person_id, []), told.get(a.person_id, []), since) for a in mine]
        persons_shown = {client.person_id for client in clients}
        views = [v for row in rows if row.person_id in persons_shown and (v := self._current(row, now, since))]
        return Caseload(sorted(clients, key=lambda c: place(c, "name")), views[:most_newest], now)

    def _current(self, row: StoredRow, now: Known, since: int) -> FactView | None:
        return fact_view(Fact(row, ()), now, self.names, since)

    def signals(self, user: User, person_id: str, since: int) -> list[SignalView]:
        """A person's open signals, the most urgent first. Whose caseload it is, the caller has asked."""
        signals = self.questions.signals(user.recipient, [person_id])
        facts = self.questions.outlines(user.recipient, [person_id]) if signals else []
        now = known(self.questions, user.recipient)
        return open_signals(signals, facts, now, self.names, since).get(person_id, [])

    def facts(self, user: User, person_id: str, since: int) -> list[FactView] | None:
        """A person's facts, newest valid time first; None where the person is not on the user's caseload."""
        if not caseload(self.questions, user.recipient, user.id, [person_id]):
            return None
        facts = self.questions.timeline(user.recipient, person_id)
        now = known(self.questions, user.recipient)
        views = [view for fact in facts if (view := fact_view(fact, now, self.names, since))]
        return sorted(views, key=lambda view: view.order, reverse=True)

    def changes(self, user: User, since: int) -> tuple[int, list[Outline]]:
        """Rows of the user's caseload that changed after a change number, and the number to ask from next."""
        seq = max(since, self.questions.last_seq(user.recipient))
        if seq == since:
            return seq, []
        ever = self.questions.ever_assigned(user.recipient, user.id)
        rows = self.questions.changes_since(user.recipient, ever, since)
        persons = {a.person_id for a in caseload(self.questions, user.recipient, user.id, _persons(rows))}
        now = known(self.questions, user.recipient)
        told = [r for r in rows if r.person_id in persons and (r.state == "retracted" or now.permits(r))]
        return rows[-1].seq if len(rows) == MOST_MISSED else seq, told

    def caseload_page(self, user: User, since: int, wanted: Wanted) -> PageState:
        """The list of persons that are wanted, and of the newest changes."""
        return self.worklist(user, since, wanted)[0]

    def worklist(self, user: User, since: int, wanted: Wanted) -> tuple[PageState, dict[str, list[Choice]]]:
        """The same, and every filter that can be chosen."""
        seq = self.questions.last_seq(user.recipient)
        found = self.caseload(user, since, MOST_CHANGES)
        shown = listed(found.clients, wanted)
        labels = {c.person_id: c.label for c in found.clients}
        items = [self._client_item(client, wanted, found.now) for client in shown]
        items += [self._change_item(view, labels[view.row.person_id], found.now) for view in found.newest]
        persons, as_of = frozenset(labels), self.renderer.moment(found.now.tick)
        groups = choices(found.clients, wanted)
        parts = self._caseload_parts(found.clients, shown, wanted, groups)
        return PageState("My caseload", tuple(items), parts, persons, found.now.standing, seq, as_of), groups

    def person_page(self, user: User, person_id: str, since: int) -> PageState | None:
        """A person's page; None where the person is not on the user's caseload."""
        seq = self.questions.last_seq(user.recipient)
        signals = self.signals(user, person_id, since)
        facts = self.facts(user, person_id, since)
        assignments = caseload(self.questions, user.recipient, user.id, [person_id])
        if not assignments or facts is None:
            return None
        now = known(self.questions, user.recipient)
        headlines = {fact.key: fact.headline for fact in facts}
        items = [self._signal_item(view, headlines, now) for view in signals]
        items += [self._fact_item(fact, now) for fact in facts]
        parts = self._person_parts(assignments[0], facts, now)
        persons, as_of = frozenset({person_id}), self.renderer.moment(now.tick)
        return PageState(label_of(assignments[0]), tuple(items), parts, persons, now.standing, seq, as_of)

    def kinds(self, user: User, wanted: tuple[str, str] | None = None) -> list[KindView]:
        """Why the user's organization may or may not see each kind of record that is published, or one of them."""
        now, names = known(self.questions, user.recipient), self.names.partners
        published = [pair for pair in self._known_pairs if pair[1] in catalog.PROJECTED]
        return [kind_view(now, names, *pair) for pair in published if wanted in {None, pair}]

    def dictionary(self) -> list[FamilyView]:
        """What partners send, and who receives it by the agreements in force."""
        recipients = {*self._parts.recipients, *(user.recipient for user in self._parts.users.values())}
        heard = [known(self.questions, recipient) for recipient in sorted(recipients)]
        newest: dict[str, Agreement] = {}
        for agreement in (one for now in heard for one in now.agreements.by_id.values()):
            at_hand = newest.get(agreement.agreement_id)
            if at_hand is None or at_hand.version < agreement.version:
                newest[agreement.agreement_id] = agreement
        return dictionary(newest.values(), max((now.today for now in heard if now.today), default=None))

    def tab_title(self, user: User, person_id: str) -> str:
        """What tells a person's tab from the user's others."""
        return tab_title(caseload(self.questions, user.recipient, user.id), person_id)

    def missed(self, user: User, state: PageState, seen: int) -> set[str] | None:
        """Keys of what changed on a page after a change number; None where too much did to tell.

        A number from before this view file began tells nothing: the file was filled anew since.
        """
        if seen < self.questions.first_seq - 1:
            return None
        persons = sorted(state.persons)
        rows = self.questions.changes_since(user.recipient, persons, seen, MOST_MISSED)
        signals = self.questions.signals_since(user.recipient, persons, seen)
        keys = {key for row in rows for key in (row.person_id, row.fact_id, row.event_id)}
        return None if len(rows) == MOST_MISSED else keys.union(*signals)

    def _person_parts(self, assignment: Assignment, facts: list[FactView], now: Known) -> dict[str, str]:
        contact = next((f for f in facts if f.row.family == "contact" and not f.taken_back), None)
        pairs = {(f.row.partner_id, f.row.family) for f in facts}
        rules = withheld(now.agreements, now.recipient, self._known_pairs, pairs, now.today)
        piece, names = self.renderer.piece, self.names.partners
        return {
            "person": piece("_person.html", assignment=assignment, label=label_of(assignment), contact=contact),
            "empty": piece("_empty_timeline.html", facts=facts, now=now),
            "sources": piece("_sources.html", sources=_last_seen(facts), now=now),
            "withheld": piece("_withheld.html", rules=rules, names=names),
        }

    def _caseload_parts(
        self, clients: list[Client], shown: list[Client], wanted: Wanted, groups: dict[str, list[Choice]]
    ) -> dict[str, str]:
        piece = self.renderer.piece
        counts = {c.key: str(c.count) for group in groups.values() for c in group}
        return counts | {
            "summary": piece("_summary.html", clients=clients, shown=shown, wanted=wanted),
            "nobody": piece("_nobody.html", clients=clients, shown=shown),
        }

    def _client_item(self, client: Client, wanted: Wanted, now: Known) -> Item:
        html = self.renderer.piece("_client.html", client=client, names=self.names.partners, now=now)
        return Item("clients", client.person_id, place(client, wanted.order), html)

    def _fact_item(self, fact: FactView, now: Known) -> Item:
        return Item("timeline", fact.key, fact.order, self.renderer.piece("_fact.html", fact=fact, now=now))

    def _signal_item(self, view: SignalView, headlines: dict[str, str], now: Known) -> Item:
        html = self.renderer.piece("_signal.html", view=view, headlines=headlines, now=now)
        return Item("signals", view.signal.signal_id, view.order, html)

    def _change_item(self, fact: FactView, label: str, now: Known) -> Item:
        html = self.renderer.piece("_change.html", fact=fact, label=label, now=now)
        order = f"{micros(fact.row.published_at):020} {fact.row.event_id}"
        return Item("changes", fact.row.event_id, order, html)


def _age(row: StoredRow) -> tuple[datetime, str]:
    return row.published_at, row.event_id


def _persons(rows: Iterable[Outline]) -> list[str]:
    return sorted({row.person_id for row in rows})


def _rows_by_person(facts: Iterable[Sequence[Outline]], now: Known) -> dict[str, list[Outline]]:
    """What may be shown of each person's rows but the caseload's own."""
    found: dict[str, list[Outline]] = {}
    for row in (row for fact in facts for row in fact):
        if row.state == "released" and row.terms.family != "caseload" and now.permits(row):
            found.setdefault(row.person_id, []).append(row)
    return found


def _client(assignment: Assignment, rows: list[Outline], signals: list[SignalView], since: int) -> Client:
    newest = max(rows, key=lambda row: row.age, default=None)
    return Client(assignment, label_of(assignment), newest, sum(row.seq > since for row in rows), tuple(signals))


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
        "signals": [signal_as_json(view) for view in client.signals],
    }


def fact_as_json(fact: FactView) -> dict[str, Any]:
    """A fact for programs: physical values, and the terms on which they are shown."""
    row = fact.row
    rules = [{name: getattr(one, name) for name in ("law", "rule", "section", "quote")} for one in fact.why.rules]
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
        "terms": terms | more | {"consent_event_ids": row.consent_event_ids, "rules": rules},
    }
