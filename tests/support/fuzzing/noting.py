"""What a child is at, in shared memory: its parent knows it however the child ends."""

import mmap
import struct
import time
from dataclasses import dataclass
from pathlib import Path

from support.fuzzing.making import Chain

SIZE = 4_096
HEAD = struct.Struct(">QddH")


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

    def write(self, target: str, chain: Chain, inputs: int) -> None:
        """Before an input is tried."""
        text = f"{target}:{named(chain)}".encode()[: SIZE - HEAD.size]
        head = HEAD.pack(inputs, time.process_time(), time.monotonic(), len(text))
        self._memory[: HEAD.size + len(text)] = head + text

    def read(self) -> At:
        """The last one; of no target: the process is getting ready."""
        inputs, cpu, began, length = HEAD.unpack(self._memory[: HEAD.size])
        target, _, chain = self._memory[HEAD.size : HEAD.size + length].decode().partition(":")
        return At(target, chain_of(chain), inputs, cpu, began)


def named(chain: Chain) -> str:
    """A chain as people are told it."""
    return ".".join(map(str, chain))


def chain_of(text: str) -> Chain:
    """And back."""
    return tuple(map(int, text.split(".")))
