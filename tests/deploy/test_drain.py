"""``throughline drain``: real workers over a real broker read to the ends, send all that they stored, and end."""

import json
import os
import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

import pytest
from confluent_kafka import TopicPartition
from pydantic import SecretStr
from support.commands import throughline
from support.waits import wait_until

from deploy import demo_run, processes
from deploy.drain import SINK, WAYS, ways_of
from deploy.population import generate
from deploy.scrape import see
from deploy.stack import SERVE, WORKERS, Stack
from deploy.topic_reader import TopicReader
from partners.client import Publisher
from partners.population import Planned
from partners.population.send import send
from processors.names import RESOLVED_EVENTS
from sinks.case_views import CaseViews
from streams import clients
from streams.settings import Settings
from streams.store import Partition, Store, path_of

pytestmark = pytest.mark.broker
LOG = (RESOLVED_EVENTS, 0)
ROLES = (*WORKERS, SERVE)
EVENTS = generate(120, 7, decided_on=datetime.now(UTC).date()).phases["history"]
SOME = EVENTS[::4]
MOST = [event for event in EVENTS if event not in SOME]
DONE = {"drained": True, "workers": [(role, "drained") for role in ROLES]}


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Everything at work."""
    with Stack(Settings(data_dir=tmp_path_factory.mktemp("drain"), portal_port=0, broker="native")) as started:
        yield started


@pytest.fixture(autouse=True)
def at_work(stack: Stack) -> None:
    """Start again what a test before has drained."""
    for role in ROLES:
        if not processes.is_running(stack.running[role]):
            stack.start(role)
    for role in ROLES:
        wait_until_at_work(stack, role)


def wait_until_at_work(stack: Stack, role: str) -> None:
    def is_at_work() -> bool:
        found = see(role, stack.data_dir)
        return found.is_up and not found.why_not_ready

    wait_until(is_at_work, f"{role} at work")


def publish(stack: Stack, events: Sequence[Planned]) -> None:
    """Have partners send, and wait until resolve has passed the first on."""
    before = last_records(stack).get(LOG, 0)
    with Publisher(stack.bootstrap, demo_run.PARTNER) as publisher:
        send(publisher, events)
    wait_until(lambda: last_records(stack).get(LOG, 0) > before, "the first of them in the log")


def drain(stack: Stack, *words: str) -> subprocess.CompletedProcess[str]:
    return throughline(stack.data_dir, "drain", *words)


def drained(stack: Stack, *words: str) -> tuple[int, dict[str, Any]]:
    """Exit code, and what the command says to programs."""
    done = drain(stack, "--json", *words)
    said = json.loads(done.stdout)
    return done.returncode, {**said, "workers": [(one["role"], one["state"]) for one in said["workers"]]}


def last_records(stack: Stack) -> dict[Partition, int]:
    """The offset behind the last committed record of each partition that a stage writes and another reads."""
    with closing(TopicReader(stack.bootstrap, lambda t: t.startswith((RESOLVED_EVENTS, "released.", "signals.")))) as r:
        return {(a.topic, a.partition): a.offset + 1 for a in r.arrivals()}


def taken(stack: Stack) -> dict[Partition, int]:
    """How far consent and the views have come, by what is on their disks."""
    with Store.open(path_of(stack.data_dir, "consent")) as store:
        offsets = dict(store.take_over().offsets)
    with closing(CaseViews.open(stack.data_dir / "views" / "case.duckdb")) as views:
        return offsets | dict(views.offsets())


def test_after_a_drain_under_load_nothing_is_between_the_stages_and_every_worker_has_ended_well(stack: Stack) -> None:
    publish(stack, MOST)
    assert drained(stack) == (0, DONE)
    assert [processes.exit_code(stack.running[role]) for role in ROLES] == [0] * len(ROLES)
    ends = last_records(stack)
    at = taken(stack)
    assert {place: end for place, end in ends.items() if at.get(place, 0) < end} == {}
    with Store.open(path_of(stack.data_dir, "signals")) as store:
        read = store.take_over().offsets
    released = {place: end for place, end in ends.items() if place[0].startswith("released.")}
    assert {place: end for place, end in released.items() if read.get(place, 0) < end} == {}
    for role in ("resolve", "consent"):
        with Store.open(path_of(stack.data_dir, role)) as store, closing(
            clients.consumer(stack.bootstrap, role)
        ) as group:  # fmt: skip
            standing = store.take_over()
            committed = group.committed([TopicPartition(*place) for place in standing.offsets], 10)
        assert max(int(p.metadata or 0) for p in committed) == standing.batch, f"{role} has sent what it stored"


def test_where_nothing_runs_and_nothing_waits_a_drain_is_done(stack: Stack) -> None:
    assert drain(stack).returncode == 0
    again = drain(stack)
    assert again.returncode == 0
    assert again.stdout.splitlines() == [f"{role}: was not running, and nothing waits for it" for role in ROLES]


def test_a_worker_that_does_not_run_and_has_something_to_read_is_told_and_those_after_it_go_on(stack: Stack) -> None:
    assert drained(stack, "consent")[0] == 0
    publish(stack, SOME)
    done = drain(stack)
    assert done.returncode == 1
    lines = done.stdout.splitlines()
    assert lines[0].startswith("resolve: drained in ")
    assert lines[1].startswith("consent: has not read its topics to their ends: start it where it does not run")
    assert lines[2:] == [f"{role}: not asked, since consent has not finished" for role in ("signals", SERVE)]
    assert [processes.is_running(stack.running[role]) for role in ("resolve", "signals", SERVE)] == [False, True, True]
    stack.start("consent")
    wait_until_at_work(stack, "consent")
    assert drained(stack) == (0, {"drained": True, "workers": [("resolve", "not_running"), *DONE["workers"][1:]]})


def test_a_worker_that_hangs_is_waited_for_no_longer_than_asked_and_named_with_its_process(stack: Stack) -> None:
    assert drained(stack, "resolve")[0] == 0
    hanging = stack.running["consent"]
    os.kill(hanging.pid, signal.SIGSTOP)
    try:
        done = drain(stack, "consent", "--timeout", "2")
        assert done.returncode == 1
        assert f"(process {hanging.pid})" in done.stdout
        assert processes.is_running(hanging)
    finally:
        os.kill(hanging.pid, signal.SIGCONT)
    assert drain(stack).returncode == 0


def test_a_store_that_is_ahead_of_what_was_sent_is_told(stack: Stack) -> None:
    assert drain(stack).returncode == 0
    with Store.open(path_of(stack.data_dir, "resolve")) as store:
        standing = store.take_over()
        store.commit(standing.token, standing.batch, {}, dict(standing.offsets), standing.pending)
    code, said = drained(stack)
    assert (code, said["workers"]) == (1, [("resolve", "not_sent"), *((role, "not_asked") for role in ROLES[1:])])
    stack.start("resolve")
    wait_until_at_work(stack, "resolve")
    assert drained(stack, "resolve") == (0, {"drained": True, "workers": [("resolve", "drained")]})


def test_a_worker_that_nobody_knows_is_refused_before_any_is_asked(stack: Stack) -> None:
    done = drain(stack, "resolve", "consnt")
    assert (done.returncode, done.stdout) == (2, "")
    assert "did you mean consent?" in done.stderr
    assert processes.is_running(stack.running["resolve"])


def test_workers_are_drained_in_the_order_of_the_way() -> None:
    assert tuple(way.role for way in WAYS) == (*WORKERS, SINK, SERVE)
    assert tuple(way.role for way in ways_of(Settings())) == ROLES
    assert tuple(way.role for way in ways_of(Settings(views_dsn=SecretStr("x")))) == (*WORKERS, SINK)
