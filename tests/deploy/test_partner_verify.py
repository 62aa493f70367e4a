"""``throughline partner verify`` on real brokers: one that lets everybody in, one that knows its users, its own."""

import re
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
from confluent_kafka.admin._acl import AclBinding, AclBindingFilter, AclOperation, AclPermissionType
from confluent_kafka.admin._resource import ResourcePatternType, ResourceType
from support.commands import throughline
from support.ports import free_ports
from support.secured import SUPER, As, SecuredKafka
from typer.testing import CliRunner

from deploy.cli import app_of
from deploy.commands.topics import create_topics
from deploy.onboarding import agreement, folder
from deploy.onboarding.drafts import example_of
from deploy.topic_reader import TopicReader
from streams import clients, settings, topics

pytestmark = pytest.mark.broker
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
PARTNER, FAMILY, OTHER = "oak_valley", "enrollment", "mou-csac"
HEADER = "source_record_id,subject_token,organization_id,organization_id_system,entry_date"
EXPORT = f"{HEADER}\ncanary-1,canary-2,255901001,SCHOOL,2025-08-20\n"
Found = dict[str, Any]


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """The folder of a partner, with an export that its mapping fits."""
    made = folder.files_of(PARTNER, [FAMILY], {FAMILY: example_of(PARTNER, FAMILY)}, {}, NOW)
    mapping = made[f"mapping.{FAMILY}.toml"].replace('# entry_date = "entry_date"\n', "")
    made[f"mapping.{FAMILY}.toml"] = mapping.replace("# What else", 'entry_date = "entry_date"\n# What else')
    folder.write(tmp_path / PARTNER, made)
    (tmp_path / PARTNER / "exports").mkdir()
    (tmp_path / PARTNER / "exports" / f"{FAMILY}.csv").write_text(EXPORT)
    return tmp_path / PARTNER


def fill_in(place: Path) -> Path:
    """What the parties do with the draft; the file."""
    path = place / agreement.file_of(PARTNER)
    text = re.sub(r'"FILL IN: [^"]*"', '"Filled in"', path.read_text()).replace("2199-01-01", "2025-07-01")
    path.write_text(text)
    return path


@pytest.fixture
def open_broker(broker: str, place: Path) -> str:
    """One without an authorizer, with the partner's topics."""
    mou = agreement.load(place, PARTNER)
    topics.create(clients.admin(broker), topics.table([mou], 1, 1))
    return broker


def verified(place: Path, *words: str, code: int = 0, **given: str) -> Found:
    """Run it; what it says, by check. No value of a row is ever in it."""
    done = throughline(place.parent / "data", "partner", "verify", str(place), *words, "--json", **given)
    assert "canary" not in done.stdout + done.stderr
    found: Found = orjson.loads(done.stdout.splitlines()[-1])
    assert done.returncode == code, [one for one in found["results"] if one["status"] == "failed"]
    assert found["checks"] == len(found["results"]) == found["ok"] + found["failed"] + found["not_checked"]
    return found | {"by": {one["check"]: (one["status"], one["told"]) for one in found["results"]}}


def not_ok(found: Found) -> dict[str, str]:
    """Checks that are not ok, with what they are."""
    return {name: status for name, (status, _) in found["by"].items() if status != "ok"}


def test_a_new_folder_holds_on_a_broker_that_lets_everybody_in(place: Path, open_broker: str) -> None:
    fill_in(place)
    for _ in range(2):
        found = verified(place, "--bootstrap", open_broker)
        assert (found["partner"], found["broker"], found["failed"]) == (PARTNER, "given", 0)
        assert not_ok(found) == {"user": "not_checked", "others' topics": "not_checked"}
        assert found["by"]["others' topics"][1] == "this broker has no authorizer"
        assert found["by"][f"mapping.{FAMILY}.toml"][1] == "1 row, 1 valid, none sent"
        assert found["by"][f"{FAMILY}: the same file again is nothing new"][1].startswith("new 3, then 0; 6 records")


def test_without_an_address_it_starts_a_kafka_of_its_own_and_says_so(place: Path) -> None:
    found = verified(place)
    assert (found["broker"], found["failed"]) == ("own", 0)
    assert not_ok(found) == {"agreement is filled in": "not_checked", "operator's broker": "not_checked"}
    assert found["by"]["agreement is filled in"][1].startswith("to fill in: title, citation, effective_from")
    assert list((place.parent / "data").glob("kafka*")) == []


