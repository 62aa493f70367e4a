"""A partner's large CSV the whole way, to the case view: that nothing of it is lost, how long it takes, in what memory.

A district's enrollments in columns of its own names are published by a mapping with `throughline publish`, a process
of its own, into a whole stack: a local Kafka, resolve, consent, signals and serve. Some rows are bad, some are there
twice. Every row is looked for at its end: rejected at the door, or its event by outcome, and in the case view of the
district's own services if it was carried. Prints one JSON object as its last line; exit code 1 where one is missing.
Run: ``make bench-partners-way`` (``ROWS=…`` for another size).
"""

import argparse
import csv
import json
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import psutil

from bench.carrying import Level, until
from bench.partners.running import published
from deploy.ledger import CARRIED, REJECTED, WITHHELD, LiveLedger
from deploy.receipts import reading
from deploy.stack import Stack
from streams.settings import Settings

ROWS = 1_000_000
PARTNER, RECIPIENT = "lea_grand_bend", "grand_bend_services"
AGREEMENTS = (
    "mou-lea-grand-bend", "mou-grand-bend-services", "dsa-grand-bend-services", "dsa-own-grand-bend-services",
    "dul-grand-bend-services",
)  # fmt: skip
SHIPPED = Path(__file__).parents[2] / "deploy" / "agreements"
HEADER = "STU_ID,SCHOOL,STATUS,ENTRY_DT,GRADE,UNITS"
MAPPING = f"""
partner = "{PARTNER}"
family = "enrollment"
[fields]
source_record_id = {{ columns = ["STU_ID", "SCHOOL", "ENTRY_DT"], join = "|" }}
subject_token = "STU_ID"
organization_id = "SCHOOL"
organization_id_system = {{ value = "SCHOOL" }}
enrollment_status = {{ column = "STATUS", codes = {{ A = "currently_enrolled", I = "previously_enrolled" }} }}
entry_date = {{ column = "ENTRY_DT", date = "MM/DD/YYYY" }}
entry_grade_level = {{ column = "GRADE", codes = {{ 09 = "G09", 10 = "G10", 11 = "G11", 12 = "G12" }} }}
units_attempted_hundredths = {{ column = "UNITS", decimal = true }}
"""
FACTS_A_STUDENT = 4
"""One a school year."""
FIRST_DAY = date(2021, 8, 2)
BAD_EVERY, TWICE_EVERY = 1_000, 1_500
"""Rows of which one is bad, and of which one repeats the row before."""
RECEIPT_SECONDS = 300.0
SHOWN = "SELECT event_id FROM release_row WHERE recipient = ? AND state = 'released'"


