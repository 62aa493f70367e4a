"""``throughline doctor`` and ``throughline config show``: what they look at, and what they say."""

import json
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic
from pydantic import SecretStr
from support.commands import throughline

from deploy import broker_checks, checks, worker_checks
from deploy.checks import Finding
from deploy.commands.config import masked, shown
from deploy.named import one_of_its_name
from schemas_avro.version import VERSION
from streams import topics
from streams.errors import ThroughlineError
from streams.migrations import FORMAT
from streams.replication import Wanted
from streams.settings import Settings
from streams.store import Store, path_of
from streams.topics import DAY_MS, TopicSpec

ROOT = Path(__file__).parents[2]
HOLD = """
import pathlib, sys
from streams.store import Store
with Store.open(pathlib.Path(sys.argv[1])):
    print("open", flush=True)
    sys.stdin.read()
"""
SPEC = TopicSpec("released.x", "person", "released.*", 2, 7 * DAY_MS)


def levels(findings: Iterator[Finding]) -> dict[str, str]:
    return {one.check: one.level for one in findings}


def test_this_python_will_do() -> None:
    assert checks.python().level == "ok"


def test_agreements_that_overlap_or_are_none_fail_with_the_remedy(tmp_path: Path) -> None:
    found = checks.agreements(Settings(agreements_dir=tmp_path))
    assert found.level == "fail"
    assert "THROUGHLINE_AGREEMENTS_DIR" in found.what
    assert checks.agreements(Settings()).level == "ok"


def test_a_cache_without_jars_is_a_warning_that_names_the_command(tmp_path: Path) -> None:
    assert checks.local_kafka(tmp_path) == Finding(
        "local Kafka", "warn", "its jars are not here yet", "run `throughline prepare`, once"
    )


def test_room_is_looked_at_also_where_the_folder_is_not_there_yet(tmp_path: Path) -> None:
    free = shutil.disk_usage(tmp_path).free / 1e9
    found = checks.disk(tmp_path / "not" / "yet")
    assert abs(float(found.what.split()[0]) - free) < 5


