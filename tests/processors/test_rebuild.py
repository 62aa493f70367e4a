"""States rebuilt from the log are those that were, whatever the order in which topics are read."""

import random
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime

import orjson
import pytest
from support.erasures import erasure
from support.events import NOON, Message, message
from support.models import STRICT, choice, chosen
from support.stewards import decision
from support.worlds import PSEUDONYM_KEY, Kept, PureWorld, next_version, record_key

from deploy.population import generate
from partners import events, rows
from partners.population.generate import DEFAULT_AS_OF
from processors import names
from processors.consent import decide as consent
from processors.consent.law.facts import Agency
from processors.consent.settle import Context
from processors.numbers import SENT, TAKEN
from processors.records import Arrival, Arrivals
from processors.resolve import decide as resolve
from processors.resolve import rebuild, rights, taking
from processors.resolve.generations import TABLES
from processors.resolve.seen import ANY_BYTES
from processors.state import Changes, Working, canonical

SOURCES = (
    names.IDENTITY_RECORDS, names.IDENTITY_CHANGES, names.RESOLVED_EVENTS, names.AGREEMENTS, names.STEWARDS,
)  # fmt: skip


@pytest.fixture(scope="module")
def world() -> PureWorld:
    """Two phases of a population, decided: links, moves, withdrawals, birthdays, dead letters among it."""
    made = generate(120, 7)
    told = PureWorld(batch=300)
    told.now = rows.micros(datetime(DEFAULT_AS_OF.year, DEFAULT_AS_OF.month, DEFAULT_AS_OF.day, 12, tzinfo=UTC))
    for phase in ("history", "changes"):
        for event in made.phases[phase]:
            raw = event.raw if event.row is None else events.framed(event.family, [event.row])[0]
            told.send(event.topic, event.key, raw, dict(event.headers))
        told.settle()
        for sent in decided(told):
            told.send(*sent)
        told.settle()
        erase_some(told)
    return told


def erase_some(told: PureWorld) -> None:
    """Some persons are erased, those of many records among them, and then their keys are gone."""
    by_person: dict[str, list[str]] = {}
    for key, row in told.states["resolve"].scan("record", ""):
        by_person.setdefault(orjson.loads(row)["person"], []).append(key)
    chosen_ = sorted(by_person, key=lambda person: (-len(by_person[person]), person))[:24:2]
    for person in chosen_:
        told.send(*erasure(person, by_person[person][:1]))
    told.settle()
    for person in chosen_:
        for key in by_person[person]:
            told.keys.keys.pop(key, None)


def decided(told: PureWorld) -> list[Message]:
    """What a steward says of some records that are known, one of them by facts alone; a part is taken back."""
    known = {key: orjson.loads(row)["events"] for key, row in told.states["resolve"].scan("record", "")}
    one, other, third, fourth = [key for key, identities in known.items() if identities][:4]
    silent = next(key for key, identities in known.items() if not identities)
    return [
        decision("same", (one, other), (silent, third)),
        decision("different", (third, fourth)),
        decision("withdrawn", (silent, third)),
    ]


def content(state: Kept) -> dict[str, dict[str, bytes]]:
    """Everything but numbers and the audit's order."""
    tables = {name: rows for name, rows in state.everything().items() if name not in {SENT, TAKEN, "head"} and rows}
    return {name: {key: canonical(value) for key, value in found} for name, found in tables.items()}


def latest(records: Sequence[Arrival]) -> list[Arrival]:
    """As a compacted topic keeps them, some earlier ones still there."""
    newest = {record.key: record for record in records}
    return [record for n, record in enumerate(records) if newest[record.key] is record or n % 3 == 0]


def in_batches(records: Sequence[Arrival], state: Kept, size: int, act: object) -> None:
    for start in range(0, len(records), size):
        working = Working(state)
        act(records[start : start + size], working)  # type: ignore[operator]
        state.apply(working.changes())


