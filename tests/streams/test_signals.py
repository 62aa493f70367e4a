"""The worker signals against a real broker: crashed, without its store, with new topics, and with a bug in it."""

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Producer, TopicPartition
from structlog.testing import capture_logs
from support.beside import beside
from support.commands import environment
from support.released import ME, OTHER, at, released, shipped_calendar, tick
from support.waits import wait_until

from deploy.commands.worker import LESS_URGENT
from deploy.local_kafka import LocalKafka
from deploy.topic_reader import Read, all_of
from processors.records import Arrival
from processors.signals import decide
from streams import clients, signals, topics
from streams.errors import BROKER_AWAY, StoppedError, ThroughlineError
from streams.settings import Settings
from streams.store import Store, path_of

LOST = {"aid_year": "2026-2027", "sap_status": "not_eligible"}

STOP_SECONDS = 15.0
"""As docs/keep-it-running.md says."""


class Crash(BaseException):
    """The end of a process, at a moment of choice."""


@dataclass
class Place:
    """A broker, a folder, and recipients' topics."""

    kafka: LocalKafka
    settings: Settings
    failed: list[BaseException] = field(default_factory=list)

    @property
    def store(self) -> Path:
        """The worker's."""
        return path_of(self.settings.data_dir, signals.NAME)

    def make(self, *names: str) -> None:
        """Topics of two partitions."""
        specs = [topics.TopicSpec(name, "person", "x", 2, topics.DAY_MS) for name in names]
        topics.create(clients.admin(self.kafka.bootstrap), specs)

    def send(self, *arrivals: Arrival, partition: int = 1) -> None:
        """Records of a recipient, in one transaction, as consent sends them."""
        producer: Producer = clients.producer(self.kafka.bootstrap, "test")
        producer.init_transactions(30)
        producer.begin_transaction()
        for a in arrivals:
            producer.produce(a.topic, a.value, partition=partition)
        producer.commit_transaction(30)

    def sent(self) -> list[Read]:
        """Everything on the signals' topics."""
        return all_of(self.kafka.bootstrap, lambda topic: topic.startswith("signals."))

    def raised(self) -> list[str]:
        """Persons with a signal."""
        return sorted({read.row["person_id"] for read in self.sent()})

    def committed(self) -> int:
        """The group's offset in the partition that tests write to."""
        consumer = clients.consumer(self.kafka.bootstrap, signals.NAME)
        [found] = consumer.committed([TopicPartition(f"released.{ME}", 1)], 30)
        consumer.close()
        return int(found.offset)

    def run(self, stopping: threading.Event) -> None:
        """The worker, until told to stop."""
        with Store.open(self.store) as store:
            signals.Signals(self.settings, self.kafka.bootstrap, store).run(stopping)

    @contextmanager
    def working(self) -> Iterator[None]:
        """The worker in a thread; what ends it is raised at the end."""
        with beside(self.run, self.failed):
            yield
        if self.failed:
            raise self.failed.pop()

    def wait_for(self, *persons: str) -> None:
        """Wait until these persons have signals."""
        wait_until(lambda: bool(self.failed) or self.raised() == sorted(persons), f"signals of {persons}")


@pytest.fixture
def place(own_broker: LocalKafka, tmp_path: Path) -> Place:
    """One recipient's topics, with a tick."""
    made = Place(
        own_broker, Settings(bootstrap=own_broker.bootstrap, data_dir=tmp_path / "data", released_partitions=2)
    )
    made.make(f"released.{ME}", f"signals.{ME}")
    made.send(tick(at("2026-09-23"), partition=1))
    return made


@pytest.mark.broker
def test_a_signal_comes_out_in_the_partition_of_its_releases_and_store_and_group_move_on(place: Place) -> None:
    with place.working():
        place.send(released("aid", "e1", **LOST))
        place.wait_for("p1")
        place.send(released("aid", "e2", "p2", **LOST))
        place.wait_for("p1", "p2")
    assert [(read.topic, read.partition, read.name) for read in place.sent()] == [
        (f"signals.{ME}", 1, "signal_changed")
    ] * 2
    with Store.open(place.store) as store:
        assert store.take_over().offsets == {(f"released.{ME}", 1): 5}
    assert place.committed() == 5
    assert place.store.stat().st_mode & 0o077 == 0


@pytest.mark.broker
def test_a_recipients_topic_that_appears_while_it_runs_is_followed(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signals, "DISCOVER_SECONDS", 0.2)
    with place.working():
        place.send(released("aid", "e1", **LOST))
        place.wait_for("p1")
        place.make(f"released.{OTHER}", f"signals.{OTHER}")
        place.send(tick(at("2026-09-23"), OTHER), released("aid", "e2", "p2", recipient=OTHER, **LOST))
        place.wait_for("p1", "p2")
        place.send(released("aid", "e3", "p3", **LOST))
        place.wait_for("p1", "p2", "p3")
    assert len(place.sent()) == 3


