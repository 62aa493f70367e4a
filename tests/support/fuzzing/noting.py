"""What a child is at, in shared memory: its parent knows it however the child ends."""

import mmap
import struct
import time
import zlib
from dataclasses import dataclass
from pathlib import Path

from support.fuzzing.making import Chain

SIZE = 4_096
HEAD = struct.Struct(">QddH")
SUM = struct.Struct(">I")
TRIES = 1_000
"""To read what is just being written."""


@dataclass(frozen=True)
class At:
    """The input that is being tried."""

    target: str
    chain: Chain
    inputs: int
    """Tried of the target before it."""
    cpu_seconds: float
    """That the child had used when it began."""
    began: float
    """By the machine's monotonic clock."""


class Note:
    """The shared memory."""

    def __init__(self, path: Path) -> None:
        """In a file, made where there is none."""
        if not path.exists():
            path.write_bytes(bytes(SIZE))
        with path.open("r+b") as file:
            self._memory = mmap.mmap(file.fileno(), SIZE)
        self._last = At("", (), 0, 0.0, time.monotonic())

    def write(self, target: str, chain: Chain, inputs: int) -> None:
        """Before an input is tried."""
        text = f"{target}:{named(chain)}".encode()
        head = HEAD.pack(inputs, time.process_time(), time.monotonic(), len(text))
        whole = SUM.pack(zlib.crc32(head + text)) + head + text
        self._memory[: len(whole)] = whole

    def read(self) -> At:
        """The last one, but for one that is half written; of no target: the process is getting ready."""
        for _ in range(TRIES):
            whole = self._memory[:]
            [summed], said = SUM.unpack_from(whole), whole[SUM.size :]
            inputs, cpu, began, length = HEAD.unpack_from(said)
            if zlib.crc32(said[: HEAD.size + length]) == summed:
                target, _, chain = said[HEAD.size : HEAD.size + length].decode().partition(":")
                self._last = At(target, chain_of(chain), inputs, cpu, began)
                break
        return self._last


def named(chain: Chain) -> str:
    """A chain as people are told it."""
    return ".".join(map(str, chain))


def chain_of(text: str) -> Chain:
    """And back."""
    return tuple(map(int, text.split(".")))
