"""Settings of the local broker, native or in a container: server properties, log configuration, Java's flags."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

HOST = "127.0.0.1"
CONTAINER_PORT = 9094
"""Inside of a container, for who comes from outside."""
CONTAINER_DATA = "/var/lib/kafka/data"
CONTAINER_CLUSTER_ID = "dGhyb3VnaGxpbmUtY29udA"

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
        "controller.quorum.voters": f"1@{HOST}:{controller_port}",
        "listeners": f"BROKER://{HOST}:{broker_port},CONTROLLER://{HOST}:{controller_port}",
        "advertised.listeners": f"BROKER://{HOST}:{broker_port}",
        "listener.security.protocol.map": "BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "log.dirs": str(data),
        **_of_any_start(),
        **({"log.flush.interval.messages": "1"} if flush_every_message else {}),
    }


def container_environment(published: str, name: str = "localhost") -> dict[str, str]:
    """Return the same settings as variables of the image: KAFKA_LOG_DIRS is log.dirs.

    `published` is the address, host:port, under which the container's port CONTAINER_PORT is reached from outside,
    `name` what other containers call it. Kafka speaks to itself over the inner listener.
    """
    node = {
        "controller.quorum.voters": "1@localhost:9093",
        "listeners": f"BROKER://:9092,CONTROLLER://:9093,HOST://:{CONTAINER_PORT}",
        "advertised.listeners": f"BROKER://{name}:9092,HOST://{published}",
        "listener.security.protocol.map": "BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT,HOST:PLAINTEXT",
        "log.dirs": CONTAINER_DATA,
        **_of_any_start(),
        "log.flush.interval.messages": "1",
    }
    variables = {"KAFKA_" + setting.upper().replace(".", "_"): value for setting, value in node.items()}
    return {"CLUSTER_ID": CONTAINER_CLUSTER_ID, "KAFKA_HEAP_OPTS": "-Xmx512m", **variables}


def _of_any_start() -> dict[str, str]:
    """What holds however the node is started."""
    return {
        "process.roles": "broker,controller",
        "node.id": "1",
        "inter.broker.listener.name": "BROKER",
        "controller.listener.names": "CONTROLLER",
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
        # Readers wait behind a transaction whose owner hangs: it ends when its time is over, not up to 10 s later.
        "transaction.abort.timed.out.transaction.cleanup.interval.ms": "1000",
        "share.coordinator.state.topic.replication.factor": "1",
        "share.coordinator.state.topic.min.isr": "1",
        "share.coordinator.state.topic.num.partitions": "1",
        "group.initial.rebalance.delay.ms": "0",
        # After kill -9 the controller waits so long for the old broker before it lets the new one in (default 9 s).
        "broker.session.timeout.ms": "3000",
        "broker.heartbeat.interval.ms": "500",
        # One user's machine, not a cluster's node: few threads, and a cleaner that fits a small heap.
        "num.network.threads": "2",
        "num.io.threads": "4",
        "background.threads": "2",
        "group.coordinator.threads": "1",
        "log.cleaner.dedupe.buffer.size": str(32 * 1024 * 1024),
    }


def as_properties(settings: dict[str, str]) -> str:
    r"""Write Java's properties format, which is ASCII: a path may hold anything, so it goes out as \uXXXX."""
    return "".join(f"{name}={_escape(value)}\n" for name, value in settings.items())


def _escape(value: str) -> str:
    utf16 = value.replace("\\", "\\\\").encode("utf-16-be")
    units = (int.from_bytes(utf16[at : at + 2]) for at in range(0, len(utf16), 2))
    return "".join(chr(unit) if " " <= chr(unit) <= "~" else f"\\u{unit:04x}" for unit in units)


def java_environment() -> dict[str, str]:
    """Return a child's whole environment: UTF-8 file names, and no JAVA_TOOL_OPTIONS or CLASSPATH of the user's."""
    return {"LC_ALL": "C.UTF-8"}
