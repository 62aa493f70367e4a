"""What a partner is told of its submissions: all that it sent, in counts that show nobody."""

import itertools
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.events import MINUTE, Message, event_id, message
from support.worlds import PureWorld, record_key

from processors import names
from processors.consent import receipts
from processors.consent.receipts import FEWEST, LONGEST_MICROS, Tally, may_tell
from processors.records import Arrivals
from processors.resolve import submissions
from processors.resolve.codes import Code, Rejection
from processors.state import Memory, Working, canonical
from schemas_avro.ids import SUBMISSION

Row = dict[str, Any]
ONE, OTHER = event_id("one submission"), event_id("another")
LEA, COLLEGE = "lea_grand_bend", "ccc"
"""Partners of which the shipped agreements share enrollments anyhow, and with consent only."""


def of(submission: str, *messages: Message) -> list[Message]:
    """The messages as one run of publishing sends them."""
    return [Message(*sent[:3], {**sent.headers, SUBMISSION: submission.encode()}) for sent in messages]


def pupils(count: int, partner: str = LEA, first: int = 0) -> list[Message]:
    """An enrollment each of so many records."""
    return [message(partner, "enrollment", f"p{n}", f"e{n}") for n in range(first, first + count)]


def hears(world: PureWorld, *messages: Message) -> PureWorld:
    """The world hears this within one minute of the log."""
    for sent in messages:
        world.send(*sent)
    return world.settle()


def minutes(world: PureWorld, count: int = 1) -> PureWorld:
    """So many minutes begin in which nothing comes from partners."""
    for _ in range(count):
        world.now += MINUTE
        world.go_on()
    return world


def told(world: PureWorld, partner: str = LEA) -> list[Row]:
    """Receipts that a partner finds."""
    return world.rows(names.receipts_topic(partner))


def decided(family: str, rule: str, events: int, carried: int | None, withheld: int | None) -> Row:
    """One line of a receipt."""
    return {"family": family, "rule": rule, "events": events, "carried": carried, "withheld": withheld}


def test_a_receipt_has_every_event_of_a_submission_as_it_ended() -> None:
    world = PureWorld()
    sent = [message(LEA, "identity", f"p{n}", f"i{n}", first_name="A", last_name="B") for n in range(3)]
    sent += [*pupils(12), pupils(1)[0], message(LEA, "enrollment", "p1", "late", occurred_on=-40_000)]
    sent += [message(LEA, "enrollment", "p1", "e0"), message(LEA, "aid", "p1", "a1")]
    first = world.now
    [one] = told(minutes(hears(world, *of(ONE, *sent)), 2))
    assert one == {
        "partner_id": LEA, "submission": ONE, "first_at": first - first % MINUTE, "last_at": first - first % MINUTE,
        "arrived": 19, "repeated": 1,
        "rejected": [
            {"family": "aid", "code": "family_not_agreed", "events": 1},
            {"family": "enrollment", "code": "conflicting_duplicate", "events": 1},
            {"family": "enrollment", "code": "date_out_of_range", "events": 1},
        ],
        "decided": [decided("enrollment", "shared", 12, 12, 0), decided("identity", "taken_in", 3, None, None)],
        "schema": "receipt_issued",
    }  # fmt: skip


def test_it_comes_once_a_whole_minute_was_quiet_and_once_only() -> None:
    world = hears(PureWorld(), *of(ONE, *pupils(1)))
    assert told(minutes(world)) == []
    hears(world, *of(ONE, *pupils(1, first=1)))
    assert told(minutes(world)) == []
    assert [one["arrived"] for one in told(minutes(world))] == [2]
    assert len(told(minutes(world, 5))) == 1


def test_what_comes_later_is_a_receipt_of_its_own() -> None:
    world = minutes(hears(PureWorld(), *of(ONE, *pupils(12))), 2)
    found = told(minutes(hears(world, *of(ONE, *pupils(12), *pupils(13, first=12))), 2))
    assert [(one["arrived"], one["repeated"]) for one in found] == [(12, 0), (25, 12)]
    assert [one["decided"][0]["carried"] for one in found] == [12, 13]


