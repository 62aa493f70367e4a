"""The whole stack on one machine: a broker, its topics, the workers and the portal, started and ended together."""

import os
import shutil
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx

from deploy import brokers, container_kafka, processes
from deploy.agreements_folder import load_agreements
from deploy.commands.topics import activate_agreements, create_topics
from deploy.container_kafka import ContainerKafka
from deploy.local_kafka import LocalKafka
from streams.errors import ThroughlineError
from streams.heads import public_path
from streams.settings import HEADS, Settings, beside, plain
from streams.stops import Stops

FORMAT = "4"
"""Of everything under the data directory; another one is refused."""
RECORD = "processes.json"
WORKERS = ("resolve", "consent", "signals")
SERVE = "serve"
READY_SECONDS = 60.0
STOP_SECONDS = 15.0
GO_ON = "start again: all goes on from what is there"
Tell = Callable[[str], None]


def _silently(line: str) -> None:
    del line


@dataclass
class Stack:
    """Use as a context manager; what a killed predecessor left running is found and ended first."""

    settings: Settings
    tell: Tell = field(default=_silently, repr=False)
    workers: Sequence[str] = WORKERS
    """Roles, or role-name where a stage has several."""
    own: Mapping[str, Mapping[str, str]] = field(default_factory=dict, repr=False)
    """What the processes of one role are given beside, in their environment: as a database's role of their own."""
    bootstrap: str = ""
    portal: str = ""
    """Address of the portal, once it is there."""
    running: dict[str, processes.Started] = field(default_factory=dict)
    kafka: LocalKafka | ContainerKafka | None = field(default=None, repr=False)
    """The broker, where it is the stack's own."""
    _held: ExitStack = field(default_factory=ExitStack, repr=False)

    @property
    def data_dir(self) -> Path:
        """Everything that the stack keeps."""
        return self.settings.data_dir

    def __enter__(self) -> Self:
        """Start everything.

        Raises:
            ThroughlineError: what cannot start, and the remedy.
        """
        with ExitStack() as held:
            held.enter_context(processes.only_one(self.data_dir / "lock"))
            self._check_format()
            if left := end_left_running(self.data_dir):
                self.tell(f"ended {left} processes that an earlier run left")
            self.bootstrap = self.settings.bootstrap or self._start_kafka(held)
            held.callback(self.end_processes)  # before the broker, so that each can finish its batch
            self._note("bootstrap", self.bootstrap, held)
            self.tell("making topics and activating agreements")
            create_topics(self.bootstrap, self.settings)
            activate_agreements(self.bootstrap, load_agreements(self.settings.agreements))
            self.tell("starting the workers and the portal")
            for role in (*self.workers, SERVE):
                self.start(role)
            self.wait_for_portal()
            self._held = held.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End everything, workers before the broker."""
        self._held.close()

    def start(self, role: str) -> None:
        """Start one process of the stack."""
        if role == SERVE:
            (self.data_dir / "portal").unlink(missing_ok=True)
        self.running[role] = self.begin(role, self.data_dir / "logs" / f"{role}.out")

    def begin(self, role: str, log: Path) -> processes.Started:
        """Begin a process of a role, be there one already or not; what it says goes into ``log``."""
        stage, _, instance = role.partition("-")
        command = [SERVE] if role == SERVE else ["worker", stage]
        argv, named = [sys.executable, "-m", "deploy", *command], {"THROUGHLINE_INSTANCE": instance} if instance else {}
        given = {**self.environment(), **self.own.get(stage, {}), **named}
        return processes.start(role, argv, given, log, record=self._record)

    def kill(self, role: str) -> None:
        """Kill -9 one process of the stack; for tests of what that must not matter to."""
        processes.kill([self.running[role]])

    def stop(self, role: str) -> None:
        """End one process of the stack; it finishes the batch under way."""
        ended = [self.running.pop(role)]
        processes.end(ended, STOP_SECONDS)
        processes.forget(self._record, ended)

    def end_processes(self) -> None:
        """End workers and portal; each finishes the batch under way."""
        ended = list(self.running.values())
        processes.end(ended, STOP_SECONDS)
        processes.forget(self._record, ended)
        self.running.clear()
        (self.data_dir / "portal").unlink(missing_ok=True)

    def check(self) -> None:
        """See that every process still runs, and the broker that was started with them.

        Raises:
            ThroughlineError: one has ended; with the last line that it said.
        """
        if isinstance(self.kafka, LocalKafka) and not self.kafka.is_running():
            raise ThroughlineError(f"Kafka has ended, its log is {self.kafka.log_path}; {GO_ON}")
        for role, started in self.running.items():
            if not processes.is_running(started):
                raise ThroughlineError(f"{role} has ended: {self._last_words(role)}; {GO_ON}")
            stop = Stops(role, self.data_dir).noted()
            if stop is not None and stop.process == started.pid:
                raise ThroughlineError(f"{role} has stopped: {stop.line.removeprefix(f'{role}: ')}")

    def wait_for_portal(self) -> None:
        """Wait until the portal answers.

        Raises:
            ThroughlineError: it does not, within a minute, or a process has ended.
        """
        noted, deadline = self.data_dir / "portal", time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline:
            self.check()
            if noted.exists() and _answers(address := noted.read_text(encoding="ascii")):
                self.portal = address
                return
            time.sleep(0.05)
        raise ThroughlineError(f"the portal does not answer: {self._last_words(SERVE)}")

    def _note(self, name: str, text: str, held: ExitStack) -> None:
        """Write down for other commands, as long as the stack runs."""
        noted = self.data_dir / name
        noted.write_text(text, encoding="ascii")
        held.callback(noted.unlink, missing_ok=True)

    @property
    def _record(self) -> Path:
        return self.data_dir / RECORD

    def _start_kafka(self, held: ExitStack) -> str:
        if self.settings.kafka_security != "plaintext":
            raise ThroughlineError(
                "the Kafka that is started here takes plain connections: unset THROUGHLINE_KAFKA_SECURITY and what "
                "belongs to it, or set THROUGHLINE_BOOTSTRAP to one of yours"
            )
        kafka = brokers.local(self.data_dir / "kafka", self.settings.broker or "native", self.tell)
        held.enter_context(kafka)  # type: ignore[arg-type,unused-ignore]
        self.kafka = kafka
        return kafka.bootstrap

    def environment(self) -> dict[str, str]:
        """What each of its processes is given, and a command over its data needs: settings that were set, no defaults.

        A process of the version before would refuse what it does not know.
        """
        said = self.settings.model_fields_set
        given = {f"THROUGHLINE_{n.upper()}": plain(v) for n, v in self.settings if n in said and v is not None}
        own = {"THROUGHLINE_BOOTSTRAP": self.bootstrap, "THROUGHLINE_METRICS_PORT": "0", "PYTHONUNBUFFERED": "1"}
        return {**os.environ, **given, **own}  # one port cannot be every process's

    def _check_format(self) -> None:
        noted = self.data_dir / "format"
        found = noted.read_text(encoding="ascii").strip() if noted.exists() else FORMAT
        if found != FORMAT:
            raise ThroughlineError(f"{self.data_dir} holds data of format {found}, not {FORMAT}: run `make clean`")
        noted.write_text(FORMAT, encoding="ascii")

    def _last_words(self, role: str) -> str:
        lines = (self.data_dir / "logs" / f"{role}.out").read_text(encoding="utf-8", errors="replace").split("\n")
        said = [line for line in lines if line.strip()]
        if said:
            return said[-1].removeprefix("throughline: ")
        code = processes.exit_code(self.running[role]) if role in self.running else None
        return f"it was killed by signal {-code}" if code is not None and code < 0 else "it said nothing"


def _answers(address: str) -> bool:
    try:
        return httpx.get(f"{address}/health", timeout=2).is_success
    except httpx.HTTPError:
        return False


def end_left_running(data_dir: Path) -> int:
    """End what a killed stack left running over a data directory, its broker too; how many processes.

    Raises:
        ThroughlineError: one of them does not end.
    """
    left = []
    for record in (data_dir / RECORD, data_dir / "kafka" / "broker.json"):
        left += processes.find_left_running(record)
        processes.forget(record, processes.read_record(record))
    processes.end(left, STOP_SECONDS)
    container = container_kafka.find(data_dir / "kafka")
    return len(left) + bool(container and container.end_left_running())


def clear(data_dir: Path) -> None:
    """Remove a data directory, after ending what runs over it.

    Raises:
        ThroughlineError: a stack is running on it.
    """
    if data_dir.exists():
        has_log = (data_dir / "kafka").exists()  # else it is on a Kafka that stays, and the heads vouch for it
        with processes.only_one(data_dir / "lock"):
            end_left_running(data_dir)
            if container := container_kafka.find(data_dir / "kafka"):
                container.remove()
            shutil.rmtree(data_dir)
            if has_log:
                _remove_heads(beside(data_dir))


def _remove_heads(folder: Path) -> None:
    """Remove heads of an audit that is gone; nothing else that somebody may have put there."""
    for path in (folder / HEADS, public_path(folder / HEADS)):
        path.unlink(missing_ok=True)
    with suppress(OSError):
        folder.rmdir()