def test_a_port_is_free_taken_or_ours(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        chosen = Settings(data_dir=tmp_path, portal_port=port)
        assert levels(checks.ports(chosen, frozenset())) == {"port of portal": "fail", "port of metrics": "ok"}
        assert levels(checks.ports(chosen, frozenset({port})))["port of portal"] == "ok"
    assert levels(checks.ports(chosen, frozenset()))["port of portal"] == "ok"


def test_a_store_of_a_newer_format_fails_and_one_in_use_says_by_whom(tmp_path: Path) -> None:
    for role in ("resolve", "consent", "lost"):
        Store.open(path_of(tmp_path, role)).close()
    (path_of(tmp_path, "resolve") / "format").write_text(f"{FORMAT + 7}\n")
    (path_of(tmp_path, "lost") / "format").unlink()
    for role, format_ in (("signals", 3), ("older", 2), ("consent", 3)):
        with sqlite3.connect(tmp_path / "state" / f"{role}.sqlite") as old:
            old.execute(f"PRAGMA user_version={format_}")
        old.close()
    found = {one.check.removeprefix("store of "): one for one in checks.stores(tmp_path)}
    assert found["resolve"].what == f"format {FORMAT + 7}, Throughline {VERSION} reads 3 to {FORMAT}"
    assert found["older"].what == f"format 2, Throughline {VERSION} reads 3 to {FORMAT}"
    assert found["consent"] == Finding("store of consent", "ok", "free"), "what it was made of is looked at no more"
    assert (found["signals"].level, found["signals"].what) == ("ok", "free"), "its worker brings it to this format"
    assert (found["lost"].level, "is damaged" in found["lost"].what) == ("fail", True)


@pytest.mark.skipif(sys.platform != "linux", reason="locks are asked for as Linux tells them")
def test_who_has_a_store_is_told_without_taking_it(tmp_path: Path) -> None:
    path = tmp_path / "consent.rocksdb"
    with subprocess.Popen([sys.executable, "-c", HOLD, str(path)], stdin=-1, stdout=-1, cwd=ROOT) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"open\n"
        assert checks.locked_by(path) == holder.pid
        holder.kill()
    assert checks.locked_by(path) is None


@pytest.mark.skipif(sys.platform != "linux", reason="locks are asked for as Linux tells them")
def test_each_worker_that_has_a_name_is_told_and_a_store_of_one_without_is_in_the_way(tmp_path: Path) -> None:
    hold = "import pathlib, sys; from deploy.named import one_of_its_name as one\n"
    hold += "with one(pathlib.Path(sys.argv[1]), 'consent-a'): print('held', flush=True); sys.stdin.read()"
    with subprocess.Popen([sys.executable, "-c", hold, str(tmp_path)], stdin=-1, stdout=-1, cwd=ROOT) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        assert list(worker_checks.workers(tmp_path)) == [Finding("worker consent-a", "ok", f"process {holder.pid}")]
        with pytest.raises(ThroughlineError, match="consent-a is in use by process"), one_of_its_name(
            tmp_path, "consent-a"
        ):  # fmt: skip
            pass
        holder.kill()
    with one_of_its_name(tmp_path, "sink"):
        pass
    Store.open(path_of(tmp_path, "consent")).close()
    found = {one.check: (one.level, one.what) for one in worker_checks.workers(tmp_path)}
    assert found == {
        "worker consent-a": ("ok", "does not run"),
        "workers of consent": ("warn", "consent.rocksdb is of one without a name"),
        "worker sink": ("ok", "does not run"),
    }


def test_a_database_that_does_not_let_us_in_is_told_without_its_address_or_password(tmp_path: Path) -> None:
    away = SecretStr("postgresql://someone:secret@127.0.0.1:1/views")
    chosen = Settings(data_dir=tmp_path, views_dsn=away, leases_dsn=SecretStr("no such thing"))
    found = [(one.check, one.level, one.what) for one in worker_checks.databases(chosen)]
    assert found == [
        ("PostgreSQL of views", "fail", "does not let us in: nobody listens there"),
        ("PostgreSQL of leases", "fail", "it is named by no connection string"),
    ]


def test_keys_that_others_may_read_fail(tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir(mode=0o755)
    key = tmp_path / "keys" / "key-encryption.key"
    key.touch(0o644)
    [found] = checks.secrets(tmp_path)
    assert found.level == "fail"
    assert "key-encryption.key" in found.what
    assert found.remedy.startswith("chmod -R go-rwx")
    key.chmod(0o600)
    assert [one.level for one in checks.secrets(tmp_path)] == ["ok"]
    key.chmod(0o644)
    (tmp_path / "keys").chmod(0o700)
    assert [one.level for one in checks.secrets(tmp_path)] == ["ok"]


def test_heads_of_the_audit_in_the_data_directory_are_a_warning_and_where_nobody_may_write_a_failure(
    tmp_path: Path,
) -> None:
    data, other = tmp_path / "data", tmp_path / "other" / "heads.jsonl"
    assert checks.heads(Settings(data_dir=data)).level == "ok"
    assert checks.heads(Settings(data_dir=data, audit_heads=other)) == Finding("heads of the audit", "ok", str(other))
    assert checks.heads(Settings(data_dir=data, audit_heads=data / "heads.jsonl")).level == "warn"
    if os.geteuid():  # root may write anywhere
        tmp_path.chmod(0o500)
        assert checks.heads(Settings(data_dir=data, audit_heads=other)).level == "fail"
        tmp_path.chmod(0o700)


def test_a_topic_that_is_missing_warns_and_one_that_differs_fails() -> None:
    assert broker_checks.table([SPEC], {}, {}).remedy == "run `throughline topics create`"
    assert broker_checks.table([SPEC], {SPEC.name: 2}, {SPEC.name: SPEC.config}).level == "ok"
    other = broker_checks.table([SPEC], {SPEC.name: 3}, {SPEC.name: {**SPEC.config, "retention.ms": "1"}})
    assert other.what == "not as the table says: released.x partitions=3, released.x retention.ms=1"


def test_replicas_that_are_fewer_than_they_should_be_or_not_in_sync_are_told() -> None:
    def found(kept: int, must_have: int, lagging: int, brokers: int, *wanted: int | None) -> tuple[str, str]:
        one = broker_checks.copies({"a": 3, "b": kept}, {"b": must_have}, lagging, brokers, Wanted(*wanted))
        return one.level, one.what

    assert found(3, 2, 0, 3, 3, 2) == ("ok", "3 of each topic, all in sync")
    assert found(1, 1, 0, 1) == ("ok", "1 of each topic, all in sync")
    assert found(1, 1, 0, 3) == ("warn", "fewer than 3 brokers could keep: b has 1")
    assert found(3, 2, 4, 2, 3) == ("warn", "4 partitions lack a replica that is in sync")
    assert found(1, 1, 0, 3, 3) == ("fail", "topic b has 1 replica, THROUGHLINE_REPLICATION_FACTOR is 3")
    assert found(3, 1, 0, 3, None, 2) == ("fail", "THROUGHLINE_MIN_INSYNC_REPLICAS is 2: b has 1")


def test_a_broker_whose_clock_is_ahead_fails() -> None:
    assert broker_checks.clocks(1_060.0, 1_000.0).what == "the broker's is 60 s ahead of this machine's"
    assert [broker_checks.clocks(newest, 1_000.0).level for newest in (None, 1_001.0, 10.0)] == ["ok"] * 3


@pytest.mark.broker
def test_a_real_broker_is_asked_for_its_topics(broker: str, tmp_path: Path) -> None:
    specs = [TopicSpec(f"asked.{tmp_path.name}", "person", "released.*", 2, 7 * DAY_MS)]
    assert levels(broker_checks.broker(broker, specs))["topics"] == "fail"
    admin = AdminClient({"bootstrap.servers": broker})
    topics.create(admin, specs)
    assert levels(broker_checks.broker(broker, specs))["topics"] == "ok"
    plain = f"asked.{tmp_path.name}.plain"
    [made] = admin.create_topics([NewTopic(plain, 2, 1)]).values()
    made.result()
    deadline = time.monotonic() + 30  # a broker may say that there is none for a moment yet
    while plain not in admin.list_topics(timeout=10).topics and time.monotonic() < deadline:
        time.sleep(0.02)
    found = {one.check: one for one in broker_checks.broker(broker, [TopicSpec(plain, "", "", 2, 7 * DAY_MS)])}
    assert "message.timestamp.type=CreateTime" in found["topics"].what


def test_a_broker_that_does_not_answer_fails_with_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broker_checks, "SECONDS", 0.5)
    [found] = broker_checks.broker("127.0.0.1:1", [])
    assert (found.level, found.what) == ("fail", "does not answer on 127.0.0.1:1")
    assert "THROUGHLINE_BOOTSTRAP" in found.remedy


def test_the_doctor_says_what_a_wrong_setting_is_and_goes_no_further(tmp_path: Path) -> None:
    done = throughline(tmp_path, "doctor", "--json", THROUGHLINE_PORTAL_PORT="s3cret")
    assert done.returncode == 1
    found = json.loads(done.stdout)
    assert [(one["check"], one["level"]) for one in found["findings"]] == [("Python", "ok"), ("settings", "fail")]
    assert "s3cret" not in done.stdout


def test_the_doctor_changes_nothing(tmp_path: Path) -> None:
    done = throughline(tmp_path / "data", "doctor", THROUGHLINE_PORTAL_PORT="0")
    assert done.returncode in {0, 1}
    assert "any free one" in done.stdout
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize(
    ("value", "seen"),
    [
        ("me:pass@broker:9092", "***@broker:9092"),
        ("https://me:pass@registry/x", "https://***@registry/x"),
        ("https://token@registry/x", "https://***@registry/x"),
        ("broker:9092", "broker:9092"),
        (SecretStr("pass"), "***"),
        (Path("keys"), "keys"),
        (8420, 8420),
        (True, True),
        (None, None),
    ],
)
def test_secrets_are_masked(value: object, seen: object) -> None:
    assert masked(value) == seen


def test_every_setting_is_shown_with_where_it_comes_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("THROUGHLINE_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("THROUGHLINE_DATA_DIR", str(tmp_path))
    (tmp_path / "bootstrap").write_text("127.0.0.1:9")
    found = {one.name: one for one in shown(Settings(), dict(os.environ))}
    assert found.keys() == {f"THROUGHLINE_{name.upper()}" for name in Settings.model_fields}
    assert found["THROUGHLINE_DATA_DIR"].source == "environment"
    assert (found["THROUGHLINE_BOOTSTRAP"].value, found["THROUGHLINE_BOOTSTRAP"].source) == ("127.0.0.1:9", "demo")
    assert (found["THROUGHLINE_LOG_LEVEL"].value, found["THROUGHLINE_LOG_LEVEL"].source) == ("info", "default")


def test_settings_are_shown_to_a_person_and_to_a_program(tmp_path: Path) -> None:
    assert "THROUGHLINE_CODEC" in throughline(tmp_path, "config", "show").stdout
    listed = json.loads(throughline(tmp_path, "config", "show", "--json").stdout)
    assert {"name": "THROUGHLINE_CODEC", "value": "arrow", "source": "default"} in listed
