"""Random histories through the real worker consent on a real broker; each commit of it is held against the oracle.

The log is published whole; batches are the worker's. Of each commit it is known how far the log was read by it and
where it ended in each topic, so what recipients had then is known too.
"""

import random
import secrets
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import orjson

from processors.records import Out
from processors.state import Changes, Memory, Working
from support.consent_worker import Commit, ConsentWorker
from support.histories import DSAS, Author, history
from support.history_checks import BATCHES, Play, Tally, judged, one_by_one

RECIPIENTS = sorted({dsa["party"] for dsa in DSAS})
TABLES = ("agreement", "clock", "rules", "sweep", "erased", "record", "person", "fact", "order", "due")
"""Of consent's state."""
AT_ONCE = 4
"""Histories that a process goes through beside each other: each mostly waits for the broker."""
MANY = 1_000
"""Records of a batch that takes a whole history in."""


@dataclass
class BrokerPlay(Play):
    """A history that a worker has gone through."""

    taken: dict[str, int] = field(default_factory=dict)
    """By topic, records that were taken in."""

    def follow(self, worker: ConsentWorker, commits: Iterable[Commit]) -> None:
        """Take in what was sent, commit by commit."""
        sent, read = worker.sent(), 0
        for commit in commits:
            assert commit.seen is not None
            self.state = commit.seen
            outs = [
                Out(topic, "", arrival.value or b"", "")
                for topic, end in commit.ends.items()
                for arrival in sent[topic]
                if self.taken.get(topic, 0) <= arrival.offset < end
            ]
            self.taken |= commit.ends
            self.committed(outs, read, commit.read)
            read = commit.read


def look(state: Working) -> Memory:
    """The whole state as a batch leaves it: there are a few records only."""
    seen, changes = Memory(), Changes()
    for table in TABLES:
        changes[table] = {key: orjson.dumps(value) for key, value in state.scan(table, "")}
    seen.apply(changes)
    return seen


def play(seed: int, bootstrap: str) -> BrokerPlay:
    """A history through a worker with topics of its own; how large its batches are follows from the seed."""
    chance = random.Random(seed)
    with TemporaryDirectory(prefix="throughline-history-") as folder:
        worker = ConsentWorker(bootstrap, Path(folder), RECIPIENTS, f"history-{seed}-{secrets.token_hex(4)}.")
        with closing(worker):
            author = Author(random.Random(seed), worker.keys, seed)
            author.write(history(seed))
            worker.write(author.logged)
            played = BrokerPlay(author, chance)
            played.follow(worker, worker.run(chance.choice((*BATCHES, MANY)), look))
    return played


def run(seeds: Iterable[int], bootstrap: str) -> Tally:
    """The histories of some seeds."""
    tally = Tally()
    with one_by_one(), ThreadPoolExecutor(AT_ONCE) as pool:
        for played in pool.map(lambda seed: play(seed, bootstrap), seeds):
            tally.add(judged(played.author.number, played, history(played.author.number)))
    return tally
