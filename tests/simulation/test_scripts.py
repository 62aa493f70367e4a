"""Consent over the simulation's logs, without any fault: however the log is cut into batches, the same rows stand."""

from collections import Counter
from random import Random

from simulation.parts import small
from simulation.script import NORTH, Script, Writer, script
from simulation.truth import memory_of
from simulation.views import PARTITIONS, Kept, Sight, row_of
from support import events
from support.worlds import DictKeys

from processors.consent import decide as consent
from processors.consent import policy
from processors.consent.book import Book, alive
from processors.consent.policy import Subject
from processors.consent.settle import Context
from processors.names import RESOLVED_EVENTS, released_topic
from processors.records import Arrival, Arrivals, Out
from processors.state import Memory, Working

SCRIPTS = range(60)
SIZES = (1, 2, 3, 5, 8, 100)


def sent(one: Script, size: int) -> list[Out]:
    """What consent sends when it takes so many records at once."""
    state, context, found = Memory(), Context(one.keys, PARTITIONS), list[Out]()
    log = [
        Arrival(RESOLVED_EVENTS, 0, i, 0, logged.key, logged.value, {"ce_id": logged.id.encode()})
        for i, logged in enumerate(one.logged)
    ]
    parts = [log[start : start + size] for start in range(0, len(log), size)]
    while parts or state.scan("sweep", ""):
        working = Working(state)
        found += consent.decide(Arrivals.of(parts.pop(0) if parts else []), working, context)
        state.apply(working.changes())
    return found


def standing(outs: list[Out]) -> dict[Sight, str]:
    """Rows that stand, by the rule of positions."""
    rows: dict[Sight, Kept] = {}
    for out in outs:
        said = row_of(out.value) if out.topic.startswith("released.") else None
        if said is not None and (said[0] not in rows or rows[said[0]].position < said[1].position):
            rows[said[0]] = said[1]
    return {sight: kept.terms for sight, kept in rows.items() if kept.terms is not None}


def record_by_record(one: Script) -> dict[Sight, str]:
    """Rows that stand where every record is a batch, and every sweep ends before the next record."""
    return {sight: kept.terms for sight, kept in memory_of(one)[1].items() if kept.terms is not None}


def permitted(one: Script) -> set[Sight]:
    """From scratch: every fact decided once, by all that was said."""
    state, _ = memory_of(one)
    book, found = Book(Working(state)), set[Sight]()
    sharing = book.sharing()
    for _, fact in Working(state).scan("fact", ""):
        for event in fact["versions"]:
            person_id = book.record(event["record_key"])["person"]
            subject = Subject(event["partner_id"], event["family"], frozenset(event["data_categories"]))
            shared = sharing.by_source.get((event["partner_id"], event["family"]), ())
            if event["event_id"] in alive(fact["versions"]):
                decisions = policy.decide(subject, book.person(person_id), shared, sharing.rules, book.today())
                found |= {(d.recipient, person_id, event["event_id"]) for d in decisions if d.permit}
    return found


def test_the_same_rows_stand_however_the_log_is_cut_into_batches() -> None:
    with small():
        for number in SCRIPTS:
            wanted = record_by_record(script(number))
            assert [standing(sent(script(number), size)) for size in SIZES] == [wanted] * len(SIZES), number


def test_what_stands_is_what_a_decision_from_scratch_permits() -> None:
    with small():
        for number in SCRIPTS:
            assert record_by_record(script(number)).keys() == permitted(script(number)), number


def test_no_two_records_that_go_out_have_one_id() -> None:
    with small():
        for number in SCRIPTS:
            for size in SIZES:
                assert [i for i, times in Counter(o.id for o in sent(script(number), size)).items() if times > 1] == []


def test_what_is_sent_again_to_one_person_and_then_to_the_next_has_two_ids() -> None:
    writer = Writer(Random(1), DictKeys(), 1, where={"ra": "a", "rb": "c", "rc": "b"})
    writer.agreement(NORTH, grants=True)
    writer.tick()
    writer.event("rb", "enrollment", "enrollment0", "assert", events.body("enrollment"))
    writer.state_consent("rc", "first", until=None)
    writer.state_consent("ra", "first", until=None)
    writer.event("ra", "aid", "aid0", "assert", events.body("aid"))
    writer.say("reissue_requested", "r", {"recipient": NORTH, "requested_at": events.NOON})
    writer.move_to("ra", "c")  # between the slices of who comes first and of who comes last
    with small():
        outs = sent(Script(tuple(writer.logged), writer.keys), 1)
    assert len({out.id for out in outs}) == len(outs)
    assert len({out.id for out in outs if out.topic == released_topic(NORTH) and row_of(out.value)}) == 5


def test_an_agreement_that_changes_on_the_day_a_consent_ends_takes_back_what_was_released_in_between() -> None:
    writer = Writer(Random(1), DictKeys(), 1, where={"ra": "a", "rb": "a", "rc": "a"})
    writer.agreement(NORTH, grants=True)
    writer.tick()
    writer.state_consent("ra", "first", until=writer.day)
    writer.event("ra", "aid", "aid0", "assert", events.body("aid"))
    writer.next_day()
    writer.state_consent("ra", "second", until=None)
    writer.agreement(NORTH, grants=False)
    one = Script(tuple(writer.logged), writer.keys)
    assert standing(sent(one, 100)) == {}


def test_scripts_hold_moves_back_and_on_sweeps_and_everything_else() -> None:
    kinds = Counter(logged.kind for number in SCRIPTS for logged in script(number).logged)
    assert kinds.keys() == {
        "agreement_activated", "clock_ticked", "resolved_event", "records_moved", "reissue_requested",
        "rights_transferred", "rules_activated",
    }  # fmt: skip
    assert kinds["records_moved"] > len(SCRIPTS)


def test_what_is_sent_for_a_day_and_then_again_for_a_reissue_has_two_ids() -> None:
    writer = Writer(Random(1), DictKeys(), 1, where={"ra": "a", "rb": "a", "rc": "a"})
    writer.agreement(NORTH, grants=True)
    writer.tick()
    writer.state_consent("ra", "first", until=writer.day)
    writer.event("ra", "aid", "aid0", "assert", events.body("aid"))
    writer.next_day()
    writer.state_consent("ra", "second", until=None)
    writer.agreement(NORTH, grants=True)
    writer.say("reissue_requested", "r", {"recipient": NORTH, "requested_at": events.NOON})
    outs = sent(Script(tuple(writer.logged), writer.keys), 100)
    assert len({out.id for out in outs}) == len(outs)
