"""A folder of nightly drops: each whole file is published once, put away with its report, whatever is killed when."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
from confluent_kafka import Consumer, TopicPartition
from support.partner_commands import run, started
from support.partner_topics import partner_of_its_own
from support.waits import wait_until

from deploy.publish.drops import Drops, day_in, put_away, report_of
from streams.errors import ThroughlineError

HEADER = "source_record_id,subject_token,organization_id,organization_id_system,entry_date"
LONG_SECONDS = 200


def rows(first: int, count: int, day: str = "2026-08-12") -> str:
    """A file of enrollments."""
    return "\n".join([HEADER, *(f"e-{n},t-{n},255901001,SCHOOL,{day}" for n in range(first, first + count))]) + "\n"


class Clock:
    """Moved by hand."""

    now = 0.0

    def __call__(self) -> float:
        """The time."""
        return self.now


def names(paths: list[Path]) -> list[str]:
    """Of files."""
    return [path.name for path in paths]


@pytest.fixture
def clock() -> Clock:
    """At its beginning."""
    return Clock()


@pytest.fixture
def drops(tmp_path: Path, clock: Clock) -> Drops:
    """A folder whose files settle in ten seconds."""
    return Drops(tmp_path, 10, clock)


def test_a_file_is_whole_once_it_has_stood_still_in_the_order_of_names(
    tmp_path: Path, drops: Drops, clock: Clock
) -> None:
    for name in ("b.csv", "a.csv"):
        (tmp_path / name).write_text("half")
    assert drops.whole() == []
    assert drops.is_waiting
    clock.now = 9
    (tmp_path / "b.csv").write_text("half and more")
    assert drops.whole() == []
    clock.now = 11
    assert names(drops.whole()) == ["a.csv"]
    clock.now = 19
    assert names(drops.whole()) == ["a.csv", "b.csv"]
    assert not drops.is_waiting


def test_a_file_that_nobody_has_written_for_long_is_whole_at_first_sight(tmp_path: Path, drops: Drops) -> None:
    (tmp_path / "a.csv").touch()
    os.utime(tmp_path / "a.csv", (time.time() - 11, time.time() - 11))
    assert names(drops.whole()) == ["a.csv"]


def test_a_name_of_what_is_still_written_a_link_a_folder_and_a_report_are_passed_over(
    tmp_path: Path, drops: Drops, clock: Clock
) -> None:
    outside = tmp_path.parent / "outside.csv"
    outside.touch()
    for name in ("a.csv.part", "b.tmp", ".c.csv", "d.csv~", "e.csv.report.json", "f.csv.filepart"):
        (tmp_path / name).touch()
    (tmp_path / "link.csv").symlink_to(outside)
    (tmp_path / "folder.csv").mkdir()
    drops.whole()
    clock.now = 20
    assert drops.whole() == []
    (tmp_path / "a.csv.part").rename(tmp_path / "a.csv")
    drops.whole()
    clock.now = 40
    assert names(drops.whole()) == ["a.csv"]


def test_a_name_that_is_taken_gets_a_number(tmp_path: Path, drops: Drops) -> None:
    (tmp_path / "published").mkdir()
    assert drops.place_of("a.csv", "published").name == "a.csv"
    (tmp_path / "a.csv").touch()
    put_away(tmp_path / "a.csv", drops.place_of("a.csv", "published"), {"rows": 1})
    assert drops.place_of("a.csv", "published").name == "a-2.csv"
    report_of(tmp_path / "published" / "a-2.csv").touch()
    assert drops.place_of("a.csv", "published").name == "a-3.csv"


def test_where_the_disk_does_not_take_it_the_file_stays(tmp_path: Path) -> None:
    (tmp_path / "a.csv").touch()
    with pytest.raises(ThroughlineError, match="cannot be put into"):
        put_away(tmp_path / "a.csv", tmp_path / "nowhere" / "a.csv", {})
    assert (tmp_path / "a.csv").exists()


@pytest.mark.parametrize(
    ("name", "day"),
    [
        ("identity-2026-08-31.csv", "2026-08-31"),
        ("identity_20260831.csv", "2026-08-31"),
        ("2026_08_31 identity.csv", "2026-08-31"),
        ("identity-20252026.csv", None),
        ("identity.csv", None),
        ("from-2026-08-01-to-2026-08-31.csv", None),
        ("identity-2027-08-31.csv", None),
        ("900120260831.csv", None),
    ],
)
def test_the_day_in_a_name_says_when_a_file_was_made(name: str, day: str | None) -> None:
    found = day_in(name, date(2026, 9, 1))
    assert found == (datetime.fromisoformat(day).replace(tzinfo=UTC) if day else None)


@pytest.mark.parametrize(
    ("words", "remedy"),
    [
        (("--watch", "nowhere", "--partner", "csac"), "make it"),
        (("rows.csv", "--watch", ".", "--partner", "csac"), "FILE is for one file"),
        (("--watch", ".", "--partner", "csac", "--dry-run"), "--dry-run is for one file"),
        (("--watch", "."), "say --partner"),
        (("rows.csv", "--once", "--partner", "csac"), "--once is for --watch"),
        ((), "say FILE"),
    ],
)
def test_what_a_watched_folder_cannot_do_ends_with_two(tmp_path: Path, words: tuple[str, ...], remedy: str) -> None:
    done = run(tmp_path, "publish", *words, "--bootstrap", "localhost:1")
    assert (done.returncode, remedy in done.stderr) == (2, True), done.stderr


@pytest.fixture
def partner(broker: str) -> Iterator[str]:
    """A partner with a topic for enrollments, gone afterwards."""
    with partner_of_its_own(broker, "enrollment") as name:
        yield name


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """That files are dropped into."""
    (tmp_path / "drops").mkdir()
    return tmp_path / "drops"


def words(broker: str, partner: str, *more: str, settle: str = "0.2") -> tuple[str, ...]:
    """A watch of the folder."""
    family = ("--partner", partner, "--family", "enrollment", "--bootstrap", broker, "--settle-seconds", settle)
    return ("publish", "--watch", "drops", *family, *more)


def once(folder: Path, broker: str, partner: str) -> dict[str, Any]:
    """What is there, published."""
    done = run(folder.parent, *words(broker, partner, "--once", "--json"))
    assert done.returncode in {0, 1}, done.stderr
    return dict(orjson.loads(done.stdout.splitlines()[-1]))


def report(folder: Path, name: str) -> dict[str, Any]:
    """The report of a file that was put away."""
    return dict(orjson.loads((folder / f"{name}.report.json").read_bytes()))


@contextmanager
def reading(broker: str, partner: str) -> Iterator[tuple[Consumer, int]]:
    """A reader of the topic, from its beginning, and how many messages it has."""
    reader, topic = Consumer({"bootstrap.servers": broker, "group.id": "test"}), f"partner.{partner}.enrollment"
    parts = [TopicPartition(topic, number, 0) for number in reader.list_topics(topic).topics[topic].partitions]
    reader.assign(parts)
    yield reader, sum(reader.get_watermark_offsets(part, timeout=10)[1] for part in parts)
    reader.close()


def count_in(broker: str, partner: str) -> int:
    """How many messages the topic has."""
    with reading(broker, partner) as (_, count):
        return count


def ids_in(broker: str, partner: str) -> list[bytes]:
    """Event ids of the topic's messages."""
    found: list[bytes] = []
    with reading(broker, partner) as (reader, count):
        while len(found) < count:
            found += [dict(message.headers() or [])["ce_id"] for message in reader.consume(1_000, 5)]
    return found


