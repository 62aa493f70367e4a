"""The data dictionary: what each field of each family is, and who receives it under which agreement. Pure.

It is made from the contract (schemas, code sets, rules, examples) and from agreements in force, and is about nobody.
"""

import functools
import json
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from portal import words
from portal.facts import BASES
from processors.consent.agreements import Agreement, number_of
from processors.consent.law.facts import Tiers
from processors.consent.register import Register
from schemas_avro import catalog, examples, rules
from schemas_avro.catalog import Entry, Schema
from schemas_avro.cells import FILLED, form_of
from schemas_avro.codes import code_sets, crosswalks
from schemas_avro.lint import CLASSIFICATIONS

ENVELOPE = "envelope"
PAGES = (*catalog.FAMILIES, ENVELOPE)
"""What has a page: each family, and what every event says whatever it is about."""
WHOSE = ("source_record_id", "subject_token")
"""Of the envelope, what a file cannot leave out."""
ELSEWHERE = {
    "partners": "id of a partner, as its agreement names it",
    "recipients": "id of a recipient, as its agreement names it",
    "purposes": "purpose of a disclosure, as agreements name them",
    "cip": "Classification of Instructional Programs; the list is kept by its publisher",
    "naics": "North American Industry Classification System; the list is kept by its publisher",
}
"""Lists that are no tables of the contract, and what they are."""


@dataclass(frozen=True)
class Codes:
    """The codes that a field takes."""

    name: str
    title: str
    version: str
    source: str
    note: str
    """Why others are carried too; empty: there are no others."""
    codes: tuple[tuple[str, str], ...]
    """Code and meaning."""
    crosswalks: tuple[tuple[str, str], ...]
    """Name and title of the tables that lead here from other standards."""


@dataclass(frozen=True)
class FieldView:
    """One field."""

    name: str
    label: str
    doc: str
    type: str
    cell: str
    """How it is written in a CSV."""
    columns: tuple[str, ...]
    """In which columns of a CSV."""
    is_needed: bool
    is_filled: bool
    """By rule, where a file leaves it out."""
    standard: str
    classification: str
    codes: Codes | None
    elsewhere: str
    """Which list of others its codes are of; mostly empty."""
    range: str

    @property
    def means(self) -> str:
        """What its classification says."""
        return CLASSIFICATIONS[self.classification]


@dataclass(frozen=True)
class Receiver:
    """A recipient that an agreement in force lets receive parts of a partner's records."""

    recipient: str
    partner_id: str
    groups: tuple[str, ...]
    agreement_id: str
    version: int
    title: str
    basis: str
    purpose: str


@dataclass(frozen=True)
class GroupView:
    """Fields that are released together, or not at all."""

    group: str
    """Empty: they are never released."""
    fields: tuple[FieldView, ...]
    receivers: tuple[Receiver, ...]


@dataclass(frozen=True)
class FamilyView:
    """One family, or the envelope."""

    name: str
    word: str
    doc: str
    versions: tuple[Entry, ...]
    """Of its schema, the newest last; of the envelope none."""
    groups: tuple[GroupView, ...]
    publishers: tuple[str, ...]
    receivers: tuple[Receiver, ...]
    rules: tuple[str, ...]
    example: str
    """As a line of JSON lines, indented; of the envelope empty."""
    example_csv: str

    @property
    def is_released(self) -> bool:
        """Whether an agreement could share any of it."""
        return any(group.group for group in self.groups)

    @property
    def fields(self) -> list[FieldView]:
        """Of all groups."""
        return [one for group in self.groups for one in group.fields]


def dictionary(agreements: Iterable[Agreement], day: date | None) -> list[FamilyView]:
    """Every page, in the order of the families; the envelope comes last.

    Args:
        agreements: all that are known, each in its newest version.
        day: on which they have to hold; None, no day is known: none does.
    """
    return list(_dictionary(tuple(sorted(agreements, key=lambda one: one.agreement_id)), day))


@functools.lru_cache(maxsize=4)
def _dictionary(agreements: tuple[Agreement, ...], day: date | None) -> tuple[FamilyView, ...]:
    """The same, made once: whoever asks, even without sign-in, costs no more than a page."""
    return (*(_family(name, agreements, day) for name in catalog.FAMILIES), _envelope())


@functools.cache
def _envelope() -> FamilyView:
    schema = catalog.read(ENVELOPE)
    group = GroupView("", tuple(_field(ENVELOPE, one) for one in schema["fields"]), ())
    return FamilyView(ENVELOPE, "What every event says", schema["doc"], (), (group,), (), (), (), "", "")


def _family(name: str, agreements: tuple[Agreement, ...], day: date | None) -> FamilyView:
    receivers = _receivers(name, agreements, day)
    return FamilyView(
        name=name,
        word=words.family_word(name),
        doc=str(catalog.read(f"families/{name}")["doc"]),
        versions=catalog.versions_of(f"partner.{name}.v1"),
        groups=tuple(_groups(name, receivers)),
        publishers=tuple(sorted(_publishers(name, agreements, day))),
        receivers=tuple(receivers),
        rules=tuple(_rules(name)),
        example=json.dumps(examples.example(name), indent=2, ensure_ascii=False),
        example_csv=examples.csv_of(name),
    )


