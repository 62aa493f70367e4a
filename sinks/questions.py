"""The questions that readers ask of the case views, of whichever engine.

Answers are stored rows: whether they may be shown, the reader decides (``processors/consent/reading.py``). What a
caseload page asks of a person is remembered until a commit changes the person.
"""

import datetime as dt
from collections.abc import Sequence
from itertools import groupby
from typing import Any

import orjson

from sinks.remembered import Remembered
from sinks.signal_rows import StoredSignal
from sinks.stored import Assignment, Fact, InForceRows, Outline, StoredRow
from sinks.views import Question, Readable

Assigning = tuple[Outline, str | None, dt.date | None]
"""A version of an assignment, what it says as JSON text, and since when."""


class Questions:
    """Asks the case views; from any thread."""

    def __init__(self, views: Readable) -> None:
        """Ask these views."""
        self._views = views
        self._assignments = Remembered(views.newest_changes, self._read_assignments)
        self._outlines = Remembered(views.newest_changes, self._read_outlines)
        self._in_force: dict[str, tuple[int, InForceRows]] = {}
        self.first_seq = views.first_seq
        """Change number that the views began with."""

    def ever_assigned(self, recipient: str, case_manager_id: str, person_id: str | None = None) -> list[str]:
        """Whom any release that stands has assigned to a case manager, also where a newer one says otherwise."""
        whom = {"case_manager_id": case_manager_id, "person_id": person_id}
        return [person for (person,) in self._views.ask(Question.EVER_ASSIGNED, recipient, **whom)]

    def caseload(
        self, recipient: str, case_manager_id: str, person_ids: Sequence[str] | None = None
    ) -> list[Assignment]:
        """Whom a case manager serves, one row a person, by person; only these persons, where some are named."""
        if person_ids is None:
            person_ids = self.ever_assigned(recipient, case_manager_id)
        rows = [row for found in self._assignments.of(recipient, person_ids).values() for row in found]
        mine = [a for row in rows if (a := _assignment(*row, case_manager_id))]
        return list({a.person_id: a for a in sorted(mine, key=lambda a: (a.person_id, a.outline.age))}.values())

    def timeline(self, recipient: str, person_id: str) -> list[Fact]:
        """A person's facts, each with the version that holds and the ones before it.

        A fact whose newest version was taken back is left out altogether.
        """
        answer = self._views.ask(Question.TIMELINE, recipient, person_id=person_id)
        rows = [StoredRow.from_values(row) for row in answer]
        return [fact for _, same in groupby(rows, key=lambda row: row.fact_id) if (fact := _fact(list(same)))]

    def outlines(self, recipient: str, person_ids: Sequence[str]) -> list[list[Outline]]:
        """Of every fact of these persons its versions without what they say, the newest first, retracted ones too."""
        return [list(fact) for facts in self._outlines.of(recipient, person_ids).values() for fact in facts]

    def _read_assignments(self, recipient: str, person_ids: list[str]) -> dict[str, list[Assigning]]:
        """By person, of each assignment the newest version."""
        newest: dict[tuple[str, str], Assigning] = {}
        for body, since, *values in self._ask_of(recipient, person_ids, Question.CASELOAD):
            outline = Outline.from_values(values)
            key = outline.person_id, outline.fact_id
            if key not in newest or newest[key][0].age < outline.age:
                newest[key] = outline, body, since
        found: dict[str, list[Assigning]] = {person: [] for person in person_ids}
        for (person, _), row in newest.items():
            found[person].append(row)
        return found

    def _read_outlines(self, recipient: str, person_ids: list[str]) -> dict[str, list[tuple[Outline, ...]]]:
        """By person, of each fact the versions, the newest first."""
        facts: dict[tuple[str, str], list[Outline]] = {}
        for row in self._ask_of(recipient, person_ids, Question.OUTLINES):
            outline = Outline.from_values(row)
            facts.setdefault((outline.person_id, outline.fact_id), []).append(outline)
        found: dict[str, list[tuple[Outline, ...]]] = {person: [] for person in person_ids}
        for (person, _), versions in facts.items():
            found[person].append(tuple(sorted(versions, key=lambda v: v.age, reverse=True)))
        return found

    def numbered(self, recipient: str, seqs: Sequence[int]) -> list[StoredRow]:
        """The recipient's rows with these change numbers, the newest change first."""
        answer = self._views.ask(Question.NUMBERED, recipient, seqs=list(seqs)) if seqs else []
        return sorted(map(StoredRow.from_values, answer), key=lambda row: row.seq, reverse=True)

    def signals(self, recipient: str, person_ids: Sequence[str]) -> list[StoredSignal]:
        """Signals about these persons that hold, the most urgent first, then by deadline, then the oldest first."""
        return [StoredSignal.from_row(row) for row in self._ask_of(recipient, person_ids, Question.SIGNALS)]

    def signals_since(self, recipient: str, person_ids: Sequence[str], seq: int) -> list[tuple[str, str]]:
        """Person and id of each signal about these persons that changed after a change number, retracted ones too."""
        return [
            (person, signal) for person, signal in self._ask_of(recipient, person_ids, Question.SIGNALS_SINCE, seq=seq)
        ]

    def changes_since(self, recipient: str, person_ids: Sequence[str], seq: int, limit: int = 1000) -> list[Outline]:
        """What changed of these persons after a change number, oldest change first, retractions too."""
        rows = self._ask_of(recipient, person_ids, Question.CHANGES, seq=seq, limit=limit)
        return [Outline.from_values(row) for row in rows]

    def last_seq(self, recipient: str) -> int:
        """Change number of the recipient's newest change; one below the views' first where there is none."""
        return self._views.last_seq(recipient)

    def in_force(self, recipient: str) -> InForceRows:
        """Agreements and rules that reached a recipient; remembered until a commit changes any."""
        # The number is taken before the rows are read: whatever is committed in between is read again next time.
        number, known = self._views.in_force_changed(recipient), self._in_force.get(recipient)
        if known is None or known[0] != number:
            known = self._in_force[recipient] = number, self._read_in_force(recipient)
        return known[1]

    def _read_in_force(self, recipient: str) -> InForceRows:
        agreements, rules = (tuple(self._views.ask(q, recipient)) for q in (Question.AGREEMENTS, Question.RULES))
        swept = self._views.ask(Question.SWEPT, recipient)
        return InForceRows(agreements, rules, swept[0][0] if swept else -1)

    def tick(self, recipient: str) -> dt.datetime | None:
        """The latest tick that reached a recipient, UTC."""
        rows = self._views.ask(Question.TICK, recipient)
        return dt.datetime.fromtimestamp(rows[0][0] / 1_000_000, dt.UTC) if rows else None

    def ping(self) -> None:
        """Ask for nothing, to see that the views answer."""
        self._views.ask(Question.NOTHING, "")

    def row_count(self, recipient: str, person_id: str) -> int:
        """How many releases of a person a recipient holds."""
        return int(self._views.ask(Question.ROW_COUNT, recipient, person_id=person_id)[0][0])

    def _ask_of(
        self, recipient: str, person_ids: Sequence[str], question: Question, **more: int
    ) -> list[tuple[Any, ...]]:
        return self._views.ask(question, recipient, person_ids=list(person_ids), **more) if person_ids else []


def _assignment(outline: Outline, body: str | None, since: dt.date | None, case_manager_id: str) -> Assignment | None:
    """What the newest version of an assignment says, if it stands and is of this case manager."""
    said = orjson.loads(body) if body and outline.state == "released" and outline.operation != "retract" else {}
    if (said.get("case_manager_id"), said.get("assignment_state")) != (case_manager_id, "assigned"):
        return None
    return Assignment(outline.person_id, said["display_label"], said["relation"], said["site"], since, outline)


def _fact(versions: list[StoredRow]) -> Fact | None:
    current, *earlier = versions
    if current.state != "released":
        return None
    return Fact(current, tuple(row for row in earlier if row.state == "released"))
