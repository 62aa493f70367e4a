"""One schedule of a partitioned log: a script, a real stage for each partition, and crashes in between, by one seed."""

import functools
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, fields, replace
from random import Random
from typing import Any

from simulation.broker import Broker, Place
from simulation.bugs import replaced
from simulation.disk import Disk, WorkersStore
from simulation.fast_codec import remembering
from simulation.partitioned import CAME, HELD, JOINED, Consent, Waits, handover_topic, log_topic, persons_of
from simulation.parts import Keys, small
from simulation.ports import ports
from simulation.script import ACTS, PERSONS, RECIPIENTS, Script, Writer, script
from simulation.truth import memory_of
from simulation.views import PARTITIONS, Sight, View
from simulation.workers import CrashedError, Outside, Verdict, Worker
from simulation.world import BATCHES, IDLE_READS, SCHEDULES_A_SCRIPT, SETTINGS
from support import events
from support.worlds import DictKeys

from processors.consent.settle import Context
from processors.names import released_topic
from processors.numbers import HEADER
from processors.state import canonical
from schemas_avro import codec, wire
from streams import consent
from streams.errors import StoppedError, ThroughlineError
from streams.stage import Stage

RESOLVE = "resolve"
MOST_STEPS = 6_000
VERDICTS = (
    (Verdict.CRASH_BEFORE, 0.012), (Verdict.CRASH_AFTER, 0.012), (Verdict.FAILED, 0.025), (Verdict.LOST, 0.02),
)  # fmt: skip
TABLES = ("record", "person", "fact", "due")
"""Of consent's state: what is kept of persons, and must be the same."""
Standing = dict[Sight, str]
Content = dict[tuple[str, str], bytes]


@dataclass(frozen=True)
class Said:
    """What a record of the log is to the model."""

    persons: frozenset[str]
    moves: tuple[tuple[str, str, str], ...]
    """Record, person before, person after."""


def swap(writer: Writer) -> None:
    """Two records come to each other's persons by one cause; where they have one person, another record goes."""
    moves = [("ra", writer.where["ra"], writer.where["rb"]), ("rb", writer.where["rb"], writer.where["ra"])]
    if writer.where["ra"] == writer.where["rb"]:
        moves = [("ra", writer.where["ra"], "c"), ("rc", writer.where["rc"], "b")]
    moved = [move for move in moves if move[1] != move[2]]
    rows = [{"record_key": key, "from_person_id": before, "to_person_id": after} for key, before, after in moved]
    writer.where |= {key: after for key, _, after in moved}
    place = len(writer.logged)
    writer.say(
        "records_moved", "ra", {"move_id": f"move {place}", "caused_by_event_id": f"cause {place}", "moves": rows}
    )


@functools.lru_cache(maxsize=16)
def scene(number: int) -> Script:
    """A script; every second one has a withdrawal that comes to somebody with the record that it is kept with."""
    if number % 2:
        return script(number)
    chance = Random(number)
    writer = Writer(chance, DictKeys(), number, where={"ra": "b", "rb": "a", "rc": "a"})
    acts, weights = zip(*ACTS, strict=True)
    for party in RECIPIENTS:
        writer.agreement(party, grants=True)
    writer.tick()
    writer.event("ra", "aid", "aid0", "assert", events.body("aid"))
    writer.state_consent("ra", "consent0", None)
    writer.state_consent("rb", "consent1", None, "withdrawn")
    for act in chance.choices(acts, weights, k=chance.randrange(3)):
        act(writer)
    swaps = chance.choice(("before", "after", "never"))
    if swaps == "before":
        swap(writer)
    if writer.where["rb"] != "b":
        writer.move_to("rb", "b")
    if swaps == "after":
        swap(writer)
    for act in chance.choices(acts, weights, k=chance.randrange(4)):
        act(writer)
    return Script(tuple(writer.logged), writer.keys)


@functools.lru_cache(maxsize=16)
def said(number: int) -> tuple[Said, ...]:
    """Of each record of a script."""
    found = []
    for one in scene(number).logged:
        [row] = codec.decode_own(wire.schema_id_of(one.value) or 0, [wire.payload_of(one.value)])
        moves = [(m["record_key"], m["from_person_id"], m["to_person_id"]) for m in row.get("moves", ())]
        found.append(Said(frozenset(persons_of(one.kind, row)), tuple(moves)))
    return tuple(found)


