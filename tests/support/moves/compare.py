"""What topics and views say of people whose facts should stand under one person, and nobody else's: lists in, sets out.

Whose a record is tells ``identity.records``; whose a fact is, only who published it.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import orjson

from processors import names
from support.moves.people import RECIPIENTS, Pair
from support.worlds import World

Row = dict[str, Any]
Owner = tuple[str, str]
"""A pair by name, and one of its two."""
Stands = tuple[str, str, str]
"""Recipient, person and event of a row."""
MOVED = {"merged", "split", "relinked"}
"""Kinds of ``identity.changes`` of a record that was somebody else's before."""
TERMS = (
    "family", "partner_id", "operation", "occurred_on", "effective_from", "effective_to", "observed_at", "published_at",
    "purpose", "agreement_id", "agreement_version", "basis", "expires_on", "groups", "notice",
)  # fmt: skip
"""What is equal of a fact whoever's it is: all but ids, positions and numbers."""


class Fact(NamedTuple):
    """A row of a view, by words that are the same for every pair of a way."""

    recipient: str
    side: str
    name: str
    content: str


@dataclass
class People:
    """Pairs, and whose each of their events, records and persons is."""

    pairs: list[Pair]
    events: dict[str, tuple[Owner, str]] = field(default_factory=dict)
    """By event: whose it is, and its name."""
    records: dict[str, Owner] = field(default_factory=dict)
    """By record key."""
    person_of: dict[str, str] = field(default_factory=dict)
    """By record key."""

    def __post_init__(self) -> None:
        for pair in self.pairs:
            self.events |= {id_: ((pair.name, side), fact) for id_, (side, fact) in pair.facts().items()}

    def learn(self, records: Iterable[Row]) -> None:
        """Take in rows of ``identity.records`` and of the log, in their order."""
        for row in records:
            for event_id in row["event_ids"]:
                if event_id in self.events:
                    self.records[row["record_key"]] = self.events[event_id][0]
            self.person_of[row["record_key"]] = row["person_id"]

    def persons(self, owner: Owner) -> set[str]:
        """Of whom the records of one of a pair are."""
        return {self.person_of[key] for key, other in self.records.items() if other == owner}

    def keys(self, owner: Owner) -> list[str]:
        """Keys of the records of one of a pair."""
        return sorted(key for key, other in self.records.items() if other == owner)

    def owners(self) -> dict[str, set[Owner]]:
        """By person: whose records it has; of more than one only where two are joined."""
        found: dict[str, set[Owner]] = defaultdict(set)
        for key, owner in self.records.items():
            found[self.person_of[key]].add(owner)
        return found


def learned(people: People, world: World) -> People:
    """People, with all that the world's topics tell of their records by now."""
    people.learn(world.rows(names.IDENTITY_RECORDS))
    people.learn(
        {
            "record_key": row["record_key"],
            "event_ids": [row["event_id"]],
            "person_id": people.person_of[row["record_key"]],
        }
        for row in world.rows(names.RESOLVED_EVENTS)
        if row.get("event_id") in people.events
    )
    return people


def rows_of(world: World, people: People) -> dict[Stands, Fact]:
    """Rows of these people in every recipient's view."""
    found = {}
    for recipient in RECIPIENTS:
        for (person_id, event_id), row in world.view(recipient).items():
            if event_id in people.events:
                (_, side), name = people.events[event_id]
                content = {"body": row["body"], **{term: str(row["release"][term]) for term in TERMS}}
                found[recipient, person_id, event_id] = Fact(
                    recipient, side, name, orjson.dumps(content, option=orjson.OPT_SORT_KEYS).decode()
                )
    return found


def wrong_places(stands: Iterable[Stands], people: People) -> set[Stands]:
    """Rows that stand under a person who is not, or not only, the one whose fact it is."""
    owners = people.owners()
    return {row for row in stands if owners.get(row[1]) != {people.events[row[2]][0]}}


def lost(before: Iterable[Stands], after: Iterable[Stands], people: People) -> set[tuple[str, str]]:
    """Recipients and events that were seen, and are not any more under the person whose they are."""
    seen = set(after) - wrong_places(after, people)
    return {(row[0], row[2]) for row in before} - {(row[0], row[2]) for row in seen}


