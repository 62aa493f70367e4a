"""Order of arrival and size of batches do not show: persons are a function of the set of identity events."""

from collections import defaultdict
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support import events, worlds
from support.events import NOON, Message, message
from support.stewards import decision
from support.worlds import PSEUDONYM_KEY, ResolveWorld, record_key

from processors import names
from processors.resolve import traits
from processors.resolve.decisions import pair_of
from processors.resolve.matching import blocking, blocks, clusters, settling
from processors.resolve.matching.decided import UNDECIDED, Words
from processors.resolve.matching.description import Description
from processors.resolve.matching.model import shipped
from processors.resolve.matching.scoring import Scorer

RECORDS = (("ccc", "s1"), ("ccc", "s2"), ("csu", "t1"), ("cde_k12", "k1"), ("cde_k12", "k2"), ("csac", "a1"))
NUMBERS = ("219-09-9998", "219-09-9997")
SLOW = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
CAPS = st.tuples(st.sampled_from([2, 3, 50]), st.sampled_from([2, 3, 4]))


@contextmanager
def caps(key_cap: int, component_cap: int) -> Iterator[None]:
    """Make the caps small enough for a test to pass them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocks, "KEY_CAP", key_cap)
        patch.setattr(settling, "COMPONENT_CAP", component_cap)
        yield


@dataclass(frozen=True)
class Said:
    """One identity event, as far as linking goes."""

    record: tuple[str, str]
    source: str
    published: int
    operation: str
    content: tuple[tuple[str, Any], ...]

    def message(self, n: int) -> Message:
        """As the partner sends it; ``n`` makes its id."""
        partner, token = self.record
        more = {"operation": self.operation, "published_at": NOON + self.published, "event_id": events.event_id(str(n))}
        return message(partner, "identity", token, self.source, **more, **dict(self.content))

    def descriptions(self) -> list[Description]:
        """What it says, normalised."""
        if self.operation == "retract":
            return []
        envelope = events.envelope(*self.record, "i", "i") | {"identifiers": []}
        body = events.body("identity", **dict(self.content))
        return traits.of_identity(envelope, body, record_key(*self.record), PSEUDONYM_KEY)


NAMES = ("first_name", "last_name", "birth_date", "ssn", "phone", "email")


def content(*values: str | None) -> tuple[tuple[str, Any], ...]:
    """What a source says, in the order of NAMES."""
    return tuple(zip(NAMES, values, strict=True))


CONTENT = st.builds(
    content,
    st.sampled_from(["Sam", "Samuel", "Ana"]),
    st.sampled_from(["Reyes", "Reyes López"]),
    st.sampled_from(["2005-01-02", "2005-01-02", "2006-01-02", None]),
    st.sampled_from([*NUMBERS, None, None]),
    st.sampled_from(["213-555-0101", "213-555-0102", None]),
    st.sampled_from(["s@example.org", None]),
)
SAID = st.builds(
    Said,
    st.sampled_from(RECORDS),
    st.sampled_from(["r1", "r1", "r2"]),
    st.integers(0, 3),
    st.sampled_from(["assert", "assert", "correct", "retract"]),
    CONTENT,
)
HISTORIES = st.lists(SAID, min_size=2, max_size=12)


def wage(number: str) -> Message:
    """Wages of a number under Sam's name."""
    numbers = [worlds.ssn(number)]
    return message("edd", "employment", None, number, subject_name="REYES SAM", identifiers=numbers)


def expected(history: list[Said]) -> set[frozenset[str]]:
    """The persons from scratch."""
    return partition(known_from(history))


def said_and_decided(
    history: list[Said], decisions: list[tuple[str, list[tuple[str, str]]]]
) -> tuple[dict[str, list[Description]], Words]:
    """What records say, and what of them was decided."""
    known = known_from(history)
    return known, standing(decisions, known)


