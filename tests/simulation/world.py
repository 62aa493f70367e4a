"""One schedule: a script, a stage that is to carry it, and everything that may happen in between, by one seed."""

import contextlib
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

from simulation.broker import Broker, Fate
from simulation.disasters import Disaster, strike
from simulation.disk import Disk, WorkersStore
from simulation.feeder import LOG, Feeder
from simulation.parts import COUNTED, Keys, counting
from simulation.ports import ports
from simulation.script import RECIPIENTS, script
from simulation.views import PARTITIONS, View
from simulation.workers import CrashedError, Outside, Verdict, Worker

from processors import names
from processors.consent.audit import HEADER
from streams import consent
from streams.errors import StoppedError, ThroughlineError
from streams.pulse import Done
from streams.settings import Settings
from streams.stage import Stage

SCHEDULES_A_SCRIPT = 8
"""Neighbouring seeds share a script: to write one takes as long as a schedule or two."""
BATCHES = (2, 3, 5, 8)
"""Most records that the stage takes at once."""
DISASTERS, BACKUPS = 0.25, 0.05
"""Share of schedules in which one strikes, and of steps before it at which the store is copied."""
REPEATS = 4
"""So often the reader that does not go by numbers reads something again at the end."""
MOST_STEPS = 3_000
IDLE_READS, IDLE_READS_AFTER_DISASTER = 2, 6
"""So many reads bring nothing when all is done; after a disaster enough for the stage to look at its topics again."""
SETTINGS = Settings.model_construct(released_partitions=PARTITIONS, linger_seconds=0.0)
VERDICTS = (
    (Verdict.CRASH_BEFORE, 0.012), (Verdict.CRASH_AFTER, 0.012), (Verdict.FAILED, 0.025), (Verdict.LOST, 0.02),
    (Verdict.LATE, 0.01),
)  # fmt: skip
OF_THE_DISK = frozenset({"take over", "know topics", "commit", "look up"})
"""Calls whose effect never comes after their worker has gone on."""


