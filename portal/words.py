"""Events in words: labels from the schema, units converted, codes spelled out. Pure."""

import functools
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from portal.codes import BY_SERIES, CODES, FAMILIES, TERMS, UNSPOKEN
from portal.labels import GROUPS, LABELS, NOTES
from schemas_avro import catalog
from schemas_avro.codes import tables_of

EPOCH = date(1970, 1, 1)
NOT_LISTED = frozenset({
    "organization_id", "organization_id_system", "case_manager_id", "display_label", "cip_version",
    "from_organization_id", "from_organization_id_system", "to_organization_id", "to_organization_id_system",
})  # fmt: skip
"""Fields that the headline or the page says already, or that mean nothing to readers."""
TERM_FIELDS = frozenset({"term_id", "transfer_term"})
PARTIES = frozenset({"responsible_agency"})
"""Fields that hold the id of a partner or recipient."""
RECENT = {0: "today", 1: "yesterday"}
"""How the days are called that lie so many days back."""
US_PHONE = re.compile(r"(?:\+?1[ .-]?)?\(?([2-9]\d\d)\)?[ .-]?([2-9]\d\d)[ .-]?(\d{4})")
"""Area code, exchange and line, however they are set apart."""


@dataclass(frozen=True)
class Line:
    """One field of an event, in words."""

    name: str
    label: str
    value: str
    doc: str
    """What there is to know about the field; mostly what the schema says."""
    code: str
    """The technical name and code behind the words; empty where there is no code."""


@functools.cache
def fields_of(family: str) -> dict[str, dict[str, Any]]:
    """Fields of a family by name, in the order of the schema."""
    return {field["name"]: field for field in catalog.read(f"families/{family}")["fields"]}


def family_word(family: str) -> str:
    """A family, as people say it."""
    return FAMILIES.get(family, plain(family))


def plain(code: str) -> str:
    """A code whose words are in it."""
    return code.replace("_", " ").strip().capitalize()


def named(names: Mapping[str, str], key: str) -> str:
    """What people call a partner, recipient or organization; its id where no name is known."""
    return names.get(key) or key.replace("_", " ")


def label(name: str) -> str:
    """A field's name, as people say it; the unit goes to the value."""
    return LABELS.get(name) or plain(name)


def group_word(group: str) -> str:
    """A group of fields, as people say it inside a sentence."""
    return GROUPS.get(group) or plain(group).lower()


def lines(family: str, body: Mapping[str, Any], parties: Mapping[str, str]) -> list[Line]:
    """The fields of a body that say something, in the order of the schema; ``parties`` are names by id."""
    return [
        Line(
            name,
            label(name),
            named(parties, body[name]) if name in PARTIES else value_in_words(family, name, body[name]),
            NOTES.get(name) or field["doc"],
            _code(family, name, body[name]),
        )
        for name, field in fields_of(family).items()
        if name not in NOT_LISTED and body.get(name) not in (None, "", [])
    ]


def _code(family: str, name: str, value: Any) -> str:
    if not isinstance(value, str):
        return ""
    is_listed = name in CODES or name in UNSPOKEN or name in tables_of(family)
    is_code = is_listed or name in TERM_FIELDS or value in _symbols(family, name)
    return f"{name}: {value}" if is_code else ""


def value_in_words(family: str, name: str, value: Any) -> str:
    """A physical value of a field with its unit, or its code spelled out."""
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, list):
        return ", ".join(value_in_words(family, name, one) for one in value)
    if isinstance(value, int):
        return _number(family, name, value)
    return _text(family, name, str(value))


def _number(family: str, name: str, value: int) -> str:
    if name == "benefit_month":
        return f"{EPOCH + timedelta(days=value):%B %Y}"
    if "date" in _logical_types(family, name):
        return day(EPOCH + timedelta(days=value))
    said = next((said for end, said in UNITS.items() if name.endswith(end)), str)
    return said(value)


def _points(value: int) -> str:
    return f"{value / 10_000:.4f}".removesuffix("0").removesuffix("0")


def _hundredths(value: int) -> str:
    return f"{value / 100:.2f}".rstrip("0").rstrip(".")


def _minutes(value: int) -> str:
    return count(value, "minute")


def _text(family: str, name: str, value: str) -> str:
    if name in TERM_FIELDS:
        return term(value)
    if name == "phone":
        return phone(value)
    if spelled := CODES.get(name, {}).get(value) or CODES.get(name, {}).get(value[:2] if name in BY_SERIES else ""):
        return spelled
    table = tables_of(family).get(name)
    if table is not None and value in table.codes:
        return table.codes[value]
    if name in UNSPOKEN or table is not None:
        return f"Code {value}"
    return plain(value) if value in _symbols(family, name) else value


def term(code: str) -> str:
    """A college term, as ``267``, in words; other codes as they are."""
    found = re.fullmatch(r"(\d\d)([1357])", code)
    return f"{TERMS[found[2]]} 20{found[1]}" if found else code


def phone(number: str) -> str:
    """A US number, as (555) 555-0123; any other as it is."""
    found = US_PHONE.fullmatch(number.strip())
    return f"({found[1]}) {found[2]}-{found[3]}" if found else number


def _branches(family: str, name: str) -> list[Any]:
    kind = fields_of(family)[name]["type"]
    return kind if isinstance(kind, list) else [kind]


def _logical_types(family: str, name: str) -> set[str]:
    return {
        branch["logicalType"]
        for branch in _branches(family, name)
        if isinstance(branch, dict) and "logicalType" in branch
    }


def _symbols(family: str, name: str) -> set[str]:
    return {
        symbol for branch in _branches(family, name) if isinstance(branch, dict) for symbol in branch.get("symbols", ())
    }


def money(cents: int) -> str:
    """US cents as dollars; whole dollars without cents."""
    sign, cents = ("-" if cents < 0 else ""), abs(cents)
    return f"{sign}${cents // 100:,}" + (f".{cents % 100:02}" if cents % 100 else "")


UNITS: dict[str, Callable[[int], str]] = {
    "_cents": money,
    "_minutes": _minutes,
    "_ten_thousandths": _points,
    "_hundredths": _hundredths,
}
"""How a number is said, by the end of its field's name."""


def inside(sentence: str) -> str:
    """What begins a sentence, inside one."""
    return sentence[:1].lower() + sentence[1:]


def begun(words: str) -> str:
    """What stands inside a sentence, at its beginning."""
    return words[:1].upper() + words[1:]


def day(value: date) -> str:
    """A date, as Nov 24, 2026."""
    return f"{value:%b} {value.day}, {value.year}"


def span(first: date | None, last: date | None) -> str:
    """A time during which something was true; without a last day it goes on."""
    if first and last:
        return f"On {day(first)}" if first == last else f"{day(first)} to {day(last)}"
    return f"Since {day(first)}" if first else f"Until {day(last)}" if last else ""


def ago(then: date, today: date) -> str:
    """How long before today, or until then, in days."""
    days = (today - then).days
    return ({-1: "tomorrow"} | RECENT).get(days, f"{days} days ago" if days > 0 else f"in {-days} days")


def count(number: int, singular: str, plural: str | None = None) -> str:
    """A number with its noun."""
    return f"{number:,} {singular if number == 1 else plural or singular + 's'}"