@pytest.mark.broker
def test_what_was_stored_and_not_sent_is_sent_first_after_a_crash(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The batch is not decided again: cut elsewhere it would be another one."""

    async def crash(*_: object) -> None:
        raise Crash

    with monkeypatch.context() as crashing:
        crashing.setattr(signals.faust_app, "send", crash)
        place.send(released("aid", "e1", **LOST))
        with pytest.raises(Crash), place.working():
            wait_until(lambda: bool(place.failed), "the crash")
    assert place.sent() == []
    with Store.open(place.store) as store:
        assert len(store.take_over().pending) == 1
    place.send(released("aid", "e1", position=2, **{**LOST, "sap_status": "meeting"}))
    with place.working():
        wait_until(lambda: len(place.sent()) == 2, "both signals")
    assert [read.row["state"] for read in place.sent()] == ["raised", "closed"]


@pytest.mark.broker
def test_without_its_store_it_stops_and_says_what_to_do_rather_than_forget_what_it_knew(place: Place) -> None:
    with place.working():
        place.send(released("aid", "e1", **LOST))
        place.wait_for("p1")
    shutil.rmtree(place.store)
    with pytest.raises(StoppedError, match=r"^[^\n]*store is behind its group[^\n]*reissue[^\n]*$"):
        place.run(threading.Event())


@pytest.mark.broker
def test_a_topic_made_anew_stops_it(place: Place) -> None:
    with place.working():
        place.send(released("aid", "e1", **LOST))
        place.wait_for("p1")
    admin = clients.admin(place.kafka.bootstrap)
    admin.delete_topics([f"released.{ME}"])[f"released.{ME}"].result(30)
    wait_until(lambda: f"released.{ME}" not in admin.list_topics(timeout=10).topics, "the end of the topic")
    place.make(f"released.{ME}")
    with pytest.raises(StoppedError, match="made anew"):
        place.run(threading.Event())


@pytest.mark.broker
def test_a_decision_that_raises_stops_it_and_no_event_is_lost_once_the_bug_is_mended(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries: list[int] = []

    def bug(arrivals: Sequence[Arrival], *_: Any) -> Any:
        tries.append(len(arrivals))
        raise ZeroDivisionError

    place.send(released("aid", "e1", **LOST))
    with monkeypatch.context() as broken:
        broken.setattr(decide, "decide", bug)
        with pytest.raises(StoppedError, match="report this"), place.working():
            wait_until(lambda: bool(place.failed), "the stop")
    assert len(tries) == len(signals.DECISION_PAUSES)
    assert place.committed() < 0
    with place.working():
        place.wait_for("p1")


@pytest.mark.broker
def test_a_broker_that_goes_and_comes_is_waited_for(place: Place) -> None:
    with place.working():
        place.send(released("aid", "e1", **LOST))
        place.wait_for("p1")
        place.kafka.kill()
        with capture_logs() as logged:
            wait_until(lambda: sum(line["event"] == "waiting" for line in logged) > 1, "more tries than one")
        assert {line["why"] for line in logged} == {BROKER_AWAY}
        place.kafka.start()
        place.send(released("aid", "e2", "p2", **LOST))
        place.wait_for("p1", "p2")


@pytest.mark.broker
def test_told_to_stop_while_the_broker_is_away_it_ends_soon(place: Place) -> None:
    with place.working():
        place.send(released("aid", "e1", **LOST))
        place.wait_for("p1")
        place.kafka.kill()
        began = time.monotonic()
    assert time.monotonic() - began < STOP_SECONDS
    threads = threading.enumerate()
    assert [thread for thread in threads if thread is not threading.main_thread() and not thread.daemon] == []


@pytest.mark.broker
def test_without_a_topic_for_the_signals_it_waits_and_goes_on_when_there_is_one(place: Place) -> None:
    place.make(f"released.{OTHER}")
    with place.working():
        place.send(released("aid", "e1", **LOST))
        assert place.raised() == []
        place.make(f"signals.{OTHER}")
        place.wait_for("p1")


@pytest.mark.broker
def test_the_command_runs_with_less_priority_and_ends_when_told_to_its_batch_done(place: Place) -> None:
    place.send(released("aid", "e1", **LOST))
    own = {"THROUGHLINE_BOOTSTRAP": place.kafka.bootstrap, "THROUGHLINE_RELEASED_PARTITIONS": "2"}
    env = environment(place.settings.data_dir, **own)
    command = [sys.executable, "-m", "deploy", "worker", "signals"]
    with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        place.wait_for("p1")
        assert os.getpriority(os.PRIO_PROCESS, process.pid) == os.getpriority(os.PRIO_PROCESS, 0) + LESS_URGENT
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
        assert process.stdout is not None
        assert process.stdout.read() == ""
    assert place.committed() == 3


def test_a_calendar_that_cannot_be_used_is_an_error_that_names_file_and_place(tmp_path: Path) -> None:
    path = tmp_path / "days.toml"
    for text, said in (
        ("fafsa_days_before =", "days.toml cannot be read as TOML"),
        ("fafsa_days_before = -4\nstopped_out_days = 3\naid_years = []\nterms = []\n", "is no calendar: fafsa_days"),
    ):
        path.write_text(text)
        with pytest.raises(ThroughlineError, match=said):
            signals.load_calendar(path)
    with pytest.raises(ThroughlineError, match="THROUGHLINE_SIGNALS_FILE"):
        signals.load_calendar(tmp_path / "none.toml")


def test_the_calendar_that_ships_is_the_default() -> None:
    assert signals.load_calendar(Settings().calendar) == shipped_calendar()
