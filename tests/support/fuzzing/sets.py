"""Files that are published together: a OneRoster set, and zips with it or with Ed-Fi interchanges; no row is lost."""

import io
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path

from partners.district import publish_district, surveyed
from partners.formats import FileError
from support.fuzzing.files import edfi_seeds
from support.fuzzing.target import MARK, BrokenError, Target
from support.rosters import ONE_1, ONE_2, manifest

AS_OF = datetime(2026, 1, 31, tzinfo=UTC)
BEGIN = b"\n== "
WORDS = (BEGIN, b"active", b"tobedeleted", b"student", b"delta", b"bulk", b"absent", b"1.2", b"sourcedId", b",,",
         b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06", b"../../x.csv", b"manifest.csv")  # fmt: skip


def _packed(files: Mapping[str, bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, text in files.items():
            packed.writestr(name, text)
    return made.getvalue()


def _roster(version: str) -> dict[str, bytes]:
    """The files of a set, with marks for names."""
    files = ONE_1 if version == "1.1" else ONE_2
    texts = {"manifest.csv": manifest(files, version), **files}
    return {name: text.replace("Reyes", MARK).encode() for name, text in texts.items()}


def _zip(data: bytes, folder: Path) -> Iterator[object]:
    """A zip, looked at whole."""
    path = folder / "set.zip"
    path.write_bytes(data)
    with surveyed(path) as district:
        outcome = publish_district(district, AS_OF, "lea_grand_bend", lambda _: nullcontext())
    yield outcome.others, [bad for of_part in outcome.by_part.values() for bad in of_part.bad]
    if outcome.rows != outcome.total("valid") + outcome.rejected + outcome.reference:
        raise BrokenError("a row is lost, or counted twice")


def _files(data: bytes, folder: Path) -> Iterator[object]:
    """Files one after the other, each behind a line with its name."""
    named = (part.partition(b"\n") for part in (b"\n" + data).split(BEGIN)[1:])
    files = {name.decode("utf-8", "replace")[:100]: text for name, _, text in named if name.partition(b"\0")[0]}
    return _zip(_packed(files), folder)


def _one_after_the_other(files: Mapping[str, bytes]) -> bytes:
    return b"".join(BEGIN + name.encode() + b"\n" + text for name, text in files.items())


def _zip_seeds() -> list[bytes]:
    return [_packed(_roster("1.2")), _packed({"a/Student.xml": edfi_seeds()[-1]})]


TARGETS = (
    Target(
        "one_roster", lambda: [_one_after_the_other(_roster(version)) for version in ("1.1", "1.2")], _files,
        (FileError,), WORDS,
    ),
    Target("zip", _zip_seeds, _zip, (FileError,), WORDS),
)  # fmt: skip
