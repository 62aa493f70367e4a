"""Several sinks write: offsets never go back, numbers rise in the order of commits, no answer that is lost matters."""

import threading
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

import pytest
from support.cutting_proxy import Cut, CuttingProxy, cutting_proxy
from support.postgres import SERVE, SINK, Databases
from support.views import PostgresViews, row, stored, taken_back, view_batch

from sinks.postgres.reading import Reader
from sinks.postgres.writing import Writer
from sinks.questions import Questions
from sinks.view_batch import ViewBatch
from sinks.views import StaleBatchError, ViewsAwayError, ViewsError, ViewsRefusedError

ME = "lausd_counseling"
PLACE = ("released.lausd_counseling", 0)


@pytest.fixture
def another(databases: Databases, database: str) -> Iterator[Writer]:
    """A second sink."""
    with Writer(databases.server.dsn(database, SINK)) as writer:
        yield writer


def batch(begin: int, end: int, *more: Any, place: tuple[str, int] = PLACE, **changed: Any) -> ViewBatch:
    """Releases that were read at these offsets of a partition."""
    rows = [row(f"e{place[1]}-{n}", n + 1, **changed) for n in range(begin, end)]
    return view_batch([*rows, *more], read_from={place: begin}, offsets={place: end})


def at_once(*works: Callable[[], object]) -> list[object]:
    """What each returned, or raised, all begun together."""
    ended: list[object] = [None] * len(works)
    barrier = threading.Barrier(len(works))

    def run(place: int, work: Callable[[], object]) -> None:
        barrier.wait()
        try:
            ended[place] = work()
        except Exception as error:  # noqa: BLE001  # returned
            ended[place] = error

    threads = [threading.Thread(target=run, args=one) for one in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return ended


def through(proxy: CuttingProxy, database: str) -> str:
    """Where a sink finds a database behind a proxy."""
    return f"postgresql://{SINK}@127.0.0.1:{proxy.port}/{database}"


def test_a_sink_that_lost_its_partition_writes_nothing_and_is_told_how_far_the_other_is(
    views: PostgresViews, another: Writer
) -> None:
    views.apply(batch(0, 5))
    another.apply(batch(5, 9))
    before = stored(views)
    with pytest.raises(StaleBatchError) as told:
        views.apply(batch(5, 7, row("own", 99)))
    assert told.value.held == {PLACE: 9}
    assert (stored(views), views.offsets()) == (before, {PLACE: 9})
    views.apply(batch(9, 11))
    assert views.offsets() == {PLACE: 11}


def test_one_partition_that_went_on_without_a_sink_has_its_whole_batch_refused(
    views: PostgresViews, another: Writer
) -> None:
    other = (PLACE[0], 1)
    another.apply(batch(0, 3, place=other))
    both = view_batch([row("x")], read_from={PLACE: 0, other: 0}, offsets={PLACE: 2, other: 2})
    with pytest.raises(StaleBatchError):
        views.apply(both)
    assert views.offsets() == {other: 3}


def test_of_two_that_write_the_same_offsets_at_once_one_does_and_the_other_is_refused(
    views: PostgresViews, another: Writer
) -> None:
    for turn in range(10):
        one = batch(turn * 5, turn * 5 + 5)
        ended = at_once(lambda one=one: views.apply(one), lambda one=one: another.apply(one))  # type: ignore[misc]
        kinds = sorted(type(end).__name__ for end in ended)
        assert kinds == ["StaleBatchError", "list"]
    assert len(stored(views)) == views.offsets()[PLACE] == 50


def test_what_a_reader_has_seen_below_a_number_is_all_that_there_ever_is_below_it(
    views: PostgresViews, another: Writer
) -> None:
    done, seen = threading.Event(), dict[int, int]()

    def write(writer: PostgresViews | Writer, partition: int) -> None:
        place = (PLACE[0], partition)
        for turn in range(25):
            writer.apply(batch(turn * 7, turn * 7 + 7, place=place))

    def read() -> None:
        questions = Questions(views)
        while not done.is_set():
            last = questions.last_seq(ME)
            seen[last] = sum(change.seq <= last for change in questions.changes_since(ME, ["p1"], 0))

    reading = threading.Thread(target=read)
    reading.start()
    ended = at_once(lambda: write(views, 0), lambda: write(another, 1))
    done.set()
    reading.join()
    assert ended == [None, None]
    assert len(seen) > 2
    assert all(last == count for last, count in seen.items())  # all are new rows, so each number is one row's


def test_sinks_whose_batches_concern_the_same_recipients_in_other_orders_do_not_wait_in_a_circle(
    views: PostgresViews, another: Writer
) -> None:
    names = [f"recipient_{n}" for n in range(12)]

    def write(writer: PostgresViews | Writer, order: list[str], event: str) -> None:
        for turn in range(15):
            writer.apply(view_batch([row(f"{event}-{turn}", recipient=name) for name in order], ticks={order[0]: turn}))

    assert at_once(lambda: write(views, names, "a"), lambda: write(another, names[::-1], "b")) == [None, None]
    assert [views.last_seq(name) for name in names] == [30] * 12


@pytest.mark.parametrize("cut", ["before", "after"])
def test_a_commit_whose_answer_is_lost_is_written_once_and_its_changes_are_told(
    databases: Databases, database: str, views: PostgresViews, cut: Cut
) -> None:
    with cutting_proxy(databases.server.port) as proxy, Writer(through(proxy, database)) as writer:
        writer.apply(batch(0, 3))
        proxy.cut_next(cut)
        one = batch(3, 6)
        with pytest.raises(ViewsAwayError):
            writer.apply(one)
        written_by_then = views.offsets()[PLACE]
        changes = writer.apply(one)
        assert [(change.seq, change.event_id) for change in changes] == [(4, "e0-3"), (5, "e0-4"), (6, "e0-5")]
        writer.apply(batch(6, 7))
    assert proxy.cuts == 1
    assert written_by_then == {"before": 3, "after": 6}[cut]
    assert (len(stored(views)), views.offsets(), views.last_seq(ME)) == (7, {PLACE: 7}, 7)


@pytest.mark.parametrize("cut", ["before", "after"])
def test_after_a_lost_answer_another_may_have_gone_on(
    databases: Databases, database: str, another: Writer, cut: Cut
) -> None:
    with cutting_proxy(databases.server.port) as proxy, Writer(through(proxy, database)) as writer:
        proxy.cut_next(cut)
        one = batch(0, 4)
        with pytest.raises(ViewsAwayError):
            writer.apply(one)
        if cut == "before":
            another.apply(batch(0, 2))
            with pytest.raises(StaleBatchError):
                writer.apply(one)
        else:
            another.apply(batch(4, 9))
            assert len(writer.apply(one)) == 4
    assert another.offsets() == {PLACE: {"before": 2, "after": 9}[cut]}


def test_a_sink_that_is_stopped_within_a_batch_is_not_waited_for(
    databases: Databases, database: str, another: Writer
) -> None:
    """Its locks are given up with its batch; when it wakes, it goes on behind the other."""
    with cutting_proxy(databases.server.port) as proxy, Writer(through(proxy, database), 0.3) as writer:
        wakes, one = proxy.hold_next(), batch(0, 4)
        with ThreadPoolExecutor(1) as beside:
            asleep = beside.submit(writer.apply, one)
            proxy.holds.wait()
            another.apply(batch(0, 2))
            wakes.set()
            assert isinstance(asleep.exception(), ViewsAwayError)
        with pytest.raises(StaleBatchError):
            writer.apply(one)
        writer.apply(batch(2, 4))
    assert another.offsets() == {PLACE: 4}


def test_a_server_that_is_killed_and_comes_back_has_all_that_was_written_and_goes_on(databases: Databases) -> None:
    server = databases.server
    with databases.empty() as name, closing(PostgresViews(server, name)) as views:
        questions = Questions(views)
        views.apply(batch(0, 3))
        assert questions.row_count(ME, "p1") == 3
        server.kill()
        one = batch(3, 5)
        with pytest.raises(ViewsAwayError):
            views.apply(one)
        with pytest.raises(ViewsAwayError):
            questions.row_count(ME, "p1")
        server.start()
        assert questions.row_count(ME, "p1") == 3
        assert len(views.apply(one)) == 2
        assert questions.row_count(ME, "p1") == 5
        server.kill()
        server.start()
        assert questions.row_count(ME, "p1") == 5  # though its idle connection is dead


def test_an_erasure_is_noted_so_that_the_tables_can_be_written_anew(views: PostgresViews) -> None:
    views.apply(view_batch([row("e1"), taken_back("e1", 2)]))
    assert views.rows("SELECT count(*) FROM meta WHERE name = 'erased'") == [(0,)]
    views.apply(view_batch([taken_back("e1", 3, reason="erased")]))
    assert views.rows("SELECT count(*) FROM meta WHERE name = 'erased'") == [(1,)]


def told(error: BaseException) -> str:
    return "".join(traceback.format_exception(error)) + repr(error)


def test_what_the_database_says_of_a_row_that_it_refuses_is_told_to_nobody(views: PostgresViews) -> None:
    bad = row("e-canary", 2, person_id="p-canary")
    bad["fact_id"] = None
    with pytest.raises(ViewsRefusedError) as refused:
        views.apply(view_batch([bad]))
    assert "23502" in told(refused.value)
    assert "canary" not in told(refused.value)


@pytest.mark.parametrize(
    "dsn",
    [
        "postgresql//serve:s3cret@127.0.0.1/views",
        "host=127.0.0.1 port=1 password=s3cret user=serve dbname=views",
        "postgresql://serve:s3cret@127.0.0.1:1/views",
        "password=s3cret host",
    ],
)
def test_a_password_is_never_told_whatever_is_wrong_with_the_connection_string(dsn: str) -> None:
    for opening in (Writer, Reader):
        with pytest.raises(ViewsError) as refused:
            opening(dsn)
        assert "s3cret" not in told(refused.value)


def test_roles_are_told_apart_before_anything_is_done(databases: Databases, database: str) -> None:
    with pytest.raises(ViewsError, match=r"^[^\n]*throughline_writer[^\n]*$"):
        Writer(databases.server.dsn(database, SERVE))
    for role in (SINK, "owner"):
        with pytest.raises(ViewsError, match=r"^[^\n]*row-level security[^\n]*$"):
            Reader(databases.server.dsn(database, role))


def test_what_a_connection_string_says_of_tls_is_passed_on(databases: Databases, database: str) -> None:
    for setting in ("sslmode=require", "sslmode=verify-full&sslrootcert=system"):
        with pytest.raises(ViewsAwayError, match="TLS does not come about"):  # this server has none
            Writer(f"{databases.server.dsn(database, SINK)}?{setting}")
    Writer(f"{databases.server.dsn(database, SINK)}?sslmode=disable&connect_timeout=3").close()
