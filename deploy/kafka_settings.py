"""Settings of the local broker, native or in a container: server properties, log configuration, Java's flags."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from streams.replication import CONFIG, Wanted

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

HOST = "127.0.0.1"
CONTAINER_PORT = 9094
"""Inside of a container, for who comes from outside."""
CONTAINER_DATA = "/var/lib/kafka/data"
CONTAINER_CLUSTER_ID = "dGhyb3VnaGxpbmUtY29udA"

SCRAM = "SCRAM-SHA-512"
SCRAM_MODULE = "org.apache.kafka.common.security.scram.ScramLoginModule"
PLAIN_MODULE = "org.apache.kafka.common.security.plain.PlainLoginModule"

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


@dataclass(frozen=True, slots=True)
class Seat:
    """Which node of a cluster of several; its nodes have to know each other before the first of them starts."""

    node: int
    """From 1."""
    cluster_id: str
    controller_ports: tuple[int, ...]
    """Of all nodes, in their order."""

    @property
    def controller_port(self) -> int:
        """Its own."""
        return self.controller_ports[self.node - 1]


@dataclass(frozen=True, slots=True)
class Secured:
    """How a lone broker lets in only users that it knows, and lets them do only what its access control lists say."""

    user: str
    """Its super user, whom the broker connects to itself as, too."""
    password: str = field(repr=False)
    tls_port: int = 0
    """Of a second listener, over TLS; 0: there is none."""
    keystore: Path | None = None
    """PEM file of that listener's key and certificate."""
    more: Mapping[str, str] = field(default_factory=dict)
    """Settings beside these."""

    @property
    def connecting(self) -> dict[str, str]:
        """How its super user connects, as a client of librdkafka takes it."""
        return {
            "security.protocol": "sasl_plaintext",
            "sasl.mechanism": SCRAM,
            "sasl.username": self.user,
            "sasl.password": self.password,
        }

    def format_arguments(self) -> tuple[str, ...]:
        """What has to be told to the tool that makes its data directory: the one user that there is at its start."""
        return ("--add-scram", f"{SCRAM}=[name={self.user},password={self.password}]")

    def dress(self, settings: dict[str, str]) -> dict[str, str]:
        """Return Kafka's settings of a node, secured; its controller, which knows no SCRAM, takes a password too."""
        said = f'required username="{self.user}" password="{self.password}"'
        tls = f",TLS://{HOST}:{self.tls_port}" if self.tls_port else ""
        found = {
            **settings,
            "listeners": settings["listeners"] + tls,
            "advertised.listeners": settings["advertised.listeners"] + tls,
            "listener.security.protocol.map": "BROKER:SASL_PLAINTEXT,CONTROLLER:SASL_PLAINTEXT,TLS:SASL_SSL",
            "sasl.enabled.mechanisms": SCRAM,
            "sasl.mechanism.inter.broker.protocol": SCRAM,
            "sasl.mechanism.controller.protocol": "PLAIN",
            "listener.name.broker.scram-sha-512.sasl.jaas.config": f"{SCRAM_MODULE} {said};",
            "listener.name.controller.sasl.enabled.mechanisms": "PLAIN",
            "listener.name.controller.plain.sasl.jaas.config": (
                f'{PLAIN_MODULE} {said} user_{self.user}="{self.password}";'
            ),
            "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
            "super.users": f"User:{self.user}",
        }
        if self.tls_port:
            found |= {
                "listener.name.tls.scram-sha-512.sasl.jaas.config": f"{SCRAM_MODULE} {said};",
                "listener.name.tls.ssl.keystore.type": "PEM",
                "listener.name.tls.ssl.keystore.location": str(self.keystore),
            }
        return {**found, **self.more}


def server_settings(
    data: Path,
    broker_port: int,
    controller_port: int,
    *,
    flush_every_message: bool = True,
    seat: Seat | None = None,
) -> dict[str, str]:
    """Return Kafka's settings for one node that is broker and controller, reachable from this machine only."""
    seat = seat or Seat(1, "", (controller_port,))
    voters = enumerate(seat.controller_ports, 1)
    return {
        "controller.quorum.voters": ",".join(f"{node}@{HOST}:{port}" for node, port in voters),
        "listeners": f"BROKER://{HOST}:{broker_port},CONTROLLER://{HOST}:{controller_port}",
        "advertised.listeners": f"BROKER://{HOST}:{broker_port}",
        "listener.security.protocol.map": "BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "log.dirs": str(data),
        **_of_any_start(),
        "node.id": str(seat.node),
        **replicated(len(seat.controller_ports)),
        **({"log.flush.interval.messages": "1"} if flush_every_message else {}),
    }


def replicated(brokers: int) -> dict[str, str]:
    """Return how a cluster of so many brokers keeps topics, and its own of groups and transactions among them."""
    fitting = Wanted().fitting(brokers)
    factor, min_insync = str(fitting.factor), str(fitting.min_insync)
    return {
        "default.replication.factor": factor,
        CONFIG: min_insync,
        "offsets.topic.replication.factor": factor,
        "transaction.state.log.replication.factor": factor,
        "transaction.state.log.min.isr": min_insync,
        "share.coordinator.state.topic.replication.factor": factor,
        "share.coordinator.state.topic.min.isr": min_insync,
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
        **replicated(1),
        "offsets.topic.num.partitions": "3",
        # A laptop may sleep for weeks; with Kafka's default of 7 days every group would then begin anew.
        "offsets.retention.minutes": str(365 * 24 * 60),
        "transaction.state.log.num.partitions": "3",
        # Readers wait behind a transaction whose owner hangs: it ends when its time is over, not up to 10 s later.
        "transaction.abort.timed.out.transaction.cleanup.interval.ms": "1000",
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
