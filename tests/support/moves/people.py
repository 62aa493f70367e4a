"""Made-up people, two and two, that are easily taken for one another; and what joins two of them and parts them again.

Everybody comes twice: a pair that is joined and parted, and one of the same facts that never is. Names, days, numbers
and houses are each pair's own; what is released of them is the same.
"""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

from support import worlds
from support.events import MINUTE, Message, event_id, message

FIRST_MOMENT = 1_736_971_200_000_000
"""2025-01-15 20:00 UTC in microseconds: before the clock of any machine that runs this, after every agreement began."""
CENTER, CSU, COUNSEL = "ccc_transfer_center", "csu_advising", "lausd_counseling"
RECIPIENTS = (CENTER, CSU, COUNSEL)
A, B, BRIDGE = "a", "b", "bridge"
RETRACTED, CORRECTED, PARTED, SPLIT, UNDONE = JOINED = (
    "bridge retracted", "bridge corrected", "bridge split", "merge split", "merge undone",
)  # fmt: skip
"""What joins two, and how they are parted: by the partner that sent the bridge, or by a steward."""
ONE_NUMBER, NEAR_NUMBERS, BETWEEN_TWINS = HELD_APART = ("one number", "near numbers", "between twins")
"""Two persons of one number (bad input 52); one of several numbers beside one of another that is near (53); twins (54),
and a record of the one with the other's number."""
BY_STEWARD = {PARTED, SPLIT, UNDONE}
GIVEN = (("Marcus", "Elena"), ("Dmitri", "Brianna"), ("Oscar", "Yvette"), ("Felix", "Naomi"))
SYLLABLES = ("bran", "cor", "dul", "fen", "gor", "hal", "jor", "kel", "lam", "mor", "nev", "pol", "rud", "sten", "tov")
Told = list[tuple[str, Message]]
"""Facts by name, each with its event."""


@dataclass(frozen=True)
class Person:
    """What is known of somebody; what a partner should not know is empty."""

    key: str
    given: str
    surname: str
    born: str = field(default="", repr=False)
    number: str = field(default="", repr=False)
    home: Mapping[str, str] = field(default_factory=dict, repr=False)
    numbers: Mapping[str, str] = field(default_factory=dict, repr=False)
    """By partner that has it written in another way."""

    def says(self, partner: str, name: str = "identity", **more: Any) -> Message:
        """What a partner's record says."""
        said = {"birth_date": self.born or None, "ssn": self.numbers.get(partner, self.number) or None}
        who = {"first_name": self.given, "last_name": self.surname}
        return self.sends(partner, "identity", name, **{**who, **said, **self.home, **more})

    def sends(self, partner: str, family: str, name: str, **said: Any) -> Message:
        """An event about the partner's record."""
        token = None if partner == "edd" else self.key.replace(" ", "-")
        return message(partner, family, token, f"{self.key} {name}", **{**_at(0), **said})

    def wages(self, name: str) -> Message:
        """A wage row, which is known by number and name."""
        numbers = [worlds.ssn(self.numbers.get("edd", self.number))]
        subject = f"{self.surname} {self.given}".upper()
        cents = 310_000 if name.endswith(A) else 470_000
        return self.sends("edd", "employment", name, subject_name=subject, identifiers=numbers, **_earned(cents))


def _earned(cents: int) -> dict[str, int]:
    return {"quarterly_earnings_cents": cents}


def _at(minute: int) -> dict[str, int]:
    return {"published_at": FIRST_MOMENT + minute * MINUTE, "observed_at": FIRST_MOMENT + minute * MINUTE}


@dataclass
class Pair:
    """Two persons, and all that is published about them."""

    name: str
    way: str
    is_joined: bool
    told: dict[str, Told]
    """By person: what comes first."""
    joining: Told = field(default_factory=list)
    """The bridge's record; of a pair that is never joined as it is in the end."""
    parting: list[Message] = field(default_factory=list)
    """The bridge's record taken back or put right."""
    bridge_of: str = BRIDGE
    """Whose the bridge's record is in the end."""
    misleading: list[Message] = field(default_factory=list)
    """Comes first as well, and is nobody's."""

    @property
    def like(self) -> tuple[str, str]:
        """What it has in common with the pair that it is compared with."""
        return self.name.rpartition(" ")[0], self.way

    @property
    def first(self) -> list[Message]:
        """What is published first."""
        return [*(sent for told in self.told.values() for _, sent in told), *self.misleading]

    def facts(self) -> dict[str, tuple[str, str]]:
        """By event: whose it is, and its name among the facts."""
        told = [(side, *fact) for side, facts in self.told.items() for fact in facts]
        told += [(self.bridge_of, *fact) for fact in self.joining]
        return {sent.event_id: (side, fact) for side, fact, sent in told}


