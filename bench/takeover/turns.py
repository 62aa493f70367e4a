"""Two workers of one stage, killed in turn under a live producer; then their stores are compared."""

import random
import statistics
import sys
import time
from collections.abc import Callable
from itertools import zip_longest
from pathlib import Path
from typing import Any, Protocol

from deploy.scrape import see
from streams.changelog import FOLLOWING
from streams.store import Store, path_of

LEVEL_SECONDS = 3_600.0
"""Most that a worker may take to follow to the end: it may have to read everything."""
CALM_SECONDS = 2.0


class Worker(Protocol):
    """One process."""

    instance: str

    def kill(self) -> None:
        """Kill -9."""

    def stop(self) -> None:
        """By SIGTERM."""


class Scene(Protocol):
    """Where one stage is watched."""

    role: str
    data_dir: Path

    def start(self, instance: str) -> Worker:
        """Start a worker by its name."""

    def until(self, done: Callable[[], bool], seconds: float = ...) -> None:
        """Wait until something is so.

        Raises:
            RuntimeError: it is not so by then.
        """

    def sent(self) -> int:
        """How many events have been sent: the number of the next."""

    def newest(self) -> int:
        """Highest number of those that were decided; -1: none."""

    def end(self) -> tuple[int, int]:
        """Send no more, and wait until all is decided; how many are lost, and how many doubled."""


def killed_in_turn(scene: Scene, kills: int) -> dict[str, Any]:
    """Kill so many times, and compare: the store of ``a`` is there, that of ``b`` is made."""
    chosen, seconds = random.Random(kills), list[float]()  # noqa: S311  # any place will do
    acting = scene.start("a")
    scene.until(lambda: scene.newest() >= 0, LEVEL_SECONDS)
    other = until_level(scene, scene.start("b"))
    for number in range(kills):
        calm_until = time.monotonic() + CALM_SECONDS + chosen.random()
        scene.until(lambda until=calm_until: scene.newest() >= 0 and time.monotonic() > until)  # type: ignore[misc]
        dead, (acting, other) = acting, (other, acting)
        dead.kill()
        first, began = scene.sent(), time.monotonic()
        scene.until(lambda first=first: scene.newest() >= first)  # type: ignore[misc]
        seconds.append(time.monotonic() - began)
        other = until_level(scene, scene.start(dead.instance))
        say(f"kill {number + 1}: {scene.role}-{acting.instance} decides after {seconds[-1]:.2f} s")
    lost, doubled = scene.end()
    until_level(scene, other)
    for worker in (other, acting):
        worker.stop()
    return {
        "takeover_s": {"p50": round(statistics.median(seconds), 3), "max": round(max(seconds), 3)},
        "of_each": [round(one, 3) for one in seconds],
        "lost": lost,
        "doubled": doubled,
        "equal": are_equal(scene),
    }


def until_level(scene: Scene, worker: Worker) -> Worker:
    """Wait until a worker that stands by has the state of the one that acts."""
    name, began = f"{scene.role}-{worker.instance}", time.monotonic()

    def is_level() -> bool:
        time.sleep(0.2)
        seen = see(name, scene.data_dir)
        return seen.is_up and seen.highest("throughline_standby_level") == 1

    scene.until(is_level, LEVEL_SECONDS)
    say(f"{name} follows to the end after {time.monotonic() - began:.1f} s")
    return worker


def are_equal(scene: Scene) -> bool:
    """Whether both stores have the same rows, but for how far each follows."""
    paths = (path_of(scene.data_dir, f"{scene.role}-{instance}") for instance in "ab")
    one, other = (Store.open(path) for path in paths)
    with one, other:
        both = (store.content({FOLLOWING}) for store in (one, other))
        return all(ours == theirs for ours, theirs in zip_longest(*both))


def say(line: str) -> None:
    """To whoever watches."""
    print(line, file=sys.stderr, flush=True)
