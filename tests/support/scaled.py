"""What the proof does to the services of profile ``scale`` while events flow, and what it sees of them."""

import re
import threading
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import parse_qs, urlsplit

import httpx
import orjson

from partners.population import Truth
from support.docker_images import tell, wait

KILLED_IN = {"history": "resolve", "changes": "consent"}
"""Phases, and the stage whose acting worker is killed when the first events of it are sent."""
WAIT_SECONDS = 60
LEASES = "SELECT stage || '-' || split_part(holder, '.', 1) FROM throughline_lease WHERE until > clock_timestamp()"
SHOWN = "SELECT recipient, person_id, event_id FROM throughline.release_row WHERE state = 'released'"
SESSIONS = re.compile(r'^haproxy_server_current_sessions\{proxy="ready",server="([^"]+)"\} (\d+)', re.MULTILINE)


class Services(Protocol):
    """The project that is up."""

    portals: tuple[str, ...]

    def say(self, *words: str) -> str:
        """Run Compose on it."""

    def kill(self, service: str) -> None:
        """End a service as a crash does."""


def asked(system: Services, database: str, question: str) -> list[tuple[str, ...]]:
    """Rows of PostgreSQL, as its owner sees them."""
    told = system.say("exec", "-T", "postgres", "psql", "-U", "postgres", "-d", database, "-AtF", " ", "-c", question)
    return [tuple(line.split(" ")) for line in told.splitlines()]


def acting(system: Services) -> set[str]:
    """The services that act for resolve and consent."""
    return {service for (service,) in asked(system, "leases", LEASES)}


@dataclass
class Faults:
    """Kills who acts, once for each of the two stages; told of what is under way, as ``demo_run`` tells it."""

    system: Services
    killed: list[str] = field(default_factory=list)

    def __call__(self, name: str, done: int, total: int) -> None:
        """Kill who acts for the phase's stage, if nobody of it was killed yet."""
        stage = KILLED_IN.get(name)
        if stage is None or any(service.startswith(stage) for service in self.killed):
            return
        tell(f"{name}: {done} of {total} events have ended")
        service = next(service for service in sorted(acting(self.system)) if service.startswith(stage))
        self.system.kill(service)
        self.killed.append(service)

    def taken_over(self) -> set[str]:
        """Who acts in the place of who was killed, once two act that were not."""
        wait(
            lambda: len(acting(self.system) - set(self.killed)) == len(KILLED_IN), WAIT_SECONDS, "nobody has taken over"
        )
        return acting(self.system)


class Page:
    """An open caseload page, which comes again where its connection breaks, as a browser's does."""

    def __init__(self, link: str) -> None:
        """Sign in by a link, load the page and follow it."""
        parts = urlsplit(link)
        base = f"{parts.scheme}://{parts.netloc}"
        self._client = httpx.Client(base_url=base, timeout=httpx.Timeout(10, read=30))
        token = parse_qs(parts.query)["token"][0]
        signed_in = self._client.post("/sign-in", data={"token": token}, headers={"Origin": base})
        assert signed_in.status_code == httpx.codes.SEE_OTHER, signed_in.status_code
        text = self._client.get("/").raise_for_status().text
        self._params = {name: _attribute(text, name) for name in ("seq", "standing")}
        self._last_id = ""
        self.connections: list[list[dict[str, Any]]] = []
        """What was told on each connection, frame by frame."""
        threading.Thread(target=self._follow, daemon=True).start()

    @property
    def changes(self) -> set[str]:
        """Events among the newest changes that the page was told of while it was open."""
        frames = [frame for told in self.connections for frame in told]
        return {item["key"] for frame in frames for item in frame["items"] if item["list"] == "changes"}

    @property
    def has_resumed(self) -> bool:
        """Whether it came again, and was told what it had missed, not all there is."""
        first = [told[0] for told in self.connections[1:] if told]
        return bool(first) and all(len(f["items"]) < sum(map(len, f["keep"].values())) for f in first)

    def _follow(self) -> None:
        while True:
            headers = {"Last-Event-ID": self._last_id} if self._last_id else {}
            try:
                with self._client.stream("GET", "/feed", params=self._params, headers=headers) as answer:
                    answer.raise_for_status()
                    self._read(answer.iter_lines())
            except httpx.HTTPError:
                time.sleep(0.2)

    def _read(self, lines: Iterable[str]) -> None:
        self.connections.append(told := [])
        for line in lines:
            name, _, value = line.partition(": ")
            if name == "id":
                self._last_id = value
            elif name == "data":
                told.append(orjson.loads(value))


def _attribute(text: str, name: str) -> str:
    found = re.search(rf'data-{name}="([^"]*)"', text)
    assert found, f"the page has no data-{name}"
    return found[1]


def break_one(system: Services, pages: list[Page]) -> None:
    """Kill a portal that keeps a page up to date, and wait until that page has come to another."""
    wait(lambda: all(page.connections and page.connections[0] for page in pages), WAIT_SECONDS, "no page is live")
    sessions = {server: int(count) for server, count in SESSIONS.findall(_proxys_metrics(system))}
    system.kill(max(system.portals, key=lambda portal: sessions[portal]))
    wait(lambda: any(page.has_resumed for page in pages), WAIT_SECONDS, "no page has come again")


def _proxys_metrics(system: Services) -> str:
    ask = "import urllib.request as u; print(u.urlopen('http://proxy:9464/metrics', timeout=10).read().decode())"
    return system.say("exec", "-T", "signals", "python", "-IS", "-c", ask)


def views_differ(system: Services, made: Truth) -> list[str]:
    """Where the views in PostgreSQL differ from the truth at its end, a line each, once they had time to follow."""
    deadline = time.monotonic() + WAIT_SECONDS
    while (found := differences(asked(system, "views", SHOWN), made)) and time.monotonic() < deadline:
        time.sleep(1)
    return found


def differences(rows: list[tuple[str, ...]], made: Truth) -> list[str]:
    """Where rows (recipient, person, event) differ from what the truth has visible at its end, ten lines at most."""
    visible = made.visible[list(made.visible)[-1]]
    shown, wanted = {(who, event): person for who, person, event in rows}, {(w, e): label for w, label, e in visible}
    lines = [f"{who} does not see {event}" for who, event in sorted(wanted.keys() - shown.keys())]
    lines += [f"{who} sees {event}, the truth does not" for who, event in sorted(shown.keys() - wanted.keys())]
    pairs = {(person, wanted[place]) for place, person in shown.items() if place in wanted}
    for side in (0, 1):
        often = Counter(pair[side] for pair in pairs)
        lines += [f"person {name} is {count} persons" for name, count in sorted(often.items()) if count > 1]
    return lines[:10]