def shape(rows: dict[Stands, Fact], pair: Pair, people: People) -> frozenset[frozenset[Fact]]:
    """What is shown of a pair, person by person, without their ids."""
    found: dict[str, set[Fact]] = defaultdict(set)
    for (_, person_id, event_id), fact in rows.items():
        if people.events[event_id][0][0] == pair.name:
            found[person_id].add(fact)
    return frozenset(map(frozenset, found.values()))


def unlike(rows: dict[Stands, Fact], people: People) -> set[str]:
    """Pairs of which something else is shown than of the one that is like it and was never joined."""
    found: dict[tuple[str, str], dict[str, frozenset[frozenset[Fact]]]] = defaultdict(dict)
    for pair in people.pairs:
        found[pair.like][pair.name] = shape(rows, pair, people)
    return {name for shapes in found.values() for name in shapes if len(set(shapes.values())) > 1}


def parted_at(world: World, people: People) -> dict[str, int]:
    """By pair: where in the log its records moved last."""
    found: dict[str, int] = {}
    for arrival, row in zip(world.topics[names.RESOLVED_EVENTS], world.rows(names.RESOLVED_EVENTS), strict=True):
        for move in row.get("moves", ()):
            if move["record_key"] in people.records:
                found[people.records[move["record_key"]][0]] = arrival.offset
    return found


def contradictions(world: World, people: People) -> set[Stands]:
    """Releases that came after the last move of their pair, and are under another's person.

    Of a pair that never moved, none ever may be.
    """
    at, found = parted_at(world, people), set[Stands]()
    for release in _releases(world, people):
        [pair_name, _], _ = people.events[release["event_id"]]
        if release["position"] >= at.get(pair_name, 0):
            found.add((release["recipient"], release["person_id"], release["event_id"]))
    return wrong_places(found, people)


def met(world: World, people: People) -> set[Stands]:
    """Releases of pairs that are never joined, under a person under whom the other one's fact was released as well."""
    alone = {pair.name for pair in people.pairs if not pair.is_joined}
    found: dict[str, dict[Owner, set[Stands]]] = defaultdict(lambda: defaultdict(set))
    for head in _releases(world, people):
        owner, _ = people.events[head["event_id"]]
        if owner[0] in alone:
            found[head["person_id"]][owner].add((head["recipient"], head["person_id"], head["event_id"]))
    return {row for owners in found.values() if len(owners) > 1 for rows in owners.values() for row in rows}


def folded(world: World, people: People) -> set[Stands]:
    """Rows that a reader of the topics alone has: of each the highest position counts."""
    newest: dict[Stands, tuple[int, bool]] = {}
    for recipient in RECIPIENTS:
        for row in world.rows(names.released_topic(recipient)):
            if row.get("release") is not None and row["release"]["event_id"] in people.events:
                release = row["release"]
                key = (recipient, release["person_id"], release["event_id"])
                newest[key] = max(newest.get(key, (-1, False)), (release["position"], "body" in row))
    return {key for key, (_, is_there) in newest.items() if is_there}


def _releases(world: World, people: People) -> list[Row]:
    rows: Sequence[Row] = [row for name in RECIPIENTS for row in world.rows(names.released_topic(name))]
    heads: list[Row] = [row["release"] for row in rows if "body" in row]
    return [head for head in heads if head["event_id"] in people.events]


def moves(world: World) -> list[tuple[str, str, str]]:
    """Records that changed persons, as ``identity.changes`` tells: each with whose it was and is."""
    rows = [row for row in world.rows(names.IDENTITY_CHANGES) if row["kind"] in MOVED]
    return sorted((row["record_key"], row["from_person_id"], row["to_person_id"]) for row in rows)


def moves_in_log(world: World) -> list[tuple[str, str, str]]:
    """The same, as the log tells consent."""
    told: Collection[Row] = [move for row in world.rows(names.RESOLVED_EVENTS) for move in row.get("moves", ())]
    return sorted((move["record_key"], move["from_person_id"], move["to_person_id"]) for move in told)
