"""``throughline identity explain`` and ``person`` over a real broker: from sealed records to a table and a picture."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest
from support import sam
from support.brokers import fresh_broker
from support.commands import throughline
from support.kafka_world import KafkaWorld
from support.linkage import said
from support.published import put

from deploy.commands.worker import keys_dir
from deploy.identity import published
from deploy.topic_reader import TopicReader
from processors import names
from processors.resolve import adopted
from processors.resolve.matching.model import shipped
from processors.resolve.said import Rows, events_of, sealed
from streams import clients, topics
from streams.keyring import Keyring
from streams.settings import Settings

pytestmark = pytest.mark.broker
SCHOOL, COLLEGE, TWIN, ERASED, WAGES, ALONE = (f"{place:032x}" for place in range(1, 7))
NUMBER = "517482936"
HOME = {"address": "12 Wolkenstein Allee", "zip_code": "94110"}
SAID = {
    SCHOOL: said("Quetzalina Marchetti 19990314", ssn=NUMBER, sex="F", **HOME),
    COLLEGE: said("Quetzalina Marchetti 19991403", email="q.marchetti@example.org", **HOME),
    TWIN: said("Demetrius Marchetti 19990314", sex="M", **HOME),
    ERASED: said("Quetzalina Marchetti 19990314"),
    WAGES: said("Quetzalina Marchetti", ssn=NUMBER),
    ALONE: said("Luis Romero 19800101"),
}
PERSONS = {SCHOOL: "p1", COLLEGE: "p1", ERASED: "p1", WAGES: "p1", TWIN: "p2", ALONE: "p3"}
PARTNERS = {
    SCHOOL: "lea_grand_bend",
    COLLEGE: "ccc",
    TWIN: "lea_grand_bend",
    ERASED: "csac",
    WAGES: "edd",
    ALONE: "ccc",
}
SECRETS = ("quetzalina", "marchetti", "demetrius", NUMBER, "wolkenstein", "94110", "1999", SAID[SCHOOL].number)
STARTED = 1_700_000_000_000_000
MODEL = shipped().name
Row = dict[str, Any]


class World:
    """A broker with records that resolve has published, and the ring that opens them."""

    def __init__(self, address: str, data_dir: Path) -> None:
        self.address, self.data_dir = address, data_dir
        topics.create(clients.admin(address), topics.table([], 1, 1))
        with closing(Keyring(keys_dir(Settings(data_dir=data_dir)))) as ring:
            rows = [_published(ring, place, key) for place, key in enumerate(SAID)]
            document = adopted.sealed(shipped(), ring)
            ring.flush()
        in_force = {"model": MODEL, "generation": 0, "decision_id": None, "sealed_document": document}
        self.put(names.MODELS, "internal.model_in_force.v1", [in_force], "model")
        self.put(names.IDENTITY_RECORDS, "internal.identity_record.v1", [{**rows[0], "person_id": "p0"}, *rows])
        self.put(names.IDENTITY_CHANGES, "internal.identity_changed.v1", [_change(SCHOOL, None, "p0")])
        self.put(names.IDENTITY_CHANGES, "internal.identity_changed.v1", [_change(SCHOOL, "p0", "p1")])
        with closing(sqlite3.connect(keys_dir(Settings(data_dir=data_dir)) / "keys.sqlite")) as db, db:
            db.execute("DELETE FROM key WHERE id = ?", [ERASED])

    def put(self, topic: str, subject: str, rows: Sequence[Row], key: str = "record_key") -> None:
        """Write as resolve does."""
        put(self.address, topic, subject, rows, key)

    def run(self, *words: str, data_dir: Path | None = None) -> Any:
        """Run a command of the noun."""
        return throughline(data_dir or self.data_dir, "identity", *words, THROUGHLINE_BOOTSTRAP=self.address)

    def told(self, *words: str) -> str:
        """What a command prints that does what it should."""
        done = self.run(*words)
        assert (done.returncode, done.stderr) == (0, "")
        return str(done.stdout)


def _published(ring: Keyring, place: int, key: str) -> Row:
    rows: Rows = {"row": [STARTED + place, f"event-{place}", [SAID[key].to_json()]]}
    return {
        "record_key": key, "partner_id": PARTNERS[key], "seed": key, "first_seen_at": STARTED + place,
        "first_seen_position": f"partner/0/{place}", "person_id": PERSONS[key], "event_ids": events_of(rows),
        "sealed_traits": sealed(ring, key, rows),
    }  # fmt: skip


def _change(key: str, before: str | None, after: str) -> Row:
    return {
        "change_id": f"{before}{after}", "event_id": "event-0", "record_key": key, "partner_id": PARTNERS[key],
        "kind": "merged" if before else "applied", "from_person_id": before, "to_person_id": after, "model": MODEL,
        "evidence": [{"record_key": COLLEGE, "bits_hundredths": 2345}] if before else [],
    }  # fmt: skip


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Made once; nothing in it changes."""
    with fresh_broker(tmp_path_factory.mktemp("told")) as address:
        yield World(address, tmp_path_factory.mktemp("data"))


