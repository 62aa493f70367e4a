"""``throughline audit``: over a real broker and real workers, and over an export without either."""

import stat
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest
from support import sam
from support.commands import throughline
from support.events import NOON, event_id
from support.kafka_world import KafkaWorld
from support.worlds import Row

from deploy.audit_log import keys_in
from deploy.stack import clear
from processors.names import AUDIT_DECISIONS
from streams.errors import ThroughlineError
from streams.settings import beside

pytestmark = pytest.mark.broker
NOWHERE = "127.0.0.1:1"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaWorld]:
    """Sam's aid is permitted, then withdrawn; the workers were stopped twice, each time with a head."""
    with KafkaWorld(tmp_path_factory.mktemp("audit")) as made:
        made.publish_all(*sam.KNOWN, sam.caseload(), sam.consent(), sam.award())
        made.stop()
        made.go_on()
        made.publish_all(sam.withdrawal(published_at=NOON + 1))
        made.stop()
        yield made


def run(world: KafkaWorld, *words: str, code: int = 0, bootstrap: str | None = None) -> Row:
    """A command's JSON."""
    address = bootstrap or str(world.settings.bootstrap)
    done = throughline(world.settings.data_dir, "audit", *words, "--json", THROUGHLINE_BOOTSTRAP=address)
    assert done.returncode == code, done.stderr
    return dict(orjson.loads(done.stdout.splitlines()[-1]))


@pytest.fixture
def export(world: KafkaWorld, tmp_path: Path) -> Path:
    """All of it in a folder."""
    run(world, "export", "--out", str(tmp_path / "export"))
    return tmp_path / "export"


def test_the_log_of_workers_that_were_stopped_is_whole_and_signed_to_its_end(world: KafkaWorld) -> None:
    found = run(world, "verify", "--all-signed")
    count = found["records"]
    assert count > 3
    assert {name: found[name] for name in ("verified", "signed", "unsigned", "problems")} == {
        "verified": count, "signed": count, "unsigned": 0, "problems": [],
    }  # fmt: skip
    assert len(world.settings.heads.read_bytes().splitlines()) >= 2
    assert not world.settings.heads.is_relative_to(world.settings.data_dir.resolve())


@pytest.mark.parametrize("kind", [b"MCowBQYDK0VwAyEA", b"MCowBQYDK2VvAyEA"], ids=["nobody's", "for agreement"])
def test_a_public_key_of_another_kind_is_told_in_a_line(tmp_path: Path, kind: bytes) -> None:
    key = kind + b"/sFChnP2r+iSZLOAc0SuiyadElpQOFUgJofbWnEoV58="
    (tmp_path / "key.pem").write_bytes(b"-----BEGIN PUBLIC KEY-----\n" + key + b"\n-----END PUBLIC KEY-----\n")
    with pytest.raises(ThroughlineError, match="no public key of Ed25519"):
        keys_in(tmp_path / "key.pem")


def test_a_head_and_a_key_that_somebody_has_kept_are_held_against_the_log(world: KafkaWorld, tmp_path: Path) -> None:
    kept, key = tmp_path / "kept.jsonl", tmp_path / "kept.pem"
    kept.write_text(said(world, "head"))
    key.write_text(said(world, "head", "--public-key"))
    asked = ("verify", "--kept", str(kept), "--public-key", str(key))
    assert run(world, *asked)["problems"] == []
    cut = tmp_path / "heads.jsonl"
    cut.write_bytes(world.settings.heads.read_bytes().splitlines(keepends=True)[0])
    kept.write_bytes(kept.read_bytes().replace(b'"records":', b'"records":1'))
    found = run(world, *asked, "--heads", str(cut), "--all-signed", code=1)
    assert [problem["code"] for problem in found["problems"]] == ["head_forged", "not_signed"]


