"""Two workers of each stage, as operators start them: one acts, the other stands by, whichever of them is killed."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import orjson
import pytest
from support.commands import environment, throughline
from support.events import event_id
from support.kafka_world import PARTITIONS, KafkaWorld
from support.students import CENTRE, tell
from support.waits import wait_until

from deploy.topic_reader import TopicReader
from processors.names import released_topic
from streams.health import noted
from streams.store import path_of

pytestmark = pytest.mark.broker
ROLES = ("resolve", "consent")
FEWEST_TABLES = 10
"""Of both stages, whose rows a changelog has after a story like this."""


class Workers:
    """Processes by role and name."""

    def __init__(self, world: KafkaWorld) -> None:
        """Over a world whose own stages stand still."""
        self._env = environment(
            world.settings.data_dir, THROUGHLINE_BOOTSTRAP=str(world.settings.bootstrap), **PARTITIONS
        )  # fmt: skip
        self._data_dir = world.settings.data_dir
        self.running: dict[tuple[str, str], subprocess.Popen[bytes]] = {}

    def start(self, name: str) -> None:
        """One of each stage; until its endpoints answer."""
        for role in ROLES:
            argv = [sys.executable, "-m", "deploy", "worker", role]
            made = subprocess.Popen(argv, env={**self._env, "THROUGHLINE_INSTANCE": name}, stderr=subprocess.DEVNULL)
            self.running[role, name] = made
            wait_until(lambda r=role: f"{r}-{name}" in noted(self._data_dir), f"{role}-{name} answers")  # type: ignore[misc]

    def end(self, name: str, how: signal.Signals) -> None:
        """End those of a name."""
        for role in ROLES:
            process = self.running.pop((role, name))
            process.send_signal(how)
            process.wait(30)

    def close(self) -> None:
        """End all."""
        for process in self.running.values():
            process.kill()
            process.wait(30)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[KafkaWorld]:
    """A small story, its stages stopped, their stores those of the workers a."""
    with KafkaWorld(tmp_path) as made:
        tell(made, 1)
        made.stop()
        for role in ROLES:
            path_of(made.settings.data_dir, role).rename(path_of(made.settings.data_dir, f"{role}-a"))
        yield made


def processes(world: KafkaWorld) -> dict[str, dict[str, Any]]:
    """As ``throughline status`` shows them, by name."""
    done = throughline(world.settings.data_dir, "status", "--json", THROUGHLINE_BOOTSTRAP=str(world.settings.bootstrap))
    return {row["role"]: row for row in orjson.loads(done.stdout)["processes"]}


def drained(world: KafkaWorld) -> list[tuple[str, str]]:
    """How it went with each worker, in their order."""
    own = {"THROUGHLINE_BOOTSTRAP": str(world.settings.bootstrap), **PARTITIONS}
    done = throughline(world.settings.data_dir, "drain", *ROLES, "--json", **own)
    assert done.returncode == 0, done.stdout
    return [(one["role"], one["state"]) for one in orjson.loads(done.stdout)["workers"]]


def is_rebuilt_equal(world: KafkaWorld, role: str) -> bool:
    """Whether the store of the one that acted last is what the stage's own topics give."""
    own = {"THROUGHLINE_BOOTSTRAP": str(world.settings.bootstrap), "THROUGHLINE_INSTANCE": "a", **PARTITIONS}
    done = throughline(world.settings.data_dir, "rebuild", role, "--check", "--json", **own)
    assert done.returncode == 0, done.stderr
    return bool(orjson.loads(done.stdout)["equal"])


def told_on(world: KafkaWorld) -> set[str]:
    """What changelogs say in the clear of who somebody is: names, numbers and days of birth; nothing, it should be."""
    with closing(TopicReader(str(world.settings.bootstrap), lambda topic: topic.startswith("state."))) as reader:
        kept = [(a.key or b"") + (a.value or b"") for a in reader.arrivals()]
    assert len({key[: key.find(b"\0")] for key in kept}) > FEWEST_TABLES
    planted = [w.format(n) for n in range(1, 8) for w in ("Given{}", "Family{}", "12345678{}", "2001-03-0{}")]
    return {word for word in planted if any(word.encode() in row for row in kept)}


def test_whichever_worker_is_killed_the_other_goes_on_and_nothing_is_lost_or_sent_twice(world: KafkaWorld) -> None:
    workers = Workers(world)
    with ExitStack() as held:
        held.callback(workers.close)
        workers.start("a")
        tell(world, 2)
        workers.start("b")
        tell(world, 3)
        shown = processes(world)
        assert {name: shown[name]["is_ready"] for name in shown if "-" in name} == {
            f"{role}-{name}": True for role in ROLES for name in "ab"
        }
        assert not {*ROLES} & {*shown}
        workers.end("a", signal.SIGKILL)
        tell(world, 4)
        workers.start("a")
        tell(world, 5)
        workers.end("b", signal.SIGTERM)
        tell(world, 6)
        workers.start("b")
        tell(world, 7)
        assert drained(world) == [
            ("resolve-b", "stood_by"), ("resolve-a", "drained"), ("consent-b", "stood_by"), ("consent-a", "drained"),
        ]  # fmt: skip
        assert [process.wait(30) for process in workers.running.values()] == [0] * 4
    assert told_on(world) == set()
    assert [is_rebuilt_equal(world, role) for role in ROLES] == [True, True]
    rows = world.rows(released_topic(CENTRE))
    released = [row["release"]["event_id"] for row in rows if "body" in row]
    assert len(released) == len(set(released))
    assert {event_id(f"ccc/studies {n}") for n in range(1, 8)} <= world.seen_by(CENTRE)
