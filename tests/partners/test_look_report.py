"""The report of a dry run, in its three forms: what it tells of every format, and that it has no value of a file."""

import itertools
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from support.partner_commands import run

from deploy.publish.asked import Asked
from deploy.publish.gate import gate_of
from deploy.publish.ids import ids_into
from deploy.publish.look import sum_of
from deploy.publish.report import tell
from partners.formats import reader_of
from partners.profile import Look
from partners.publishing import publish_file
from schemas_avro import catalog, examples

FAMILY = ("--partner", "lea_grand_bend", "--family", "enrollment")
LOOK = ("--dry-run", "--as-of", "2026-09-01")
COLUMNS = ("source_record_id", "subject_token", "organization_id", "organization_id_system", "entry_date", "exit_type")
CANARY = "quetzal"
AS_OF = datetime(2026, 9, 1, tzinfo=UTC)


def line(number: int, day: str = "2026-08-12", code: str = "01921") -> tuple[str, ...]:
    """Cells of an enrollment."""
    return f"e-{number}", f"t-{number}", "255901001", "SCHOOL", day, code


LINES = [line(n) for n in range(30)] + [line(n, day="8/12/2026") for n in range(30, 45)] + [line(45, code="1921")]


def written(folder: Path, form: str) -> tuple[str, ...]:
    """The same rows in a file of a format, and the words by which it is published."""
    path = folder / f"rows.{form}"
    if form == "parquet":
        columns = zip(*LINES, strict=True)
        pq.write_table(pa.table({name: list(cells) for name, cells in zip(COLUMNS, columns, strict=True)}), path)
    elif form == "jsonl":
        path.write_bytes(b"".join(orjson.dumps(as_object(cells)) + b"\n" for cells in LINES))
    else:
        mark = {"csv": ",", "tsv": "\t"}[form]
        path.write_text("\n".join(mark.join(cells) for cells in (COLUMNS, *LINES)) + "\n")
    return (path.name, *FAMILY)


def as_object(cells: tuple[str, ...]) -> dict[str, Any]:
    """A row of JSON lines."""
    told = dict(zip(COLUMNS, cells, strict=True))
    return {"envelope": {name: told.pop(name) for name in COLUMNS[:2]}, "body": told}


def mapped(folder: Path, form: str) -> tuple[str, ...]:
    """The rows as another system has them, with a mapping file."""
    fields = "\n".join(f'{name} = "C{n}"' for n, name in enumerate(COLUMNS))
    head = 'partner = "lea_grand_bend"\nfamily = "enrollment"\n'
    if form == "fixed":
        (folder / "own.txt").write_text("".join("".join(cell.ljust(12) for cell in cells) + "\n" for cells in LINES))
        spans = "\n".join(f"C{n} = {{ start = {n * 12 + 1}, width = 12 }}" for n in range(len(COLUMNS)))
        head += f'[file]\nformat = "fixed"\nwidth = {12 * len(COLUMNS)}\n[columns]\n{spans}\n'
    else:
        names = [f"C{n}" for n in range(len(COLUMNS))]
        (folder / "own.txt").write_text("\n".join(",".join(cells) for cells in (names, *LINES)) + "\n")
        head += '[file]\nformat = "csv"\n'
    (folder / "own.toml").write_text(f"{head}[fields]\n{fields}\n")
    return ("own.txt", "--mapping", "own.toml")


def looked(folder: Path, *words: str) -> dict[str, Any]:
    """The object that a dry run prints."""
    done = run(folder, "publish", *words, *LOOK, "--json", "--report", "report.html")
    assert done.returncode == 1, done.stderr
    return dict(orjson.loads(done.stdout.splitlines()[-1]))


@pytest.mark.parametrize("form", ["csv", "tsv", "parquet", "jsonl", "mapped", "fixed"])
def test_a_file_of_any_format_is_told_by_error_and_by_field(tmp_path: Path, form: str) -> None:
    words = mapped(tmp_path, form) if form in {"mapped", "fixed"} else written(tmp_path, form)
    said = looked(tmp_path, *words)
    first = {"parquet": 1, "jsonl": 1, "fixed": 1}.get(form, 2)
    wrong_day = "bad_date" if form == "jsonl" else "spreadsheet_date"
    errors = {(one["code"], one["field"]): (one["rows"], one["places"]) for one in said["errors"]}
    assert errors[wrong_day, "body.entry_date"] == (15, [first + 30 + n for n in range(10)])
    assert all(one["advice"] for one in said["errors"])
    assert (said["rows"], said["read"], said["facts"], said["persons"]) == (46, 46, 46, 46)
    by_field = {one["field"]: one for one in said["fields"]}
    assert by_field["body.entry_date"]["values"] == [
        {"value": "2026-08", "rows": 31}, {"value": "other", "rows": 15},
    ]  # fmt: skip
    if form in {"mapped", "fixed"}:
        assert by_field["body.entry_date"]["column"] == "C4"


