"""Identifiers of a fixed number of digits, to see where a spreadsheet has eaten zeros in front.

What has lost its zeros is another person's number or another school's: a row is rejected, never repaired, since whoever
exports it again knows and we would guess. A number that had no zero in front cannot have lost one, so a shorter one is
always wrong. NAICS is not here: no sector begins with a zero, and a shorter code is a coarser one.
"""

import re
from collections.abc import Mapping

LENGTHS = {
    "SSN": (9,),
    "ssn": (9,),
    "SSID": (10,),
    "postal_code": (5, 9),
    "entry_type": (5,),
    "exit_type": (5,),
    "exit_reason": (5,),
    "responsible_county": (2,),
    "academic_subject": (5,),
    "score_metric": (5,),
    "separation_reason": (5,),
    "workforce_program_type": (2,),
}
"""By field or identifier system: ways to count digits. Most codes of CEDS have five, as 01921."""

ORGANIZATIONS = {
    "CDS": (14,),
    "NCES": (7, 12),
    "UNITID": (6,),
    "OPEID": (6, 8),
    "FEIN": (9,),
}
"""The same for organization_id, by organization_id_system: 2 digits of a CDS code are the county, 5 the district, 7 the
school; NCES has 7 for a district, 12 for a school."""

NAMED = tuple((f"{end}organization_id_system", f"{end}organization_id") for end in ("", "from_", "to_"))
"""Fields of a list, and the organization by it."""

CIP_LOST = re.compile(r"\d(\.\d+)?")
"""Programmes are NN.NNNN: 1.0101 was 01.0101."""


def has_lost_zeros(field: str, text: str, lengths: tuple[int, ...] | None = None) -> bool:
    """Whether an identifier is all digits and too short.

    Args:
        field: name of the field, or identifier system.
        text: the identifier.
        lengths: ways to count its digits, where the field alone does not say.
    """
    text = text.strip()
    if field == "cip_code":
        return CIP_LOST.fullmatch(text) is not None
    known = LENGTHS.get(field, ()) if lengths is None else lengths
    is_number = text.isascii() and text.isdigit()
    return bool(known) and is_number and len(text) not in known and len(text) < max(known)


def organizations_with_lost_zeros(body: Mapping[str, object]) -> list[str]:
    """Fields of a body whose organization is too short a number for the list that it is said to be from."""
    return [
        name
        for system, name in NAMED
        if (of := body.get(system)) is not None
        and (lengths := ORGANIZATIONS.get(str(of))) is not None
        and has_lost_zeros(name, str(body.get(name, "")), lengths)
    ]
