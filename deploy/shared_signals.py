"""Worker signals among several, as ``throughline worker signals`` runs one that has a name; and how it came there."""

import threading
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import structlog
from confluent_kafka import KafkaException, TopicPartition

from deploy.named import one_of_its_name
from processors.names import state_topic
from streams import clients, layout, positions, topics
from streams.errors import ThroughlineError
from streams.health import Health, served
from streams.metrics import Metrics
from streams.numbering import of_generation
from streams.pulse import Done
from streams.replication import Wanted
from streams.settings import Settings
from streams.shared_signals import SharedSignals, inputs, stage_of
from streams.signals import NAME, OWN
from streams.signals_split import tell_shares, tell_whole
from streams.stops import Stops
from streams.store import Store

log = structlog.get_logger()
SECONDS = 10.0
NOT_SHARED = (
    "signals has worked without a name: run `throughline signals share` once; see "
    '"Several signals" in docs/keep-it-running.md'
)


def run_shared_signals(chosen: Settings, address: str, stopping: threading.Event) -> None:
    """Do a share of the signals until told to stop.

    Raises:
        ThroughlineError: what no waiting mends, but a stop: that is stood still for.
    """
    name = chosen.name_of(NAME)
    with one_of_its_name(chosen.data_dir, name):
        _prepare(chosen, address)
        worker = SharedSignals(chosen, address)
        metrics, stops = Metrics(NAME, worker.pulse), Stops(name, chosen.data_dir)

        def told(done: Done) -> None:
            metrics.done(done)
            if worker.pulse.stop is None:  # a note of one share's stop is not for another to take away
                stops.done(done)

        metrics.follow(worker.standings)
        metrics.follow_turns(worker.turns)
        with served(Health(name, worker.pulse, metrics), chosen):
            log.info("started", kafka=address)
            worker.run(stopping, told, stops.say)
    log.info("stopped")


def _prepare(chosen: Settings, address: str) -> None:
    """Have the topics of the shares, and none that was done without a name and would be forgotten."""
    make_topics(chosen, address)
    try:
        if _has_batch(address, NAME, _places(address)) and not any(
            _has_batch(address, stage_of(n), _places(address, n)) for n in range(chosen.released_partitions)
        ):
            raise ThroughlineError(NOT_SHARED)
    except KafkaException as error:
        raise clients.away(error.args[0]) from error


def make_topics(chosen: Settings, address: str) -> None:
    """Make the changelogs of the shares, and see that there are as many partitions as shares.

    Raises:
        ThroughlineError: the broker does not answer or refuses, or a topic has another number of partitions.
    """
    admin = clients.admin(address)
    wanted = Wanted(chosen.replication_factor, chosen.min_insync_replicas)
    topics.create(admin, [topics.of_state(stage_of(n)) for n in range(chosen.released_partitions)], wanted)
    there = admin.list_topics(timeout=SECONDS).topics
    layout.check({name: len(topic.partitions) for name, topic in there.items()}, chosen, OWN)


def share_out(chosen: Settings, address: str, path: Path) -> None:
    """Tell the shares' changelogs what the store of signals without a name has.

    Args:
        chosen: the settings.
        address: of the broker.
        path: of the store, which nobody has.

    Raises:
        ThroughlineError: the broker does not answer, or a worker has the store; done again it goes on.
    """
    make_topics(chosen, address)
    with Store.open(path, chosen.store_cache_mb) as store:
        tell_shares(address, store, chosen.released_partitions)


def forget_shares(address: str, stages: Sequence[str], generation: int) -> None:
    """Have the changelogs that there are hold nothing but the generation of the numbers to come.

    Raises:
        ThroughlineError: the broker does not answer.
    """
    there = clients.admin(address).list_topics(timeout=SECONDS).topics
    rows = [(table, key, value) for table, row in of_generation(generation).items() for key, value in row.items()]
    try:
        for stage in stages:
            if state_topic(stage) in there:
                tell_whole(address, stage, rows)
    except (KafkaException, BufferError) as error:
        raise clients.trouble(error) from error


def _places(address: str, share: int | None = None) -> list[TopicPartition]:
    with closing(clients.consumer(address, NAME)) as asking:
        return [place for place in positions.places(asking, inputs) if share in {None, place.partition}]


def _has_batch(address: str, group: str, places: list[TopicPartition]) -> bool:
    """Whether a group has read anything."""
    with closing(clients.consumer(address, group)) as asking:
        return any(place.offset >= 0 for place in (asking.committed(places, SECONDS) if places else []))
