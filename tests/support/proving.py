"""What proofs share: the command, lines for whoever watches, seeds in portions, and tasks done by several processes."""

import argparse
import json
import multiprocessing
import random
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from typing import Any, TypeVar

from rich.console import Console
from rich.progress import Progress

Result = TypeVar("Result")
Row = dict[str, Any]
Task = tuple[Callable[..., Result], tuple[Any, ...]]
"""A function that a process of its own can be told, and its arguments."""


def say(line: str) -> None:
    """To whoever watches: what a proof has found is its last line on the other stream."""
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


def over_people(
    about: str | None, name: str, people: tuple[int, str], prove: Callable[[Path, int, int], Row],
    is_sound: Callable[[Row], bool],
) -> int:  # fmt: skip
    """A proof over made-up people as a command: its figures are the last line; the exit code.

    Args:
        about: what it says of itself.
        name: of its folder.
        people: how many unless asked otherwise, and what is counted.
        prove: by a folder, how many, and a seed; the figures.
        is_sound: whether figures prove what they should.
    """
    parser = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=people[0], metavar="N", help=people[1])
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of people and moments; 0: drawn, and told")
    asked = parser.parse_args()
    seed = asked.seed or random.randrange(1, 1_000_000)  # noqa: S311  # of a test's people
    say(f"seed {seed}")  # to run it again
    with tempfile.TemporaryDirectory(prefix=f"throughline-{name}-") as folder:
        document = prove(Path(folder), asked.people, seed)
    sys.stdout.write(json.dumps(document) + "\n")
    return 0 if is_sound(document) else 1


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
