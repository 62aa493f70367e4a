"""What a bad input is made from: a name, so that one can be sent many times, each time as another event."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from support import events
from support.bad_inputs.surgery import with_value
from support.events import Message

CARRIED, WITHHELD, DROPPED = "carried", "withheld", "dropped"
DISTRICT, STUDENT_AID, WAGES, EARLY_CARE = "lea_grand_bend", "csac", "edd", "cde_elc"
"""Partners: what the district sends is carried, the others' is withheld, since nobody serves these people."""
ENDS = {"enrollment": CARRIED, "identity": CARRIED, "consent": CARRIED, "contact": WITHHELD, "aid": WITHHELD,
        "employment": WITHHELD, "early_care": WITHHELD}  # fmt: skip
"""How a sound event of each family ends."""
MARK = 12_345
DAY = 86_400_000_000
SSN = "219-09-9998"
GRANT = {
    "event_state": "given", "controllers": [DISTRICT], "records_covered": ["education"],
    "purposes": ["student_services"], "recipients": ["grand_bend_services"],
}  # fmt: skip


@dataclass(frozen=True)
class Making:
    """What a message is made from."""

    name: str
    """Of the event; a record of its own, too."""
    now: int = events.NOON
    """Microseconds since 1970-01-01 UTC: when it is published."""

    def sent(self, family: str, **said: Any) -> Message:
        """A sound message of a family, in which something is said."""
        partner = {"aid": STUDENT_AID, "employment": WAGES, "early_care": EARLY_CARE}.get(family, DISTRICT)
        usual: dict[str, Any] = {"observed_at": self.now, "published_at": self.now}
        usual |= {**GRANT, "given_at": self.now} if family == "consent" else {}
        if family == "employment":
            usual |= {"subject_name": "Reyes Sam", "identifiers": [ssn(SSN)]}
        token = None if family == "employment" else self.name
        made = events.message(partner, family, said.pop("subject_token", token), self.name, **{**usual, **said})
        return made._replace(headers={"ce_id": events.event_id(f"{partner}/{self.name}").encode()})

    @property
    def good(self) -> Message:
        """The sound enrollment that most are made of."""
        return self.sent("enrollment", units_attempted_hundredths=MARK)

    @property
    def before(self) -> "Making":
        """What comes before the batch, where something must."""
        return Making(f"{self.name}, before", self.now)


Make = Callable[[Making], Message]


@dataclass(frozen=True)
class BadInput:
    """One bad input."""

    number: int
    what: str
    make: Make = field(repr=False)
    ends: str = CARRIED
    """A code of rejection, or how the event ends that is odd but sound."""
    earlier: Make | None = field(default=None, repr=False)
    """What must have come before it."""
    timestamp_ms: int | None = None
    """What the producer says of when it was made; None: nothing."""

    @property
    def is_rejected(self) -> bool:
        """Whether it ends as a dead letter."""
        return self.ends not in {CARRIED, WITHHELD, DROPPED}

    def __str__(self) -> str:
        """For people."""
        return f"{self.number}, {self.what}"


def neighbours(bad: Message, name: str, count: int, now: int) -> list[Message]:
    """Sound messages onto a bad one's topic."""
    family = bad.topic.rsplit(".", 1)[1]
    return [Making(f"{name}, neighbour {n}", now).sent(family) for n in range(count)]


def ssn(number: str) -> dict[str, Any]:
    """A social security number among an envelope's identifiers."""
    return {"system": "SSN", "value": number, "assigner": None}


def saying(family: str = "enrollment", **said: Any) -> Make:
    """A row's message: sound but for what it says."""
    return lambda making: making.sent(family, **said)


def valued(value: bytes | None) -> Make:
    """A row's message: other bytes altogether."""
    return lambda making: with_value(making.good, value)


def rows(number: int, end: str, made: dict[str, Make]) -> Iterator[BadInput]:
    """Several inputs of one number and end."""
    return (BadInput(number, what, make, end) for what, make in made.items())
