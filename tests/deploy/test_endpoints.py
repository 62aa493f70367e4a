"""The operators' paths on the portal's port: who gets what."""

import asyncio
from dataclasses import dataclass, field

import httpx
import pytest
from fastapi import FastAPI

from deploy.endpoints import add_endpoints, is_loopback
from streams.health import Health
from streams.metrics import Metrics
from streams.pulse import Pulse

EVERYWHERE = "0.0.0.0"  # noqa: S104  # nothing is bound


@dataclass
class Asking:
    """Somebody on a machine who asks the portal."""

    peer: str
    metrics_host: str = "127.0.0.1"
    pulse: Pulse = field(default_factory=Pulse)

    def get(self, path: str, **headers: str) -> httpx.Response:
        """Ask."""
        app = FastAPI()
        add_endpoints(app, Health("serve", self.pulse, Metrics("serve", self.pulse)), self.metrics_host)
        return asyncio.run(self._get(app, path, headers))

    async def _get(self, app: FastAPI, path: str, headers: dict[str, str]) -> httpx.Response:
        transport = httpx.ASGITransport(app, client=(self.peer, 50_000))
        async with httpx.AsyncClient(transport=transport, base_url="http://portal") as client:
            return await client.get(path, headers=headers)


@pytest.mark.parametrize("peer", ["127.0.0.1", "::1"])
def test_this_machine_gets_metrics(peer: str) -> None:
    answer = Asking(peer).get("/metrics")
    assert answer.status_code == 200
    assert "throughline_ready" in answer.text


def test_another_machine_gets_none() -> None:
    answer = Asking("203.0.113.9").get("/metrics")
    assert answer.status_code == 403
    assert "throughline_" not in answer.text


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "Via", "X-Real-IP"])
def test_who_comes_through_a_proxy_on_this_machine_gets_none(header: str) -> None:
    assert Asking("127.0.0.1").get("/metrics", **{header: "203.0.113.9"}).status_code == 403


def test_everybody_gets_them_where_the_metrics_host_says_so() -> None:
    assert Asking("203.0.113.9", metrics_host=EVERYWHERE).get("/metrics").status_code == 200


def test_everybody_may_ask_for_health_and_a_dead_sink_shows() -> None:
    pulse = Pulse()
    pulse.settled()
    pulse.answered(partitions=3)
    client = Asking("203.0.113.9", pulse=pulse)
    assert [client.get(path).status_code for path in ("/health/live", "/health/ready")] == [200, 200]
    pulse.ended()
    assert [client.get(path).status_code for path in ("/health/live", "/health/ready")] == [503, 503]
    assert client.get("/health/live").json() == {"role": "serve", "status": "failing", "why": ["the loop has ended"]}


@pytest.mark.parametrize(
    ("host", "own"),
    [("localhost", True), ("127.0.0.7", True), ("::1", True), (EVERYWHERE, False), ("example.org", False), ("", False)],
)
def test_which_hosts_are_this_machine_alone(host: str, own: bool) -> None:  # noqa: FBT001  # a column of the table
    assert is_loopback(host) is own
