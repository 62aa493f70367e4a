"""``throughline identity apply`` over a real broker: persons are split and views follow; undone, all is as before."""

import shlex
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest
from support.brokers import fresh_broker
from support.commands import throughline
from support.events import event_id
from support.kafka_world import PARTITIONS, KafkaWorld
from support.waits import wait_until

from deploy.commands.worker import keys_dir
from deploy.topic_reader import all_of
from processors import names
from processors.resolve import taking
from processors.resolve.matching.model import shipped
from streams import clients, topics
from streams.keyring import Keyring
from streams.settings import Settings

pytestmark = pytest.mark.broker
STRICT = replace(shipped(), link_bits=shipped().link_bits + 60)
"""Links nobody."""
CENTRE = "ccc_transfer_center"
WHO = {"birth_date": "2001-03-01", "first_name": "Quetzalina", "last_name": "Familyname", "ssn": "219-09-9998"}
NOBODY = "5c2f6a0e-7d1b-5f7e-9a53-0d5b8c1e2f31"
Row = dict[str, Any]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaWorld]:
    """A student whom the transfer centre serves and who lets it see; models are taken in many slices."""
    with pytest.MonkeyPatch.context() as patch, KafkaWorld(tmp_path_factory.mktemp("apply")) as made:
        patch.setattr(taking, "SLICE", 1)
        for partner in ("ccc", CENTRE):
            made.publish(partner, "identity", "t1", "identity", **WHO)
        made.publish(CENTRE, "caseload", "t1", "serves")
        said = {"controllers": ["ccc"], "records_covered": ["education"], "purposes": ["transfer_advising"]}
        made.publish("ccc", "consent", "t1", "permits", event_state="given", recipients=[CENTRE], **said)
        made.publish("ccc", "enrollment", "t1", "studies")
        yield made.settle()


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where files are that a command line names."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "model.json").write_bytes(STRICT.to_json())
    (tmp_path / "shipped.json").write_bytes(shipped().to_json())
    return tmp_path


def run(world: KafkaWorld, line: str) -> Any:
    """Run a command as a page has it."""
    _, *words = shlex.split(line)
    return throughline(
        world.settings.data_dir, *words, THROUGHLINE_BOOTSTRAP=str(world.settings.bootstrap), **PARTITIONS
    )


def said(world: KafkaWorld, line: str) -> Any:
    """What a command says that does what it should; as JSON, where it is that."""
    done = run(world, line)
    assert (done.returncode, done.stderr) == (0, "")
    assert "QUETZALINA" not in done.stdout.upper()
    return orjson.loads(done.stdout.splitlines()[-1]) if "--json" in line else done.stdout


def refused(done: Any) -> str:
    """The one line that is said instead."""
    assert (done.returncode, done.stdout) == (2, "")
    [line] = done.stderr.splitlines()
    return str(line)


def persons(world: KafkaWorld) -> dict[str, str]:
    """By record its person, as resolve has published it."""
    reads = all_of(str(world.settings.bootstrap), lambda topic: topic == names.IDENTITY_RECORDS)
    return {read.row["record_key"]: read.row["person_id"] for read in reads}


def in_force(world: KafkaWorld) -> list[str]:
    """Models that came into force."""
    reads = all_of(str(world.settings.bootstrap), lambda topic: topic == names.MODELS)
    return [read.row["model"] for read in reads]


def seen(world: KafkaWorld) -> dict[tuple[str, str], str]:
    """What the centre sees, by person and event: of which body."""
    return {key: str(row["body"]) for key, row in world.settle().view(CENTRE).items()}


def test_a_stricter_model_is_looked_at_taken_verified_and_undone(world: KafkaWorld) -> None:
    before, saw = persons(world), seen(world)
    assert len({*before.values()}) == 1 < len(before)
    assert event_id("ccc/studies") in {event for _, event in saw}
    look = said(world, "throughline identity apply --model model.json --by r.alvarez --reason 'a trial' --dry-run")
    assert look.startswith(
        f"would choose model {STRICT.name}; in force is {shipped().name}\n`throughline identity replay"
    )

    line = "throughline identity apply --model model.json --by r.alvarez --reason 'trained on our own' --json"
    told = said(world, line)
    assert (told["model"], told["model_in_force"]) == (STRICT.name, shipped().name)
    wait_until(lambda: len({*persons(world).values()}) == len(before), "the split of everyone")
    assert in_force(world) == [shipped().name, STRICT.name]
    wait_until(lambda: event_id("ccc/studies") not in {event for _, event in seen(world)}, "views to follow")
    assert said(world, "throughline identity replay --json")["model"] == STRICT.name
    record = min(before)
    explained = said(world, f"throughline identity explain {record} --json")
    assert explained["model"] == explained["model_in_force"] == STRICT.name

    line = "throughline identity apply --model model.json --by r.alvarez --reason again"
    assert refused(run(world, line)).endswith("is in force already: nothing to do")
    [row] = said(world, "throughline identity decisions --json")["decisions"]
    assert (row["decision_id"], row["kind"], row["state"]) == (told["decision_id"], "model", "in force")
    assert "sealed_document" not in row
    assert all(word in said(world, "throughline identity decisions") for word in ("r.alvarez", STRICT.name, "trained"))

    back = said(world, f"throughline identity undo {told['decision_id']} --by r.alvarez --reason 'too strict' --json")
    assert (back["model"], back["model_in_force"]) == (shipped().name, STRICT.name)
    wait_until(lambda: persons(world) == before, "everyone as before")
    wait_until(lambda: seen(world) == saw, "views as before")
    states = [row["state"] for row in said(world, "throughline identity decisions --json")["decisions"]]
    assert states == ["in force", "was in force"]
    assert "another model was chosen since" in refused(
        run(world, f"throughline identity undo {told['decision_id']} --by w --reason r")
    )


def test_afterwards_resolves_store_is_equal_to_one_that_is_made_anew(world: KafkaWorld) -> None:
    world.stop()
    assert said(world, "throughline rebuild resolve --check --json")["equal"] is True
    world.go_on()


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ("--model none.json --by w --reason r", "`throughline identity train` writes one"),
        ("--model model.json --by w", "say who decides, and why"),
        ("--model shipped.json --by w --reason r", "is in force already: nothing to do"),
    ],
)
def test_what_cannot_be_done_so_is_one_line_with_the_remedy(world: KafkaWorld, words: str, line: str) -> None:
    assert line in refused(run(world, f"throughline identity apply {words}"))


def test_before_resolve_has_told_of_a_model_none_can_be_chosen_and_no_key_is_made(folder: Path) -> None:
    line = ("identity", "apply", "--model", "model.json", "--by", "w", "--reason", "r")
    with fresh_broker(folder / "kafka") as address:
        topics.create(clients.admin(address), topics.table([], 1, 1))
        assert "there is no keyring in" in refused(throughline(folder, *line, THROUGHLINE_BOOTSTRAP=address))
        ring = keys_dir(Settings(data_dir=folder))
        Keyring(ring).close()
        found = refused(throughline(folder, *line, THROUGHLINE_BOOTSTRAP=address))
    assert "resolve has not told of a model yet" in found
    with closing(Keyring(ring)) as keys:
        assert keys.find("model") is None