def college(person: Person, side: str) -> Told:
    """What the colleges, the student aid commission and the wage records have of somebody whom the center serves."""
    consent = {
        "controllers": ["ccc", "csac", "edd"], "recipients": [CENTER], "purposes": ["transfer_advising"],
        "records_covered": ["education", "contact", "aid", "wage"], "event_state": "given",
    }  # fmt: skip
    events = [
        ("identity", person.says("ccc")),
        ("center identity", person.says(CENTER, "center identity")),
        ("caseload", person.sends(CENTER, "caseload", "caseload")),
        ("consent", person.sends("ccc", "consent", "consent", **consent)),
        ("enrolled", person.sends("ccc", "enrollment", "enrolled", term_id="2267" if side == A else "2268")),
        ("contact", person.sends("ccc", "contact", "contact", preferred_name=f"Student {side}")),
    ]
    if person.number:
        events += [*_aid(person, side), *_wages(person, side)]
    return events


def university(person: Person, side: str) -> Told:
    """What the university, aid and wages have of somebody whom the university advises."""
    consent = {
        "controllers": ["csu", "csac", "edd"], "recipients": [CSU], "purposes": ["academic_advising"],
        "records_covered": ["education", "aid", "wage"], "event_state": "given",
    }  # fmt: skip
    return [
        ("csu identity", person.says("csu", "csu identity")),
        ("advising identity", person.says(CSU, "advising identity")),
        ("csu caseload", person.sends(CSU, "caseload", "csu caseload")),
        ("csu consent", person.sends("csu", "consent", "csu consent", **consent)),
        ("csu enrolled", person.sends("csu", "enrollment", "csu enrolled", term_id="2271" if side == A else "2272")),
    ]


def _aid(person: Person, side: str) -> Told:
    award = {"award_amount_cents": 120_000 if side == A else 250_000}
    return [
        ("aid identity", person.says("csac", "aid identity")),
        ("award", person.sends("csac", "aid", "award", **award)),
    ]


def _wages(person: Person, side: str) -> Told:
    return [("wages", person.wages(f"wages {side}"))]


def _withdrawal(person: Person) -> Told:
    """Aid is not to be seen any more: while two are one person, not the other's either."""
    scope = {
        "controllers": ["csac"], "recipients": [CENTER], "purposes": ["transfer_advising"],
        "records_covered": ["aid"], "event_state": "withdrawn",
    }  # fmt: skip
    return [("withdrawal", person.sends("ccc", "consent", "withdrawal", **{**scope, **_at(5)}))]


@dataclass
class Maker:
    """Draws names, days, numbers and houses that nobody else has."""

    chance: random.Random
    _taken: Any = field(default_factory=count)

    def one(self, name: str, side: str, **said: Any) -> Person:
        """Somebody of whom everything is known."""
        chance, place = self.chance, next(self._taken)
        syllables = "".join(chance.choice(SYLLABLES) for _ in range(3))
        street = "".join(chance.choice(SYLLABLES) for _ in range(2)).title()
        home = {
            "address_line": f"{chance.randrange(100, 9_000)} {street} Street", "city": "Fresno", "postal_code": "93650",
            "phone": f"213-{501 + place % 400}-{chance.randrange(1_000, 9_999)}",
        }  # fmt: skip
        born = f"{chance.randrange(2000, 2006)}-{chance.randrange(1, 13):02}-{chance.randrange(1, 29):02}"
        number = f"{chance.randrange(100, 660)}-{chance.randrange(10, 99)}-{chance.randrange(1_000, 9_000)}"
        known = {"given": "Marcus", "surname": syllables.title(), "born": born, "number": number, "home": home}
        return Person(f"{name} {side}", **{**known, **said})

    def twins(self, name: str) -> tuple[Person, Person]:
        """One day of birth, house and surname, and numbers in a row."""
        given, other = self.chance.choice(GIVEN)
        a = self.one(name, A, given=given)
        return a, replace(a, key=f"{name} {B}", given=other, number=_next(a.number))

    def namesakes(self, name: str) -> tuple[Person, Person, Person]:
        """Of one name: of whom no number is known, and of whom nothing else is; and who has both by mistake."""
        a = self.one(name, A, number="")
        b = replace(self.one(name, B, surname=a.surname), born="", home={})
        return a, b, replace(a, key=f"{name} {BRIDGE}", number=b.number)


def _next(number: str) -> str:
    return f"{number[:-1]}{(int(number[-1]) + 1) % 10}"


def _swapped(number: str) -> str:
    """Two digits in each other's place; they are never equal."""
    last, other = number[-1], number[-2]
    return number[:-2] + last + other if last != other else _next(number)


