"""Histories through the real consent stage, and what recipients see at every commit held against the oracle."""

import gc
import random
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from simulation.fast_codec import remembering
from simulation.script import Logged

from processors.consent import book, judge, policy, reading, sweep
from processors.consent import decide as consent
from processors.consent.agreements import Agreement
from processors.consent.book import Book
from processors.consent.heard import Heard
from processors.consent.law.documents import rules_of
from processors.consent.law.rules import RuleSet
from processors.consent.settle import Context
from processors.names import RESOLVED_EVENTS
from processors.records import Arrival, Arrivals, Out
from processors.signals.book import day_of
from processors.state import Memory, Working
from schemas_avro import catalog, codec, wire
from support.histories import Act, Author, history
from support.history_erasures import are_left, are_told, content, forget_keys
from support.history_oracle import NONE, Oracle, Seen
from support.worlds import DictKeys

LEAKED, WITHHELD, BROKEN = "leaks", "wrongly_withheld", "broken"
KEPT, LOST = "kept_of_the_erased", "lost_of_the_erased"
BATCHES = (1, 1, 2, 3, 5, 8)
"""Most records of the log that are decided at once."""
AT_ONCE = 0.8
"""Share of histories whose first agreements are one batch."""
MOST_IDLE = 60
"""Slices after which a sweep should have come to its end."""
MOST_SHOWN = 3
MOST_TRIES = 400
"""Plays of a history to make it smaller."""
GARBAGE = 100_000


@dataclass
class Told:
    """Agreements and rules as they reached a recipient."""

    agreements: list[tuple[int, Agreement]] = field(default_factory=list)
    rules: list[tuple[int, int, RuleSet]] = field(default_factory=list)
    swept: int = -1

    def hear(self, name: str, row: dict[str, Any]) -> None:
        """One more record of the recipient's topic that is no release."""
        if name == "agreement_activated":
            self.agreements.append((row["position"], Agreement.from_row(row)))
        elif name == "rules_activated":
            self.rules.append((row["position"], row["version"], rules_of(row["document"].encode())))
        elif name == "sweep_ended":
            self.swept = row["position"]

    def heard(self) -> Heard:
        """As a reader has it."""
        return Heard(self.agreements, self.rules, self.swept)


@dataclass
class Play:
    """One history on its way through the stage."""

    author: Author
    chance: random.Random
    state: Memory = field(default_factory=Memory)
    oracle: Oracle = field(default_factory=Oracle)
    rows: dict[tuple[str, str, str], dict[str, Any]] = field(default_factory=dict)
    """By recipient, person and event: the newest word by position, as a view keeps it."""
    told: dict[str, Told] = field(default_factory=lambda: defaultdict(Told))
    """By recipient what readers heard of."""
    wrong: list[str] = field(default_factory=list)
    is_checked: bool = True
    """Whether each commit is held against the oracle."""
    commits: int = 0
    quiet: int = 0
    """Commits at which nothing was under way."""
    released: int = 0
    """Rows that stood at those."""

    def run(self) -> None:
        """Everything, in batches; slices of sweeps between some of them, and at the end all."""
        offset, size = 0, self.chance.choice(BATCHES)
        if self.chance.random() < AT_ONCE:
            offset = min(self.author.opened, len(self.author.logged))
            self.commit(0, offset)
        while offset < len(self.author.logged) and not self.wrong:
            if self.is_sweeping() and self.chance.random() < 0.5:
                self.commit(offset, offset)
                continue
            end = min(offset + self.chance.randint(1, size), len(self.author.logged))
            self.commit(offset, end)
            offset = end
        for _ in range(MOST_IDLE):
            if self.wrong or not self.is_sweeping():
                return
            self.commit(offset, offset)
        self.wrong.append(BROKEN)

    def is_sweeping(self) -> bool:
        """Whether somebody is still to be decided again."""
        return bool(self.state.scan("sweep", ""))

    def commit(self, start: int, end: int) -> None:
        """A part of the log decided, and what stands then compared."""
        working, context = Working(self.state), Context(self.author.keys, 1)
        part = [arrival(n, logged) for n, logged in enumerate(self.author.logged[start:end], start)]
        outs = consent.decide(Arrivals.of(part), working, context)
        self.state.apply(working.changes())
        forget_keys(self.author, self.state)
        self.committed(outs, start, end)

    def committed(self, outs: Iterable[Out], start: int, end: int) -> None:
        """What came of a part of the log is sent."""
        for out in outs:
            self._keep(out)
        heard = self.author.told[start:end]
        for name, row in heard:
            self.oracle.hear(name, row)
        if self.author.erased and not are_told(heard, outs):
            self.wrong.append(LOST)
        self.commits += 1
        if self.is_checked:
            self._compare()

    def _keep(self, out: Out) -> None:
        if not out.topic.startswith("released."):
            return
        schema_id = wire.schema_id_of(out.value) or 0
        [row] = codec.decode_own(schema_id, [wire.payload_of(out.value)])
        if (head := row.get("release")) is not None:
            sight = (head["recipient"], head["person_id"], head["event_id"])
            if sight not in self.rows or self.rows[sight]["release"]["position"] <= head["position"]:
                self.rows[sight] = row
        else:
            self.told[out.topic.removeprefix("released.")].hear(catalog.catalog()[schema_id].family, row)

    def _compare(self) -> None:
        """What recipients see is within what may be seen, and all of it when nothing is under way."""
        may, shown, standing = self.oracle.permitted(), self.shown(), self.standing()
        if self.author.erased and are_left(self.author, self.state, standing):
            self.wrong.append(KEPT)
        seen = [shown] if self.is_sweeping() else [shown, standing]
        if any(not groups <= may.get(sight, NONE) for one in seen for sight, groups in one.items()):
            self.wrong.append(LEAKED)
        if self.is_sweeping():
            return
        self.quiet += 1
        self.released += len(standing)
        if any(not groups <= one.get(sight, NONE) for one in seen for sight, groups in may.items()):
            self.wrong.append(WITHHELD)

    def standing(self) -> Seen:
        """What was released and not taken back."""
        return {sight: frozenset(row["release"]["groups"]) for sight, row in self.rows.items() if "body" in row}

    def shown(self) -> Seen:
        """What readers show of it, who decide again by what they heard of agreements and rules, and the day."""
        found: Seen = {}
        today = Book(Working(self.state)).today()
        heard = {recipient: told.heard() for recipient, told in self.told.items()}
        for sight, row in self.rows.items():
            if "body" in row:
                head = row["release"]
                until = None if head["expires_on"] is None else day_of(head["expires_on"])
                release: Any = SimpleNamespace(**{**head, "expires_on": until, "groups": tuple(head["groups"])})
                release.consent_event_ids = tuple(head["consent_event_ids"])
                day = None if today is None else day_of(today)
                verdict = reading.permit(release, head["position"], heard[sight[0]], day)
                if isinstance(verdict, reading.Permit):
                    found[sight] = verdict.groups
        return found


