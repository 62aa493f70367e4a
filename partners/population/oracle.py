"""The truth's own books: what has been told, and so who may see what of it. Independent of every decision of ours."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from partners.population import linkage
from partners.population.linkage import Linked, Said
from partners.population.planned import Planned
from partners.population.rights import Standing, standing
from partners.population.rules import CATEGORY, RULES, Rule

Cell = tuple[str, str]
Sight = tuple[str, str, str]
"""Recipient, person's label, event id."""


def label_of(event: Planned) -> str:
    """The record that an event is about: partner and token, or partner, SSN and name of a wage row."""
    envelope = event.envelope
    if envelope["subject_token"] is not None:
        return f"{event.partner}|{envelope['subject_token']}"
    number = next(i["value"] for i in envelope["identifiers"] if i["system"] == "SSN")
    return f"{event.partner}|{number}|{envelope['subject_name']}"


def version(event: Planned) -> tuple[int, str]:
    """What orders the versions of one fact, and the statements of one record."""
    return event.envelope["published_at"], event.event_id


@dataclass
class Books:
    """Everything accepted up to now, by what it is for."""

    today: int
    """The day on which decisions are made, since 1970-01-01."""
    humans: dict[str, int]
    """Whose each record is, by the population's own knowledge; only names the labels."""
    linked: Linked
    said: Said = field(default_factory=Said)
    """Of whom records are."""
    labels: dict[str, None] = field(default_factory=dict)
    """Of every record that an event was told of."""
    statements: dict[str, list[Planned]] = field(default_factory=lambda: defaultdict(list))
    facts: dict[str, list[Planned]] = field(default_factory=lambda: defaultdict(list))
    events: dict[str, Planned] = field(default_factory=dict)

    def tell(self, events: Iterable[Planned]) -> None:
        """Take accepted events in; a repeat changes nothing."""
        for event in sorted((e for e in events if not e.code), key=version):
            if event.event_id in self.events:
                continue
            self.events[event.event_id] = event
            label = label_of(event)
            self.labels[label] = None
            self._file(label, event)

    def _file(self, label: str, event: Planned) -> None:
        if event.family == "identity":
            self.said.tell(label, event)
        elif event.family == "consent":
            self.statements[label].append(event)
        else:
            self.facts[label].append(event)
            if event.envelope["subject_token"] is None:
                self.said.tell(label, event)

    def persons(self) -> dict[str, str]:
        """Label of the person of each record: the human's number, and a letter more for each further part of them."""
        order = sorted(self.labels, key=lambda label: (self.humans[label], label))
        roots = linkage.persons({label: self.said.of(label) for label in order}, self.linked)
        parts: dict[int, list[str]] = defaultdict(list)
        for label in order:
            if roots[label] == label:
                parts[self.humans[label]].append(label)
        names = {root: _part(human, i) for human, found in parts.items() for i, root in enumerate(found)}
        return {label: names[roots[label]] for label in order}

    def visible(self) -> set[Sight]:
        """All that must stand in the recipients' views."""
        whose = self.persons()
        people: dict[str, list[str]] = defaultdict(list)
        for label, person in whose.items():
            people[person].append(label)
        return {sight for person, labels in people.items() for sight in self._seen(person, labels)}

    def _seen(self, person: str, labels: list[str]) -> Iterator[Sight]:
        servers = {fact.partner for label in labels for fact in self._standing(label) if _assigned(fact)}
        births = [born for label in labels if (born := self.said.born(label)) is not None]
        about = standing(births, [self._standing(label) for label in labels], self.today)
        for label in labels:
            for fact in self._standing(label, superseded=True):
                said = [[s for s in self.statements.get(one, ()) if about.counts(s, fact.partner)] for one in labels]
                for rule in RULES.get((fact.partner, fact.family), ()):
                    is_served = not rule.clients_only or rule.recipient in servers
                    if is_served and self._permitted(rule, fact, said, about):
                        yield rule.recipient, person, fact.event_id

    def _standing(self, label: str, *, superseded: bool = False) -> list[Planned]:
        """Facts of a record that were not retracted; only the newest version of each unless asked for all."""
        versions: dict[Cell, list[Planned]] = defaultdict(list)
        for fact in self.facts.get(label, ()):
            versions[fact.family, fact.envelope["source_record_id"]].append(fact)
        kept = []
        for told in versions.values():
            retracted = max((i for i, f in enumerate(told) if f.envelope["operation"] == "retract"), default=-1)
            kept += told[retracted + 1 :] if superseded else told[retracted + 1 :][-1:]
        return kept

    def _permitted(self, rule: Rule, fact: Planned, said: list[list[Planned]], about: Standing) -> bool:
        """Whether law or person permits."""
        if rule.by_consent:
            return self._consented(rule, fact, said)
        is_of_care = rule.purpose == "foster_education" or "child_welfare" in fact.envelope["data_categories"]
        return about.may_care(rule.recipient) if is_of_care else True

    def _consented(self, rule: Rule, fact: Planned, said: list[list[Planned]]) -> bool:
        """Whether the person permits; any record's newest word that refuses or withdraws denies."""
        needed = {CATEGORY[fact.family], *fact.envelope["data_categories"]}
        newest = [
            words[-1] for record in said if (words := [s for s in record if _covers(s, rule, fact.partner, needed)])
        ]
        if any(s.body["event_state"] not in {"given", "renewed"} for s in newest):
            return False
        return any(self._in_force(s) for s in newest)

    def _in_force(self, statement: Planned) -> bool:
        first, last = statement.body["valid_from"], statement.body["valid_until"]
        return (first is None or first <= self.today) and (last is None or self.today <= last)


def _assigned(fact: Planned) -> bool:
    return fact.family == "caseload" and fact.body["assignment_state"] == "assigned"


def _covers(statement: Planned, rule: Rule, controller: str, needed: set[str]) -> bool:
    body = statement.body
    return (
        controller in body["controllers"]
        and rule.recipient in body["recipients"]
        and rule.purpose in body["purposes"]
        and needed <= set(body["records_covered"])
    )


def _part(human: int, part: int) -> str:
    return f"P{human:05d}" + ("" if part == 0 else f"-{part + 1}")
