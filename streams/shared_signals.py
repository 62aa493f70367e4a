"""Worker signals among several: each has a share of the releases, one partition of every recipient's topic.

A person's releases are all in one partition, and so are the ticks that they are judged by: what signals know of one
partition is nobody else's business. So a share is a stage of its own (``streams/stage.py``), with a store, a group, a
transactional id and a changelog of its own, and whoever has it acts for it (``streams/standby.py``); who that is says
Kafka's group (``streams/membership.py``). What it decides is ``processors/signals``, as without shares.
"""

import threading
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from processors.names import state_topic
from processors.records import Arrival, Arrivals, Outs
from processors.signals import decide as signals
from processors.state import Working
from streams import layout, newer, positions
from streams.errors import Stop, StoppedError
from streams.forgetting import Forgetting
from streams.membership import Membership
from streams.pulse import Done, Pulse, Pulses, Standing, unheard
from streams.settings import Settings
from streams.signals import NAME, OWN, RELEASED, load_calendar
from streams.stage import Stage, StageParts, Turn
from streams.standby import Standby
from streams.store import Store, path_of

GROUP = "signals.shared"
"""Says who has which share; how far they are read say the shares' own groups."""
LOOK_SECONDS = 0.1
LEAST_CACHE_MB = 8


def stage_of(share: int) -> str:
    """Name of a share's stage: its group and transactional id, and of whom it says that its records are."""
    return f"{NAME}.{share}"


def store_of(chosen: Settings, share: int) -> Path:
    """Where one worker keeps what it knows of a share."""
    return path_of(chosen.data_dir, f"{chosen.name_of(NAME)}.{share}")


def inputs(topic: str) -> bool:
    """What it reads."""
    return topic.startswith(RELEASED)


def _nothing(topic: str) -> bool:
    del topic
    return False


class Deciding:
    """The decision as a stage asks for it: again and again, also where nothing has come."""

    def __init__(self, context: signals.Context) -> None:
        """Of a calendar."""
        self._context = context
        self._is_unfinished = True
        """Whether there is more to do though nothing new has come: so at the start, where the calendar may be new."""
        self._batches_to_forget = 0

    def __call__(self, arrivals: Arrivals, state: Working) -> Outs:
        """Decide a batch."""
        if not (arrivals or self._is_unfinished):
            return Outs()
        newer.check_schemas(NAME, arrivals)
        outs = signals.decide(list(arrivals), state, self._context)
        self._is_unfinished = signals.is_unfinished(state)
        if state.has_changed(signals.ERASED):
            self._batches_to_forget = 2
        return outs

    def must_forget(self) -> bool:
        """Whether the batch that is done just now, or the one that was decided meanwhile, erased somebody."""
        must = self._batches_to_forget > 0
        self._batches_to_forget -= must
        return must


def reject(arrival: Arrival, state: Working) -> Outs:
    """No event is left out.

    Raises:
        StoppedError: always.
    """
    del state
    line = f"signals cannot decide {arrival.position}: report this; nothing after it was decided"
    raise StoppedError(line, Stop.UNDECIDABLE)


def _raise(error: StoppedError, pulse: Pulse) -> None:
    del pulse
    raise error


class NoKeys:
    """Signals seal nothing."""

    def flush(self) -> None:
        """Nothing."""


