"""``throughline signals reset``: the signals that there were come back after their store was lost."""

import json
import shutil
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from support.commands import throughline
from support.waits import PATIENCE_SECONDS, wait_until

from deploy import demo_run, processes
from deploy.commands.demo import MANAGERS
from deploy.commands.signals import begin_anew
from deploy.ledger import LiveLedger
from deploy.population import generate
from deploy.scrape import see
from deploy.stack import Stack
from deploy.topic_reader import all_of
from partners.client import Publisher
from streams.errors import Stop, ThroughlineError
from streams.settings import Settings
from streams.store import path_of

pytestmark = pytest.mark.broker
NOT_COMPARED = {"raised_at", "changed_at", "source_offset"}
"""When it was decided, and from which record: that is of the second time."""


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    """Everything at work, with signals raised."""
    made = generate(80, 7, decided_on=datetime.now(UTC).date())
    chosen = Settings(
        data_dir=tmp_path / "data", signals_file=tmp_path / "signals.toml", portal_port=0, broker="native"
    )
    chosen.calendar.write_text(made.deadlines.to_toml(), encoding="utf-8")
    with Stack(chosen) as started:
        ledger = LiveLedger(started.bootstrap)
        with Publisher(started.bootstrap, demo_run.PARTNER) as publisher:
            demo_run.run_phase(started, publisher, ledger, made.phases["history"], lambda _: None)
        ledger.close()
        yield started


def raised(stack: Stack, since: int = 0) -> dict[str, dict[str, Any]]:
    """Signals that are raised, by id, as their topics say after so many records."""
    reads = sorted(
        all_of(stack.bootstrap, lambda topic: topic.startswith("signals.")), key=lambda read: read.appended_at
    )
    latest = {read.row["signal_id"]: read.row for read in reads if read.appended_at > since}
    return {
        id_: {name: value for name, value in row.items() if name not in NOT_COMPARED}
        for id_, row in latest.items()
        if row["state"] == "raised"
    }


def settled(stack: Stack) -> dict[str, dict[str, Any]]:
    """The same once nothing more comes."""
    before, deadline = None, time.monotonic() + PATIENCE_SECONDS
    while (found := raised(stack)) != before or not found:
        assert time.monotonic() < deadline
        before = found
        time.sleep(2)
    return found


def test_after_a_reset_and_a_reissue_the_signals_that_there_were_come_out_again(stack: Stack) -> None:
    before = settled(stack)
    refused = throughline(stack.data_dir, "signals", "reset")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr.startswith("throughline: signals.rocksdb is in use by process ")

    with pytest.raises(ThroughlineError, match="on whichever machine it runs"):
        begin_anew(stack.bootstrap, stack.settings.model_copy(update={"data_dir": stack.data_dir / "another"}))

    processes.end([stack.running["signals"]], 30)
    shutil.rmtree(path_of(stack.data_dir, "signals"))
    lost_at = time.time_ns() // 1_000_000
    stack.start("signals")
    wait_until(lambda: see("signals", stack.data_dir).stopped is Stop.STORE_BEHIND, "the stop")
    assert "throughline signals reset" in see("signals", stack.data_dir).why_not_ready[0]
    assert throughline(stack.data_dir, "drain", "signals").returncode == 1

    done = throughline(stack.data_dir, "signals", "reset", "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    recipients = {recipient for _, recipient in MANAGERS.values()}
    assert recipients <= set(told["to_reissue"])
    stack.start("signals")
    for recipient in told["to_reissue"]:
        assert throughline(stack.data_dir, "agreements", "reissue", recipient).returncode == 0

    deadline = time.monotonic() + PATIENCE_SECONDS
    while raised(stack, since=lost_at) != before:
        assert time.monotonic() < deadline, (len(before), len(raised(stack, since=lost_at)))
        time.sleep(1)
    again = throughline(stack.data_dir, "status")
    assert again.stdout.rstrip().endswith("all is well"), again.stdout