def main() -> int:
    """Run, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=ROWS)
    rows = parser.parse_args().rows
    with tempfile.TemporaryDirectory(prefix="throughline-bench-") as name:
        found = measured(Path(name), rows)
    print(json.dumps(found))
    return 0 if found["unaccounted"] == found["missing_in_the_view"] == found["too_many_in_the_view"] == 0 else 1


def measured(folder: Path, rows: int, receipt_seconds: float = RECEIPT_SECONDS) -> dict[str, Any]:
    """What a file of so many rows took in a folder, how each of them ended, and what its receipt tells by then."""
    (folder / "agreements").mkdir()
    for name in AGREEMENTS:
        shutil.copy(SHIPPED / f"{name}.toml", folder / "agreements")
    _say(f"making a file of {rows} rows")
    with (folder / "enrollments.csv").open("w") as file:
        file.writelines(f"{line}\n" for line in lines(rows))
    (folder / "mapping.toml").write_text(MAPPING)
    chosen = Settings(data_dir=folder / "data", agreements_dir=folder / "agreements", portal_port=0)
    with Stack(chosen, _say) as stack:
        told = _gone_through(stack, folder)
        ends = _ends(stack, told.pop("ids"))
        told["receipt"] = _receipt(stack, told.pop("submission"), told["published"], receipt_seconds)
        stack.end_processes()  # one process alone may open the views
        with closing(duckdb.connect(str(chosen.data_dir / "views" / "case.duckdb"), read_only=True)) as views:
            shown = {str(row[0]) for row in views.execute(SHOWN, [RECIPIENT]).fetchall()}
    return told | compared(ends, shown)


def compared(ends: Mapping[str, str | None], shown: AbstractSet[str]) -> dict[str, int]:
    """How many events ended in each way, and where the view is another.

    Args:
        ends: by event id; None: nothing tells.
        shown: ids of the events in the view.
    """
    carried = {event_id for event_id, end in ends.items() if end == CARRIED}
    count = Counter(ends.values())
    return {
        "events": len(ends),
        "carried": len(carried),
        "withheld": count[WITHHELD],
        "rejected_by_the_gate": count[REJECTED],
        "unaccounted": count[None],
        "missing_in_the_view": len(carried - shown),
        "too_many_in_the_view": len(shown - carried),
    }


def lines(rows: int) -> Iterator[str]:
    """Lines of a file: some rows are bad, and some are there twice."""
    yield HEADER
    students, before = max(1, rows // FACTS_A_STUDENT), ""
    for n in range(rows):
        year, day = n // students % 10, FIRST_DAY + timedelta(days=365 * (n // students) + n % 60)
        entry = day.isoformat() if n % BAD_EVERY == BAD_EVERY - 1 else f"{day:%m/%d/%Y}"
        school, status = 255901001 + n % 40, "AI"[year < FACTS_A_STUDENT - 1]
        line = f"s-{n % students},{school},{status},{entry},{9 + year % 4:02},{n % 20}.5"
        before = before if n % TWICE_EVERY == TWICE_EVERY - 1 else line
        yield before


def _gone_through(stack: Stack, folder: Path) -> dict[str, Any]:
    """Publish the file and wait until all stands in the view; what that took."""
    _say("publishing")
    words = [str(folder / "enrollments.csv"), "--mapping", str(folder / "mapping.toml")]
    began = time.monotonic()
    run = published(*words, "--ids", str(folder / "ids.csv"), **stack.environment())
    told = run.told
    _say(f"{told['published']} of {told['rows']} rows are published; they go through")
    with closing(Level(stack.bootstrap)) as level:
        until(stack, level.is_reached)
    seconds = time.monotonic() - began
    peaks = {role: _peak_mb(started.pid) for role, started in stack.running.items()}
    with (folder / "ids.csv").open(newline="") as file:
        ids = {row["event_id"] for row in csv.DictReader(file)}
    return {
        "rows": told["rows"], "published": told["published"], "rejected_at_the_door": told["rejected"],
        "reasons": told["reasons"], "publish_seconds": round(run.seconds), "seconds": round(seconds),
        "rows_per_second": round(told["rows"] / seconds), "submission": told["submission"], "ids": ids,
        "rss_mb_max": {"publish": run.rss_mb, **peaks}, "cores": psutil.cpu_count(),
    }  # fmt: skip


def _ends(stack: Stack, ids: set[str]) -> dict[str, str | None]:
    """How each event ended; None: nothing tells."""
    _say("asking how each ended")
    with closing(LiveLedger(stack.bootstrap)) as ledger:
        outcomes = ledger.catch_up().outcomes
    return {event_id: outcomes.get(event_id) for event_id in ids}


def _receipt(stack: Stack, submission: str, published: int, seconds: float) -> dict[str, Any]:
    """What the partner is told became of the file: all of it, or what there is when one has waited long."""
    _say("waiting for the receipt")
    found: dict[str, Any] = {"arrived": 0}
    with reading(stack.bootstrap, PARTNER) as receipts:
        deadline = time.monotonic() + seconds
        while found["arrived"] < published and time.monotonic() < deadline:
            time.sleep(2)
            stack.check()
            found = next((one.to_document() for one in receipts.now() if one.submission == submission), found)
    return {name: found.get(name, 0) for name in ("arrived", "repeated", "rejected")}


def _peak_mb(pid: int) -> int:
    """The most memory that a process has had."""
    status = Path(f"/proc/{pid}/status").read_text()
    return round(int(status.partition("VmHWM:")[2].split()[0]) / 1024)


def _say(line: str) -> None:
    print(line, file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
