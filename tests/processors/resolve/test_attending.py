"""What a record's person attends: who attends a college holds the rights at any age (34 CFR 99.3, 99.5(a)(1))."""

from collections import defaultdict
from datetime import timedelta
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.erasures import erasure
from support.events import NOON, Message, body, days, event_id, message
from support.worlds import ResolveWorld, agreement_value, record_key, shipped_agreements

from processors import names
from processors.consent.agreements import EPOCH
from processors.consent.law.facts import Agency
from processors.resolve import rights
from processors.resolve.attending import BREAK_DAYS, LEFT, RETURNS, Span, spans
from processors.resolve.content import FIRST_DAY, LAST_DAY
from processors.state import Working
from schemas_avro import catalog, codec

DAY = 86_400_000_000
TODAY = NOON // DAY
COLLEGE, SCHOOL = ("ccc", "s1"), ("cde_k12", "k1")
NEVER, ALWAYS = (LAST_DAY + BREAK_DAYS + 1, FIRST_DAY), LAST_DAY + BREAK_DAYS


def enrolled(record: tuple[str, str] = COLLEGE, name: str = "fall", **said: Any) -> Message:
    """An enrollment of a record."""
    return message(record[0], "enrollment", record[1], name, **said)


def again(at: int, **said: Any) -> dict[str, Any]:
    """Words for a later version of a fact."""
    return {"event_id": event_id(f"version {at}"), "published_at": NOON + at, **said}


def told(*batches: list[Message]) -> ResolveWorld:
    world = ResolveWorld()
    for batch in batches:
        world.take(*batch)
    return world


def later(world: ResolveWorld, day: str) -> ResolveWorld:
    world.now = days(day) * DAY
    world.take()
    return world


def transfers(world: ResolveWorld) -> list[tuple[str, str]]:
    """Record and what is attended of all that was told, in its order."""
    rows = [row for row in world.rows(names.RESOLVED_EVENTS) if row["schema"] == "rights_transferred"]
    return [(one["record_key"], one["attends"]) for row in rows for one in row["transfers"]]


def said(world: ResolveWorld) -> list[str]:
    """The same of the college's record alone."""
    return [attends for record, attends in transfers(world) if record == record_key(*COLLEGE)]


def waiting(world: ResolveWorld) -> int:
    return len(world.state.scan("attendance_day", ""))


def iso(day: int) -> str:
    return (EPOCH + timedelta(days=day)).isoformat()


# When an enrollment is in force.


def span(**said_: Any) -> Span:
    """Of one enrollment; effective days among what is said go to the envelope."""
    begins, ends = (pa.array([days(d) if (d := said_.pop(name, None)) else None], pa.int32())
                    for name in ("effective_from", "effective_to"))  # fmt: skip
    schema_id = catalog.id_of("body.enrollment.v1")
    decoded = codec.decode(schema_id, codec.encode_rows(schema_id, [body("enrollment", **said_)])).rows
    [found] = spans(begins, ends, pa.RecordBatch.from_struct_array(decoded.to_struct_array()))
    return found


def found(first: str, last: str, surely_first: str = "", surely_last: str = "") -> Span:
    """A span by ISO dates; - is no end."""
    named = {"-": ALWAYS, "": None}
    ends = [named[text] if text in named else days(text) for text in (first, last, surely_first, surely_last)]
    surely = [ends[0] if ends[2] is None else ends[2], ends[1] if ends[3] is None else ends[3]]
    return Span(ends[0] or 0, ends[1] or 0, surely[0] or 0, surely[1] or 0)


