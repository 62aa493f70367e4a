"""``throughline identity …`` of stewards, over a real broker: what they decide is in the log, and can be taken back."""

import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import orjson
import pytest
from support.brokers import fresh_broker
from support.commands import throughline
from support.published import put

from deploy.topic_reader import all_of
from processors import names
from streams import clients, topics

BROTHER = "8b21e06cf7734d5f9a1e33c0d4b5a697"
SEALED = "c2VhbGVk"
"""Stands for what records say; must show nowhere."""
Row = dict[str, Any]


class World:
    """A broker with records, of which resolve has said whose they are."""

    def __init__(self, address: str, data_dir: Path) -> None:
        self.address, self.data_dir = address, data_dir
        topics.create(clients.admin(address), topics.table([], 1, 1))

    def put(self, topic: str, subject: str, rows: Sequence[Row], key: str) -> None:
        """Write as resolve does."""
        put(self.address, topic, subject, rows, key)

    def are_of(self, person_id: str, *record_keys: str) -> None:
        """Say whose some records are."""
        rows = [
            {
                "record_key": key, "partner_id": "csac", "seed": key, "first_seen_at": 1_700_000_000_000_000,
                "first_seen_position": "partner.csac.identity/0/1", "person_id": person_id,
                "event_ids": [f"event-of-{key}"], "sealed_traits": SEALED,
            }
            for key in record_keys
        ]  # fmt: skip
        self.put(names.IDENTITY_RECORDS, "internal.identity_record.v1", rows, "record_key")

    def ask(self, one: str, other: str, bits: int) -> None:
        """Open a review."""
        row = {
            "pair_id": f"{one}|{other}", "one": one, "other": other, "bits_hundredths": bits * 100, "reason": "grey",
            "model": "m", "open": True,
        }  # fmt: skip
        self.put(names.REVIEWS, "internal.identity_review.v1", [row], "pair_id")

    def run(self, line: str) -> Any:
        """Run a command as a page has it."""
        _, *words = shlex.split(line)
        done = throughline(self.data_dir, *words, THROUGHLINE_BOOTSTRAP=self.address)
        assert SEALED not in done.stdout + done.stderr
        return done

    def said(self, line: str) -> Any:
        """What a command says that does what it should; as JSON, where it is that."""
        done = self.run(line)
        assert (done.returncode, done.stderr) == (0, "")
        return orjson.loads(done.stdout) if "--json" in line else done.stdout

    def decided(self, record_key: str) -> list[tuple[str, list[tuple[str, str]]]]:
        """Decisions about a record as they are in the log: kinds and pairs."""
        rows = [read.row for read in all_of(self.address, lambda topic: topic == names.STEWARDS)]
        told = [(row["kind"], [(pair["one"], pair["other"]) for pair in row["pairs"]]) for row in rows]
        return [(kind, pairs) for kind, pairs in told if any(record_key in pair for pair in pairs)]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Of this file's own: topics have fixed names. Each test has records of its own."""
    with fresh_broker(tmp_path_factory.mktemp("stewards")) as address:
        yield World(address, tmp_path_factory.mktemp("data"))


def keys(prefix: str, count: int) -> list[str]:
    """Keys of records of a test."""
    return [f"{prefix}{place:030x}" for place in range(count)]


@pytest.mark.broker
def test_a_wrong_merge_is_found_split_verified_and_undone(world: World) -> None:
    one, two = keys("aa", 2)
    world.are_of("5ad0", one, two, BROTHER)
    found = world.said("throughline identity person 8b21e06cf7734d5f9a1e33c0d4b5a697")
    assert all(key in found for key in ("person 5ad0", "csac", one, two, BROTHER, "2023-11-14T22:13:20+00:00"))
    assert world.said(f"throughline identity person event-of-{one}") == found

    look = "throughline identity split 8b21e06cf7734d5f9a1e33c0d4b5a697 --by r.alvarez --reason 'a brother' --dry-run"
    assert world.said(look) == ("would decide: 2 pairs of records, of two persons\n  of person 5ad0: 1 of 3 records\n")
    assert world.decided(BROTHER) == []

    done = world.said("throughline identity split 8b21e06cf7734d5f9a1e33c0d4b5a697 --by r.alvarez --reason 'a brother'")
    assert world.decided(BROTHER) == [("different", [(BROTHER, one), (BROTHER, two)])]
    decision_id = done.split()[1].rstrip(":")

    world.are_of("b0b0", BROTHER)  # as resolve does
    [record] = world.said(f"throughline identity person {BROTHER} --json")["records"]
    assert (record["record_key"], record["decisions"]) == (BROTHER, [decision_id])
    told = world.said("throughline identity decisions --record 8b21e06cf7734d5f9a1e33c0d4b5a697")
    assert all(word in told for word in (decision_id, "different", "r.alvarez", "a brother", "stands"))

    undone = world.said(f"throughline identity undo {decision_id} --by r.alvarez --reason 'his own' --json")
    assert undone["overrules"] == [decision_id]
    assert world.decided(BROTHER)[1:] == [("withdrawn", [(BROTHER, one), (BROTHER, two)])]
    told = world.said(f"throughline identity decisions --record {BROTHER} --json")
    assert [row["state"] for row in told["decisions"]] == ["withdraws", "withdrawn"]
    assert {row["decided_by"] for row in told["decisions"]} == {"r.alvarez"}


