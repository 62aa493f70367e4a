"""Where it happens: a broker, its topics, the worker consent as a process, and its store filled with many persons."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import ExitStack, closing, suppress
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

import psutil
from confluent_kafka import KafkaException, Producer, TopicPartition

from bench import made_up
from bench.recovery.people import People, in_parts, log_of_one
from deploy.agreements_folder import load_agreements
from deploy.commands.topics import create_topics
from deploy.commands.worker import keys_dir
from deploy.local_kafka import LocalKafka
from processors import names
from processors.records import Out, Outs
from streams import clients, consent
from streams.keyring import Keyring
from streams.settings import Settings
from streams.store import Store, path_of

ROOT = Path(__file__).parents[2]
LOG = TopicPartition(names.RESOLVED_EVENTS, 0)
TABLES = {"record", "person", "fact"}
PERSONS_AT_ONCE = 50_000
SECONDS = 120.0
LOOK_SECONDS = 0.02
MEGABYTE = 1 << 20


class Place:
    """Use as a context manager."""

    def __init__(self, folder: Path, persons: int, say: Callable[[str], None]) -> None:
        """Of so many persons, in a folder that is there."""
        self.settings = settings_of(folder)
        self._folder, self._persons, self._say = folder, persons, say
        self._held = ExitStack()
        self._lag = sys.maxsize
        self.rss_mb_max = 0.0
        """The most memory that the worker ever had."""

    def __enter__(self) -> Self:
        """Start the broker, have one person decided, and fill the store with many like that one."""
        with ExitStack() as held:
            self.bootstrap = held.enter_context(LocalKafka(self._folder / "kafka")).bootstrap
            create_topics(self.bootstrap, self.settings)
            self.keys = held.enter_context(closing(Keyring(keys_dir(self.settings))))
            self._producer: Producer = clients.producer(self.bootstrap)
            self._group = held.enter_context(closing(clients.consumer(self.bootstrap, consent.NAME)))
            log = log_of_one(self.keys, load_agreements(self.settings.agreements))
            self.people = People.like(log, self.keys, self._persons)
            self.send(log)
            worker = Worker(self)
            held.callback(worker.kill)
            self.until(lambda: self.lag() == 0, worker)
            worker.stop()
            self._fill()
            self._held = held.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the broker."""
        self._held.close()

    @property
    def store_path(self) -> Path:
        """Of consent's store."""
        return path_of(self.settings.data_dir, consent.NAME)

    def _fill(self) -> None:
        """Through the store's own commits; where it stands stays as it was."""
        started = time.monotonic()
        with Store.open(self.store_path) as store:
            standing = store.take_over()
            stored = [row for row in store.content() if row[0] in TABLES]
            batch = standing.batch
            for first, last in in_parts(self._persons, PERSONS_AT_ONCE):
                batch = store.commit(standing.token, batch, self.people.rows(stored, first, last), {}, Outs())
            store.adopt(standing.token, standing.batch, standing.offsets, standing.topics)
        size = sum(file.stat().st_size for file in self.store_path.iterdir()) / MEGABYTE
        self._say(f"{self._persons} persons in the store, {size:.0f} MB, in {time.monotonic() - started:.0f} s")

    def send(self, log: Iterable[Out]) -> None:
        """Records onto the log; each has reached the broker when this returns."""
        self.keys.flush()
        for out in log:
            while True:
                try:
                    self._producer.produce(out.topic, out.value, out.key, headers=[("ce_id", out.id.encode())])
                    break
                except BufferError:
                    self._producer.poll(0.1)
        self._producer.flush()

    def lag(self) -> int:
        """Records of the log that consent has not done."""
        with suppress(KafkaException):  # the group's coordinator may be on its way; what was known still holds
            end = self._group.get_watermark_offsets(LOG, timeout=10)[1]
            self._lag = int(end - max(self._group.committed([LOG], 10)[0].offset, 0))
        return self._lag

    def until(self, done: Callable[[], bool], worker: "Worker", seconds: float = SECONDS) -> float:
        """Wait until something is so, and watch the worker meanwhile; the seconds that it took.

        Raises:
            RuntimeError: the worker has ended, or it is not so by then.
        """
        started = time.monotonic()
        while not done():
            worker.look()
            if time.monotonic() - started > seconds:
                raise RuntimeError("the worker does not come to it")
            time.sleep(LOOK_SECONDS)
        return time.monotonic() - started


def settings_of(folder: Path) -> Settings:
    """Of a data directory in a folder, with agreements of made-up parties."""
    agreements = folder / "agreements"
    agreements.mkdir()
    for name, text in made_up.agreements():
        (agreements / f"{name}.toml").write_text(text)
    return Settings(data_dir=folder / "data", agreements_dir=agreements)


class Where(Protocol):
    """What a worker is started over."""

    settings: Settings
    bootstrap: str
    rss_mb_max: float


class Worker:
    """A worker, as a supervisor starts it."""

    def __init__(self, place: Where, instance: str = "", role: str = consent.NAME) -> None:
        """Start it; by a name, where it is one of several."""
        self._place, self.instance = place, instance
        chosen = {f"THROUGHLINE_{name.upper()}": str(v) for name, v in place.settings if v is not None}
        own = {"THROUGHLINE_BOOTSTRAP": place.bootstrap, "PYTHONPATH": str(ROOT)}
        own |= {"THROUGHLINE_INSTANCE": instance} if instance else {}
        log = place.settings.data_dir / "logs" / "out"
        log.parent.mkdir(parents=True, exist_ok=True)
        self.started_at = time.time()
        with log.open("ab") as said:
            self._process = psutil.Popen(
                [sys.executable, "-m", "deploy", "worker", role],
                cwd=ROOT, env={**os.environ, **chosen, **own}, stdout=said, stderr=said,
            )  # fmt: skip

    def look(self) -> None:
        """Note its memory.

        Raises:
            RuntimeError: it has ended by itself.
        """
        if self._process.poll() is not None:
            raise RuntimeError(f"the worker ended with {self._process.returncode}")
        with suppress(psutil.Error):
            self._place.rss_mb_max = max(self._place.rss_mb_max, self._process.memory_info().rss / MEGABYTE)

    def cpu(self) -> float:
        """Seconds of CPU that it has used."""
        used = self._process.cpu_times()
        return float(used.user + used.system)

    def kill(self) -> None:
        """Kill -9; no harm where it has ended."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    def stop(self) -> None:
        """By SIGTERM."""
        self._process.terminate()
        with suppress(subprocess.TimeoutExpired, psutil.TimeoutExpired):
            self._process.wait(30)
        self.kill()
