"""What a stage needs of Kafka and of time: real clients here, a simulated broker's in ``tests/simulation``."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass

from confluent_kafka import Consumer, Producer
from confluent_kafka.admin import AdminClient

from streams import clients

Answer = Callable[[float], object]
"""Waits at most so many seconds for what is done elsewhere; raises what that raises, or TimeoutError."""


def beside(act: Callable[[], object]) -> Answer:
    """Do something in a thread of its own, which is left behind where it does not come back in time.

    After its coordinator was away, librdkafka may wait for ever in ``send_offsets_to_transaction``, whatever time-out
    it was given (confluentinc/librdkafka issue 5456; seen with 2.16 at every kill of a lone broker).
    """
    done: Future[object] = Future()

    def run() -> None:
        try:
            done.set_result(act())
        except BaseException as error:  # noqa: BLE001  # handed over to whoever waits
            done.set_exception(error)

    def answer(seconds: float) -> object:
        try:
            return done.result(seconds)
        except TimeoutError:
            raise TimeoutError("Kafka does not answer") from None

    threading.Thread(target=run, name="transaction", daemon=True).start()
    return answer


@dataclass(frozen=True)
class Ports:
    """The parts that a stage moves records with."""

    consumer: Callable[..., Consumer] = clients.consumer
    producer: Callable[..., Producer] = clients.producer
    admin: Callable[[str], AdminClient] = clients.admin
    beside: Callable[[Callable[[], object]], Answer] = beside
    """Does something while its caller goes on."""
    clock: Callable[[], float] = time.monotonic
    """Seconds, from anywhere."""


REAL = Ports()
