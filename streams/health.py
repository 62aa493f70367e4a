"""What a process says over HTTP of how it is: /metrics, /health/live, /health/ready. Without sign-in, without data.

200: so it is; 503: it is not, and the body says why. The server is a small one of its own, in a daemon thread; the
portal answers the same paths on its own port.
"""

import socketserver
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import orjson
from prometheus_client import CONTENT_TYPE_LATEST

from streams.errors import ThroughlineError
from streams.metrics import Metrics
from streams.pulse import Pulse
from streams.settings import Settings

METRICS, LIVE, READY = "/metrics", "/health/live", "/health/ready"
OK, UNAVAILABLE, NOT_FOUND = 200, 503, 404
PHRASES = {OK: "200 OK", UNAVAILABLE: "503 Service Unavailable", NOT_FOUND: "404 Not Found"}
JSON = "application/json"
EVERYWHERE = {"0.0.0.0", "::"}  # noqa: S104  # compared, not bound to
NOTES = "metrics"
"""Folder in the data directory: one file a role, with the address of its endpoints."""


@dataclass(frozen=True)
class Answer:
    """An answer over HTTP."""

    status: int
    content_type: str
    body: bytes


def _nothing_else() -> list[str]:
    return []


@dataclass(frozen=True)
class Health:
    """One process, as its endpoints show it."""

    role: str
    pulse: Pulse
    metrics: Metrics
    why_not: Callable[[], Sequence[str]] = _nothing_else
    """What else keeps it from being ready."""

    def answer(self, path: str) -> Answer:
        """What is answered on a path."""
        if path == METRICS:
            return Answer(OK, CONTENT_TYPE_LATEST, self.metrics.text())
        if path == LIVE:
            return self._judged(self.pulse.why_not_live())
        if path == READY:
            return self._judged([*self.pulse.why_not_ready(), *self.why_not()])
        return Answer(NOT_FOUND, JSON, orjson.dumps({"detail": f"there are {METRICS}, {LIVE} and {READY}"}))

    def _judged(self, why_not: Sequence[str]) -> Answer:
        status = "failing" if why_not else "ok"
        stop = {} if self.pulse.stop is None else {"stopped": self.pulse.stop.value}
        body = orjson.dumps({"role": self.role, "status": status, "why": why_not, **stop})
        return Answer(UNAVAILABLE if why_not else OK, JSON, body)


@contextmanager
def served(health: Health, settings: Settings) -> Iterator[str]:
    """Answer on the metrics' port for as long as this lasts, and note the address; the address.

    Raises:
        ThroughlineError: the port is taken.
    """
    server = _listen(health, settings.metrics_host, settings.metrics_port)
    host = "127.0.0.1" if settings.metrics_host in EVERYWHERE else settings.metrics_host
    address = f"http://{f'[{host}]' if ':' in host else host}:{server.server_port}"
    note = settings.data_dir / NOTES / health.role
    note.parent.mkdir(parents=True, exist_ok=True)
    thread = threading.Thread(target=server.serve_forever, name="health", daemon=True)
    thread.start()
    note.write_text(address, encoding="ascii")
    try:
        yield address
    finally:
        note.unlink(missing_ok=True)
        server.shutdown()
        server.server_close()
        thread.join()


def noted(data_dir: Path) -> dict[str, str]:
    """Address of each role's endpoints, of processes that run or were killed."""
    found = sorted((data_dir / NOTES).glob("*"))
    return {note.name: note.read_text(encoding="ascii").strip() for note in found}


def _listen(health: Health, host: str, port: int) -> WSGIServer:
    def app(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        answer = health.answer(environ["PATH_INFO"])
        headers = [("Content-Type", answer.content_type), ("Content-Length", str(len(answer.body)))]
        start(PHRASES[answer.status], [*headers, ("Cache-Control", "no-store")])
        return [answer.body]

    try:
        return make_server(host, port, app, _Server, _Silent)
    except OSError as error:
        raise ThroughlineError(
            f"port {port} on {host} cannot be had for metrics ({error.strerror}): set THROUGHLINE_METRICS_PORT to "
            "another (0: any free one)"
        ) from error


class _Server(socketserver.ThreadingMixIn, WSGIServer):
    """A scrape that hangs keeps nobody waiting."""

    daemon_threads = True

    def server_bind(self) -> None:
        """Bind, without asking a name server who we are."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])
        self.setup_environ()


class _Silent(WSGIRequestHandler):
    """Says nothing of who asked for what."""

    timeout = 10

    def log_message(self, *_: Any) -> None:
        """Nothing."""
