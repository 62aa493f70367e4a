"""Which local Kafka: in a container or native. An address that is given goes before both: callers look for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from deploy import container_kafka
from deploy.container_kafka import PULL_SECONDS, ContainerKafka
from deploy.kafka_jars import LocalKafkaError, say_nothing
from deploy.local_kafka import LocalKafka

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

Way = Literal["native", "container"]
FORCE = "THROUGHLINE_BROKER"


def choose(forced: Way | None, tell: Callable[[str], None] = say_nothing, *, pull_seconds: float = PULL_SECONDS) -> Way:
    """Return how to start a Kafka: as forced; else in a container where Docker answers and has the image; else native.

    An image that is not there is waited for `pull_seconds`, once. Raises LocalKafkaError where a container is forced
    and cannot be.
    """
    if forced == "native":
        return forced
    if not container_kafka.engine_answers():
        if forced:
            raise LocalKafkaError(f"{FORCE}=container, but no Docker engine answers: start it, or set {FORCE}=native")
        return "native"
    if container_kafka.has_image(image := container_kafka.image(), pull_seconds, tell):
        return "container"
    if forced:
        raise LocalKafkaError(
            f"{FORCE}=container, but there is no image {image}: see docs/containers.md, or set KAFKA_IMAGE"
        )
    return "native"


def way_of(folder: Path, forced: Way | None, tell: Callable[[str], None] = say_nothing) -> Way:
    """Return how to start a Kafka over a folder: one that has data there stays what it was; else as `choose` says.

    Raises LocalKafkaError where the folder holds the other way's data than the forced one's, and as `choose`.
    """
    held = _held(folder)
    if held and forced and held != forced:
        raise LocalKafkaError(f"{folder} has the data of a {held} Kafka, {FORCE} says {forced}: run `make clean`")
    return held or choose(forced, tell)


def local(folder: Path, way: Way, tell: Callable[[str], None] = say_nothing) -> LocalKafka | ContainerKafka:
    """Return a Kafka over a folder, ready to be started. Raises LocalKafkaError as `way_of`."""
    if way_of(folder, way) == "native":
        tell("starting Kafka")
        return LocalKafka(folder, on_progress=tell)
    tell("starting Kafka in a container")
    return ContainerKafka(folder)


def _held(folder: Path) -> Way | None:
    if container_kafka.find(folder):
        return "container"
    return "native" if (folder / "kafka.json").exists() else None
