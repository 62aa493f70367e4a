"""Docs that fail when they lie."""

import re
from pathlib import Path
from typing import get_args

import pytest
import typer
from support.worlds import shipped_agreements

import partners.formats
from deploy.cli import app_of
from deploy.consent_shown import TOLD
from partners.profile import Flag
from processors import names
from processors.consent.chain import Code as Problem
from processors.consent.law.rules import Reason
from processors.consent.orders import Refusal
from processors.counts import REASONS_OF_ERASURES
from processors.resolve.codes import Code
from processors.signals.facts import Rule
from schemas_avro import catalog
from streams import topics
from streams.settings import PREFIX, Settings

ROOT = Path(__file__).parents[2]
REFERENCE = (ROOT / "docs" / "reference.md").read_text(encoding="utf-8")
CATEGORIES = {"discipline", "assessment", "disability", "welfare", "immigration_proxy"}
"""Of data, that the table of families names besides."""
COMMANDS = typer.main.get_command(app_of())


def rows(first_cell: str) -> set[str]:
    """First cells, without their backquotes, of the reference's tables that match a pattern."""
    return set(re.findall(rf"^\| `({first_cell})` \|", REFERENCE, re.MULTILINE))


def all_commands() -> dict[str, object]:
    """Every command by its words."""
    return _commands(COMMANDS, "")


def _commands(group: object, path: str) -> dict[str, object]:
    """By their words; groups in a group as well."""
    found: dict[str, object] = {}
    for name, command in group.commands.items():  # type: ignore[attr-defined]
        is_group = getattr(command, "commands", {})
        found |= _commands(command, f"{path}{name} ") if is_group else {f"{path}{name}": command}
    return found


def test_every_command_stands_in_the_reference_and_no_other() -> None:
    assert rows("throughline [a-z-]+") == {f"throughline {name}" for name in COMMANDS.commands}  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", sorted(all_commands()))
def test_every_command_has_help_with_an_example(name: str) -> None:
    assert f"Example: throughline {name}" in (getattr(all_commands()[name], "help", "") or "")


def test_every_setting_stands_in_the_reference_with_its_default() -> None:
    assert rows("THROUGHLINE_[A-Z_]+") == {f"{PREFIX}{name.upper()}" for name in Settings.model_fields}
    for name in (
        "portal_port",
        "batch_records",
        "store_cache_mb",
        "linger_seconds",
        "released_partitions",
        "partner_partitions",
    ):
        assert f"| `{PREFIX}{name.upper()}` | `{Settings.model_fields[name].default}` |" in REFERENCE


def test_every_code_reason_and_rule_stands_in_the_reference() -> None:
    files = {code.value for code in partners.formats.Code}
    rules = set(get_args(Rule))
    values = {one.value for closed in (Code, Reason, Problem, Refusal, Flag) for one in closed}
    assert rows("[a-z_]+") == files | values | rules | set(REASONS_OF_ERASURES) | set(TOLD)


def test_every_family_stands_in_the_reference_with_its_groups() -> None:
    section = REFERENCE.split("\n## Families\n")[1].split("\n## ")[0]
    told = re.findall(r"^\| ([a-z_, ]+) \| [^|]+ \|([^|]*)\|$", section, re.MULTILINE)[1:]
    groups = {
        family: set(re.findall("`([a-z_]+)`", said)) for families, said in told for family in families.split(", ")
    }
    assert groups.keys() == set(catalog.FAMILIES)
    for family, named in groups.items():
        assert named - CATEGORIES == set(catalog.groups_of(family)) - {catalog.CORE}


def test_every_topic_stands_in_the_reference() -> None:
    specs = topics.table(shipped_agreements(), 3, 3)
    patterns = {
        re.sub(
            r"^((?:partner|sandbox)\.)[^.]+\.[^.]+$|^((?:released|receipts|signals|deadletter)\.).+", r"\1\2", s.name
        )
        for s in specs
    }
    documented = {re.sub(r"<.*", "", name) for name in rows(r"[a-z]+\.[a-z<>.]+")}
    assert patterns == documented


def test_the_way_names_modules_and_topics_that_exist() -> None:
    import importlib  # noqa: PLC0415  # only here

    from streams.way import STEPS  # noqa: PLC0415

    specs = {spec.name for spec in topics.table(shipped_agreements(), 3, 3)}
    for step in STEPS:
        for module in (step.decides, step.moves):
            importlib.import_module(module)
        for pattern in step.writes:
            assert any(name == pattern or name.startswith(pattern.removesuffix("*")) for name in specs), pattern


def test_internal_topics_have_one_name_each() -> None:
    constants = {value for name, value in vars(names).items() if name.isupper()}
    assert constants <= {spec.name for spec in topics.table([], 1, 1)}


@pytest.mark.parametrize("page", sorted(p.relative_to(ROOT).as_posix() for p in ROOT.glob("*.md")))
def test_pages_name_files_that_exist(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    for path in re.findall(
        r"`((?:docs|streams|processors|schemas_avro|sinks|partners|portal|deploy|tests|bench)/[^`<* ]*)`", text
    ):
        assert (ROOT / path).exists(), f"{page} names {path}"
