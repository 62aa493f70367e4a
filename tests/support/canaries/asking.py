"""Everybody who may ask, asking for everything: readers of the portal, staff at a command line, who scrapes metrics."""

import json
import subprocess
import sys
import uuid
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import orjson

from deploy import audit_log
from deploy.access_list import access_list, rows_of
from deploy.commands.serve import portal_secret
from deploy.consent_explained import Asked, UnknownError, document, explained, lines
from deploy.consent_log import book_of_log
from deploy.stack import Stack
from portal.sign_in import make_sign_in_link
from schemas_avro import catalog
from streams.health import noted
from streams.keyring import Keyring
from support.canaries.kinds import EVERYTHING, RECIPIENTS
from support.canaries.people import MANAGERS, Fact, Origin, manager_of
from support.canaries.searching import Findings, May
from support.canaries.truth import Truth

LISTS = (
    "/",
    "/api/caseload",
    "/api/signals",
    "/api/changes",
    "/feed",
    "/?order=name",
    "/api/caseload?order=name",
    "/api/kinds",
)
OF_A_PERSON = ("/p/{}", "/api/persons/{}/timeline", "/feed?person={}")
OF_A_SOURCE = ("/kinds/{}/{}", "/api/kinds/{}/{}")
OF_A_FAMILY = ("/dictionary/{}",)
FOR_ALL = (
    "/health", "/metrics", "/health/live", "/health/ready", "/sign-in", "/signed-out", "/subjects", "/dictionary",
)  # fmt: skip
SECONDS = 60.0
FRAME_END = b"\n\n"
TOLD_APART = "told apart"
LATEST = "2099-01-01"
AT_ONCE = 2
"""Commands, each a process."""


@dataclass(frozen=True)
class Portal:
    """The portal as its readers ask it."""

    stack: Stack
    findings: Findings = field(repr=False)
    truth: Truth = field(repr=False)
    persons: Mapping[str, str]
    """Id of a person by name."""
    shown: set[str] = field(default_factory=set, repr=False)
    """Canaries that were rightly there."""

    def ask_everything(self, readers: int) -> None:
        """So many readers of each recipient ask for every list and every person, and for nobody; a stranger, too."""
        for manager, recipient in managers(readers):
            with closing(self._client(manager)) as client:
                of_sources = [form.format(*source.split(".")) for form in OF_A_SOURCE for source in EVERYTHING]
                for path in (*LISTS, *of_sources):
                    self.read(manager, recipient, path, self._get(client, path)[1])
                for form in OF_A_PERSON:
                    self._ask_of_persons(client, manager, recipient, form)
        with httpx.Client(base_url=self.stack.portal, timeout=SECONDS) as stranger:
            of_persons = [form.format(one) for form in OF_A_PERSON for one in self.persons.values()]
            of_families = [form.format(family) for form in OF_A_FAMILY for family in catalog.FAMILIES]
            for path in (*LISTS, *FOR_ALL, *of_persons, *of_families):
                self.findings.look("page", f"{path} of nobody", self._get(stranger, path)[1])

    def _ask_of_persons(self, client: httpx.Client, manager: str, recipient: str, form: str) -> None:
        """What is answered of somebody else's client is what is answered of nobody."""
        unknown = self._get(client, form.format(uuid.uuid4()))
        for name, person_id in self.persons.items():
            path = form.format(person_id)
            answer = self._get(client, path)
            self.read(manager, recipient, path, answer[1])
            if name not in self.truth.persons[manager] and answer != unknown:
                self.findings.found.append(f"{TOLD_APART} {path} by {manager}")

    def read(self, manager: str, recipient: str, path: str, content: bytes) -> None:
        """What a reader is answered, searched."""
        served = self.truth.persons[manager]

        def may(origin: Origin) -> bool:
            return origin.person in served and self.truth.may_see(origin, recipient)

        self.shown.update(self.findings.look("page", f"{path} of {manager}", content, may))

    def _client(self, manager: str) -> httpx.Client:
        link = urlsplit(make_sign_in_link(self.stack.portal, portal_secret(self.stack.settings), manager))
        client = httpx.Client(base_url=self.stack.portal, timeout=SECONDS)
        token = {"token": parse_qs(link.query)["token"][0]}
        answer = client.post("/sign-in", data=token, headers={"Origin": self.stack.portal})
        assert answer.status_code == httpx.codes.SEE_OTHER
        return client

    def _get(self, client: httpx.Client, path: str) -> tuple[int, bytes]:
        """Status, and the answer with its headers but those of time; of what never ends the first frame."""
        with client.stream("GET", path) as answer:
            content = b""
            for part in answer.iter_bytes():
                content += part
                if "event-stream" in answer.headers["content-type"] and FRAME_END in content:
                    break
        headers = b"\n".join(name + b": " + value for name, value in answer.headers.raw if name.lower() != b"date")
        return answer.status_code, headers + b"\n\n" + content


