"""``throughline serve`` and ``throughline sign-in``: portal and live feed, over views of its own or of many."""

import ipaddress
import signal
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import Annotated, Protocol

import duckdb
import structlog
import typer
import uvicorn

from deploy import portal_files
from deploy.console import FAILED, bootstrap, stop_on_signals
from deploy.endpoints import add_endpoints
from deploy.portal_files import FreshMapping, FreshSequence
from portal.app import create_app
from portal.feed import Feed
from portal.parts import PortalParts
from portal.sign_in import Spent, make_sign_in_link
from schemas_avro import codec
from sinks.case_views import CaseViews
from sinks.questions import Questions
from sinks.views import Readable, ViewFormatError, ViewLockedError, ViewsError
from streams import memory, settings, telemetry
from streams.errors import StoppedError, ThroughlineError
from streams.health import Health, served
from streams.keyring import read_or_make_secret
from streams.metrics import Metrics
from streams.pulse import Pulse, Standing, Written
from streams.settings import Settings
from streams.sink import Sink
from streams.stops import Stops
from streams.telemetry import where

log = structlog.get_logger()
ROLE = "serve"
GRACE_SECONDS = 3


def serve(
    port: Annotated[int | None, typer.Option(help="Port of the portal; 0: any free one.")] = None,
) -> None:
    """Keep the case views up to date and show them, until SIGTERM.

    Example: throughline serve --port 8420
    """
    chosen = settings.load()
    telemetry.configure(chosen.name_of(ROLE), chosen.data_dir / "logs", chosen.log_level)
    codec.use_arrow(chosen.codec == "arrow")
    memory.prepare()
    _refuse_open_address(chosen)
    listener = _listen(chosen.portal_host, chosen.portal_port if port is None else port)
    with _opened(chosen) as (views, source):
        code = _Service(chosen, views, source, listener).run()
    if code:
        raise typer.Exit(code)


class _Source(Protocol):
    """Who hears of what is new: the sink in this process, or the notices of sinks in others."""

    def run(self, stopping: threading.Event) -> None:
        """Go on until told to stop."""

    def standings(self) -> Sequence[Standing]:
        """How far what it reads is read."""


_Making = Callable[[Feed, Pulse, Callable[[Written], None]], _Source]


@contextmanager
def _opened(chosen: Settings) -> Iterator[tuple[Readable, _Making]]:
    """The views, and what makes the source of their news: a sink of our own over a file, or who writes PostgreSQL."""
    if chosen.views_dsn is not None:
        from deploy.shared_views import reading  # noqa: PLC0415  # an extra that one machine does not need

        with reading(chosen) as (reader, hearing):
            yield reader, lambda feed, pulse, _: hearing(feed, pulse)
        return
    address = bootstrap(must_answer=False)
    with closing(_open_views(chosen)) as views:
        yield (
            views,
            lambda feed, pulse, told: Sink(
                address, views, lambda changes, news: feed.publish(changes, everyone=news), pulse=pulse, told=told
            ),
        )


@dataclass
class _Service:
    """The thread that hears of what is new, and the web server, which live and die together."""

    chosen: Settings
    views: Readable
    making: _Making
    listener: socket.socket
    failed: bool = False

    def run(self) -> int:
        """Serve until told to stop; the exit code."""
        feed, stopping, pulse = Feed(), threading.Event(), Pulse()
        name = self.chosen.name_of(ROLE)
        metrics, stops = Metrics(ROLE, pulse), Stops(name, self.chosen.data_dir)
        health = Health(name, pulse, metrics, self._why_not)
        told = stop_on_signals()
        source = self.making(feed, pulse, lambda written: self._written(written, metrics, stops))
        metrics.follow(source.standings)
        app = create_app(portal_parts(self.chosen, self.views, feed))
        add_endpoints(app, health, self.chosen.metrics_host)
        config = uvicorn.Config(app, log_config=None, access_log=False, timeout_graceful_shutdown=GRACE_SECONDS)
        server = _Server(config, feed, told)
        thread = threading.Thread(target=self._sink, args=(source, pulse, stops, stopping, server), name="sink")
        with served(health, self.chosen):
            thread.start()
            host, port = self.listener.getsockname()[:2]
            note_address(self.chosen, self.chosen.portal_address or f"http://{host}:{port}")
            log.info("started", address=f"http://{host}:{port}")
            server.run(sockets=[self.listener])
            stopping.set()
            thread.join()
            if pulse.stop is not None:
                told.wait()
        log.info("stopped")
        return FAILED if self.failed else 0

    def _why_not(self) -> list[str]:
        try:
            Questions(self.views).ping()
        except (duckdb.Error, ViewsError):
            return ["the views do not answer"]
        return []

    @staticmethod
    def _written(written: Written, metrics: Metrics, stops: Stops) -> None:
        metrics.written(written)
        stops.done(written)

    def _sink(
        self, source: _Source, pulse: Pulse, stops: Stops, stopping: threading.Event, server: uvicorn.Server
    ) -> None:  # fmt: skip
        """Without its sink the portal would show a view that stands still: both end."""
        try:
            source.run(stopping)
        except StoppedError as error:
            stops.say(error, pulse)
        except (ThroughlineError, ViewsError) as error:
            self.failed = True
            log.error("sink_stopped", why=str(error))  # noqa: TRY400  # expected errors have no traceback
        except Exception as error:  # noqa: BLE001  # whatever it is, it must not die in silence
            self.failed = True
            log.error("bug", error=type(error).__name__, where=where(error))  # noqa: TRY400
        finally:
            pulse.ended()
            server.should_exit = True


