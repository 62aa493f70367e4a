"""What proofs share: lines for whoever watches, seeds in portions, and tasks done by several processes."""

import multiprocessing
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from typing import Any, TypeVar

from rich.console import Console
from rich.progress import Progress

Result = TypeVar("Result")
Task = tuple[Callable[..., Result], tuple[Any, ...]]
"""A function that a process of its own can be told, and its arguments."""


def say(line: str) -> None:
    """To whoever watches: what a proof has found is its last line on the other stream."""
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


def portions(seeds: range, size: int) -> Iterator[range]:
    """Seeds, so many at a time."""
    return (seeds[start : start + size] for start in range(0, len(seeds), size))


def results(doing: str, tasks: Sequence[Task[Result]], processes: int) -> Iterator[Result]:
    """What comes of tasks, in no order, in so many processes; on a terminal a bar shows how far they are."""
    console = Console(stderr=True)
    with Progress(console=console, disable=not console.is_terminal, transient=True) as shown:
        bar = shown.add_task(doing, total=len(tasks))
        for result in _done(tasks, processes):
            yield result
            shown.advance(bar)


def _done(tasks: Sequence[Task[Result]], processes: int) -> Iterator[Result]:
    if processes == 1:
        yield from (work(*arguments) for work, arguments in tasks)
        return
    # Not forked: what Arrow's threads hold would stay locked in a child.
    with ProcessPoolExecutor(processes, multiprocessing.get_context("spawn")) as pool:
        yield from (future.result() for future in as_completed([pool.submit(work, *told) for work, told in tasks]))