@functools.lru_cache(maxsize=16)
def standings(number: int) -> tuple[Standing, ...]:
    """What stands by one log, after none of its records, after the first, and so on."""
    one = scene(number)
    parts = [memory_of(Script(one.logged[:length], one.keys))[1] for length in range(len(one.logged) + 1)]
    return tuple({sight: kept.terms for sight, kept in rows.items() if kept.terms is not None} for rows in parts)


@functools.lru_cache(maxsize=16)
def content(number: int) -> Content:
    """What one log's consent keeps of persons in the end."""
    state, _ = memory_of(scene(number))
    return {(table, key): canonical(value) for table in TABLES for key, value in state.scan(table, "")}


@dataclass
class Crossing:
    """A record that goes from one partition to another."""

    place: int
    """Of its move in the script."""
    person: str
    """Whose it is then."""
    left: tuple[int, int, int] | None = None
    """Step, records of the log written, and transactions, when it was on its way for all to see."""
    joined: tuple[int, int, int] | None = None


@dataclass
class Schedule:
    """What happens under a seed."""

    seed: int
    waits: Waits
    wrong: list[str] = field(default_factory=list)
    crashes: int = 0
    crossings: dict[str, Crossing] = field(default_factory=dict)
    """By name of what goes from partition to partition."""
    held_most: int = 0

    def __post_init__(self) -> None:
        """Nothing has happened yet."""
        self.chance = Random(self.seed)
        self.number = self.seed // SCHEDULES_A_SCRIPT
        self.script, self.said = scene(self.number), said(self.number)
        self.partitions = self.chance.choice((2, 3))
        self.batch_records = self.chance.choice(BATCHES)
        self.seconds, self.step, self.next, self.size, self.transactions = 0.0, 0, 0, 0, 0
        self.numbers = Counter[int]()
        self.broker = Broker(lambda: int(self.seconds * 1_000))
        for number in range(self.partitions):
            self.broker.make(log_topic(number))
            self.broker.make(handover_topic(number))
        self.broker.make(JOINED)
        for recipient in RECIPIENTS:
            self.broker.make(released_topic(recipient), PARTITIONS)
        self.broker.told.append(self._hear)
        self.view, self.watch = View(self.broker, drops_repeats=True), View(self.broker)
        self.read: dict[Place, int] = {}
        self.outside = Outside(lambda: self.seconds, lambda most: self.chance.randint(0, most), self._sleep, [])
        self.disks = [Disk() for _ in range(self.partitions)]
        self.workers = [self._worker(number) for number in range(self.partitions)]
        for place, one in enumerate(self.said):
            for record, before, after in one.moves:
                if self.partition_of(before) != self.partition_of(after):
                    self.crossings[f"{self.script.logged[place].id}|{record}"] = Crossing(place, after)

    def partition_of(self, person: str) -> int:
        """Partition of a person."""
        return PERSONS.index(person) % self.partitions

    def _sleep(self, seconds: float) -> None:
        self.seconds += seconds

    def _worker(self, number: int) -> Worker:
        return Worker(number, self.outside, self._live)

    def _live(self, worker: Worker) -> None:
        """A worker's life: the real stage, over the model's decision."""
        keys, number = Keys(self.script.keys), worker.number
        mine = {log_topic(number), handover_topic(number)}
        decide = Consent(number, self.partition_of, Context(keys, PARTITIONS), self.waits).decide
        parts = replace(
            consent.parts(SETTINGS, keys), name=f"consent-{number}", inputs=lambda topic: topic in mine,
            decide=decide, batch_records=self.batch_records,
        )  # fmt: skip
        store: Any = WorkersStore(self.disks[number], worker)
        Stage(parts, "", store, keys, ports(self.broker, worker)).run(worker)  # type: ignore[arg-type]

    def run(self) -> "Schedule":
        """Everything: a stormy time, then a calm one, until nothing is left to do."""
        stormy = self.chance.randint(40, 180)
        for self.step in range(MOST_STEPS):
            self._go_on(is_calm=self.step >= stormy)
            if self.wrong or (self.step >= stormy and self._is_settled()):
                break
        else:
            self.wrong.append("it never came to rest")
        for worker in self.workers:
            worker.kill()
        self.view.read_all(self.chance)
        if not self.wrong:
            self._compare()
        return self

    def _is_settled(self) -> bool:
        is_fed = self.next == len(self.script.logged) and not self.size
        return is_fed and all(worker.has_nothing_to_do(IDLE_READS) for worker in self.workers)

    def _go_on(self, *, is_calm: bool) -> None:
        self.seconds += 0.05
        draw = self.chance.random()
        if draw < 0.15 and (self.size or self.next < len(self.script.logged)):
            self._feed(is_calm=is_calm)
        elif draw < 0.2:
            self.view.read_some(self.chance)
        else:
            self._advance(self.chance.choice(self.workers), is_calm=is_calm)

    def _feed(self, *, is_calm: bool) -> None:
        """Resolve begins a transaction over all partitions, or ends it; one that is given up comes again."""
        if not self.size:
            self.size = min(self.chance.randint(1, 4), len(self.script.logged) - self.next)
            self.epoch, self.given = self.broker.begin(RESOLVE), Counter(self.numbers)
            for place in range(self.next, self.next + self.size):
                self._write(place)
            return
        if not is_calm and self.chance.random() < 0.15:
            self.broker.abort(RESOLVE, self.epoch)
        else:
            self.broker.commit(RESOLVE, self.epoch)
            self.next, self.numbers = self.next + self.size, self.given
            self._wake()
        self.size = 0

    def _write(self, place: int) -> None:
        logged, persons = self.script.logged[place], self.said[place].persons
        for number in sorted({self.partition_of(p) for p in persons}) or range(self.partitions):
            self.given[number] += 1
            headers = [("ce_id", logged.id.encode()), (HEADER, f"{RESOLVE}/1/{self.given[number]}".encode())]
            self.broker.produce(RESOLVE, self.epoch, (log_topic(number), 0), logged.key, logged.value, headers)

    def _wake(self) -> None:
        for worker in self.workers:
            worker.idle = 0

    def _advance(self, worker: Worker, *, is_calm: bool) -> None:
        if worker.call == "read":
            self.seconds += 0.2
        worker.go_on(Verdict.DONE if is_calm else self._verdict())
        if worker.is_over:
            self.crashes += isinstance(worker.ended, CrashedError)
            if isinstance(worker.ended, StoppedError) or not isinstance(worker.ended, ThroughlineError | CrashedError):
                self.wrong.append(f"{type(worker.ended).__name__}: {worker.ended}")
            self.workers[worker.number] = self._worker(worker.number)

    def _verdict(self) -> Verdict:
        draw = self.chance.random()
        for verdict, share in VERDICTS:
            if draw < share:
                return verdict
            draw -= share
        return Verdict.DONE

    def _hear(self, group: str, offsets: Any) -> None:
        """A transaction of a worker is there for all to see: what has left, what has joined, and what stands."""
        del group, offsets
        self._wake()
        self.transactions += 1
        now = (self.step, self.next, self.transactions)
        for number in range(self.partitions):
            for name in self._new((handover_topic(number), 0)):
                self.crossings[name].left = now
        for name in self._new((JOINED, 0)):
            self.crossings[name].joined = now
        self.held_most = max(self.held_most, *(len(disk.store().scan(HELD, "")) for disk in self.disks))
        self.watch.read_all(Random(0))
        times = Counter((recipient, event) for recipient, _, event in self.watch.standing())
        self.wrong += [f"{seen} stands for two persons" for seen, count in times.items() if count > 1]

    def _new(self, place: Place) -> list[str]:
        slots, self.read[place] = self.broker.partition(place).read(self.read.get(place, 0), 1_000_000)
        return [(slot.key or b"").decode() for slot in slots]

    def _compare(self) -> None:
        """In the end views and state are those of one log, and nothing was sent twice."""
        wanted, shown = standings(self.number)[-1], self.view.standing()
        self.wrong += [f"{sight} does not stand" for sight in sorted(wanted.keys() - shown.keys())]
        self.wrong += [f"{sight} stands" for sight in sorted(shown.keys() - wanted.keys())]
        self.wrong += [f"{s} stands with other words" for s in sorted(shown.keys() & wanted) if shown[s] != wanted[s]]
        rows = [
            ((table, key), canonical(value)) for disk in self.disks for table in TABLES
            for key, value in disk.store().scan(table, "")
        ]  # fmt: skip
        self.wrong += [f"{t} is left" for disk in self.disks for t in (HELD, CAME) if disk.store().scan(t, "")]
        if len(rows) != len(dict(rows)):
            self.wrong.append("two partitions keep the same")
        differing = {name for name, _ in set(rows) ^ set(content(self.number).items())}
        self.wrong += [f"{name} is kept otherwise" for name in sorted(differing)]
        for name, topic in self.broker.topics.items():
            for place in range(len(topic.partitions)):
                slots, _ = self.broker.partition((name, place)).read(0, 1_000_000)
                ids = Counter(dict(slot.headers)["ce_id"] for slot in slots)
                self.wrong += [f"{id_!r} is twice on {name}" for id_, times in ids.items() if times > 1]

    def absent(self, one: Crossing) -> int:
        """Rows that one log takes from the person before and gives the person after in one transaction."""
        before, after = standings(self.number)[one.place : one.place + 2]
        gone = {(recipient, event) for recipient, _, event in before.keys() - after.keys()}
        come = [(recipient, event) for recipient, p, event in after.keys() - before.keys() if p == one.person]
        return sum(seen in gone for seen in come)

    def late(self, one: Crossing) -> int:
        """Rows of the person after that one log takes back in the transaction in which the record leaves."""
        before, after = standings(self.number)[one.place : one.place + 2]
        return sum(person == one.person for _, person, _ in before.keys() - after.keys())


