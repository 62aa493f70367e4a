"""What readers are told: the newest version of each fact counts, and nobody is asked about another's caseload."""

from typing import Any

import pytest
from support.views import Views, view_batch

from sinks.questions import Questions
from sinks.stored import InForceRows
from sinks.view_batch import Row
from tests.sinks.conftest import Opening

NOON = 1_700_000_000_000_000
ME = "lausd_counseling"


def release(event_id: str, at: int = NOON, **changed: Any) -> Row:
    """A release of an enrollment."""
    same = {"recipient": ME, "person_id": "p1", "fact_id": "f1", "family": "enrollment", "partner_id": "cde_k12"}
    times = {"occurred_on": None, "effective_from": 19_000, "effective_to": None, "observed_at": at, "published_at": at}
    terms = {"purpose": "college_counseling", "agreement_id": "dsa", "agreement_version": 1, "basis": "consent"}
    more = {"consent_event_ids": ["c1"], "expires_on": None, "groups": ["core"], "notice": "n", "reason": None}
    more |= {"rules": ["ferpa.30.consent/1"], "obligations": ["notice"]}
    own = {"event_id": event_id, "position": at - NOON + 1, "operation": "assert", "state": "released", "body": {}}
    return {**same, **times, **terms, **more, **own, **changed}


def assignment(event_id: str, at: int = NOON, state: str = "assigned", who: str = "u1", **changed: Any) -> Row:
    """A release of the recipient's own caseload event."""
    words = {"relation": "counselor", "display_label": "A. B.", "site": "North"}
    body = {"case_manager_id": who, "assignment_state": state, **words}
    return release(event_id, at, **{"family": "caseload", "partner_id": ME, "fact_id": "c-f1", "body": body, **changed})


def signal(signal_id: str, offset: int, person_id: str = "p1", state: str = "raised") -> Row:
    """A signal."""
    row: Row = {
        "signal_id": signal_id,
        "recipient": ME,
        "person_id": person_id,
        "rule": "sap_lost",
        "about": "2026-2027",
    }
    when = {"raised_at": NOON, "changed_at": NOON, "due_on": None}
    return {**row, "state": state, "urgency": "high", **when, "evidence_event_ids": ["e1"], "source_offset": offset}


def taken_back(row: Row, position: int) -> Row:
    """The retraction of a release."""
    return {**row, "state": "retracted", "reason": "consent_withdrawn", "body": None, "position": position}


@pytest.fixture
def questions(views: Views) -> Questions:
    """Questions to them."""
    return Questions(views)


def test_a_caseload_names_who_is_assigned_in_the_recipients_own_words(views: Views, questions: Questions) -> None:
    views.apply(view_batch(rows=[assignment("e1")]))
    found = questions.caseload(ME, "u1")
    assert [(a.person_id, a.display_label, a.relation, a.site) for a in found] == [
        ("p1", "A. B.", "counselor", "North")
    ]


def test_an_ended_assignment_is_over_whatever_order_the_versions_came_in(views: Views, questions: Questions) -> None:
    views.apply(view_batch(rows=[assignment("e2", NOON + 5, "ended")]))
    views.apply(view_batch(rows=[assignment("e1", NOON)]))
    assert questions.caseload(ME, "u1") == []


def test_an_assignment_handed_to_another_is_on_the_others_caseload_only(views: Views, questions: Questions) -> None:
    views.apply(view_batch(rows=[assignment("e1"), assignment("e2", NOON + 1, who="u2")]))
    assert (questions.caseload(ME, "u1"), len(questions.caseload(ME, "u2"))) == ([], 1)


def test_an_assignment_that_the_source_took_back_never_was(views: Views, questions: Questions) -> None:
    views.apply(view_batch(rows=[assignment("e1"), assignment("e2", NOON + 1, operation="retract")]))
    assert questions.caseload(ME, "u1") == []


