"""A worker whose store was lost, as operators see it: while it stands still, after it was ended, and mended."""

import json
import shutil
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from support.commands import throughline
from support.waits import wait_until

from deploy import processes
from deploy.scrape import see
from deploy.stack import Stack
from streams.errors import Stop, ThroughlineError
from streams.settings import Settings
from streams.stops import Stops
from streams.store import path_of

pytestmark = pytest.mark.broker
ROLE = "resolve"
SECONDS = 120


@pytest.fixture
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Everything at work, and resolve's store lost."""
    with Stack(Settings(data_dir=tmp_path_factory.mktemp("stopped"), portal_port=0, broker="native")) as started:
        wait_until(lambda: see(ROLE, started.data_dir).total("throughline_batch_records_sum") > 0, "a record")
        assert throughline(started.data_dir, "drain", ROLE).returncode == 0
        shutil.rmtree(path_of(started.data_dir, ROLE))
        started.start(ROLE)
        yield started


def told(stack: Stack) -> tuple[str, str | None]:
    """What status says of it: its problem, and the code of its stop."""
    said = json.loads(throughline(stack.data_dir, "status", "--json").stdout)
    row: dict[str, Any] = next(one for one in said["processes"] if one["role"] == ROLE)
    return next((line for line in said["problems"] if line.startswith(ROLE)), ""), row["stopped"]


def test_a_stop_is_seen_while_the_worker_stands_still_after_it_was_ended_and_no_more_once_it_goes_on(
    stack: Stack,
) -> None:
    wait_until(lambda: see(ROLE, stack.data_dir).stopped is Stop.STORE_BEHIND, "the stop")
    seen = see(ROLE, stack.data_dir)
    assert httpx.get(f"{seen.address}/health/live").status_code == 200
    assert httpx.get(f"{seen.address}/health/ready").json()["stopped"] == "store_behind"
    line, code = told(stack)
    assert line.startswith("resolve: the store is behind its group")
    assert code == "store_behind"
    with pytest.raises(ThroughlineError, match="resolve has stopped: the store is behind its group"):
        stack.check()

    ended = throughline(stack.data_dir, "drain")
    assert ended.returncode == 1
    assert ended.stdout.splitlines()[0].startswith("resolve: had stopped and has ended: see `throughline status`")
    assert processes.exit_code(stack.running[ROLE]) == 0, "what was asked for is no failure: no supervisor's loop"
    line, code = told(stack)
    assert line.startswith("resolve: has ended, after it had stopped at 20")
    assert code == "store_behind"

    rebuilt = throughline(stack.data_dir, "rebuild", ROLE)
    assert rebuilt.returncode == 0, rebuilt.stderr
    stack.start(ROLE)
    wait_until(lambda: told(stack) == ("", None), "resolve at work")
    assert throughline(stack.data_dir, "agreements", "reissue", "lausd_counseling").returncode == 0
    wait_until(lambda: Stops(ROLE, stack.data_dir).noted() is None, "the note's end")
    stack.check()