def test_one_that_never_ends_is_told_of_every_hour() -> None:
    world = PureWorld()
    for n in range(LONGEST_MICROS // MINUTE + 2):
        minutes(hears(world, *of(ONE, *pupils(1, first=n))))
    assert [one["arrived"] for one in told(world)] == [LONGEST_MICROS // MINUTE]


def test_submissions_and_partners_are_told_apart() -> None:
    world = hears(PureWorld(), *of(ONE, *pupils(2)), *of(OTHER, *pupils(3, first=2)), *of(ONE, *pupils(4, COLLEGE)))
    minutes(world, 2)
    assert {one["submission"]: one["arrived"] for one in told(world)} == {ONE: 2, OTHER: 3}
    assert [(one["partner_id"], one["arrived"]) for one in told(world, COLLEGE)] == [(COLLEGE, 4)]


@pytest.mark.parametrize(
    "said", ["", ONE.upper(), ONE[:-1], f"{ONE}\n", "Sam Reyes", "00000000-0000-0000-0000-000000000000"]
)
def test_what_is_no_id_names_no_submission_and_is_passed_on_nowhere(said: str) -> None:
    world = minutes(hears(PureWorld(), *of(said, *pupils(2)), *pupils(2, first=2)), 3)
    assert told(world) == []
    assert not any(SUBMISSION in arrival.headers for arrival in world.topics[names.RESOLVED_EVENTS])


def test_by_rule_is_by_agreement_never_by_person() -> None:
    world = PureWorld()
    mixed = [*pupils(12, COLLEGE), *(message(COLLEGE, "attendance", f"p{n}", f"d{n}") for n in range(12))]
    [one] = told(minutes(hears(world, *of(ONE, *mixed)), 2), COLLEGE)
    rules = {line["family"]: (line["rule"], line["carried"], line["withheld"]) for line in one["decided"]}
    assert rules["enrollment"] == ("needs_consent", 0, 12)
    assert one["arrived"] == 24


def test_few_peoples_outcome_is_not_told_and_follows_from_nothing_that_is() -> None:
    world = minutes(hears(PureWorld(), *of(ONE, *pupils(FEWEST - 1))), 2)
    assert told(world)[0]["decided"] == [decided("enrollment", "shared", FEWEST - 1, None, None)]


def test_one_pupils_many_events_are_not_many_people() -> None:
    sent = [message(LEA, "enrollment", "p1", f"e{n}") for n in range(3 * FEWEST)]
    assert told(minutes(hears(PureWorld(), *of(ONE, *sent)), 2))[0]["decided"] == [
        decided("enrollment", "shared", 3 * FEWEST, None, None)
    ]


def test_what_comes_of_an_erased_record_looks_like_anything_that_is_withheld() -> None:
    world = hears(PureWorld(), *pupils(1))
    world.erase(world.person_of(LEA, "p0"))
    sent = [message(LEA, "enrollment", f"p{n}", f"new{n}") for n in range(FEWEST + 1)]
    [one] = told(minutes(hears(world, *of(ONE, *sent)), 2))
    assert one["decided"] == [decided("enrollment", "shared", FEWEST + 1, None, None)]
    assert (one["arrived"], one["repeated"], one["rejected"]) == (FEWEST + 1, 0, [])


def test_of_identities_nobody_can_see_which_record_was_erased() -> None:
    world = hears(PureWorld(), *pupils(1))
    world.erase(world.person_of(LEA, "p0"))
    sent = [message(LEA, "identity", f"p{n}", f"i{n}", first_name="A", last_name="B") for n in range(2)]
    [one] = told(minutes(hears(world, *of(ONE, *sent)), 2))
    assert one["decided"] == [decided("identity", "taken_in", 2, None, None)]


def test_consents_are_taken_in_and_what_they_change_later_is_in_no_receipt() -> None:
    world = minutes(hears(PureWorld(), *of(ONE, *pupils(12, COLLEGE))), 2)
    grants = [
        message(
            COLLEGE, "consent", f"p{n}", f"c{n}", event_state="given", controllers=[COLLEGE],
            records_covered=["education"], purposes=["transfer_advising"], recipients=["ccc_transfer_center"],
        )
        for n in range(12)
    ]  # fmt: skip
    served = [message("ccc_transfer_center", "caseload", f"p{n}", f"k{n}") for n in range(12)]
    minutes(hears(world, *of(OTHER, *grants), *served), 2)
    assert [(one["submission"], one["decided"]) for one in told(world, COLLEGE)] == [
        (ONE, [decided("enrollment", "needs_consent", 12, 0, 12)]),
        (OTHER, [decided("consent", "taken_in", 12, None, None)]),
    ]


def test_who_gives_every_event_an_id_of_its_own_gets_some_receipts_and_stalls_nobody(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(receipts, "MOST_OPEN", 3)
    world = PureWorld()
    hears(world, *(of(event_id(f"s{n}"), sent)[0] for n, sent in enumerate(pupils(5))), *of(ONE, *pupils(1, COLLEGE)))
    assert len(told(minutes(world, 2))) == 3
    assert len(told(world, COLLEGE)) == 1
    assert len(told(minutes(hears(world, *of(OTHER, *pupils(1, first=5))), 2))) == 4


def test_who_has_no_agreement_has_no_topic_and_nothing_is_kept() -> None:
    world = hears(PureWorld(), *of(ONE, *pupils(2, "nobody")))
    assert world.states["consent"].scan("submission", "") != []
    minutes(world, 2)
    assert told(world, "nobody") == []
    assert world.states["consent"].scan("submission", "") == world.states["consent"].scan("submissions", "") == []


def test_an_event_that_meets_a_bug_of_ours_is_in_the_receipt_too() -> None:
    [sent] = of(ONE, *pupils(1))
    alone = Arrivals([sent.topic], [0], [7], [0], [sent.key], [sent.value], [sent.headers])
    rejected = {0: Rejection(Code.INTERNAL_ERROR)}
    [draft] = submissions.counted(alone, submissions.headers_of(alone), None, (), rejected)
    assert draft.row["rejected"] == [{"family": "enrollment", "code": "internal_error", "events": 1}]


def test_no_key_of_a_record_is_kept() -> None:
    world = hears(PureWorld(), *of(ONE, *pupils(3)))
    kept = b"".join(value for _, value in world.states["consent"].scan("submission", ""))
    assert kept
    assert not any(record_key(LEA, f"p{n}").encode() in kept for n in range(3))


STEPS = st.lists(
    st.one_of(st.just(None), st.tuples(st.sampled_from([ONE, OTHER, ""]), st.integers(0, 5), st.booleans())),
    max_size=25,
)
"""A minute passes; or an event comes: of which submission, of which record, and whether it is a sound one."""


def _messages(steps: Sequence[tuple[str, int, bool] | None]) -> Iterator[Message | None]:
    for n, step in enumerate(steps):
        if step is None:
            yield None
        else:
            submission, record, is_sound = step
            day = {} if is_sound else {"occurred_on": -40_000}
            yield of(submission, message(LEA, "enrollment", f"p{record}", f"e{n // 2}", **day))[0]


def _run(steps: Sequence[tuple[str, int, bool] | None], batch: int) -> PureWorld:
    world = PureWorld(batch=batch)
    for sent in _messages(steps):
        if sent is None:
            minutes(world.settle())
        else:
            world.send(*sent)
    return world.settle()


def _kept(world: PureWorld) -> dict[str, bytes]:
    """What a rebuild of the state must come to as well."""
    return {key: canonical(value) for key, value in world.states["consent"].scan("submission", "")}


@settings(max_examples=20)
@given(STEPS)
def test_the_parts_of_a_submission_add_up_to_what_was_sent_whatever_the_batches(
    steps: list[tuple[str, int, bool] | None],
) -> None:
    whole, parts = _run(steps, 1_000), _run(steps, 1)
    assert _kept(whole) == _kept(parts)
    assert told(whole) == told(parts)
    sent = Counter(step[0] for step in steps if step is not None and step[0])
    found: dict[str, int] = defaultdict(int)
    for one in told(minutes(whole, 3)):
        assert one["arrived"] > 0
        found[one["submission"]] += one["arrived"]
    assert found == sent


def _tellings(owners: Sequence[int]) -> Iterator[tuple[tuple[int | None, ...], tuple[int, int]]]:
    """Of events of some records, for every way in which they may have ended: what is told, and what it was."""
    for ends in itertools.product((receipts.CARRIED, receipts.WITHHELD), repeat=len(owners)):
        tally, state = Tally(), Working(Memory())
        for owner, end in zip(owners, ends, strict=True):
            tally.decided((LEA, ONE), (end, "aid", "needs_consent"), f"r{owner}")
        receipts.keep(tally, state)
        [line] = receipts.receipt(LEA, ONE, state.get("submission", f"{LEA}|{ONE}"))["decided"]
        assert line["events"] == len(owners)
        yield (line["carried"], line["withheld"]), (ends.count(receipts.CARRIED), ends.count(receipts.WITHHELD))


@pytest.mark.parametrize(
    "owners", [o for n in range(1, 8) for o in {(0,) * n, tuple(range(n)), tuple(i // 2 for i in range(n))}]
)
def test_whoever_tries_every_possibility_finds_two_for_each_count_that_is_not_told(
    owners: tuple[int, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receipts, "FEWEST", 3)
    possible: dict[tuple[int | None, ...], set[tuple[int, int]]] = defaultdict(set)
    for line, was in _tellings(owners):
        possible[line].add(was)
        assert line in {(None, None), was}
    if (None, None) in possible:
        for cell in (0, 1):
            assert len({was[cell] for was in possible[None, None]}) > 1


def test_a_count_of_few_records_hides_the_other_of_the_same_sum() -> None:
    few, many, none = (FEWEST - 1, FEWEST - 1), (50, FEWEST), (0, 0)
    assert [may_tell(*cells) for cells in ((many, many), (many, none), (none, none))] == [True] * 3
    assert [may_tell(*cells) for cells in ((many, few), (few, none), (few, few), ((50, 1), none))] == [False] * 4