def test_people_see_a_line_a_check_and_the_sum(place: Path, open_broker: str) -> None:
    done = throughline(place.parent / "data", "partner", "verify", str(place), "--bootstrap", open_broker)
    *lines, summed = done.stdout.splitlines()
    assert all(re.match(r"(ok|failed|not checked) +\S", line) for line in lines)
    assert re.fullmatch(rf"{PARTNER}: {len(lines)} checks, \d+ ok, 0 failed, \d+ not checked", summed)


def test_what_comes_to_something_else_than_planned_is_told_by_line_and_its_neighbours_hold(
    place: Path, open_broker: str
) -> None:
    path = place / "test-plan.toml"
    path.write_text(path.read_text().replace('6 = "ssn_in_text"', '2 = "ssn_in_text"'))
    (place / "rows" / "enrollment.changes.csv").unlink()
    found = verified(place, "--bootstrap", open_broker, code=1)
    planted = found["by"][f"{FAMILY}: planted faults are rejected, their neighbours carried"]
    assert planted == (
        "failed",
        "line 2: planned ssn_in_text, it came to carried; line 6: planned carried, it came to ssn_in_text",
    )
    changed = found["by"][f"{FAMILY}: a correction and a retraction are carried"]
    assert changed == ("failed", "no file enrollment.changes.csv there; check the path")
    assert found["failed"] == 2


def test_topics_that_are_not_there_are_told_with_what_to_ask_for(place: Path, broker: str) -> None:
    for path in (*place.glob("*.toml"), place / agreement.file_of(PARTNER)):
        path.write_text(path.read_text().replace(PARTNER, "elm_valley"))
    found = verified(place, "--bootstrap", broker, code=1)
    status, told = found["by"]["topics"]
    assert status == "failed"
    assert "partner.elm_valley.enrollment, sandbox.elm_valley.enrollment; ask the operator for" in told
    assert found["by"][f"{FAMILY}: sound rows are carried"][1].startswith("no topic sandbox.elm_valley.enrollment")


def test_a_broker_that_is_away_is_told_and_what_needs_it_is_not_checked(place: Path) -> None:
    [port] = free_ports(1)
    found = verified(place, "--bootstrap", f"127.0.0.1:{port}", code=1)
    assert found["by"]["connection"][0] == "failed"
    assert found["by"][f"mapping.{FAMILY}.toml"][0] == "ok"
    assert found["by"][f"{FAMILY}: sound rows are carried"] == ("not_checked", "there is no connection")
    assert found["failed"] == 1


def test_a_mapping_with_a_fault_an_export_with_one_and_none_are_told_apart(place: Path, open_broker: str) -> None:
    mapping, export = place / f"mapping.{FAMILY}.toml", place / "exports" / f"{FAMILY}.csv"

    def of_mapping(code: int) -> tuple[str, str]:
        found: tuple[str, str] = verified(place, "--bootstrap", open_broker, code=code)["by"][mapping.name]
        return found

    export.write_text(EXPORT + "canary-3,canary-4,255901001,SCHOOL,8/20/2025\n")
    status, told = of_mapping(0)
    assert (status, told[:57]) == ("ok", "2 rows, 1 valid, none sent; 1 rejected: 1 spreadsheet_dat")
    export.write_text("\n".join([EXPORT.splitlines()[0], "canary-3,canary-4,255901001,SCHOOL,8/20/2025", ""]))
    status, told = of_mapping(1)
    assert (status, told[:27]) == ("failed", "1 row, 0 valid, none sent; ")
    export.unlink()
    assert of_mapping(0)[0] == "not_checked"
    mapping.write_text(mapping.read_text().replace("organization_id =", "organisation_id ="))
    status, told = of_mapping(1)
    assert status == "failed"
    assert "organisation_id is no field of enrollment; did you mean organization_id?" in told