@dataclass
class Schedule:
    """What happens under a seed."""

    seed: int
    trace: list[tuple[Any, ...]] = field(default_factory=list, repr=False)

    def __post_init__(self) -> None:
        """Nothing has happened yet."""
        self.chance = Random(self.seed)
        self.number = self.seed // SCHEDULES_A_SCRIPT
        self.batch_records = self.chance.choice(BATCHES)
        self.seconds = 0.0
        self.broker = Broker(lambda: int(self.seconds * 1_000))
        for name in (names.RESOLVED_EVENTS, names.AUDIT_DECISIONS, COUNTED):
            self.broker.make(name)
        for recipient in RECIPIENTS:
            self.broker.make(names.released_topic(recipient), PARTITIONS)
        self.broker.told.append(self._hear)
        self.disk = Disk()
        self.script = script(self.number)
        self.feeder = Feeder(self.broker, self.script, self.chance)
        self.views = [View(self.broker), View(self.broker, drops_repeats=True)]
        self.later: list[Any] = []
        self.outside = Outside(lambda: self.seconds, lambda most: self.chance.randint(0, most), self._sleep, self.later)
        self.workers = 0
        self.zombies: list[Worker] = []
        self.disaster: Disaster | None = None
        self.is_harmless = False
        """Whether the disaster is one that the stage must not even stop for."""
        self.backup = self.disk.copy()
        self.stopped: ThroughlineError | None = None
        self.broken: list[str] = []
        """What ended in a way that nobody has thought of."""
        self.batches: list[int] = []
        """Batch numbers, as transactions committed them."""
        self.signed_early: list[str] = []
        """Heads of the audit that a worker could have signed though the log had not got them."""
        self.current = self._worker()

    def _hear(self, group: str, offsets: Any) -> None:
        if group == consent.NAME:
            self.batches.append(max(int(text) for _, text in offsets.values()))

    def _signs(self, done: Done) -> None:
        """A worker is told of a batch: what it may sign then must be in the log."""
        audit, reached = self.broker.partition((names.AUDIT_DECISIONS, 0)), done.reached
        if reached is not None and not any(
            slot.fate is Fate.COMMITTED and dict(slot.headers)[HEADER] == reached.hash.encode()
            for slot in reversed(audit.slots)
        ):
            self.signed_early.append(f"{reached.records} records were signed before they were in the log")

    def _sleep(self, seconds: float) -> None:
        self.seconds += seconds

    def _worker(self) -> Worker:
        self.workers += 1
        return Worker(self.workers, self.outside, self._live)

    def _live(self, worker: Worker) -> None:
        """A worker's life, as ``throughline worker`` runs it."""
        keys = Keys(self.script.keys)
        parts = counting(consent.parts(SETTINGS, keys))
        parts = replace(parts, batch_records=self.batch_records, after=(self._signs,))
        store = WorkersStore(self.disk, worker)
        Stage(parts, "", store, keys, ports(self.broker, worker)).run(worker)  # type: ignore[arg-type]

    def run(self) -> None:
        """Everything: a stormy time, then a calm one, until nothing is left to do."""
        stormy = self.chance.randint(20, 90)
        moment = self.chance.randrange(stormy) if self.chance.random() < DISASTERS else -1
        for step in range(MOST_STEPS):
            is_calm = step >= stormy
            if not is_calm and step >= moment >= 0 and self.disaster is None:
                self._strike()
            elif step < moment and self.chance.random() < BACKUPS:
                self.backup = self.disk.copy()
            self._step(is_calm=is_calm)
            if self.stopped or self.broken or (is_calm and self._is_settled()):
                break
        else:
            self.broken.append("it never came to rest")
        self._let_go()

    def _is_settled(self) -> bool:
        workers = (self.current, *self.zombies)
        enough = IDLE_READS if self.disaster is None else IDLE_READS_AFTER_DISASTER
        return self.feeder.is_done and all(worker.has_nothing_to_do(enough) for worker in workers) and not self.later

    def _let_go(self) -> None:
        for worker in (self.current, *self.zombies):
            worker.kill()
        for view in self.views:
            view.read_all(self.chance)
        for _ in range(REPEATS):
            self.views[0].read_some(self.chance)
        self.views[0].read_all(self.chance)

    def _step(self, *, is_calm: bool) -> None:
        self.seconds += 0.05
        draw = self.chance.random()
        if not self.feeder.is_done and not self.feeder.is_held and draw < (0.8 if self.current.idle else 0.12):
            self._feed(is_calm=is_calm)
            return
        draw, is_waiting = self.chance.random(), self.current.has_nothing_to_do(IDLE_READS)
        if draw < 0.06:
            self.chance.choice(self.views).read_some(self.chance)
        elif self.later and draw < (0.3 if is_waiting else 0.08):
            self._arrive()
        elif self.zombies and draw < (0.9 if is_waiting else 0.14):
            self._advance(self.chance.choice(self.zombies), is_calm=is_calm)
        elif draw < 0.145 and not is_calm:
            self.broker.expire(consent.NAME)
            self.trace.append(("transaction expires",))
        elif draw < 0.15:
            self.broker.group(consent.NAME).generation += 1
        elif draw < 0.165 and not is_calm:
            self._take_over()
        elif draw < 0.17 and not is_calm:
            self.current.is_stopping = True
            self.trace.append((self.current.number, "is told to stop"))
        else:
            self._advance(self.current, is_calm=is_calm)

    def _feed(self, *, is_calm: bool) -> None:
        self.trace.append((self.feeder.step(is_calm=is_calm),))
        if not self.feeder.is_open:
            for worker in (self.current, *self.zombies):
                worker.idle = 0

    def _strike(self) -> None:
        before = self.disk_next()
        if self.disk_batch() < 2 or not before:  # a stage that has hardly begun cannot know better
            return
        self.disaster = self.chance.choice(list(Disaster))
        if self.disaster is Disaster.EXPIRED:  # that takes days, after which who seems dead is
            self._kill_zombies()
        if self.disaster is Disaster.RESTORED:
            self._restore()
        if self.disaster is Disaster.REGROWN:
            self._kill_zombies()
            self.current.kill()
        strike(self.disaster, self.broker, self.feeder, consent.NAME, self.outside.draw)
        if self.disaster is Disaster.REGROWN:
            self.current = self._worker()
        self.is_harmless |= self.disaster is Disaster.DELETED and self.broker.partition(LOG).low <= before
        self.trace.append(("DISASTER", self.disaster.value))

    def _restore(self) -> None:
        """Put the backup back, with all workers stopped; what was stored since and never sent is decided again."""
        self._kill_zombies()
        self.current.kill()
        self.disk.restore(self.backup)
        self.current = self._worker()
        self.is_harmless = self.disk_batch() >= (self.batches[-1] if self.batches else 0)

    def _kill_zombies(self) -> None:
        for worker in self.zombies:
            worker.kill()
        self.zombies.clear()
        self.later.clear()

    def disk_batch(self) -> int:
        """Batch number in the store."""
        return self.disk.stands()[1]

    def disk_next(self) -> int:
        """Offset of the log that the store will read next."""
        return self.disk.stands()[2].get(LOG, 0)

    def _arrive(self) -> None:
        """An effect that nobody waits for any more comes, where it is not refused."""
        act = self.later.pop(self.chance.randrange(len(self.later)))
        self.trace.append(("late effect",))
        with contextlib.suppress(Exception):
            act()

    def _take_over(self) -> None:
        """The worker only seems dead: a successor begins, the old one will wake up at some time."""
        self.trace.append((self.current.number, "pauses before", self.current.call))
        self.zombies.append(self.current)
        self.current = self._worker()

    def _advance(self, worker: Worker, *, is_calm: bool) -> None:
        verdict = Verdict.DONE if is_calm else self._verdict(worker.call)
        self.trace.append((worker.number, worker.call, verdict.value))
        if worker.call == "read":
            self.seconds += 0.2 if self.disaster is None else 0.6
            # Who has read after the log was cut has seen that; from then on it may grow again.
            self.feeder.is_held &= worker is not self.current or verdict is not Verdict.DONE
        worker.go_on(verdict)
        if worker.is_over:
            self._ended(worker)

    def _verdict(self, call: str) -> Verdict:
        draw = self.chance.random()
        for verdict, share in VERDICTS:
            if draw < share:
                return Verdict.FAILED if verdict is Verdict.LATE and call in OF_THE_DISK else verdict
            draw -= share
        return Verdict.DONE

    def _ended(self, worker: Worker) -> None:
        error = worker.ended
        self.trace.append((worker.number, "ended", type(error).__name__, str(error)))
        if not isinstance(error, ThroughlineError | CrashedError | None):
            self.broken.append(f"{type(error).__name__}: {error}")
        if worker in self.zombies:
            self.zombies.remove(worker)
            return
        if isinstance(error, StoppedError):
            self.stopped = error
        self.current = self._worker()
