"""Another model is taken while events go on: in the end all is as if it had been there from the start."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import permutations
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support import worlds
from support.erasures import erasure
from support.events import MINUTE, NOON, Message, event_id, message
from support.models import LAX, OTHER, STRICT, choice, chosen
from support.stewards import decision
from support.worlds import DictKeys, ResolveWorld, Row, record_key

from processors import names, sealing
from processors.records import Out
from processors.resolve import adopted, taking
from processors.resolve.generations import TABLES, table_of
from processors.resolve.kinds import Kinds
from processors.resolve.matching import settling
from processors.resolve.matching.index import Change
from processors.resolve.matching.model import Model, shipped
from processors.state import Working

KEYS = DictKeys()
RECORDS = (("ccc", "s1"), ("ccc", "s2"), ("csu", "t1"), ("cde_k12", "k1"), ("cde_k12", "k2"), ("csac", "a1"))
SAM = {"first_name": "Sam", "last_name": "Reyes", "birth_date": "2005-01-02"}
SCHOOL, COLLEGE, AID = ("cde_k12", "k1"), ("ccc", "s1"), ("csac", "a1")
SCHOOL_KEY, COLLEGE_KEY, AID_KEY = (record_key(*record) for record in (SCHOOL, COLLEGE, AID))
MODELS = {"shipped": shipped(), "strict": STRICT, "lax": LAX, "other": OTHER}


@contextmanager
def slices(size: int, component_cap: int = settling.COMPONENT_CAP) -> Iterator[None]:
    """Slices so small that there are several."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(taking, "SLICE", size)
        patch.setattr(settling, "COMPONENT_CAP", component_cap)
        yield


def says(record: tuple[str, str], said: dict[str, Any], name: str = "traits", **more: Any) -> Message:
    """An identity event of a record."""
    return message(record[0], "identity", record[1], name, **{**said, **more})


def index_of(world: ResolveWorld) -> dict[str, list[tuple[str, bytes]]]:
    """Tables of the index in force, under the names that they have in generation 0."""
    generation = adopted.generation_of(Working(world.state))
    return {table: world.state.scan(table_of(table, generation), "") for table in TABLES}


def other_tables(world: ResolveWorld) -> set[str]:
    """Tables of indexes that are not in force, those that have rows."""
    mine = {table_of(table, adopted.generation_of(Working(world.state))) for table in TABLES}
    found = {table for table, rows in world.state.everything().items() if rows and table.split(".")[0] in TABLES}
    return found - mine


def asked(world: ResolveWorld) -> dict[str, tuple[int, str]]:
    """Open questions, as the topic has them."""
    newest = {out.key: out for out in world.outs if out.topic == names.REVIEWS}
    rows = {pair: worlds.decoded(out) for pair, out in newest.items() if out.value}
    return {pair: (row["bits_hundredths"], row["reason"]) for pair, row in rows.items() if row["open"]}


def followed(world: ResolveWorld) -> dict[str, str]:
    """Whose each record is, for who follows the log and the changes; no move is told from another place."""
    found: dict[str, str] = {}
    for row in world.rows(names.RESOLVED_EVENTS):
        for move in row.get("moves", []):
            assert found.get(move["record_key"], move["from_person_id"]) == move["from_person_id"]
            found[move["record_key"]] = move["to_person_id"]
        if row["schema"] == "resolved_event":
            assert found.get(row["record_key"], row["person_id"]) == row["person_id"]
            found[row["record_key"]] = row["person_id"]
    return found


def check_as_from_the_start(world: ResolveWorld, sent: Sequence[Message], model: Model) -> None:
    """All is as if a model had been there before anything was sent."""
    always = ResolveWorld(model).take_all(sent, 1)
    assert world.persons() == always.persons()
    assert index_of(world) == index_of(always)
    assert asked(world) == asked(always)
    assert other_tables(world) == set()
    newest = {row["record_key"]: row["person_id"] for row in world.rows(names.IDENTITY_RECORDS)}
    assert newest == world.persons()
    assert followed(world).items() <= world.persons().items()
    rows = dict(world.state.scan("model", ""))
    assert rows.keys() == {"current", "generation", model.name}


