"""Made-up people for the benchmarks of identity: the form that every set has, its truth, and errors that are there."""

import csv
from collections import Counter, defaultdict
from itertools import pairwise
from pathlib import Path

import pytest

from bench.identity import sets
from bench.identity.made_up import errors, people, writing
from bench.identity.made_up.people import Person, households
from bench.identity.made_up.rates import SOURCES
from partners.population.dice import Dice

RECORDS = 20_000
Row = dict[str, str]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made-up")
    writing.write(folder, RECORDS, 1)
    return folder


@pytest.fixture(scope="module")
def records(folder: Path) -> list[Row]:
    return sets.records(folder)


@pytest.fixture(scope="module")
def some() -> list[list[Person]]:
    """Two thousand households."""
    return [household for household, _ in zip(households(1), range(2_000), strict=False)]


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(tmp_path: Path) -> None:
    for name, seed in (("one", 5), ("same", 5), ("other", 6)):
        writing.write(tmp_path / name, 300, seed)
    one, same, other = (
        [(tmp_path / name / f"{file}.csv").read_bytes() for file in ("records", "truth", "people")]
        for name in ("one", "same", "other")
    )
    assert one == same
    assert all(a != b for a, b in zip(one, other, strict=True))


def test_a_set_is_as_long_as_asked_and_its_truth_knows_every_record_and_person(
    folder: Path, records: list[Row]
) -> None:
    truth = sets.truth(folder)
    known = {row["person_id"] for row in sets.people(folder)}
    assert [row["record_id"] for row in records] == list(truth)
    assert len(truth) == RECORDS
    assert set(truth.values()) <= known
    assert tuple(records[0]) == sets.COLUMNS
    assert sorted(path.name for path in folder.iterdir()) == ["people.csv", "records.csv", "truth.csv"]


def test_records_come_in_order_of_arrival_those_that_are_late_too(records: list[Row]) -> None:
    years = [int(row["event_date"][:4]) for row in records]
    tenths = [sorted(years[start : start + RECORDS // 10]) for start in range(0, RECORDS, RECORDS // 10)]
    middles = [tenth[len(tenth) // 2] for tenth in tenths]
    assert all(one <= other for one, other in pairwise(middles))
    assert middles[0] < middles[-1] - 10
    assert any(a["event_date"] > b["event_date"] for a, b in pairwise(records))


def test_sources_keep_their_habits(records: list[Row]) -> None:
    of: dict[str, list[Row]] = defaultdict(list)
    for row in records:
        of[row["source"]].append(row)
    assert of.keys() == SOURCES.keys()
    for name, rows in of.items():
        shares = sum(len(row["ssn"]) == 9 and len(set(row["ssn"])) > 1 for row in rows) / len(rows)
        assert shares == pytest.approx(SOURCES[name].ssn / 100, abs=0.12), name
    assert all(row["dob"][4] == "-" for row in of["K12"] + of["UNIV"])
    assert all(row["dob"][2] == "/" for row in of["CC"] + of["SOC"])
    assert all(row["dob"].isdigit() and row["last_name"] == row["last_name"].upper() for row in of["AID"])
    told = {column for row in of["UI"] for column, value in row.items() if value}
    assert told == {"record_id", "source", "event_date", "first_name", "middle_name", "last_name", "ssn"}
    assert max(len(row["last_name"]) for row in of["UI"]) == 10


def test_every_error_is_there_and_most_records_have_none(folder: Path) -> None:
    with (folder / "truth.csv").open(encoding="utf-8", newline="") as file:
        counts = Counter(error for row in csv.DictReader(file) for error in row["errors"].split(";"))
    assert counts[""] > 0.7 * RECORDS
    named = {
        "alias",
        "by_middle",
        "nickname",
        "initial",
        "half_given",
        "half_surname",
        "former_surname",
        "names_swapped",
    }
    assert {*named, "first_name_typed", "last_name_typed", "address_typed", "dob_digit", "dob_day_and_month"} <= set(
        counts
    )
    assert {"ssn_typed", "ssn_of_household", "ssn_borrowed", "email_of_household"} <= set(counts)


def test_nobody_shares_a_number_and_twins_share_a_day(some: list[list[Person]]) -> None:
    everybody = [person for household in some for person in household]
    numbers = [person.ssn for person in everybody if person.ssn]
    assert len(set(numbers)) == len(numbers) > 3_000
    assert all(number[:3] not in {"000", "666"} and number[0] != "9" and number[3:5] != "00" for number in numbers)
    by_number = {person.number: person for person in everybody}
    twins = [(person, by_number[person.twin_of]) for person in everybody if person.twin_of is not None]
    assert len(twins) > 40
    assert all(one.born == other.born and one.given != other.given for one, other in twins)
    assert all(by_number[other.twin_of or 0] is one for one, other in twins)
    numbered = [(int(one.ssn), int(other.ssn)) for one, other in twins if one.ssn and other.ssn]
    in_turn = [pair for pair in numbered if abs(pair[0] - pair[1]) == 1]
    assert len(numbered) / 3 < len(in_turn) < len(numbered)


def test_a_junior_has_the_fathers_name(some: list[list[Person]]) -> None:
    juniors = [(one, household) for household in some for one in household if one.junior_of is not None]
    assert len(juniors) > 10
    for junior, household in juniors:
        [father] = [one for one in household if one.number == junior.junior_of]
        assert (junior.given, junior.surname, junior.suffix) == (father.given, father.surname, "Jr")
        assert junior.born > father.born


def test_numbers_are_mixed_each_for_one() -> None:
    mixed = [people.mixed(number, 12) for number in range(1 << 12)]
    assert sorted(mixed) == list(range(1 << 12))
    assert mixed != sorted(mixed)


@pytest.mark.parametrize("seed", range(30))
def test_an_error_changes_what_it_is_made_in(seed: int) -> None:
    dice = Dice(seed)
    number = errors.wrong_number(dice, "512340789")
    assert number != "512340789"
    assert len(number) == 9
    assert number.isdigit()
    assert errors.mistyped(dice, "Marcheti", 25) != "Marcheti"
    (year, month, day), how = errors.wrong_date(dice, (1990, 4, 17))
    assert (year, month, day) != (1990, 4, 17)
    assert how.startswith("dob_")
    assert 1 <= month <= 31
    assert 1 <= day <= 31
