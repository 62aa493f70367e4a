"""Made-up people of whom every partner says something, each with values that nobody else has: needles to search for."""

import random
import string
from dataclasses import dataclass, field
from typing import Any

from support import worlds
from support.events import MINUTE, Message, message

FIRST_MOMENT = 1_736_971_200_000_000
"""2025-01-15 20:00 UTC in microseconds: before the clock of any machine that runs this, after every agreement began."""
CENTER = "ccc_transfer_center"
PARTNERS = ("ccc", "csac", CENTER)
LETTERS = 12


@dataclass(frozen=True)
class Planted:
    """One person, and all that is published of them: before, and after they may be erased."""

    name: str
    surname: str = field(repr=False)
    number: str = field(repr=False)
    before: list[Message] = field(repr=False)
    after: list[Message] = field(repr=False)
    last: list[Message] = field(repr=False)
    """What comes when the erased are."""

    @property
    def needles(self) -> list[bytes]:
        """What stands nowhere but in what is said of them."""
        digits = self.number.replace("-", "")
        return [text.encode() for text in (self.surname, self.surname.upper(), self.number, digits, self.name)]

    @property
    def shown(self) -> set[str]:
        """Events that the transfer center sees of them, if nothing was erased."""
        seen = {"caseload", "enrollment", "aid", "employment", "contact"}
        return {
            sent.event_id for sent in (*self.before, *self.after, *self.last) if sent.topic.rpartition(".")[2] in seen
        }


def planted(count: int, chance: random.Random) -> list[Planted]:
    """So many people."""
    return [_one(place, chance) for place in range(count)]


def _one(place: int, chance: random.Random) -> Planted:
    surname = "Q" + "".join(chance.choice(string.ascii_lowercase) for _ in range(LETTERS))
    name = f"LOCAL-{chance.randrange(16**8):08x}"
    number = f"{100 + place % 500}-{chance.randrange(10, 99)}-{chance.randrange(1_000, 9_999)}"
    who = {"first_name": "Marcus", "last_name": surname, "birth_date": f"2003-{1 + place % 12:02}-{1 + place % 28:02}"}
    person = _Person(name, surname, number, who)
    return Planted(name, surname, number, person.before(), person.later("later"), person.later("last"))


@dataclass(frozen=True)
class _Person:
    name: str
    surname: str
    number: str
    who: dict[str, str]

    def before(self) -> list[Message]:
        consent = {
            "controllers": ["ccc", "csac", "edd"], "recipients": [CENTER], "purposes": ["transfer_advising"],
            "records_covered": ["education", "contact", "aid", "wage"], "event_state": "given",
        }  # fmt: skip
        return [
            *(self.sent(partner, "identity", "identity", **self.who, ssn=self.number) for partner in PARTNERS),
            self.sent(CENTER, "caseload", "caseload"),
            self.sent("ccc", "consent", "consent", **consent, valid_until="2031-01-01"),
            self.sent("ccc", "enrollment", "enrolled", term_id="2267"),
            self.sent("ccc", "contact", "contact", preferred_name=self.surname, email=f"{self.surname}@mail.example"),
            self.sent("csac", "aid", "award", award_amount_cents=120_000),
            self.wages("wages"),
        ]

    def later(self, when: str) -> list[Message]:
        return [
            self.sent("ccc", "enrollment", f"enrolled {when}", term_id="2271"),
            self.sent("csac", "aid", f"award {when}", award_amount_cents=90_000),
            self.sent("csac", "identity", f"identity {when}", **self.who, ssn=self.number),
            self.wages(f"wages {when}"),
        ]

    def sent(self, partner: str, family: str, name: str, **said: Any) -> Message:
        moment = FIRST_MOMENT + MINUTE * name.endswith(("later", "last"))
        at = {"published_at": moment, "observed_at": moment}
        token = None if partner == "edd" else self.name
        return message(partner, family, token, f"{self.name} {name}", **{**at, **said})

    def wages(self, name: str) -> Message:
        said = {"subject_name": f"{self.surname} MARCUS".upper(), "identifiers": [worlds.ssn(self.number)]}
        return self.sent("edd", "employment", name, **said)