def test_an_export_is_verified_without_kafka_and_is_its_owners_alone(world: KafkaWorld, export: Path) -> None:
    found = run(world, "verify", "--export", str(export), "--all-signed", bootstrap=NOWHERE)
    assert found == run(world, "verify", "--all-signed")
    assert {stat.S_IMODE(path.stat().st_mode) for path in export.iterdir()} == {0o600}
    assert stat.S_IMODE(export.stat().st_mode) == 0o700


def test_an_export_that_was_altered_is_told_by_line_and_exits_with_1(world: KafkaWorld, export: Path) -> None:
    path = export / "decisions.jsonl"
    path.write_bytes(path.read_bytes().replace(b'"outcome":"carried"', b'"outcome":"applied"', 1))
    found = run(world, "verify", "--export", str(export), code=1, bootstrap=NOWHERE)
    assert [problem["code"] for problem in found["problems"]] == ["not_as_decoded"]
    path.write_bytes(b"nonsense\n" + path.read_bytes())
    found = run(world, "verify", "--export", str(export), code=1, bootstrap=NOWHERE)
    assert (found["problems"][0]["code"], found["problems"][0]["line"]) == ("unreadable_line", 1)


def test_nothing_is_written_over_and_what_is_no_export_is_named(world: KafkaWorld, export: Path) -> None:
    for words in (("export", "--out", str(export)), ("verify", "--export", str(export.parent))):
        done = throughline(
            world.settings.data_dir, "audit", *words, THROUGHLINE_BOOTSTRAP=str(world.settings.bootstrap)
        )
        assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)


def person_of_sam(world: KafkaWorld) -> str:
    """Sam's id since all of Sam's records are one person's."""
    return str(
        [row for row in world.rows(AUDIT_DECISIONS) if row["event_id"] == event_id("csac/award")][-1]["person_id"]
    )


def test_a_persons_list_says_who_could_see_what_for_which_purpose_and_until_when(
    world: KafkaWorld, export: Path
) -> None:
    found = run(world, "person", person_of_sam(world))["entries"]
    permits = [one for one in found if (one["recipient"], one["effect"]) == (sam.CENTER, "permit")]
    [permit] = [one for one in permits if one["family"] == "aid"]
    assert (permit["reason"], permit["purpose"]) == ("consent", "transfer_advising")
    assert permit["ended_by"] == "consent_refused_or_withdrawn"
    offline = run(world, "person", person_of_sam(world), "--export", str(export), bootstrap=NOWHERE)["entries"]
    assert offline == found


@pytest.mark.parametrize(
    ("made", "left"), [(["kafka"], []), (["kafka", "a note"], ["a note"]), ([], ["heads.jsonl", "heads.pem"])]
)
def test_clean_takes_the_heads_of_a_log_that_goes_with_it_and_nothing_else(
    tmp_path: Path, made: list[str], left: list[str]
) -> None:
    data, folder = tmp_path / "data", beside(tmp_path / "data")
    for path in (data, folder):
        path.mkdir()
    if "kafka" in made:
        (data / "kafka").mkdir()
    for name in ("heads.jsonl", "heads.pem", *(name for name in made if name != "kafka")):
        (folder / name).touch()
    clear(data)
    assert not data.exists()
    assert sorted(path.name for path in tmp_path.rglob("*") if path.is_file()) == left


def said(world: KafkaWorld, *words: str) -> str:
    """What a command says to people."""
    address = str(world.settings.bootstrap)
    return throughline(world.settings.data_dir, "audit", *words, THROUGHLINE_BOOTSTRAP=address).stdout


def test_for_people_each_command_says_it_in_words(world: KafkaWorld) -> None:
    assert said(world, "verify").splitlines()[-1] == "nothing is wrong"
    assert sam.CENTER in said(world, "person", person_of_sam(world))
    assert "no decision names that person" in said(world, "person", "nobody")
    assert orjson.loads(said(world, "head"))["topic"] == AUDIT_DECISIONS
