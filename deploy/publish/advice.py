"""What a person is told to do about a fault of a row; a few words, and never a value."""

from collections.abc import Callable

from partners.formats import Code
from partners.formats.csv_columns import columns_of
from partners.formats.csv_forms import told_of
from partners.formats.faults import Fault
from partners.formats.reading import PARTS
from schemas_avro import catalog
from schemas_avro.codes import tables_of

SYMBOLS = 12
"""Of a code set, that are shown."""
SHAPE = 'a row is {"envelope": {…}, "body": {…}}'
ADVICE = {
    Code.NOT_JSON: "each line is one whole object; is a quote, comma or bracket missing?",
    Code.NOT_AN_OBJECT: SHAPE,
    Code.NOT_CSV: "a quote is not closed, or something stands behind it; see this line and the ones before",
    Code.NOT_PARQUET: "the file is damaged or cut off from here on; it was read no further",
    Code.NOT_XML: "the file is cut off or broken here, or has a document type; it was read no further",
    Code.SPREADSHEET_DATE: "days are written 2026-09-01; export again, without a spreadsheet in between",
    Code.SCIENTIFIC_NOTATION: "digits are gone; export again, without a spreadsheet in between",
    Code.LOST_LEADING_ZEROS: "export again, without a spreadsheet in between",
    Code.BAD_DATE: "days are written 2026-09-01",
    Code.BAD_TIME: "times are written 2026-09-01T08:00:00Z, with their zone",
    Code.TOO_LARGE: "an event has at most 64 KiB",
    Code.OUT_OF_RANGE: "the number is larger than the field can hold",
    Code.NUMBER_OUT_OF_RANGE: "a number that cannot be",
    Code.DATES_OUT_OF_ORDER: "the last day is before the first",
    Code.CATEGORY_MISSING: "name in data_categories what it tells of",
    Code.UNMAPPED_DESCRIPTOR: "our code set has none for it; tell the operator which descriptor it is",
    Code.NO_FAMILY: "no family carries it; nothing in the file needs mending",
    Code.NOT_IN_SET: "it points at a row that another file of the set does not have",
    Code.DATE_OUT_OF_RANGE: "a day that cannot be, or lies ahead; an aid year is two in a row, 2026-2027",
    Code.UNKNOWN_CODE: "not of the field's form; `throughline schemas columns` has it",
    Code.BAD_URI: "a web address at a public host's name, as https://example.org/notice",
    Code.CONTROL_CHARACTER: "take out characters that cannot be seen; tabs and line ends may stay",
    Code.SSN_IN_TEXT: "take the number of social security out; it goes into identifier.SSN, or ssn of family identity",
    Code.MISSING_SUBJECT: "say the record's id; a wage row: subject_name and a valid identifier.SSN",
    Code.CONSENT_SCOPE: "a grant names controllers, records, purposes and recipients, none of them *",
    Code.CONSENT_NOT_AUTHORISED: "your agreement does not let you speak for these controllers",
    Code.BAD_EVENT_ID: "a UUID in lower case, or leave it out",
    Code.WRONG_PARTNER: "the row names another partner than --partner",
    Code.WRONG_EVENT_TYPE: "the row is of another family than --family",
}
"""By code, whatever the field."""
SCALES = {
    "_ten_thousandths": "a whole number, in ten-thousandths (3.5 is 35000)",
    "_hundredths": "a whole number, in hundredths (12.5 is 1250)",
    "_cents": "a whole number, in cents (12.50 is 1250)",
}
"""By the end of a field's name."""
MISSING = {
    **dict.fromkeys((".csv", ".tsv", ".parquet", ".pq"), "the cell is empty"),
    ".xml": "the element does not have it",
}
"""By the ending of a file."""


def advice_on(fault: Fault, family: str, ending: str) -> str:
    """What to do about a fault; empty where there is nothing to say.

    Args:
        fault: of a row.
        family: of the row.
        ending: of the file, as ".csv".
    """
    field = fault.field or ""
    by_field: dict[Code, Callable[[str, str, str], str]] = {
        Code.MISSING_FIELD: _missing,
        Code.UNKNOWN_KEY: _unknown,
        Code.NOT_IN_CODE_SET: _allowed,
        Code.WRONG_TYPE: _form,
        Code.WRONG_VALUE: _form,
    }
    if fault.counted or fault.code in ADVICE:
        return fault.counted or ADVICE[fault.code]
    told = by_field.get(fault.code)
    meant = f"did you mean {fault.near}? " if fault.near else ""
    return meant + told(field, family, ending.lower()) if told else ""


def _missing(field: str, family: str, ending: str) -> str:
    del family
    return SHAPE if field in PARTS else MISSING.get(ending, "the row does not say it")


def _unknown(field: str, family: str, ending: str) -> str:
    del field, ending
    return f"there is no such field; `throughline schemas columns {family}` has them"


def _form(field: str, family: str, ending: str) -> str:
    """How a field is written."""
    if field == "envelope.operation":
        return "a full export retracts by leaving out; take the row out"
    if ending == ".xml" and field.endswith("_hundredths"):
        return "a number of at most two decimals, as 0.75"
    if scale := next((form for end, form in SCALES.items() if field.endswith(end)), ""):
        return scale
    column = columns_of(family).get(field)
    form = next((one.form for one in told_of(family) if column and columns_of(family)[one.name] == column), "")
    return form or f"see `throughline schemas columns {family}`"


def _allowed(field: str, family: str, ending: str) -> str:
    """The symbols that a field takes, as its schema has them."""
    del ending
    part, _, name = field.partition(".")
    source = "envelope" if part == "envelope" else f"families/{family}"
    symbols = catalog.symbols_of(source, name)[1]
    if not symbols and name in tables_of(family):
        table = tables_of(family)[name]
        return (
            f"not a code of the table {table.name} (version {table.version}); `throughline schemas codes {table.name}` "
            "has them"
        )
    more = f", … see `throughline schemas columns {family}`" if len(symbols) > SYMBOLS else ""
    case = "; in lower case" if name == "operation" else ""
    return f"one of {', '.join(symbols[:SYMBOLS])}{more}{case}" if symbols else ""
