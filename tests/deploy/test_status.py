"""``throughline status``: what is seen of processes, judged; and as a person runs it."""

import json
import os
import socket
from pathlib import Path
from typing import Any

import pytest
from support.commands import throughline

from deploy.commands.status import ROLES, Status, judged, look
from deploy.scrape import Sample, Seen, see
from streams.health import Health, served
from streams.metrics import Metrics
from streams.pulse import Done, Progress, Pulse
from streams.settings import Settings

NOW = 1_800_000_000.0
WELL = tuple(Seen(role, "http://127.0.0.1:1", True) for role in ROLES)  # noqa: FBT003  # it is up


def sample(name: str, value: float, **labels: str) -> Sample:
    return Sample(f"throughline_{name}", labels, value)


def status_of(*samples: Sample, before: tuple[Sample, ...] = (), why: tuple[str, ...] = ()) -> Status:
    """All is well, but that one process says so."""
    first = Seen("resolve", "http://127.0.0.1:1", True, (), (), before)  # noqa: FBT003
    then = Seen("resolve", "http://127.0.0.1:1", True, (), why, samples)  # noqa: FBT003
    return judged("127.0.0.1:9092", None, [first, *WELL[1:]], [then, *WELL[1:]], 2.0, NOW)


def test_where_all_is_well_there_is_no_problem() -> None:
    assert status_of().problems == []


def test_the_rate_is_of_what_was_read_between_two_looks() -> None:
    name = "batch_records_sum"
    found = status_of(sample(name, 500), before=(sample(name, 300),)).processes[0]
    assert found.records_per_second == 100


@pytest.mark.parametrize(
    ("samples", "problem"),
    [
        ([sample("lag_seconds", 600, topics="a")], "resolve: the oldest record not read is 0:10:00 old"),
        ([sample("missing_events", 3)], "resolve: 3 records were removed by the broker before they were read"),
        (
            [sample("dead_letters_total", 2, partner="csac", code="internal_error")],
            "csac: 2 events rejected by a bug of ours",
        ),
        (
            [sample("partner_arrived_timestamp_seconds", NOW - 3 * 86_400, partner="csac")],
            "csac: quiet for 3 days, 0:00:00",
        ),
    ],
)
def test_what_is_not_as_it_should_be_is_said(samples: list[Sample], problem: str) -> None:
    assert status_of(*samples).problems == [problem]


def test_a_little_lag_an_ordinary_dead_letter_and_a_stranger_are_no_problem() -> None:
    found = status_of(
        sample("lag_seconds", 5, topics="a"), sample("lag_events", 9, topics="a"),
        sample("dead_letters_total", 2, partner="csac", code="undecodable"),
        sample("dead_letters_total", 0, partner="csac", code="internal_error"),
        sample("partner_arrived_timestamp_seconds", 0, partner="other"),
    )  # fmt: skip
    assert found.problems == []
    assert found.processes[0].lag_events == 9
    assert found.dead_letters == {"csac": {"undecodable": 2}}


def test_what_keeps_a_process_from_its_work_is_its_problem() -> None:
    found = status_of(why=("waiting for the broker",))
    assert found.problems == ["resolve: waiting for the broker"]
    assert not found.processes[0].is_ready


def test_a_fact_of_several_processes_is_said_once_with_their_names() -> None:
    away = [Seen(role, "http://127.0.0.1:1", True, (), ("the broker does not answer",)) for role in ROLES]  # noqa: FBT003
    slow = Seen("consent", "http://127.0.0.1:1", True, (), (*away[1].why_not_ready, "of its own"))  # noqa: FBT003
    seen = [away[0], slow, *away[2:]]
    assert judged("x", None, seen, seen, 1.0, NOW).problems == [
        "resolve, consent, signals, serve: the broker does not answer",
        "consent: of its own",
    ]


@pytest.mark.parametrize("problem", [None, "does not answer on x"])
def test_a_lag_that_cannot_be_measured_is_not_known_rather_than_nought(problem: str | None) -> None:
    measured = Seen("resolve", "http://127.0.0.1:1", True, (), (), (sample("lag_events", 0), sample("lag_seconds", 0)))  # noqa: FBT003
    seen = [measured, *WELL[1:]]
    found = judged("x", problem, seen, seen, 1.0, NOW)
    lags = [(process.lag_events, process.lag_seconds) for process in found.processes]
    assert lags == [(0, 0.0) if problem is None else (None, None), (None, None), (None, None), (None, None)]
    assert all(process.records_per_second == 0 for process in found.processes), "what was read is known"


def test_a_process_that_never_started_and_one_that_was_killed_are_told_apart(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    (tmp_path / "metrics").mkdir()
    (tmp_path / "metrics" / "consent").write_text(f"http://127.0.0.1:{port}")
    seen = [see(role, tmp_path) for role in ROLES]
    found = judged("x", None, seen, seen, 1.0, NOW)
    problems = found.problems
    figures = {(p.lag_events, p.lag_seconds, p.records_per_second) for p in found.processes}
    assert figures == {(None, None, None)}, "not known is not nought"
    assert "resolve, signals, serve: not started, or stopped" in problems
    assert f"consent: does not answer on http://127.0.0.1:{port}: killed, or hanging; see its log" in problems


def test_a_process_is_seen_by_its_endpoints(tmp_path: Path) -> None:
    pulse = Pulse()
    pulse.follows(3)
    sweeps = [Progress("everyone", is_running=True, done=4, persons=9), Progress("day", is_running=False)]
    metrics = Metrics("consent", pulse, lambda: sweeps)
    metrics.done(Done(7, {}, {}, {}, 0, {("dead_letters", "csac", "too_large"): 2}))
    with served(Health("consent", pulse, metrics), Settings(data_dir=tmp_path)):
        seen = see("consent", tmp_path)
    assert (seen.is_up, seen.why_not_live, seen.why_not_ready) == (True, (), ())
    assert seen.total("throughline_batch_records_sum") == 7
    found = judged("x", None, [seen], [seen], 1.0, NOW)
    assert [(s.sweep, s.done, s.persons) for s in found.sweeps] == [("everyone", 4, 9)]


def run(folder: Path, *words: str) -> tuple[int, dict[str, Any]]:
    done = throughline(folder, "status", "--json", *words)
    return done.returncode, json.loads(done.stdout)


def test_where_nothing_runs_the_command_says_so_and_exits_with_1(tmp_path: Path) -> None:
    code, found = run(tmp_path)
    assert code == 1
    assert found["ok"] is False
    assert found["problems"][0].startswith("broker: none is known: set THROUGHLINE_BOOTSTRAP")
    assert [process["role"] for process in found["processes"]] == list(ROLES)


def test_the_table_names_every_process(tmp_path: Path) -> None:
    done = throughline(tmp_path, "status")
    assert done.returncode == 1
    assert all(role in done.stdout for role in ROLES)
    assert "  resolve, consent, signals, serve: not started, or stopped\n" in done.stdout
    assert done.stdout.count("unknown") == 3 * len(ROLES)
    assert os.environ.get("HOME", "x") not in done.stdout


def test_sinks_of_their_own_are_shown_where_there_are_any(tmp_path: Path) -> None:
    (tmp_path / "metrics").mkdir()
    assert [process.role for process in look(tmp_path, None).processes] == list(ROLES)
    for name in ("sink-a", "sink-b"):
        (tmp_path / "metrics" / name).write_text("http://127.0.0.1:1")
    assert [process.role for process in look(tmp_path, None).processes] == [*ROLES, "sink-a", "sink-b"]
