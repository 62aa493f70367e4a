"""A partner's file to Avro on the broker: rows a second of CPU and memory, of a large CSV and of Ed-Fi XML.

`throughline publish` runs as a process of its own against a real Kafka; its CPU is that of all its threads, those of
librdkafka too, from its start to its end. Rows are made up, enrollments of ten columns. Prints one JSON object as its
last line. Run: ``make bench-partners`` (``ROWS=…``, ``EDFI_ROWS=…`` for other sizes).
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Iterable
from datetime import date, timedelta
from itertools import chain
from pathlib import Path
from typing import Any

from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from bench.partners.running import published
from deploy.local_kafka import LocalKafka

PARTNER, FAMILY = "lea_grand_bend", "enrollment"
ROWS, EDFI_ROWS = 1_000_000, 100_000
HEADER = (
    "source_record_id,subject_token,identifier.SSID,organization_id,organization_id_system,enrollment_status,entry_date,"
    "entry_grade_level,term_id,units_attempted_hundredths"
)
OWN = "STU_ID,SSID,SCHOOL,STATUS,ENTRY_DT,GRADE,TERM,UNITS"
MAPPING = """
partner = "lea_grand_bend"
family = "enrollment"
[fields]
source_record_id = { columns = ["STU_ID", "SCHOOL", "ENTRY_DT"], join = "|" }
subject_token = "STU_ID"
"identifier.SSID" = "SSID"
organization_id = "SCHOOL"
organization_id_system = { value = "SCHOOL" }
enrollment_status = { column = "STATUS", codes = { A = "currently_enrolled", I = "previously_enrolled" } }
entry_date = { column = "ENTRY_DT", date = "MM/DD/YYYY" }
entry_grade_level = { column = "GRADE", codes = { 09 = "G09", 10 = "G10", 11 = "G11", 12 = "G12" } }
term_id = "TERM"
units_attempted_hundredths = { column = "UNITS", decimal = true }
"""
FIRST_DAY = date(2025, 8, 1)
DAYS = 120


def main() -> None:
    """Run, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--edfi-rows", type=int, default=EDFI_ROWS)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="throughline-bench-") as name:
        folder = Path(name)
        _say("making files")
        files = {
            "csv": _csv(folder / "rows.csv", asked.rows),
            "mapped": _mapped(folder / "own.csv", asked.rows),
            "edfi": _edfi(folder / "rows.xml", asked.edfi_rows),
        }
        (folder / "mapping.toml").write_text(MAPPING)
        with LocalKafka(folder / "kafka") as kafka:
            admin = AdminClient({"bootstrap.servers": kafka.bootstrap})
            topic = f"partner.{PARTNER}.{FAMILY}"
            admin.create_topics([NewTopic(topic, 3, 1)])[topic].result()
            found = {kind: _published(kind, path, kafka.bootstrap, folder) for kind, path in files.items()}
    told: dict[str, Any] = {f"{kind}_rows_per_cpu_second": one["per_cpu_second"] for kind, one in found.items()}
    told |= {f"{kind}_rows_per_second": one["per_second"] for kind, one in found.items()}
    told |= {
        "rss_mb_max": max(one["rss_mb"] for one in found.values()),
        "rows": asked.rows,
        "edfi_rows": asked.edfi_rows,
    }
    print(json.dumps(told))


def _published(kind: str, path: Path, bootstrap: str, folder: Path) -> dict[str, int]:
    """What publishing a file took."""
    _say(f"publishing {path.name}")
    whose = (
        ("--mapping", str(folder / "mapping.toml")) if kind == "mapped" else ("--partner", PARTNER, "--family", FAMILY)
    )
    words = (str(path), *whose, "--bootstrap", bootstrap)
    run = published(*words, THROUGHLINE_DATA_DIR=str(folder / "data"))
    rows = run.told["rows"]
    if run.code or run.told["published"] != rows or run.told["rejected"]:
        raise SystemExit(f"{kind}: not all rows were published: {run.told}")
    return {
        "per_cpu_second": round(rows / (run.used.ru_utime + run.used.ru_stime)),
        "per_second": round(rows / run.seconds),
        "rss_mb": run.rss_mb,
    }


def _day(n: int) -> date:
    return FIRST_DAY + timedelta(days=n % DAYS)


def _written(path: Path, lines: Iterable[str]) -> Path:
    with path.open("w") as file:
        file.writelines(f"{line}\n" for line in lines)
    return path


def _csv(path: Path, rows: int) -> Path:
    lines = (
        f"e-{n},s-{n},{7_000_000_000 + n},{255901001 + n % 40},SCHOOL,currently_enrolled,{_day(n)},G{9 + n % 4:02},"
        f"20261,{n % 2000}"
        for n in range(rows)
    )
    return _written(path, chain([HEADER], lines))


def _mapped(path: Path, rows: int) -> Path:
    """The same as a partner's own system would write it."""
    lines = (
        f"s-{n},{7_000_000_000 + n},{255901001 + n % 40},{'AI'[n % 2]},{_day(n):%m/%d/%Y},{9 + n % 4:02},20261,"
        f"{n % 2000 / 100}"
        for n in range(rows)
    )
    return _written(path, chain([OWN], lines))


def _edfi(path: Path, rows: int) -> Path:
    lines = (
        f"<StudentSchoolAssociation><StudentReference><StudentIdentity><StudentUniqueId>{600000 + n}"
        "</StudentUniqueId></StudentIdentity></StudentReference><SchoolReference><SchoolIdentity><SchoolId>"
        f"{255901001 + n % 40}</SchoolId></SchoolIdentity></SchoolReference><EntryDate>{_day(n)}</EntryDate>"
        "<EntryGradeLevel>uri://ed-fi.org/GradeLevelDescriptor#Tenth grade</EntryGradeLevel>"
        "</StudentSchoolAssociation>"
        for n in range(rows)
    )
    begin = '<InterchangeStudentEnrollment xmlns="http://ed-fi.org/5.2.0">'
    return _written(path, chain([begin], lines, ["</InterchangeStudentEnrollment>"]))


def _say(line: str) -> None:
    print(line, file=sys.stderr)


if __name__ == "__main__":
    main()