@pytest.mark.broker
def test_a_merge_links_every_two_records_and_a_later_split_overrules_it_in_part(world: World) -> None:
    one, two, three = keys("bb", 3)
    world.are_of("b1", one, two)
    world.are_of("b2", three)
    made = world.said(f"throughline identity merge {three} {one} --whole --by w --reason 'one transcript' --json")
    pairs = [(one, two), (one, three), (two, three)]
    assert world.decided(three) == [("same", pairs)]
    assert made["persons"] == [
        {"person_id": "b1", "records": 2, "named": 2}, {"person_id": "b2", "records": 1, "named": 1},
    ]  # fmt: skip
    again = world.run(f"throughline identity merge {three} {two} --by w --reason again")
    assert again.returncode == 2
    assert again.stderr == f"throughline: that is decided already, by {made['decision_id']}: nothing to do\n"

    world.are_of("b1", three)
    told = world.said(f"throughline identity split {three} --by w --reason 'two after all'")
    assert f"overrules {made['decision_id']}" in told
    assert world.decided(three)[1:] == [("different", [(one, three), (two, three)])]
    states = world.said(f"throughline identity decisions --record {three} --json")["decisions"]
    assert [row["state"] for row in states] == ["stands", "stands in part"]


@pytest.mark.broker
def test_reviews_are_listed_answered_and_then_no_longer_asked(world: World) -> None:
    one, two, three, four = keys("cc", 4)
    for person, key in zip(("c1", "c2", "c3", "c4"), (one, two, three, four), strict=True):
        world.are_of(person, key)
    world.ask(one, two, 3)
    world.ask(one, three, 2)
    world.ask(three, four, 9)
    assert asked(world) == [(three, four), (one, two), (one, three)]
    assert "grey" in world.said("throughline identity review --limit 5")
    assert "2 more: --limit 3" in world.said("throughline identity review --limit 1")

    world.said(f"throughline identity accept {two} {one} --by w --reason same")
    world.said(f"throughline identity reject {one} {three} --by w --reason campuses")
    assert world.decided(one) == [("same", [(one, two)]), ("different", [(one, three)])]
    assert asked(world) == [(three, four)]
    world.are_of("c3", four)
    assert asked(world) == []
    assert world.said("throughline identity review") == "no open reviews\n"


def asked(world: World) -> list[tuple[str, str]]:
    """Pairs of the queue."""
    told = world.said("throughline identity review --json")
    assert told["open"] == len(told["reviews"])
    return [(one["one"], one["other"]) for one in told["reviews"]]


NOBODY = "0" * 32


@pytest.mark.broker
@pytest.mark.parametrize(
    ("line", "told"),
    [
        (f"merge {NOBODY} {'1' * 32} --by w --reason r", f"no record {NOBODY} is known"),
        (f"split {NOBODY} --by w --reason r", "`throughline identity person` shows a person's records"),
        (f"accept {NOBODY} {'1' * 32} --by w --reason r", "no record"),
        ("reject someone else --by w --reason r", "a record's key is 32 hexadecimal digits"),
        (f"undo {NOBODY} --by w --reason r", "no decision has that id: `throughline identity decisions`"),
        (f"person {NOBODY}", "`throughline explain EVENT_ID` names the person"),
        (f"split {NOBODY} --reason r", "--by WHO --reason WHY"),
        (f"merge {NOBODY} {'1' * 32} --by w", "--by WHO --reason WHY"),
    ],
)
def test_what_cannot_be_done_is_one_line_with_the_remedy(world: World, line: str, told: str) -> None:
    done = world.run(f"throughline identity {line}")
    assert (done.returncode, done.stdout) == (2, "")
    [said] = done.stderr.splitlines()
    assert said.startswith("throughline: ")
    assert told in said


def test_nothing_is_asked_of_a_broker_that_is_not_known(tmp_path: Path) -> None:
    done = throughline(tmp_path, "identity", "review")
    assert done.returncode == 2
    assert "no broker is known: set THROUGHLINE_BOOTSTRAP" in done.stderr
