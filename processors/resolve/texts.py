"""What no text may hold: control characters, and numbers of social security where none belongs.

All texts of a batch are put behind one another and looked at as one; only where something is found, row by row.
"""

import functools
import re
from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from processors.resolve.codes import Code, Fault, Faults
from schemas_avro import catalog

Row = dict[str, Any]
CONTROL = bytes({*range(32), 127} - {9, 10, 13})
"""Characters that no text has: all controls but tab and line ends, which cells of spreadsheets have."""
SSN = re.compile(r"(?<![0-9])(?<![0-9]-)(?!000|666|9)[0-9]{3}-(?!00)[0-9]{2}-(?!0000)[0-9]{4}(?!-?[0-9])")
SSN_BYTES = re.compile(SSN.pattern.encode())
SSN_LIKE = re.compile(rb"-[0-9]{2}-(?<=[0-9]{3}-[0-9]{2}-)[0-9]{4}")
"""The same without its edges, from its hyphen on: several times as fast to look for."""
ENVELOPE = "envelope"
OWN_PLACE = {"ssn"}
"""Fields that hold a number of social security rightly; among an envelope's identifiers, those of system SSN."""
CHECKED = OWN_PLACE | {"event_id", "event_type", "partner_id", "supersedes_event_id"}
"""Texts that the gate compares as a whole, besides."""


def faults(family: str, envelope: pa.RecordBatch, body: pa.RecordBatch) -> Faults:
    """Rows with a control character in a text, or with a number of social security where none belongs."""
    plain, numbers = _said(family, envelope, body)
    if not (_has_controls(plain) or _has_controls(numbers) or _has_ssn(plain)):
        return {}
    rows = zip(envelope.to_pylist(), body.to_pylist(), strict=True)
    return {i: fault for i, (e, b) in enumerate(rows) if (fault := _fault_of_texts(e) or _fault_of_texts(b))}


@functools.cache
def free_texts(schema: str) -> tuple[str, ...]:
    """Names of the fields of envelope or body that hold whatever text the partner writes, and no number of its own."""
    fields = catalog.read(schema if schema == ENVELOPE else f"families/{schema}")["fields"]
    return tuple(f["name"] for f in fields if f["type"] in ("string", ["null", "string"]) and f["name"] not in CHECKED)


@functools.cache
def free_lists(family: str) -> tuple[str, ...]:
    """Names of a body's lists of such texts."""
    fields = catalog.read(f"families/{family}")["fields"]
    return tuple(f["name"] for f in fields if f["type"] == {"type": "array", "items": "string"})


def _has_controls(said: bytes) -> bool:
    return len(said.translate(None, CONTROL)) != len(said)


def _has_ssn(said: bytes) -> bool:
    return SSN_LIKE.search(said) is not None and SSN_BYTES.search(said) is not None


def _said(family: str, envelope: pa.RecordBatch, body: pa.RecordBatch) -> tuple[bytes, bytes]:
    """Every text of a batch, and apart from them those that rightly hold a number of social security."""
    columns = [envelope.column(name) for name in free_texts(ENVELOPE)]
    columns += [body.column(name) for name in free_texts(family)]
    authority = envelope.column("claimed_authority")
    columns += authority.flatten() if authority.null_count < len(authority) else []
    plain, numbers = [_joined(columns)], [_joined([body.column(name) for name in OWN_PLACE & {*body.schema.names}])]
    plain += [_joined([column.values]) for name in free_lists(family) if len((column := body.column(name)).values)]
    if len(identifiers := envelope.column("identifiers").values):
        system, values, assigner = (identifiers.field(name) for name in ("system", "value", "assigner"))
        is_ssn = pc.equal(system, "SSN")
        plain.append(_joined([pc.if_else(is_ssn, "", values), assigner]))
        numbers.append(_joined([values]))
    return b"\n".join(plain), b"\n".join(numbers)


def _joined(columns: Sequence[pa.StringArray]) -> bytes:
    """All texts of some columns, a line end behind each, so that two do not make what neither is."""
    if not columns:
        return b""
    data = pc.binary_join_element_wise(*columns, "", "\n", null_handling="replace").buffers()[2]
    return b"" if data is None else bytes(data)


def _fault_of_texts(row: Row) -> Fault | None:
    for name, value in row.items():
        for text, holds_ssn in _told(value, holds_ssn=name in OWN_PLACE):
            if any(ord(c) < 128 and ord(c) in CONTROL for c in text):  # noqa: PLR2004  # ASCII
                return Code.CONTROL_CHARACTER, name
            if not holds_ssn and SSN.search(text):
                return Code.SSN_IN_TEXT, name
    return None


def _told(value: Any, *, holds_ssn: bool) -> Iterator[tuple[str, bool]]:
    """Every text in a value, and whether it is one that holds a number of social security rightly."""
    if isinstance(value, str):
        yield value, holds_ssn
    elif isinstance(value, list):
        for item in value:
            yield from _told(item, holds_ssn=holds_ssn)
    elif isinstance(value, dict):
        is_ssn = value.get("system") == "SSN"
        for name, part in value.items():
            yield from _told(part, holds_ssn=is_ssn and name == "value")
