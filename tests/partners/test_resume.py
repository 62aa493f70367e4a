"""A file whose run was broken off goes on where the broker had acknowledged it, and what is new is told by memory."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import orjson
import pyarrow.csv
import pyarrow.parquet as pq
import pytest
from confluent_kafka import Consumer, TopicPartition
from support.partner_topics import partner_of_its_own

from partners import publishing
from partners.client import Publisher
from partners.formats import Cursor
from partners.publishing import Memory, Outcome, publish_file
from partners.sent_state import Progress, SentError, SentState

AS_OF = datetime(2026, 8, 31, tzinfo=UTC)
ROWS, NOTED, BATCH = 1_000, 200, 50
BAD_EVERY = 97


class BrokenOffError(Exception):
    """Stands for a kill."""


def state(folder: Path, cluster: str = "one") -> SentState:
    """What a folder remembers, of a cluster."""
    made = SentState(folder, "csac", "aid")
    made.cluster = cluster
    return made


def test_an_event_is_new_once_and_in_each_cluster(tmp_path: Path) -> None:
    progress = Progress("one", AS_OF.isoformat(), None, {})
    with state(tmp_path) as known:
        known.note(b"f", progress, ["a", "b"])
        known.note(b"f", progress, ["b", "c"])
        assert known.end(b"f") == 3
    with state(tmp_path) as known:
        known.note(b"g", progress, ["c", "d"])
        assert known.end(b"g") == 1
    with state(tmp_path, "two") as known:
        known.note(b"f", progress, ["a"])
        assert known.end(b"f") == 1


def test_of_a_run_that_was_broken_off_the_events_are_remembered_and_not_new_again(tmp_path: Path) -> None:
    with state(tmp_path) as known:
        known.note(b"f", Progress("one", AS_OF.isoformat(), (3, 40), {"rows": 2}), ["a", "b"])
        assert known.progress(b"f") == Progress("one", AS_OF.isoformat(), (3, 40), {"rows": 2})
        known.begin(b"f")
        assert known.progress(b"f") is None
        known.note(b"f", Progress("one", AS_OF.isoformat(), None, {}), ["a", "b", "c"])
        assert known.end(b"f") == 1


def test_nothing_of_a_file_or_an_event_stands_in_what_is_remembered(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("Quetzal")
    with state(tmp_path) as known:
        key = known.file_key([tmp_path / "rows.csv"], "2026")
        assert key == known.file_key([tmp_path / "rows.csv"], "2026") != known.file_key([tmp_path / "rows.csv"], "2027")
        known.note(key, Progress("one", AS_OF.isoformat(), None, {}), ["4c2f6a0e-7d1b-4f7e-9a53-0d5b8c1e2f31"])
        known.end(key)
    for path in tmp_path.glob("csac.aid.*"):
        assert path.stat().st_mode & 0o77 == 0
        for said in (b"Quetzal", b"4c2f6a0e", bytes.fromhex("4c2f6a0e7d1b4f7e")):
            assert said not in path.read_bytes()


@pytest.mark.parametrize("spoiled", ["snapshots.key", "csac.aid.sent.sqlite"])
def test_where_nothing_can_be_remembered_a_line_says_so(tmp_path: Path, spoiled: str) -> None:
    with state(tmp_path):
        pass
    (tmp_path / spoiled).write_bytes(b"spoiled")
    with pytest.raises(SentError, match="cannot be remembered"):
        state(tmp_path)


@pytest.fixture
def partner(broker: str) -> Iterator[str]:
    """A partner with a topic for aid, gone afterwards."""
    with partner_of_its_own(broker, "aid") as name:
        yield name


def written(folder: Path, ending: str) -> Path:
    """A file of many rows, a few of them bad."""
    path = folder / f"rows{ending}"
    years = ["soon" if n % BAD_EVERY == 0 else "12" for n in range(ROWS)]
    if ending == ".jsonl":
        envelopes = ({"source_record_id": f"a-{n}", "subject_token": "t"} for n in range(ROWS))
        rows = (
            {"envelope": e, "body": {"aid_year": "2026-2027", "award_amount_cents": y}}
            for e, y in zip(envelopes, years, strict=True)
        )
        path.write_bytes(b"\n".join(orjson.dumps(row).replace(b'"12"', b"12") for row in rows))
        return path
    csv = folder / "rows.csv"
    lines = (f'a-{n},t,2026-2027,{year},"x\n{n}"' for n, year in enumerate(years))
    csv.write_text(
        "\n".join(["source_record_id,subject_token,aid_year,award_amount_cents,source_collection_id", *lines])
    )
    if ending == ".parquet":
        texts = pyarrow.csv.ConvertOptions(column_types={"award_amount_cents": "string"})
        wide = pyarrow.csv.ParseOptions(newlines_in_values=True)
        pq.write_table(pyarrow.csv.read_csv(csv, convert_options=texts, parse_options=wide), path, row_group_size=300)
    return path


def ended(broker: str, partner: str) -> int:
    """How many messages its topic has."""
    consumer = Consumer({"bootstrap.servers": broker, "group.id": "test"})
    end = consumer.get_watermark_offsets(TopicPartition(f"partner.{partner}.aid", 0), timeout=10)[1]
    consumer.close()
    return int(end)


def submissions(broker: str, partner: str, count: int) -> set[str]:
    """Which submissions the messages of its topic are of."""
    consumer = Consumer({"bootstrap.servers": broker, "group.id": "test"})
    consumer.assign([TopicPartition(f"partner.{partner}.aid", 0, 0)])
    headers = [dict(message.headers() or []) for message in consumer.consume(count, 30)]
    consumer.close()
    assert len(headers) == count
    return {said["ce_submission"].decode() for said in headers}


def published(path: Path, broker: str, partner: str, *, to: int | None = None, resume: bool = False) -> Outcome:
    """A file published, broken off after so many rows."""

    def on_progress(rows: int) -> None:
        if to is not None and rows >= to:
            raise BrokenOffError

    with SentState(path.parent / "snapshots", partner, "aid") as known, Publisher(broker, partner) as publisher:
        publisher.require_topic("aid")
        file = known.file_key([path])
        memory = Memory(known, file, known.progress(file) if resume else None)
        memory.begin(publisher.cluster_id, AS_OF)
        return publish_file(path, "aid", AS_OF, publisher, on_progress, memory=memory)


@pytest.mark.broker
@pytest.mark.parametrize("ending", [".csv", ".jsonl", ".parquet"])
def test_a_run_that_was_broken_off_goes_on_where_the_broker_had_it(
    tmp_path: Path, broker: str, partner: str, ending: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publishing, "NOTED_ROWS", NOTED)
    monkeypatch.setattr(publishing, "BATCH", BATCH)
    path = written(tmp_path, ending)
    bad = sum(n % BAD_EVERY == 0 for n in range(ROWS))
    with pytest.raises(BrokenOffError):
        published(path, broker, partner, to=500)
    before = ended(broker, partner)
    done = published(path, broker, partner, resume=True)
    assert (done.rows, done.published, done.rejected, done.new) == (ROWS, ROWS - bad, bad, ROWS - bad)
    assert done.resumed_at >= 400
    assert done.to_document()["resumed_at"] == done.resumed_at
    assert ended(broker, partner) - before <= ROWS - 400
    assert submissions(broker, partner, ended(broker, partner)) == {done.submission}
    again = published(path, broker, partner, resume=True)
    assert "resumed_at" not in again.to_document()
    assert (again.rows, again.published, again.new, again.resumed_at) == (ROWS, ROWS - bad, 0, 0)


@pytest.mark.broker
def test_a_file_without_a_good_row_is_read_to_its_end(
    tmp_path: Path, broker: str, partner: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publishing, "NOTED_ROWS", 10)
    for ending, year, none in ((".csv", b"2026-2027", b""), (".jsonl", b'"2026-2027"', b"null")):
        path = written(tmp_path, ending)
        path.write_bytes(path.read_bytes().replace(year, none))
        done = published(path, broker, partner)
        assert (done.published, done.new) == (0, 0)
        assert done.rejected == done.rows > 10


@pytest.mark.broker
def test_a_format_that_cannot_go_on_in_the_middle_is_read_again_and_not_sent_again(
    tmp_path: Path, broker: str, partner: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publishing, "NOTED_ROWS", NOTED)
    monkeypatch.setattr(publishing, "BATCH", BATCH)
    whole = publishing.reader_of

    def reader_of(path: Path, family: str) -> publishing.Reader:
        return publishing.Reader(lambda _: whole(path, family).documents(Cursor()))

    monkeypatch.setattr(publishing, "reader_of", reader_of)
    path = written(tmp_path, ".jsonl")
    with pytest.raises(BrokenOffError):
        published(path, broker, partner, to=500)
    before = ended(broker, partner)
    done = published(path, broker, partner, resume=True)
    assert (done.rows, done.resumed_at >= 400, ended(broker, partner) - before <= ROWS - 400) == (ROWS, True, True)