def test_two_records_are_explained_trait_by_trait_without_a_value(world: World, tmp_path: Path) -> None:
    drawn = tmp_path / "why.svg"
    told = world.told("explain", SCHOOL, TWIN, "--out", str(drawn))
    assert "are two persons: a veto holds, whatever the weight" in told
    assert "veto: twins: " in told
    assert drawn.read_text(encoding="utf-8").startswith("<svg ")
    assert not [secret for secret in SECRETS if secret in (told + drawn.read_text(encoding="utf-8")).lower()]


def test_one_record_is_explained_beside_each_other_of_its_person_the_strongest_link_first(world: World) -> None:
    told = orjson.loads(world.told("explain", SCHOOL, "--json"))
    pairs = [(pair["other"]["record_key"], pair["evidence"] and pair["evidence"]["says"]) for pair in told["pairs"]]
    assert pairs == [(COLLEGE, "link"), (WAGES, "link"), (ERASED, None)]
    assert told["pairs"][2]["other"]["is_erased"] is True
    assert f"{ERASED} (csac): its key is erased" in world.told("explain", SCHOOL)


def test_two_that_only_a_third_joins_are_told_with_it(world: World) -> None:
    [pair] = orjson.loads(world.told("explain", COLLEGE, WAGES, "--json"))["pairs"]
    assert (pair["is_one_person"], pair["evidence"]["says"], pair["through"]) == (True, "unclear", [SCHOOL])


def test_of_a_topic_the_last_offsets_can_be_read_alone(world: World) -> None:
    with closing(TopicReader(world.address, lambda topic: topic == names.IDENTITY_RECORDS, last=2)) as reader:
        assert [read.row["record_key"] for read in reader.poll()] == [WAGES, ALONE]
    with closing(TopicReader(world.address, lambda topic: topic == names.IDENTITY_RECORDS, last=99)) as reader:
        assert len(list(reader.poll())) == 1 + len(SAID)


def test_by_another_model_than_resolves_it_is_said_to_be_so(world: World, tmp_path: Path) -> None:
    model = tmp_path / "model.json"
    model.write_bytes(replace(shipped(), link_bits=1.0).to_json())
    done = world.run("explain", SCHOOL, TWIN, "--model", str(model))
    assert done.returncode == 0
    assert "linked from +1.0 on" in done.stdout
    assert done.stderr.startswith(f"resolve weighs by model {MODEL}, and this is ")


def test_a_record_that_stands_alone_is_said_to(world: World) -> None:
    assert world.told("explain", ALONE) == f"{ALONE} (ccc) stands alone: its person has no other record\n"


def test_a_person_is_told_with_history_conflicts_and_golden_record(world: World) -> None:
    told = orjson.loads(world.told("person", "p1", "--json"))
    assert [r["record_key"] for r in told["records"]] == [SCHOOL, COLLEGE, ERASED, WAGES]
    assert [(h["from_person_id"], h["to_person_id"]) for h in told["history"]] == [(None, "p0"), ("p0", "p1")]
    assert told["conflicts"] == {"born": [["ccc"], ["lea_grand_bend"]]}
    golden = {one["trait"]: (one["partner_id"], one["rule"]) for one in told["golden"]}
    assert golden["born"] == ("ccc", "most_recent")
    assert golden["number"] == ("edd", "only_value")
    assert world.told("person", SCHOOL) == world.told("person", "event-0") == (whole := world.told("person", "p1"))
    assert "nobody says otherwise" in whole
    assert f"+23.4 bits to {COLLEGE}" in whole
    assert not [secret for secret in SECRETS if secret in whole.lower()]