def test_what_cannot_be_run_is_one_line_and_exit_code_2(place: Path) -> None:
    def line(*words: str, **given: str) -> str:
        done = throughline(place.parent / "data", "partner", "verify", *words, **given)
        assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1), done.stderr
        return done.stderr

    plan, mou = place / "test-plan.toml", place / agreement.file_of(PARTNER)
    assert "no test-plan.toml in" in line(str(place / "absent"))
    text = plan.read_text()
    plan.write_text(text.replace('kind = "same_again"', 'kind = "again"'))
    assert "test-plan.toml: case.2.kind: kind is one of rows, same_again, other_key" in line(str(place))
    plan.write_text(text)
    mou.write_text(mou.read_text().replace(f'party = "{PARTNER}"', 'party = "elm_valley"'))
    assert "no memorandum (tier mou) in agreement/ has party oak_valley" in line(str(place))
    mou.unlink()
    assert "no agreement files in" in line(str(place))


@pytest.fixture
def let_in(secured: SecuredKafka, place: Path, tmp_path: Path) -> Iterator[dict[str, str]]:
    """What the operator does by the request; what the partner's engineer sets then."""
    agreements = tmp_path / "agreements"
    agreements.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        for name, value in secured.of_few(agreements, [OTHER], SUPER).items():
            patch.setenv(name, value)
        shutil.copy(fill_in(place), agreements)
        create_topics(secured.bootstrap, settings.load())
        words = ("acl", "apply", "--yes", "--json")
        assert CliRunner().invoke(app_of(words), words).exit_code == 0
        yield secured.settings(f"partner.{PARTNER}", over_tls=True)


def test_a_partners_own_user_is_let_in_by_tls_to_its_own_and_refused_at_others(
    place: Path, let_in: dict[str, str]
) -> None:
    found = verified(place, **let_in)
    assert not_ok(found) == {}
    assert found["by"]["user"][1] == f"partner.{PARTNER}"
    assert found["by"]["others' topics"][1] == "writing to them is refused"


def test_nothing_of_a_trial_is_on_a_topic_that_a_stage_reads(
    place: Path, let_in: dict[str, str], secured: SecuredKafka
) -> None:
    verified(place, **let_in)
    assert list(TopicReader(secured.bootstrap, lambda name: not name.startswith("sandbox.")).arrivals()) == []


def test_a_wrong_password_and_another_user_are_told(
    place: Path, let_in: dict[str, str], secured: SecuredKafka, tmp_path: Path
) -> None:
    (tmp_path / "wrong").write_text("canary password")
    found = verified(place, code=1, **{**let_in, "THROUGHLINE_KAFKA_PASSWORD_FILE": str(tmp_path / "wrong")})
    status, told = found["by"]["connection"]
    assert (status, "does not let us in" in told) == ("failed", True)
    found = verified(place, code=1, **secured.settings("partner.csac"))
    assert found["by"]["user"] == (
        "failed", f"connected as another than the partner: set THROUGHLINE_KAFKA_USER=partner.{PARTNER}"
    )  # fmt: skip
    assert found["by"]["topics"][0] == "failed"


@pytest.mark.parametrize(
    ("name", "pattern"),
    [("partner.csac.aid", ResourcePatternType.LITERAL), ("partner.", ResourcePatternType.PREFIXED)],
)
def test_rights_that_are_too_wide_are_told_and_nothing_is_written_to_find_out(
    place: Path, let_in: dict[str, str], secured: SecuredKafka, name: str, pattern: ResourcePatternType
) -> None:
    user = f"User:partner.{PARTNER}"
    wide = AclBinding(ResourceType.TOPIC, name, pattern, user, "*", AclOperation.WRITE, AclPermissionType.ALLOW)
    admin = As(secured, SUPER).admin()
    admin.create_acls([wide])[wide].result(10)
    try:
        found = verified(place, code=1, **let_in)
    finally:
        filter_ = AclBindingFilter(*wide._to_tuple())  # noqa: SLF001  # all that says what it is
        admin.delete_acls([filter_])[filter_].result(10)
    status, told = found["by"]["others' topics"]
    assert (status, "we may write to partner.csac.aid" in told) == ("failed", True)
    assert list(TopicReader(secured.bootstrap, lambda topic: topic == "partner.csac.aid").arrivals()) == []


def test_settings_of_another_broker_without_its_address_start_none(place: Path, let_in: dict[str, str]) -> None:
    given = {name: value for name, value in let_in.items() if name != "THROUGHLINE_BOOTSTRAP"}
    done = throughline(place.parent / "data", "partner", "verify", str(place), **given)
    assert done.returncode == 2
    assert "nothing says where: say --bootstrap HOST:PORT" in done.stderr