def _publishers(family: str, agreements: Collection[Agreement], day: date | None) -> set[str]:
    mous = (a for a in agreements if a.tier == "mou" and day is not None and a.in_force(number_of(day)))
    return {a.party for a in mous if family in a.families}


def _receivers(family: str, agreements: Collection[Agreement], day: date | None) -> list[Receiver]:
    number = None if day is None else number_of(day)
    return [
        Receiver(
            one.agreement.party, one.grant.partner_id, one.grant.groups, one.agreement.agreement_id,
            one.agreement.version, one.agreement.title, BASES.get(one.agreement.basis, one.agreement.basis),
            words.plain(one.agreement.purpose),
        )
        for (_, of), every in sorted(Register(agreements).by_source.items())
        for one in every
        if of == family and one.tiers(number) is Tiers.IN_FORCE
    ]  # fmt: skip


def _groups(family: str, receivers: Collection[Receiver]) -> Iterator[GroupView]:
    schema = catalog.read(f"families/{family}")
    for group in (*catalog.groups_of(family), ""):
        fields = tuple(_field(family, one) for one in schema["fields"] if one.get("group", "") == group)
        if fields:
            yield GroupView(group, fields, tuple(one for one in receivers if group in one.groups))


def _field(family: str, field: Schema) -> FieldView:
    source = ENVELOPE if family == ENVELOPE else f"families/{family}"
    name, type_, columns = field["name"], field["type"], _columns(field)
    enum, symbols = catalog.symbols_of(source, name)
    codes = _codes(family, field, enum, symbols)
    is_list = isinstance(type_, dict) and type_["type"] == "array"
    cell = "text" if columns != (name,) else form_of(type_, ("the codes below",) if symbols else ())
    return FieldView(
        name=name,
        label=words.label(name),
        doc=field["doc"],
        type=_type(type_),
        cell=f"code of {codes.name}" if codes and not symbols else cell,
        columns=columns,
        is_needed=name in WHOSE or ("default" not in field and not is_list and name not in FILLED),
        is_filled=name in FILLED,
        standard=f"CEDS {field['ceds_id']}" if "ceds_id" in field else "",
        classification=field["classification"],
        codes=codes,
        elsewhere=ELSEWHERE[field["code_set"]] if "code_set" in field and codes is None else "",
        range=_range(name),
    )


def _columns(field: Schema) -> tuple[str, ...]:
    """One of its own name; of records one for each identifier system or field."""
    records = [named for named in catalog.named_types(field["type"]) if named["type"] == "record"]
    if not records:
        return (field["name"],)
    inner = records[0]["fields"]
    if field["name"] == "identifiers":
        return tuple(f"identifier.{symbol}" for symbol in inner[0]["type"]["symbols"])
    return tuple(f"{field['name']}.{one['name']}" for one in inner)


def _type(schema: Any) -> str:
    """Its Avro type in words."""
    if isinstance(schema, list):
        return f"{_type(schema[1])}, or null"
    if isinstance(schema, str):
        return schema if schema[0].islower() else f"enum {schema}"
    if "logicalType" in schema:
        return f"{schema['type']} ({schema['logicalType']})"
    if schema["type"] == "array":
        return f"array of {_type(schema['items'])}"
    inner = f" ({', '.join(one['name'] for one in schema['fields'])})" if schema["type"] == "record" else ""
    return f"{schema['type']} {schema['name']}{inner}"


def _codes(family: str, field: Schema, enum: str, symbols: Collection[str]) -> Codes | None:
    """Of a table, or of an enum; None: it takes what it takes."""
    table = code_sets().get(field.get("code_set", ""))
    if table is not None:
        told = tuple(table.codes.items())
        return Codes(table.name, table.title, table.version, table.source, table.note, told, _leading_to(table.name))
    if not symbols:
        return None
    told = tuple((symbol, _meaning(family, field["name"], symbol)) for symbol in symbols)
    return Codes(enum, "Symbols of the contract", "", "", "", told, _leading_to(enum))


def _meaning(family: str, name: str, symbol: str) -> str:
    """In a few words; empty where it is an abbreviation that no table spells out."""
    said = words.plain(symbol) if family == ENVELOPE else words.value_in_words(family, name, symbol)
    return "" if symbol.isupper() and said == words.plain(symbol) else said


def _leading_to(name: str) -> tuple[tuple[str, str], ...]:
    return tuple((one.name, one.title) for one in crosswalks().values() if one.to == name)


def _range(name: str) -> str:
    bounds = rules.BOUNDS.get(name)
    return f"{bounds[0]} to {bounds[1]}" if bounds else ""


def _rules(family: str) -> Iterator[str]:
    """What holds between fields, as sentences."""
    for first, last in rules.IN_ORDER.get(family, ()):
        yield f"{first} is not after {last}."
    for part, whole in rules.PARTS.get(family, ()):
        yield f"{part} is at most {whole}."
    field, revealing = rules.REVEALS.get(family, ("", {}))
    for code, category in revealing.items():
        yield f"Where {field} is {code}, the event names the category {category} in data_categories."


def classifications(pages: Iterable[FamilyView]) -> list[tuple[str, str]]:
    """Those that fields have, each with what it means."""
    used = {one.classification for page in pages for one in page.fields}
    return [(name, means) for name, means in CLASSIFICATIONS.items() if name in used]
