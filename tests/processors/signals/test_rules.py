"""The rules, one by one, at their borders."""

from datetime import date, timedelta

import pytest
from support.released import shipped_calendar

from processors.signals import fafsa_incomplete, sap_lost, stopped_out
from processors.signals.facts import Aid, Answer, Enrollment, Facts, Finding

CALENDAR = shipped_calendar()
TODAY = date(2027, 2, 1)
DEADLINE = date(2027, 3, 2)
YEAR = "2027-2028"


def senior(event_id: str = "school", entry_on: date | None = date(2026, 8, 12), **said: object) -> Enrollment:
    """A senior of the school year 2026."""
    return Enrollment(event_id, 1, grade="G12", entry_on=entry_on, **said)  # type: ignore[arg-type]


def application(status: str | None = "incomplete", aid_year: str = YEAR, event_id: str = "aid") -> Aid:
    """An application for aid."""
    return Aid(event_id, 1, aid_year, application_status=status)


def fafsa(today: date = TODAY, *facts: Enrollment | Aid) -> Answer:
    """The answer of a day."""
    enrollments = [fact for fact in facts if isinstance(fact, Enrollment)]
    return fafsa_incomplete.find(Facts(enrollments, [f for f in facts if isinstance(f, Aid)]), today, CALENDAR)


def test_a_senior_whose_application_is_not_done_near_the_deadline_is_found_on_all_that_it_rests_on() -> None:
    answer = fafsa(TODAY, senior("b"), application("rejected", event_id="c"), application("submitted", event_id="a"))
    assert answer.findings == (Finding("fafsa_incomplete", YEAR, "medium", DEADLINE, ("a", "b", "c")),)


@pytest.mark.parametrize("status", ["processed", "opted_out"])
def test_an_application_that_is_done_in_any_of_its_facts_is_no_signal(status: str) -> None:
    assert fafsa(TODAY, senior(), application(), application(status)) == Answer()


def test_what_is_not_shared_must_not_look_like_not_done() -> None:
    assert fafsa(TODAY, senior()) == Answer()
    assert fafsa(TODAY, senior(), application(status=None)) == Answer()
    assert fafsa(TODAY, senior(), application(aid_year="2026-2027")) == Answer()


@pytest.mark.parametrize(
    "enrollment",
    [
        Enrollment("e", 1, grade="G11", entry_on=date(2026, 8, 12)),
        senior(entry_on=date(2026, 6, 30)),
        senior(entry_on=date(2027, 7, 1)),
        senior(entry_on=None),
    ],
    ids=["a junior", "a senior of the year before", "a senior of the year after", "no day of entry"],
)
def test_only_seniors_of_the_year_are_asked_about(enrollment: Enrollment) -> None:
    assert fafsa(TODAY, enrollment, application()).findings == ()


@pytest.mark.parametrize("entry_on", [date(2026, 7, 1), date(2027, 1, 31)])
def test_the_school_year_begins_in_july(entry_on: date) -> None:
    assert fafsa(TODAY, senior(entry_on=entry_on), application()).findings != ()


@pytest.mark.parametrize(("exit_on", "found"), [(TODAY, False), (TODAY + timedelta(1), True), (None, True)])
def test_who_has_left_school_is_no_senior_any_more(exit_on: date | None, *, found: bool) -> None:
    answer = fafsa(TODAY, senior(exit_on=exit_on), application())
    assert bool(answer.findings) is found
    assert answer.ask_on == (exit_on if found and exit_on else date(2027, 2, 16))


@pytest.mark.parametrize(
    ("today", "urgency", "ask_on"),
    [
        (date(2027, 1, 30), None, date(2027, 1, 31)),
        (date(2027, 1, 31), "medium", date(2027, 2, 16)),
        (date(2027, 2, 15), "medium", date(2027, 2, 16)),
        (date(2027, 2, 16), "high", date(2027, 7, 1)),
        (DEADLINE, "high", date(2027, 7, 1)),
        (date(2027, 6, 30), "high", date(2027, 7, 1)),
        (date(2027, 7, 1), None, None),
    ],
)
def test_it_is_asked_from_thirty_days_before_the_deadline_urgent_at_fourteen_until_june(
    today: date, urgency: str | None, ask_on: date | None
) -> None:
    answer = fafsa(today, senior(), application())
    assert [finding.urgency for finding in answer.findings] == ([urgency] if urgency else [])
    assert answer.ask_on == ask_on