@contextmanager
def watching(folder: Path, *said: str) -> Iterator[subprocess.Popen[str]]:
    """A watch at work; killed at the end, if it still is."""
    process = started(folder.parent, *said)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def is_running(process: subprocess.Popen[str]) -> None:
    """See that a watch has not ended."""
    assert process.poll() is None, process.communicate()


def stop(process: subprocess.Popen[str]) -> str:
    """End a watch as a service manager does; what it said."""
    process.send_signal(signal.SIGTERM)
    said, errors = process.communicate(timeout=LONG_SECONDS)
    assert process.returncode == 0, errors
    return said


@pytest.mark.broker
def test_files_are_published_once_and_put_away_with_their_reports(folder: Path, broker: str, partner: str) -> None:
    (folder / "b.csv").write_text(rows(0, 3))
    (folder / "a.csv").write_text(
        rows(3, 2) + "e-9,t-9,255901001,SCHOOL,8/12/2026\ne-8,SSN 123-45-6789,1,CDS,2026-08-12\n"
    )
    (folder / "c.csv").write_text("Quetzal\n1\n")
    (folder / "d-2026-08-12.csv").write_text(rows(20, 1, "8/12/2026"))
    assert once(folder, broker, partner) == {
        "files": 4, "published": 2, "rejected": 2, "repeated": 0, "with_rejects": 3, "waiting": 0,
    }  # fmt: skip
    bad = report(folder / "published", "a.csv")
    assert (bad["rows"], bad["published"], bad["reasons"]) == (4, 2, {"spreadsheet_date": 1, "lost_leading_zeros": 1})
    assert {(one["code"], one["places"][0]) for one in bad["errors"]} >= {("spreadsheet_date", 4)}
    assert report(folder / "published", "b.csv")["new"] == 3
    assert "error" in report(folder / "rejected", "c.csv")
    assert "uetzal" not in str(report(folder / "rejected", "c.csv"))
    assert report(folder / "rejected", "d-2026-08-12.csv")["reasons"] == {"spreadsheet_date": 1}
    assert len(ids_in(broker, partner)) == 5


