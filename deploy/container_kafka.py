"""A real Apache Kafka of one's own in a container: what `deploy.local_kafka` is without Docker. By Docker's own client.

The image takes KAFKA_… variables as `apache/kafka` does; `deploy/image/kafka` makes one where that cannot be pulled.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import time
from typing import TYPE_CHECKING, Self

from deploy.kafka_jars import LocalKafkaError, PortTakenError, say_nothing
from deploy.kafka_settings import CONTAINER_CLUSTER_ID, CONTAINER_DATA, CONTAINER_PORT, HOST, container_environment
from deploy.local_kafka import POLL_SECONDS, START_ATTEMPTS, answers, free_port, quiet_admin, telling_line
from deploy.processes import replace_json

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

DEFAULT_IMAGE = "apache/kafka:4.1.0"
ANSWER_SECONDS = 10.0
PULL_SECONDS = 60.0
START_SECONDS = 90.0
STOP_SECONDS = 30


def image() -> str:
    """Name of Kafka's image: KAFKA_IMAGE, which `docker-compose.yml` reads too, or that of the Kafka project."""
    return os.environ.get("KAFKA_IMAGE") or DEFAULT_IMAGE


def docker(*words: str, timeout_seconds: float | None = None) -> subprocess.CompletedProcess[str]:
    """Run Docker's client to its end; without one, or past the time, its exit code is 127 or 124 as in a shell."""
    client = shutil.which("docker")
    if client is None:
        return subprocess.CompletedProcess(words, 127, "", "no docker command")
    try:
        return subprocess.run(
            [client, *words], capture_output=True, text=True, timeout=timeout_seconds, check=False,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(words, 124, "", f"no end after {timeout_seconds:g} s")


def engine_answers(timeout_seconds: float = ANSWER_SECONDS) -> bool:
    """Tell whether there is a Docker engine."""
    return docker("version", "--format", "{{.Server.Version}}", timeout_seconds=timeout_seconds).returncode == 0


def has_image(name: str, pull_seconds: float = PULL_SECONDS, tell: Callable[[str], None] = say_nothing) -> bool:
    """Tell whether an image is there, or comes within `pull_seconds`."""
    if docker("image", "inspect", name, timeout_seconds=ANSWER_SECONDS).returncode == 0:
        return True
    tell(f"Docker found: trying its image {name}, for {pull_seconds:g} s at most")
    return docker("pull", "--quiet", name, timeout_seconds=pull_seconds).returncode == 0


class ContainerKafka:
    """One broker in a container, its data in a volume that outlives it; a context manager that starts and stops it.

    `folder` remembers the port and tells containers of different data directories apart.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder.absolute()
        self.image = image()
        self.name = "throughline-kafka-" + hashlib.sha256(os.fsencode(self.folder)).hexdigest()[:12]
        """Of the container and of its volume."""
        self._port = 0

    @property
    def bootstrap(self) -> str:
        """The address for clients, `127.0.0.1:port`. Raises LocalKafkaError before the first start."""
        if not self._port:
            raise LocalKafkaError("this Kafka was not started yet: call start() first")
        return f"{HOST}:{self._port}"

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_exception: object) -> None:
        self.stop()

    def start(self) -> Self:
        """Start the broker and wait until it answers; one that a dead owner left running is ended first.

        Raises LocalKafkaError, in one line with the remedy: no image, no port, no answer.
        """
        self.end_left_running()
        self.folder.mkdir(parents=True, exist_ok=True)
        for attempt in range(1, START_ATTEMPTS + 1):
            self._port = free_port() if attempt > 1 else self._last_port() or free_port()
            try:
                self._run()
            except PortTakenError:
                if attempt == START_ATTEMPTS:
                    raise
            else:
                break
        replace_json(self._about, {"port": self._port, "image": self.image})
        self._wait_until_ready()
        return self

    def stop(self) -> None:
        """End the broker; its data stay."""
        docker("stop", "--time", str(STOP_SECONDS), self.name)
        self.end_left_running()

    def end_left_running(self) -> bool:
        """Remove the container, running or not; tell whether there was one."""
        return docker("rm", "--force", self.name).stdout.strip() == self.name

    def remove(self) -> None:
        """Remove the container and its data. Raises LocalKafkaError where Docker keeps them."""
        self.end_left_running()
        done = docker("volume", "rm", "--force", self.name)
        if done.returncode != 0:
            raise LocalKafkaError(
                f"the volume {self.name} stays ({telling_line(done.stderr)}): start Docker, run again"
            )

    @property
    def _about(self) -> Path:
        return self.folder / "container.json"

    def _last_port(self) -> int:
        try:
            return int(json.loads(self._about.read_bytes())["port"])
        except (OSError, ValueError, KeyError, TypeError):
            return 0

    def _run(self) -> None:
        variables = container_environment(f"{HOST}:{self._port}")
        done = docker(
            "run", "--detach", "--name", self.name, "--cap-drop", "ALL", "--security-opt", "no-new-privileges",
            "--publish", f"{HOST}:{self._port}:{CONTAINER_PORT}", "--volume", f"{self.name}:{CONTAINER_DATA}",
            *(word for name, value in variables.items() for word in ("--env", f"{name}={value}")),
            self.image,
        )  # fmt: skip
        if done.returncode == 0:
            return
        self.end_left_running()
        if "address already in use" in done.stderr or "port is already allocated" in done.stderr:
            raise PortTakenError(f"port {self._port} of {HOST} is taken: stop what listens there")
        raise LocalKafkaError(
            f"{self.image} does not start ({telling_line(done.stderr)}): set KAFKA_IMAGE to an image that is there, "
            "or THROUGHLINE_BROKER=native",
        )

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        admin = quiet_admin(self.bootstrap)
        while not answers(admin, CONTAINER_CLUSTER_ID, deadline):
            running = docker("inspect", "--format", "{{.State.Running}}", self.name).stdout.strip() == "true"
            if not running or time.monotonic() > deadline:
                said = docker("logs", "--tail", "50", self.name)
                self.end_left_running()
                raise LocalKafkaError(
                    f"Kafka of {self.image} does not answer: {telling_line(said.stdout + said.stderr)}"
                )
            time.sleep(POLL_SECONDS)


def find(folder: Path) -> ContainerKafka | None:
    """Return the container of a folder that had one, else None."""
    return ContainerKafka(folder) if (folder / "container.json").exists() else None
