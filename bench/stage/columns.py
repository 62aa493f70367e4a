"""The job on columns, and the events that it is done to: for our stage, the bare loop and the check of all outputs."""

import functools
import json
from collections.abc import Iterator, Sequence

import pyarrow as pa

from bench.stage.job import EVENT, HASHED, IDS, KEY, hasher, schema_text
from schemas_avro import codec
from schemas_avro.catalog import Entry, catalog

EVENTS_A_CHUNK = 20_000
REPLACED = "subject_token"


def know_schemas() -> None:
    """Put the job's schemas into this process's catalog, where the codec finds them; the file stays as it is."""
    for name, id_ in IDS.items():
        catalog()[id_] = Entry(id_, f"bench.{name}.v1", 1, json.loads(schema_text(name)))


def hashed(rows: pa.RecordBatch) -> pa.RecordBatch:
    """Events with the keyed hash in place of the token."""
    keyed = hasher(KEY)
    place = rows.schema.get_field_index(REPLACED)
    hashes = pa.array([keyed(token) for token in rows.column(place).to_pylist()], pa.string())
    columns = [*rows.columns[:place], hashes, *rows.columns[place + 1 :]]
    return pa.RecordBatch.from_arrays(columns, schema=codec.arrow_schema(IDS[HASHED]))


def events(count: int) -> Iterator[pa.RecordBatch]:
    """Made-up events, the same whenever they are made, in chunks."""
    know_schemas()
    for start in range(0, count, EVENTS_A_CHUNK):
        yield _chunk(range(start, min(start + EVENTS_A_CHUNK, count)))


def _chunk(numbers: Sequence[int]) -> pa.RecordBatch:
    rows = [_event(number) for number in numbers]
    return pa.RecordBatch.from_pylist(rows, schema=codec.arrow_schema(IDS[EVENT]))


def _event(number: int) -> dict[str, object]:
    person = number * 7_919 % 1_000_003
    return {
        "event_id": f"{number:08x}-0000-5000-8000-{number:012x}",
        "partner_id": "made_up_ccc",
        "source_record_id": f"enr-{number:018d}",
        REPLACED: f"{person * 2_654_435_761 % 2**128:032x}",
        "published_at": 1_790_000_000_000_000 + number * 1_000,
        "organization_id": f"{person % 400:08d}",
        "organization_id_system": "OPEID",
        "entry_date": 20_000 + number % 300,
        "exit_date": None if number % 3 else 20_400,
        "term_id": f"2{number % 90 + 10}",
        "units_attempted_hundredths": 300 + number % 1_500,
        "gpa_term_ten_thousandths": None if number % 5 == 0 else 20_000 + number % 20_000,
        "cip_code": f"{number % 50 + 10}.0701",
    }


@functools.cache
def expected(count: int) -> pa.Table:
    """What every engine must have made of so many events, in the order of their ids."""
    return in_order(pa.Table.from_batches([hashed(chunk) for chunk in events(count)]))


def in_order(rows: pa.Table) -> pa.Table:
    """Rows by their ids, which begin with their numbers."""
    return rows.sort_by("event_id").combine_chunks()


def made_of(values: Sequence[bytes], head: bytes) -> pa.RecordBatch:
    """Rows of framed values of the output.

    Raises:
        ValueError: one is not framed as the output's, or not canonical.
    """
    if not all(value.startswith(head) for value in values):
        raise ValueError("a value of the output has another frame")
    return codec.decode_own_columns(IDS[HASHED], [value[len(head) :] for value in values])
