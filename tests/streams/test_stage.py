"""The exactly-once stage against a real broker: crashed at every step, and given stores and topics that do not fit."""

import itertools
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Message, TopicPartition
from support.beside import beside
from support.commands import of_tests
from support.waits import wait_until

from deploy.local_kafka import LocalKafka
from deploy.scrape import Seen, see
from deploy.topic_reader import TopicReader
from processors.numbers import HEADER
from processors.records import Arrival, Arrivals
from streams import clients, stage, waiting
from streams.errors import DiskError, StaleError, Stop, StoppedError, TransientError
from streams.keyring import Keyring
from streams.ports import Answer, Ports
from streams.pulse import Done
from streams.reading import Input, usable
from streams.stage import Stage, last_of, next_offsets
from streams.store import Store
from tests.streams.tiny import CRASHED, MOMENTS, POISON, ROLE, Tiny

pytestmark = pytest.mark.broker
SCRIPT = Path(__file__).with_name("tiny.py")
OCCURRENCES = (1, 2, 1, 3, 1)
"""At which of its comings each of five workers dies, one after the other."""
INPUTS = [b"%d" % n for n in range(60)]


@pytest.fixture
def tiny(broker: str, tmp_path: Path) -> Tiny:
    """A tiny stage with its output topic."""
    made = Tiny(broker, tmp_path)
    made.topic("out")
    return made


@contextmanager
def worker(tiny: Tiny, **more: Any) -> Iterator[subprocess.Popen[str]]:
    """The stage in a process of its own."""
    argv = [sys.executable, str(SCRIPT), "work", tiny.bootstrap, str(tiny.folder), tiny.name, json.dumps(more)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=of_tests()) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()


def stop(process: subprocess.Popen[str]) -> None:
    """End a worker as its supervisor does."""
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=30)
    assert process.returncode == 0, said


def seen(tiny: Tiny) -> Seen:
    """The worker as its endpoints show it."""
    return see(ROLE, tiny.folder)


def run_once(tiny: Tiny, count: int) -> list[dict[str, Any]]:
    """Run until so many records have come out; all of them."""
    with beside(tiny.run) as ended:
        found = tiny.wait_for(count)
    assert ended == []
    return found


def waited_for(act: Callable[[], object], hiccups: list[None]) -> Answer:
    """What is done no sooner than it is waited for; not at all as long as there are hiccups."""

    def answer(seconds: float) -> object:
        del seconds
        if hiccups:
            hiccups.pop()
            raise TimeoutError
        return act()

    return answer


def refused(tiny: Tiny) -> str:
    """Why the stage does not run."""
    with pytest.raises(StoppedError) as caught:
        tiny.run(threading.Event())
    return str(caught.value).replace(tiny.name, "tiny")


def assert_exactly_once(tiny: Tiny, topic: str, inputs: Sequence[bytes], partitions: int) -> None:
    """Every input came out once, numbers and keys are the state's, and store, group and topic agree."""
    found = tiny.sent()
    assert sorted(row["input"].encode() for row in found) == sorted(inputs)
    assert [row["n"] for row in found] == list(range(1, len(inputs) + 1))
    assert len({row["ce_id"] for row in found}) == len(found)
    assert [row[HEADER] for row in found] == [f"{tiny.name}/1/{n}" for n in range(1, len(inputs) + 1)]
    places = [(topic, p) for p in range(partitions)]
    ends = {place: len(inputs[place[1] :: partitions]) for place in places}
    standing = tiny.standing()
    assert standing.offsets == ends
    committed = tiny.committed(places)
    assert {place: offset for place, (offset, _) in committed.items()} == ends
    assert max(batch for _, batch in committed.values()) == standing.batch
    ring = Keyring(tiny.folder)
    assert all(ring.find(f"{tiny.name} {row['n']}") == bytes.fromhex(row["key"]) for row in found)
    ring.close()


