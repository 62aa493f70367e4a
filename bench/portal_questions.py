"""What the portal's questions cost on views of many rows: one case manager of many, in milliseconds.

Run: python bench/portal_questions.py [rows]
"""

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa

from sinks.case_views import CaseViews
from sinks.questions import Questions
from sinks.view_batch import UNNUMBERED, Row, ViewBatch, as_text

ME, MANAGERS, ROWS_PER_PERSON, BATCH = "lausd_counseling", 200, 10, 5_000
NOON = 1_795_550_400_000_000
SAME = {
    "position": 1, "state": "released", "operation": "assert", "occurred_on": None, "effective_from": 20_000,
    "effective_to": None, "observed_at": NOON, "published_at": NOON, "agreement_version": 1, "expires_on": None,
    "notice": "These records may not be disclosed further.", "reason": None,
    "rules": ["ferpa.30.consent/1"], "obligations": ["notice"],
}  # fmt: skip


def row(number: int) -> Row:
    """One release: of each person the caseload's word, then facts."""
    person, place = divmod(number, ROWS_PER_PERSON)
    recipient = (ME, "csu_advising")[person % 2]
    ids = {"recipient": recipient, "person_id": f"person-{person:032}", "event_id": f"event-{number:032}"}
    ids["fact_id"] = f"fact-{number:032}"
    if place:
        terms: Row = {"family": "enrollment", "partner_id": "cde_k12", "purpose": "college_counseling"}
        terms |= {"agreement_id": "dsa", "basis": "consent", "consent_event_ids": ["c"], "groups": ["core"]}
        return {**SAME, **ids, **terms, "body": as_text({"entry_grade_level": "G12", "school_year": "2026-2027"})}
    terms = {"family": "caseload", "partner_id": recipient, "purpose": "case_management", "agreement_id": "own"}
    terms |= {"basis": "own_record", "consent_event_ids": [], "groups": ["core"]}
    body = {"case_manager_id": f"u{person // 2 % MANAGERS}", "assignment_state": "assigned", "relation": "counselor"}
    return {**SAME, **ids, **terms, "body": as_text({**body, "display_label": f"Person {person}", "site": "North"})}


def signal(number: int) -> Row:
    """One raised signal; every fifth person has one."""
    person = number * 5
    return {
        "signal_id": f"signal-{number}", "recipient": (ME, "csu_advising")[person % 2],
        "person_id": f"person-{person:032}", "rule": "sap_lost", "about": "2026-2027", "state": "raised",
        "urgency": "high", "raised_at": NOON, "changed_at": NOON, "due_on": None,
        "evidence_event_ids": [f"event-{person * ROWS_PER_PERSON + 1:032}"], "source_offset": number,
    }  # fmt: skip


def fill(views: CaseViews, rows: int) -> None:
    """Write them as a sink does."""
    for first in range(0, rows, BATCH):
        batch = [row(n) for n in range(first, min(first + BATCH, rows))]
        columns = [pa.array([r[c.name] for r in batch], c.type) for c in UNNUMBERED]
        views.apply(ViewBatch(pa.Table.from_arrays(columns, schema=UNNUMBERED)))
    views.apply(ViewBatch(signals=[signal(n) for n in range(rows // ROWS_PER_PERSON // 5)], ticks={ME: NOON}))


def milliseconds(ask: Callable[[], Any], times: int = 25) -> tuple[float, float]:
    """Fastest answer by the clock, and median of the processor time of answers."""
    ask()
    took, busy = [], []
    for _ in range(times):
        began, busy_began = time.perf_counter(), time.process_time()
        ask()
        busy.append((time.process_time() - busy_began) * 1000)
        took.append((time.perf_counter() - began) * 1000)
    return min(took), statistics.median(busy)


def page(ask: Questions) -> None:
    """What a caseload page asks."""
    people = [a.person_id for a in ask.caseload(ME, "u7")]
    ask.signals(ME, people)
    ask.numbered(ME, [fact[0].seq for fact in ask.outlines(ME, people)][:12])
    ask.in_force(ME)
    ask.tick(ME)


def main() -> None:
    """Fill views, ask, print."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 200_000
    with tempfile.TemporaryDirectory() as folder:
        views = CaseViews.open(Path(folder) / "views.duckdb", first_seq=1)
        began = time.perf_counter()
        fill(views, rows)
        print(f"{rows:,} rows written in {time.perf_counter() - began:.1f} s")
        ask = Questions(views)
        people = [a.person_id for a in ask.caseload(ME, "u7")]
        last = ask.last_seq(ME)
        newest = [fact[0].seq for fact in ask.outlines(ME, people)][:12]
        asked: dict[str, Callable[[], Any]] = {
            "caseload": lambda: ask.caseload(ME, "u7"),
            "caseload, one person": lambda: ask.caseload(ME, "u7", people[:1]),
            "timeline": lambda: ask.timeline(ME, people[0]),
            "outlines": lambda: ask.outlines(ME, people),
            "caseload page, first": lambda: page(Questions(views)),
            "caseload page": lambda: page(ask),
            "12 rows by number": lambda: ask.numbered(ME, newest),
            "signals": lambda: ask.signals(ME, people),
            "changes, none new": lambda: ask.changes_since(ME, people, last),
            "changes, from the start": lambda: ask.changes_since(ME, people, 0),
            "last change number": lambda: ask.last_seq(ME),
            "agreements and rules": lambda: ask.in_force(ME),
            "tick": lambda: ask.tick(ME),
        }
        print(f"{len(people)} people on the caseload; ms of an answer: fastest by the clock, median of the processor")
        for name, question in asked.items():
            took, busy = milliseconds(question)
            print(f"  {name:26}{took:8.1f}{busy:8.1f}")
        views.close()


if __name__ == "__main__":
    main()
