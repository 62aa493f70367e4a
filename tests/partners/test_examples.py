"""The example event of each family: it can be published, the gate lets it in, and it is the same there and back."""

from datetime import UTC, datetime
from pathlib import Path

import orjson
import pytest
from support.worlds import shipped_agreements

from partners import formats, rows
from partners.events import framed
from partners.formats import Good
from processors.records import Arrival, Arrivals
from processors.resolve import gate
from schemas_avro import catalog, codec, examples, wire

FOLDER = Path(examples.__file__).parent / "example_events"
AS_OF = datetime(2026, 10, 31, tzinfo=UTC)
AT = int(AS_OF.timestamp() * 1_000) + 60_000


def good(family: str, folder: Path) -> Good:
    """The example as a file of one row."""
    document = examples.example(family)
    (folder / "rows.jsonl").write_bytes(orjson.dumps(document) + b"\n")
    [found] = formats.rows(folder / "rows.jsonl", document["envelope"]["partner_id"], family, AS_OF)
    assert isinstance(found, Good), found
    return found


def test_every_family_has_its_example_and_there_is_no_other() -> None:
    assert {path.stem for path in FOLDER.glob("*.json")} == set(catalog.FAMILIES)


@pytest.mark.parametrize("family", catalog.FAMILIES)
def test_an_example_is_published_and_let_in_and_says_the_same_there_and_back(family: str, tmp_path: Path) -> None:
    row = good(family, tmp_path).row
    [value] = framed(family, [row])
    assert codec.decode_strictly(catalog.id_of(f"partner.{family}.v1"), wire.payload_of(value)) == row
    assert rows.to_row(rows.from_row(family, row)) == row
    envelope = row["envelope"]
    topic = f"partner.{envelope['partner_id']}.{family}"
    key = (envelope["subject_token"] or envelope["source_record_id"]).encode()
    mous = {one.party: one for one in shipped_agreements() if one.tier == "mou"}
    admitted, rejected = gate.admit(Arrivals.of([Arrival(topic, 0, 0, AT, key, value, {})]), mous)
    assert (len(admitted), rejected) == (1, {})


@pytest.mark.parametrize("family", catalog.FAMILIES)
def test_an_example_as_csv_is_the_same_row(family: str, tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text(examples.csv_of(family), encoding="utf-8")
    partner = examples.example(family)["envelope"]["partner_id"]
    [found] = formats.rows(tmp_path / "rows.csv", partner, family, AS_OF)
    expected = good(family, tmp_path).row
    for one in expected["envelope"]["identifiers"]:
        one["assigner"] = None  # a column has no room for it
    assert isinstance(found, Good), found
    assert {**found.row["envelope"], "event_id": ""} == {**expected["envelope"], "event_id": ""}
    assert found.row["body"] == expected["body"]


@pytest.mark.parametrize("family", catalog.FAMILIES)
def test_an_example_says_what_its_family_is_about(family: str, tmp_path: Path) -> None:
    said = {name for name, value in good(family, tmp_path).row["body"].items() if value not in (None, [])}
    assert len(said) >= 4
