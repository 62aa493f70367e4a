"""The whole system in containers: every service healthy, every event at its end, as the truth says.

Starts a Docker engine where none answers and we may, makes the images that cannot be pulled, brings the services of
docker-compose.yml up under a project of their own, publishes made-up people from outside, signs case managers in, asks
Prometheus for its targets, and brings down what it brought up, with its data. Prints one JSON object as its last line;
exits 1 on any difference, 2 where it cannot be run.
"""

import argparse
import json
import os
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from support.docker_images import engine, make_images, said, tell, wait

from deploy import container_kafka, demo_run
from deploy.commands.demo import MANAGERS
from deploy.demo_reader import Reader
from deploy.kafka_settings import HOST
from deploy.local_kafka import free_port
from deploy.population import generate
from partners.population.deadlines import Deadlines
from streams.errors import ThroughlineError

PROJECT = "throughline-proof"
SEED = 7
HEALTHY_SECONDS, TARGETS_SECONDS = 300, 60
ONE_SHOT = "setup"


def main() -> int:
    """Run; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=300)
    arguments = parser.parse_args()
    try:
        with ExitStack() as held:
            document, wrong = run(arguments.people, held)
    except ThroughlineError as error:
        tell(str(error))
        return 2
    for line in wrong:
        tell(line)
    sys.stdout.write(json.dumps(document) + "\n")
    return 1 if wrong else 0


def run(people: int, held: ExitStack) -> tuple[dict[str, Any], list[str]]:
    """The whole proof; its figures and what is wrong, a line each."""
    held.enter_context(engine())
    images = make_images()
    system = held.enter_context(Composed({**images, **ports()}).up())
    tell("waiting until every service is healthy")
    healthy = system.wait_until_healthy()
    system.write_users()
    made = generate(people, SEED, decided_on=datetime.now(UTC).date(), due=Deadlines())
    with ExitStack() as readers:
        figures = demo_run.run_once(
            system, made, lambda: [readers.enter_context(Reader(system.link(user))) for user in MANAGERS], Progress()
        )
    up, down = system.targets()
    wrong = demo_run.differences(made.truth, figures) + [f"Prometheus cannot read {name}" for name in down]
    told = figures.to_document()
    document = {"services_healthy": len(healthy), "targets_up": len(up)}
    return document | {name: told[name] for name in ("published", "signals", "unaccounted")}, wrong


class Progress:
    """A line for each new thing."""

    def __init__(self) -> None:
        self._told: set[str] = set()

    def __call__(self, name: str, done: int, total: int) -> None:
        """Tell of it once."""
        del done
        if name not in self._told:
            self._told.add(name)
            tell(f"publishing {name}: {total} events")


# The services


def ports() -> dict[str, str]:
    """Free ports for all that is published."""
    return {name: str(free_port()) for name in ("KAFKA_PORT", "PORTAL_PORT", "PROMETHEUS_PORT")}


def compose_command() -> list[str]:
    """COMPOSE, Compose v2 or docker-compose, whatever is there first."""
    if given := os.environ.get("COMPOSE"):
        return given.split()
    if container_kafka.docker("compose", "version").returncode == 0:
        return ["docker", "compose"]
    if found := shutil.which("docker-compose"):
        return [found]
    raise ThroughlineError("no Compose: install docker-compose or the compose plugin, or set COMPOSE")


@dataclass
class Composed:
    """The project, up. Stands in for a ``Stack`` where the demo's run asks for one."""

    variables: dict[str, str]
    command: list[str] = field(default_factory=compose_command)
    data_dir: Path = Path("`docker-compose logs`")
    """Where ``demo_run`` says that logs are."""

    @property
    def bootstrap(self) -> str:
        """The published listener."""
        return f"{HOST}:{self.variables['KAFKA_PORT']}"

    def say(self, *words: str, text: str | None = None) -> str:
        """Run Compose on the project."""
        return said(*self.command, "-p", PROJECT, *words, env=self.variables, text=text)

    @contextmanager
    def up(self) -> Iterator["Composed"]:
        """Up for as long as the block runs; its data are removed after."""
        tell(f"{' '.join(self.command)} up, Kafka on {self.bootstrap}")
        try:
            self.say("up", "--detach", "--no-build")
            yield self
        finally:
            tell("bringing everything down")
            self.say("down", "--volumes", "--remove-orphans", "--timeout", "60")

    def states(self) -> dict[str, str]:
        """Health of each service, or what its container is otherwise."""
        shown = (
            '{{index .Config.Labels "com.docker.compose.service"}} '
            "{{if .State.Health}}{{.State.Health.Status}}{{else}}{{.State.Status}}{{end}}"
        )
        lines = said("docker", "inspect", "--format", shown, *self.say("ps", "--all", "--quiet").split())
        found = dict(line.split() for line in lines.splitlines())
        return {service: state for service, state in found.items() if service != ONE_SHOT}

    def wait_until_healthy(self) -> set[str]:
        """The services, once all are healthy."""
        try:
            wait(lambda: set(self.states().values()) == {"healthy"}, HEALTHY_SECONDS, "not every service is healthy")
        except ThroughlineError as error:
            tell(self.say("logs", "--tail", "20"))
            raise ThroughlineError(f"{error}: {self.states()}") from None
        return set(self.states())

    def check(self) -> None:
        """See that every service goes on."""
        if bad := {service: state for service, state in self.states().items() if state != "healthy"}:
            raise ThroughlineError(f"not healthy any more: {bad}")

    def write_users(self) -> None:
        """The demo's case managers into the portal, as docs/containers.md says."""
        entries = [f'[[users]]\nid = "{i}"\nname = "{n}"\nrecipient = "{r}"\n' for i, (n, r) in MANAGERS.items()]
        self.say("exec", "-T", "serve", "tee", "users.toml", text="\n".join(entries))
        self.say("restart", "serve")
        self.wait_until_healthy()

    def link(self, user_id: str) -> str:
        """A sign-in link."""
        return self.say("exec", "-T", "serve", "throughline", "sign-in", user_id).strip()

    def targets(self) -> tuple[set[str], set[str]]:
        """Jobs and instances that Prometheus reads, and those that it cannot."""
        address = f"http://{HOST}:{self.variables['PROMETHEUS_PORT']}/api/v1/targets"

        def asked() -> dict[str, str]:
            active = httpx.get(address, timeout=10).raise_for_status().json()["data"]["activeTargets"]
            return {t["scrapeUrl"]: t["health"] for t in active}

        if "prometheus" not in self.states():
            return set(), set()
        deadline = time.monotonic() + TARGETS_SECONDS
        while set((found := asked()).values()) != {"up"} and time.monotonic() < deadline:
            time.sleep(1)
        up = {name for name, health in found.items() if health == "up"}
        return up, found.keys() - up


if __name__ == "__main__":
    sys.exit(main())
