"""Random histories: what partners, courts, lawyers and days bring about a few persons, and the log that comes of it.

A history is a list of acts that stand for themselves, so that any part of it is a history too. The log is written
directly, as resolve would: classes of age come from birth dates and days, persons from where each record is.
"""

import random
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any, NamedTuple

from simulation.script import DAY, FIRST_DAY, Writer

from processors.consent.agreements import Agreement
from processors.consent.law.documents import row_of
from processors.consent.law.rules import NO_RULES, RuleSet
from processors.consent.law.shipped import LAWS, SHIPPED
from processors.records import derived_id
from processors.resolve.rights import age_on
from schemas_avro import catalog
from support import events

Row = dict[str, Any]
PERSONS = ("p", "q", "r")
PARTNER_OF = {
    "aid": "csac", "school": "cde_k12", "college": "ccc", "pay": "edd", "welfare": "cdss", "north": "north",
    "south": "south", "east": "east",
}  # fmt: skip
"""Of each record."""
FAMILIES_OF = {
    "aid": ("aid",), "school": ("enrollment", "contact"), "college": ("enrollment", "contact"),
    "pay": ("employment",), "welfare": ("social_service",), "north": ("caseload",), "south": ("caseload",),
    "east": ("caseload",),
}  # fmt: skip
SPEAK = ("aid", "school", "college", "north")
"""Records with which people say what they consent to."""
ALL_DATA = (
    "education", "contact", "address", "aid", "immigration_proxy", "wage", "employer", "housing", "discipline",
)  # fmt: skip
PURPOSES = ["transfer_advising", "study"]
ATTENDED = ("nothing", "school", "perhaps_school", "college", "perhaps_college", "perhaps_college")
CONTROLLERS = ("csac", "cde_k12", "ccc", "edd")
WITHOUT_ONE = RuleSet([law for law in LAWS if law.law_id != "safe_at_home"])
WITHOUT_CONSENT = RuleSet([
    replace(law, rules=tuple(rule for rule in law.rules if rule.rule_id != "ferpa.30.consent")) for law in LAWS
])  # fmt: skip
RULES = {"all": SHIPPED, "no safe_at_home": WITHOUT_ONE, "no ferpa.30.consent": WITHOUT_CONSENT, "none": NO_RULES}
KINDS = {
    "csac": "student_aid", "cde_k12": "school", "ccc": "college", "edd": "wages", "cdss": "social_services",
    "north": "college", "south": "child_welfare", "east": "social_services", "ward": "other", "bench": "other",
}  # fmt: skip


class Act(NamedTuple):
    """One thing that happens."""

    kind: str
    said: Row

    def __str__(self) -> str:
        return f"{self.kind} {' '.join(f'{name}={value}' for name, value in self.said.items() if value is not None)}"


def _dsa(name: str, party: str, purpose: str, basis: str, relation: str, *grants: tuple[str, str]) -> Row:
    granted = [{"partner_id": p, "family": f, "groups": list(catalog.groups_of(f))} for p, f in grants]
    return {
        "agreement_id": name, "tier": "dsa", "party": party, "purpose": purpose, "basis": basis,
        "relation": relation, "grants": granted,
    }  # fmt: skip


DSAS = (
    _dsa("dsa-north", "north", "transfer_advising", "consent", "caseload", ("csac", "aid"), ("cde_k12", "enrollment"),
         ("cde_k12", "contact"), ("ccc", "enrollment"), ("ccc", "contact"), ("edd", "employment")),
    _dsa("dsa-north-own", "north", "case_management", "own_record", "organization", ("north", "caseload")),
    _dsa("dsa-south", "south", "foster_education", "foster_care", "caseload", ("cde_k12", "enrollment")),
    _dsa("dsa-east", "east", "case_management", "program_administration", "caseload", ("cdss", "social_service")),
    _dsa("dsa-ward", "ward", "emergency", "emergency", "organization", ("cde_k12", "enrollment"), ("ccc", "contact")),
    _dsa("dsa-bench", "bench", "court_order", "judicial_order", "organization", ("ccc", "enrollment")),
)  # fmt: skip
AGREEMENTS: dict[str, Row] = {
    **{f"mou-{party}": {"agreement_id": f"mou-{party}", "tier": "mou", "party": party, "kind": kind,
                        "families": ["identity"]} for party, kind in KINDS.items()},
    **{one["agreement_id"]: one for one in DSAS},
    **{f"dul-{one['agreement_id']}": {
        "agreement_id": f"dul-{one['agreement_id']}", "tier": "dul", "party": one["party"],
        "licenses": [one["agreement_id"]], "purposes": [one["purpose"]]} for one in DSAS},
}  # fmt: skip
"""All agreements, as they are at first."""


