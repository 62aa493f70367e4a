"""The process in which one target is tried, by atheris: until its time is over, or it dies, or an input has no end."""

import hashlib
import json
import os
import random
import re
import resource
import sys
from collections.abc import Callable
from ctypes import c_ulonglong
from importlib import import_module
from pathlib import Path
from typing import Any

from support.fuzzing import hostile
from support.fuzzing.target import Target
from support.fuzzing.trying import tried

MORE_BYTES = 1 << 30
"""That an input may make the process take, beside what it has."""
MOST_BYTES = 1 << 16
CORPUS, INSIDE, FOUND, TOLD, WORDS, SAID = "corpus", "inside", "found", "told", "words", "said"
"""What lies in a target's folder; in `found` are inputs, in `told` a line for each that broke a promise."""


def fuzz(target: Target, seconds: int, seed: int, hang_seconds: int, folder: Path, count: c_ulonglong) -> None:
    """Try inputs: each of the target's seeds, then what atheris makes of those that went a new way through our code.

    Args:
        target: what is tried.
        seconds: for how long.
        seed: of the inputs.
        hang_seconds: by the clock, after which an input counts as one without an end.
        folder: of the target, empty or left by a process before.
        count: shared with whoever waits; of the inputs.
    """
    atheris = import_module("atheris")  # which not every machine has
    _quiet(folder / SAID)
    seeds = _prepared(target, folder)
    tried(target, seeds[0], folder / INSIDE)  # what is loaded at first use is no input's doing
    limit_memory()
    flags = (
        f"-max_total_time={seconds}", f"-seed={seed}", f"-timeout={hang_seconds}", f"-max_len={MOST_BYTES}",
        f"-artifact_prefix={folder / FOUND}/", f"-dict={folder / WORDS}", "-rss_limit_mb=0",
    )  # fmt: skip
    at = _at(target, folder, count)
    atheris.Setup(
        [sys.argv[0], *flags, str(folder / CORPUS)],
        at,
        custom_mutator=_mutator(atheris),
    )
    atheris.Fuzz()


def _at(target: Target, folder: Path, count: c_ulonglong) -> Callable[[bytes], None]:
    """What atheris calls with each input; a promise broken in one way is noted once, and no end of trying."""
    told = set[str]()

    def at(data: bytes) -> None:
        count.value += 1
        wrong = tried(target, data, folder / INSIDE).wrong
        if wrong is None or wrong in told:
            return
        told.add(wrong)
        name = hashlib.sha1(data, usedforsecurity=False).hexdigest()
        (folder / FOUND / name).write_bytes(data)
        with (folder / TOLD).open("a") as file:
            file.write(json.dumps({"wrong": wrong, "name": name}) + "\n")

    return at


def _mutator(atheris: Any) -> Callable[[bytes, int, int], bytes]:
    """What atheris changes inputs by; its own ``Mutate`` is there once it has begun."""

    def mutated(data: bytes, most: int, seed: int) -> bytes:
        chance = random.Random(seed)  # noqa: S311  # of what is tried
        is_odd = chance.random() < hostile.SELDOM
        mutant: bytes = hostile.changed(data, chance)[:most] if is_odd else atheris.Mutate(data, most)
        return mutant

    return mutated


def _prepared(target: Target, folder: Path) -> list[bytes]:
    """The target's seeds, once its folder has what atheris reads."""
    for name in (CORPUS, INSIDE, FOUND):
        (folder / name).mkdir(exist_ok=True)
    seeds = list(target.seeds())
    for number, seed in enumerate(seeds):
        (folder / CORPUS / f"seed-{number}").write_bytes(seed)
    words = [re.sub("..", r"\\x\g<0>", word.hex()) for word in (*target.words, *hostile.ODD)]
    (folder / WORDS).write_text("".join(f'"{word}"\n' for word in words))
    return seeds


def _quiet(path: Path) -> None:
    """What libFuzzer says goes into a file."""
    with path.open("ab") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)


def limit_memory() -> None:
    """Let the process take so much more than it has, no more, and leave no core behind."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    pages = int(Path("/proc/self/statm").read_text().split()[5])
    hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
    resource.setrlimit(resource.RLIMIT_DATA, (pages * resource.getpagesize() + MORE_BYTES, hard))
