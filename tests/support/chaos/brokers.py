"""Brokers killed with kill -9 and started again, on the same data and the same port."""

import itertools
import random
import time
from concurrent.futures import Future, ThreadPoolExecutor

from deploy.kafka_jars import PortTakenError
from deploy.local_kafka import LocalKafka
from deploy.stack import Stack
from support.cluster import Cluster

BROKER_KILL = "broker kill"
DOWN_SECONDS = 3.0
"""At most, beside the time that a start takes."""
START_SECONDS = 300.0
"""Of a broker that has to look through its logs, where others use the machine too."""
PORT_TRIES = 20


class OnlyBroker:
    """The stack's own; while it is away nothing else is done."""

    def __init__(self, stack: Stack, chance: random.Random) -> None:
        """Of a stack that has a native one."""
        self._stack, self._chance = stack, chance

    def kill(self) -> bool:
        """Kill it and start it again."""
        kafka = self._stack.kafka
        if not isinstance(kafka, LocalKafka):
            raise TypeError("only a native broker of the stack's own is killed")
        kafka.port = int(kafka.bootstrap.rpartition(":")[2])
        kafka.start_timeout_seconds = START_SECONDS
        kafka.kill()
        time.sleep(self._chance.uniform(0, DOWN_SECONDS))
        for again in range(PORT_TRIES):
            try:
                kafka.start()
            except PortTakenError:  # a client that looks for it may have met itself there
                if again == PORT_TRIES - 1:
                    raise
                time.sleep(0.5)
            else:
                break
        return True

    def close(self) -> None:
        """It runs already."""


class EachInTurn:
    """Those of a cluster; a second one only once all replicas are in sync again. Other faults go on meanwhile."""

    def __init__(self, cluster: Cluster, chance: random.Random) -> None:
        """Of a cluster that runs."""
        self._cluster, self._chance = cluster, chance
        self._nodes = itertools.cycle(chance.sample(cluster.nodes, len(cluster.nodes)))
        self._beside = ThreadPoolExecutor(1)
        self._started: Future[None] | None = None

    def kill(self) -> bool:
        """Kill the next one; False: another is not whole again yet."""
        if self._started is not None:
            if not self._started.done():
                return False
            self._started.result()
        node, down = next(self._nodes), self._chance.uniform(0, DOWN_SECONDS)
        node.kill()
        self._started = self._beside.submit(self._start, node, down)
        return True

    def close(self) -> None:
        """Wait until all of them run."""
        self._beside.shutdown()
        if self._started is not None:
            self._started.result()

    def _start(self, node: LocalKafka, down: float) -> None:
        time.sleep(down)
        self._cluster.start([node])
