"""Traits: what an identity event says of a person, normalised so that equal means equal."""

import re
from dataclasses import asdict, dataclass, field
from typing import Any

from processors.records import keyed_hash
from processors.resolve.matching.names import nicknames, plain

Row = dict[str, Any]
PARTICLES = {"DE", "LA", "DEL", "LOS", "LAS", "VAN", "VON", "DA", "DOS"}
DUMMY_SSNS = {"123456789", "078051120", "219099999", *(digit * 9 for digit in "0123456789")}
STATEWIDE = {"SSID", "CCCID", "CSU_ID", "UC_ID", "CSAC_ID", "CIN"}
MIDDLE_MIN_LETTERS = 2
PHONE_DIGITS = 10


@dataclass(frozen=True)
class Traits:
    """Comparable traits of one record; lists are sorted. Its repr shows nothing."""

    ssn: str = field(default="", repr=False)
    """Keyed hash of the number; empty: none, or an invalid one."""
    given: tuple[str, ...] = field(default=(), repr=False)
    surnames: tuple[str, ...] = field(default=(), repr=False)
    born: int | None = field(default=None, repr=False)
    """Days since 1970-01-01."""
    others: tuple[str, ...] = field(default=(), repr=False)
    """Further traits, each as kind:value; one in common is enough to tell namesakes of one birth date together."""

    def to_json(self) -> dict[str, Any]:
        """As JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, row: dict[str, Any]) -> "Traits":
        """From ``to_json``."""
        return cls(row["ssn"], tuple(row["given"]), tuple(row["surnames"]), row["born"], tuple(row["others"]))


def digits(text: str) -> str:
    """The ASCII digits of a text."""
    return re.sub(r"[^0-9]", "", text)


def valid_ssn(text: str) -> str:
    """Nine digits that the Social Security Administration can have issued; empty otherwise.

    Source: 20 CFR 422.103 and SSA's randomization notice: area not 000, 666 or 9xx, group not 00, serial not 0000.
    """
    number = digits(text)
    if len(number) != 9 or number in DUMMY_SSNS:  # noqa: PLR2004  # an SSN has nine digits
        return ""
    area, group, serial = number[:3], number[3:5], number[5:]
    issued = area not in {"000", "666"} and area < "900" and group != "00" and serial != "0000"
    return number if issued else ""


def folded(text: str | None) -> str:
    """Upper case, without accents, apostrophes and what cannot be seen; all but letters and digits become spaces."""
    return plain(text or "")


def given_names(*texts: str | None) -> tuple[str, ...]:
    """First token of each text, nicknames made canonical."""
    tokens = {folded(text).split(" ")[0] for text in texts}
    return tuple(sorted({nicknames().get(token, token) for token in tokens if token}))


def surnames(*texts: str | None) -> tuple[str, ...]:
    """Tokens of surnames without particles: a double surname agrees with either half."""
    tokens = {token for text in texts for token in folded(text).split(" ") if token}
    return tuple(sorted(tokens - PARTICLES or tokens))


def of_identity(envelope: Row, body: Row, key: bytes) -> Traits:
    """Traits of an identity event; the SSN goes no further than here.

    Args:
        envelope: physical row of the envelope.
        body: physical row of ``families/identity.avsc``.
        key: the pseudonym key.
    """
    own = [i["value"] for i in envelope["identifiers"] if i["system"] == "SSN"]
    numbers = [number for text in (body["ssn"], *own) if (number := valid_ssn(text or ""))]
    return Traits(
        ssn=keyed_hash(key, "ssn", numbers[0]) if numbers else "",
        given=given_names(body["first_name"], body["other_first_name"]),
        surnames=surnames(body["last_name"], body["other_last_name"]),
        born=body["birth_date"],
        others=tuple(sorted(_others(envelope, body))),
    )


def of_wage_row(envelope: Row, key: bytes) -> Traits:
    """Traits of a source without own ids: an SSN, and a name whose order is not known."""
    names = tuple(sorted(set(folded(envelope["subject_name"]).split())))
    given = tuple(sorted({nicknames().get(name, name) for name in names}))
    return Traits(ssn=keyed_hash(key, "ssn", wage_ssn(envelope)), given=given, surnames=names)


def wage_ssn(envelope: Row) -> str:
    """The valid SSN among an envelope's identifiers; empty where there is none."""
    numbers = (valid_ssn(i["value"]) for i in envelope["identifiers"] if i["system"] == "SSN")
    return next((number for number in numbers if number), "")


def _others(envelope: Row, body: Row) -> set[str]:
    line, zip_code = folded(body["address_line"]), digits(body["postal_code"] or "")[:5]
    middle, phone = folded(body["middle_name"]), digits(body["phone"] or "")[-PHONE_DIGITS:]
    found = {
        f"address:{line} {zip_code}": bool(line and zip_code),
        f"email:{(body['email'] or '').strip().lower()}": bool(body["email"]),
        f"phone:{phone}": len(phone) == PHONE_DIGITS,
        f"middle:{middle}": len(middle) >= MIDDLE_MIN_LETTERS,
    }
    shared = {_identifier(i) for i in envelope["identifiers"] if i["system"] != "SSN"}
    return shared | {trait for trait, there in found.items() if there}


def _identifier(row: Row) -> str:
    """An identifier as a trait; one counted by a single organisation means nothing without its name."""
    assigner = "" if row["system"] in STATEWIDE else folded(row["assigner"])
    return f"{row['system']}:{assigner}:{folded(row['value'])}"