@pytest.fixture(scope="module")
def crashed(broker: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Tiny]:
    """By moment, what five workers left that were killed there one after the other; the moments beside each other."""
    made = {moment: Tiny(broker, tmp_path_factory.mktemp("crashed")) for moment in MOMENTS}
    for tiny in made.values():
        tiny.topic("out")
        tiny.send(tiny.topic("in", 2), INPUTS, 2)
    series = [
        {"folder": str(tiny.folder), "name": tiny.name, "moment": moment, "occurrences": OCCURRENCES}
        for moment, tiny in made.items()
    ]
    argv = [sys.executable, str(SCRIPT), "crash", broker, json.dumps(series)]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=300, check=False, env=of_tests())
    assert done.returncode == 0, done.stderr
    return made


@pytest.mark.parametrize("moment", MOMENTS)
def test_five_crashes_at_any_step_lose_nothing_and_double_nothing(crashed: dict[str, Tiny], moment: str) -> None:
    tiny = crashed[moment]
    assert len(tiny.sent()) < len(INPUTS)
    run_once(tiny, len(INPUTS))
    assert_exactly_once(tiny, f"{tiny.name}.in", INPUTS, 2)


@pytest.mark.parametrize("moment", ["records on the broker, transaction open", "transaction committed"])
def test_a_crash_while_settling_an_earlier_crash_is_settled_too(tiny: Tiny, moment: str) -> None:
    topic = tiny.topic("in", 2)
    tiny.send(topic, INPUTS, 2)
    for again in ("after the store's commit", moment):
        with worker(tiny, moment=again, occurrence=1) as crashing:
            assert crashing.wait(60) == CRASHED
    with worker(tiny) as successor:
        tiny.wait_for(len(INPUTS))
        stop(successor)
    assert_exactly_once(tiny, topic, INPUTS, 2)


@pytest.mark.parametrize("moment", ["after the store's commit", "transaction committed", "batch done"])
def test_a_batch_without_input_is_sent_once_too(tiny: Tiny, moment: str) -> None:
    tiny.topic("in", 2)
    for _ in range(2):
        with worker(tiny, ticks=3, moment=moment, occurrence=1) as crashing:
            assert crashing.wait(60) == CRASHED
    with worker(tiny, ticks=3) as successor:
        tiny.wait_for(3)
        stop(successor)
    assert [row["tick"] for row in tiny.sent()] == [1, 2, 3]
    assert [row[HEADER] for row in tiny.sent()] == [f"{tiny.name}/1/{n}" for n in (1, 2, 3)]


def test_what_another_stage_sent_twice_is_taken_once_also_over_a_restart_and_what_it_never_sent_is_told(
    tiny: Tiny,
) -> None:
    topic, batches = tiny.topic("in"), list[Done]()
    tiny.hearing = batches.append
    tiny.send(topic, [b"a", b"b", b"b", b"a", b"c"], numbers=[7, 8, 8, 7, 9])
    run_once(tiny, 3)
    tiny.send(topic, [b"c", b"f"], numbers=[9, 12])
    found = run_once(tiny, 4)
    assert [row["input"] for row in found] == ["a", "b", "c", "f"]
    wait_until(lambda: sum(done.records for done in batches) == 7, "the end of the topic")
    assert (sum(done.repeats for done in batches), sum(done.missing for done in batches)) == (3, 2)
    assert tiny.standing().offsets == {(topic, 0): 7}


def test_whoever_follows_a_stage_is_told_where_the_topics_end_that_it_sent_to(tiny: Tiny) -> None:
    topic, batches = tiny.topic("in"), list[Done]()
    tiny.hearing = batches.append
    for read, value in enumerate(INPUTS[:3], 1):
        tiny.send(topic, [value])
        run_once(tiny, read)
    wait_until(lambda: sum(done.records for done in batches) == read, "the end of the topic")
    *_, last = TopicReader(tiny.bootstrap, lambda name: name == tiny.out).arrivals()
    assert batches[-1].sent == {(tiny.out, 0): last.offset + 1}


