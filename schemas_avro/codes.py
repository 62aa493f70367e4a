"""Code sets and crosswalks as tables, one a file, versioned and reviewed like code: ``code_sets/``, ``crosswalks/``.

A code set says which codes a text field takes, and whether the list is known as a whole. Where it is, any other code
is rejected; where it is not, a code that only looks like one of them is carried, and flagged. A crosswalk says what
the codes of another standard are in the contract: codes of a code set, or symbols of an enum.
"""

import functools
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any

from schemas_avro import catalog


@dataclass(frozen=True)
class CodeSet:
    """Codes of one list, and what each means."""

    name: str
    title: str
    version: str
    """Edition of the list."""
    source: str
    """Where it was read, or that it was not."""
    is_complete: bool
    """Whether no other code can be right."""
    form: str | None
    """What every code looks like, those not known here too; None: anything."""
    note: str
    """Why it is not complete; empty where it is."""
    codes: Mapping[str, str]
    """Meaning by code, in a few words for readers."""

    def takes(self, text: str) -> bool:
        """Whether a text may be a code of the list."""
        if text in self.codes:
            return True
        return not self.is_complete and (self.form is None or re.fullmatch(self.form, text) is not None)


@dataclass(frozen=True)
class Crosswalk:
    """From the codes of another standard to those of the contract."""

    name: str
    title: str
    version: str
    source: str
    to: str
    """A code set, or an enum of the contract."""
    of: str
    """The code set that it begins at, where that is one of ours; else empty."""
    note: str
    """Which codes have no place in it, and why."""
    codes: Mapping[str, str]


@functools.cache
def code_sets() -> Mapping[str, CodeSet]:
    """Every code set by its name: that of its file."""
    return {
        name: CodeSet(
            name, row["title"], row["version"], row["source"], bool(row["is_complete"]), row.get("form"),
            row.get("note", ""), row["codes"],
        )
        for name, row in _files("code_sets")
    }  # fmt: skip


@functools.cache
def crosswalks() -> Mapping[str, Crosswalk]:
    """Every crosswalk by its name: that of its file."""
    return {
        name: Crosswalk(
            name, row["title"], row["version"], row["source"], row["to"], row.get("of", ""), row.get("note", ""),
            row["codes"],
        )
        for name, row in _files("crosswalks")
    }  # fmt: skip


def _files(folder: str) -> list[tuple[str, dict[str, Any]]]:
    files = (resources.files(__package__) / folder).iterdir()
    found = sorted((file.name.removesuffix(".json"), file) for file in files if file.name.endswith(".json"))
    return [(name, json.loads(file.read_text(encoding="utf-8"))) for name, file in found]


@functools.cache
def tables_of(family: str) -> Mapping[str, CodeSet]:
    """Code sets of a family's text fields, by field; fields whose lists others keep, as partners' names, have none."""
    named = {f["name"]: f["code_set"] for f in catalog.read(f"families/{family}")["fields"] if "code_set" in f}
    return {field: code_sets()[name] for field, name in named.items() if name in code_sets()}