class _Server(uvicorn.Server):
    """Lets go of open feeds as soon as it is to stop; it would wait for them."""

    def __init__(self, config: uvicorn.Config, feed: Feed, told: threading.Event) -> None:
        super().__init__(config)
        self._feed, self._told = feed, told

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Told to stop."""
        self._told.set()
        super().handle_exit(sig, frame)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop on SIGTERM and Ctrl-C; uvicorn's own then raises them again, and the views would never be closed."""
        asked = {number: signal.signal(number, self.handle_exit) for number in (signal.SIGTERM, signal.SIGINT)}
        try:
            yield
        finally:
            for number, before in asked.items():
                signal.signal(number, before)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop."""
        self._feed.close()
        await super().shutdown(sockets)


def portal_parts(chosen: Settings, views: Readable, feed: Feed) -> PortalParts:
    """What the portal is made of."""
    there = portal_files.taking_part(chosen)
    return PortalParts(
        views=views,
        users=FreshMapping(portal_files.users(chosen.users)),
        secret_key=portal_secret(chosen),
        feed=feed,
        known_pairs=FreshSequence(lambda: there().pairs),
        recipients=FreshSequence(lambda: there().recipients),
        names=FreshMapping(lambda: there().names),
        organization_names=FreshMapping(portal_files.organizations(chosen.organizations)),
        spent=Spent(chosen.data_dir / "secrets" / "used-links"),
    )


def portal_secret(chosen: Settings) -> str:
    """Key that signs links and sessions; made at first use."""
    return read_or_make_secret(chosen.data_dir / "secrets" / "portal.key").hex()


def note_address(chosen: Settings, address: str) -> None:
    """Write the portal's address down for ``sign-in``."""
    (chosen.data_dir / "portal").write_text(address, encoding="ascii")


def _refuse_open_address(chosen: Settings) -> None:
    """Sign-in by link is for loopback; a portal for the world stands behind TLS and an identity provider."""
    host = chosen.portal_host
    if host != "localhost" and not ipaddress.ip_address(host).is_loopback and not chosen.portal_behind_loopback:
        raise ThroughlineError(f"the portal signs in by link and so listens on loopback only, not on {host}")


def _listen(host: str, port: int) -> socket.socket:
    try:
        return socket.create_server((host, port), reuse_port=False)
    except OSError as error:
        raise ThroughlineError(
            f"port {port} is taken: stop who has it, or set THROUGHLINE_PORTAL_PORT to another (0: any free one)"
        ) from error


def _open_views(chosen: Settings) -> CaseViews:
    path = chosen.data_dir / "views" / "case.duckdb"
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        return CaseViews.open(path)
    except (ViewFormatError, ViewLockedError) as error:
        raise ThroughlineError(str(error)) from error


def sign_in(user_id: Annotated[str, typer.Argument(help="Id of the user, as in the users' file.")]) -> None:
    """Print a link that signs a user in to the running portal, once, within 12 hours.

    Example: throughline sign-in cm-alvarez
    """
    chosen = settings.load()
    if user_id not in portal_files.read_users(chosen.users):
        raise ThroughlineError(f"no such user in {chosen.users.name}; add one with id, name and recipient")
    noted = chosen.data_dir / "portal"
    if not noted.exists():
        raise ThroughlineError("no portal is known; start one with `throughline serve` or `make demo`")
    typer.echo(make_sign_in_link(noted.read_text(encoding="ascii"), portal_secret(chosen), user_id))
