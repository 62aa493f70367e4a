"""A model tried on published records: what would change, counted and listed; lists in, lists out, over a real store."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.events import Message
from support.stewards import decision
from support.worlds import ResolveWorld, decoded

from deploy.identity.replayed import Outcome, Together, compared, figures, largest, rows, sizes
from deploy.identity.trial import Trial, temporary_store
from deploy.population import generate
from partners import events
from partners.population import DEFAULT_AS_OF
from partners.rows import micros
from processors import names
from processors.records import Out
from processors.resolve.matching.model import Model, shipped
from streams.errors import DiskError, ThroughlineError
from streams.rocks import Rocks
from streams.store import Store

Row = dict[str, Any]
STRICT = replace(shipped(), link_bits=shipped().link_bits + 30)
"""By which much less is linked."""
SHORT = 5
"""Letters that may stand together in sealed text by chance."""
RECORDS = "abcdef"
"""Each called by one letter, the oldest first; its seed is the capital."""


def outcome(way: str, partner: str = "csac", *, is_unreadable: bool = False) -> Outcome:
    """Of a record, whose it is, and whose it would be: such as ``bAB``."""
    record, before, after = way
    return Outcome(record, partner, record.upper(), before, after, is_unreadable)


def told(*ways: str) -> dict[str, Any]:
    """Figures of what becomes of some records."""
    return figures(compared(map(outcome, ways)))


def test_who_stays_is_counted_and_who_goes_is_told_by_what_becomes_of_the_person() -> None:
    found = told("aAA", "bBA", "cCC", "dCD", "eCC", "fAC")
    assert found == {
        "records": 6, "unreadable": 0, "persons_before": 3, "persons_after": 3,
        "linked": 1, "split": 1, "moved": 1, "unchanged": 3,
    }  # fmt: skip


def test_of_no_records_nothing_changes() -> None:
    assert set(told().values()) == {0}
    assert rows(compared([])) == largest(compared([])) == sizes(compared([])) == []


def test_records_whose_keys_are_erased_are_counted() -> None:
    found = compared([outcome("aAA"), outcome("bAB", is_unreadable=True)])
    assert (figures(found)["unreadable"], figures(found)["split"]) == (1, 1)


def test_every_change_is_a_row_by_record() -> None:
    found = compared(map(outcome, ("dCD", "bBA", "aAA", "fAC", "cCC")))
    assert rows(found) == [("b", "B", "A", "merged"), ("d", "C", "D", "split"), ("f", "A", "C", "relinked")]


def test_what_a_person_takes_in_or_loses_is_one_change_and_the_largest_comes_first() -> None:
    merged = [outcome("dDA"), outcome("bBA", "edd"), outcome("cBA"), outcome("aAA")]
    assert largest(compared(merged)) == [
        Together("merged", ("B", "D"), ("A",), ("b", "c", "d"), ("csac", "edd")),
    ]  # fmt: skip
    split = [outcome("bAB"), outcome("aAA"), outcome("cAC")]
    assert largest(compared(split)) == [Together("split", ("A",), ("B", "C"), ("b", "c"), ("csac",))]
    moved = [outcome("aAA"), outcome("bBB"), outcome("cCC"), outcome("dAC"), outcome("eBC"), outcome("fAC")]
    assert [(one.before, one.after, one.record_keys) for one in largest(compared(moved))] == [
        (("A",), ("C",), ("d", "f")), (("B",), ("C",), ("e",)),
    ]  # fmt: skip


def test_how_large_persons_are_is_told_now_and_by_the_model() -> None:
    assert sizes(compared(map(outcome, ("aAA", "bBA", "cCC", "dCA", "eEA")))) == [("1", 3, 1), ("2", 1, 0), ("4", 0, 1)]
    many = [Outcome(f"{n}", "csac", f"{n}", "P", "P", is_unreadable=False) for n in range(51)]
    assert sizes(compared(many)) == [("51 and more", 1, 1)]
    assert sizes(compared(many[:50])) == [("21 to 50", 1, 1)]
    assert sizes(compared(many[:6])) == [("6 to 10", 1, 1)]


PERSONS = st.lists(st.sampled_from(RECORDS.upper()), min_size=len(RECORDS), max_size=len(RECORDS))


@given(PERSONS, PERSONS)
def test_the_counts_add_up(before: Sequence[str], after: Sequence[str]) -> None:
    found = compared(outcome("".join(way)) for way in zip(RECORDS, before, after, strict=True))
    counts = figures(found)
    assert sum(int(counts[name]) for name in ("linked", "split", "moved", "unchanged")) == counts["records"]
    assert (counts["persons_before"], counts["persons_after"]) == (len({*before}), len({*after}))
    assert found.after == Counter(after)
    assert sum(len(one.record_keys) for one in largest(found)) == len(rows(found))
    assert [sum(column) for column in list(zip(*sizes(found), strict=True))[1:]] == [len({*before}), len({*after})]


MADE = generate(80, 7)
EVENTS = [event for phase in ("history", "changes") for event in MADE.phases[phase]]


@pytest.fixture(scope="module")
def world() -> ResolveWorld:
    """As others leave it."""
    return made_world()


def made_world() -> ResolveWorld:
    """A population as resolve has decided it: joined, parted, moved, some of it rejected."""
    resolved = ResolveWorld()
    resolved.now = micros(datetime(DEFAULT_AS_OF.year, DEFAULT_AS_OF.month, DEFAULT_AS_OF.day, 12, tzinfo=UTC))
    sent = []
    for event in EVENTS:
        raw = event.raw if event.row is None else events.framed(event.family, [event.row])[0]
        sent.append(Message(event.topic, event.key, raw, dict(event.headers)))
    return resolved.take_all(sent, 100)


@pytest.fixture(scope="module")
def published(world: ResolveWorld) -> list[Row]:
    """All rows of ``identity.records``; of many records there are several."""
    found = world.rows(names.IDENTITY_RECORDS)
    assert len(found) > 1.1 * len({row["record_key"] for row in found})
    return found


@pytest.fixture
def store() -> Iterator[Store]:
    with temporary_store() as made:
        yield made


def tried(
    store: Store, world: ResolveWorld, published: Sequence[Row], model: Model | None = None, batch: int = 300
) -> list[Outcome]:
    """Whose records would be."""
    trial = Trial(store, model or shipped())
    for start in range(0, len(published), batch):
        trial.enter(published[start : start + batch], world.keys)
    return list(trial.outcomes())


@pytest.mark.parametrize("batch", [7, 300, 100_000])
def test_by_the_model_in_force_nothing_changes(
    store: Store, world: ResolveWorld, published: Sequence[Row], batch: int
) -> None:
    found = tried(store, world, published, batch=batch)
    assert {one.record_key: one.before for one in found} == world.persons()
    assert [one for one in found if one.before != one.after] == []


def test_by_a_stricter_model_persons_are_split_and_by_the_one_in_force_they_are_one_again(
    store: Store, world: ResolveWorld, published: Sequence[Row]
) -> None:
    found = tried(store, world, published, STRICT)
    counts = figures(compared(found))
    assert int(counts["split"]) > 10
    assert int(counts["persons_after"]) > int(counts["persons_before"])
    taken = {one.record_key: one.after for one in found}
    with temporary_store() as other:
        back = tried(other, world, [{**row, "person_id": taken[row["record_key"]]} for row in published])
    assert {one.record_key: one.after for one in back} == world.persons()
    assert {kind for *_, kind in rows(compared(back))} == {"merged"}


def test_a_record_whose_key_is_erased_stands_alone(store: Store, world: ResolveWorld, published: Sequence[Row]) -> None:
    gone = next(key for key, person in sorted(world.persons().items()) if Counter(world.persons().values())[person] > 1)
    kept = world.keys.keys.pop(gone)
    try:
        found = {one.record_key: one for one in tried(store, world, published)}
    finally:
        world.keys.keys[gone] = kept
    assert [one.record_key for one in found.values() if one.is_unreadable] == [gone]
    assert found[gone].after == found[gone].seed


def test_stewards_decisions_hold_as_they_do_in_resolve(store: Store) -> None:
    world = made_world()
    records = sorted(world.groups(), key=lambda keys: (len(keys), min(keys)))
    [alone], [other], (one, *others) = (sorted(keys) for keys in (*records[:2], records[-1]))
    said = [decision("different", *((one, key) for key in others)), decision("same", (alone, other))]
    world.take(*said)
    trial = Trial(store, shipped())
    trial.decide([decoded(Out(sent.topic, "", sent.value or b"", "")) for sent in said])
    trial.enter(world.rows(names.IDENTITY_RECORDS), world.keys)
    after = {found.record_key: found.after for found in trial.outcomes()}
    assert after == world.persons()
    assert after[one] not in {after[key] for key in others}
    assert after[alone] == after[other]


def test_nothing_that_a_record_says_can_be_read_in_the_store(
    store: Store, world: ResolveWorld, published: Sequence[Row]
) -> None:
    tried(store, world, published)
    content = b"".join(value for *_, value in store.content())
    told = {event.body.get("last_name") for event in EVENTS if event.family == "identity"}
    surnames = {name.upper() for name in told if name and len(name) > SHORT}
    assert len(surnames) > 10
    assert content
    assert not [name for name in surnames if name.encode() in content]


class Full(Rocks):
    """An engine whose disk is full from some moment on."""

    is_full = False

    def write(self, rows: Iterable[tuple[bytes, bytes | None]]) -> None:
        """Make rows durable, as long as there is room."""
        if self.is_full:
            raise DiskError("the store does not answer", "no space left")
        super().write(rows)


def test_a_full_disk_is_one_line_with_the_remedy(tmp_path: Path) -> None:
    Store.open(path := tmp_path / "full.rocksdb").close()
    with Store(engine := Full(path)) as store:
        trial = Trial(store, shipped())
        engine.is_full = True
        with pytest.raises(ThroughlineError, match=r"cannot be written \(no space left\): make room, or set TMPDIR"):
            trial.decide([{"kind": "same", "pairs": [{"one": "r1", "other": "r2"}]}])
