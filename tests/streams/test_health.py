"""Endpoints of processes: they mean what they say. The broker is really killed."""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from structlog.testing import capture_logs
from support.waits import wait_until

from deploy.agreements_folder import load_agreements
from deploy.commands.topics import activate_agreements, create_topics
from deploy.commands.worker import run_stage
from deploy.local_kafka import LocalKafka
from sinks.case_views import CaseViews
from streams import pulse as pulses
from streams.errors import BROKER_AWAY, ThroughlineError
from streams.health import Health, noted, served
from streams.metrics import Metrics
from streams.pulse import Pulse
from streams.settings import Settings
from streams.sink import Sink


class Turned:
    """A pulse whose clock the test turns."""

    def __init__(self) -> None:
        self.now = 0.0
        self.pulse = Pulse(lambda: self.now)

    def work(self) -> None:
        """All is well."""
        self.pulse.turned()
        self.pulse.settled()
        self.pulse.answered(partitions=3)


def test_a_loop_that_works_is_live_and_ready() -> None:
    turned = Turned()
    turned.work()
    assert turned.pulse.why_not_live() == []
    assert turned.pulse.why_not_ready() == []


def test_a_loop_that_hangs_is_neither_live_nor_ready() -> None:
    turned = Turned()
    turned.work()
    turned.now += pulses.LIVE_SECONDS + 1
    assert turned.pulse.why_not_live() == ["the loop has not turned for 121 seconds"]
    assert turned.pulse.why_not_live()[0] in turned.pulse.why_not_ready()


def test_a_loop_that_waits_for_a_friend_is_live_but_not_ready_until_it_goes_on() -> None:
    turned = Turned()
    turned.work()
    turned.pulse.waits("store")
    assert turned.pulse.why_not_live() == []
    assert turned.pulse.why_not_ready() == ["the store does not answer"]
    turned.now += pulses.ANSWER_SECONDS + 1
    turned.pulse.waits("store")
    assert turned.pulse.why_not_ready() == ["the store does not answer"], "nobody has asked the broker meanwhile"
    turned.pulse.answered()
    turned.pulse.goes_on()
    assert turned.pulse.why_not_ready() == []


def test_a_broker_that_has_not_answered_for_long_makes_it_not_ready() -> None:
    turned = Turned()
    turned.work()
    turned.now += pulses.ANSWER_SECONDS + 1
    assert turned.pulse.why_not_ready() == ["the broker does not answer"]
    turned.pulse.waits("broker")
    assert turned.pulse.why_not_ready() == ["the broker does not answer"], "one fact, in one wording"


def test_what_is_waited_for_is_said_as_the_log_says_it() -> None:
    turned = Turned()
    turned.work()
    turned.pulse.waits("broker", "no topic signals.x like released.x: run `throughline topics create`")
    assert turned.pulse.why_not_ready() == ["no topic signals.x like released.x: run `throughline topics create`"]


def test_before_its_first_assignment_and_after_its_end_it_is_not_ready() -> None:
    turned = Turned()
    assert turned.pulse.why_not_ready() == [BROKER_AWAY], "what follows from that is not said beside it"
    turned.pulse.answered()
    assert len(turned.pulse.why_not_ready()) == 2
    turned.work()
    turned.pulse.ended()
    assert turned.pulse.why_not_live() == ["the loop has ended"]


@contextmanager
def endpoints(folder: Path, pulse: Pulse, why_not: Callable[[], list[str]] = list) -> Iterator[str]:
    """Endpoints of a process that does nothing else."""
    health = Health("resolve", pulse, Metrics("resolve", pulse), why_not)
    with served(health, Settings(data_dir=folder)) as address:
        yield address


