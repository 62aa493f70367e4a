"""What is remembered of a person holds until a commit changes the person, and no longer."""

import contextlib
from pathlib import Path

import pytest
from support.views import Views, view_batch

from sinks import case_views, remembered
from sinks.case_views import CaseViews
from sinks.questions import Questions
from sinks.remembered import Remembered
from tests.portal.served import ME, assigned, enrolled, taken_back


def test_a_person_is_read_once_until_something_changes_of_that_person() -> None:
    changes, asked = {"p1": 1, "p2": 1}, []

    def read(_: str, persons: list[str]) -> dict[str, int]:
        asked.append(persons)
        return {person: changes[person] for person in persons}

    known = Remembered(lambda *_: changes, read)
    assert known.of("us", ["p2", "p1"]) == known.of("us", ["p2", "p1"]) == {"p2": 1, "p1": 1}
    changes["p1"] = 2
    assert list(known.of("us", ["p2", "p1"]).items()) == [("p2", 1), ("p1", 2)]
    known.of("them", ["p2"])
    assert asked == [["p2", "p1"], ["p1"], ["p2"]]


def test_what_is_committed_while_rows_are_read_is_read_again() -> None:
    newest, rows = {"p1": 1}, {"p1": "released"}

    def read(_: str, persons: list[str]) -> dict[str, str]:
        found = {person: rows[person] for person in persons}
        rows["p1"], newest["p1"] = "retracted", 2
        return found

    known = Remembered(lambda *_: newest, read)
    known.of("us", ["p1"])
    assert known.of("us", ["p1"]) == {"p1": "retracted"}


def test_only_so_many_persons_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remembered, "MOST_PERSONS", 2)
    asked = []

    def read(_: str, persons: list[str]) -> dict[str, str]:
        asked.extend(persons)
        return dict.fromkeys(persons, "row")

    known = Remembered(lambda _, persons: dict.fromkeys(persons, 0), read)
    for person in ("p1", "p2", "p3", "p3", "p1"):
        assert known.of("us", [person]) == {person: "row"}
    assert asked == ["p1", "p2", "p3", "p1"]


@pytest.mark.parametrize("most_newest", [case_views.MOST_NEWEST, 1])
def test_answers_that_are_remembered_are_those_of_a_reader_who_has_read_nothing_before(
    views: Views, monkeypatch: pytest.MonkeyPatch, most_newest: int
) -> None:
    monkeypatch.setattr(case_views, "MOST_NEWEST", most_newest)
    asking = Questions(views)
    rows = [assigned("p1", "Ann"), assigned("p2", "Bo"), enrolled("e1", "p1"), enrolled("e2", "p2")]
    later = [taken_back(rows[2]), enrolled("e3", "p2"), {**assigned("p2", "Bo", state="ended"), "position": 2}]
    for row in [*rows, *later]:
        views.apply(view_batch(rows=[row]))
        fresh = Questions(views)
        for questions in (asking, asking):
            assert questions.caseload(ME, "u1") == fresh.caseload(ME, "u1")
            assert sorted(questions.outlines(ME, ["p1", "p2"])) == sorted(fresh.outlines(ME, ["p1", "p2"]))
    assert [a.person_id for a in asking.caseload(ME, "u1")] == ["p1"]


def test_who_changed_before_all_was_forgotten_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(case_views, "MOST_NEWEST", 1)
    row = enrolled("e1", "p1")
    with contextlib.closing(CaseViews.open(tmp_path / "views.duckdb", first_seq=1)) as before:
        before.apply(view_batch(rows=[row]))
    views = CaseViews.open(tmp_path / "views.duckdb")
    asking = Questions(views)
    assert [fact[0].state for fact in asking.outlines(ME, ["p1"])] == ["released"]
    for changed in (taken_back(row), enrolled("e2", "p2"), enrolled("e3", "p3")):
        views.apply(view_batch(rows=[changed]))
    assert [fact[0].state for fact in asking.outlines(ME, ["p1"])] == ["retracted"]
    views.close()
