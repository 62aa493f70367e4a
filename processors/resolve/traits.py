"""Traits: what partners' events say of a person, as descriptions that are compared."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from processors.consent.agreements import EPOCH
from processors.resolve.matching.columns import MONTHS, YEARS
from processors.resolve.matching.description import Description, describe
from processors.resolve.matching.names import plain
from processors.resolve.matching.numbers import SSN_DIGITS, digits_of, number_of

Row = dict[str, Any]
STATEWIDE = {"SSID", "CCCID", "CSU_ID", "UC_ID", "CSAC_ID", "CIN"}
PHONE_DIGITS = 10
SEXES = {"Female": "F", "Male": "M"}


def valid_ssn(text: str) -> str:
    """Nine digits that the Social Security Administration can have issued; empty otherwise.

    Source: 20 CFR 422.103 and SSA's randomization notice: area not 000, 666 or 9xx, group not 00, serial not 0000.
    """
    number = number_of(text)
    return number if len(number) == SSN_DIGITS and number < "9" else ""


def folded(text: str | None) -> str:
    """Upper case, without accents, apostrophes and what cannot be seen; all but letters and digits become spaces."""
    return plain(text or "")


def of_identity(envelope: Row, body: Row, record_key: str, key: bytes) -> list[Description]:
    """What an identity event says: one description, and another by the other names that it gives.

    Args:
        envelope: physical row of the envelope.
        body: physical row of ``families/identity.avsc``.
        record_key: the record that it tells of.
        key: the pseudonym key; the SSN goes no further than here.
    """
    own = [i["value"] for i in envelope["identifiers"] if i["system"] == "SSN"]
    told: dict[str, Any] = {
        "suffix": body["name_suffix"] or "",
        "born": digits_of_day(body["birth_date"]),
        "sex": SEXES.get(body["sex"], ""),
        "ssn": next((text for text in (body["ssn"], *own) if text and number_of(text)), ""),
        "address": body["address_line"] or "",
        "zip_code": body["postal_code"] or "",
        "email": body["email"] or "",
        "phone": _phone(body["phone"] or ""),
        "multiple_birth": body["multiple_birth"],
        "others": sorted({_identifier(i) for i in envelope["identifiers"] if i["system"] != "SSN"}),
        "own": f"{envelope['partner_id']}:{record_key}",
    }
    return [describe(first, middle, last, **told, key=key) for first, middle, last in dict.fromkeys(_names(body))]


def _names(body: Row) -> Iterator[tuple[str, str, str]]:
    """Given name, middle name and surname; then the other ones, each in place of the first of its kind."""
    for before in ("", "other_"):
        kinds = ("first_name", "middle_name", "last_name")
        first, middle, last = (body[f"{before}{kind}"] or body[kind] or "" for kind in kinds)
        yield first, middle, last


def digits_of_day(day: int | None) -> int:
    """A day from 1970-01-01 as digits of year, month and day, such as 20041231; 0: none."""
    if day is None:
        return 0
    date = EPOCH + timedelta(days=day)
    return date.year * YEARS + date.month * MONTHS + date.day


def day_of_digits(born: int) -> int | None:
    """The day from 1970-01-01 that ``digits_of_day`` was given."""
    if not born:
        return None
    return (EPOCH.replace(born // YEARS, born // MONTHS % MONTHS, born % MONTHS) - EPOCH).days


def of_wage_row(envelope: Row, key: bytes) -> list[Description]:
    """What a source without own ids says: an SSN, and a name whose surname may stand first or last."""
    tokens = folded(envelope["subject_name"]).split()
    readings = [(" ".join(tokens[1:]), tokens[0]), (" ".join(tokens[:-1]), tokens[-1])] if tokens else [("", "")]
    return [describe(first, last=last, ssn=wage_ssn(envelope), key=key) for first, last in dict.fromkeys(readings)]


def wage_ssn(envelope: Row) -> str:
    """The valid SSN among an envelope's identifiers; empty where there is none."""
    numbers = (valid_ssn(i["value"]) for i in envelope["identifiers"] if i["system"] == "SSN")
    return next((number for number in numbers if number), "")


def _phone(text: str) -> str:
    number = digits_of(text)[-PHONE_DIGITS:]
    return number if len(number) == PHONE_DIGITS else ""


def _identifier(row: Row) -> str:
    """An identifier as a trait; one counted by a single organisation means nothing without its name."""
    assigner = "" if row["system"] in STATEWIDE else folded(row["assigner"])
    return f"{row['system']} {assigner}:{folded(row['value'])}"
