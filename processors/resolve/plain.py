"""Whether a batch of facts is plainly sound outside its content: asked of whole columns, since nearly every batch is.

Where it is not, nobody is rejected for that: the gate then looks at each event by itself.
"""

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from processors.resolve.content import FIRST_DAY, LAST_DAY
from schemas_avro import ids

FUTURE_MICROS = 10 * 60 * 1_000_000
"""How far ahead of the broker's clock a partner's may be."""
FIRST_PUBLISHED = 946_684_800_000_000
"""2000-01-01 UTC, in microseconds."""
MOMENTS = ("published_at", "observed_at")
DAYS = ("occurred_on", "effective_from", "effective_to")


def is_plain(
    family: str, keys: Sequence[bytes | None], first_at: int, partners: Sequence[str], envelope: pa.RecordBatch
) -> bool:
    """Whether names, dates and subject of every event are what the gate lets pass.

    Args:
        family: of all, and none that resolve itself reads.
        keys: of the messages.
        first_at: when the broker had the earliest, in milliseconds since 1970-01-01 UTC.
        partners: whose topic each came from.
        envelope: columns of ``envelope.avsc``.
    """
    latest = first_at * 1_000 + FUTURE_MICROS
    return (
        _are_ids(envelope.column("event_id"))
        and _are_ids(envelope.column("supersedes_event_id").drop_null())
        and envelope.column("partner_id").to_pylist() == list(partners)
        and pc.unique(envelope.column("event_type")).to_pylist() == [f"{family}.recorded.v1"]
        and all(_is_within(envelope.column(name), FIRST_PUBLISHED, latest) for name in MOMENTS)
        and all(_is_within(envelope.column(name), FIRST_DAY, LAST_DAY) for name in DAYS)
        and not len(envelope.column("identifiers").values)
        and _are_keys(envelope.column("subject_token"), keys)
    )


def _are_ids(column: pa.StringArray) -> bool:
    """Whether every text is a UUID in the one form, and not the nil UUID."""
    are_uuids = pc.all(pc.match_substring_regex(column, rf"\A{ids.FORM}\z"), min_count=0).as_py()
    return bool(are_uuids) and not pc.any(pc.equal(column, ids.NIL), min_count=0).as_py()


def _is_within(column: pa.Array, low: int, high: int) -> bool:
    """Whether every number that there is lies between two."""
    ends = pc.min_max(column)
    lowest, highest = ends["min"].as_py(), ends["max"].as_py()
    return lowest is None or bool(low <= lowest and highest <= high)


def _are_keys(tokens: pa.StringArray, keys: Sequence[bytes | None]) -> bool:
    """Whether every event is keyed by the partner's own id of the record."""
    return all(token and token.encode() == key for token, key in zip(tokens.to_pylist(), keys, strict=True))