def test_a_retracted_assignment_does_not_bring_back_the_version_before_it(views: Views, questions: Questions) -> None:
    newer = assignment("e2", NOON + 1)
    views.apply(view_batch(rows=[assignment("e1"), newer]))
    views.apply(view_batch(rows=[taken_back(newer, 99)]))
    assert questions.caseload(ME, "u1") == []


def test_only_the_recipient_itself_says_who_is_on_its_caseload(views: Views, questions: Questions) -> None:
    views.apply(view_batch(rows=[assignment("e1", partner_id="csu_advising")]))
    assert questions.caseload(ME, "u1") == []


def test_a_recipient_sees_nothing_of_another(views: Views, questions: Questions) -> None:
    views.apply(view_batch(rows=[assignment("e1"), release("e2")], ticks={ME: NOON}))
    other = "csu_advising"
    assert questions.caseload(other, "u1") == []
    assert questions.timeline(other, "p1") == []
    assert questions.changes_since(other, ["p1"], 0) == []
    assert questions.outlines(other, ["p1"]) == []
    assert (questions.row_count(other, "p1"), questions.tick(other)) == (0, None)


def test_a_person_with_two_assignments_is_listed_once_by_the_newest(views: Views, questions: Questions) -> None:
    second = assignment("e2", NOON + 1, fact_id="c-f2")
    second["body"]["site"] = "South"
    views.apply(view_batch(rows=[assignment("e1"), second]))
    assert [a.site for a in questions.caseload(ME, "u1")] == ["South"]


def test_the_newest_version_of_a_fact_holds_and_older_ones_are_its_history(views: Views, questions: Questions) -> None:
    views.apply(view_batch(rows=[release("e3", NOON + 3, operation="correct"), release("e1"), release("e2", NOON + 2)]))
    (fact,) = questions.timeline(ME, "p1")
    assert (fact.current.event_id, [row.event_id for row in fact.earlier]) == ("e3", ["e2", "e1"])


def test_a_fact_whose_newest_version_was_taken_back_is_not_shown_by_an_older_one(
    views: Views, questions: Questions
) -> None:
    newer = release("e2", NOON + 2)
    views.apply(view_batch(rows=[release("e1"), newer]))
    views.apply(view_batch(rows=[taken_back(newer, 99)]))
    assert questions.timeline(ME, "p1") == []


def test_outlines_hold_every_version_of_every_fact_the_newest_first_and_what_was_taken_back(
    views: Views, questions: Questions
) -> None:
    newer = release("e2", NOON + 60_000_000)
    views.apply(view_batch(rows=[release("e1"), newer, release("e3", fact_id="f2"), release("e4", person_id="p2")]))
    views.apply(view_batch(rows=[taken_back(newer, 99_000_000)]))
    facts = {facts[0].fact_id: facts for facts in questions.outlines(ME, ["p1"])}
    assert {f: [(o.event_id, o.state) for o in versions] for f, versions in facts.items()} == {
        "f1": [("e2", "retracted"), ("e1", "released")],
        "f2": [("e3", "released")],
    }
    assert facts["f2"][0].terms.consent_event_ids == ("c1",)
    assert facts["f2"][0].published_at.tzinfo is not None


def test_rows_are_told_by_change_number_to_the_recipient_that_holds_them(views: Views, questions: Questions) -> None:
    views.apply(view_batch(rows=[release("e1"), release("e2", fact_id="f2"), release("e3", recipient="csu_advising")]))
    assert [(r.event_id, r.seq) for r in questions.numbered(ME, [1, 2, 3])] == [("e2", 2), ("e1", 1)]
    assert questions.numbered(ME, []) == []


def test_who_was_ever_assigned_may_be_on_anothers_caseload_by_now(views: Views, questions: Questions) -> None:
    views.apply(view_batch(rows=[assignment("e1"), assignment("e2", NOON + 1, who="u2")]))
    assert (questions.ever_assigned(ME, "u1"), questions.caseload(ME, "u1")) == (["p1"], [])
    assert [a.person_id for a in questions.caseload(ME, "u2", ["p1"])] == ["p1"]


