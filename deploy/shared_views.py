"""Case views in PostgreSQL, as ``throughline worker sink`` writes them and ``throughline serve`` reads them."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import structlog

from deploy.console import told_in_a_line
from deploy.named import one_of_its_name
from deploy.views_dsn import views_dsn
from portal.feed import Feed
from sinks.postgres.listening import Listener
from sinks.postgres.reading import Reader
from sinks.postgres.writing import Writer
from sinks.views import ViewsError
from streams.errors import TransientError, ViewsSilentError
from streams.health import Health, served
from streams.metrics import Metrics
from streams.pulse import Pulse, Standing, Written
from streams.settings import Settings
from streams.shared_sink import TRY_SECONDS, SharedSink, asked
from streams.stops import Stops
from streams.waiting import Waiting

log = structlog.get_logger()
SINK = "sink"


def run_sink(name: str, chosen: Settings, address: str, stopping: threading.Event) -> None:
    """Write a share of the releases and signals until told to stop.

    Args:
        name: of its log and its endpoints.
        chosen: the settings.
        address: of the broker.
        stopping: tells it.

    Raises:
        ThroughlineError: what no waiting mends, but a stop: that is stood still for.
    """
    dsn = views_dsn(chosen)
    metrics, stops = Metrics(SINK, pulse := Pulse()), Stops(name, chosen.data_dir)

    def told(written: Written) -> None:
        metrics.written(written)
        stops.done(written)

    with (
        one_of_its_name(chosen.data_dir, name),
        served(Health(name, pulse, metrics), chosen),
        told_in_a_line(ViewsError),
    ):
        log.info("started", kafka=address)
        waiting = Waiting(SINK, pulse, [TRY_SECONDS])
        try:
            views = waiting.until_done(lambda: asked(lambda: Writer(dsn)), stopping)
        except TransientError:
            return  # told to stop before the database was up
        with views:
            most, linger = chosen.batch_records, chosen.linger_seconds
            sink = SharedSink(address, views, name, most, linger, pulse, told)
            metrics.follow(sink.standings)
            stops.stand_still_after(lambda: sink.run(stopping), pulse, stopping)
    log.info("stopped")


class Hearing:
    """Hears of what sinks elsewhere have written, and wakes the pages that it concerns."""

    def __init__(self, dsn: str, reader: Reader, feed: Feed, pulse: Pulse) -> None:
        """By a connection of its own."""
        self._pulse, waiting = pulse, Waiting(SINK, pulse, [TRY_SECONDS])
        self._listener = Listener(
            dsn, reader, lambda changes, news: feed.publish(changes, everyone=news),
            lambda error: waiting.says(ViewsSilentError(str(error))), self._listens,
        )  # fmt: skip

    def run(self, stopping: threading.Event) -> None:
        """Listen until told to stop."""
        self._listener.run(stopping)

    def standings(self) -> Sequence[Standing]:
        """None: it reads no topics."""
        return ()

    def _listens(self) -> None:
        self._pulse.turned()
        self._pulse.follows(topics=1)


@contextmanager
def reading(chosen: Settings) -> Iterator[tuple[Reader, Callable[[Feed, Pulse], Hearing]]]:
    """The views to be asked, and what makes the source of their news.

    Raises:
        ThroughlineError: they cannot be asked; a portal without views has nothing to say, so it does not wait.
    """
    dsn = views_dsn(chosen)
    with told_in_a_line(ViewsError):
        reader = Reader(dsn)
    with reader:
        yield reader, lambda feed, pulse: Hearing(dsn, reader, feed, pulse)