@pytest.mark.broker
def test_a_row_to_mend_ends_with_one_in_words_alone_while_the_rest_is_published_and_so_is_its_repeat(
    folder: Path, broker: str, partner: str
) -> None:
    content = rows(0, 2) + "e-9,t-9,255901001,SCHOOL,8/12/2026\n"
    (folder / "a.csv").write_text(content)
    done = run(folder.parent, *words(broker, partner, "--once"))
    assert done.returncode == 1
    assert "a.csv: 3 rows, 2 published, 1 rejected" in done.stdout
    assert done.stdout.endswith("now in published/a.csv; what to mend is in a.csv.report.json\n")
    assert done.stderr == ""
    assert '"drop_with_rejects"' in (folder.parent / ".throughline" / "logs" / "publish.log").read_text()
    (folder / "b.csv").write_text(content)
    assert run(folder.parent, *words(broker, partner, "--once")).returncode == 0
    assert report(folder / "published", "b.csv")["same_as"] == "a.csv"
    (folder / "published" / "a.csv").rename(folder / "a.csv")
    assert once(folder, broker, partner) == {
        "files": 1, "published": 1, "rejected": 0, "repeated": 0, "with_rejects": 1, "waiting": 0,
    }  # fmt: skip


@pytest.mark.broker
def test_the_same_content_dropped_again_sends_nothing_and_another_of_the_name_does(
    folder: Path, broker: str, partner: str
) -> None:
    for content, name in ((rows(0, 3), "a.csv"), (rows(0, 3), "a.csv"), (rows(5, 2), "a.csv"), (rows(0, 3), "z.csv")):
        (folder / name).write_text(content)
        once(folder, broker, partner)
    assert sorted(p.name for p in (folder / "published").glob("*.csv")) == ["a-2.csv", "a-3.csv", "a.csv", "z.csv"]
    assert report(folder / "published", "a-2.csv")["same_as"] == "a.csv"
    assert report(folder / "published", "a-3.csv")["new"] == 2
    assert len(ids_in(broker, partner)) == 5


@pytest.mark.broker
def test_a_kill_between_report_and_move_only_moves(folder: Path, broker: str, partner: str) -> None:
    (folder / "a.csv").write_text(rows(0, 3))
    once(folder, broker, partner)
    (folder / "published" / "a.csv").rename(folder / "a.csv")
    assert once(folder, broker, partner)["published"] == 1
    assert report(folder / "published", "a.csv")["new"] == 3
    assert (folder / "published" / "a.csv").exists()
    assert len(ids_in(broker, partner)) == 3