CONTENT = st.fixed_dictionaries(
    {
        "first_name": st.sampled_from(["Sam", "Samuel", "Ana"]),
        "last_name": st.sampled_from(["Reyes", "Reyes López"]),
        "birth_date": st.sampled_from(["2005-01-02", "2005-01-02", "2006-01-02", None]),
        "ssn": st.sampled_from(["219-09-9998", "219-09-9997", None, None]),
        "phone": st.sampled_from(["213-555-0101", None]),
    }
)
SAID = st.tuples(st.sampled_from(RECORDS), st.sampled_from(["r1", "r2"]), st.integers(0, 3), CONTENT)
PAIRS = st.tuples(st.sampled_from(RECORDS), st.sampled_from(RECORDS)).filter(lambda pair: pair[0] != pair[1])
STEPS = st.one_of(
    st.tuples(st.just("says"), SAID),
    st.tuples(st.just("says"), SAID),
    st.tuples(st.just("decides"), st.tuples(st.sampled_from(["same", "different", "withdrawn"]), PAIRS)),
    st.tuples(st.just("chooses"), st.sampled_from(sorted(MODELS))),
    st.tuples(st.sampled_from(["crashes", "waits", "holds back", "goes on"]), st.none()),
)
SLOW = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def sent_by(what: str, told: Any, n: int) -> Message:
    """A step as a topic has it."""
    if what == "chooses":
        return choice(MODELS[told], KEYS, str(n))
    if what == "decides":
        kind, pair = told
        return decision(kind, (record_key(*pair[0]), record_key(*pair[1])), name=str(n))
    record, source, published, said = told
    return says(record, said, source, published_at=NOON + published, event_id=event_id(str(n)))


@SLOW
@given(st.lists(STEPS, max_size=16), st.integers(1, 3), st.sampled_from([2, 3, 50]))
def test_all_is_as_if_the_model_chosen_last_had_been_there_from_the_start(
    steps: list[tuple[str, Any]], size: int, component_cap: int
) -> None:
    """Whatever comes between the slices, wherever a batch is lost, however often another model is chosen."""
    with slices(size, component_cap):
        world, sent, model = ResolveWorld(), [], shipped()
        for n, (what, told) in enumerate(steps):
            if what == "crashes":
                world.decide()
            elif what == "waits":
                world.take()
            elif what in {"holds back", "goes on"}:
                world.goes_on = what == "goes on"
            else:
                one = sent_by(what, told, n)
                world.take(one)
                model = MODELS[told] if what == "chooses" else model
                sent += [] if what == "chooses" else [one]
        world.goes_on = True
        check_as_from_the_start(world.settle(), sent, model)


PEOPLE = [
    says(record, {**SAM, **more}, f"traits {record}")
    for record, more in (
        (SCHOOL, {}),
        (COLLEGE, {}),
        (("csu", "t1"), {"first_name": "Samuel"}),
        (AID, {"ssn": "219-09-9998"}),
        (("ccc", "s2"), {"birth_date": None}),
        (("cde_k12", "k2"), {"first_name": "Ana"}),
    )
] + [message("ccc", "enrollment", "s1", "e1")]


def known() -> ResolveWorld:
    """A world that heard of some people."""
    return ResolveWorld().take_all(PEOPLE, 3)


def of_models(outs: Sequence[Out]) -> list[Row]:
    return [worlds.decoded(out) for out in outs if out.topic == names.MODELS]


def test_an_installation_tells_with_its_first_batch_which_model_it_begins_with_and_tells_it_once() -> None:
    made = known()
    [row] = made.rows(names.MODELS)
    assert (row["model"], row["generation"], row["decision_id"]) == (shipped().name, 0, None)
    assert adopted.opened(row["model"], row["sealed_document"], made.keys) == shipped()


def test_a_newer_version_that_ships_another_model_changes_nothing() -> None:
    made = ResolveWorld(STRICT).take_all(PEOPLE, 2)
    assert [row["model"] for row in made.rows(names.MODELS)] == [STRICT.name]
    assert {row["model"] for row in made.rows(names.IDENTITY_CHANGES)} == {STRICT.name}


def test_a_model_comes_into_force_when_all_records_are_compared_and_only_then_do_records_move() -> None:
    with slices(2):
        made = known()
        before = made.persons()
        made.take(choice(STRICT, made.keys))
        while taking.progress(Working(made.state)) and not (told := of_models(made.take())):
            assert made.persons() == before
        [row] = told
        assert (row["model"], row["generation"], row["decision_id"]) == (
            STRICT.name,
            1,
            event_id(f"model {STRICT.name}"),
        )
        assert made.persons() == before
        made.settle()
    assert made.groups() == {frozenset({key}) for key in before}
    moves = [row for row in made.rows(names.RESOLVED_EVENTS) if row["schema"] == "records_moved"]
    assert {row["caused_by_event_id"] for row in moves} >= {row["decision_id"]}
    ids = [row["move_id"] for row in moves]
    assert len(ids) == len(set(ids))


