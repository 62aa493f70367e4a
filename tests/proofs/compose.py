"""The whole system in containers: every service healthy, every event at its end, as the truth says.

Starts a Docker engine where none answers and we may, makes the images that cannot be pulled, brings the services of a
profile of docker-compose.yml up under a project of their own, publishes made-up people from outside, signs case
managers in, asks Prometheus for its targets, and brings down what it brought up, with its data. Of profile ``scale``
the acting workers of resolve and consent and one of the portals are killed meanwhile, and the views in PostgreSQL are
compared too. Prints one JSON object as its last line; exits 1 on any difference, 2 where it cannot be run.
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
from typing import Any, Self

import httpx
from support.docker_images import engine, make_images, said, tell, wait
from support.scaled import Faults, Page, break_one, views_differ

from deploy import container_kafka, demo_run
from deploy.commands.demo import MANAGERS
from deploy.demo_reader import Reader
from deploy.kafka_settings import HOST
from deploy.local_kafka import free_port
from deploy.population import generate
from partners.population import Population
from partners.population.deadlines import Deadlines
from streams.errors import ThroughlineError

SEED = 7
PROJECT = "throughline-proof"
HEALTHY_SECONDS, TARGETS_SECONDS = 300, 60
ONE_SHOTS = frozenset({"setup", "migrate"})


def main() -> int:
    """Run; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=300)
    parser.add_argument("--profile", choices=("embedded", "scale"), default="embedded")
    arguments = parser.parse_args()
    try:
        with ExitStack() as held:
            document, wrong = run(arguments.people, arguments.profile, held)
    except ThroughlineError as error:
        tell(str(error))
        return 2
    for line in wrong:
        tell(line)
    sys.stdout.write(json.dumps(document) + "\n")
    return 1 if wrong else 0


def run(people: int, profile: str, held: ExitStack) -> tuple[dict[str, Any], list[str]]:
    """The whole proof; its figures and what is wrong, a line each."""
    held.enter_context(engine())
    images = make_images(profile)
    variables = {**images, **ports(), "COMPOSE_PROFILES": profile}
    system = held.enter_context((Scaled if profile == "scale" else Composed)(variables).up())
    tell("waiting until every service is healthy")
    system.wait_until_healthy()
    system.write_users()
    made = generate(people, SEED, decided_on=datetime.now(UTC).date(), due=Deadlines())
    told, wrong = scaled(system, made) if isinstance(system, Scaled) else embedded(system, made)
    healthy, (up, down) = system.wait_until_healthy(), system.targets()
    wrong += [f"Prometheus cannot read {name}" for name in down]
    document = {"services_healthy": len(healthy), "targets_up": len(up)}
    return document | told, wrong


def embedded(system: "Composed", made: Population) -> tuple[dict[str, Any], list[str]]:
    """One of each role."""
    with ExitStack() as readers:
        figures = demo_run.run_once(system, made, lambda: signed_in(system, readers), Progress())
    return counted(figures), demo_run.differences(made.truth, figures)


def scaled(system: "Scaled", made: Population) -> tuple[dict[str, Any], list[str]]:
    """Several of each, of which some are killed while events flow; pages stay open meanwhile."""
    faults, pages = Faults(system), list[Page]()

    def readers() -> list[Reader]:
        faults.taken_over()
        found = signed_in(system, held)
        pages.extend(Page(system.link(user)) for user in MANAGERS)
        break_one(system, pages)
        return found

    with ExitStack() as held:
        figures = demo_run.run_once(system, made, readers, faults)
    took = faults.taken_over()
    system.start_again()
    wrong = demo_run.differences(made.truth, figures) + views_differ(system, made.truth)
    unseen = {event.event_id for event in made.phases["trickle"]} - set().union(*(page.changes for page in pages))
    wrong += [f"no open page was told of {event_id}" for event_id in sorted(unseen)[:10]]
    more = {"taken_over": len(took), "pages_resumed": sum(page.has_resumed for page in pages)}
    return more | counted(figures), wrong


def signed_in(system: "Composed", held: ExitStack) -> list[Reader]:
    """The demo's case managers, by a link each."""
    return [held.enter_context(Reader(system.link(user))) for user in MANAGERS]


def counted(figures: demo_run.Figures) -> dict[str, Any]:
    """What is told of a run."""
    told = figures.to_document()
    return {name: told[name] for name in ("published", "signals", "unaccounted")}


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
    away: set[str] = field(default_factory=set)
    """Services that were killed, and are to stay so for a while."""

    @property
    def bootstrap(self) -> str:
        """The published listener."""
        return f"{HOST}:{self.variables['KAFKA_PORT']}"

    def say(self, *words: str, text: str | None = None) -> str:
        """Run Compose on the project."""
        return said(*self.command, "-p", PROJECT, *words, env=self.variables, text=text)

    @contextmanager
    def up(self) -> Iterator[Self]:
        """Up for as long as the block runs; its data are removed after."""
        tell(f"{' '.join(self.command)} up, {self.variables['COMPOSE_PROFILES']}, Kafka on {self.bootstrap}")
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
        return {service: state for service, state in found.items() if service not in ONE_SHOTS | self.away}

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

    def kill(self, service: str) -> None:
        """End a service as a crash does; nobody starts it again."""
        tell(f"killing {service}")
        self.away.add(service)
        self.say("kill", service)

    def start_again(self) -> None:
        """Start what was killed."""
        if self.away:
            tell(f"starting {' and '.join(sorted(self.away))} again")
            self.say("start", *sorted(self.away))
            self.away.clear()

    def write_users(self) -> None:
        """The demo's case managers into the portal, as docs/containers.md says."""
        self.say("exec", "-T", "serve", "tee", "users.toml", text=users())
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

        deadline = time.monotonic() + TARGETS_SECONDS
        while set((found := asked()).values()) != {"up"} and time.monotonic() < deadline:
            time.sleep(1)
        up = {name for name, health in found.items() if health == "up"}
        return up, found.keys() - up


class Scaled(Composed):
    """The same of profile ``scale``: two portals, which share their users."""

    portals = ("serve-1", "serve-2")

    def write_users(self) -> None:
        """The demo's case managers, to one of the portals for both."""
        self.say("exec", "-T", "serve-1", "tee", "users.toml", text=users())
        self.say("restart", "serve-1", "serve-2")
        self.wait_until_healthy()

    def link(self, user_id: str) -> str:
        """A sign-in link, which either portal takes."""
        return self.say("exec", "-T", "serve-1", "throughline", "sign-in", user_id).strip()


def users() -> str:
    """The demo's case managers as ``users.toml`` has them."""
    entries = [f'[[users]]\nid = "{i}"\nname = "{n}"\nrecipient = "{r}"\n' for i, (n, r) in MANAGERS.items()]
    return "\n".join(entries)


if __name__ == "__main__":
    sys.exit(main())
