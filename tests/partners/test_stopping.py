"""Whoever stops a run that publishes learns how far it was acknowledged, and goes on there."""

import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from confluent_kafka import Consumer, TopicPartition
from support.partner_commands import run, started
from support.partner_topics import partner_of_its_own
from support.waits import wait_until

from deploy.publish.stopping import Stopping

HEADER = "source_record_id,subject_token,organization_id,organization_id_system,entry_date"
COUNT = 60_000
LONG_SECONDS = 200


@pytest.fixture
def partner(broker: str) -> Iterator[str]:
    """A partner with a topic for enrollments, gone afterwards."""
    with partner_of_its_own(broker, "enrollment") as name:
        yield name


def words(broker: str, partner: str, *more: str) -> tuple[str, ...]:
    """A file published."""
    return ("publish", "rows.csv", "--partner", partner, "--family", "enrollment", "--bootstrap", broker, *more)


def written(folder: Path) -> None:
    """A file that takes a while."""
    rows = (f"e-{n},t-{n},255901001,SCHOOL,2026-08-12" for n in range(COUNT))
    (folder / "rows.csv").write_text("\n".join([HEADER, *rows]) + "\n")


def count_in(broker: str, partner: str) -> int:
    """How many messages the topic has."""
    reader = Consumer({"bootstrap.servers": broker, "group.id": "test"})
    end = reader.get_watermark_offsets(TopicPartition(f"partner.{partner}.enrollment", 0), timeout=10)[1]
    reader.close()
    return int(end)


def stopped(process: subprocess.Popen[str], number: int) -> str:
    """What a process says that a signal ends."""
    process.send_signal(number)
    said, errors = process.communicate(timeout=LONG_SECONDS)
    assert process.returncode == 128 + number, errors
    assert said == ""
    (line,) = errors.splitlines()
    return line


@pytest.mark.broker
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_run_that_is_stopped_tells_how_far_it_came_and_another_goes_on_there(
    tmp_path: Path, broker: str, partner: str, number: int
) -> None:
    written(tmp_path)
    process = started(tmp_path, *words(broker, partner))
    try:
        wait_until(lambda: count_in(broker, partner) > 2_000, check=lambda: is_running(process))
        line = stopped(process, number)
    finally:
        process.kill()
    sent = count_in(broker, partner)
    assert line == (
        f"throughline: stopped in rows.csv behind {sent:,} rows, and all of them are acknowledged; "
        "--resume goes on there"
    )
    done = run(tmp_path, *words(broker, partner, "--resume"))
    assert done.returncode == 0, done.stderr
    assert f"went on behind {sent:,} rows of the run before" in done.stdout
    assert f"{COUNT} rows, {COUNT} published" in done.stdout
    assert count_in(broker, partner) == COUNT
    again = run(tmp_path, *words(broker, partner, "--resume"))
    assert "nothing to go on from" in again.stdout


INTERCHANGE = """<InterchangeStudentEnrollment xmlns="http://ed-fi.org/5.2.0"><StudentSchoolAssociation>
<StudentReference><StudentIdentity><StudentUniqueId>t-1</StudentUniqueId></StudentIdentity></StudentReference>
<SchoolReference><SchoolIdentity><SchoolId>255901001</SchoolId></SchoolIdentity></SchoolReference>
<EntryDate>2025-08-20</EntryDate><EntryGradeLevel>uri://ed-fi.org/GradeLevelDescriptor#Tenth grade</EntryGradeLevel>
</StudentSchoolAssociation></InterchangeStudentEnrollment>"""


@pytest.mark.broker
def test_a_set_that_was_sent_before_says_so_and_where_it_went_on(tmp_path: Path, broker: str, partner: str) -> None:
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "a.xml").write_text(INTERCHANGE)
    asked = ("publish", "set", "--partner", partner, "--bootstrap", broker)
    first, again = run(tmp_path, *asked).stdout, run(tmp_path, *asked, "--resume").stdout
    assert "1 row, 1 published (1 enrollment), 0 reference" in first
    assert "1 row, 1 published (1 enrollment), none of them new, 0 reference" in again
    assert "nothing to go on from" in again


def test_a_look_that_is_stopped_says_that_nothing_was_sent(tmp_path: Path) -> None:
    written(tmp_path)
    look = ("publish", "rows.csv", "--partner", "cde_k12", "--family", "enrollment", "--dry-run", "--ids", "ids.csv")
    process = started(tmp_path, *look)
    try:
        wait_until((tmp_path / "ids.csv").exists, check=lambda: is_running(process))
        assert stopped(process, signal.SIGINT) == "throughline: stopped; nothing was sent"
    finally:
        process.kill()


def is_running(process: subprocess.Popen[str]) -> None:
    """See that a run has not ended."""
    assert process.poll() is None, process.communicate()


def test_whoever_asks_ends_by_itself_and_a_second_signal_ends_it_at_once() -> None:
    stopping = Stopping()
    with pytest.raises(KeyboardInterrupt):
        Stopping().hear(signal.SIGINT, None)
    assert not stopping()
    stopping.hear(signal.SIGINT, None)
    assert stopping()
    with pytest.raises(KeyboardInterrupt):
        stopping.hear(signal.SIGINT, None)