AUTUMN = {"entry_date": "2026-08-24", "exit_date": "2026-12-15"}


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ({"entry_date": "2026-08-24"}, found("2026-08-24", "-")),
        ({"effective_from": "2026-08-24"}, found("2026-08-24", "-")),
        ({**AUTUMN, "postsecondary_exit_type": "withdrawn"}, found("2026-08-24", "2026-12-15")),
        ({**AUTUMN, "postsecondary_exit_type": "graduated"}, found("2026-08-24", "2026-12-15")),
        ({**AUTUMN, "calpads_exit_reason": "E230"}, found("2026-08-24", "2026-12-15")),
        ({**AUTUMN, "calpads_completion_status": "100"}, found("2026-08-24", "2026-12-15")),
        ({**AUTUMN, "exit_type": "01921"}, found("2026-08-24", "2026-12-15")),
        ({**AUTUMN, "calpads_exit_reason": "E155"}, found("2026-08-24", "2027-04-14")),
        (AUTUMN, found("2026-08-24", "2027-04-14", "2026-08-24", "2026-12-15")),
        (
            {**AUTUMN, "effective_from": "2026-09-01", "effective_to": "2026-12-01", "exit_type": "01921"},
            found("2026-08-24", "2026-12-15", "2026-09-01", "2026-12-01"),
        ),
    ],
)  # fmt: skip
def test_an_enrollment_is_in_force_by_its_dates_and_a_break_longer_where_nobody_says_that_they_left(
    words: dict[str, Any], expected: Span
) -> None:
    assert span(**words) == expected


@pytest.mark.parametrize(
    "words", [{}, {"exit_date": "2026-12-15"}, {"term_id": "267", "enrollment_status": "currently_enrolled"}]
)
def test_an_enrollment_that_tells_no_first_day_is_never_in_force_for_certain(words: dict[str, Any]) -> None:
    one = span(**words)
    assert {one.on(day) for day in range(TODAY - 500, TODAY + 500)} <= {0, 1}
    assert one.on(days("2026-10-10")) == 1


def test_one_that_ends_before_it_begins_is_perhaps_in_force_in_between() -> None:
    one = span(entry_date="2026-12-15", exit_date="2026-08-24", exit_type="01921")
    assert [one.on(days(day)) for day in ("2026-08-23", "2026-08-24", "2026-12-15", "2026-12-16")] == [0, 1, 1, 0]


def test_one_that_is_over_since_an_unknown_day_is_not_in_force() -> None:
    one = span(entry_date="2026-08-24", enrollment_status="previously_enrolled")
    assert {one.on(day) for day in range(TODAY - 500, TODAY + 500)} == {0}


DATES = st.none() | st.integers(TODAY - 300, TODAY + 300)
EXITS = {
    "postsecondary_exit_type": st.sampled_from(
        [None, "withdrawn", "graduated", "approved_leave_of_absence", "deceased", "unknown"]
    ),
    "calpads_exit_reason": st.sampled_from([None, "E155", "E230", "E140", "T165"]),
    "exit_type": st.sampled_from([None, "01921", "01908", "uri://own"]),
    "calpads_completion_status": st.sampled_from([None, "100"]),
    "enrollment_status": st.sampled_from([None, "previously_enrolled", "currently_enrolled", "transferring"]),
}


def on(day: int, said_: dict[str, Any]) -> int:
    """The level of a day, reckoned again: what is so by all dates, by some, or by none."""
    begins = [d for d in (said_["entry_date"], said_["effective_from"]) if d is not None]
    ends = [d for d in (said_["exit_date"], said_["effective_to"]) if d is not None]
    has_left = said_["calpads_completion_status"] is not None or any(
        said_[name] in values.to_pylist() for name, values in LEFT.items()
    )
    more = 0 if has_left else BREAK_DAYS
    if not ends and said_["enrollment_status"] == "previously_enrolled":
        return 0
    if begins and ends and max(begins) > min(ends):
        return int(min(ends) <= day <= max(begins + ends) + more)
    has_begun = [begin <= day for begin in begins] or [True]
    goes_on = [day <= end + more for end in ends] or [True]
    returns = said_["calpads_exit_reason"] in RETURNS.to_pylist()
    goes_on_surely = [day <= end + (more if returns else 0) for end in ends] or [True]
    if begins and all(has_begun) and all(goes_on_surely):
        return 2
    return int(any(has_begun) and any(goes_on))