def test_endpoints_answer_with_a_status_and_why_and_note_their_address(tmp_path: Path) -> None:
    turned, troubles = Turned(), ["the views do not answer"]
    with endpoints(tmp_path, turned.pulse, lambda: troubles) as address:
        assert noted(tmp_path) == {"resolve": address}
        assert address.startswith("http://127.0.0.1:")
        turned.work()
        answer = httpx.get(f"{address}/health/ready")
        assert answer.status_code == 503
        assert answer.json() == {"role": "resolve", "status": "failing", "why": troubles}
        troubles.clear()
        assert httpx.get(f"{address}/health/ready").json() == {"role": "resolve", "status": "ok", "why": []}
        assert httpx.get(f"{address}/health/live").status_code == 200
        assert "throughline_ready" in httpx.get(f"{address}/metrics").text
        assert httpx.get(f"{address}/table/birth_date").status_code == 404
    assert noted(tmp_path) == {}


def test_a_port_that_is_taken_is_said_with_the_remedy(tmp_path: Path) -> None:
    with endpoints(tmp_path, Pulse()) as address:
        taken = Settings(data_dir=tmp_path, metrics_port=int(address.rpartition(":")[2]))
        health = Health("consent", Pulse(), Metrics("consent", Pulse()))
        with pytest.raises(ThroughlineError, match="THROUGHLINE_METRICS_PORT"), served(health, taken):
            pass


class Readiness:
    """What a process says of its being ready."""

    def __init__(self, folder: Path, role: str) -> None:
        self._folder, self._role = folder, role

    def why(self) -> list[str] | None:
        """Why it is not ready, empty where it is; None: its endpoints are not there."""
        address = noted(self._folder).get(self._role)
        return None if address is None else list(httpx.get(f"{address}/health/ready").json()["why"])

    def metrics(self) -> str:
        """What Prometheus gets."""
        return httpx.get(f"{noted(self._folder)[self._role]}/metrics").text

    def becomes(self, *, ready: bool) -> None:
        """Wait until it is ready, or is not."""
        wait_until(lambda: self.why() == [] if ready else bool(self.why()), f"{self._role} ready: {ready}")


@contextmanager
def in_a_thread(work: Callable[[threading.Event], None]) -> Iterator[None]:
    stopping = threading.Event()
    thread = threading.Thread(target=work, args=[stopping])
    thread.start()
    try:
        yield
    finally:
        stopping.set()
        thread.join(60)
        assert not thread.is_alive()


@pytest.mark.broker
def test_a_stage_and_the_sink_stop_being_ready_when_the_broker_dies_and_are_again_when_it_is_back(
    own_broker: LocalKafka, tmp_path: Path
) -> None:
    address = own_broker.bootstrap
    chosen = Settings(bootstrap=address, data_dir=tmp_path / "data", released_partitions=1, partner_partitions=1)
    create_topics(address, chosen)
    activate_agreements(address, load_agreements(chosen.agreements))
    pulse = Pulse()
    metrics = Metrics("serve", pulse)
    with closing(CaseViews.open(tmp_path / "views.duckdb")) as views:
        sink = Sink(address, views, lambda *_: None, pulse=pulse, told=metrics.written)
        metrics.follow(sink.standings)
        with (
            served(Health("serve", pulse, metrics), chosen),
            in_a_thread(lambda stopping: run_stage("resolve", chosen, address, stopping)),
            in_a_thread(sink.run),
        ):
            both = [Readiness(chosen.data_dir, role) for role in ("resolve", "serve")]
            for one in both:
                one.becomes(ready=True)
            wait_until(lambda: all("throughline_lag_events{" in one.metrics() for one in both), "the lag of both")
            own_broker.kill()
            with capture_logs() as logged:
                for one in both:
                    one.becomes(ready=False)
                assert [one.why() for one in both] == [[BROKER_AWAY]] * 2, "one fact, and nothing that follows from it"
                wait_until(lambda: {"resolve", "case-views"} <= waiting(logged).keys(), "a line of each log")
            assert set(waiting(logged).values()) == {BROKER_AWAY}, "the log says it as health does"
            assert not any("throughline_lag_events{" in one.metrics() for one in both)
            own_broker.start()
            for one in both:
                one.becomes(ready=True)
            waits = both[0].metrics()
    assert 'throughline_waits_total{friend="broker",stage="resolve"} 0.0' not in waits


def waiting(logged: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Why each stage waits, as its log has it."""
    return {line["stage"]: line["why"] for line in logged if line["event"] == "waiting"}