def test_of_a_district_each_family_and_each_file_is_told_apart(tmp_path: Path) -> None:
    folder = tmp_path / "district"
    folder.mkdir()
    student = (
        "<Student><StudentUniqueId>{n}</StudentUniqueId><BirthData><BirthDate>{day}</BirthDate></BirthData></Student>"
    )
    days = ["2010-05-06"] * 20 + ["soon"]
    body = "".join(student.format(n=n, day=day) for n, day in enumerate(days))
    (folder / "Student.xml").write_text(f"<InterchangeStudent>{body}</InterchangeStudent>")
    said = looked(tmp_path, "district", "--partner", "lea_grand_bend")
    (error,) = said["errors"]
    assert (error["file"], error["family"], error["code"], error["places"]) == (
        "Student.xml",
        "identity",
        "bad_date",
        [21],
    )
    assert said["families"]["identity"]["persons"] == 21
    assert "Fields of identity" in (tmp_path / "report.html").read_text()


def test_a_snapshot_is_looked_at_too(tmp_path: Path) -> None:
    said = looked(tmp_path, *written(tmp_path, "csv"), "--snapshot")
    assert (said["asserted"], said["rejected"], len(said["errors"])) == (30, 16, 2)


def test_on_a_terminal_the_report_is_two_short_tables_and_the_page_is_named(tmp_path: Path) -> None:
    words = written(tmp_path, "csv")
    done = run(tmp_path, "publish", *words, *LOOK, "--report", "report.html")
    assert re.search(
        r"body.entry_date +│ spreadsheet_date +│ 15 +│ 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, …", done.stdout
    )
    assert "46 facts about 46 people" in done.stdout
    few = {"facts": 1, "persons": 1, "repeated_facts": 1, "repeated_events": 2}
    told = "1 fact about 1 person, 1 fact that was there before, 2 events that were there before"
    assert sum_of(few) == told
    assert "each field, its codes and dates: report.html" in done.stdout


@pytest.mark.parametrize(
    ("more", "remedy"),
    [(("--report", "r.html"), "say --dry-run too"), (("--dry-run", "--report", "nowhere/r.html"), "make it first")],
)
def test_a_report_that_cannot_be_made_is_told_before_anything_is_done(
    tmp_path: Path, more: tuple[str, ...], remedy: str
) -> None:
    done = run(tmp_path, "publish", *written(tmp_path, "csv"), *more)
    assert (done.returncode, done.stdout) == (2, "")
    assert remedy in done.stderr


class Page(HTMLParser):
    """What a page is made of."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag."""
        self.tags.append((tag, dict(attrs)))

    def named(self, *names: str) -> list[dict[str, str | None]]:
        """Attributes of the tags of these names."""
        return [attributes for tag, attributes in self.tags if tag in names]


def test_the_page_loads_nothing_runs_nothing_and_can_be_read_aloud(tmp_path: Path) -> None:
    looked(tmp_path, *written(tmp_path, "csv"))
    page = Page((tmp_path / "report.html").read_text())
    assert page.named("html") == [{"lang": "en"}]
    assert page.named("script", "img", "link", "iframe", "form", "object") == []
    for _, attributes in page.tags:
        assert not any(name == "style" or name.startswith("on") for name in attributes)
        assert all((attributes.get(name) or "#").startswith("#") for name in ("href", "src"))
    assert len(page.named("caption")) == len(page.named("table"))
    assert all("scope" in attributes for attributes in page.named("th"))
    policy = next(a["content"] for a in page.named("meta") if a.get("http-equiv") == "Content-Security-Policy")
    assert policy is not None
    assert policy.startswith("default-src 'none'; style-src 'sha256-")


def marked(value: Any, marks: Iterator[int]) -> Any:
    """A value of an example with a mark in every text of it; numbers and flags become such texts as well."""
    if isinstance(value, list):
        return [marked(one, marks) for one in value]
    if isinstance(value, dict):
        return {name: marked(one, marks) for name, one in value.items()}
    return f"{CANARY}{next(marks)}"


@pytest.mark.parametrize("family", catalog.FAMILIES)
def test_no_value_of_any_field_is_in_any_form_of_the_report(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], family: str
) -> None:
    row = examples.example(family)
    row["envelope"].pop("partner_id", None)
    fields = [f["name"] for f in catalog.read(f"families/{family}")["fields"]]
    marks, lines = itertools.count(), []
    for part, names in (("envelope", [f["name"] for f in catalog.read("envelope")["fields"]]), ("body", fields)):
        for name in names:
            said = row[part].get(name)
            lines.append({**row, part: {**row[part], name: marked(said, marks)}})
            lines += [{**row, part: {**row[part], name: f"{CANARY}{next(marks)}"}}] * 12
            lines.append({**row, part: {**row[part], name: f"SSN 123-45-6789 {CANARY}\x07 {CANARY}@example.org"}})
            lines.append({**row, part: {**row[part], f"{CANARY}{next(marks)}": 1}})
    path, page = tmp_path / "rows.jsonl", tmp_path / "report.html"
    path.write_bytes(b"".join(orjson.dumps(one) + b"\n" for one in lines))
    look = Look(AS_OF.date(), partial(gate_of, "csac"))
    reader = look.watching(family, reader_of(path, family))
    outcome = publish_file(
        path, family, AS_OF, "csac", on_event=look.on_event(family), reader=reader, judge=look.judge(family)
    )
    assert outcome.rows == len(lines)
    with ids_into(None) as ids:
        for as_json in (True, False):
            asked = Asked("csac", family=family, look=look, as_json=as_json, page=page)
            tell(outcome, path, "now", asked, ids)
    printed = capsys.readouterr()
    told = f"{printed.out}{printed.err}{page.read_text()}".casefold()
    assert "body." in told
    for secret in (CANARY, "123-45-6789", "\x07"):
        assert secret not in told
