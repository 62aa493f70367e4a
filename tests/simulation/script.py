"""What happens in the world of a schedule: a short random log of ``resolved.events``, and what must stand after it.

Few persons, few records, few facts, so that everything touches everything: consents given and withdrawn, caseloads,
days that end consents, agreements that change, records that move from A to B to C and from A to B to A.
"""

import functools
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from support import events
from support.worlds import DictKeys

from processors import sealing
from processors.consent.agreements import Agreement
from processors.consent.law.documents import row_of
from processors.consent.law.shipped import SHIPPED, VERSION
from processors.consent.policy import group_categories
from processors.records import derived_id
from schemas_avro import catalog, codec, wire

Row = dict[str, Any]
DAY = 86_400_000_000
FIRST_DAY = events.NOON // DAY
PERSONS = ("a", "b", "c")
AID, ENROLLMENT = "csac", "cde_k12"
NORTH, SOUTH = "north", "south"
RECIPIENTS = (NORTH, SOUTH)
PURPOSE_OF = {NORTH: "transfer_advising", SOUTH: "foster_education"}
PARTNER_OF = {"aid": AID, "enrollment": ENROLLMENT, "consent": AID, "caseload": SOUTH}
RECORDS = {"ra": ("aid", "consent"), "rb": ("enrollment", "consent"), "rc": ("caseload", "consent")}
"""Families of each record."""


@dataclass(frozen=True)
class Logged:
    """One record of the log."""

    id: str
    key: bytes = field(repr=False)
    value: bytes = field(repr=False)
    kind: str


@dataclass
class Writer:
    """Writes a script; knows where records are, and what was said so far."""

    chance: random.Random
    keys: DictKeys
    number: int
    logged: list[Logged] = field(default_factory=list)
    where: dict[str, str] = field(default_factory=dict)
    day: int = FIRST_DAY
    versions: dict[str, int] = field(default_factory=dict)
    last_move: tuple[str, str] | None = None
    """Record and the person that it came from."""

    def __post_init__(self) -> None:
        """Rules of law, and all that agreements of two parties need beside them."""
        self.say("rules_activated", "rules", row_of(SHIPPED, VERSION))
        for one in framework():
            self.say("agreement_activated", one.agreement_id, one.to_row())

    def say(self, name: str, key: str, row: Row) -> None:
        """One record of an internal schema."""
        schema_id = catalog.id_of(f"internal.{name}.v1")
        value = wire.frame(schema_id, codec.encode_rows(schema_id, [row])[0])
        id_ = row.get("event_id") or derived_id(f"log {self.number}", "simulation", len(self.logged))
        self.logged.append(Logged(id_, key.encode(), value, name))

    def tick(self) -> None:
        """A minute or a day passes."""
        self.day += self.chance.choice((0, 1, 1, 2))
        self.say("clock_ticked", "clock", {"tick_at": self.day * DAY + len(self.logged) * 60_000_000})

    def next_day(self) -> None:
        """A day passes."""
        self.day += 1
        self.say("clock_ticked", "clock", {"tick_at": self.day * DAY})

    def event(self, record: str, family: str, fact: str, operation: str, body: Row, **changed: Any) -> None:
        """A partner's event about a record; fields of its row may be told otherwise."""
        id_ = changed.get("event_id") or derived_id(f"event {self.number}", "simulation", len(self.logged))
        body_id = catalog.id_of(f"body.{family}.v1")
        content = codec.encode_rows(body_id, [body])[0]
        moment = events.NOON + self.chance.randrange(8) * 60_000_000
        row: Row = {
            "event_id": id_, "event_type": f"{family}.recorded.v1", "family": family,
            "partner_id": PARTNER_OF.get(family, ""), "record_key": record, "fact_id": fact,
            "person_id": self.where[record], "operation": operation, "supersedes_event_id": None, "occurred_on": None,
            "effective_from": None, "effective_to": None, "observed_at": moment, "published_at": moment,
            "data_categories": [],
            "body_schema_id": body_id, "sealed_body": sealing.seal(self.keys, record, f"{id_}|resolve", content),
        }  # fmt: skip
        self.say("resolved_event", record, row | changed)

    def fact(self) -> None:
        """A fact that recipients wait for, or a correction or retraction of one."""
        record, family = self.chance.choice((("ra", "aid"), ("rb", "enrollment")))
        operation = self.chance.choice(("assert", "assert", "assert", "correct", "retract"))
        self.event(record, family, f"{family}{self.chance.randrange(2)}", operation, events.body(family))

    def consent(self) -> None:
        """A statement about consent, given or withdrawn, now and then only for some days."""
        until = self.chance.choice((None, None, self.day, self.day + 1, self.day + 2))
        state = self.chance.choice(("given", "given", "given", "withdrawn"))
        record, role = self.chance.choice(list(RECORDS)), self.chance.choice(("student", "parent"))
        self.state_consent(record, f"consent{self.chance.randrange(2)}", until, state, role)

    def state_consent(
        self, record: str, fact: str, until: int | None, state: str = "given", role: str = "parent"
    ) -> None:
        """A statement that the recipient in the north may see what the one partner knows."""
        self.event(record, "consent", fact, "assert", events.body(
            "consent", event_state=state, controllers=[AID], purposes=["transfer_advising"], recipients=[NORTH],
            records_covered=sorted(group_categories("aid", catalog.CORE)), valid_until=until, granted_by_role=role,
        ))  # fmt: skip

    def caseload(self) -> None:
        """Somebody comes onto the caseload of the recipient in the south, or leaves it."""
        state = self.chance.choice(("assigned", "assigned", "ended"))
        self.event("rc", "caseload", "case", "assert", events.body("caseload", assignment_state=state))

    def agreement(self, party: str | None = None, *, grants: bool | None = None) -> None:
        """A new version of an agreement, which grants what the one before did, or nothing of use."""
        party = party or self.chance.choice(RECIPIENTS)
        granting = self.chance.random() < 0.6 if grants is None else grants
        self.versions[party] = version = self.versions.get(party, 0) + 1
        until = None if grants else self.chance.choice((None, None, self.day, self.day + 1))
        self.say("agreement_activated", party, agreement(party, version, until, granting=granting).to_row())

    def move(self) -> None:
        """A record moves to another person; often back, or on to the third."""
        record = self.chance.choice(list(RECORDS))
        to = self.chance.choice([p for p in PERSONS if p != self.where[record]])
        if self.last_move is not None and self.chance.random() < 0.5:
            record, to = self.last_move
        self.move_to(record, to)

    def move_to(self, record: str, to: str) -> None:
        """A record moves to a person."""
        before, self.where[record] = self.where[record], to
        self.last_move = (record, before)
        self.say("records_moved", record, {
            "move_id": f"move {len(self.logged)}", "caused_by_event_id": f"cause {len(self.logged)}",
            "moves": [{"record_key": record, "from_person_id": before, "to_person_id": to}],
        })  # fmt: skip

    def turn(self) -> None:
        """A day ends what somebody consented to; they consent again; and the agreement changes."""
        self.next_day()
        self.consent()
        self.agreement(NORTH)

    def rights(self) -> None:
        """Rights pass to the student, or back: what parents said counts no more, or again."""
        record = self.chance.choice(list(RECORDS))
        transfer = {"record_key": record, "person_id": self.where[record], "attends": "nothing"}
        transfer["age"] = "adult" if self.chance.random() < 0.6 else "under_14"
        self.say("rights_transferred", record, {"transfers": [transfer]})

    def reissue(self) -> None:
        """A recipient has lost its view."""
        self.say("reissue_requested", "r", {"recipient": self.chance.choice(RECIPIENTS), "requested_at": events.NOON})


