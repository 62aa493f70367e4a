"""Made-up people of whom every partner says something, each field that takes a text or a sum with a canary in it."""

import functools
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from schemas_avro import catalog
from support import worlds
from support.canaries.marks import Mint
from support.events import MINUTE, Message, Row, envelope, event_id, message
from support.events import body as said_in

FIRST_MOMENT = 1_736_971_200_000_000
"""2025-01-15 20:00 UTC in microseconds: before the clock of any machine that runs this, after every agreement began."""
CIRCUMSTANCES, FACTS, CHANGES, MORE = PHASES = range(4)
"""Who people are and what they allow; what is told of them; what they take back; what is told then."""
MANAGERS = 2
"""Of each recipient."""
CODED = {
    "aid_year", "state_programme", "calpads_enrollment_status", "calpads_exit_reason", "calpads_completion_status",
    "cip_code", "naics_code", "exit_reason", "responsible_agency", "responsible_county", "case_manager_id", "aid_code",
    "employment_location", "workforce_program_type", "separation_type", "separation_reason",
}  # fmt: skip
"""Fields of text that take no other text than codes."""
SUMS = {"award_amount_cents", "financial_need_cents", "quarterly_earnings_cents", "pit_wages_cents"}
TEXT = ("string", ["null", "string"])
FREE_LISTS = {"reject_codes"}


@dataclass(frozen=True)
class Origin:
    """Where a canary stands: in which field of which event, and in which group that is released."""

    person: str
    partner: str
    family: str
    event_id: str
    field: str
    group: str | None = None
    """None: no recipient ever gets it."""

    def __str__(self) -> str:
        return f"{self.partner}.{self.family} {self.field} of {self.person}, event {self.event_id}"


@dataclass(frozen=True)
class Fact:
    """One event, as it is sent and as the oracle hears of it."""

    phase: int
    sent: Message = field(repr=False)
    row: Row = field(repr=False)
    """Of ``resolved_event.avsc``, as far as the oracle asks, with the body."""


@dataclass
class Book:
    """Everything that is published, and of each canary where it stands."""

    mint: Mint = field(repr=False)
    facts: list[Fact] = field(default_factory=list, repr=False)
    rejected: list[Message] = field(default_factory=list, repr=False)
    origins: dict[str, Origin] = field(default_factory=dict, repr=False)

    def note(self, text: str, origin: Origin) -> str:
        """Note of a canary where it stands; the canary."""
        self.origins[text.lower().replace("-", "")] = origin
        return text

    def texts(self, origin: Origin) -> Row:
        """Canaries for every field of an envelope that no stage goes by."""

        def word(name: str) -> str:
            return self.word(origin, name)

        return {
            "source_record_id": word("source_record_id"),
            "source_system_name": word("source_system_name"),
            "source_collection_id": word("source_collection_id"),
            "claimed_authority": {"statute": word("statute"), "agreement_id": word("agreement_id")},
        }

    def word(self, origin: Origin, name: str, group: str | None = None) -> str:
        """A new canary in a field of an event."""
        return self.note(self.mint.word(), _in_field(origin, name, group))

    def said(self, origin: Origin, **said: Any) -> Row:
        """Canaries for every field of a body that takes a text or a sum and is not said otherwise."""
        return {**dict(self._planted(origin, {*said})), **said}

    def _planted(self, origin: Origin, known: set[str]) -> Iterator[tuple[str, Any]]:
        for one in _fields(origin.family):
            name = one["name"]
            if name in known or name in CODED:
                continue
            at = _in_field(origin, name, one.get("group"))
            if name in SUMS:
                cents = self.mint.cents()
                self.note(str(cents), at)
                yield name, cents
            elif name == "phone":
                yield name, f"+1{self.note(self.mint.phone(), at)}"
            elif one["type"] in TEXT:
                yield name, FORMS.get(name, "{}").format(self.note(self.mint.word(), at))
            elif name in FREE_LISTS:
                yield name, [self.note(self.mint.word(), at)]


FORMS = {
    "email": "{}@mail.example", "address_line": "7741 {} Lane", "notice_uri": "https://notices.example/{}",
    "organization_id": "{}-4",
}  # fmt: skip
"""How a canary stands in a field of its own form."""


def _in_field(origin: Origin, name: str, group: str | None) -> Origin:
    return Origin(origin.person, origin.partner, origin.family, origin.event_id, name, group)


@functools.cache
def _fields(family: str) -> list[Row]:
    return list(catalog.read(f"families/{family}")["fields"])


