"""A snapshot's process killed by the kernel, at every step of its way, over a real Apache Kafka."""

import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from confluent_kafka import Consumer, TopicPartition
from support.commands import environment, throughline
from support.partner_topics import partner_of_its_own

from schemas_avro import codec, wire

pytestmark = pytest.mark.broker
HEADER = "source_record_id,subject_token,organization_id,organization_id_system,units_attempted_hundredths"
ROWS = 16_000
"""So many that a fast machine does not send them all between two looks at the broker."""
Facts = dict[str, int]
FIRST: Facts = {f"e-{n}": n for n in range(ROWS)}
SECOND: Facts = {f"e-{n}": n if n % 3 else n + 1 for n in range(ROWS // 10, ROWS + ROWS // 10)}
"""A tenth is gone, a tenth is new, a third of the rest has changed."""


@pytest.fixture
def watching(broker: str) -> Iterator[Consumer]:
    """One for all looks: one made for each would come when all is sent."""
    made = Consumer({"bootstrap.servers": broker, "group.id": "test"})
    yield made
    made.close()


@pytest.fixture
def partner(broker: str) -> Iterator[str]:
    """A partner with a topic for enrollments, gone afterwards."""
    with partner_of_its_own(broker, "enrollment", partitions=3) as name:
        yield name


def export(folder: Path, facts: Facts) -> Path:
    """A file of facts."""
    path = folder / "export.csv"
    rows = (f"{fact},s-{fact},1,OTHER,{units}" for fact, units in facts.items())
    path.write_text("\n".join([HEADER, *rows]))
    return path


def read(broker: str, topic: str) -> list[tuple[str, bytes]]:
    """Event id and value of everything on a topic."""
    consumer = Consumer({"bootstrap.servers": broker, "group.id": "test", "enable.auto.commit": False})
    places = [TopicPartition(topic, p, 0) for p in range(3)]
    ends = sum(consumer.get_watermark_offsets(place, timeout=10)[1] for place in places)
    consumer.assign(places)
    found: list[tuple[str, bytes]] = []
    deadline = time.monotonic() + 60
    while len(found) < ends and time.monotonic() < deadline:
        for message in consumer.consume(10_000, 0.2):
            headers = dict(message.headers() or [])
            found.append((str(headers["ce_id"], "ascii"), message.value() or b""))  # type: ignore[arg-type]
    consumer.close()
    return found


def folded(messages: list[tuple[str, bytes]]) -> Facts:
    """What stands, of events that count once by their id."""
    known: dict[str, bytes] = {}
    for event_id, value in messages:
        assert known.setdefault(event_id, value) == value, "one id, two contents"
    rows = codec.decode_own(wire.schema_id_of(messages[0][1]) or 0, [wire.payload_of(v) for v in known.values()])
    rows.sort(key=lambda row: (row["envelope"]["published_at"], row["envelope"]["event_id"]))
    newest = {row["envelope"]["source_record_id"]: row for row in rows}
    stands = {fact: row for fact, row in newest.items() if row["envelope"]["operation"] != "retract"}
    return {fact: row["body"]["units_attempted_hundredths"] for fact, row in stands.items()}


def test_a_snapshot_that_is_killed_at_every_step_loses_nothing_and_doubles_nothing(
    tmp_path: Path, broker: str, partner: str, watching: Consumer
) -> None:
    topic, seen = f"partner.{partner}.enrollment", list[bool]()
    state = tmp_path / "data" / "snapshots" / f"{partner}.enrollment.sqlite"
    for night, facts in enumerate((FIRST, SECOND), 1):
        path, before = export(tmp_path, facts), len(read(broker, topic)) if night > 1 else 0
        words = ("publish", str(path), "--partner", partner, "--family", "enrollment", "--snapshot", "--bootstrap")
        words += (broker, "--as-of", f"2026-09-0{night}")
        moments: list[Callable[[], bool]] = [
            lambda: state.with_name(f"{state.name}-journal").exists(),  # it reads the file
            lambda: ended(watching, topic) > before,  # noqa: B023  # it sends
            lambda: ended(watching, topic) > before + 500,  # noqa: B023  # it sends
        ]
        for moment in moments:
            kill_when(moment, tmp_path, words)
            seen.append(under_way(state))
        done = throughline(tmp_path / "data", *words, "--json")
        assert done.returncode == 0, done.stderr
        messages = read(broker, topic)
        assert folded(messages) == facts
        again = throughline(tmp_path / "data", *words, "--json")
        assert f'"unchanged":{ROWS}' in again.stdout
        assert len(read(broker, topic)) == len(messages), "the same file again sent something"
    assert set(seen) == {False, True}, "it was never killed before its plan was made, or never after"


def kill_when(moment: Callable[[], bool], folder: Path, words: tuple[str, ...]) -> None:
    """Start it, and kill it at a moment, or at its end where that comes first."""
    command = [sys.executable, "-m", "deploy", *words]
    with subprocess.Popen(command, env=environment(folder / "data"), stdout=subprocess.DEVNULL) as process:
        deadline = time.monotonic() + 60
        while not moment() and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.002)
        process.send_signal(signal.SIGKILL)


def ended(watching: Consumer, topic: str) -> int:
    """How many messages a topic has."""
    return sum(watching.get_watermark_offsets(TopicPartition(topic, p), timeout=10)[1] for p in range(3))


def under_way(state: Path) -> bool:
    """Whether a plan stands whose messages may not all be acknowledged."""
    db = sqlite3.connect(state)
    try:
        made = db.execute("SELECT 1 FROM sqlite_master WHERE name = 'planned'").fetchone()
        return made is not None and db.execute("SELECT 1 FROM planned").fetchone() is not None
    finally:
        db.close()
