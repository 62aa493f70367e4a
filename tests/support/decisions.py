"""The decision table: cases as a person of law writes them, one file a law or theme."""

from pathlib import Path
from typing import Any, NamedTuple

import yaml

from processors.consent.law.facts import CLASSES, Facts

FOLDER = Path(__file__).parents[1] / "processors/consent/decisions"
USUAL = {
    "holder": "college", "category": "education", "consent": "in_force", "care": "unknown", "address": "open",
    "recipient": "college", "basis": "consent", "purpose": "transfer_advising", "tiers": "in_force",
    "relation": "serves", "institution": "other", "approval": "none",
}  # fmt: skip
"""What holds unless a file, or a case, says otherwise."""


def facts_of(said: dict[str, str]) -> Facts:
    """Facts by name.

    Raises:
        ValueError: a name or a value is none.
    """
    if strangers := sorted(set(said) - set(Facts._fields)):
        raise ValueError(f"no fact is called {', '.join(strangers)}")
    return Facts._make(kind(said[name]) for name, kind in zip(Facts._fields, CLASSES, strict=True))


class Case(NamedTuple):
    """One line of the table."""

    name: str
    because: str
    laws: tuple[str, ...]
    """Ids of the laws that decide it; none: all that ship."""
    facts: Facts
    then: str
    reason: str
    rules: tuple[str, ...]


def cases() -> list[Case]:
    """Every case of every file."""
    return [case for path in sorted(FOLDER.glob("*.yaml")) for case in _cases(path)]


def _cases(path: Path) -> list[Case]:
    told = yaml.safe_load(path.read_text(encoding="utf-8"))
    return [_case(f"{path.stem}-{place}", told, row) for place, row in enumerate(told["cases"], 1)]


def _case(name: str, told: dict[str, Any], row: dict[str, Any]) -> Case:
    facts = facts_of({**USUAL, **told["unless_said"], **row.get("given", {}), **row.get("when", {})})
    rules = [row["rule"]] if isinstance(row["rule"], str) else row["rule"]
    laws = tuple(told.get("laws", ()))
    return Case(name, row["because"], laws, facts, row["then"], row["reason"], tuple(rules))
