"""Moves among whole people, with facts and consents: the real resolve and consent in memory, and what moves carry."""

import random
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import orjson
from support.moves.people import bomb, pairs_of
from support.worlds import PureWorld, decoded

from bench.moves.tally import Tally
from deploy.population import generate
from partners import events, rows
from partners.population import DEFAULT_AS_OF, Planned
from processors import names
from processors.records import Arrival, Out

Row = dict[str, Any]
Sent = tuple[str, bytes | None, bytes | None, dict[str, bytes]]
BATCH = 20
MOVED, KINDS = "records_moved", {"merged", "split", "relinked"}


class Watched(PureWorld):
    """Looks at every move before and after consent has decided it."""

    def __init__(self) -> None:
        """Nothing has come."""
        self.tally = Tally()
        super().__init__(batch=BATCH)

    def _signal(self) -> None:
        """Nobody asks for signals."""

    def _catch_up(self) -> None:
        """As a stage: all that came of one batch; but moves by themselves, so that what they bring about shows."""
        log = self.topics[names.RESOLVED_EVENTS]
        part, self._read = log[self._read :], len(log)
        there: list[Arrival] = []
        for arrival in part:
            row = decoded(Out(arrival.topic, "", arrival.value or b"", ""))
            if row["schema"] != MOVED:
                there.append(arrival)
                continue
            self._decide(there)
            there = []
            self._note(row["moves"])
            before = self._released()
            self.decide_again([arrival])
            self.tally.sent += self._released() - before
        self._decide(there)

    def _decide(self, part: Sequence[Arrival]) -> None:
        if part:
            self.decide_again(part)
        while self._is_sweeping():  # so that what a sweep sends is not taken for what a move does
            self.decide_again([])

    def _released(self) -> int:
        return sum(len(topic) for name, topic in self.topics.items() if name.startswith("released."))

    def _note(self, moves: Sequence[Row]) -> None:
        state, tally = self.states["consent"], self.tally
        tally.moved(self._read, [(move["from_person_id"], move["to_person_id"]) for move in moves])
        for move in moves:
            key = move["record_key"]
            facts = state.scan("fact", f"{key}|")
            kept = [*state.get_many("record", [key]).values(), *(raw for _, raw in facts)]
            tally.carried_bytes.append(sum(map(len, kept)))
            tally.carried_events.append(_events(raw for _, raw in facts))
        persons = {move[name] for move in moves for name in ("from_person_id", "to_person_id")}
        held = state.get_many("person", persons)
        for key in [key for raw in held.values() for key in orjson.loads(raw)]:
            tally.told_again += _events(raw for _, raw in state.scan("fact", f"{key}|"))


def _events(facts: Any) -> int:
    return sum(len(orjson.loads(raw)["versions"]) for raw in facts)


def moves(sent: Sequence[Sent]) -> Tally:
    """Publish messages in their order, and count."""
    return told(sent).tally


def told_of(people: int, seed: int) -> Watched:
    """The world after all that was published of the made-up population."""
    return told(population(people, seed, "by_agency"))


def told(sent: Sequence[Sent]) -> Watched:
    """The world after messages in their order."""
    world = Watched()
    world.now = rows.micros(datetime(DEFAULT_AS_OF.year, DEFAULT_AS_OF.month, DEFAULT_AS_OF.day, 12, tzinfo=UTC))
    for one in sent:
        world.send(*one)
    world.settle()
    changed = world.rows(names.IDENTITY_CHANGES)
    world.tally.causes.update(row["kind"] for row in changed if row["kind"] in KINDS)
    world.tally.events, world.tally.records = len(sent), len(world.states["resolve"].scan("record", ""))
    return world


def population(people: int, seed: int, order: str) -> list[Sent]:
    """The made-up population's history and changes: as published, shuffled, or one partner after the other."""
    made = generate(people, seed)
    planned = [event for phase in ("history", "changes") for event in made.phases[phase] if event.row is not None]
    if order == "shuffled":
        random.Random(seed).shuffle(planned)  # noqa: S311  # an order, not a secret
    elif order == "by_agency":
        planned.sort(key=lambda event: event.partner)
    elif order == "as_published":
        planned.sort(key=lambda event: event.envelope["published_at"])
    return [_sent(event) for event in planned]


def _sent(event: Planned) -> Sent:
    [value] = events.framed(event.family, [event.row or {}])
    return event.topic, event.key, value, dict(event.headers)


def mistaken(sets: int, seed: int) -> list[Sent]:
    """The people of ``make moves-test``, joined by mistake and parted by their partners; a merge bomb among them."""
    chance, sent = random.Random(seed), list[Sent]()  # noqa: S311  # the same people in every run
    for number in range(sets):
        pairs = pairs_of(f"set {number}", chance)
        sent += [tuple(one) for pair in pairs for one in pair.first]
        sent += [tuple(one) for one in bomb(f"set {number}", chance)] if not number else []
        sent += [tuple(one) for pair in pairs for _, one in pair.joining]
        sent += [tuple(one) for pair in pairs for one in pair.parting]
    return sent