def test_a_topic_to_send_to_that_is_not_there_is_waited_for_and_named(broker: str, tmp_path: Path) -> None:
    tiny = Tiny(broker, tmp_path)
    tiny.send(tiny.topic("in"), INPUTS[:3])
    with beside(tiny.run) as ended:
        threading.Event().wait(1)
        tiny.topic("out")
        tiny.wait_for(3)
    assert ended == []


def test_before_there_is_a_topic_to_read_nothing_is_decided(tiny: Tiny) -> None:
    tiny.ticks = 1
    with beside(tiny.run) as ended:
        threading.Event().wait(0.5)
        assert tiny.sent() == []
        tiny.topic("in")
        tiny.wait_for(1)
    assert ended == []
    assert tiny.standing().batch == 1


def test_a_stage_that_is_told_to_stop_finishes_its_batch(tiny: Tiny) -> None:
    topic = tiny.topic("in")
    tiny.send(topic, INPUTS)
    with worker(tiny, slow=0.5) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "deciding\n"
        stop(process)
    done = len(tiny.sent())
    assert 0 < done < len(INPUTS)
    assert tiny.standing().offsets == {(topic, 0): done}


def test_a_batch_is_decided_while_the_one_before_is_sent_and_stored_when_that_is_done(
    tiny: Tiny, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny.send(topic := tiny.topic("in"), INPUTS)
    steps: list[str] = []
    commit = Store.commit

    def noted(*args: Any) -> int:
        steps.append("stored")
        return commit(*args)

    def beside(act: Callable[[], object]) -> Answer:
        return waited_for(lambda: (steps.append("sent"), act()), [])

    monkeypatch.setattr(Store, "commit", noted)
    tiny.ports, tiny.deciding = Ports(beside=beside), lambda arrivals: steps.extend(["decided"] * bool(arrivals))
    run_once(tiny, len(INPUTS))
    assert [step for step in steps if step != "decided"] == ["stored", "sent"] * (len(INPUTS) // tiny.batch_records)
    assert "stored decided sent stored" in " ".join(steps)
    assert_exactly_once(tiny, topic, INPUTS, 1)


@pytest.mark.parametrize("hiccups", [0, 1])
def test_a_stage_that_stops_has_sent_and_told_what_it_stored_before(tiny: Tiny, hiccups: int) -> None:
    tiny.send(tiny.topic("in"), INPUTS[:20])
    told, left = list[Done](), [None] * hiccups

    def deciding(arrivals: Arrivals) -> None:
        if arrivals and arrivals.offsets[0]:
            raise StoppedError("no more", Stop.INTERNAL_ERRORS)

    tiny.ports, tiny.deciding, tiny.hearing = Ports(beside=lambda act: waited_for(act, left)), deciding, told.append
    assert refused(tiny) == "no more"
    assert (len(tiny.sent()), [done.outs for done in told]) == (10, [10])


def test_a_batch_is_told_with_the_moment_at_which_it_was_sent(tiny: Tiny) -> None:
    tiny.send(tiny.topic("in"), INPUTS[:20])
    told, decided = list[Done](), list[float]()

    def at_once(act: Callable[[], object]) -> Answer:
        act()
        return lambda _seconds: None

    def deciding(arrivals: Arrivals) -> None:
        if arrivals:
            decided.append(time.monotonic())

    tiny.ports, tiny.deciding, tiny.hearing = Ports(beside=at_once), deciding, told.append
    run_once(tiny, 20)
    assert decided[0] < told[0].at < decided[1] < told[1].at


def test_told_to_stop_while_a_look_up_fails_it_leaves_no_transaction_open(tiny: Tiny) -> None:
    tiny.send(tiny.topic("in"), INPUTS[:20])
    stopping = threading.Event()

    def deciding(arrivals: Arrivals) -> None:
        if arrivals and arrivals.offsets[0]:
            stopping.set()
            raise DiskError("the store does not answer", "")

    tiny.ports, tiny.deciding = Ports(beside=lambda act: waited_for(act, [])), deciding
    tiny.run(stopping)
    assert len(tiny.sent()) == 10


def test_a_lost_store_stops_rather_than_begin_again(tiny: Tiny) -> None:
    tiny.send(tiny.topic("in"), INPUTS)
    run_once(tiny, len(INPUTS))
    shutil.rmtree(tiny.path)
    assert refused(tiny).startswith("tiny: the store is behind its group (batch 0, group 6): it was restored or lost;")
    assert len(tiny.sent()) == len(INPUTS)


def test_a_store_restored_from_an_older_copy_stops_rather_than_do_again(tiny: Tiny) -> None:
    topic = tiny.topic("in")
    tiny.send(topic, INPUTS[:20])
    run_once(tiny, 20)
    shutil.copytree(tiny.path, tiny.folder / "backup")
    tiny.send(topic, INPUTS[20:])
    run_once(tiny, len(INPUTS))
    shutil.rmtree(tiny.path)
    shutil.copytree(tiny.folder / "backup", tiny.path)
    assert refused(tiny).startswith("tiny: the store is behind its group (batch 2, group 6)")
    assert len(tiny.sent()) == len(INPUTS)


def test_a_group_that_has_lost_its_offsets_stops_rather_than_send_pending_again(tiny: Tiny) -> None:
    tiny.send(tiny.topic("in"), INPUTS)
    run_once(tiny, len(INPUTS))
    admin = clients.admin(tiny.bootstrap)
    admin.delete_consumer_groups([tiny.name])[tiny.name].result(30)
    assert refused(tiny).startswith("tiny: the group is behind its store (group 0, batch 6)")
    assert len(tiny.sent()) == len(INPUTS)


def _anew(tiny: Tiny, topic: str) -> None:
    admin = clients.admin(tiny.bootstrap)
    admin.delete_topics([topic])[topic].result(30)
    wait_until(lambda: topic not in admin.list_topics(timeout=10).topics, "deletion")
    tiny.topic(topic.removeprefix(f"{tiny.name}."))
    tiny.send(topic, [b"another"] * 100)


def test_a_topic_made_anew_stops_the_stage_also_where_it_has_grown_beyond_the_old_one(tiny: Tiny) -> None:
    first, second = tiny.topic("in1"), tiny.topic("in2")
    tiny.send(first, INPUTS)
    tiny.send(second, INPUTS)
    run_once(tiny, 2 * len(INPUTS))
    _anew(tiny, first)
    # The group's offsets went with the topic; those of the other one say that nothing is pending.
    assert "made anew" in refused(tiny) or "the group is behind its store" in refused(tiny)
    assert len(tiny.sent()) == 2 * len(INPUTS)


def test_a_topic_made_anew_while_the_stage_runs_stops_it(tiny: Tiny) -> None:
    topic = tiny.topic("in")
    tiny.send(topic, INPUTS)
    with beside(tiny.run) as ended:
        tiny.wait_for(len(INPUTS))
        _anew(tiny, topic)
        wait_until(lambda: bool(ended), "the stop")
    assert isinstance(ended[0], StoppedError)
    assert "made anew" in str(ended[0])


def test_a_partition_that_lost_its_end_and_has_grown_again_stops_the_stage(
    own_broker: LocalKafka, tmp_path: Path
) -> None:
    tiny = Tiny(own_broker.bootstrap, tmp_path)
    tiny.topic("out")
    topic = tiny.topic("in")
    tiny.send(topic, INPUTS[:10])
    run_once(tiny, 10)
    own_broker.stop()
    [log] = (tmp_path / "kafka").rglob(f"{topic}-0")
    shutil.copytree(log, tmp_path / "before")
    own_broker.start()
    tiny.send(topic, INPUTS[10:20])
    run_once(tiny, 20)
    own_broker.stop()
    shutil.rmtree(log)
    shutil.copytree(tmp_path / "before", log)
    own_broker.start()
    tiny.send(topic, INPUTS[30:])
    with pytest.raises(StoppedError) as caught:
        tiny.run(threading.Event())
    assert caught.value.why is Stop.LOG_CUT
    assert f"{topic}/0 holds another record at offset 19 than the one that was read" in str(caught.value)
    assert len(tiny.sent()) == 20


def test_a_stage_that_starts_before_a_backlog_on_many_partitions_reads_on(tiny: Tiny) -> None:
    topic = tiny.topic("in", partitions=8)
    tiny.send(topic, INPUTS[:8], partitions=8)
    run_once(tiny, 8)
    tiny.send(topic, [b"%d" % n for n in range(100, 2_500)], partitions=8)
    run_once(tiny, 2_408)


def test_records_deleted_before_they_were_read_stop_the_stage(tiny: Tiny) -> None:
    topic = tiny.topic("in")
    tiny.send(topic, INPUTS[:20])
    run_once(tiny, 20)
    tiny.send(topic, INPUTS[20:])
    place = TopicPartition(topic, 0, 21)
    admin = clients.admin(tiny.bootstrap)
    admin.delete_records([place])[place].result(30)
    assert refused(tiny) == (
        "tiny: tiny.in/0 holds offsets 21 to 60, the store expects 20: records were deleted "
        'or the topic was made anew; see "Backup" in docs/keep-it-running.md'
    )
    assert len(tiny.sent()) == 20


def test_records_deleted_after_they_were_read_do_not_matter(tiny: Tiny) -> None:
    topic = tiny.topic("in")
    tiny.send(topic, INPUTS[:20])
    run_once(tiny, 20)
    place = TopicPartition(topic, 0, 20)
    admin = clients.admin(tiny.bootstrap)
    admin.delete_records([place])[place].result(30)
    tiny.send(topic, INPUTS[20:])
    assert [row["n"] for row in run_once(tiny, len(INPUTS))] == list(range(1, len(INPUTS) + 1))


def test_an_offset_that_is_not_there_stops_also_in_the_middle_of_reading(tiny: Tiny) -> None:
    topic = tiny.topic("in")
    tiny.send(topic, INPUTS)
    consumer = clients.consumer(tiny.bootstrap, tiny.name)
    consumer.assign([TopicPartition(topic, 0, 1_000)])
    answers = consumer.consume(1, 30)
    with pytest.raises(StoppedError, match="were deleted or the topic was made anew"):
        usable(answers[0])
    consumer.close()


def test_a_record_on_which_the_decision_raises_is_rejected_alone(tiny: Tiny) -> None:
    topic = tiny.topic("in")
    tiny.send(topic, [*INPUTS[:4], POISON, *INPUTS[4:25], POISON, *INPUTS[25:]])
    found = run_once(tiny, len(INPUTS) + 2)
    assert [row["rejected"] for row in found if "rejected" in row] == [f"{topic}/0/4", f"{topic}/0/26"]
    assert [row["n"] for row in found if "rejected" in row] == [1, 2], "what the rejection changes is kept"
    carried = [row for row in found if "input" in row]
    assert [row["input"].encode() for row in carried] == INPUTS
    assert [row["n"] for row in carried] == list(range(1, len(INPUTS) + 1)), "what it had begun to change is not"
    assert tiny.standing().offsets == {(topic, 0): len(INPUTS) + 2}


def test_internal_errors_in_a_row_stop_the_stage_before_it_rejects_a_whole_topic(
    tiny: Tiny, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert stage.INTERNAL_ERRORS_IN_A_ROW == 100
    limit = 12
    monkeypatch.setattr(stage, "INTERNAL_ERRORS_IN_A_ROW", limit)
    topic = tiny.topic("in")
    tiny.send(topic, [*[POISON] * (limit - 1), b"sound", *[POISON] * (limit + 5)])
    assert refused(tiny) == f"tiny: {limit} internal errors in a row"
    rejected = [row["n"] for row in tiny.sent() if "rejected" in row]
    assert rejected == list(range(1, 2 * limit - 1))
    assert tiny.standing().offsets == {(topic, 0): 2 * limit - 1}, "the record that was too much is still to be read"
    tiny.errors_before = limit - 1
    for _ in range(3):  # a supervisor that knows no better
        assert refused(tiny) == f"tiny: {limit} internal errors in a row"
    assert [row["n"] for row in tiny.sent() if "rejected" in row] == rejected, "no start rejects any more of them"
    assert tiny.standing().offsets == {(topic, 0): 2 * limit - 1}


def test_internal_errors_that_come_slowly_are_in_a_row_too(tiny: Tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stage, "INTERNAL_ERRORS_IN_A_ROW", 3)
    topic = tiny.topic("in")
    with beside(tiny.run) as ended:
        for number in (1, 2):
            tiny.send(topic, [POISON])
            tiny.wait_for(number)
            threading.Event().wait(0.2)  # time for batches that read nothing
        tiny.send(topic, [POISON])
        wait_until(lambda: bool(ended), "the stop")
    assert "3 internal errors in a row" in str(ended[0])


def test_a_bug_that_no_record_has_brought_up_ends_the_stage(tiny: Tiny) -> None:
    tiny.topic("in")

    def fail(arrivals: Arrivals) -> None:
        del arrivals
        raise ZeroDivisionError

    tiny.deciding = fail
    with pytest.raises(ZeroDivisionError):
        tiny.run(threading.Event())


def test_a_topic_that_appears_is_read_from_its_beginning(tiny: Tiny) -> None:
    tiny.send(tiny.topic("in1"), INPUTS[:10])
    with beside(tiny.run) as ended:
        tiny.wait_for(10)
        tiny.send(tiny.topic("in2", 2), INPUTS[10:], 2)
        tiny.topic("of-somebody-else")
        found = tiny.wait_for(len(INPUTS))
    assert ended == []
    assert sorted(row["input"].encode() for row in found) == sorted(INPUTS)


def test_a_transaction_that_is_left_open_holds_back_its_own_partition_until_the_broker_ends_it(tiny: Tiny) -> None:
    hung, other = tiny.topic("in1"), tiny.topic("in2")
    left = clients.producer(tiny.bootstrap, f"{tiny.name}-left", **{"transaction.timeout.ms": 5_000})
    left.init_transactions(30)
    left.begin_transaction()
    left.produce(hung, b"never")
    assert left.flush(30) == 0
    tiny.send(hung, INPUTS[:5])
    tiny.send(other, INPUTS[5:10])
    with beside(tiny.run) as ended:
        found = tiny.wait_for(10)
    assert ended == []
    inputs = [row["input"].encode() for row in found]
    assert sorted(inputs) == sorted(INPUTS[:10])
    assert set(inputs[:5]) == set(INPUTS[5:10])


def test_what_comes_first_is_read_before_all_that_waits(tiny: Tiny) -> None:
    waiting = [b"r%d" % n for n in range(100)]
    rest, first = tiny.topic("in"), tiny.topic("first")
    tiny.send(rest, waiting)
    decided: list[str] = []

    def deciding(arrivals: Arrivals) -> None:
        if arrivals and not decided:
            tiny.send(first, INPUTS)
            threading.Event().wait(1.0)  # time for both consumers to fetch what there is
        decided.extend(arrivals.topics)

    tiny.deciding = deciding
    run_once(tiny, len(INPUTS) + len(waiting))
    assert [topic for topic, _ in itertools.groupby(decided)] == [rest, first, rest]


@pytest.mark.parametrize("in_first", [0, len(INPUTS)])
def test_nothing_else_is_read_before_the_end_of_what_comes_first_however_slowly_that_is_fetched(
    tiny: Tiny, monkeypatch: pytest.MonkeyPatch, in_first: int
) -> None:
    rest, first = tiny.topic("in"), tiny.topic("first", 2)
    tiny.send(rest, INPUTS)
    tiny.send(first, INPUTS[:in_first], 2)
    take, takes = Input.take, itertools.count()

    def slowly(self: Input, size: int, seconds: float) -> list[Message]:
        is_slow = self.takes(first) and next(takes) < 20
        return [] if is_slow else take(self, size, seconds)

    monkeypatch.setattr(Input, "take", slowly)
    decided: list[str] = []
    tiny.deciding = lambda arrivals: decided.extend(arrivals.topics)
    run_once(tiny, in_first + len(INPUTS))
    assert decided == [first] * in_first + [rest] * len(INPUTS)


def test_while_the_rest_is_held_back_only_what_comes_first_is_read(tiny: Tiny) -> None:
    rest, first = tiny.topic("in"), tiny.topic("first")
    holding = threading.Event()
    holding.set()
    tiny.held_back = holding.is_set
    tiny.send(rest, INPUTS[:10])
    with beside(tiny.run) as ended:
        tiny.send(first, INPUTS[10:])
        tiny.wait_for(50)
        threading.Event().wait(0.3)
        assert {row["topic"] for row in tiny.sent()} == {"first"}
        holding.clear()
        tiny.wait_for(len(INPUTS))
    assert ended == []


def test_an_owner_that_was_replaced_cannot_commit(tiny: Tiny) -> None:
    tiny.send(tiny.topic("in"), INPUTS)
    keyring = Keyring(tiny.folder)
    with Store.open(tiny.path) as store:
        first = Stage(tiny.parts(keyring), tiny.bootstrap, store, keyring)
        store.take_over()
        with pytest.raises(StaleError):
            first.run(threading.Event())
        first.close()
        assert (store.take_over().batch, tiny.sent()) == (0, [])
    keyring.close()
    assert len(run_once(tiny, len(INPUTS))) == len(INPUTS)


class FailingStore(Store):
    """A disk that takes one batch in three."""

    tried = 0

    def commit(self, *batch: Any, **more: Any) -> int:
        """Two refusals, then the batch."""
        self.tried += 1
        if self.tried % 3:
            raise TransientError("the disk is full")
        return super().commit(*batch, **more)


def test_a_disk_that_fails_is_waited_for(tiny: Tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "BACK_OFF_SECONDS", (0.01,))
    tiny.send(tiny.topic("in"), INPUTS)
    keyring = Keyring(tiny.folder)
    with FailingStore.open(tiny.path) as store:
        made = Stage(tiny.parts(keyring), tiny.bootstrap, store, keyring)
        with beside(made.run):
            found = tiny.wait_for(len(INPUTS))
        made.close()
        assert store.tried >= 3 * 6
    keyring.close()
    assert [row["input"].encode() for row in found] == INPUTS


def test_a_look_up_that_fails_is_made_again_and_nothing_half_decided_is_kept(
    tiny: Tiny, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "BACK_OFF_SECONDS", (0.01,))
    refusals = iter(range(100))

    def deciding(arrivals: Arrivals) -> None:
        if arrivals and next(refusals) % 3 < 2:
            raise TransientError("the store does not answer")

    tiny.deciding = deciding
    tiny.send(tiny.topic("in"), INPUTS)
    found = run_once(tiny, len(INPUTS))
    assert [row["input"].encode() for row in found] == INPUTS
    assert next(refusals) >= 3 * 6


@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="only Linux limits what another process writes")
@pytest.mark.parametrize("then", ["room", "kill"])
def test_a_full_disk_is_waited_for_and_said_and_nothing_is_lost_when_there_is_room_again(tiny: Tiny, then: str) -> None:
    topic, inputs = tiny.topic("in", 2), [value + b" " + os.urandom(50_000).hex().encode() for value in INPUTS]
    tiny.send(topic, inputs[:20], 2)
    with worker(tiny) as process:
        tiny.wait_for(20)
        room = (tiny.folder / "keys.sqlite-wal").stat().st_size + 20_000
        assert room < 100_000, "it is the store that is to find no room, and not even for what it has in its log"
        limits = resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (room, resource.RLIM_INFINITY))
        tiny.send(topic, inputs[20:], 2)
        wait_until(lambda: seen(tiny).total("throughline_waits_total", friend="store") > 1, "a second try")
        said = seen(tiny)
        assert (said.why_not_live, said.why_not_ready) == ((), ("the store does not answer",))
        assert len(tiny.sent()) == 20
        if then == "kill":
            process.kill()
        else:
            resource.prlimit(process.pid, resource.RLIMIT_FSIZE, limits)
            tiny.wait_for(len(inputs))
            assert seen(tiny).why_not_ready == ()
            stop(process)
    run_once(tiny, len(inputs))
    assert_exactly_once(tiny, topic, inputs, 2)


def test_a_disk_that_stays_full_does_not_keep_a_stage_from_stopping(tiny: Tiny) -> None:
    class FullStore(Store):
        def commit(self, *_batch: Any) -> int:
            stopping.set()
            raise TransientError("the disk is full")

    tiny.send(tiny.topic("in"), INPUTS)
    keyring, stopping = Keyring(tiny.folder), threading.Event()
    with FullStore.open(tiny.path) as store:
        made = Stage(tiny.parts(keyring), tiny.bootstrap, store, keyring)
        made.run(stopping)
        made.close()
    keyring.close()
    assert len(run_once(tiny, len(INPUTS))) == len(INPUTS)


def test_a_broker_that_is_killed_and_comes_back_is_waited_for(own_broker: LocalKafka, tmp_path: Path) -> None:
    tiny = Tiny(own_broker.bootstrap, tmp_path, batch_records=50)
    tiny.topic("out")
    topic = tiny.topic("in", 3)
    count = 1_500
    inputs = [b"%d" % n for n in range(count)]
    producer = clients.producer(own_broker.bootstrap)
    with worker(tiny) as process:
        for n, value in enumerate(inputs):
            producer.produce(topic, value, partition=n % 3)
            if n == count // 2:
                producer.poll(0)
                tiny.wait_for(count // 4)
                own_broker.kill()
                own_broker.start()
        assert producer.flush(60) == 0
        tiny.wait_for(count)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)
        assert process.returncode == 0
    assert_exactly_once(tiny, topic, inputs, 3)


@pytest.fixture
def cut_off(own_broker: LocalKafka, tmp_path: Path) -> Tiny:
    """Records to be read, on a broker that is gone."""
    tiny = Tiny(own_broker.bootstrap, tmp_path)
    tiny.topic("out")
    tiny.send(tiny.topic("in"), INPUTS)
    own_broker.kill()
    return tiny


def test_a_broker_that_is_not_there_yet_is_waited_for(cut_off: Tiny, own_broker: LocalKafka) -> None:
    with beside(cut_off.run) as ended:
        threading.Event().wait(1)
        own_broker.start()
        cut_off.wait_for(len(INPUTS))
    assert ended == []


def test_told_to_stop_while_its_broker_is_away_it_ends_in_peace_and_the_next_one_goes_on(
    cut_off: Tiny, own_broker: LocalKafka
) -> None:
    with beside(cut_off.run) as ended:
        threading.Event().wait(1)
    assert ended == []
    own_broker.start()
    assert len(run_once(cut_off, len(INPUTS))) == len(INPUTS)


def test_where_to_read_on_is_behind_the_last_of_each_partition() -> None:
    found = Arrivals.of(Arrival("t", p, offset, 0, None, None) for p, offset in [(0, 3), (1, 9), (0, 4), (0, 6)])
    assert next_offsets(last_of(found)) == {("t", 0): 7, ("t", 1): 10}
    assert next_offsets(last_of(Arrivals())) == {}