def test_values_are_shown_on_demand_by_a_policy_of_ones_own_and_the_number_never(world: World, tmp_path: Path) -> None:
    policy = tmp_path / "own.toml"
    policy.write_text('[default]\nrules = ["most_trusted"]\ntrusted = ["lea_grand_bend"]\n', encoding="utf-8")
    told = world.told("person", "p1", "--policy", str(policy), "--show-values")
    assert all(value in told for value in ("QUETZALINA", "1999-03-14", "most trusted partner", "never shown"))
    assert NUMBER not in told
    assert SAID[SCHOOL].number not in told


def test_without_the_ring_a_person_is_told_but_for_what_records_say(world: World, tmp_path: Path) -> None:
    done = world.run("person", "p1", data_dir=tmp_path)
    assert done.returncode == 0
    assert COLLEGE in done.stdout
    assert "there is no keyring in" in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_what_resolve_itself_has_published_is_told_and_explained(tmp_path: Path) -> None:
    samuel = sam.identity("csu", ssn=None, birth_date="2005-02-01", first_name="Samuel")
    with KafkaWorld(tmp_path) as kafka:
        kafka.publish_all(*sam.KNOWN, samuel, sam.caseload(), sam.wages())
        address, data_dir = str(kafka.settings.bootstrap), kafka.settings.data_dir
        keys = {one.partner_id: one.record_key for one in published.newest(address, lambda _: True).values()}

        def told(*words: str) -> Any:
            done = throughline(data_dir, "identity", *words, "--json", THROUGHLINE_BOOTSTRAP=address)
            assert (done.returncode, done.stderr) == (0, "")
            assert not [secret for secret in ("SAM", "REYES") if secret in done.stdout]
            return orjson.loads(done.stdout)

        explained = told("explain", keys["edd"])
        assert explained["model"] == explained["model_in_force"] == MODEL
        pairs = {pair["other"]["partner_id"]: pair for pair in explained["pairs"]}
        assert {partner: pair["evidence"]["says"] for partner, pair in pairs.items()} == {
            "ccc": "link", "csac": "link", sam.CENTER: "link", "csu": "unclear",
        }  # fmt: skip
        assert len(pairs["csu"]["through"]) == 1

        person = told("person", keys["edd"])
        assert {one["record_key"] for one in person["records"]} == {*keys.values()}
        assert {change["kind"] for change in person["history"]} <= {"applied", "linked", "merged"}  # as they arrived
        told_then = {
            frozenset((change["record_key"], link["record_key"])): link["bits"]
            for change in person["history"]
            for link in change["links"]
        }
        told_now = {frozenset((keys["edd"], keys[name])): pair["evidence"]["bits"] for name, pair in pairs.items()}
        assert len(told_then) >= 3
        assert all(abs(told_then[two] - told_now[two]) < 0.06 for two in told_then.keys() & told_now.keys())
        assert person["conflicts"].keys() == {"given", "born"}
        assert {one["trait"]: one["rule"] for one in person["golden"]} == {
            "given": "most_frequent", "surname": "only_value", "born": "most_frequent", "number": "only_value",
        }  # fmt: skip


NOBODY = "0" * 32


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("explain", NOBODY), f"no record has the key {NOBODY}: `throughline identity person`"),
        (("explain", SCHOOL, NOBODY), f"no record has the key {NOBODY}"),
        (("explain", SCHOOL, ERASED, "--out", "x.svg"), "there is nothing to draw"),
        (("person", NOBODY), "no person, record or identity event is called so"),
        (("person", "p0"), "p0 has no records now: they went to p1; ask for that"),
    ],
)
def test_what_is_not_there_is_one_line_with_the_remedy(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], line: str
) -> None:
    monkeypatch.chdir(tmp_path)
    done = world.run(*words)
    assert (done.returncode, done.stdout) == (2, "")
    [only] = done.stderr.splitlines()
    assert line in only


def test_explain_needs_the_ring(world: World, tmp_path: Path) -> None:
    done = world.run("explain", SCHOOL, data_dir=tmp_path)
    assert done.returncode == 2
    assert "there is no keyring in" in done.stderr
    assert "set THROUGHLINE_DATA_DIR" in done.stderr
