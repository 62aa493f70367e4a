"""``throughline erase``, over a real broker with the stages: what it asks, what it says, and what is left."""

import shlex
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import orjson
import pytest
from support import sam
from support.commands import throughline
from support.events import Message, message
from support.kafka_world import KafkaWorld
from support.sam import CENTER, award, caseload, consent, enrolled, identity, wages

from deploy.commands.worker import keys_dir
from deploy.topic_reader import all_of
from processors import names
from streams.keyring import Keyring

pytestmark = pytest.mark.broker
SAMS = [*sam.KNOWN, caseload(), consent(), award(), enrolled(), wages()]
ANA = {"first_name": "Ana", "last_name": "Ortiz", "birth_date": "1990-06-20", "ssn": "219-09-9981"}
ANAS = [message(CENTER, "identity", "m9", "ana", **ANA), message(CENTER, "caseload", "m9", "ana case")]
NOBODY = "f" * 32
PAGE = "throughline erase 1f0c6a52d9e84b7730aa5be1c2d3f405 --reason student_request --by p.officer"
"""As the operators' page has it, where the person is another."""


@dataclass
class Erased:
    """A world in which Sam was erased, and Ana was not."""

    world: KafkaWorld
    person_id: str
    """Sam's."""
    record_keys: set[str]
    done: Any
    """The command."""

    def run(self, *words: str) -> Any:
        """A command."""
        chosen = self.world.settings
        return throughline(chosen.data_dir, *words, THROUGHLINE_BOOTSTRAP=str(chosen.bootstrap))

    def records_of(self, person_id: str) -> list[str]:
        """Keys of a person's records."""
        newest = {row["record_key"]: row["person_id"] for row in self.world.rows(names.IDENTITY_RECORDS)}
        return [key for key, person in newest.items() if person == person_id]

    def person_of(self, sent: Message) -> str:
        """Whose a fact is that the center sees."""
        return next(person for person, event in self.world.view(CENTER) if event == sent.event_id)


@pytest.fixture(scope="module")
def erased(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Erased]:
    """Both of them, whom the transfer center serves; then the one is erased."""
    with KafkaWorld(tmp_path_factory.mktemp("erase")) as world:
        world.publish_all(*SAMS, *ANAS)
        made = Erased(world, "", set(), None)
        made.person_id = made.person_of(award())
        made.record_keys = set(made.records_of(made.person_id))
        _, command, _, *words = shlex.split(PAGE)
        made.done = made.run(command, made.person_id, *words, "--yes", "--json")
        world.settle()
        yield made


def test_it_waits_until_it_is_done_and_says_so(erased: Erased) -> None:
    told = orjson.loads(erased.done.stdout)
    assert (erased.done.returncode, told["state"], told["records"]) == (0, "erased", 4), erased.done.stderr
    assert told["partners"] == ["ccc", CENTER, "csac", "edd"]
    [row] = [row for row in erased.world.rows(names.RESOLVED_EVENTS) if row["schema"] == "person_erased"]
    assert (row["erasure_id"], row["requested_by"], row["reason"]) == (
        told["erasure_id"], "p.officer", "student_request",
    )  # fmt: skip


def test_who_is_erased_is_gone_from_views_and_keys_and_nobody_else_is(erased: Erased) -> None:
    assert {event for _, event in erased.world.view(CENTER)} == {ANAS[1].event_id}
    with closing(Keyring(keys_dir(erased.world.settings))) as ring:
        assert erased.record_keys == ring.erased()
        assert [ring.find(key) for key in erased.record_keys] == [None] * 4
        assert ring.find(erased.records_of(erased.person_of(ANAS[1]))[0]) is not None


def test_commands_know_nobody_who_is_called_so(erased: Erased) -> None:
    assert (
        "no person, record or identity event is called so" in erased.run("identity", "person", erased.person_id).stderr
    )
    for who in (erased.person_id, NOBODY):
        done = erased.run("erase", who, "--reason", "error", "--yes")
        assert (done.returncode, done.stdout) == (2, "")
        assert "no person is called so" in done.stderr


def test_what_stewards_are_told_is_of_those_who_are_left(erased: Erased) -> None:
    left = len(erased.records_of(erased.person_of(ANAS[1])))
    told = orjson.loads(erased.run("identity", "replay", "--json").stdout)
    assert (told["records"], told["unreadable"], told["persons_before"], told["unchanged"]) == (left, 0, 1, left)
    assert orjson.loads(erased.run("identity", "quality", "--json").stdout)["records"] == left
    assert erased.run("identity", "review").returncode == 0


def test_it_says_who_would_be_erased_and_writes_nothing(erased: Erased) -> None:
    person_id, before = erased.person_of(ANAS[1]), requests(erased)
    told = orjson.loads(erased.run("erase", person_id, "--reason", "error", "--dry-run", "--json").stdout)
    assert (told["records"], told["partners"], told["erasure_id"], told["state"]) == (1, [CENTER], None, None)
    done = erased.run("erase", person_id, "--reason", "error", "--json")
    assert "with --json nobody is asked: say --yes" in done.stderr
    assert erased.run("erase", person_id, "--reason", "whim").returncode == 2
    assert requests(erased) == before


def requests(erased: Erased) -> int:
    """How many there are."""
    return len(all_of(str(erased.world.settings.bootstrap), {names.ERASURES}.__contains__))


def test_a_record_is_no_person(erased: Erased) -> None:
    person_id = erased.person_of(ANAS[1])
    done = erased.run("erase", erased.records_of(person_id)[0], "--reason", "error", "--yes")
    assert f"that is a record or an event of person {person_id}: name the person" in done.stderr


def test_what_comes_later_is_withheld_and_explained(erased: Erased) -> None:
    late = [award("late"), identity("ccc", "late identity")]
    erased.world.publish_all(*late)
    assert {erased.world.outcomes()[sent.event_id] for sent in late} == {"withheld"}
    for sent in late:
        told = erased.run("explain", sent.event_id).stdout
        assert "withheld; its record is erased: nothing of it is kept, and nobody is shown it" in told


def test_an_event_from_before_is_explained_as_taken_back(erased: Erased) -> None:
    assert f"taken back from {CENTER} (erased)" in erased.run("explain", award().event_id).stdout
