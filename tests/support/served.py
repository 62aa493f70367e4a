"""A running ``throughline serve`` over a world, whose registry's paths clients ask."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from support.commands import environment
from support.kafka_world import KafkaWorld

START_SECONDS = 60


@contextmanager
def served(world: KafkaWorld) -> Iterator[str]:
    """Its address."""
    noted = world.settings.data_dir / "portal"
    command = [sys.executable, "-m", "deploy", "serve", "--port", "0"]
    env = environment(world.settings.data_dir, THROUGHLINE_BOOTSTRAP=str(world.settings.bootstrap))
    with subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL) as process:
        try:
            deadline = time.monotonic() + START_SECONDS
            while not (noted.exists() and noted.read_text()):
                assert process.poll() is None, "serve has ended"
                assert time.monotonic() < deadline, "serve did not start"
                time.sleep(0.1)
            yield noted.read_text()
        finally:
            process.terminate()
