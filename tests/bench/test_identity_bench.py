"""The comparison of identity engines: what it counts is right, and a peer that cannot be had is told.

The peers' own libraries are not installed here. With ``BENCH_FOLDER`` at the folder that ``make
bench-identity FOLDER=…`` left, those that it holds are run too.
"""

import json
import os
import subprocess
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.identity import ceiling, comparison, febrl, growth, ours, sets
from bench.identity.comparison import ALL, Comparison
from bench.identity.components import components
from bench.identity.made_up import writing
from bench.identity.peers import measured, prepared
from bench.identity.programs import ROOT

PEERS = {peer.name: peer for peer in ALL}
RECORDS = [
    {"record_id": "1", "source": "K12", "first_name": "Ann", "last_name": "Lee", "dob": "1990-01-02", "ssn": ""},
    {
        "record_id": "2",
        "source": "CC",
        "first_name": "ann",
        "last_name": "LEE ",
        "dob": "1990-01-02",
        "ssn": "551203344",
    },
    {"record_id": "3", "source": "UI", "first_name": "A", "last_name": "LEE", "dob": "", "ssn": "551203344"},
    {"record_id": "4", "source": "UI", "first_name": "ANN", "last_name": "LEE", "dob": "", "ssn": "551203434"},
    {"record_id": "5", "source": "K12", "first_name": "Ann", "last_name": "Lee", "dob": "1990-01-02", "ssn": ""},
]
TRUTH = {"1": "P", "2": "P", "3": "P", "4": "P", "5": "Q"}
PEOPLE = "person_id,household,twin_of,junior_of\nP,1,Q,\nQ,1,P,\n"