def resolved_anew(world: PureWorld, seed: int) -> Kept:
    chance, state, key = random.Random(seed), Kept(), PSEUDONYM_KEY  # noqa: S311  # the same shuffles in every run
    topics = [latest(world.topics[name]) if name == names.IDENTITY_RECORDS else world.topics[name] for name in SOURCES]
    chance.shuffle(topics)
    models = world.topics[names.MODELS]
    in_batches(models, state, 1, rebuild.restore_models)
    size = chance.randrange(20, 400)
    for topic in topics:
        in_batches(topic, state, size, lambda part, working: rebuild.restore(part, working, world.keys, key))
    letters = [row for name in world.topics if name.startswith("deadletter.") for row in world.rows(name)]
    rejected = {f"{row['topic']}/{row['partition']}/{row['offset']}" for row in letters}
    partners = [topic for name, topic in world.topics.items() if name.startswith("partner.")]
    chance.shuffle(partners)
    for topic in partners:
        in_batches(topic, state, size, lambda part, working: rebuild.restore_digests(part, rejected, working))
    in_batches([None], state, 1, lambda _, working: rebuild.restore_days(working, key))  # type: ignore[list-item]
    records = [name for name, _ in state.scan("record", "")]
    in_batches(records, state, size, lambda part, working: rebuild.restore_rights(part, working, world.keys, key))  # type: ignore[arg-type]
    return state


@pytest.mark.parametrize("seed", range(5))
def test_resolves_state_is_rebuilt_from_its_topics_in_any_order_of_topics(world: PureWorld, seed: int) -> None:
    assert content(resolved_anew(world, seed)) == content(world.states["resolve"])


def attending() -> PureWorld:
    """Terms that are over, go on and are to come, corrected and taken back, of records of which one is erased."""
    told, exits = PureWorld(), {"exit_date": "2026-12-15"}
    for n, words in enumerate([{}, exits, {"entry_date": "2027-01-20"}, {"exit_date": "2026-10-02"}, exits]):
        told.send(*message("ccc", "enrollment", f"s{n}", f"fall {n}", **{"entry_date": "2026-08-24", **words}))
    told.send(*message("cde_k12", "enrollment", "k1", "year", entry_date="2025-08-12", exit_date="2026-06-10"))
    told.go_on_until("2026-10-03")
    later = {"published_at": NOON + 1, "source_record_id": "fall 1"}
    told.send(*message("ccc", "enrollment", "s1", "again", **later, operation="correct", entry_date="2026-12-01"))
    later = {"published_at": NOON + 2, "source_record_id": "fall 2"}
    told.send(*message("ccc", "enrollment", "s2", "gone", **later, operation="retract"))
    told.settle()
    gone = told.person_of("ccc", "s4")
    told.erase(gone)
    told.keys.keys.pop(record_key("ccc", "s4"))
    return told.go_on_until("2026-10-09")


@pytest.mark.parametrize("seed", range(5))
def test_what_is_attended_and_the_days_that_it_waits_for_are_rebuilt_too(seed: int) -> None:
    told = attending()
    assert told.states["resolve"].scan("attendance_day", "")
    assert content(resolved_anew(told, seed)) == content(told.states["resolve"])