@given(
    st.fixed_dictionaries(
        dict.fromkeys(("entry_date", "exit_date", "effective_from", "effective_to"), DATES) | EXITS
    ),
    st.integers(TODAY - 600, TODAY + 600),
)  # fmt: skip
@settings(max_examples=500)
def test_every_day_has_the_level_that_a_plain_reading_of_the_dates_gives(said_: dict[str, Any], day: int) -> None:
    texts = {name: iso(day_) if isinstance(day_, int) else day_ for name, day_ in said_.items()}
    assert span(**texts).on(day) == on(day, said_)


@given(st.builds(Span, *[st.integers(0, 40) | st.just(ALWAYS)] * 4), st.integers(0, 20), st.integers(1, 60))
def test_a_spans_levels_are_those_of_the_days_that_it_names(one: Span, today: int, ahead: int) -> None:
    level = one.on(today)
    for day, then in one.after(today):
        assert day > today
        level = then if day <= today + ahead else level
    assert level == one.on(today + ahead)


# What the log is told.


def test_a_first_day_to_come_begins_on_the_day_and_a_last_day_ends_it_on_the_day_after() -> None:
    words = {"entry_date": "2026-09-28", "exit_date": "2026-12-15", "postsecondary_exit_type": "withdrawn"}
    world = told([enrolled(**words)])
    assert said(later(world, "2026-09-27")) == []
    assert said(later(world, "2026-09-28")) == ["college"]
    assert said(later(world, "2026-12-15")) == ["college"]
    assert said(later(world, "2026-12-16")) == ["college", "nothing"]
    assert said(later(world, "2028-01-01")) == ["college", "nothing"]
    assert waiting(world) == 0


def test_a_term_that_ended_without_a_word_of_leaving_leaves_it_open_for_a_break() -> None:
    world = told([enrolled(**AUTUMN)])
    assert said(later(world, "2026-12-16")) == ["college", "perhaps_college"]
    assert said(later(world, "2027-04-14")) == ["college", "perhaps_college"]
    assert said(later(world, "2027-04-15")) == ["college", "perhaps_college", "nothing"]


def test_the_next_term_goes_on_where_the_break_was() -> None:
    world = told([enrolled(**AUTUMN), enrolled(name="spring", entry_date="2027-01-20")])
    assert said(later(world, "2027-02-01")) == ["college"]
    world = told([enrolled(**AUTUMN), enrolled(name="spring", entry_date="2027-01-20")])
    assert [said(later(world, day))[-1] for day in ("2026-12-16", "2027-01-19", "2027-01-20")] == [
        "perhaps_college", "perhaps_college", "college",
    ]  # fmt: skip


def test_a_pupil_of_a_school_goes_on_over_the_summer_and_a_graduate_does_not() -> None:
    year = {"entry_date": "2025-08-12", "exit_date": "2026-06-10"}
    assert transfers(told([enrolled(SCHOOL, calpads_exit_reason="E155", **year)])) == [(record_key(*SCHOOL), "school")]
    assert transfers(told([enrolled(SCHOOL, calpads_exit_reason="T165", **year)])) == [
        (record_key(*SCHOOL), "perhaps_school")
    ]
    assert transfers(told([enrolled(SCHOOL, calpads_exit_reason="E230", **year)])) == []


def test_several_enrollments_at_once_end_with_the_last_of_them() -> None:
    gone = {"postsecondary_exit_type": "withdrawn", "entry_date": "2026-08-24"}
    world = told([enrolled(exit_date="2026-10-01", **gone), enrolled(name="other", exit_date="2026-11-01", **gone)])
    assert said(later(world, "2026-10-15")) == ["college"]
    assert said(later(world, "2026-11-02")) == ["college", "nothing"]


