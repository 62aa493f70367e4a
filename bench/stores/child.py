"""One engine's process: loads a store, does batches, commits until it is killed, or opens what a killed one left.

Run by ``bench.stores.comparison``; prints one JSON object a line.
"""

import argparse
import importlib
import json
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench.stores import workload
from bench.stores.contract import Engine
from bench.stores.table import CLASSES

PERSONS_AT_ONCE = 300_000
MICROS = 1_000_000


def main() -> None:
    """Do one thing to one store."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("act", choices=sorted(ACTS))
    parser.add_argument("--engine", required=True)
    parser.add_argument("--path", type=Path, required=True)
    parser.add_argument("--persons", type=int, required=True)
    parser.add_argument("--batches", type=int, default=0)
    parser.add_argument("--events", type=int, default=0)
    asked = parser.parse_args()
    ACTS[asked.act](engine_class(asked.engine), asked)


def engine_class(name: str) -> type[Engine]:
    """The class of an engine; its library is imported now."""
    module, _, class_name = CLASSES[name].partition(":")
    found: type[Engine] = getattr(importlib.import_module(f"bench.stores.{module}"), class_name)
    return found


def tell(**said: Any) -> None:
    """One line to who started this."""
    print(json.dumps(said), flush=True)


def load(kind: type[Engine], asked: argparse.Namespace) -> None:
    """Make the state."""
    starts = range(0, asked.persons, PERSONS_AT_ONCE)
    ends = [min(start + PERSONS_AT_ONCE, asked.persons) for start in starts]
    kind.load(asked.path, (workload.preloaded(start, end) for start, end in zip(starts, ends, strict=True)))
    tell(loaded=asked.persons)


def work(kind: type[Engine], asked: argparse.Namespace) -> None:
    """Do batches as a stage does: look up in bulk, scan, commit. CPU is the whole process's, background threads too."""
    store = kind.open(asked.path)
    standing = store.take_over()
    number, waited, making = standing.batch, 0.0, 0.0
    began = _cpu()
    for _ in range(asked.batches):
        made_at = time.thread_time()
        batch = workload.batch(number + 1, asked.events, asked.persons)
        making += time.thread_time() - made_at
        started = time.perf_counter()
        _look_up(store, batch)
        number = store.commit(standing.token, number, batch.changes, batch.offsets, batch.pending)
        waited += time.perf_counter() - started
    events = asked.batches * asked.events
    tell(
        wall_us=waited / events * MICROS,
        cpu_us=(_cpu() - began - making) / events * MICROS,
        rss_mb=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_024,
        own_mb=_own_mb(),
    )
    store.close()


def _look_up(store: Engine, batch: workload.Batch) -> None:
    for table, keys in batch.reads.items():
        store.get_many(table, keys)
    for prefix in batch.scans:
        store.scan(workload.FACT, prefix)


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _own_mb() -> float:
    """Memory that is this process's alone; pages of a mapped file are the system's to take back."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    [kilobytes] = [line.split()[1] for line in lines if line.startswith("RssAnon")]
    return int(kilobytes) / 1_024


def commit_on(kind: type[Engine], asked: argparse.Namespace) -> None:
    """Commit batches and tell each, until killed."""
    store = kind.open(asked.path)
    standing = store.take_over()
    number = standing.batch
    while True:
        batch = workload.batch(number + 1, asked.events, asked.persons)
        tell(begins=number + 1)
        number = store.commit(standing.token, number, batch.changes, batch.offsets, batch.pending)
        tell(done=number)


def reopen(kind: type[Engine], asked: argparse.Namespace) -> None:
    """Open what a killed process left, and look something up; then whether all of it is as it should be."""
    started = time.perf_counter()
    store = kind.open(asked.path)
    standing = store.take_over()
    store.get_many(workload.RECORD, [workload.hashed(workload.RECORD, 0)])
    seconds = time.perf_counter() - started
    tell(seconds=seconds, batch=standing.batch, whole=_is_whole(store, standing, asked))
    store.close()


def _is_whole(store: Engine, standing: Any, asked: argparse.Namespace) -> bool:
    """Whether the last batch is there with all that belongs to it, and nothing of the one after it."""
    last, after = (workload.batch(standing.batch + n, asked.events, asked.persons) for n in (0, 1))
    kept = all(store.get_many(table, rows.keys()) == rows for table, rows in last.changes.items())
    none_after = not store.get_many(workload.SEEN, after.changes[workload.SEEN])
    return bool(kept and none_after and dict(standing.offsets) == last.offsets and standing.pending == last.pending)


ACTS: dict[str, Callable[[type[Engine], argparse.Namespace], None]] = {
    "load": load,
    "work": work,
    "commit_on": commit_on,
    "reopen": reopen,
}

if __name__ == "__main__":
    sys.exit(main())
