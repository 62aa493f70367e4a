"""Three Kafka brokers on this machine, each of them a controller too, so that any one may be killed."""

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from confluent_kafka import KafkaException

from deploy.kafka_settings import HOST, Seat
from deploy.local_kafka import LocalKafka, new_cluster_id, quiet_admin
from streams import topics
from support.ports import free_ports

BROKERS = 3
HEAP_MEGABYTES = 256
START_SECONDS = 120.0
IN_SYNC_SECONDS = 60.0
LOOK_SECONDS = 0.1


class Cluster:
    """Use as a context manager; every broker keeps its port and its data over a kill."""

    def __init__(self, folder: Path) -> None:
        """In a folder that is new."""
        ports = free_ports(2 * BROKERS)
        cluster_id, controller_ports = new_cluster_id(), tuple(ports[BROKERS:])
        self.nodes = [
            LocalKafka(
                folder / f"broker-{node}",
                port=port,
                heap_megabytes=HEAP_MEGABYTES,
                flush_every_message=False,
                seat=Seat(node, cluster_id, controller_ports),
                start_timeout_seconds=START_SECONDS,
            )
            for node, port in enumerate(ports[:BROKERS], 1)
        ]
        self.bootstrap = ",".join(f"{HOST}:{node.port}" for node in self.nodes)

    def __enter__(self) -> Self:
        """Start all of them: none answers before most of them run."""
        try:
            self.start(self.nodes)
        except BaseException:
            self._kill_all()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End all of them; nobody needs their data any more."""
        self._kill_all()

    def start(self, nodes: Sequence[LocalKafka]) -> None:
        """Start those of some that do not run, and wait until every replica of every topic is in sync."""
        with ThreadPoolExecutor(len(nodes)) as beside:
            list(beside.map(LocalKafka.start, nodes))
        if all(node.is_running() for node in self.nodes):
            self._wait_until_in_sync()

    def _wait_until_in_sync(self) -> None:
        admin, deadline = quiet_admin(self.bootstrap), time.monotonic() + IN_SYNC_SECONDS
        while time.monotonic() < deadline:
            with suppress(KafkaException):
                found = admin.list_topics(timeout=10)
                if len(found.brokers) == BROKERS and not topics.lagging(found.topics.values()):
                    return
            time.sleep(LOOK_SECONDS)
        raise AssertionError("replicas did not come into sync")

    def _kill_all(self) -> None:
        for node in self.nodes:
            node.kill()