def test_a_correction_and_a_retraction_undo_an_enrollment_and_what_waits_for_its_days() -> None:
    world = told([enrolled(**AUTUMN)])
    assert waiting(world) == 2
    world.take(enrolled(**again(1, operation="correct", entry_date="2026-10-01")))
    assert said(world) == ["college", "nothing"]
    assert waiting(world) == 1
    assert said(later(world, "2026-10-01")) == ["college", "nothing", "college"]
    world.take(enrolled(**again(2, operation="retract")))
    assert said(later(world, "2028-01-01")) == ["college", "nothing", "college", "nothing"]
    assert waiting(world) == 0


def test_an_older_version_that_comes_late_changes_nothing() -> None:
    world = told([enrolled(**again(5, operation="retract"))], [enrolled(**AUTUMN)])
    assert said(later(world, "2027-01-01")) == []


def test_the_same_told_twice_is_told_to_the_log_once() -> None:
    world = told([enrolled(**AUTUMN), enrolled(**AUTUMN)], [enrolled(**AUTUMN)])
    assert said(world) == ["college"]


def test_an_enrollment_that_is_rejected_states_nothing() -> None:
    world = told([enrolled(entry_date="2026-08-24", exit_date="2300-01-01"), enrolled(("csac", "a1"), **AUTUMN)])
    assert len([topic for topic in {out.topic for out in world.outs} if topic.startswith("deadletter.")]) == 2
    assert transfers(world) == []
    assert world.state.scan("attendance", "") == []


def test_an_enrollment_in_early_care_makes_nobody_a_student() -> None:
    assert transfers(told([enrolled(("cde_elc", "e1"), **AUTUMN)])) == []


def test_age_and_attendance_are_told_together() -> None:
    words = {"first_name": "Sam", "last_name": "Reyes", "birth_date": "2010-01-02"}
    world = told([message(*[COLLEGE[0], "identity", COLLEGE[1], "card"], **words), enrolled(**AUTUMN)])
    rows = [row for row in world.rows(names.RESOLVED_EVENTS) if row["schema"] == "rights_transferred"]
    person = world.persons()[record_key(*COLLEGE)]
    assert [row["transfers"] for row in rows] == [
        [{"record_key": record_key(*COLLEGE), "person_id": person, "age": "from_16", "attends": "college"}]
    ]


def test_one_day_may_see_attendance_begin_end_and_begin_again_under_ids_of_their_own() -> None:
    world = told([enrolled(**AUTUMN)])
    world.take(enrolled(**again(1, operation="retract")))
    world.take(enrolled(**again(2, **AUTUMN)))
    assert said(world) == ["college", "nothing", "college"]
    ids = [out.id for out in world.outs if out.topic == names.RESOLVED_EVENTS]
    assert len(set(ids)) == len(ids)


def test_a_batch_that_is_decided_again_after_a_crash_says_the_same() -> None:
    world = told([enrolled(**AUTUMN)])
    world.now = days("2026-12-16") * DAY
    _, first = world.decide(enrolled(name="spring", entry_date="2027-01-20"))
    _, second = world.decide(enrolled(name="spring", entry_date="2027-01-20"))
    assert first == second


def test_neither_log_nor_state_says_when_an_enrollment_begins_or_ends() -> None:
    world = told([enrolled(**AUTUMN), enrolled(name="spring", entry_date="2027-01-20")])
    texts = {text for day in ("2026-08-24", "2026-12-15", "2027-01-20") for text in (day, str(days(day)))}
    kept = [f"{key}{value!r}" for name, rows in world.state.everything().items() if name != "agreement"
            for key, value in rows]  # fmt: skip
    sent = [f"{row}" for row in world.rows(names.RESOLVED_EVENTS)]
    assert [text for text in texts for row in [*kept, *sent] if text in row] == []