@pytest.mark.parametrize("seed", range(5))
def test_a_store_lost_while_records_are_judged_anew_comes_back_and_the_log_is_told_of_each_once(
    monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    monkeypatch.setattr(rights, "SLICE", 2)
    told = PureWorld()
    for n in range(7):
        told.send(*message("ccc", "enrollment", f"s{n}", f"fall {n}", entry_date="2026-08-24"))
    told.settle().activate(next_version("mou-ccc", kind=Agency.SCHOOL))
    assert said_to_attend(told) == {"college": 7, "school": 2}
    told.states["resolve"] = resolved_anew(told, seed)
    for _ in range(5):
        told.go_on_until("2026-10-03")
    assert said_to_attend(told) == {"college": 7, "school": 7}
    assert content(resolved_anew(told, seed)) == content(told.states["resolve"])


def said_to_attend(told: PureWorld) -> Counter[str]:
    """How often the log says of a record what is attended."""
    return Counter(said["attends"] for row in told.rows(names.RESOLVED_EVENTS) for said in row.get("transfers", ()))


@pytest.mark.parametrize("size", [1, 7, 100_000])
def test_consents_state_is_rebuilt_from_the_log_whatever_the_batches(world: PureWorld, size: int) -> None:
    state, context = Kept(), Context(world.keys, 1)

    def decide(part: Sequence[Arrival], working: Working) -> None:
        consent.decide(Arrivals.of(part), working, context)

    in_batches(world.topics[names.RESOLVED_EVENTS], state, size, decide)
    changes: Changes = {"": {}}
    while changes:
        working = Working(state)
        decide([], working)
        state.apply(changes := working.changes())
    assert content(state) == content(world.states["consent"])


def test_an_event_of_which_the_id_alone_is_known_is_a_repeat_whatever_its_bytes(world: PureWorld) -> None:
    state = Kept()
    log = world.topics[names.RESOLVED_EVENTS][:2_000]
    in_batches(log, state, 50, lambda part, working: rebuild.restore(part, working, world.keys, PSEUDONYM_KEY))
    seen = state.scan("seen", "")
    assert seen
    assert {orjson.loads(value) for _, value in seen} == {ANY_BYTES}


def test_bytes_that_were_rejected_stand_for_no_id(world: PureWorld) -> None:
    letters = [row for name in world.topics if name.startswith("deadletter.") for row in world.rows(name)]
    letter = next(row for row in letters if row["code"] == "date_out_of_range")
    one = [a for a in world.topics[letter["topic"]] if a.offset == letter["offset"]]
    rejected = {one[0].position}
    state = Kept()
    in_batches(one, state, 1, lambda part, working: rebuild.restore_digests(part, rejected, working))
    assert state.everything() == {}


def being_taken(part_done: int) -> PureWorld:
    """A few people, and a stricter model of which so many slices are done."""
    told = PureWorld()
    for n, (partner, record) in enumerate((("ccc", "s1"), ("csac", "a1"), ("cde_k12", "k1"), ("ccc", "s2"))):
        given = "Ana" if record == "s2" else "Sam"
        told.publish(partner, "identity", record, f"i{n}", first_name=given, last_name="Reyes", birth_date="2005-01-02")
    told.settle()
    told.send(*choice(STRICT, told.keys))
    told.settle()
    for _ in range(part_done):
        take_slice(told)
    return told


def take_slice(world: PureWorld) -> None:
    world._step("resolve", lambda state: resolve.decide(Arrivals(), state, world._context()))  # noqa: SLF001


def taken_to_the_end(world: PureWorld) -> dict[str, dict[str, bytes]]:
    """What the state holds of persons, of the index and of models when no model is being taken any more."""
    while taking.progress(Working(world.states["resolve"])) is not None:
        take_slice(world)
    found = content(world.states["resolve"])
    told = {table: rows for table, rows in found.items() if table.split(".")[0] in {*TABLES, "model"}}
    persons = {key: orjson.loads(value)["person"].encode() for key, value in found["record"].items()}
    return {**told, "persons": persons}


@pytest.mark.parametrize("part_done", range(22))
def test_a_store_that_is_lost_while_a_model_is_taken_comes_to_the_same_end(
    part_done: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(taking, "SLICE", 1)
    world = being_taken(part_done)
    state = resolved_anew(world, part_done)
    working = Working(state)
    choices = rebuild.choices_in(world.topics[names.STEWARDS])
    rebuild.resume(choices, world.topics[names.MODELS], working, world.keys, has_lost=True)
    state.apply(working.changes())
    expected = taken_to_the_end(world)
    world.states["resolve"] = state
    assert taken_to_the_end(world) == expected


def test_a_model_that_is_being_taken_is_gone_on_with_though_a_choice_after_it_was_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(taking, "SLICE", 1)
    world = being_taken(0)
    world.send(*chosen("beef", "c2VhbGVk"))
    world.settle()
    state = resolved_anew(world, 1)
    working = Working(state)
    choices = rebuild.choices_in(world.topics[names.STEWARDS])
    rebuild.resume(choices, world.topics[names.MODELS], working, world.keys, has_lost=True)
    assert taking.progress(working) is not None
    state.apply(working.changes())
    expected = taken_to_the_end(world)
    world.states["resolve"] = state
    assert taken_to_the_end(world) == expected


def test_a_store_that_was_not_lost_has_no_move_to_look_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(taking, "SLICE", 1)
    world = being_taken(0)
    expected = taken_to_the_end(world)
    world.states["resolve"] = resolved_anew(world, 1)
    working = Working(world.states["resolve"])
    choices = rebuild.choices_in(world.topics[names.STEWARDS])
    rebuild.resume(choices, world.topics[names.MODELS], working, world.keys, has_lost=False)
    assert working.changes() == {}
    assert taken_to_the_end(world) == expected