def kinds_told(made: ResolveWorld) -> set[tuple[str, str, str, str]]:
    cause = {row["decision_id"] for row in made.rows(names.MODELS)}
    rows = [row for row in made.rows(names.IDENTITY_CHANGES) if row["event_id"] in cause]
    return {(row["record_key"], row["from_person_id"], row["to_person_id"], row["kind"]) for row in rows}


@SLOW
@given(st.lists(SAID, min_size=3, max_size=12), st.sampled_from(sorted(MODELS)), st.integers(1, 3))
def test_what_becomes_of_persons_is_told_the_same_whatever_the_slices(said: list[Any], name: str, size: int) -> None:
    made = ResolveWorld(OTHER).take_all([sent_by("says", told, n) for n, told in enumerate(said)], 4)
    before, rows = made.persons(), dict(made.state.scan("record", ""))
    made.take(choice(MODELS[name], made.keys))
    with slices(size):
        made.settle()
    seeds = {key: orjson.loads(raw)["seed"] for key, raw in rows.items()}
    changes = [Change(key, before[key], person) for key, person in made.persons().items() if person != before[key]]
    kinds = Kinds(changes, seeds)
    assert kinds_told(made) == {(*change, kinds.of(change)) for change in changes}


def test_a_choice_that_is_undone_leaves_everything_as_it_was() -> None:
    with slices(2):
        made = known()
        before = (made.persons(), index_of(made), asked(made))
        made.take(choice(LAX, made.keys, "taken"))
        made.settle()
        assert (made.persons(), index_of(made), asked(made)) != before
        made.take(choice(shipped(), made.keys, "undone"))
        made.settle()
    assert (made.persons(), index_of(made), asked(made)) == before
    assert [row["generation"] for row in made.rows(names.MODELS)] == [0, 1, 2]


def test_a_model_that_is_in_force_or_is_being_taken_is_not_taken_again() -> None:
    with slices(2):
        made = known()
        made.take(choice(shipped(), made.keys))
        assert taking.progress(Working(made.state)) is None
        made.take(choice(STRICT, made.keys))
        made.take(choice(STRICT, made.keys, "again"))
        made.settle()
    assert [row["model"] for row in made.rows(names.MODELS)] == [shipped().name, STRICT.name]


def test_a_choice_that_comes_while_records_are_compared_ends_that_before_anybody_has_moved() -> None:
    with slices(2):
        made = known()
        before = made.persons()
        made.take(choice(STRICT, made.keys, "a mistake"))
        made.take(choice(shipped(), made.keys, "as it was"))
        made.settle()
    assert made.persons() == before
    assert [row["model"] for row in made.rows(names.MODELS)] == [shipped().name]
    assert other_tables(made) == set()


def test_a_choice_that_is_no_model_of_ours_changes_nothing_and_is_refused_with_the_reason() -> None:
    made = known()
    everything = made.state.everything()
    strict, other = (adopted.sealed(model, made.keys) for model in (STRICT, OTHER))
    broken = sealing.seal(made.keys, adopted.KEY_ID, "model|beef", b"{}")
    called = sealing.seal(made.keys, adopted.KEY_ID, "model|feed", STRICT.to_json())
    for model, document, reason in (
        (STRICT.name, "c2VhbGVk", "not_unsealed"), (STRICT.name, other, "not_unsealed"),
        (OTHER.name, strict, "not_unsealed"), ("beef", broken, "other_version"), ("feed", called, "other_name"),
    ):  # fmt: skip
        [out] = made.take(chosen(model, document))
        told = {"schema": "model_refused", "decision_id": event_id(f"model {model}"), "model": model, "reason": reason}
        assert out.topic == names.MODELS
        assert worlds.decoded(out) == told
        assert made.counts["identity_models_refused", reason] == 1
    assert made.state.everything() == everything


def test_a_model_that_is_being_taken_is_taken_whatever_is_refused_meanwhile() -> None:
    with slices(2):
        made = known()
        made.take(choice(STRICT, made.keys))
        made.take(chosen("beef", "c2VhbGVk"))
        made.settle()
    check_as_from_the_start(made, PEOPLE, STRICT)


def test_slices_wait_while_consent_is_behind_and_events_go_on() -> None:
    with slices(2):
        made = known()
        made.goes_on = False
        made.take(choice(STRICT, made.keys))
        began = taking.progress(Working(made.state))
        made.take(says(AID, SAM, "more"))
        assert taking.progress(Working(made.state)) == began == (0, 0)
        made.goes_on = True
        made.settle()
    check_as_from_the_start(made, [*PEOPLE, says(AID, SAM, "more")], STRICT)