def pairs_of(set_name: str, chance: random.Random) -> list[Pair]:
    """A set of people: for each way a pair that goes it, and one that never does."""
    maker, found = Maker(chance), list[Pair]()
    for way in (*JOINED, *HELD_APART):
        for is_joined in (True, False):
            name = f"{set_name} {way} {'moved' if is_joined else 'never'}"
            found.append(MAKERS[way](maker, name, way, is_joined=is_joined))
    return found


def _bridged(maker: Maker, name: str, way: str, *, is_joined: bool) -> Pair:
    a, b, bridge = maker.namesakes(name)
    told = {A: college(a, A), B: [*university(b, B), *_aid(b, B), *_wages(b, B)]}
    wrong, right = bridge.says(COUNSEL), replace(bridge, number="").says(COUNSEL)
    case = ("counsel caseload", bridge.sends(COUNSEL, "caseload", "counsel caseload"))
    again = {"event_id": event_id(f"{name} put right"), **_at(9)}
    if way == RETRACTED:
        back = bridge.says(COUNSEL, operation="retract", **again)
        identity = [("bridge", wrong)] if is_joined else []
        return Pair(name, way, is_joined, told, [*identity, case], [back] if is_joined else [])
    parting = {CORRECTED: [replace(bridge, number="").says(COUNSEL, operation="correct", **again)]}.get(way, [])
    joining = [("bridge", wrong if is_joined else right), case]
    return Pair(name, way, is_joined, told, joining, parting if is_joined else [], A)


def _merged(maker: Maker, name: str, way: str, *, is_joined: bool) -> Pair:
    a, b = maker.twins(name)
    withdrawn = _withdrawal(a) if way == SPLIT else []
    return Pair(name, way, is_joined, {A: [*college(a, A), *withdrawn], B: [*college(b, B), *university(b, B)]})


def _between_twins(maker: Maker, name: str, way: str, *, is_joined: bool) -> Pair:
    a, b = maker.twins(name)
    bridge = replace(a, key=f"{name} {BRIDGE}", number=b.number).says(COUNSEL)
    told = {A: college(a, A), B: college(b, B)}
    return Pair(name, way, is_joined=False, told=told, misleading=[bridge] if is_joined else [])


def _of_one_number(maker: Maker, name: str, way: str, *, is_joined: bool) -> Pair:
    a, b = maker.one(name, A), maker.one(name, B, given="Elena")
    b = replace(b, number=a.number) if is_joined else b
    return _never_joined(name, way, a, b)


def _of_near_numbers(maker: Maker, name: str, way: str, *, is_joined: bool) -> Pair:
    a, b = maker.one(name, A), maker.one(name, B, given="Elena")
    if is_joined:
        a = replace(a, numbers={"csac": _swapped(a.number), "edd": _next(a.number)})
        b = replace(b, number=_next(_next(a.number)))
    return _never_joined(name, way, a, b)


def _never_joined(name: str, way: str, a: Person, b: Person) -> Pair:
    """Two persons, be it of numbers that mislead or not."""
    return Pair(name, way, is_joined=False, told={A: college(a, A), B: college(b, B)})


MAKERS: Mapping[str, Callable[..., Pair]] = {
    RETRACTED: _bridged, CORRECTED: _bridged, PARTED: _bridged, SPLIT: _merged, UNDONE: _merged,
    ONE_NUMBER: _of_one_number, NEAR_NUMBERS: _of_near_numbers, BETWEEN_TWINS: _between_twins,
}  # fmt: skip


BOMB = 120
"""Records in a chain: each has two traits, one of which is the next one's too."""
BOMB_PARTNERS: Sequence[str] = ("ccc", "csu", "csac", "cde_k12")


def bomb(set_name: str, chance: random.Random) -> list[Message]:
    """A merge bomb (bad input 55): records that links would make one person, each beside the next."""
    maker = Maker(chance)
    surname = maker.one(set_name, "bomb").surname
    links = [{"birth_date": born, "email": f"{set_name}-{place}@example.org", "ssn": number, "phone": phone}
             for place in range(BOMB // 4 + 2)
             for other in [maker.one(set_name, "bomb")]
             for born, number, phone in [(other.born, other.number, other.home["phone"])]]  # fmt: skip
    traits = tuple(links[0])
    sent = []
    for i in range(BOMB):
        said = {traits[at % 4]: links[at // 4][traits[at % 4]] for at in (i, i + 1)}
        record = Person(f"{set_name} bomb {i}", "Ana", surname)
        sent.append(record.says(BOMB_PARTNERS[i % 4], **{"ssn": None, **said}))
    return sent