def known_from(history: list[Said]) -> dict[str, list[Description]]:
    """What each record says: newest version of each source row, the newest rows first."""
    rows: dict[tuple[tuple[str, str], str], tuple[int, str, Said]] = {}
    for n, said in enumerate(history):
        version = (said.published, events.event_id(str(n)), said)
        place = (said.record, said.source)
        if place not in rows or rows[place][:2] < version[:2]:
            rows[place] = version
    known: dict[str, list[Description]] = {record_key(*record): [] for record, _ in rows}
    for (record, _), version in sorted(rows.items(), key=lambda row: row[1][:2], reverse=True):
        known[record_key(*record)] += version[2].descriptions()
    return {key: list(dict.fromkeys(told)) for key, told in known.items()}


def partition(known: dict[str, list[Description]], decided: Words = UNDECIDED) -> set[frozenset[str]]:
    """Records by person, every pair compared."""
    under: dict[int, set[str]] = defaultdict(set)
    for key, told in known.items():
        for block in blocking.keys_of(told, shipped().rules, PSEUDONYM_KEY)[1].tolist():
            under[block].add(key)
    usable = [block for block in under.values() if len(block) <= blocks.KEY_CAP]
    found = {pair for block in usable for pair in combinations(sorted(block), 2)}
    told_of = [key for key in sorted(known) if known[key]]
    scored = Scorer.of(shipped(), known).pairs(list(combinations(told_of, 2)))
    links = [(pair.one, pair.other) for pair in scored if pair.is_link and (pair.one, pair.other) in found]
    found_ = clusters.components(known, [*links, *decided.same])
    return {part for component in found_ for part in parts(component, scored, decided)}


def parts(component: list[str], scored: list[clusters.Pair], decided: Words) -> list[frozenset[str]]:
    """The persons of a component."""
    same = [pair for pair in decided.same if {*pair} <= set(component)]
    if len(component) > settling.COMPONENT_CAP and not same:
        return [frozenset({key}) for key in component]
    inside = [pair for pair in scored if {pair.one, pair.other} <= set(component)]
    counted = inside if len(component) <= settling.COMPONENT_CAP else []
    return [frozenset(group) for group in clusters.clusters_of(component, counted, same, decided.different)]


@SLOW
@given(HISTORIES, CAPS, st.data())
def test_persons_are_the_same_for_every_order_and_every_batching(
    history: list[Said], small: tuple[int, int], data: st.DataObject
) -> None:
    sent = [said.message(n) for n, said in enumerate(history)]
    order = data.draw(st.permutations(sent))
    batch = data.draw(st.integers(1, len(sent)))
    with caps(*small):
        assert ResolveWorld().take_all(order, batch).groups() == expected(history)


KEYS = [record_key(*record) for record in RECORDS]
PAIRS = st.sampled_from(list(combinations(KEYS, 2)))
DECISIONS = st.lists(
    st.tuples(st.sampled_from(["same", "same", "different", "withdrawn"]), st.lists(PAIRS, min_size=1, max_size=2)),
    max_size=5,
)


def standing(decisions: list[tuple[str, list[tuple[str, str]]]], known: Collection[str]) -> Words:
    """Of each pair of known records what was decided last."""
    last = {pair_of(*pair): kind for kind, pairs in decisions for pair in pairs}
    of = {kind: [p for p, k in sorted(last.items()) if k == kind and {*p} <= set(known)] for kind in last.values()}
    return Words(of.get("same", []), of.get("different", []))


@SLOW
@given(HISTORIES, DECISIONS, CAPS, st.data())
def test_a_stewards_word_counts_the_same_whenever_it_comes(
    history: list[Said],
    decisions: list[tuple[str, list[tuple[str, str]]]],
    small: tuple[int, int],
    data: st.DataObject,
) -> None:
    """Decisions keep their order among themselves, as their topic does; everything else comes in any."""
    decided = [decision(kind, *pairs, name=str(n)) for n, (kind, pairs) in enumerate(decisions)]
    sent = [said.message(n) for n, said in enumerate(history)]
    places = sorted(data.draw(st.lists(st.integers(0, len(sent)), min_size=len(decided), max_size=len(decided))))
    order = data.draw(st.permutations(sent))
    for n, (place, one) in enumerate(zip(places, decided, strict=True)):
        order.insert(place + n, one)
    with caps(*small):
        made = ResolveWorld().take_all(order, data.draw(st.integers(1, len(order))))
        assert made.groups() == partition(*said_and_decided(history, decisions))