def test_progress_rises_to_each_record_twice() -> None:
    with slices(1):
        made = known()
        made.take(choice(STRICT, made.keys))
        told = [taking.progress(Working(made.state))]
        while (found := taking.progress(Working(made.state))) is not None:
            told.append(found)
            made.take()
    done = [found[0] for found in told if found]
    assert done == sorted(done)
    assert told[-1] == (2 * len(made.persons()), 2 * len(made.persons()))
    assert all(found and found[0] <= found[1] for found in told)


def test_what_the_index_that_is_made_beside_does_is_not_counted() -> None:
    made = known()
    with slices(1):
        made.take(choice(STRICT, made.keys))
        made.take()
        assert not [name for name in made.counts if name[0].startswith("identity_")]


LATER = [
    *PEOPLE[3:],
    says(COLLEGE, {**SAM, "first_name": "Ana"}, "corrected", event_id=event_id("c"), published_at=NOON + 1),
    decision("same", (SCHOOL_KEY, COLLEGE_KEY)),
    decision("different", (SCHOOL_KEY, AID_KEY)),
    decision("same", (COLLEGE_KEY, record_key("ccc", "s2"))),
    decision("withdrawn", (SCHOOL_KEY, COLLEGE_KEY)),
    message("ccc", "enrollment", "s9", "e9"),
]


@pytest.mark.parametrize("name", ["strict", "lax"])
@pytest.mark.parametrize("at", range(10))
def test_what_comes_while_a_model_is_taken_is_compared_by_it_too(at: int, name: str) -> None:
    begun = [*PEOPLE[:3], message("ccc", "enrollment", "s8", "e8")]
    with slices(1):
        made = ResolveWorld().take_all(begun, 1)
        made.take(choice(MODELS[name], made.keys))
        for _ in range(at):
            made.take()
        made.goes_on = False
        made.take_all(LATER, 1)
        made.goes_on = True
        check_as_from_the_start(made.settle(), [*begun, *LATER], MODELS[name])


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_all_records_that_a_person_is_split_off_with_or_merged_with_are_told_to_be(order: tuple[int, ...]) -> None:
    number = {"ssn": "219-09-9998"}
    told = [says(SCHOOL, SAM), says(COLLEGE, {**SAM, **number}), says(AID, {**SAM, **number})]
    with slices(1):
        made = ResolveWorld()
        for n in order:
            made.now += MINUTE
            made.take(told[n])
        made.take(choice(STRICT, made.keys, "1"))
        made.settle()
        split = {(key, kind) for key, _, _, kind in kinds_told(made)}
        made.take(choice(shipped(), made.keys, "2"))
        made.settle()
    assert len(made.groups()) == 1
    younger = {COLLEGE_KEY, AID_KEY} if order[0] == 0 else {SCHOOL_KEY}
    assert split == {(key, "split") for key in younger}
    assert {(key, kind) for key, _, _, kind in kinds_told(made)} - split == {(key, "merged") for key in younger}


def people() -> list[Message]:
    """Some who are one person, some who may be, and one who is alone."""
    number = {"ssn": "219-09-9998"}
    return [
        says(SCHOOL, SAM), says(COLLEGE, {**SAM, **number}), says(AID, {**SAM, **number}),
        says(("ccc", "s2"), {**SAM, "first_name": "Simon"}, "simon"),
        says(("csu", "t1"), {**SAM, "birth_date": "2005-01-03"}),
        says(("cde_k12", "k2"), {"first_name": "Ana", "last_name": "Ortiz", "birth_date": "1990-06-20"}, "ana"),
    ]  # fmt: skip


@pytest.mark.parametrize("model", [STRICT, LAX, OTHER], ids=["strict", "lax", "other"])
@pytest.mark.parametrize("part_done", range(0, 44, 4))
def test_who_is_erased_while_another_model_is_taken_is_as_if_they_had_never_come(part_done: int, model: Model) -> None:
    with slices(1):
        world = ResolveWorld().take_all(people(), 1)
        world.take(choice(model, world.keys))
        for _ in range(part_done):
            world.take()
        person_id = world.persons()[COLLEGE_KEY]
        gone = {key for key, person in world.persons().items() if person == person_id}
        world.take(erasure(person_id, [COLLEGE_KEY]))
        world.take(*people())
        world.settle()
        assert gone.isdisjoint(world.persons())
        never = [sent for sent in people() if record_key(sent.topic.split(".")[1], str(sent.key, "utf-8")) not in gone]
        other = ResolveWorld(model).take_all(never, 1)
        assert world.groups() == other.groups()
        assert {table: [key for key, _ in rows] for table, rows in index_of(world).items()} == {
            table: [key for key, _ in rows] for table, rows in index_of(other).items()
        }
        assert other_tables(world) == set()
        assert asked(world).keys() == asked(other).keys()
        followed(world)