@pytest.mark.broker
def test_a_file_still_being_written_waits_and_a_watch_ends_when_it_is_told_to(
    folder: Path, broker: str, partner: str
) -> None:
    with watching(folder, *words(broker, partner, settle="1.5")) as process:
        with (folder / "a.csv").open("w") as file:
            for line in rows(0, 12).splitlines(keepends=True):
                file.write(line)
                file.flush()
                time.sleep(0.3)
        wait_until((folder / "published" / "a.csv").exists, check=lambda: is_running(process))
        assert "a.csv: 12 rows, 12 published, 0 rejected" in stop(process)
        assert report(folder / "published", "a.csv")["rows"] == 12
        assert len(ids_in(broker, partner)) == 12


@pytest.mark.broker
def test_a_watch_that_is_killed_in_the_middle_of_a_file_goes_on_and_loses_nothing(
    folder: Path, broker: str, partner: str
) -> None:
    count = 45_000
    (folder / "a.csv").write_text(rows(0, count))
    with watching(folder, *words(broker, partner)) as process:
        wait_until(lambda: count_in(broker, partner) > 21_000, check=lambda: is_running(process))
        process.kill()
        process.wait()
        before = count_in(broker, partner)
        assert before < count
        assert not list((folder / "published").iterdir())
        assert once(folder, broker, partner)["published"] == 1
        told = report(folder / "published", "a.csv")
        assert (told["rows"], told["published"], told["new"]) == (count, count, count)
        ids = ids_in(broker, partner)
        assert len(set(ids)) == count
        assert len(ids) < before + count - 15_000


@pytest.mark.broker
def test_a_watch_that_is_stopped_in_the_middle_of_a_file_goes_on_where_it_was(
    folder: Path, broker: str, partner: str
) -> None:
    count = 45_000
    (folder / "a.csv").write_text(rows(0, count - 1) + "e-x,t-x,255901001,SCHOOL,8/12/2026\n")
    with watching(folder, *words(broker, partner)) as process:
        wait_until(lambda: count_in(broker, partner) > 5_000, check=lambda: is_running(process))
        stop(process)
        assert (folder / "a.csv").exists()
        once(folder, broker, partner)
        told = report(folder / "published", "a.csv")
        assert (told["rows"], told["rejected"], told["errors"][0]["places"]) == (count, 1, [count + 1])
        ids = ids_in(broker, partner)
        assert len(ids) == len(set(ids)) == count - 1


def test_a_broker_that_is_away_is_waited_for_and_told_once(folder: Path) -> None:
    (folder / "a.csv").write_text(rows(0, 3))
    with watching(folder, *words("localhost:1", "csac")) as process:
        time.sleep(15)
        said = stop(process)
        assert said.count("no Kafka broker answers") == 1
        assert (folder / "a.csv").exists()


def test_one_round_ends_with_two_where_no_broker_answers(folder: Path) -> None:
    (folder / "a.csv").write_text(rows(0, 3))
    done = run(folder.parent, *words("localhost:1", "csac", "--once"))
    assert (done.returncode, "no Kafka broker answers" in done.stderr) == (2, True)


def test_two_watches_of_one_folder_are_one_too_many(folder: Path) -> None:
    (folder / "a.csv").write_text(rows(0, 3))
    with watching(folder, *words("localhost:1", "csac")) as process:
        wait_until((folder / "published").exists, check=lambda: is_running(process))
        done = run(folder.parent, *words("localhost:1", "csac", "--once"))
        assert (done.returncode, "another watch has" in done.stderr) == (2, True)
        stop(process)


def test_a_folder_for_what_is_done_that_is_a_link_is_refused(folder: Path) -> None:
    (folder / "published").symlink_to(folder.parent)
    done = run(folder.parent, *words("localhost:1", "csac", "--once"))
    assert (done.returncode, "is a link" in done.stderr) == (2, True)