@dataclass
class Author(Writer):
    """Writes the log of a history, and keeps what was said beside it."""

    told: list[tuple[str, Row]] = field(default_factory=list, repr=False)
    """Of each record of the log its kind, and its row; of an event with its body."""
    born: dict[str, int | None] = field(default_factory=dict)
    attends: dict[str, str] = field(default_factory=dict)
    marked: dict[str, tuple[str, str]] = field(default_factory=dict)
    erased: set[str] = field(default_factory=set)
    """Records of which the log says nothing more."""
    opened: int = 0
    """Records with which it begins that are rules and agreements."""

    def __post_init__(self) -> None:
        """Nothing is said but by acts."""
        self.where = dict.fromkeys(PARTNER_OF, PERSONS[0])

    def say(self, name: str, key: str, row: Row) -> None:
        """One record of an internal schema."""
        super().say(name, key, row)
        self.told.append((name, row))

    def write(self, acts: list[Act]) -> None:
        """Everything."""
        for act in acts:
            getattr(self, f"_{act.kind}")(**act.said)
            if act.kind in {"rules", "agreement"} and self.opened == len(self.logged) - 1:
                self.opened += 1

    def _home(self, record: str, person: str) -> None:
        self.where[record] = person

    def _tick(self, days: int) -> None:
        self.day += days
        super().say("clock_ticked", "clock", {"tick_at": self.day * DAY + len(self.logged) * 60_000_000})
        self.told.append(("clock_ticked", {"day": self.day}))
        self._mark(list(self.where))

    def _rules(self, laws: str) -> None:
        self.versions["rules"] = self.versions.get("rules", 0) + 1
        super().say("rules_activated", "rules", row_of(RULES[laws], self.versions["rules"]))
        self.told.append(("rules_activated", {"laws": laws}))

    def _agreement(self, name: str, **changed: Any) -> None:
        self.versions[name] = self.versions.get(name, 0) + 1
        begins = {"version": self.versions[name], "title": "t", "citation": "c", "effective_from": date(2020, 1, 1)}
        days = {
            key: events.EPOCH + timedelta(changed.pop(key))
            for key in ("effective_from", "effective_to", "destroy_by")
            if key in changed
        }
        agreement = Agreement.model_validate({**begins, **AGREEMENTS[name], **changed, **days})
        self.say("agreement_activated", name, agreement.to_row())

    def _event(self, record: str, family: str, fact: str, operation: str, at: int, n: int, **said: Any) -> None:
        moment, event_id = events.NOON + at * 60_000_000, derived_id(f"history {n}", "histories", 0)
        if record in self.erased:
            row = {"event_id": event_id, "partner_id": PARTNER_OF[record], "family": family, "reason": "erased"}
            self.say("event_withheld", event_id, row)
            return
        categories, body = said.pop("categories", []), events.body(family, **said)
        self.event(
            record, family, fact, operation, body, partner_id=PARTNER_OF[record], data_categories=categories,
            published_at=moment, observed_at=moment, event_id=event_id,
        )  # fmt: skip
        name, row = self.told[-1]
        self.told[-1] = (name, {**row, "body": body})

    def _repeat(self, back: int) -> None:
        """An event that was in the log comes again; of an erased record none does."""
        events_ = [(n, row) for n, (name, row) in enumerate(self.told) if name == "resolved_event"]
        known = [n for n, row in events_ if row["record_key"] not in self.erased]
        if known:
            n = known[-1 - back % len(known)]
            self.logged.append(self.logged[n])
            self.told.append(self.told[n])

    def _move(self, record: str, to: str) -> None:
        if self.where[record] != to and record not in self.erased:
            self.move_to(record, to)

    def _merge(self, person: str, into: str) -> None:
        """All records of a person become another's."""
        moved = [record for record in self._of(person) if person != into]
        if moved:
            moves = [{"record_key": one, "from_person_id": person, "to_person_id": into} for one in moved]
            self.where |= dict.fromkeys(moved, into)
            id_ = f"merge {len(self.logged)}"
            self.say("records_moved", moved[0], {"move_id": id_, "caused_by_event_id": id_, "moves": moves})

    def _of(self, person: str) -> list[str]:
        """Records that a person has."""
        return [record for record, where in self.where.items() if where == person and record not in self.erased]

    def _erase(self, person: str, spared: str | None, n: int) -> None:
        """A person is erased; a record may be spared, as one is that came to the person since somebody asked."""
        gone = sorted(record for record in self._of(person) if record != spared)
        self.erased |= set(gone)
        self.say("person_erased", person, {
            "erasure_id": derived_id(f"erasure {n}", "histories", 0), "person_id": person, "record_keys": gone,
            "reason": "student_request", "requested_by": "p.officer",
        })  # fmt: skip

    def _birth(self, record: str, turns: int | None, on: int) -> None:
        day = events.EPOCH + timedelta(on)
        born = None if turns is None else (day.replace(year=day.year - turns) - events.EPOCH).days
        self.born[record] = born
        self._mark([record])

    def _school(self, record: str, attends: str) -> None:
        self.attends[record] = attends
        self._mark([record])

    def _mark(self, records: list[str]) -> None:
        """Tell the log of classes of age and attendance that are others now."""
        now = {one: (age_on(self.born.get(one), self.day).value, self.attends.get(one, "nothing")) for one in records}
        before = {one: self.marked.get(one, ("unknown", "nothing")) for one in now}
        changed = {one: mark for one, mark in now.items() if mark != before[one] and one not in self.erased}
        self.marked |= changed
        rows = [
            {"record_key": one, "person_id": self.where[one], "age": age, "attends": attends}
            for one, (age, attends) in changed.items()
        ]
        if rows:
            self.say("rights_transferred", rows[0]["record_key"], {"transfers": rows})

    def _order(self, order: str, person: str, recipient: str, state: str, by: str, until: int) -> None:
        is_court = recipient == "bench"
        self.say("disclosure_ordered", order, {
            "order_id": order, "person_id": person, "recipient": recipient, "state": state, "by": by,
            "basis": "judicial_order" if is_court else "emergency", "stated_at": events.NOON, "valid_until": until,
            "reason": "subpoena" if is_court else "medical",
        })  # fmt: skip

    def _reissue(self, recipient: str) -> None:
        self.say("reissue_requested", "r", {"recipient": recipient, "requested_at": events.NOON})


