"""The page of metrics, the registry and the alerts: held against each other."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client import Counter, Gauge, Histogram, Info

from streams.histogram import BulkHistogram
from streams.metrics import SPECS

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "metrics.md").read_text(encoding="utf-8")
PROMETHEUS = ROOT / "deploy" / "prometheus"
KINDS = {Info: "info", Gauge: "gauge", Counter: "counter", Histogram: "histogram", BulkHistogram: "histogram"}
RULES = [r for g in yaml.safe_load((PROMETHEUS / "alerts.yml").read_text())["groups"] for r in g["rules"]]
TESTS = [
    one
    for file in sorted(PROMETHEUS.glob("*.test.yml"))
    for t in yaml.safe_load(file.read_text())["tests"]
    for one in t["alert_rule_test"]
]


def cells(first: str) -> dict[str, list[str]]:
    """Rows of the page's tables by their first cell."""
    rows = re.findall(rf"^\| `({first})` \|(.*)\|$", PAGE, re.MULTILINE)
    return {name: [cell.strip() for cell in rest.split("|")] for name, rest in rows}


def test_every_metric_stands_on_the_page_with_its_type_and_labels_and_no_other() -> None:
    documented = {name: row[:2] for name, row in cells("throughline_[a-z_]+").items()}
    assert documented == {spec.name: [KINDS[spec.kind], ", ".join(spec.labels)] for spec in SPECS}


def test_every_label_is_explained() -> None:
    explained = re.findall(r"^\| ([a-z, ]+) \| [`a-z:]", PAGE.split("## Labels")[1].split("## ")[0], re.MULTILINE)
    names = {name for row in explained for name in row.split(", ")}
    assert names - {"label"} == {label for spec in SPECS for label in spec.labels}


def test_every_alert_stands_on_the_page_with_its_severity_and_no_other() -> None:
    documented = {name: row[0] for name, row in cells("Throughline[A-Za-z]+").items()}
    assert documented == {rule["alert"]: rule["labels"]["severity"] for rule in RULES}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_an_alert_uses_metrics_that_exist_and_says_what_is_the_matter(rule: dict[str, Any]) -> None:
    suffixes = {Histogram: ("_bucket", "_sum", "_count"), BulkHistogram: ("_bucket", "_sum", "_count")}
    series = {spec.name + suffix for spec in SPECS for suffix in suffixes.get(spec.kind, ("",))}
    named = set(re.findall(r"throughline_[a-z_]+", rule["expr"]))
    assert named <= series
    assert named or "up{" in rule["expr"]
    assert {"summary", "description"} <= rule["annotations"].keys()
    assert rule["labels"]["severity"] in {"critical", "warning", "info"}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_an_alert_is_tested_to_fire_and_not_to_fire(rule: dict[str, Any]) -> None:
    fires = {bool(one["exp_alerts"]) for one in TESTS if one["alertname"] == rule["alert"]}
    assert fires == {True, False}