def framework() -> list[Agreement]:
    """Memoranda of all parties, and the licences of the recipients."""
    begins = {"version": 1, "title": "t", "citation": "c", "effective_from": date(2020, 1, 1)}
    kinds = {AID: "student_aid", ENROLLMENT: "school", NORTH: "college", SOUTH: "child_welfare"}
    mous = [
        Agreement.model_validate({
            "agreement_id": f"mou-{party}", "tier": "mou", "party": party, "kind": kind, "families": ["identity"],
            **begins,
        })
        for party, kind in kinds.items()
    ]  # fmt: skip
    duls = [
        Agreement.model_validate({
            "agreement_id": f"dul-{party}", "tier": "dul", "party": party, "licenses": [f"dsa-{party}"],
            "purposes": [PURPOSE_OF[party]], **begins,
        })
        for party in RECIPIENTS
    ]  # fmt: skip
    return [*mous, *duls]


def agreement(party: str, version: int, until: int | None, *, granting: bool) -> Agreement:
    """A version of a recipient's agreement, up to a day; one that grants nothing of use names another partner."""
    is_north = party == NORTH
    partner, family = (AID, "aid") if is_north else (ENROLLMENT, "enrollment")
    return Agreement.model_validate({
        "agreement_id": f"dsa-{party}", "version": version, "tier": "dsa", "title": "t", "party": party,
        "purpose": PURPOSE_OF[party],
        "basis": "consent" if is_north else "foster_care",
        "relation": "organization" if is_north else "caseload", "citation": "c",
        "grants": [{"partner_id": partner if granting else "ccc", "family": family, "groups": ["core"]}],
        "effective_from": date(2020, 1, 1),
        "effective_to": None if until is None else events.EPOCH + timedelta(until),
    })  # fmt: skip


@dataclass(frozen=True)
class Script:
    """A log."""

    logged: tuple[Logged, ...]
    keys: DictKeys


ACTS: tuple[tuple[Callable[[Writer], None], int], ...] = (
    (Writer.fact, 6), (Writer.consent, 4), (Writer.caseload, 2), (Writer.tick, 3), (Writer.agreement, 2),
    (Writer.move, 4), (Writer.reissue, 1), (Writer.turn, 1), (Writer.rights, 1),
)  # fmt: skip
"""What may happen, and how often beside the others."""


@functools.lru_cache(maxsize=16)
def script(number: int) -> Script:
    """The log of a number: the same in every run."""
    chance = random.Random(number)
    writer = Writer(chance, DictKeys(), number)
    writer.where = {record: chance.choice(PERSONS[:2]) for record in RECORDS}
    for party in RECIPIENTS:
        writer.agreement(party, grants=True)
    writer.tick()
    writer.consent()
    writer.caseload()
    acts, weights = zip(*ACTS, strict=True)
    for act in chance.choices(acts, weights, k=chance.randrange(4, 10)):
        act(writer)
    return Script(tuple(writer.logged), writer.keys)
