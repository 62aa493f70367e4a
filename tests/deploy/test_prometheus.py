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
    done = subprocess.run([PROMTOOL, *words], cwd=FOLDER, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr


def test_prometheus_takes_the_configuration() -> None:
    run("check", "config", "prometheus.yml")


def test_each_alert_fires_when_it_must_and_is_silent_when_it_must_be() -> None:
    run("test", "rules", "alerts.test.yml")


def test_every_process_of_the_composition_is_scraped() -> None:
    scraped = {
        target
        for job in yaml.safe_load((FOLDER / "prometheus.yml").read_text())["scrape_configs"]
        for static in job["static_configs"]
        for target in static["targets"]
    }
    services = yaml.safe_load((FOLDER.parents[1] / "docker-compose.yml").read_text())["services"]
    ours = {name for name, service in services.items() if service.get("command", [""])[0] in {"worker", "serve"}}
    assert {f"{name}:9464" for name in ours} == scraped