@dataclass
class Share:
    """One share, at one worker: standing by or at work."""

    number: int
    chosen: Settings
    bootstrap: str
    membership: Membership
    context: signals.Context
    told: Callable[[Done], None] = field(repr=False)
    pulse: Pulse = field(default_factory=Pulse)
    standby: Standby = field(init=False)
    _at_work: Stage | None = field(default=None, init=False, repr=False)

    def __post_init__(self) -> None:
        """Have its standby, which begins when it is run."""
        stage, chosen = stage_of(self.number), self.chosen
        self.standby = Standby(
            stage, str(chosen.instance), self.bootstrap, store_of(chosen, self.number),
            self.membership.lease(state_topic(stage)), inputs,
            cache_mb=max(LEAST_CACHE_MB, chosen.store_cache_mb // chosen.released_partitions), pulse=self.pulse,
        )  # fmt: skip

    def run(self, stopping: threading.Event) -> None:
        """Follow the share, or act for it, until told to stop.

        Raises:
            StoppedError: it stops rather than skip or double something.
            ThroughlineError: what no waiting mends.
        """
        self.standby.run(lambda store, turn: self._act(store, turn, stopping), stopping)

    def _act(self, store: Store, turn: Turn, stopping: threading.Event) -> None:
        deciding, forgetting = Deciding(self.context), Forgetting(NAME, store, lambda _: ["person"])

        def done(done: Done) -> None:
            self.told(done)
            if deciding.must_forget():
                forgetting.go_on()
            else:
                forgetting.done(done)

        with closing(Stage(self._parts(deciding, done, turn), self.bootstrap, store, NoKeys())) as stage:
            self._at_work = stage
            try:
                stage.run(stopping)
            finally:
                self._at_work = None

    def _parts(self, deciding: Deciding, done: Callable[[Done], None], turn: Turn) -> StageParts:
        return StageParts(
            stage_of(self.number),
            _nothing,
            inputs,
            deciding,
            reject,
            layout=lambda there: layout.check(there, self.chosen, OWN),
            batch_records=self.chosen.batch_records,
            linger_seconds=self.chosen.linger_seconds,
            after=(done,),
            pulse=self.pulse,
            turn=turn,
            share=self.number,
            remedy=positions.remedy_of(NAME),
        )

    def standings(self) -> Sequence[Standing]:
        """How far its partitions are read, where it is at work here."""
        stage = self._at_work
        try:
            return () if stage is None else stage.standings()
        except RuntimeError:  # it is just being given others, by its own thread
            return ()


class SharedSignals:
    """All shares at one worker, each with a thread: those that are its own act, the others stand by."""

    def __init__(self, chosen: Settings, bootstrap: str) -> None:
        """Join when it is run.

        Args:
            chosen: the settings; they name the worker.
            bootstrap: address of the broker; the shares' changelogs are there.

        Raises:
            ThroughlineError: the calendar cannot be used.
        """
        context = signals.Context(load_calendar(chosen.calendar))
        self._telling = threading.Lock()
        self._told: Callable[[Done], None] = unheard
        self._stopped: Callable[[StoppedError, Pulse], None] = _raise
        member, numbers = chosen.name_of(NAME), range(chosen.released_partitions)
        topics = [state_topic(stage_of(n)) for n in numbers]
        self._membership = Membership(bootstrap, GROUP, topics, member, self._is_busy)
        self._shares = [Share(n, chosen, bootstrap, self._membership, context, self._tell) for n in numbers]
        self._ending, self._leaving = threading.Event(), threading.Event()
        self._errors: list[BaseException] = []
        self.pulse = Pulses([share.pulse for share in self._shares])

    def run(
        self, stopping: threading.Event, told: Callable[[Done], None] = unheard,
        stopped: Callable[[StoppedError, Pulse], None] | None = None,
    ) -> None:  # fmt: skip
        """Work until told to stop; the batches under way are finished, and then the shares are given up.

        Args:
            stopping: tells it.
            told: is told of every batch that is done, one at a time.
            stopped: is told of a share that stands still, and the others go on; none: that is an error for all.

        Raises:
            ThroughlineError: what no waiting mends.
        """
        self._told, self._stopped = told, stopped or _raise
        membership = self._beside(lambda: self._membership.run(self._leaving))
        threads = [self._beside(lambda share=share: self._run(share)) for share in self._shares]  # type: ignore[misc]
        while not (stopping.wait(LOOK_SECONDS) or self._ending.is_set()):
            self.pulse.turned()
        self._ending.set()
        for thread in threads:
            thread.join()
        self._leaving.set()
        membership.join()
        if self._errors:
            raise self._errors[0]

    def standings(self) -> list[Standing]:
        """How far the shares at work here are read."""
        return [standing for share in self._shares for standing in share.standings()]

    def turns(self) -> tuple[bool, bool]:
        """Whether any share acts here, and whether those that do not have the state of those that do elsewhere."""
        standing_by = [share.standby for share in self._shares if not share.standby.is_acting]
        return len(standing_by) < len(self._shares), all(standby.is_level for standby in standing_by)

    def _run(self, share: Share) -> None:
        try:
            share.run(self._ending)
        except StoppedError as error:
            self._stopped(error, share.pulse)
            if error.why is Stop.TOO_OLD:
                self._leaving.set()  # for those who can go on
            self._ending.wait()

    def _tell(self, done: Done) -> None:
        with self._telling:
            self._told(done)

    def _is_busy(self, topic: str) -> bool:
        return any(s.standby.is_acting for s in self._shares if state_topic(stage_of(s.number)) == topic)

    def _beside(self, work: Callable[[], None]) -> threading.Thread:
        def run() -> None:
            try:
                work()
            except BaseException as error:  # noqa: BLE001  # raised where it is waited for
                self._errors.append(error)
                self._ending.set()

        thread = threading.Thread(target=run)
        thread.start()
        return thread