@SLOW
@given(HISTORIES, CAPS, st.data())
def test_what_stewards_are_asked_is_the_same_for_every_order_and_every_batching(
    history: list[Said], small: tuple[int, int], data: st.DataObject
) -> None:
    sent = [said.message(n) for n, said in enumerate(history)]
    order = data.draw(st.permutations(sent))
    with caps(*small):
        at_once, one_by_one = ResolveWorld().take_all(sent, len(sent)), ResolveWorld().take_all(order, 1)
    for table in ("review", "asked"):
        assert one_by_one.state.scan(table, "") == at_once.state.scan(table, "")


@SLOW
@given(HISTORIES, CAPS, st.integers(1, 5), st.integers(0, 2))
def test_the_size_of_batches_does_not_even_show_in_a_persons_id(
    history: list[Said], small: tuple[int, int], batch: int, wages: int
) -> None:
    sent = [said.message(n) for n, said in enumerate(history)] + [wage(number) for number in NUMBERS[:wages]]
    facts = [message(*said.record[:1], "enrollment", said.record[1], f"e{n}") for n, said in enumerate(history)]
    mixed = [m for pair in zip(sent, facts, strict=False) for m in pair if not m.topic.startswith("partner.csac.enr")]
    mixed += sent[len(facts) :]
    with caps(*small):
        one_by_one, batched = ResolveWorld().take_all(mixed, 1), ResolveWorld().take_all(mixed, batch)
        assert one_by_one.persons() == batched.persons()


@SLOW
@given(HISTORIES, st.data())
def test_repeats_change_nothing(history: list[Said], data: st.DataObject) -> None:
    sent = [said.message(n) for n, said in enumerate(history)]
    made = ResolveWorld().take_all(sent, 4)
    before = made.state.everything()
    again = data.draw(st.lists(st.sampled_from(sent), max_size=8))
    assert made.take(*again) == []
    assert made.state.everything() == before


@SLOW
@given(HISTORIES, CAPS, st.integers(1, 4))
def test_whoever_follows_the_log_knows_the_person_of_each_record(
    history: list[Said], small: tuple[int, int], batch: int
) -> None:
    facts = [message("ccc", "enrollment", token, f"e {token}") for token in ("s1", "s2")]
    with caps(*small):
        made = ResolveWorld().take_all([*facts, *(said.message(n) for n, said in enumerate(history))], batch)
    follower: dict[str, str] = {}
    for row in made.rows(names.RESOLVED_EVENTS):
        if row["schema"] == "resolved_event":
            follower[row["record_key"]] = row["person_id"]
        for move in row.get("moves", []):
            assert follower.get(move["record_key"], move["from_person_id"]) == move["from_person_id"]
            follower[move["record_key"]] = move["to_person_id"]
    assert follower.items() <= made.persons().items()
    newest = {row["record_key"]: row["person_id"] for row in made.rows(names.IDENTITY_RECORDS)}
    assert newest == made.persons()


@SLOW
@given(HISTORIES, st.data())
def test_what_is_sealed_in_one_place_is_the_same_in_every_order(history: list[Said], data: st.DataObject) -> None:
    """A nonce follows from its place: two contents in one place would break the cipher."""
    sent = [said.message(n) for n, said in enumerate(history)]
    worlds_ = [ResolveWorld().take_all(order, 2) for order in (sent, data.draw(st.permutations(sent)))]
    rows = [row for made in worlds_ for row in made.rows(names.IDENTITY_RECORDS)]
    contents = {(row["record_key"], tuple(row["event_ids"]), row["sealed_traits"]) for row in rows}
    assert len({place[:2] for place in contents}) == len(contents)
