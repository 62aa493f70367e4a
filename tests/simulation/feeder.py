"""Resolve's side of the log, as consent finds it: transactions that are open for a while, given up, sent again."""

from dataclasses import dataclass
from random import Random

from simulation.broker import Broker, Place
from simulation.script import Script

from processors.names import RESOLVED_EVENTS
from processors.numbers import HEADER

ID = "resolve"
LOG: Place = (RESOLVED_EVENTS, 0)
GIVEN_UP, SENT_AGAIN = 0.85, 0.75
"""Above this a transaction is aborted; above that it counts, and its sender does not know."""


@dataclass
class Feeder:
    """Writes a script into the log, little by little."""

    broker: Broker
    script: Script
    chance: Random
    next: int = 0
    """Of the script's records."""
    is_held: bool = False
    """Whether nothing is written for now."""
    _size: int = 0
    _epoch: int = 0

    @property
    def is_done(self) -> bool:
        """Whether all of it is in the log."""
        return self.next == len(self.script.logged) and not self._size

    @property
    def is_open(self) -> bool:
        """Whether a transaction is under way."""
        return bool(self._size)

    def step(self, *, is_calm: bool) -> str:
        """Begin a transaction, or end the one that is open; what was done."""
        if self._size:
            return self._end(0 if is_calm else self.chance.random())
        self._size = min(self.chance.randint(1, 4), len(self.script.logged) - self.next)
        self._epoch = self.broker.begin(ID)
        for number in range(self.next, self.next + self._size):
            logged = self.script.logged[number]
            headers = [("ce_id", logged.id.encode()), (HEADER, f"{ID}/1/{number + 1}".encode())]
            self.broker.produce(ID, self._epoch, LOG, logged.key, logged.value, headers)
        return f"log: {self._size} records"

    def _end(self, luck: float) -> str:
        size, self._size = self._size, 0
        if luck > GIVEN_UP:
            self.broker.abort(ID, self._epoch)
            return "log: given up"
        self.broker.commit(ID, self._epoch)
        if luck > SENT_AGAIN:
            return "log: committed, and to be sent again"
        self.next += size
        return "log: committed"

    def begin_again(self, at: int = 0) -> None:
        """What is in the log from a record of the script on is gone: write it again."""
        if self._size:
            self.broker.abort(ID, self._epoch)
        self.next, self._size = at, 0
