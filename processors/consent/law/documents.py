"""Rules as JSON and back: how they travel in the log, so that whoever reads it decides by the rules of that place."""

import functools
import hashlib
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import orjson

from processors.consent.law.facts import CLASSES, Facts
from processors.consent.law.rules import Citation, Effect, Law, Obligation, Reason, Rule, RuleSet, When

Row = dict[str, Any]


def document_of(rules: RuleSet) -> bytes:
    """Rules as canonical JSON: the same rules give the same bytes."""
    laws = [
        {
            "law_id": law.law_id, "title": law.title, "applies": [_condition(one) for one in law.applies],
            "default": law.default and _rule(law.default), "rules": [_rule(rule) for rule in law.rules],
        }
        for law in rules.laws
    ]  # fmt: skip
    return orjson.dumps({"laws": laws}, option=orjson.OPT_SORT_KEYS)


def hash_of(document: bytes) -> str:
    """SHA-256 of rules, hexadecimal: what they are known by."""
    return hashlib.sha256(document).hexdigest()


def row_of(rules: RuleSet, version: int, activated_by: str = "") -> Row:
    """The physical row of ``rules_activated.avsc``."""
    document = document_of(rules)
    about = {"version": version, "content_hash": hash_of(document), "activated_by": activated_by}
    return {**about, "document": document.decode()}


@functools.lru_cache(maxsize=16)
def rules_of(document: bytes) -> RuleSet:
    """The rules of a document.

    Raises:
        ValueError: it is no document of rules, or holds a rule that cannot be one.
    """
    try:
        return RuleSet([_law_of(row) for row in orjson.loads(document)["laws"]])
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"not a document of rules: {type(error).__name__}") from error


def _condition(when: When) -> Row:
    pairs = zip(Facts._fields, when, strict=True)
    return {name: sorted(values) for name, values in pairs if values is not None}


def _rule(rule: Rule) -> Row:
    return {
        "rule_id": rule.rule_id, "version": rule.version, "effect": rule.effect, "says": rule.says,
        "section": rule.cites.section, "quote": rule.cites.quote, "text": rule.cites.text,
        "when": _condition(rule.when), "reason": rule.reason, "obligations": sorted(rule.obligations),
    }  # fmt: skip


def _law_of(row: Mapping[str, Any]) -> Law:
    rules = tuple([_rule_of(one) for one in row["rules"]])
    applies = tuple([_when_of(one) for one in row["applies"]])
    return Law(row["law_id"], row["title"], applies, row["default"] and _rule_of(row["default"]), rules)


def _rule_of(row: Mapping[str, Any]) -> Rule:
    return Rule(
        row["rule_id"], int(row["version"]), Citation(row["section"], row["quote"], row["text"]), Effect(row["effect"]),
        row["says"], _when_of(row["when"]), Reason(row["reason"]), frozenset(map(Obligation, row["obligations"])),
    )  # fmt: skip


def _when_of(row: Mapping[str, Any]) -> When:
    if unknown := sorted(set(row) - set(Facts._fields)):
        raise ValueError(f"rules ask of nothing called {', '.join(unknown)}")
    return When._make(_values(kind, row.get(name)) for name, kind in zip(Facts._fields, CLASSES, strict=True))


def _values(kind: type[StrEnum], words: list[str] | None) -> frozenset[StrEnum] | None:
    return None if words is None else frozenset(map(kind, words))
