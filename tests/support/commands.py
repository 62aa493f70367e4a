"""Running ``throughline`` as a person would: a process of its own, in an environment of its own."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

CODEC = "THROUGHLINE_CODEC"
ROOT = Path(__file__).parents[2]


def environment(data_dir: Path, **settings: str) -> dict[str, str]:
    """An environment without the settings of whoever runs the tests, but for who decodes batches.

    A Kafka that it starts leaves no volume behind.
    """
    kept = {name: value for name, value in os.environ.items() if name == CODEC or not name.startswith("THROUGHLINE_")}
    return {
        **kept,
        "THROUGHLINE_BROKER": "native",
        "THROUGHLINE_DATA_DIR": str(data_dir),
        "PYTHONSAFEPATH": "1",
        "COLUMNS": "200",
        **settings,
    }


def of_tests() -> dict[str, str]:
    """The environment of a process that finds the project and what supports its tests."""
    return os.environ | {"PYTHONPATH": os.pathsep.join(map(str, (ROOT, ROOT / "tests")))}


def throughline(data_dir: Path, *words: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    command = [sys.executable, "-m", "deploy", *words]
    env = environment(data_dir, **settings)
    return subprocess.run(command, env=env, capture_output=True, text=True, timeout=300, check=False)


@contextmanager
def begun(env: Mapping[str, str], said: Path, *words: str) -> Iterator[subprocess.Popen[bytes]]:
    """Begin a command, whose words go into a file; it is told to end after the block, also where it is asleep."""
    with said.open("ab") as out:
        process = subprocess.Popen([sys.executable, "-m", "deploy", *words], env=env, stdout=out, stderr=out)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGCONT)
        process.terminate()
        process.wait(60)
