"""Prometheus' own tool over the configuration and the alerts that ship."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

FOLDER = Path(__file__).parents[2] / "deploy" / "prometheus"
PROMTOOL = shutil.which("promtool")
REQUIRED = os.environ.get("THROUGHLINE_REQUIRE_PROMTOOL") == "1"


def run(*words: str) -> None:
    """Run promtool; where it must not be missing a missing one is a failure."""
    if PROMTOOL is None:
        assert not REQUIRED, "promtool is not on this machine: install Prometheus"
        pytest.skip("promtool is not on this machine: install Prometheus to run this test")
    done = subprocess.run([PROMTOOL, *words], cwd=FOLDER, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", ["prometheus.yml", "scale.yml"])
def test_prometheus_takes_the_configuration(name: str) -> None:
    run("check", "config", name)


@pytest.mark.parametrize("name", ["alerts.test.yml", "alerts.days.test.yml"])
def test_each_alert_fires_when_it_must_and_is_silent_when_it_must_be(name: str) -> None:
    run("test", "rules", name)


@pytest.mark.parametrize(("profile", "name"), [("embedded", "prometheus.yml"), ("scale", "scale.yml")])
def test_every_process_of_a_form_of_the_composition_is_scraped(profile: str, name: str) -> None:
    config = yaml.safe_load((FOLDER / name).read_text())
    scraped = {
        target: static["labels"]["role"]
        for job in config["scrape_configs"]
        for static in job["static_configs"]
        for target in static["targets"]
    }
    services = yaml.safe_load((FOLDER.parents[1] / "docker-compose.yml").read_text())["services"]
    up = {name: service for name, service in services.items() if profile in service.get("profiles", [])}
    ours = {name for name, service in up.items() if service.get("command", [""])[0] in {"worker", "serve"}}
    assert {f"{name}:9464": up[name]["command"][-1] for name in ours} == {
        target: role for target, role in scraped.items() if role != "proxy"
    }
    assert ("proxy:9464" in scraped) == ("proxy" in up)
    assert any(f"/{name}" in word for service in up.values() for word in service.get("command", []))
    assert config["rule_files"] == ["alerts.yml"]