def planted() -> dict[str, Callable[[], AbstractContextManager[None]]]:
    """Bugs in the protocol that must be found."""

    @contextmanager
    def does_not_wait() -> Any:
        known = Consent._move  # noqa: SLF001  # to be broken

        def wrong(self: Consent, batch: Any, entry: Any, one: Any) -> bool:
            known(self, batch, entry, one)
            return True

        with replaced(Consent, "_move", wrong):
            yield

    return {
        "decides without what comes": does_not_wait,
        "takes nothing back": lambda: replaced(Consent, "_take_back", lambda *_: None),
        "later records overtake": lambda: replaced(Consent, "_must_wait", lambda *_, **__: False),
    }


@dataclass
class Found:
    """What came of many schedules."""

    schedules: int = 0
    crashes: int = 0
    failures: list[tuple[int, str]] = field(default_factory=list)
    """Seed, and the first that was wrong."""
    windows: list[tuple[int, int, int]] = field(default_factory=list, repr=False)
    """Of each record that crossed: from when it was on its way until it had joined."""
    absent: int = 0
    """Records that crossed, of which rows stood for nobody meanwhile."""
    late: int = 0
    """Records that crossed with what takes rows of their new person back, which stood meanwhile."""
    held_most: int = 0

    def add(self, one: Schedule) -> None:
        """One schedule more."""
        self.schedules, self.crashes = self.schedules + 1, self.crashes + one.crashes
        self.held_most = max(self.held_most, one.held_most)
        self.failures += [(one.seed, wrong) for wrong in one.wrong[:1]]
        for crossing in one.crossings.values():
            if crossing.left is not None and crossing.joined is not None:
                step, records, transactions = (b - a for a, b in zip(crossing.left, crossing.joined, strict=True))
                self.windows.append((step, records, transactions))
                self.absent += one.absent(crossing) > 0
                self.late += one.late(crossing) > 0

    def __add__(self, other: "Found") -> "Found":
        added = (getattr(self, f.name) + getattr(other, f.name) for f in fields(self)[:-1])
        return Found(*added, max(self.held_most, other.held_most))

    def told(self) -> dict[str, Any]:
        """As it is printed."""
        found: dict[str, Any] = {
            "schedules": self.schedules, "crashes": self.crashes, "wrong": len(self.failures),
            "crossed": len(self.windows), "absent_meanwhile": self.absent, "late": self.late,
            "held_max": self.held_most,
        }  # fmt: skip
        for at, name in enumerate(("steps", "log_records", "transactions") if self.windows else ()):
            ordered = sorted(window[at] for window in self.windows)
            found[f"window_{name}"] = {"p50": ordered[len(ordered) // 2], "max": ordered[-1]}
        return found


def run(seeds: Iterable[int], waits: Waits) -> Found:
    """Run the schedules of some seeds."""
    found = Found()
    with remembering(), small():
        for seed in seeds:
            found.add(Schedule(seed, waits).run())
    return found


def seed_that_finds(bug: str, seeds: Iterable[int]) -> int | None:
    """The first seed under which a planted bug shows; None: it shows under none of them."""
    with planted()[bug](), remembering(), small():
        return next((seed for seed in seeds if Schedule(seed, Waits.PERSONS).run().wrong), None)