class Chronicler:
    """Draws acts."""

    def __init__(self, seed: int) -> None:
        """By a seed."""
        self.chance = random.Random(seed)
        self.day, self.number = FIRST_DAY, 0
        self.home = PERSONS[0]
        """Whose most records are at first."""

    def history(self) -> list[Act]:
        """A beginning in which something is released, mostly; then anything."""
        pick = self.chance
        names = [name for name in AGREEMENTS if pick.random() < 0.985]
        agreed = [Act("agreement", {"name": name, **self._first(name)}) for name in names]
        opening = [*self.homes(), Act("rules", {"laws": "all"}), *agreed]
        opening.append(Act("tick", {"days": 0}))
        told = [self.birth(), self.consent(), self.grant(), self.caseload()]
        told += [self._event("north", "caseload", "0", assignment_state="assigned"), *(self.fact() for _ in range(4))]
        pick.shuffle(told)
        if pick.random() < 0.3:
            told += self.approved(self.home)
        acts, weights = zip(*ACTS, strict=True)
        rest = [act(self) for act in pick.choices(acts, weights, k=pick.randrange(5, 22))]
        return [*opening, *told, *rest]

    def _first(self, name: str) -> Row:
        """What an agreement asks for from the first: some that rest on consent, one that is distinct."""
        rests_on_consent = AGREEMENTS[name].get("basis") == "consent"
        return {"distinct_consent": True} if rests_on_consent and self.chance.random() < 0.25 else {}

    def homes(self) -> list[Act]:
        """Whose each record is at first: most are one person's, who may be the last that a sweep comes to."""
        self.home = home = self.chance.choice(PERSONS)
        others = [record for record in PARTNER_OF if self.chance.random() < 0.2]
        return [Act("home", {"record": record, "person": home}) for record in PARTNER_OF if record not in others] + [
            Act("home", {"record": record, "person": self.chance.choice(PERSONS)}) for record in others
        ]

    def _event(self, record: str, family: str, fact: str, **said: Any) -> Act:
        pick = self.chance
        self.number += 1
        operation = pick.choice(("assert", "assert", "assert", "assert", "correct", "retract"))
        terms = {"operation": operation, "at": pick.randrange(8), "n": self.number}
        return Act("event", {"record": record, "family": family, "fact": f"{family}{fact}", **terms, **said})

    def fact(self) -> Act:
        """A fact that recipients wait for, a correction or retraction of one."""
        record = self.chance.choice(("aid", "school", "college", "pay"))
        extra = self.chance.choice(([], [], [], [], ["housing"], ["discipline"], ["immigration_proxy"]))
        family = self.chance.choice(FAMILIES_OF[record])
        return self._event(record, family, str(self.chance.randrange(2)), categories=extra)

    def some(self, values: tuple[str, ...]) -> list[str]:
        """Most often all, else a few."""
        most = 0.6
        if self.chance.random() < most:
            return list(values)
        return sorted(self.chance.sample(values, self.chance.choice((1, 2))))

    def consent(self) -> Act:
        """A statement about consent."""
        pick = self.chance
        state = pick.choice(("given",) * 6 + ("renewed", "withdrawn", "withdrawn", "refused", "expired", "invalidated",
                                              "requested"))  # fmt: skip
        roles = ("student",) * 4 + ("parent",) * 3 + ("guardian", "education_rights_holder", "court")
        said = {
            "event_state": state, "granted_by_role": pick.choice(roles), "controllers": self.some(CONTROLLERS),
            "records_covered": self.some(ALL_DATA), "recipients": [pick.choice(("north", "north", "north", "south"))],
            "purposes": pick.choice((PURPOSES[:1], PURPOSES[:1], PURPOSES[1:], PURPOSES)),
            "valid_from": pick.choice((None, None, None, self.day - 1, self.day + 1)),
            "valid_until": pick.choice((None, None, None, self.day - 1, self.day, self.day + 1)),
        }  # fmt: skip
        if state not in {"given", "renewed"}:
            anything = {name: [] if name == "records_covered" else pick.choice(([], ["*"])) for name in LISTS}
            said |= {name: anything[name] for name in pick.sample(LISTS, pick.randrange(4))}
        return self._event(pick.choice(SPEAK), "consent", str(pick.randrange(3)), **said)

    def grant(self) -> Act:
        """A consent to all, most often by whoever may give it, and often for some days."""
        act = self.consent()
        until = self.chance.choice((None, None, self.day, self.day + 1))
        role = self.chance.choice(("court", "court", "parent", "student"))
        all_ = {"controllers": list(CONTROLLERS), "records_covered": list(ALL_DATA), "purposes": PURPOSES}
        said = {"event_state": "given", "granted_by_role": role, "valid_from": None, "valid_until": until}
        return Act("event", {**act.said, **all_, **said, "recipients": ["north"], "operation": "assert"})

    def caseload(self) -> Act:
        """Somebody comes onto a caseload, or leaves it."""
        record = self.chance.choice(("north", "north", "south", "east"))
        state = self.chance.choice(("assigned", "assigned", "assigned", "ended"))
        return self._event(record, "caseload", str(self.chance.randrange(2)), assignment_state=state)

    def circumstance(self) -> Act:
        """What the social services say."""
        pick = self.chance
        return self._event(
            "welfare", "social_service", str(pick.randrange(3)),
            placement_event=pick.choice((None, "entered", "moved", "exited")),
            responsible_agency=pick.choice((None, "south", "south", "east", "another")),
            unaccompanied_youth=pick.choice((None, None, True, False)),
            emancipated_minor=pick.choice((None, None, None, True, False)),
            address_confidential=pick.choice((None, None, True, False)),
        )  # fmt: skip

    def tick(self, days: int | None = None) -> Act:
        """A minute or some days pass."""
        days = self.chance.choice((0, 1, 1, 1, 2, 2, 14)) if days is None else days
        self.day += days
        return Act("tick", {"days": days})

    def birth(self) -> Act:
        """A record says when its person was born: often about to be fourteen, sixteen or eighteen."""
        years = self.chance.choice((13, 14, 16, 18, 18, 18, 20, None))
        day = self.day + self.chance.choice((-1, 0, 1, 1, 2))
        return Act("birth", {"record": self.chance.choice(SPEAK), "turns": years, "on": day})

    def school(self) -> Act:
        """A record says what its person attends."""
        return Act("school", {
            "record": self.chance.choice(("school", "college")),
            "attends": self.chance.choice(ATTENDED),
        })  # fmt: skip

    def agreement(self) -> Act:
        """A new version of an agreement: as it was at first, ended, not begun, or of other terms."""
        pick, day = self.chance, self.day
        parties = ("mou-csac", "mou-cde_k12", "mou-ccc", "mou-north")
        name = pick.choice([*AGREEMENTS, *(one["agreement_id"] for one in DSAS * 2), *parties * 4])
        changes: list[Row] = [
            {}, {}, {}, {"effective_to": day - 1}, {"effective_to": day}, {"effective_to": day + 1},
            {"effective_from": day + 1},
        ]  # fmt: skip
        of_tier: dict[str, list[Row]] = {
            "mou": [*[{"kind": "other"}, {"kind": "research"}] * 5, {"institution": "one"}],
            "dsa": [
                {"grants": self._fewer(AGREEMENTS[name].get("grants", []))}, {"purpose": "study"},
                {"distinct_consent": AGREEMENTS[name].get("basis") == "consent"}, {"basis": "study"},
                *[{"relation": "organization"}] * 2, {"relation": "caseload"},
            ],
            "dul": [{"purposes": ["study"]}, {"licenses": ["another"]}, {"destroy_by": day + 1}, {"destroy_by": day}],
        }  # fmt: skip
        return Act("agreement", {"name": name, **pick.choice(changes + of_tier[AGREEMENTS[name]["tier"]])})

    def _fewer(self, grants: list[Row]) -> list[Row]:
        """One grant at least, of fewer groups."""
        kept = [one for one in grants if self.chance.random() < 0.5] or grants[:1]
        return [
            {**one, "groups": ["core", *(g for g in one["groups"] if g != "core" and self.chance.random() < 0.5)]}
            for one in kept
        ]

    def rules(self) -> Act:
        """Other rules come into force."""
        return Act("rules", {"laws": self.chance.choice(("all", "all", "all", *RULES))})

    def order(self) -> Act:
        """A step of an order of disclosure."""
        pick = self.chance
        recipient = pick.choice(("ward", "bench"))
        return Act("order", {
            "order": f"order {recipient} {pick.randrange(2)}", "person": pick.choice(PERSONS),
            "recipient": recipient, "state": pick.choice(("stated", "stated", "approved", "approved", "ended")),
            "by": pick.choice("xy"), "until": self.day + pick.choice((-1, 0, 1, 2, 15, 40)),
        })  # fmt: skip

    def approved(self, person: str) -> list[Act]:
        """An order of a person that two stand by; it may end when records have gone to another, or by its day."""
        first = Act("order", {**self.order().said, "person": person, "state": "stated", "by": "x"})
        second = Act("order", {**first.said, "state": "approved", "by": "y"})
        end = Act("order", {**first.said, "state": "ended", "by": "x"})
        moves = [Act("move", {"record": one, "to": self.chance.choice(PERSONS)}) for one in ("school", "college")]
        return [first, second, *self.chance.choice(([], [*moves, end], [self.tick(14), self.tick()]))]

    def move(self) -> Act:
        """A record moves to another person."""
        return Act("move", {"record": self.chance.choice(list(PARTNER_OF)), "to": self.chance.choice(PERSONS)})

    def merge(self) -> Act:
        """Two persons are one."""
        person, into = self.chance.sample(PERSONS, 2)
        return Act("merge", {"person": person, "into": into})

    def erase(self) -> Act:
        """Somebody is erased, often as a whole."""
        self.number += 1
        spared, person = self.chance.choice((None, None, None, *SPEAK)), self.chance.choice((self.home, *PERSONS))
        return Act("erase", {"person": person, "spared": spared, "n": self.number})

    def reissue(self) -> Act:
        """A recipient has lost its view."""
        return Act("reissue", {"recipient": self.chance.choice(("north", "south", "nobody"))})

    def repeat(self) -> Act:
        """Something comes twice."""
        return Act("repeat", {"back": self.chance.randrange(6)})


LISTS = ("controllers", "records_covered", "purposes", "recipients")
ACTS = (
    (Chronicler.fact, 6), (Chronicler.consent, 8), (Chronicler.caseload, 3), (Chronicler.circumstance, 3),
    (Chronicler.tick, 4), (Chronicler.birth, 2), (Chronicler.school, 2), (Chronicler.agreement, 6),
    (Chronicler.rules, 2), (Chronicler.order, 3), (Chronicler.move, 3), (Chronicler.merge, 1),
    (Chronicler.reissue, 1), (Chronicler.repeat, 2), (Chronicler.erase, 2),
)  # fmt: skip
"""What may happen, and how often beside the others."""


def history(seed: int) -> list[Act]:
    """The history of a seed: the same in every run."""
    return Chronicler(seed).history()
