"""A set published as a full export, gone on with after a kill, and its event ids written down; folder and zip alike."""

import csv
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from confluent_kafka import Consumer, TopicPartition
from support.partner_topics import partner_of_its_own
from support.rosters import ONE_2, Files, folder_of, zip_of

from deploy.publish.district import Asked, publish_place
from partners.client import Publisher
from partners.district import (
    DistrictOutcome,
    Part,
    publish_district,
    publish_district_snapshot,
    surveyed,
)
from partners.events import Headers
from partners.publishing import Memory
from partners.sent_state import SentState
from partners.snapshot_state import SnapshotError, SnapshotState
from schemas_avro import codec, wire

AS_OF = datetime(2026, 1, 31, tzinfo=UTC)
FAMILIES = ("identity", "enrollment")


class BrokenOffError(Exception):
    """Stands for a kill."""


@dataclass
class Topics:
    """Where a set's events go; a family that fails takes none."""

    partner_id: str = "lea_grand_bend"
    submission: str = "s"
    failing: str = ""
    sent: list[tuple[str, str, str]] = field(default_factory=list)
    """Family, operation, fact."""

    def publish_raw(self, topic: str, key: bytes | None, value: bytes | None, headers: Headers) -> None:
        """Take a message."""
        del key, headers
        family = topic.rpartition(".")[2]
        if family == self.failing:
            raise BrokenOffError
        [row] = codec.decode_own(wire.schema_id_of(value or b"") or 0, [wire.payload_of(value or b"")])
        self.sent.append((family, row["envelope"]["operation"], row["envelope"]["source_record_id"]))

    def flush(self) -> None:
        """All of them are there."""


def exported(place: Path, topics: Topics | str, folder: Path, night: int = 0, percent: float = 100) -> DistrictOutcome:
    """A set published as all that there is."""
    with surveyed(place) as district:
        as_of, state_of = AS_OF + timedelta(days=night), partial(SnapshotState, folder, "lea_grand_bend")
        return publish_district_snapshot(district, as_of, topics, state_of, percent)


def without(files: Files, file: str, begin: str) -> Files:
    """A set that lacks the lines of a file which begin so."""
    lines = [line for line in files[file].splitlines(keepends=True) if not line.startswith(begin)]
    return {**files, file: "".join(lines)}


@pytest.mark.parametrize("kind", [folder_of, zip_of])
def test_what_is_gone_from_an_export_is_retracted_and_what_changed_corrected(
    tmp_path: Path, kind: Callable[[Path, Files], Path]
) -> None:
    topics, state = Topics(), tmp_path / "snapshots"
    first = exported(kind(tmp_path / "1.zip", ONE_2), topics, state)
    assert (first.changes["asserted"], first.total("published")) == (4, 4)
    again = exported(kind(tmp_path / "1.zip", ONE_2), topics, state, 1)
    assert (again.changes["unchanged"], again.total("published")) == (4, 0)
    topics.sent.clear()
    files = without(ONE_2, "roles", "r-1")
    files = {**files, "demographics": files["demographics"].replace("2009-01-02", "2009-02-01")}
    files["roles"] += "r-9,,,s-1,primary,student,2026-01-12,,sch-1,\n"
    exported(kind(tmp_path / "2.zip", files), topics, state, 2)
    assert sorted(topics.sent) == [
        ("enrollment", "assert", "r-9"), ("enrollment", "retract", "r-1"), ("identity", "correct", "s-2"),
    ]  # fmt: skip


def test_where_too_much_of_one_family_would_go_nothing_of_any_is_sent(tmp_path: Path) -> None:
    topics, state = Topics(), tmp_path / "snapshots"
    exported(folder_of(tmp_path / "1", ONE_2), topics, state)
    topics.sent.clear()
    files = without(without(ONE_2, "roles", "r-1"), "users", "zz")
    files["demographics"] = files["demographics"].replace("2009-01-02", "2009-02-01")
    with pytest.raises(SnapshotError, match="1 of 2 facts"):
        exported(folder_of(tmp_path / "2", files), topics, state, 1, percent=20)
    assert topics.sent == []
    assert exported(folder_of(tmp_path / "3", ONE_2), topics, state, 2).changes["unchanged"] == 4


