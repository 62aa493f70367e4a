"""The story: people are published, joined by mistake and parted again; and what of it is wrong in the end."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from deploy.identity import deciding
from deploy.identity.known import Known
from deploy.topic_reader import Read
from processors import names
from schemas_avro import catalog, codec, wire
from support.events import Message
from support.moves import compare
from support.moves.compare import Fact, People, Row, Stands
from support.moves.people import (
    BY_STEWARD,
    CORRECTED,
    PARTED,
    RETRACTED,
    SPLIT,
    UNDONE,
    A,
    B,
    Maker,
    Pair,
    bomb,
    college,
    pairs_of,
)
from support.worlds import World

HALVES = ((RETRACTED, SPLIT), (CORRECTED, PARTED, UNDONE))
"""Ways of which each half is under way when one of the workers is killed."""
WORKERS = ("resolve", "consent")
SHOWN = {"caseload", "enrolled", "contact", "award", "wages"}
"""What the center sees of somebody whom it serves, by consent."""
Disturb = Callable[[str, Callable[[], None]], None]
"""Has something published, and a worker killed before it has ended."""


@dataclass
class Found:
    """What the topics and the views told."""

    moves: int = 0
    leaked: set[Stands] = field(default_factory=set)
    lost: set[tuple[str, str]] = field(default_factory=set)
    unlike: set[str] = field(default_factory=set)

    @property
    def document(self) -> dict[str, object]:
        """As it is printed."""
        return {
            "moves": self.moves, "leaked_rows": len(self.leaked), "lost": len(self.lost),
            "split_equals_never_merged": not self.unlike,
        }  # fmt: skip


class Stewards:
    """Decide as the commands do: over what the topics say."""

    def __init__(self, world: World) -> None:
        """Over a world."""
        self._world = world
        self._decided: list[Row] = []

    def merge(self, people: People, pair: Pair) -> None:
        """Call one record of each of two persons, and so all of theirs, one person's."""
        named = [people.keys((pair.name, side))[0] for side in (A, B)]
        self._write(deciding.merged(self._known(), named, whole=True), pair)

    def split(self, people: People, pair: Pair) -> None:
        """Part all records of the one from those of the other."""
        self._write(deciding.parted(self._known(), people.keys((pair.name, B))), pair)

    def undo(self, pair: Pair) -> None:
        """Take back what was decided of two."""
        [row] = [row for row in self._decided if row["reason"] == _reason(pair)]
        self._write(deciding.undone(self._known(), row["decision_id"]), pair)

    def _known(self) -> Known:
        known = Known()
        for name, rows in (
            ("identity_record", self._world.rows(names.IDENTITY_RECORDS)),
            ("identity_decided", self._decided),
        ):
            for row in rows:
                known.enter(Read("", 0, 0, 0, name, row))
        return known

    def _write(self, plan: deciding.Plan, pair: Pair) -> None:
        row = deciding.row_of(plan, "steward", _reason(pair), 1_700_000_000_000_000 + len(self._decided))
        self._decided.append(row)
        schema_id = catalog.id_of("internal.identity_decided.v1")
        value = wire.frame(schema_id, codec.encode_rows(schema_id, [row])[0])
        self._world.send(names.STEWARDS, row["decision_id"].encode(), value, {"ce_id": row["decision_id"].encode()})


def _reason(pair: Pair) -> str:
    return f"about {pair.name}"


