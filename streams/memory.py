"""Memory of a process that runs for long: the garbage collector looks rarely, the C library keeps one heap."""

import ctypes
import gc

YOUNG, MIDDLE, OLD = 500_000, 20, 1_000
"""Objects made before the youngest are looked at, and how many looks before each older generation is.

At Python's own thresholds (700, 10, 10) the collector took 40 % of the CPU of a decision (measured over 20,000 events).
"""
M_ARENA_MAX = -8
"""Of glibc's ``mallopt``."""
STORE_CACHE_MB = 96
"""Mebibytes of a store's blocks, and of the indices and filters of its files, that are kept where no setting says."""


def prepare() -> None:
    """Of a process that has loaded what it needs and made no threads yet."""
    _keep_one_heap()
    _collect_rarely()


def _keep_one_heap() -> None:
    """Where the C library is glibc: memory that one thread's heap has free serves all threads.

    Its own default is eight heaps a core; clients of Kafka and RocksDB have threads, and consent took 500 MB for a
    backlog instead of 390 (``make bench-recovery``).
    """
    library = ctypes.CDLL(None)
    if hasattr(library, "mallopt"):
        library.mallopt(M_ARENA_MAX, 1)


def _collect_rarely() -> None:
    """Leave what is loaded by now out of every look, and look rarely at the rest."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, MIDDLE, OLD)
