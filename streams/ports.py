"""What a stage needs of Kafka and of time: real clients here, a simulated broker's in ``tests/simulation``."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass

from confluent_kafka import Consumer, Producer
from confluent_kafka.admin import AdminClient

from streams import clients


def in_time(act: Callable[[], object], seconds: float) -> None:
    """Do it, in a thread that is left behind where it does not come back.

    After its coordinator was away, librdkafka may wait for ever in ``send_offsets_to_transaction``, whatever time-out
    it was given (confluentinc/librdkafka issue 5456; seen with 2.16 at every kill of a lone broker).

    Raises:
        TimeoutError: it did not come back.
    """
    done: Future[None] = Future()

    def run() -> None:
        try:
            act()
        except BaseException as error:  # noqa: BLE001  # handed over to whoever waits
            done.set_exception(error)
        else:
            done.set_result(None)

    threading.Thread(target=run, name="send-offsets", daemon=True).start()
    try:
        done.result(seconds)
    except TimeoutError:
        raise TimeoutError("the group's coordinator does not answer") from None


@dataclass(frozen=True)
class Ports:
    """The parts that a stage moves records with."""

    consumer: Callable[..., Consumer] = clients.consumer
    producer: Callable[..., Producer] = clients.producer
    admin: Callable[[str], AdminClient] = clients.admin
    in_time: Callable[[Callable[[], object], float], None] = in_time
    """Does something, and gives up waiting for it after so many seconds."""
    clock: Callable[[], float] = time.monotonic
    """Seconds, from anywhere."""


REAL = Ports()