class Story:
    """One set of people after the other, in one world."""

    def __init__(self, world: World, chance: random.Random, disturb: Disturb) -> None:
        """In a world; ``disturb`` does what it is given, while a worker is killed."""
        self.found = Found()
        self._world, self._chance, self._disturb = world, chance, disturb
        self._stewards = Stewards(world)

    def tell(self, set_names: Sequence[str]) -> None:
        """Publish sets of people, join, part, compare.

        Raises:
            AssertionError: somebody was joined who should not be, or not joined who should be: it proves nothing.
        """
        people = People([pair for name in set_names for pair in pairs_of(name, self._chance)])
        bombs = [Bomb(name, self._chance) for name in set_names[:1]]
        self._send([sent for pair in people.pairs for sent in pair.first])
        self._send([sent for one in bombs for sent in one.messages])
        before = self._rows(people)
        self._check_apart(people, people.pairs, before)
        for one in bombs:
            one.check(self._world)
        self._under_fire(people, self._join)
        joined = self._rows(people)
        self._check_joined(people, joined)
        before |= _bridges(people, joined)
        self._under_fire(people, self._part, WORKERS[::-1])
        self._compare(people, before)

    def _send(self, messages: Sequence[Message]) -> None:
        for sent in messages:
            self._world.send(*sent)

    def _rows(self, people: People) -> dict[Stands, Fact]:
        self._world.settle()
        return compare.rows_of(self._world, compare.learned(people, self._world))

    def _under_fire(
        self, people: People, act: Callable[[People, Sequence[Pair]], None], roles: Sequence[str] = WORKERS
    ) -> None:
        """Have something done to half of the pairs while a worker is killed, and to the others with the other one."""
        for role, ways in zip(roles, HALVES, strict=True):
            part = [pair for pair in people.pairs if pair.way in ways]
            self._disturb(role, lambda of=part: act(people, of))  # type: ignore[misc]

    def _join(self, people: People, pairs: Sequence[Pair]) -> None:
        for pair in pairs:
            self._send([sent for _, sent in pair.joining])
            if pair.is_joined and not pair.joining:
                self._stewards.merge(people, pair)

    def _part(self, people: People, pairs: Sequence[Pair]) -> None:
        for pair in (pair for pair in pairs if pair.is_joined):
            self._send(pair.parting)
            if pair.way in BY_STEWARD:
                self._stewards.undo(pair) if pair.way == UNDONE else self._stewards.split(people, pair)

    def _check_apart(self, people: People, pairs: Sequence[Pair], rows: dict[Stands, Fact]) -> None:
        met = compare.wrong_places(rows, people)
        assert not met, f"{len(met)} rows of people who were never joined are under another's person"
        for pair in pairs:
            for side in (A, B):
                assert len(people.persons((pair.name, side))) == 1, f"{side} of {pair.name} is several persons"
                assert {row for row in rows if people.events[row[2]][0] == (pair.name, side)}, f"{pair.name}: no rows"

    def _check_joined(self, people: People, rows: dict[Stands, Fact]) -> None:
        """The mistakes were made, and show: else nothing is proven by what comes after."""
        for pair in people.pairs:
            one, other = (people.persons((pair.name, side)) for side in (A, B))
            assert (one == other) is pair.is_joined, f"{pair.name}: of one person, or not"
            sides = {fact.side for (_, person, _), fact in rows.items() if person in one}
            assert (B in sides, A in sides) == (pair.is_joined, True), f"{pair.name}: shown as one person, or not"
        self._check_apart(
            people,
            [pair for pair in people.pairs if not pair.is_joined],
            {row: fact for row, fact in rows.items() if not _pair(people, row).is_joined},
        )

    def _compare(self, people: People, before: dict[Stands, Fact]) -> None:
        world, after = self._world, self._rows(people)
        found = self.found
        found.leaked |= compare.wrong_places(after, people) | compare.contradictions(world, people)
        found.leaked |= compare.met(world, people) | (compare.folded(world, people) ^ set(after))
        found.lost |= compare.lost(before, after, people)
        found.unlike |= compare.unlike(after, people)
        moved = compare.moves(world)
        assert moved == compare.moves_in_log(world), "resolve told stewards of other moves than consent"
        found.moves = len(moved)


def _pair(people: People, row: Stands) -> Pair:
    name = people.events[row[2]][0][0]
    return next(pair for pair in people.pairs if pair.name == name)


def _bridges(people: People, rows: dict[Stands, Fact]) -> dict[Stands, Fact]:
    """Rows of what came with the records that joined two."""
    facts = {sent.event_id for pair in people.pairs for _, sent in pair.joining}
    return {row: fact for row, fact in rows.items() if row[2] in facts}


class Bomb:
    """A merge bomb, with somebody who comes in the midst of it and has nothing to do with it."""

    def __init__(self, set_name: str, chance: random.Random) -> None:
        """A bomb of its own."""
        self._records = bomb(set_name, chance)
        pair = Pair(f"{set_name} neighbour", "", is_joined=False, told={A: college(Maker(chance).one(set_name, A), A)})
        half = len(self._records) // 2
        self.messages = [*self._records[:half], *pair.first, *self._records[half:]]
        self._neighbour = People([pair])

    def check(self, world: World) -> None:
        """See that nobody is joined, that it is asked about, and that the neighbour is shown."""
        ids = {sent.event_id for sent in self._records}
        rows = [row for row in world.rows(names.IDENTITY_RECORDS) if ids & set(row["event_ids"])]
        persons = {row["record_key"]: row["person_id"] for row in rows}
        assert len(set(persons.values())) == len(persons) == len(self._records), "a merge bomb has joined records"
        stands = {
            row["pair_id"]: row for row in world.rows(names.REVIEWS) if {row["one"], row["other"]} <= set(persons)
        }
        assert "capped" in {row["reason"] for row in stands.values() if row["open"]}, (
            "nobody is asked about a merge bomb"
        )
        rows_there = compare.rows_of(world, compare.learned(self._neighbour, world))
        assert {fact.name for fact in rows_there.values()} == SHOWN, "a merge bomb's neighbour is not shown"
        assert not compare.wrong_places(rows_there, self._neighbour), "a merge bomb's neighbour is somebody else"