def aid(aid_year: str, sap: str | None, published: int = 1, event_id: str = "a") -> Aid:
    """An aid fact with a standing."""
    return Aid(event_id, published, aid_year, sap_status=sap)


def sap(*facts: Aid) -> list[tuple[str, str, tuple[str, ...]]]:
    """What is found."""
    answer = sap_lost.find(Facts(aid=facts), TODAY, CALENDAR)
    assert answer.ask_on is None
    return [(f.about, f.urgency, f.evidence) for f in answer.findings]


def test_aid_lost_in_the_latest_year_with_a_standing_is_urgent() -> None:
    assert sap(aid("2025-2026", "meeting"), aid("2026-2027", "not_eligible", event_id="b")) == [
        ("2026-2027", "high", ("b",))
    ]
    assert sap(aid("2026-2027", "not_eligible"), aid("2027-2028", None)) == [("2026-2027", "high", ("a",))]


def test_aid_lost_in_an_earlier_year_and_met_since_is_no_signal() -> None:
    assert sap(aid("2025-2026", "not_eligible"), aid("2026-2027", "probation")) == []


def test_of_one_year_the_standing_published_last_counts_and_of_one_moment_the_higher_id() -> None:
    assert sap(aid("2026-2027", "not_eligible", 2, "b"), aid("2026-2027", "meeting", 3)) == []
    assert sap(aid("2026-2027", "not_eligible", 3, "b"), aid("2026-2027", "meeting", 3)) != []


def test_no_standing_is_no_signal() -> None:
    assert sap() == sap(aid("2026-2027", None)) == []


def college(term_id: str, event_id: str = "e", **said: str) -> Enrollment:
    """A college enrollment."""
    return Enrollment(event_id, 1, term_id=term_id, **said)  # type: ignore[arg-type]


def out(today: date, *facts: Enrollment) -> Answer:
    """The answer of a day."""
    return stopped_out.find(Facts(enrollments=facts), today, CALENDAR)


def test_who_was_enrolled_in_the_term_before_and_is_not_in_this_one_is_found_a_month_into_it() -> None:
    facts = (college("257", "z"), college("263", "b"), college("263", "a"))
    assert out(date(2026, 9, 22), *facts) == Answer((), date(2026, 9, 23))
    found = Finding("stopped_out", "263", "low", None, ("a", "b"))
    assert out(date(2026, 9, 23), *facts) == Answer((found,), date(2027, 2, 19))


def test_it_closes_by_itself_when_the_next_term_has_gone_on_long_enough() -> None:
    assert out(date(2027, 2, 18), college("263")).findings != ()
    assert out(date(2027, 2, 19), college("263")).findings == ()


@pytest.mark.parametrize("term_id", ["267", "273"])
def test_who_is_enrolled_in_this_term_or_a_later_one_has_not_stopped(term_id: str) -> None:
    assert out(date(2026, 10, 1), college("263"), college(term_id)).findings == ()


@pytest.mark.parametrize("said", [{"exit_type": "graduated"}, {"status": "transferring"}])
def test_who_has_an_award_or_has_transferred_has_gone_on(said: dict[str, str]) -> None:
    assert out(date(2026, 10, 1), college("263"), college("253", **said)) == Answer()


def test_school_enrollments_and_terms_that_are_not_in_the_calendar_do_not_count() -> None:
    assert out(date(2026, 10, 1), senior(), college("265")) == Answer()
    assert out(date(2026, 10, 1), college("263"), college("268")).findings != ()


def test_before_the_second_term_and_after_the_last_of_the_calendar_nothing_is_said_that_it_does_not_know() -> None:
    assert out(date(2024, 2, 19), college("243")) == Answer((), date(2024, 9, 23))
    assert out(date(2040, 1, 1), college("327")) == Answer()
    assert out(date(2040, 1, 1), college("323")).findings != ()
