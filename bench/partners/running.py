"""``throughline publish`` as a process of its own, with what it used up."""

import json
import os
import resource
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Run:
    """A run of ``publish`` to its end."""

    code: int
    """Its exit code."""
    told: dict[str, Any]
    """The JSON object of its last line."""
    seconds: float
    """By the clock."""
    used: resource.struct_rusage
    """Of the whole process, the threads of librdkafka too."""

    @property
    def rss_mb(self) -> int:
        """The most memory that it has had."""
        return round(self.used.ru_maxrss / 1024)


def published(*words: str, **settings: str) -> Run:
    """Run ``throughline publish`` with these words and settings."""
    command = [sys.executable, "-m", "deploy", "publish", *words, "--json"]
    began = time.monotonic()
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=os.environ | settings) as process:
        said = process.stdout.read() if process.stdout else b""
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    return Run(process.returncode, json.loads(said.splitlines()[-1]), time.monotonic() - began, used)
