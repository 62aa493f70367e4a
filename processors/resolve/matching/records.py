"""Records of a CSV file of the form that evaluations take, as descriptions."""

from collections.abc import Mapping, Sequence

from processors.records import keyed_hash
from processors.resolve.matching.dates import date_of
from processors.resolve.matching.description import Description, describe_all

COLUMNS = (
    "record_id", "source", "source_local_id", "event_date", "first_name", "middle_name", "last_name", "suffix", "dob",
    "sex", "ssn", "address", "city", "zip", "email",
)  # fmt: skip


def descriptions_of(rows: Sequence[Mapping[str, str]], key: bytes) -> list[Description]:
    """What rows say; a column that is missing or empty is not known.

    Args:
        rows: texts by the names of ``COLUMNS``.
        key: the pseudonym key.
    """
    said = {name: [row.get(name) or "" for row in rows] for name in COLUMNS}
    return describe_all(
        said["first_name"],
        said["middle_name"],
        said["last_name"],
        suffix=said["suffix"],
        born=list(map(date_of, said["dob"])),
        sex=said["sex"],
        ssn=said["ssn"],
        address=said["address"],
        zip_code=said["zip"],
        email=said["email"],
        phone=[""] * len(rows),
        multiple_birth=[None] * len(rows),
        others=[()] * len(rows),
        own=[_own(*named, key) for named in zip(said["source"], said["source_local_id"], strict=True)],
        key=key,
    )


def description_of(row: Mapping[str, str], key: bytes) -> Description:
    """What one row says."""
    [found] = descriptions_of([row], key)
    return found


def _own(source: str, local_id: str, key: bytes) -> str:
    return f"{source}:{keyed_hash(key, 'record', source, local_id)}" if local_id else ""


def record_key_of(row: Mapping[str, str], description: Description, key: bytes) -> str:
    """By source and its own id; where it has none, by number and name; where there is no number either, by the row."""
    source = row.get("source") or ""
    if description.own:
        return description.own.rpartition(":")[2]
    if description.number:
        said = (description.number, description.given, description.middle, description.surname)
        return keyed_hash(key, "record", source, *said)
    return keyed_hash(key, "record", source, "row", row["record_id"])