def test_of_an_erased_record_nothing_is_left_and_what_comes_later_states_nothing() -> None:
    world = told([enrolled(**AUTUMN)])
    key = record_key(*COLLEGE)
    world.take(erasure(world.persons()[key], [key]))
    assert (world.state.scan("attendance", ""), waiting(world)) == ([], 0)
    world.take(enrolled(name="spring", entry_date="2026-01-20"))
    assert said(later(world, "2027-01-01")) == ["college"]
    assert world.state.scan("attendance", "") == []


def test_records_of_a_partner_of_another_kind_are_judged_anew_a_slice_at_a_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rights, "SLICE", 2)
    records = [("ccc", f"s{n}") for n in range(5)]
    world = told([enrolled(record, record[1], **AUTUMN) for record in [*records, SCHOOL]])
    [mou] = [one for one in shipped_agreements() if (one.tier, one.party) == ("mou", "ccc")]
    other = mou.model_copy(update={"kind": Agency.SCHOOL, "version": mou.version + 1})
    world.take(Message(names.AGREEMENTS, None, agreement_value(other), {}))
    looked_at = [world.counts["swept_persons", "rights"]]
    while rights.progress(Working(world.state)) is not None:
        world.take()
        looked_at.append(world.counts["swept_persons", "rights"])
    assert looked_at == [2, 2, 2, 0]
    keys = {record_key(*record) for record in records}
    assert {key: attends for key, attends in transfers(world) if key in keys} == dict.fromkeys(keys, "school")
    assert len(transfers(world)) == 11
    assert world.state.scan("clock", "kinds") == []


# Whatever the order.

FACTS = ("fall", "spring")
VERSIONS = st.lists(
    st.tuples(
        st.sampled_from(FACTS), st.integers(1, 4), st.sampled_from(["assert", "correct", "retract"]),
        st.fixed_dictionaries({
            "entry_date": st.none() | st.integers(TODAY - 3, TODAY + 5),
            "exit_date": st.none() | st.integers(TODAY - 2, TODAY + 6),
            "postsecondary_exit_type": st.sampled_from([None, "withdrawn"]),
        }),
    ),
    min_size=1, max_size=5, unique_by=lambda version: version[:2],
)  # fmt: skip


@given(VERSIONS, st.data())
@settings(max_examples=40)
def test_neither_order_nor_batches_nor_the_days_between_show_in_what_is_attended_at_last(
    versions: list[tuple[str, int, str, dict[str, Any]]], data: st.DataObject
) -> None:
    messages = [
        enrolled(name=fact, event_id=event_id(f"{fact} {at}"), published_at=NOON + at, operation=operation,
                 **{name: iso(day) if isinstance(day, int) else day for name, day in words.items()})
        for fact, at, operation, words in versions
    ]  # fmt: skip
    one = ResolveWorld()
    one.now = (TODAY + 6) * DAY
    one.take(*messages)
    other, left = ResolveWorld(), data.draw(st.permutations(messages))
    for day in range(TODAY + 1, TODAY + 7):
        other.now = day * DAY
        size = len(left) if day == TODAY + 6 else data.draw(st.integers(0, len(left)))
        other.take(*left[:size])
        left = left[size:]
    last: dict[str, dict[str, str]] = defaultdict(dict)
    for world, name in ((one, "one"), (other, "other")):
        last[name] = dict(transfers(world)) or {record_key(*COLLEGE): "nothing"}
    assert last["one"] == last["other"]
    for table in ("attendance", "attendance_day"):
        assert one.state.scan(table, "") == other.state.scan(table, "")


def test_every_kind_of_exit_that_counts_is_one_that_the_contract_knows() -> None:
    named = {field["name"]: field["type"] for field in catalog.read("families/enrollment")["fields"]}
    symbols = next(kind["symbols"] for kind in named["postsecondary_exit_type"] if isinstance(kind, dict))
    assert set(LEFT["postsecondary_exit_type"].to_pylist()) <= set(symbols)
    assert set(LEFT) < set(named)
