"""Standing by, over a real broker: a store of one's own, a turn when the lease is free, nothing lost or sent twice."""

import json
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import TopicPartition
from support.beside import beside
from support.commands import of_tests
from support.waits import wait_until

from deploy.topic_reader import TopicReader
from processors.names import state_topic
from processors.records import Arrivals, Outs
from streams import changelog, clients, sending
from streams.changelog import FOLLOWING
from streams.errors import Stop, StoppedError, TurnLostError
from streams.leases import FileLease
from streams.standby import Follower, Standby
from streams.store import Store
from tests.streams.tiny import CRASHED, MOMENTS, Tiny

pytestmark = pytest.mark.broker
SCRIPT = Path(__file__).with_name("tiny.py")
TAKING_OVER = 2
"""At which of its readings of the group's offsets one takes over: the first is before it fences who acts."""
STEADY_SECONDS = 1.0
"""Without anything to read, after which there is nothing any more, also on a busy machine."""


@dataclass
class Board:
    """Who has the lease, for tests that give and take it."""

    holder: str = ""
    closed: set[str] = field(default_factory=set)
    """Who may not take it."""

    def lease(self, name: str) -> "Held":
        """The lease, as one worker sees it."""
        return Held(self, name)


@dataclass
class Held:
    """A lease on a board."""

    board: Board
    name: str
    is_ours: bool = False

    def take(self) -> bool:
        """Take it if it is free."""
        if not self.board.holder and self.name not in self.board.closed:
            self.board.holder = self.name
        self.is_ours = self.board.holder == self.name
        return self.is_ours

    def is_lost(self) -> bool:
        """Whether another has it."""
        return self.is_ours and self.board.holder != self.name

    def give_up(self) -> None:
        """Let others have it."""
        if self.board.holder == self.name:
            self.board.holder = ""
        self.is_ours = False


@pytest.fixture
def board() -> Board:
    """Nobody has it."""
    return Board()


@contextmanager
def worker(tiny: Tiny, name: str, board: Board) -> Iterator[None]:
    """One of several workers, in a thread of its own."""
    with beside(lambda stopping: tiny.stand_by(name, board.lease(name), stopping)):
        yield


def send(tiny: Tiny, *numbers: int) -> None:
    tiny.send(f"{tiny.name}.in", [b"%d" % n for n in numbers], 2)


def inputs(tiny: Tiny, count: int) -> list[str]:
    """What came out, when so much has, each as often as it did."""
    return sorted((row["input"] for row in tiny.wait_for(count)), key=int)


def numbers(tiny: Tiny) -> list[int]:
    """How the stage counted what came out."""
    return sorted(row["n"] for row in tiny.sent())


def content(path: Path) -> list[tuple[str, str, bytes]]:
    """A store's tables, but for how far it follows."""
    with Store.open(path) as store:
        return list(store.content({FOLLOWING}))


def words(count: int) -> list[str]:
    return [f"{n}" for n in range(count)]


def level(tiny: Tiny, name: str) -> None:
    """Wait until a worker that stands by has made all that is committed, and nothing has come for a while."""
    since = [time.monotonic()]

    def is_steady() -> bool:
        if name not in tiny.standbys or not tiny.standbys[name].is_level:
            since[0] = time.monotonic()
        return time.monotonic() - since[0] > STEADY_SECONDS

    wait_until(is_steady, f"{name} follows to the end")


def test_a_standby_has_the_state_of_the_one_that_acts_row_by_row(tiny: Tiny, board: Board) -> None:
    with worker(tiny, "a", board):
        send(tiny, *range(40))
        tiny.wait_for(40)
        with worker(tiny, "b", board):
            send(tiny, *range(40, 60))
            tiny.wait_for(60)
            level(tiny, "b")
        assert board.holder == "a"
    assert content(tiny.path_of("a")) == content(tiny.path_of("b"))
    assert numbers(tiny) == [*range(1, 61)]


def test_when_the_one_that_acts_ends_another_goes_on_where_it_was(tiny: Tiny, board: Board) -> None:
    with ExitStack() as held:
        with worker(tiny, "a", board):
            send(tiny, *range(30))
            tiny.wait_for(30)
            held.enter_context(worker(tiny, "b", board))
            level(tiny, "b")
        send(tiny, *range(30, 50))
        assert len(tiny.sent()) == 30
        board.holder = ""
        assert inputs(tiny, 50) == words(50)
        assert board.holder == "b"
    assert numbers(tiny) == [*range(1, 51)]