@pytest.fixture
def people(tmp_path: Path) -> Path:
    """A set of five records of two persons who cannot be told apart."""
    folder = tmp_path / "people"
    sets.write(folder, RECORDS, TRUTH)
    (folder / "people.csv").write_text(PEOPLE)
    return folder


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A set of 2,000 made-up records."""
    folder = tmp_path_factory.mktemp("made-up")
    writing.write(folder, 2_000, 1)
    return folder


def test_an_engine_is_run_in_turns_scored_and_told_beside_the_ceiling(tmp_path: Path, people: Path) -> None:
    exact = replace(PEERS["exact"], sets={"people": "people"})  # FEBRL would have a library installed
    found = Comparison([exact], people, 2, tmp_path / "made").compare()
    told = found["peers"]["exact"]
    assert (told["people_precision"], told["people_recall"], told["people_f1"]) == (0.5, 0.5, 0.5)
    assert (told["people_clusters_right"], told["people_false_merges"], told["people_twins_merged"]) == (0, 1, 1)
    assert len(told["records_per_cpu_second_of_each_run"]) == 2
    assert told["records_per_cpu_second"] > 0
    assert found["people_ceiling"] == {"exact_ssn": 0.6667, "one_typing_error": 1}
    assert found["failed"] == {}


def test_our_engine_is_asked_like_the_others_and_its_speeds_are_medians(tmp_path: Path, made: Path) -> None:
    peer = replace(PEERS["ours"], sets={"people": "people", "shipped": "people"})
    found = Comparison([peer], made, 2, tmp_path / "made").compare()
    assert found["failed"] == {}
    told = ours.headlines(found["peers"]["ours"])
    assert told["people_f1"] > 0.5
    assert told["people_f1_shipped"] > 0.9
    assert told["known_events_per_cpu_second"] > 0
    assert (told["febrl3_f1"], told["febrl4_f1"]) == (None, None)
    assert len(found["peers"]["ours"]["records_per_cpu_second_of_each_run"]) == 2


def test_new_records_are_counted_where_all_others_are_known(tmp_path: Path, made: Path) -> None:
    told = growth.measured(made / "records.csv")
    assert min(told["records_per_cpu_second"], told["rss_mb_max"]) > 0
    sets.first(made, 9, tmp_path)
    with pytest.raises(ValueError, match="it needs 10 or more"):
        growth.measured(tmp_path / "records.csv")


def test_a_store_of_each_size_has_a_population_of_its_own(tmp_path: Path) -> None:
    told = ours.growth(tmp_path, 300, 1)
    assert list(told["new_records_per_cpu_second"]) == list(told["rss_mb_max"]) == ["300"]
    assert len(sets.truth(tmp_path / "made-up-300")) == 300
    assert ours.sizes_up_to(3_000_000) == [100_000, 1_000_000, 3_000_000]
    assert ours.sizes_up_to(200_000) == [100_000, 200_000]


def test_a_shuffle_is_entered_beside_the_given_order(tmp_path: Path, made: Path) -> None:
    assert ours.orders_differing(made, 1, tmp_path) == 0
    given, shuffled = (
        {row["record_id"]: row["person_id"] for row in sets.rows(tmp_path / f"{name}.csv")}
        for name in ("given", "shuffled")
    )
    assert list(given) != list(shuffled)
    assert ours.partition(given) == ours.partition(shuffled)
    assert ours.partition({"a": "1", "b": "1", "c": "2"}) != ours.partition({"a": "1", "b": "2", "c": "2"})


def test_a_peer_whose_library_cannot_be_had_is_null_with_its_reason(
    tmp_path: Path, people: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    found = Comparison([PEERS["goldenmatch"]], people, 1, tmp_path / "made").compare()
    assert found["peers"] == {"goldenmatch": None}
    assert "cannot be installed" in found["unavailable"]["goldenmatch"]


@pytest.mark.skipif("BENCH_FOLDER" not in os.environ, reason="no environments of the peers are at hand")
@pytest.mark.parametrize("name", ["splink", "recordlinkage", "goldenmatch"])
def test_a_peer_gives_figures_of_every_set(tmp_path: Path, name: str) -> None:
    folder = Path(os.environ["BENCH_FOLDER"])
    python = folder / name / "bin" / "python"
    if not python.exists():
        pytest.skip(f"{name} has no environment at hand")
    sets.first(folder / "sets" / "febrl3", 500, tmp_path)
    words = [f"--{given}={tmp_path}" for given in PEERS[name].sets]
    command = [str(python), "-m", f"bench.identity.peers.with_{name}", *words]
    done = subprocess.run(command, cwd=ROOT, env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=True)
    said = json.loads(done.stdout.splitlines()[-1])
    assert all(said[f"{given}_f1"] > 0 and said[f"{given}_records_per_cpu_second"] > 0 for given in PEERS[name].sets)


@pytest.mark.parametrize("name", sorted(PEERS))
def test_every_peer_has_a_program_and_its_libraries_are_locked(name: str) -> None:
    assert (comparison.SCRIPTS / f"with_{name}.py").exists()
    locked = comparison.SCRIPTS / f"{name}-requirements.txt"
    lines = locked.read_text().splitlines() if locked.exists() else []
    assert all("==" in line for line in lines if line and not line.startswith((" ", "#")))
    assert any(line.startswith(f"{name}==") for line in lines) or name in {"exact", "ours"}


def test_the_parts_of_the_work_add_up_and_records_that_no_cluster_has_are_alone(people: Path) -> None:
    def resolve(_: Path, lap: measured.Lap) -> dict[str, str]:
        lap("preparing")
        lap("training")
        return {"1": "a", "2": "a"}

    found = measured.figures(resolve, people)
    assert (found["precision"], found["recall"], found["records"]) == (1, round(1 / 6, 5), len(RECORDS))
    assert found["cpu_seconds"].keys() == {"preparing", "training", "rest"}  # type: ignore[attr-defined]
    assert found["records_per_cpu_second_trained"] > found["records_per_cpu_second"] > 0  # type: ignore[operator]


def test_the_first_records_of_a_set_are_a_set(tmp_path: Path, people: Path) -> None:
    sets.first(people, 2, tmp_path / "few")
    assert [row["record_id"] for row in sets.records(tmp_path / "few")] == ["1", "2"]
    assert sets.truth(tmp_path / "few") == {"1": "P", "2": "P"}
    assert sets.people(tmp_path / "few") == sets.people(people)


@pytest.mark.parametrize(
    ("column", "given", "even"),
    [
        ("first_name", " Ma. José ", "ma jose"),
        ("last_name", "O'Neil-Smith Jr.", "oneil smith"),
        ("dob", "1990-01-31", "1990-01-31"),
        ("dob", "01/31/1990", "1990-01-31"),
        ("dob", "19900131", "1990-01-31"),
        ("dob", "unknown", None),
        ("ssn", "551-20-3344", "551203344"),
        ("ssn", "999-99-9999", None),
        ("ssn", "123456789", None),
        ("address", "9836 78th Street # 3B", "9836 78th"),
        ("address", "9836 78TH ST. APT 3B", "9836 78th"),
        ("local_id", "C17", "CC:C17"),
        ("local_id", "", None),
        ("email", "", None),
    ],
)
def test_records_are_made_even_before_peers_compare_them(
    tmp_path: Path, column: str, given: str, even: str | None
) -> None:
    typed = {"local_id": "source_local_id"}.get(column, column)
    sets.write(tmp_path, [{"record_id": "1", "source": "CC", typed: given}], {"1": "P"})
    with duckdb.connect() as connection:
        prepared.prepare(connection, tmp_path)
        assert connection.table(prepared.TABLE).select(column).fetchall() == [(even,)]


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("551203344", "551203344", True),
        ("551203344", "551203345", True),
        ("551203344", "551203434", True),  # neighbours that changed places
        ("551203344", "551023344", True),
        ("551203344", "511203345", False),
        ("551203344", "541203344", True),
        ("551203344", "553201344", False),  # changed places, but no neighbours
        ("551203344", "55120334", False),
        ("", "", False),
    ],
)
def test_numbers_are_alike_but_for_one_typing_error(one: str, other: str, *, alike: bool) -> None:
    assert ceiling.one_error_apart(one, other) is alike


def test_a_dummy_is_no_number() -> None:
    numbers = ["551-20-3344", "999-99-9999", "123456789", "", "n/a"]
    assert [sets.number(text) for text in numbers] == ["551203344", "", "", "", ""]


def test_wage_rows_of_one_person_are_joined_by_the_number_that_only_they_have() -> None:
    records = [{"record_id": id_, "source": "UI", "ssn": "551203344"} for id_ in "ab"]
    assert ceiling.ceilings(records, dict.fromkeys("ab", "P")) == {"exact_ssn": 1, "one_typing_error": 1}


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.sampled_from("abcdef"))))
def test_records_are_one_cluster_that_pairs_join_over_whatever_way(pairs: list[tuple[str, str]]) -> None:
    reach = {record: {record} for record in "abcdef"}
    for one, other in pairs:
        joined = reach[one] | reach[other]
        reach |= dict.fromkeys(joined, joined)
    clusters = components("abcdef", pairs)
    assert {r: {o for o in clusters if clusters[o] == clusters[r]} for r in clusters} == reach


def test_a_febrl_record_keeps_its_values_in_our_columns() -> None:
    values = {
        "given_name": "michaela",
        "surname": "neumann",
        "street_number": "8",
        "address_1": "stanley street",
        "address_2": "",
        "suburb": "winston hills",
        "postcode": "4223",
        "state": "nsw",
        "date_of_birth": "19159911",
        "soc_sec_id": "5304218",
    }
    row = febrl.row_of("A", "rec-1070-org", values)
    assert row.keys() <= set(sets.COLUMNS)
    assert (row["dob"], row["ssn"], row["address"]) == ("19159911", "5304218", "8 stanley street")
    assert febrl.person_of("rec-1070-org") == febrl.person_of("rec-1070-dup-0") == "1070"
    with pytest.raises(ValueError, match="no record id"):
        febrl.person_of("1070")