def test_a_retracted_assignment_says_of_nobody_that_they_were_assigned(views: Views, questions: Questions) -> None:
    views.apply(view_batch(rows=[assignment("e1")]))
    views.apply(view_batch(rows=[taken_back(assignment("e1"), 99)]))
    assert questions.ever_assigned(ME, "u1") == []


def test_signals_that_changed_since_are_told_whatever_became_of_them(views: Views, questions: Questions) -> None:
    seen = questions.last_seq(ME)
    views.apply(view_batch(signals=[signal("s1", 1), signal("s2", 1, "p2"), signal("s1", 2, state="retracted")]))
    assert questions.signals_since(ME, ["p1"], seen) == [("p1", "s1")]
    assert questions.signals_since(ME, ["p1", "p2"], questions.last_seq(ME)) == []


def test_the_last_change_number_is_the_recipients_own_and_outlasts_the_process(open_views: Opening) -> None:
    views = open_views(first_seq=10)
    assert views.last_seq(ME) == 9
    views.apply(view_batch(rows=[release("e1")]))
    views.apply(view_batch(rows=[release("e2", recipient="csu_advising")]))
    other = views.last_seq("csu_advising")
    assert (views.last_seq(ME), other >= 10) == (10, True)
    views.close()
    again = open_views(first_seq=10)
    assert (again.last_seq(ME), again.last_seq("csu_advising"), again.last_seq("nobody")) == (10, other, 9)
    again.close()


def test_changes_since_a_number_are_those_after_it_in_order_retractions_among_them(
    views: Views, questions: Questions
) -> None:
    first = release("e1")
    views.apply(view_batch(rows=[first, release("e2")]))
    seen = questions.last_seq(ME)
    views.apply(view_batch(rows=[taken_back(first, 99), release("e3")]))
    changes = questions.changes_since(ME, ["p1"], seen)
    assert [(row.event_id, row.state) for row in changes] == [("e1", "retracted"), ("e3", "released")]


def agreed(version: int, position: int) -> tuple[str, Row]:
    return ME, {"agreement_id": "dsa", "version": version, "position": position}


def ruled(version: int, position: int) -> tuple[str, Row]:
    return ME, {"version": version, "document": f"rules {version}", "position": position}


def test_every_version_of_agreements_and_rules_is_known_by_its_lowest_place(views: Views, questions: Questions) -> None:
    assert questions.in_force(ME) == InForceRows((), (), -1)
    for batch in ([(2, 20)], [(1, 10), (2, 90)], [(1, 90)]):
        views.apply(view_batch(agreements=[agreed(*one) for one in batch], rules=[ruled(*one) for one in batch]))
    agreements = tuple(
        (place, f'{{"agreement_id":"dsa","version":{version}}}') for version, place in ((1, 10), (2, 20))
    )
    assert questions.in_force(ME) == InForceRows(agreements, ((10, 1, "rules 1"), (20, 2, "rules 2")), -1)
    assert questions.in_force("another") == InForceRows((), (), -1)


def test_everyone_is_decided_by_a_change_once_every_partition_says_so(views: Views, questions: Questions) -> None:
    def says(partition: int, position: int) -> int:
        views.apply(view_batch(swept={(ME, partition): {"position": position, "partitions": 2}}))
        return questions.in_force(ME).swept

    assert [says(0, 20), says(1, 20), says(1, 30), says(0, 10), says(0, 30)] == [-1, 20, 20, 20, 30]


def test_a_tick_never_goes_back(views: Views, questions: Questions) -> None:
    views.apply(view_batch(ticks={ME: NOON}))
    views.apply(view_batch(ticks={ME: NOON - 60_000_000}))
    tick = questions.tick(ME)
    assert tick is not None
    assert tick.timestamp() == NOON / 1_000_000