class Person:
    """Somebody, of whom partners tell in phases."""

    def __init__(self, book: Book, name: str, number: int, born: str) -> None:
        """Known to nobody yet."""
        self.book, self.name, self.number = book, name, number
        self._born = born
        self.facts: list[Fact] = []
        self._tokens: dict[str, str] = {}
        who = Origin(name, "every", "identity", "-", "-")
        self._given, self._surname = (self._named(book.word(who, one)) for one in ("first_name", "last_name"))
        self._ssn = book.note(book.mint.ssn(), _in_field(who, "ssn", None))

    @property
    def manager(self) -> int:
        """Which of a recipient's case managers serves this person."""
        return self.number % MANAGERS

    def _named(self, word: str) -> str:
        """A name with a canary in it, and another beginning: two that begin alike are two spellings of one."""
        return f"{self.book.mint.beginning()}{word}".capitalize()

    def known_to(self, *partners: str) -> None:
        """Each of them has a record of the person."""
        who = {"first_name": self._given, "last_name": self._surname, "birth_date": self._born, "ssn": self._ssn}
        none = dict.fromkeys(("name_suffix", "other_first_name", "other_middle_name", "other_last_name", "middle_name"))
        for partner in partners:
            self.tell(CIRCUMSTANCES, partner, "identity", "identity", **who, **none)

    def served_by(self, *recipients: str, phase: int = CIRCUMSTANCES, state: str = "assigned") -> None:
        """Each of them has the person on a caseload."""
        for recipient in recipients:
            manager = {"case_manager_id": manager_of(recipient, self.manager), "assignment_state": state}
            self.tell(phase, recipient, "caseload", f"caseload {state}", **manager)

    def consents(
        self, partner: str, recipient: str, purpose: str, controllers: str, covered: str, *,
        state: str = "given", phase: int = CIRCUMSTANCES, **said: Any,
    ) -> None:  # fmt: skip
        """What a person says at a partner."""
        cell = {"controllers": controllers.split(), "records_covered": covered.split(), "event_state": state}
        named = {"recipients": [recipient], "purposes": [purpose], "granted_by_role": "student"}
        self.tell(phase, partner, "consent", f"consent {recipient} {state}", **{**cell, **named, **said})

    def tells(self, *sources: str, phases: tuple[int, ...] = (FACTS, MORE), **said: Any) -> None:
        """Facts of partner and family, written ``ccc.enrollment``."""
        for phase in phases:
            for source in sources:
                partner, _, family = source.partition(".")
                self.tell(phase, partner, family, f"{source} {phase}", **said)

    def tell(self, phase: int, partner: str, family: str, name: str, **said: Any) -> Fact:
        """One event, published a minute later than the one before."""
        count = len(self.facts)
        name = f"{self.name} {count} {name}"
        origin = Origin(self.name, partner, family, event_id(f"{partner}/{name}"), "-")
        moment = FIRST_MOMENT + (count + phase * 1_000) * MINUTE
        at = {"published_at": moment, "observed_at": moment}
        more = self._about(origin) | self.book.texts(origin) | at
        body = self.book.said(origin, **{name: value for name, value in said.items() if name not in ENVELOPE})
        whole = {**more, **body, **said}
        token = whole.pop("subject_token")
        fact = Fact(phase, message(partner, family, token, name, **whole), self._row(origin, name, token, whole))
        self.facts.append(fact)
        self.book.facts.append(fact)
        return fact

    def again(self, told: Fact, phase: int, operation: str, **said: Any) -> None:
        """A later version of a fact, with its own canaries."""
        kept = {"source_record_id": told.row["fact_id"], "operation": operation}
        self.tell(phase, told.row["partner_id"], told.row["family"], operation, **kept, **said)

    def of(self, family: str) -> list[Fact]:
        """What was told of a family."""
        return [fact for fact in self.facts if fact.row["family"] == family]

    def _about(self, origin: Origin) -> Row:
        """By what the partner knows the person."""
        if origin.partner == "edd":
            return {
                "subject_token": None, "subject_name": f"{self._surname} {self._given}".upper(),
                "identifiers": [worlds.ssn(self._ssn)],
            }  # fmt: skip
        if origin.partner not in self._tokens:
            self._tokens[origin.partner] = self.book.word(origin, "subject_token")
        named = {"system": "OTHER", "value": "", "assigner": None}
        others = [] if origin.family == "identity" else [{**named, "value": self.book.word(origin, "identifiers")}]
        return {"subject_token": self._tokens[origin.partner], "subject_name": None, "identifiers": others}

    def _row(self, origin: Origin, name: str, token: str | None, whole: Row) -> Row:
        """The event as the log would have it, under a record's key of our own."""
        known = envelope(origin.partner, origin.family, token, name)
        changed = {key: value for key, value in whole.items() if key in known}
        body = said_in(origin.family, **{key: value for key, value in whole.items() if key not in known})
        return {
            **known, **changed, "family": origin.family, "body": body, "person_id": self.name,
            "fact_id": changed["source_record_id"], "record_key": f"{origin.partner} {self.name}",
        }  # fmt: skip


ENVELOPE = {one["name"] for one in catalog.read("envelope")["fields"]}


def manager_of(recipient: str, number: int) -> str:
    """Id of one of a recipient's case managers."""
    return f"cm-{recipient}-{number}"


def born_on(number: int, years: int) -> str:
    """A birth date of somebody who is so old today, or a year older; hardly anybody else's."""
    year = datetime.now(UTC).year - years - 1
    return date(year, 1 + number % 12, 1 + number * 5 % 28).isoformat()
