"""From a file to its receipt: ``throughline publish``, then ``partner receipt``, over the whole way."""

import subprocess
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import orjson
import pytest
from support.commands import throughline
from support.kafka_world import PARTITIONS, KafkaWorld
from support.receipts import NOON, issued

from deploy.receipts import Receipt
from processors import names
from streams import resolve

LEA = "lea_grand_bend"
HEAD = "source_record_id,subject_token,organization_id,organization_id_system,entry_date\n"
Row = dict[str, Any]


class Clock:
    """The time as resolve's ticks have it: ahead by as many minutes as a test lets pass."""

    def __init__(self) -> None:
        self.minutes = 0

    def time_ns(self) -> int:
        """Nanoseconds since 1970-01-01 UTC."""
        return time.time_ns() + self.minutes * 60_000_000_000


@pytest.fixture(scope="module")
def clock() -> Iterator[Clock]:
    """Of resolve's ticks."""
    made = Clock()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(resolve, "time", SimpleNamespace(time_ns=made.time_ns, monotonic=time.monotonic))
        yield made


@pytest.fixture(scope="module")
def world(clock: Clock, tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaWorld]:
    """All stages at work."""
    del clock
    with KafkaWorld(tmp_path_factory.mktemp("receipts")) as made:
        yield made


def asked(world: KafkaWorld, *words: str) -> subprocess.CompletedProcess[str]:
    return throughline(
        world.settings.data_dir, *words, THROUGHLINE_BOOTSTRAP=str(world.settings.bootstrap), **PARTITIONS
    )


def said(done: subprocess.CompletedProcess[str]) -> Row:
    return dict(orjson.loads(done.stdout.splitlines()[-1]))


def published(world: KafkaWorld, folder: Path, pupils: range, day: str = "2025-08-20") -> Row:
    """A file of these pupils' enrollments, published."""
    path = folder / "enrollment.csv"
    path.write_text(HEAD + "".join(f"e{n},p{n},255901001,SCHOOL,{day}\n" for n in pupils), encoding="utf-8")
    done = asked(
        world, "publish", str(path), "--partner", LEA, "--family", "enrollment", "--as-of", "2025-09-01", "--json"
    )
    assert done.returncode == 0, done.stderr
    return said(done)


def receipt(world: KafkaWorld, submission: str, *more: str) -> subprocess.CompletedProcess[str]:
    return asked(world, "partner", "receipt", submission, "--partner", LEA, *more)


def decided(world: KafkaWorld, submission: str) -> int:
    """How many events of a submission the log has."""
    world._wait(lambda: True)  # noqa: SLF001  # reads on
    return sum(
        arrival.headers.get("ce_submission") == submission.encode() for arrival in world.topics[names.RESOLVED_EVENTS]
    )


def two_minutes(world: KafkaWorld, clock: Clock) -> None:
    """Two more ticks come into the log, one after the other."""
    for _ in range(2):
        ticks = len(_ticks(world))
        clock.minutes += 1
        world._wait(lambda before=ticks: len(_ticks(world)) > before)  # type: ignore[misc]  # noqa: SLF001  # likewise


def _ticks(world: KafkaWorld) -> list[Row]:
    return [row for row in world.rows(names.RESOLVED_EVENTS) if row["schema"] == "clock_ticked"]


@pytest.mark.broker
def test_a_published_file_has_a_receipt_also_where_consent_stood_still_meanwhile(
    world: KafkaWorld, clock: Clock, tmp_path: Path
) -> None:
    first = published(world, tmp_path, range(12))["submission"]
    world._wait(lambda: decided(world, first) == 12)  # noqa: SLF001  # until the log has them
    missing = receipt(world, first)
    assert missing.returncode == 2
    assert missing.stderr.startswith(f"throughline: no receipt of {first}: it comes about two minutes after")
    assert missing.stderr.endswith("ask again, or --wait 180\n")
    world.go_on()  # both stages end, and begin again on their stores
    again = published(world, tmp_path, range(13), "1825-08-20")["submission"]
    world._wait(lambda: len(world.rows(names.deadletter_topic(LEA))) == 13)  # noqa: SLF001  # likewise
    world.stop()
    rebuilt = asked(world, "rebuild", "consent", "--check", "--json")
    assert said(rebuilt)["equal"] is True
    world.go_on()
    two_minutes(world, clock)
    whole, none = receipt(world, first, "--wait", "30", "--json"), receipt(world, again, "--wait", "30", "--json")
    assert (whole.returncode, none.returncode) == (0, 1)
    line = {"family": "enrollment", "rule": "shared", "events": 12, "carried": 12, "withheld": 0}
    told = {"partner": LEA, "submission": first, "parts": 1, "arrived": 12, "repeated": 0, "rejected": 0}
    assert said(whole).items() >= {**told, "reasons": {}, "decided": [line]}.items()
    assert said(none)["reasons"] == {"date_out_of_range": 13}
    listed = said(asked(world, "partner", "receipts", "--partner", LEA, "--json"))
    assert {one["submission"] for one in listed["receipts"]} == {first, again}
    shown = receipt(world, first).stdout
    assert f"{first}: 12 arrived, 0 repeated, 0 rejected, 12 decided" in shown
    assert "shared by an agreement" in shown
    assert first in asked(world, "partner", "receipts", "--partner", LEA).stdout
    none = asked(world, "partner", "receipts", "--partner", "csac")
    assert (none.returncode, none.stdout.startswith("no receipts of csac yet: ")) == (0, True)
    assert "rejected: 13 enrollment date_out_of_range" in receipt(world, again).stdout


@pytest.mark.broker
def test_who_has_no_topic_and_what_is_no_submission_are_told_in_a_line(world: KafkaWorld) -> None:
    done = asked(world, "partner", "receipts", "--partner", "nobody")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "no topic receipts.nobody" in done.stderr
    assert receipt(world, "Sam Reyes").stderr.startswith("throughline: a submission is a UUID in lower case")
    assert receipt(world, str(uuid.uuid4()), "--json").returncode == 2


def test_parts_add_up_and_a_count_of_which_one_part_is_not_told_is_not_told() -> None:
    line = {"family": "aid", "rule": "shared", "events": 20, "carried": 20, "withheld": 0}
    other = {"family": "aid", "rule": "no_agreement", "events": 12, "carried": 0, "withheld": 12}
    bad = {"family": "aid", "code": "bad_uri", "events": 2}
    later = issued(
        "csac", first_at=NOON + 120_000_000, last_at=NOON + 120_000_000, repeated=1, rejected=[bad], arrived=6
    )
    told = issued("csac", arrived=32, decided=[line, other])
    parts = (told, later, told)
    assert Receipt("s", parts).to_document() == {
        "submission": "s", "first_at": "2026-09-21T14:13:20+00:00", "last_at": "2026-09-21T14:15:20+00:00", "parts": 3,
        "arrived": 70, "repeated": 1, "rejected": 2, "reasons": {"bad_uri": 2},
        "decided": [
            {**other, "events": 24, "withheld": 24}, {**line, "events": 43, "carried": None, "withheld": None},
        ],
    }  # fmt: skip