def test_one_that_slept_through_the_loss_of_its_turn_changes_nothing_and_stands_by(tiny: Tiny, board: Board) -> None:
    asleep, wake = threading.Event(), threading.Event()

    def sleepily(arrivals: Arrivals) -> None:
        if arrivals and asleep.is_set():
            wake.wait(60)

    with worker(replace(tiny, deciding=sleepily), "a", board):
        send(tiny, *range(20))
        tiny.wait_for(20)
        asleep.set()
        send(tiny, *range(20, 30))
        board.holder = "b"
        with worker(tiny, "b", board):
            tiny.wait_for(30)
            wake.set()
            level(tiny, "a")
            send(tiny, *range(30, 40))
            tiny.wait_for(40)
            level(tiny, "a")
    assert inputs(tiny, 40) == words(40)
    assert numbers(tiny) == [*range(1, 41)]
    assert content(tiny.path_of("a")) == content(tiny.path_of("b"))


def test_a_batch_that_is_sent_while_another_takes_over_is_taken_over_whole(
    tiny: Tiny, board: Board, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who acts does not know yet that the lease is lost, and sends between the two readings of its successor."""
    asleep, wake = threading.Event(), threading.Event()
    read = Standby._committed  # noqa: SLF001  # between it and what is read before, the other sends
    times: list[int] = []

    def sleepily(arrivals: Arrivals) -> None:
        if arrivals and asleep.is_set():
            wake.wait(60)

    def committed(self: Standby, **more: str) -> list[TopicPartition]:
        if self.instance == "b":
            times.append(len(times))
            if len(times) == TAKING_OVER:
                wake.set()
                tiny.wait_for(30)
        return read(self, **more)

    monkeypatch.setattr(Standby, "_committed", committed)
    monkeypatch.setattr(Held, "is_lost", lambda self: self.is_ours and self.name in board.closed)
    with worker(replace(tiny, deciding=sleepily), "a", board):
        send(tiny, *range(20))
        tiny.wait_for(20)
        asleep.set()
        send(tiny, *range(20, 30))
        with worker(tiny, "b", board):
            level(tiny, "b")
            board.holder = "b"
            tiny.wait_for(30)
            board.closed.add("a")
            send(tiny, *range(30, 40))
            assert inputs(tiny, 40) == words(40)
            level(tiny, "a")
    assert len(times) > TAKING_OVER
    assert numbers(tiny) == [*range(1, 41)]
    assert content(tiny.path_of("a")) == content(tiny.path_of("b"))


AFTER_STORING = {"instance": "a", "moment": "after the store's commit", "occurrence": 3, "batch_records": 4}


def killed(tiny: Tiny, **said: Any) -> None:
    """A worker in a process of its own that dies at a moment, with nothing written or closed."""
    argv = [sys.executable, str(SCRIPT), "work", tiny.bootstrap, str(tiny.folder), tiny.name, json.dumps(said)]
    assert subprocess.run(argv, capture_output=True, timeout=60, check=False, env=of_tests()).returncode == CRASHED


@contextmanager
def by_file(tiny: Tiny, name: str) -> Iterator[None]:
    """One of several workers, with a lease that is a lock on a file."""
    with beside(lambda stopping: tiny.stand_by(name, FileLease.of(tiny.folder, tiny.name), stopping)):
        yield


def test_what_the_dead_one_had_stored_and_not_sent_its_successor_decides_again(tiny: Tiny) -> None:
    send(tiny, *range(40))
    with ExitStack() as held:
        killed(tiny, **AFTER_STORING)
        with Store.open(tiny.path_of("a")) as store:
            stored = store.take_over().batch
        places = [(f"{tiny.name}.in", part) for part in (0, 1)]
        assert stored == 1 + max(batch for _, batch in tiny.committed(places).values())
        held.enter_context(by_file(tiny, "b"))
        assert inputs(tiny, 40) == words(40)
        held.enter_context(by_file(tiny, "a"))
        level(tiny, "a")
    assert numbers(tiny) == [*range(1, 41)]
    assert content(tiny.path_of("a")) == content(tiny.path_of("b"))


def test_one_that_comes_back_after_another_has_acted_keeps_its_store_and_reads_what_it_has_missed(
    tiny: Tiny, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(tiny, *range(40))
    followed = list[int]()
    turn = Follower.turn

    def counted(self: Follower, seconds: float = 0.1) -> int:
        rows = turn(self, seconds)
        followed.append(rows)
        return rows

    with ExitStack() as held:
        killed(tiny, **AFTER_STORING)
        folder = tiny.path_of("a").stat().st_ino
        held.enter_context(by_file(tiny, "b"))
        tiny.wait_for(40)
        with closing(TopicReader(tiny.bootstrap, lambda topic: topic == state_topic(tiny.name))) as reader:
            told = len(list(reader.arrivals()))
        monkeypatch.setattr(Follower, "turn", counted)
        held.enter_context(by_file(tiny, "a"))
        level(tiny, "a")
        assert tiny.path_of("a").stat().st_ino == folder
    assert 0 < sum(followed) < told
    assert content(tiny.path_of("a")) == content(tiny.path_of("b"))


def test_a_batch_that_was_not_sent_is_undone_to_right_behind_what_was(tiny: Tiny) -> None:
    send(tiny, *range(40))
    killed(tiny, **AFTER_STORING)
    with closing(TopicReader(tiny.bootstrap, lambda topic: topic == state_topic(tiny.name))) as reader:
        sent = [arrival.offset for arrival in reader.arrivals()]
    with Store.open(tiny.path_of("a")) as store:
        assert store.undo()
        row = store.get_many(FOLLOWING, ["at"])["at"]
    assert int(row.split()[0]) == max(sent) + 1


def test_one_that_comes_back_before_anybody_else_has_acted_sends_what_it_had_stored(tiny: Tiny) -> None:
    send(tiny, *range(40))
    killed(tiny, **AFTER_STORING)
    with by_file(tiny, "a"):
        assert inputs(tiny, 40) == words(40)
    assert numbers(tiny) == [*range(1, 41)]


def test_a_store_from_before_there_were_leases_goes_on_and_tells_all_it_has(tiny: Tiny, board: Board) -> None:
    with beside(tiny.run):
        send(tiny, *range(20))
        tiny.wait_for(20)
    tiny.path.rename(tiny.path_of("a"))
    with worker(tiny, "b", board):  # it may have the lease first, and nothing to act on
        wait_until(lambda: "b" in tiny.standbys, "b stands by")
        with worker(tiny, "a", board):
            send(tiny, *range(20, 30))
            assert inputs(tiny, 30) == words(30)
            assert board.holder == "a"
            level(tiny, "b")
    assert numbers(tiny) == [*range(1, 31)]
    assert content(tiny.path_of("a")) == content(tiny.path_of("b"))


def test_rows_of_an_earlier_changelog_count_for_nothing_once_the_whole_state_is_told_anew(
    tiny: Tiny, board: Board
) -> None:
    with worker(tiny, "a", board):
        send(tiny, *range(10))
        tiny.wait_for(10)
    producer = clients.producer(tiny.bootstrap, "stranger")
    producer.init_transactions(30)
    stale = {"count": {"stale": b"1"}}
    sending.send_alone(producer, changelog.with_changes(Outs(), state_topic(tiny.name), stale))
    tiny.path_of("a").rename(tiny.path)
    with beside(tiny.run):  # alone, so that no changelog is told
        send(tiny, *range(10, 20))
        tiny.wait_for(20)
    tiny.path.rename(tiny.path_of("a"))
    with worker(tiny, "a", board):
        send(tiny, *range(20, 30))
        tiny.wait_for(30)
        with worker(tiny, "b", board):
            level(tiny, "b")
    assert ("count", "stale", b"1") not in content(tiny.path_of("b"))
    assert content(tiny.path_of("a")) == content(tiny.path_of("b"))
    assert numbers(tiny) == [*range(1, 31)]


def test_a_state_that_was_told_in_part_is_not_gone_on_with(
    tiny: Tiny, board: Board, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changelog, "AT_ONCE", 3)
    with worker(tiny, "a", board):
        send(tiny, *range(20))
        tiny.wait_for(20)
        with worker(tiny, "b", board):
            level(tiny, "b")
    with Store.open(tiny.path_of("a")) as store:
        standing = store.take_over()
        store.commit(standing.token, standing.batch, {changelog.LEASE: {changelog.LOGGED: None}}, {}, Outs())
        store.adopt(standing.token, standing.batch, standing.offsets, standing.topics)
        rows = list(store.content())
    producer = clients.producer(tiny.bootstrap, "dies amid it")
    producer.init_transactions(30)
    for part in list(changelog.whole(state_topic(tiny.name), rows[:3]))[:-1]:
        sending.send_alone(producer, part)
    board.holder = ""
    with worker(tiny, "b", board):
        send(tiny, *range(20, 30))
        threading.Event().wait(3)
        assert len(tiny.sent()) == 20
        with worker(tiny, "a", board):
            assert inputs(tiny, 30) == words(30)
            level(tiny, "b")
    assert numbers(tiny) == [*range(1, 31)]
    assert content(tiny.path_of("a")) == content(tiny.path_of("b"))


def test_one_that_slept_before_it_told_its_state_does_not_tell_it_over_what_another_has_done_since(
    tiny: Tiny, board: Board
) -> None:
    with worker(tiny, "b", board):
        send(tiny, *range(20))
        tiny.wait_for(20)
        with Store.open(tiny.path_of("a")) as store:  # as of who was about to act, before there was anything
            late = replace(tiny.standbys["b"], instance="a", path=tiny.path_of("a"), lease=board.lease("b"))
            with pytest.raises(TurnLostError):
                late._log_whole(store, state_topic(tiny.name))  # noqa: SLF001  # where it slept
        board.closed.add("b")
        board.holder = ""
        with worker(tiny, "c", board):
            send(tiny, *range(20, 30))
            assert inputs(tiny, 30) == words(30)
            level(tiny, "b")
    assert numbers(tiny) == [*range(1, 31)]
    assert content(tiny.path_of("b")) == content(tiny.path_of("c"))


def test_a_changelog_that_is_made_anew_gets_the_whole_state_again_and_whoever_followed_begins_anew(
    tiny: Tiny, board: Board
) -> None:
    with worker(tiny, "a", board):
        send(tiny, *range(20))
        tiny.wait_for(20)
        with worker(tiny, "b", board):
            level(tiny, "b")
    name, admin = state_topic(tiny.name), clients.admin(tiny.bootstrap)
    admin.delete_topics([name])[name].result(30)
    wait_until(lambda: name not in admin.list_topics(timeout=10).topics, "the topic is gone")
    with worker(tiny, "a", board):
        send(tiny, *range(20, 30))
        tiny.wait_for(30)
        with worker(tiny, "b", board):
            level(tiny, "b")
    assert numbers(tiny) == [*range(1, 31)]
    assert content(tiny.path_of("a")) == content(tiny.path_of("b"))


def test_a_restored_store_from_before_there_were_leases_stops_and_is_kept(tiny: Tiny, board: Board) -> None:
    """It may be all that there is: nobody else has told a state that it could be dropped for."""
    with beside(tiny.run):
        send(tiny, *range(10))
        tiny.wait_for(10)
    shutil.copytree(tiny.path, tiny.path_of("a"))
    with beside(tiny.run):
        send(tiny, *range(10, 20))
        tiny.wait_for(20)
    kept = content(tiny.path_of("a"))
    stopping = threading.Event()
    in_vain = threading.Timer(30, stopping.set)
    in_vain.start()
    with pytest.raises(StoppedError) as stopped:
        tiny.stand_by("a", board.lease("a"), stopping)
    in_vain.cancel()
    assert stopped.value.why is Stop.STORE_BEHIND
    assert content(tiny.path_of("a")) == kept
    assert len(tiny.sent()) == 20


def test_a_lost_store_without_a_changelog_is_not_made_up(tiny: Tiny, board: Board) -> None:
    with beside(tiny.run):
        send(tiny, *range(10))
        tiny.wait_for(10)
    with worker(tiny, "b", board):
        send(tiny, *range(10, 20))
        wait_until(lambda: "b" in tiny.standbys, "b stands by")
        threading.Event().wait(2)
        assert len(tiny.sent()) == 10


OCCURRENCES, INSTANCES = (1, 4, 2, 5, 1), "abbaa"
"""At which of its comings to a moment each of five workers dies, one after the other, and which of two it is."""
INPUTS = range(60)


@pytest.fixture(scope="module")
def crashed(broker: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Tiny]:
    """By moment, what two workers left that were killed there, in turn; the moments beside each other."""
    made = {moment: Tiny(broker, tmp_path_factory.mktemp("crashed")) for moment in MOMENTS}
    for one in made.values():
        one.topic("out")
        one.topic("in", 2)
        send(one, *INPUTS)
    series = [
        {"folder": str(one.folder), "name": one.name, "moment": moment, "occurrences": OCCURRENCES,
         "instances": INSTANCES}
        for moment, one in made.items()
    ]  # fmt: skip
    argv = [sys.executable, str(SCRIPT), "crash", broker, json.dumps(series)]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=300, check=False, env=of_tests())
    assert done.returncode == 0, done.stderr
    return made


@pytest.fixture(scope="module")
def gone_on(crashed: dict[str, Tiny]) -> dict[str, Tiny]:
    """The same, after two workers each have done all that was left to do, and whoever stands by has followed."""
    with ExitStack() as held:
        for tiny in crashed.values():
            for name in "ab":
                held.enter_context(by_file(tiny, name))
        for tiny in crashed.values():
            tiny.wait_for(len(INPUTS))
        for tiny in crashed.values():
            [idle] = [name for name, one in tiny.standbys.items() if not one.is_acting]
            level(tiny, idle)
    return crashed


@pytest.mark.parametrize("moment", MOMENTS)
def test_two_workers_killed_in_turn_at_any_step_lose_nothing_and_double_nothing(
    gone_on: dict[str, Tiny], moment: str
) -> None:
    tiny = gone_on[moment]
    assert inputs(tiny, len(INPUTS)) == words(len(INPUTS))
    assert numbers(tiny) == [n + 1 for n in INPUTS]
    assert content(tiny.path_of("a")) == content(tiny.path_of("b"))
