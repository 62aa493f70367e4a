"""Why the gate rejects an event: a closed set. A code, at most with a field's name; never a value."""

from dataclasses import dataclass
from enum import StrEnum


class Code(StrEnum):
    """Codes of rejection, in the order in which they are looked for."""

    NULL_VALUE = "null_value"
    """A tombstone; partner topics have none."""
    EMPTY_VALUE = "empty_value"
    TOO_LARGE = "too_large"
    """More than MAX_VALUE_BYTES, or a list of more than LIST_ITEMS_MAX."""
    BAD_FRAMING = "bad_framing"
    """Not Confluent's wire format with a four-byte schema id."""
    NO_AGREEMENT = "no_agreement"
    """No mou in force for the topic's partner."""
    FAMILY_NOT_AGREED = "family_not_agreed"
    UNKNOWN_SCHEMA = "unknown_schema"
    SCHEMA_NOT_ALLOWED = "schema_not_allowed"
    """A schema of the catalog, but not one that this topic takes."""
    UNDECODABLE = "undecodable"
    """Not the canonical Avro bytes of any record of the schema."""
    BAD_EVENT_ID = "bad_event_id"
    WRONG_PARTNER = "wrong_partner"
    WRONG_EVENT_TYPE = "wrong_event_type"
    DATE_OUT_OF_RANGE = "date_out_of_range"
    """A date or time that cannot be, or an aid year that is not two years in a row."""
    DATES_OUT_OF_ORDER = "dates_out_of_order"
    """A last day before the first."""
    NUMBER_OUT_OF_RANGE = "number_out_of_range"
    """An amount or count that cannot be: negative aid, ten billion dollars of it, more days attended than expected."""
    UNKNOWN_CODE = "unknown_code"
    """A text that is no code of its field's code set."""
    CATEGORY_MISSING = "category_missing"
    """What it says tells of a category, as disability, that its envelope does not name."""
    BAD_URI = "bad_uri"
    """Not a web address at a public host's name."""
    CONTROL_CHARACTER = "control_character"
    """A text with a control character other than tab and line ends."""
    SSN_IN_TEXT = "ssn_in_text"
    """A number of social security where none belongs: in a text, or as the record's id."""
    MISSING_SUBJECT = "missing_subject"
    """Neither the partner's own id of the record, nor a valid SSN with a name."""
    KEY_MISMATCH = "key_mismatch"
    """The message's key is not the record's id: events of one record could overtake each other."""
    CONSENT_SCOPE = "consent_scope"
    """A grant without purposes, recipients, controllers or categories, or with a wildcard."""
    CONSENT_NOT_AUTHORISED = "consent_not_authorised"
    """A consent for records that the partner's mou does not let it speak for."""
    CONFLICTING_DUPLICATE = "conflicting_duplicate"
    """The id of an event that came before, with other bytes."""
    INTERNAL_ERROR = "internal_error"
    """A bug of ours met by this one event."""


@dataclass(frozen=True, slots=True)
class Rejection:
    """Why one event cannot travel."""

    code: Code
    field: str | None = None
    """Name of the schema's field at fault."""
    event_id: str | None = None
    """Where one could be read."""


Fault = tuple[Code, str | None]
"""What is wrong, and in which field of the schema."""
Faults = dict[int, Fault]
"""The same by row of a batch."""