def _names_consents(*words: str) -> May:
    """``consent show`` names consents, by the ids that their partners gave them, to whoever has the keys."""
    return lambda origin: words[:2] == ("consent", "show") and origin.field == "consent_id"


def managers(of_each: int = MANAGERS) -> Iterator[tuple[str, str]]:
    """Users of the portal, each with the recipient."""
    for recipient, number in product(RECIPIENTS, range(of_each)):
        yield manager_of(recipient, number), recipient


def users_file(path: Path) -> Path:
    """The file of them, written."""
    entries = [f'[[users]]\nid = "{one}"\nname = "{one}"\nrecipient = "{whose}"\n' for one, whose in managers()]
    path.write_text("\n".join(entries), encoding="utf-8")
    return path


def scrape(findings: Findings, stack: Stack) -> None:
    """Metrics and health of every process."""
    addresses = noted(stack.data_dir)
    assert addresses.keys() == stack.running.keys()
    for role, address in addresses.items():
        for path in ("/metrics", "/health/live", "/health/ready"):
            findings.look("metrics", f"{role}{path}", httpx.get(address + path, timeout=SECONDS).content)


@dataclass(frozen=True)
class Staff:
    """Whoever has the command line."""

    stack: Stack
    findings: Findings = field(repr=False)
    persons: Mapping[str, str]

    def run_commands(self, facts: Sequence[Fact], folder: Path) -> None:
        """Commands that tell of people or events, about some of them; and all that ``audit export`` writes."""
        export = folder / "export"
        words = [("audit", "export", "--out", str(export))]
        if facts:
            words += [
                ("deadletters", "list"),
                ("status", "--json"),
                ("doctor",),
                ("identity", "quality"),
                ("identity", "review"),
            ]
            words += [("audit", "verify", "--json")]
            words += [("consent", "as-of", "--recipient", one, "--at", LATEST, "--json") for one in RECIPIENTS]
        for fact, recipient in zip(facts, RECIPIENTS * len(facts), strict=False):
            person, event = self.persons[fact.row["person_id"]], fact.row["event_id"]
            asked = ("--person", person, "--recipient", recipient, "--event", event)
            words += [("consent", "explain", *asked), ("audit", "person", person, "--json"), ("explain", event)]
            words += [("identity", "person", person), ("consent", "show", "--person", person)]
        listed = self._say("deadletters", "list", "--json").split("\n")[-2]
        letters = [letter["place"] for letter in json.loads(listed)["dead_letters"]]
        assert letters
        words += [("deadletters", "show", place) for place in letters[: 1 + len(facts)]]
        with ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(lambda one: self._say(*one), words))
        for path in export.iterdir():
            self.findings.look("export", path.name, path.read_bytes())

    def _say(self, *words: str) -> str:
        command = [sys.executable, "-m", "deploy", *words]
        env = self.stack.environment()
        done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=200, check=False)
        said = done.stdout + done.stderr
        assert "a bug" not in said
        self.findings.look("command", " ".join(words[:2]), said.encode(), _names_consents(*words))
        return said

    def explain_all(self, facts: Sequence[Fact], keys_dir: Path) -> int:
        """What ``consent explain`` says of every event to every recipient, and each person's access list; how many."""
        said: list[str] = []
        with closing(Keyring(keys_dir)) as keys:
            book = book_of_log(self.stack.bootstrap, keys)
            told = [fact for fact in facts if fact.row["family"] in catalog.PROJECTED]
            for fact, recipient in product(told, RECIPIENTS):
                asked = Asked(self.persons[fact.row["person_id"]], recipient, fact.row["event_id"])
                try:
                    found = explained(book, keys, asked)
                except UnknownError as error:
                    said.append(str(error))
                    continue
                said += [orjson.dumps(document(asked, found)).decode(), *lines(asked, found)]
        self.findings.look("explanation", "of every event to every recipient", "\n".join(said).encode())
        log = list(audit_log.decisions(audit_log.of_topic(self.stack.bootstrap), lambda _, __: None))
        for person_id in self.persons.values():
            rows = orjson.dumps(list(rows_of(access_list(person_id, log))), default=str)
            self.findings.look("explanation", "access list of a person", rows)
        return len(told) * len(RECIPIENTS)
