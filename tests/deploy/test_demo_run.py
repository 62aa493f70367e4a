"""The demo's comparison finds what is not as the truth says."""

import itertools

import pytest

from deploy.demo_run import Figures, differences, percentile
from deploy.demo_signals import Signals
from deploy.demo_signals import differences as signal_differences
from deploy.ledger import Ledger
from deploy.population import generate
from deploy.topic_reader import Read
from partners.population import Truth
from processors.resolve.decide import move_id_of


def read(name: str, **row: object) -> Read:
    return Read("topic", 0, 0, 0, name, row)


def decided(event_id: str, outcome: str, caused_by: str | None = None) -> Read:
    return read("decision_recorded", event_id=event_id, caused_by=caused_by or event_id, outcome=outcome)


def rejected(event_id: str) -> Read:
    return read("dead_letter", event_id=event_id, topic="t", partition=0, offset=0)


def booked(*reads: Read) -> Ledger:
    book = Ledger()
    for one in reads:
        book.enter(one)
    return book


def test_a_withheld_event_that_is_released_later_counts_as_carried() -> None:
    assert booked(decided("a", "withheld"), decided("a", "carried", "grant")).outcomes == {"a": "carried"}


def test_a_carried_event_that_is_taken_back_stays_carried() -> None:
    assert booked(decided("a", "carried"), decided("a", "withheld", "withdrawal")).outcomes == {"a": "carried"}


def test_an_event_that_was_carried_before_records_changed_persons_ends_as_if_they_had_been_theirs_from_the_start() -> (
    None
):
    told = [decided("a", "carried"), decided("a", "withheld", move_id_of("other identity"))]
    parted = read("identity_changed", event_id="other identity", kind="split", record_key="r")
    assert booked(*told, parted).outcomes == booked(parted, *told).outcomes == {"a": "withheld"}
    again = decided("a", "carried", "grant")
    assert booked(parted, *told, again).outcomes == booked(*told, again, parted).outcomes == {"a": "carried"}


def test_an_event_that_ends_in_two_ways_is_unaccounted() -> None:
    figures = Figures({"a"}, book=booked(decided("a", "carried"), rejected("a")))
    assert figures.to_document()["unaccounted"] == 1


def test_a_published_event_without_an_end_is_unaccounted() -> None:
    assert Figures({"a", "b"}, book=booked(rejected("a"))).to_document()["unaccounted"] == 1


def test_an_event_decided_as_new_twice_is_seen() -> None:
    assert booked(decided("a", "carried"), decided("a", "carried")).first_decisions == {"a": 2}


def test_every_difference_from_the_truth_is_named() -> None:
    truth = generate(40, 1).truth
    outcomes = truth.outcomes["trickle"]
    wrong = next(event_id for event_id, outcome in outcomes.items() if outcome == "carried")
    kinds = {"carried": decided, "withheld": decided}
    reads = [kinds[o](e, o) if o in kinds else rejected(e) for e, o in outcomes.items() if e != wrong]
    lines = differences(truth, Figures(set(outcomes), book=booked(*reads, decided(wrong, "withheld"))))
    assert f"event {wrong}: withheld, the truth says carried" in lines
    assert any(line.startswith("persons: 0") for line in lines)


def signal(made: Truth, number: int, **changed: object) -> Read:
    """The state of a signal that the truth has raised at the end, resting on one of that person's events."""
    recipient, person, rule, about = made.signals["trickle"][number]
    seen = next(e for who, whom, e in made.visible["trickle"] if (who, whom) == (recipient, person))
    row = {"recipient": recipient, "rule": rule, "about": about, "evidence_event_ids": [seen], "state": "raised"}
    return read("signal_changed", **{"signal_id": f"signal {number}", "source_offset": 1, **row, **changed})


def told(*reads: Read) -> Signals:
    signals = Signals()
    for one in reads:
        signals.enter(one)
    return signals


@pytest.fixture(scope="module")
def made() -> Truth:
    return generate(120, 1).truth


def test_signals_equal_the_truth_where_each_rests_on_events_of_its_person(made: Truth) -> None:
    every = range(len(made.signals["trickle"]))
    assert every
    assert signal_differences(made, told(*(signal(made, n) for n in every))) == []
    assert len(signal_differences(made, told(*(signal(made, n) for n in every[1:])))) == 1


def test_a_signal_that_is_closed_or_rests_on_what_is_not_seen_or_is_about_another_year_differs(made: Truth) -> None:
    every = [signal(made, n) for n in range(len(made.signals["trickle"]))]
    for changed in ({"state": "closed"}, {"state": "retracted"}):
        assert len(signal_differences(made, told(*every, signal(made, 0, source_offset=2, **changed)))) == 1
    for changed in ({"evidence_event_ids": ["unseen"]}, {"evidence_event_ids": []}, {"about": "1999-2000"}):
        assert len(signal_differences(made, told(*every[1:], signal(made, 0, **changed)))) == 2


def test_of_a_signals_states_the_one_of_the_highest_offset_counts_whenever_it_is_read(made: Truth) -> None:
    closed, raised = signal(made, 0, state="closed", source_offset=5), signal(made, 0, source_offset=4)
    assert told(closed, raised).raised == told(raised, closed).raised == []


@pytest.mark.parametrize(("part", "expected"), [(50, 5), (99, 10), (100, 10)])
def test_percentiles_are_by_nearest_rank(part: int, expected: int) -> None:
    assert percentile([float(n) for n in range(1, 11)], part) == expected


def replayed(event_id: str) -> Read:
    return read("letter_replayed", event_id=event_id, topic="t", partition=0, offset=0)


@pytest.mark.parametrize("order", list(itertools.permutations((rejected("a"), replayed("a"), decided("a", "carried")))))
def test_an_event_that_was_rejected_replayed_and_carried_is_carried_in_whatever_order_it_is_read(
    order: tuple[Read, ...],
) -> None:
    book = booked(*order)
    assert (book.outcomes, book.twice) == ({"a": "carried"}, set())


def test_an_event_that_was_replayed_is_under_way_until_it_ends_again() -> None:
    again = read("dead_letter", event_id="a", topic="t", partition=0, offset=9)
    assert booked(rejected("a"), replayed("a")).outcomes == {}
    assert booked(rejected("a"), replayed("a"), again).outcomes == {"a": "rejected"}


def test_a_replay_explains_only_the_dead_letter_that_it_marks() -> None:
    again = read("dead_letter", event_id="a", topic="t", partition=0, offset=9)
    assert booked(rejected("a"), replayed("a"), again, decided("a", "carried")).twice == {"a"}


def test_a_dead_letter_without_an_event_id_is_explained_by_the_id_that_its_replay_reads() -> None:
    unnamed = read("dead_letter", event_id=None, topic="t", partition=0, offset=0)
    book = booked(unnamed, replayed("a"), decided("a", "withheld"))
    assert (book.outcomes, book.twice) == ({"a": "withheld"}, set())