def arrival(offset: int, logged: Logged) -> Arrival:
    """A record as the log holds it."""
    return Arrival(RESOLVED_EVENTS, 0, offset, 0, logged.key, logged.value, {"ce_id": logged.id.encode()})


@dataclass
class Failure:
    """A history of which something is wrong, made as small as it goes."""

    seed: int
    wrong: tuple[str, ...]
    acts: Sequence[Act]

    def __str__(self) -> str:
        return "\n".join([f"seed {self.seed}: {', '.join(self.wrong)}", *(f"  {act}" for act in self.acts)])


@dataclass
class Tally:
    """Histories, and in how many what was wrong."""

    histories: int = 0
    commits: int = 0
    quiet: int = 0
    released: int = 0
    leaks: int = 0
    wrongly_withheld: int = 0
    disagreements: int = 0
    failures: list[Failure] = field(default_factory=list)

    def add(self, other: "Tally") -> None:
        """Take in another part."""
        for name in ("histories", "commits", "quiet", "released", LEAKED, WITHHELD, "disagreements"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.failures = [*self.failures, *other.failures][:MOST_SHOWN]


@contextmanager
def one_by_one() -> Iterator[None]:
    """Sweeps decide one person a slice, and nothing is remembered of code that may have been another."""
    before = sweep.SLICE_PERSONS
    sweep.SLICE_PERSONS = 1
    _forget()
    try:
        yield
    finally:
        sweep.SLICE_PERSONS = before
        _forget()


def _forget() -> None:
    for known in [value for module in (book, judge, policy) for value in vars(module).values()]:
        if hasattr(known, "cache_clear"):
            known.cache_clear()


def play(seed: int, acts: Sequence[Act]) -> Play:
    """A history through the stage; batches are the seed's."""
    author = Author(random.Random(seed), DictKeys(), seed)
    author.write(list(acts))
    played = Play(author, random.Random(seed))
    played.run()
    if author.erased and not played.wrong and not reads_the_same(played):
        played.wrong.append(KEPT)
    return played


def reads_the_same(played: Play) -> bool:
    """Whether the log read anew, when the keys of the erased are gone, ends as it did."""
    again = Play(played.author, random.Random(0), is_checked=False)
    again.run()
    return (content(again.state), again.standing()) == (content(played.state), played.standing())


def run(seeds: Iterable[int]) -> Tally:
    """The histories of some seeds."""
    tally = Tally()
    gc.set_threshold(GARBAGE)
    with remembering(), one_by_one():
        for seed in seeds:
            acts = history(seed)
            played = play(seed, acts)
            if played.wrong and len(tally.failures) < MOST_SHOWN:
                acts = smaller(seed, acts, tuple(played.wrong))
            tally.add(judged(seed, played, acts))
    return tally


def judged(seed: int, played: Play, acts: Sequence[Act]) -> Tally:
    """A history that was played; where it went wrong, the acts to be told."""
    wrong = tuple(sorted(set(played.wrong)))
    found = Tally(1, played.commits, played.quiet, played.released)
    found.leaks, found.wrongly_withheld, found.disagreements = LEAKED in wrong, WITHHELD in wrong, bool(wrong)
    if wrong:
        found.failures.append(Failure(seed, wrong, acts))
    return found


def first_wrong(seeds: Iterable[int]) -> int | None:
    """The first seed whose history goes wrong; None: none does."""
    with remembering(), one_by_one():
        return next((seed for seed in seeds if play(seed, history(seed)).wrong), None)


def smaller(seed: int, acts: Sequence[Act], wrong: tuple[str, ...]) -> list[Act]:
    """As few of the acts as still go wrong in the same way."""
    kept, size, tries = list(acts), max(len(acts) // 2, 1), 0
    while tries < MOST_TRIES:
        for start in range(0, len(kept), size):
            fewer = [*kept[:start], *kept[start + size :]]
            tries += 1
            if set(play(seed, fewer).wrong) & set(wrong):
                kept = fewer
                break
        else:
            if size == 1:
                break
            size = max(size // 2, 1)
    return kept
