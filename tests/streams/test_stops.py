"""A worker that stops stands still and says so: in health, metrics and a note that outlives it."""

import threading
from pathlib import Path

import httpx
import pytest
from support.waits import wait_until

from streams.errors import DiskError, Stop, StoppedError
from streams.health import Health, served
from streams.metrics import Metrics
from streams.pulse import Done, Pulse
from streams.settings import Settings
from streams.stops import Stops

LINE = "consent cannot decide resolved.events/0/7: report this; nothing after it was released"


def stop() -> None:
    raise StoppedError(LINE, Stop.UNDECIDABLE)


def done(records: int) -> Done:
    return Done(records, {}, {}, {}, 0)


@pytest.fixture
def stopped(tmp_path: Path) -> Stops:
    """A role that has stopped, and whose process has ended."""
    told = threading.Event()
    told.set()
    stops = Stops("consent", tmp_path)
    stops.stand_still_after(stop, Pulse(), told)
    return stops


def test_it_stands_still_until_it_is_told_to_end_and_answers_live_not_ready_and_why(tmp_path: Path) -> None:
    pulse, told = Pulse(), threading.Event()
    health = Health("consent", pulse, Metrics("consent", pulse))
    worker = threading.Thread(target=Stops("consent", tmp_path).stand_still_after, args=(stop, pulse, told))
    with served(health, Settings(data_dir=tmp_path)) as address:
        assert 'throughline_stopped{stage="consent",why="undecidable"} 0.0' in httpx.get(f"{address}/metrics").text
        worker.start()
        wait_until(lambda: httpx.get(f"{address}/health/ready").json().get("stopped") == "undecidable", "the stop")
        ready, live = (httpx.get(f"{address}/health/{path}") for path in ("ready", "live"))
        assert (ready.status_code, ready.json()["why"]) == (503, [LINE])
        assert (live.status_code, live.json()["stopped"]) == (200, "undecidable"), "a new start would not help"
        text = httpx.get(f"{address}/metrics").text
        stopped_by = {why: f'throughline_stopped{{stage="consent",why="{why.value}"}} 1.0' in text for why in Stop}
        assert stopped_by == {why: why is Stop.UNDECIDABLE for why in Stop}
        assert worker.is_alive()
        told.set()
        worker.join(10)
    assert not worker.is_alive()


def test_the_note_outlives_the_process_and_its_next_start_and_goes_with_the_first_record_done(stopped: Stops) -> None:
    noted = stopped.noted()
    assert noted is not None
    assert (noted.why, noted.line) == (Stop.UNDECIDABLE, LINE)
    stopped.done(done(0))
    assert stopped.noted() == noted, "a batch that read nothing has not met what was in the way"
    stopped.done(done(1))
    assert stopped.noted() is None


def test_another_end_than_a_stop_is_not_stood_still_for(tmp_path: Path) -> None:
    def fail() -> None:
        raise DiskError("the store does not answer")

    with pytest.raises(DiskError):
        Stops("consent", tmp_path).stand_still_after(fail, Pulse(), threading.Event())
    assert Stops("consent", tmp_path).noted() is None


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"why": "tired", "line": "", "at": "", "process": 1}'])
def test_a_note_that_was_cut_off_is_none(stopped: Stops, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "stopped" / "consent.json").write_bytes(content)
    assert stopped.noted() is None
