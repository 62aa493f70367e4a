"""A real Kafka in a container by testcontainers: the tests' second way to a broker."""

import contextlib
import socket
import time
from collections.abc import Iterator

from testcontainers.core.config import testcontainers_config
from testcontainers.core.container import DockerContainer

from deploy.container_kafka import START_SECONDS, image
from deploy.container_kafka import docker as docker_client
from deploy.kafka_settings import CONTAINER_CLUSTER_ID, CONTAINER_PORT, HOST, container_environment
from deploy.local_kafka import POLL_SECONDS, answers, quiet_admin


@contextlib.contextmanager
def container_kafka() -> Iterator[str]:
    """A broker for as long as the block runs; its address. It removes itself and its data."""
    _do_without_the_reaper_where_it_is_not_there()
    with socket.create_server((HOST, 0)) as probe:
        port = probe.getsockname()[1]
    address = f"{HOST}:{port}"
    container = DockerContainer(image())
    container.ports[f"{CONTAINER_PORT}/tcp"] = (HOST, port)  # its own way of binding opens the port to everybody
    for name, value in container_environment(address).items():
        container.with_env(name, value)
    with container:
        _wait_until_ready(address, container)
        yield address


def _do_without_the_reaper_where_it_is_not_there() -> None:
    """Testcontainers' helper ends what a killed test left; it is an image of its own, which not everybody can pull."""
    known = docker_client("image", "inspect", testcontainers_config.ryuk_image, timeout_seconds=10)
    if known.returncode != 0:
        testcontainers_config.ryuk_disabled = True


def _wait_until_ready(address: str, container: DockerContainer) -> None:
    deadline = time.monotonic() + START_SECONDS
    admin = quiet_admin(address)
    while not answers(admin, CONTAINER_CLUSTER_ID, deadline):
        assert time.monotonic() < deadline, container.get_logs()
        time.sleep(POLL_SECONDS)
