"""``throughline identity replay`` over a real broker: the model in force changes nothing, a stricter one splits."""

import csv
import shlex
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
from support.brokers import fresh_broker
from support.commands import throughline
from support.kafka_world import KafkaWorld
from support.waits import wait_until

from deploy.commands.worker import keys_dir
from deploy.population import generate
from deploy.topic_reader import all_of
from partners import events
from processors import names
from processors.resolve.matching.model import shipped
from streams import clients, topics
from streams.keyring import Keyring
from streams.settings import Settings

STRICT = replace(shipped(), link_bits=shipped().link_bits + 30)
"""By which much less is linked."""
FIGURES = [
    "model", "records", "unreadable", "persons_before", "persons_after", "linked", "split", "moved", "unchanged",
    "cpu_us_per_record",
]  # fmt: skip
Row = dict[str, Any]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaWorld]:
    """A population of which resolve has decided who is who, and goes on to."""
    made = generate(80, 7, decided_on=datetime.now(UTC).date())
    with KafkaWorld(tmp_path_factory.mktemp("replayed")) as told:
        for phase in ("history", "changes"):
            for event in made.phases[phase]:
                if event.row is not None and event.family in {"identity", "employment"}:
                    [value] = events.framed(event.family, [event.row])
                    told.send(event.topic, event.key, value, dict(event.headers))
            told.settle()
        yield told


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where files are that a command line names."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(world: KafkaWorld, line: str, data_dir: Path | None = None) -> Any:
    """Run a command as a page has it."""
    _, *words = shlex.split(line)
    address = str(world.settings.bootstrap)
    return throughline(data_dir or world.settings.data_dir, *words, THROUGHLINE_BOOTSTRAP=address)


def said(world: KafkaWorld, line: str) -> str:
    """What a command says that does what it should."""
    done = run(world, line)
    assert (done.returncode, done.stderr) == (0, "")
    return str(done.stdout)


def figures(world: KafkaWorld, line: str = "throughline identity replay --json") -> Row:
    return dict(orjson.loads(said(world, line).splitlines()[-1]))


def persons(world: KafkaWorld) -> dict[str, str]:
    """By record its person, as resolve has published it."""
    reads = all_of(str(world.settings.bootstrap), lambda topic: topic == names.IDENTITY_RECORDS)
    return {read.row["record_key"]: read.row["person_id"] for read in reads}


@pytest.mark.broker
def test_by_the_model_in_force_no_record_changes_persons(world: KafkaWorld) -> None:
    known = persons(world)
    found = figures(world)
    assert list(found) == FIGURES
    assert (found["model"], found["records"], found["unreadable"]) == (shipped().name, len(known), 0)
    assert found["persons_before"] == found["persons_after"] == len({*known.values()}) < len(known)
    assert (found["linked"], found["split"], found["moved"], found["unchanged"]) == (0, 0, 0, len(known))
    assert found["cpu_us_per_record"] > 0
    assert "no record would change persons" in said(world, "throughline identity replay")


@pytest.mark.broker
def test_by_a_stricter_model_persons_are_split_and_the_counts_add_up(world: KafkaWorld, folder: Path) -> None:
    known = persons(world)
    (folder / "model.json").write_bytes(STRICT.to_json())
    found = figures(world, "throughline identity replay --model model.json --json")
    assert found["model"] == STRICT.name
    assert found["split"] > 10
    assert found["linked"] + found["split"] + found["moved"] + found["unchanged"] == found["records"] == len(known)
    assert found["persons_after"] > found["persons_before"]

    told = said(world, "throughline identity replay --model model.json --out changes.csv")
    with (folder / "changes.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["record_key", "from_person_id", "to_person_id", "kind"]
    assert [row["kind"] for row in rows].count("split") == found["split"]
    assert len(rows) == found["records"] - found["unchanged"]
    assert all(known[row["record_key"]] == row["from_person_id"] != row["to_person_id"] for row in rows)
    after = known | {row["record_key"]: row["to_person_id"] for row in rows}
    assert len({*after.values()}) == found["persons_after"]
    assert "persons by the model" in told
    assert any(row["record_key"] in told and row["to_person_id"] in told for row in rows)
    assert "every record's change is in changes.csv" in told
    assert persons(world) == known


@pytest.mark.broker
def test_what_a_steward_has_split_stays_so_by_the_model_in_force(world: KafkaWorld) -> None:
    known = persons(world)
    person, _ = max(Counter(known.values()).items(), key=lambda counted: (counted[1], counted[0]))
    key = max(key for key, of in known.items() if of == person)
    said(world, f"throughline identity split {key} --by r.alvarez --reason 'a brother'")
    wait_until(lambda: len({*persons(world).values()}) > len({*known.values()}), "the split")
    assert figures(world)["unchanged"] == len(known)


@pytest.mark.broker
def test_nothing_is_written_where_throughline_runs(world: KafkaWorld) -> None:
    def written() -> Counter[str]:
        return Counter(
            read.topic for read in all_of(address, lambda topic: topic.startswith(("identity.", "control.")))
        )

    address = str(world.settings.bootstrap)
    before = written()
    figures(world)
    assert written() == before


def refused(done: Any) -> str:
    """The one line that is said instead."""
    assert (done.returncode, done.stdout) == (2, "")
    [line] = done.stderr.splitlines()
    return str(line)


@pytest.mark.broker
def test_what_records_say_needs_the_keyring_and_none_is_made(world: KafkaWorld, folder: Path) -> None:
    line = refused(run(world, "throughline identity replay", data_dir=folder))
    assert "there is no keyring in" in line
    assert "set THROUGHLINE_DATA_DIR" in line
    assert list(folder.iterdir()) == []


@pytest.mark.broker
def test_a_keyring_that_does_not_open_the_seals_is_said_to_be_another(world: KafkaWorld, folder: Path) -> None:
    with closing(Keyring(keys_dir(Settings(data_dir=folder)))) as ring:
        for key in persons(world):
            ring.find_or_make(key)
        ring.flush()
    line = refused(run(world, "throughline identity replay", data_dir=folder))
    assert "cannot be unsealed with this keyring: restore keys.sqlite from its backup" in line


@pytest.mark.broker
def test_where_resolve_has_published_nothing_there_is_nothing_to_try_a_model_on(folder: Path) -> None:
    Keyring(keys_dir(Settings(data_dir=folder))).close()
    with fresh_broker(folder / "kafka") as address:
        topics.create(clients.admin(address), topics.table([], 1, 1))
        line = refused(throughline(folder, "identity", "replay", THROUGHLINE_BOOTSTRAP=address))
    assert line == "throughline: no records are known yet: `throughline status` tells how far resolve is"


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("--model", "none.json"), "`throughline identity train` writes one"),
        (("--model", "own.json"), "own.json is no model"),
        (("--out", "none/changes.csv"), "make it first"),
        ((), "no broker is known: set THROUGHLINE_BOOTSTRAP"),
    ],
)
def test_what_cannot_be_done_so_is_one_line_with_the_remedy(folder: Path, words: tuple[str, ...], line: str) -> None:
    (folder / "own.json").write_text("{}", encoding="utf-8")
    assert line in refused(throughline(folder, "identity", "replay", *words))


def test_a_broker_that_is_away_is_one_line_with_the_remedy(folder: Path) -> None:
    line = refused(throughline(folder, "identity", "replay", THROUGHLINE_BOOTSTRAP="127.0.0.1:9"))
    assert "THROUGHLINE_BOOTSTRAP right?" in line
