"""What fields of one event say together: first and last days in order, no part more than the whole, kinds named.

Of a retraction none of it is asked: what it takes back may have been wrong in just this.
"""

import pyarrow as pa
import pyarrow.compute as pc

from processors.resolve.codes import Code, Fault, Faults
from schemas_avro.rules import IN_ORDER, PARTS, REVEALS


def faults(family: str, envelope: pa.RecordBatch, body: pa.RecordBatch) -> Faults:
    """What is wrong between fields of a batch, of each row the first that is found.

    Args:
        family: of all rows.
        envelope: columns of ``envelope.avsc``.
        body: columns of the family's own schema.
    """
    found: Faults = {}
    for first, last in IN_ORDER.get(family, ()):
        found = _above(body, first, last, (Code.DATES_OUT_OF_ORDER, last)) | found
    for part, whole in PARTS.get(family, ()):
        found = _above(body, part, whole, (Code.NUMBER_OUT_OF_RANGE, part)) | found
    if family in REVEALS:
        found = _unnamed(envelope, body, *REVEALS[family]) | found
    if not found:
        return found
    operations = envelope.column("operation").to_pylist()
    return {row: fault for row, fault in found.items() if operations[row] != "retract"}


def _above(body: pa.RecordBatch, low: str, high: str, fault: Fault) -> Faults:
    """Rows of which a field is above another."""
    above = pc.greater(body.column(low), body.column(high))
    return dict.fromkeys(pc.indices_nonzero(pc.fill_null(above, False)).to_pylist(), fault)  # noqa: FBT003  # Arrow's


def _unnamed(envelope: pa.RecordBatch, body: pa.RecordBatch, field: str, told: dict[str, str]) -> Faults:
    """Rows of which a code tells of a category that the envelope does not name."""
    telling = pc.is_in(body.column(field), value_set=pa.array(list(told), pa.string()))
    rows = pc.indices_nonzero(pc.fill_null(telling, False)).to_pylist()  # noqa: FBT003  # Arrow's
    fault = (Code.CATEGORY_MISSING, "data_categories")
    return {
        row: fault
        for row in rows
        if told[body.column(field)[row].as_py()] not in envelope.column("data_categories")[row].as_py()
    }