def test_an_export_that_was_interrupted_between_families_is_finished_by_the_next(tmp_path: Path) -> None:
    topics, state, place = Topics(failing="enrollment"), tmp_path / "snapshots", folder_of(tmp_path / "1", ONE_2)
    with pytest.raises(BrokenOffError):
        exported(place, topics, state)
    topics.failing = ""
    done = exported(place, topics, state, 1)
    assert (done.changes["finished"], done.changes["unchanged"]) == (2, 4)
    assert Counter(family for family, _, _ in topics.sent) == {"identity": 2, "enrollment": 2}


def test_a_file_that_cannot_be_read_to_its_end_has_nothing_retracted(tmp_path: Path) -> None:
    one = '<Student xmlns="x"><StudentUniqueId>%s</StudentUniqueId></Student>'
    topics, state = Topics(), tmp_path / "snapshots"
    place = tmp_path / "export"
    place.mkdir()
    (place / "a.xml").write_text(f"<InterchangeStudent>{one % 1}{one % 2}</InterchangeStudent>")
    exported(place, topics, state)
    (place / "a.xml").write_text(f"<InterchangeStudent>{one % 1}<Stu")
    cut = exported(place, topics, state, 1)
    assert (cut.changes["held"], cut.changes["retracted"], cut.codes) == (1, 0, {"not_xml": 1})
    (place / "a.xml").write_text(f"<InterchangeStudent>{one % 1}</InterchangeStudent>")
    assert exported(place, topics, state, 2).changes["retracted"] == 1


def test_changes_alone_are_no_full_export(tmp_path: Path) -> None:
    with pytest.raises(SnapshotError, match="without --snapshot"):
        exported(folder_of(tmp_path / "1", ONE_2, mode="delta"), Topics(), tmp_path / "snapshots")


@pytest.fixture
def partner(broker: str) -> Iterator[str]:
    """A partner with topics for what a roster holds, gone afterwards."""
    with partner_of_its_own(broker, *FAMILIES) as name:
        yield name


def ended(broker: str, partner: str) -> list[int]:
    """How many messages each of its topics has."""
    consumer = Consumer({"bootstrap.servers": broker, "group.id": "test"})
    places = [TopicPartition(f"partner.{partner}.{family}", 0) for family in FAMILIES]
    ends = [consumer.get_watermark_offsets(place, timeout=10)[1] for place in places]
    consumer.close()
    return ends


def run(place: Path, broker: str, partner: str, *, resume: bool = False, breaks_at: str = "") -> DistrictOutcome:
    """A set published, broken off before an event of a family."""

    @contextmanager
    def remembering(part: Part) -> Iterator[Memory]:
        with SentState(place.parent / "snapshots", partner, part.family) as known:
            file = known.file_key([], part.name)
            yield Memory(known, file, known.progress(file) if resume else None)

    def on_event(_: str, family: str, *__: object) -> None:
        if family == breaks_at:
            raise BrokenOffError

    with surveyed(place) as district, Publisher(broker, partner) as publisher:
        return publish_district(district, AS_OF, publisher, remembering, on_event=on_event)


@pytest.mark.broker
def test_a_run_that_was_broken_off_passes_over_the_parts_that_were_done(
    tmp_path: Path, broker: str, partner: str
) -> None:
    place = zip_of(tmp_path / "set.zip", ONE_2)
    with pytest.raises(BrokenOffError):
        run(place, broker, partner, breaks_at="enrollment")
    assert ended(broker, partner) == [2, 0]
    done = run(place, broker, partner, resume=True)
    assert (done.rows, done.total("published"), done.new) == (18, 4, 4)
    assert ended(broker, partner) == [2, 2]
    assert run(place, broker, partner).new == 0


@pytest.mark.broker
def test_event_ids_of_a_set_stand_with_file_and_family(
    tmp_path: Path, broker: str, partner: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("THROUGHLINE_DATA_DIR", str(tmp_path / "data"))
    place = folder_of(tmp_path / "set", ONE_2)

    @contextmanager
    def sending(_: Sequence[str]) -> Iterator[Publisher]:
        with Publisher(broker, partner) as publisher:
            yield publisher

    ids = tmp_path / "ids.csv"
    publish_place(place, Asked(partner, AS_OF, ids=ids), sending)
    with ids.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["file"], row["family"], row["row"]) for row in rows] == [
        ("users.csv", "identity", "2"), ("users.csv", "identity", "3"), ("roles.csv", "enrollment", "2"),
        ("roles.csv", "enrollment", "3"),
    ]  # fmt: skip
    assert len({row["event_id"] for row in rows}) == 4
