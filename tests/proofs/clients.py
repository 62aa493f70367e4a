"""Clients that nobody here wrote publish and read, over a real broker and the registry's paths of a running serve.

Python by Confluent's client, Java by Kafka's own with Apicurio's Avro serde, Node by kafkajs and Confluent's client
of a registry: the programs of docs/examples/clients/. Each publishes an event of every family that it is given. A
client is ``ok`` where each of its messages has the key, the partition, the header and, byte for byte, the value that
our own publisher gives the same event; each event ended as it should; and all that it read of a recipient's topic is
what is there. Prints one JSON object as its last line; exits 1 where one is not ok, 2 where one cannot be tried here.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from support import sam
from support.commands import environment
from support.events import body, envelope
from support.kafka_world import KafkaWorld
from support.pages import ROOT
from support.proving import say
from support.served import served

from deploy.topic_reader import TopicReader
from partners.client import Publisher
from processors.names import released_topic
from processors.records import Arrival
from schemas_avro import codec, wire
from streams.errors import ThroughlineError

Row = dict[str, Any]
FOLDER = ROOT / "docs" / "examples" / "clients"
RECIPIENT = sam.CENTER
STRANGERS = 8
"""Records of people whom nobody knows: their keys go to every partition."""
BUILD_SECONDS, RUN_SECONDS = 500, 90
NEEDS = {
    "node": {"node": "install Node 20 or newer", "npm": "install Node's npm"},
    "java": {"java": "install a JDK of 17 or newer", "mvn": "install Maven 3.8 or newer"},
}


class MissingError(ThroughlineError):
    """A client cannot be tried here; says what to install."""


def main() -> int:
    """Run; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=sorted(CLIENTS), help="only these, the others are not said ok")
    chosen = parser.parse_args().only or list(CLIENTS)
    with tempfile.TemporaryDirectory(prefix="throughline-clients-") as folder:
        try:
            document = prove(Path(folder), chosen)
        except MissingError as error:
            say(f"clients: {error}")
            return 2
    sys.stdout.write(json.dumps(document) + "\n")
    return 0 if all(document[name] == "ok" for name in chosen) else 1


def prove(folder: Path, chosen: Sequence[str]) -> Row:
    """Build the clients, and have each publish and read.

    Raises:
        MissingError: what one is built or run with is not on this machine.
    """
    commands = {name: CLIENTS[name](folder) for name in chosen}
    document: Row = {}
    with KafkaWorld(folder / "world") as world:
        world.publish_all(*sam.KNOWN, sam.caseload(), sam.consent())
        with served(world) as registry:
            env = {**environment(world.settings.data_dir), "KAFKA": str(world.settings.bootstrap), "REGISTRY": registry}
            tried = [Tried(name, command, env, world, folder) for name, command in commands.items()]
            for one in tried:
                faults = one.faults()
                for fault in faults:
                    say(f"{one.name}: {fault}")
                document[one.name] = "failed" if faults else "ok"
            document["events"] = sum(one.events for one in tried)
    return document


def tools_of(client: str) -> None:
    """Make sure that what a client is built and run with is here.

    Raises:
        MissingError: it is not.
    """
    for tool, remedy in NEEDS[client].items():
        if shutil.which(tool) is None:
            raise MissingError(f"the {client} client needs {tool}, which is not here: {remedy}")


def built(client: str, folder: Path, *command: str) -> Path:
    """A copy of a client's folder, in which a command was run.

    Raises:
        ThroughlineError: the command failed.
    """
    tools_of(client)
    say(f"building {client}")
    place = folder / client
    shutil.copytree(FOLDER / client, place)
    done = subprocess.run(
        command, cwd=place, capture_output=True, text=True, timeout=BUILD_SECONDS, check=False, stdin=subprocess.DEVNULL
    )
    if done.returncode:
        said = (done.stderr or done.stdout).strip()
        raise ThroughlineError(f"{' '.join(command)} failed; its packages are fetched the first time: {said}")
    return place


def python(_: Path) -> list[str]:
    """The command that is the Python client."""
    return [sys.executable, str(FOLDER / "python" / "client.py")]


def java(folder: Path) -> list[str]:
    """The command that is the Java client."""
    command = "mvn --quiet --batch-mode compile dependency:build-classpath -Dmdep.outputFile=classpath"
    place = built("java", folder, *command.split())
    jars = (place / "classpath").read_text(encoding="utf-8")
    return ["java", "-cp", f"{place / 'target' / 'classes'}{os.pathsep}{jars}", "Client"]


def node(folder: Path) -> list[str]:
    """The command that is the Node client."""
    place = built("node", folder, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
    return ["node", str(place / "client.mjs")]


CLIENTS: dict[str, Callable[[Path], list[str]]] = {"python": python, "java": java, "node": node}


@dataclass
class Tried:
    """One client at work in a world."""

    name: str
    command: list[str]
    env: dict[str, str]
    world: KafkaWorld
    folder: Path
    events: int = 0
    """That it has published."""

    def faults(self) -> list[str]:
        """What is not as it should be; ids and codes only."""
        sent = events_of(self.name)
        self.events = sum(len(rows) for rows in sent.values())
        try:
            found = [fault for topic, rows in sent.items() for fault in self._published(topic, rows)]
            return found + self._ended(sent) + self._read(released_topic(RECIPIENT))
        except (subprocess.SubprocessError, ThroughlineError) as error:
            return [str(getattr(error, "stderr", "") or error)]

    def _published(self, topic: str, rows: list[Row]) -> list[str]:
        """What is wrong with messages of one topic, beside those that our publisher sends of the same events."""
        file = self.folder / f"{self.name}.{topic}.jsonl"
        file.write_text("".join(json.dumps(without_nulls(row)) + "\n" for row in rows), encoding="utf-8")
        ids = [row["envelope"]["event_id"] for row in rows]
        found = (
            []
            if self._run("publish", topic, str(file)) == ids
            else [f"{topic}: it says other events than it was given"]
        )
        partner, family = topic.split(".")[1:]
        with Publisher(str(self.world.settings.bootstrap), partner) as publisher:
            publisher.publish_many(rows, family)
        return found + differences(ids, self._all_of(topic))

    def _ended(self, sent: dict[str, list[Row]]) -> list[str]:
        """Events that did not end as they should."""
        for rows in sent.values():
            for row in rows:
                self.world.wait_for(row["envelope"]["event_id"])
        outcomes = self.world.outcomes()
        return [
            f"{row['envelope']['event_id']}: {outcomes[row['envelope']['event_id']]}"
            for rows in sent.values()
            for row in rows
            if outcomes[row["envelope"]["event_id"]] != expected_of(row)
        ]

    def _read(self, topic: str) -> list[str]:
        """Whether all of a recipient's topic that it reads is what is there."""
        there = [row_of(one.value) for one in self._all_of(topic) if one.value is not None]
        read = [json.loads(line) for line in self._run("read", topic, str(len(there)))]
        alike = sorted(map(canonical, there)) == sorted(map(canonical, read))
        mine = [row for row in read if row.get("body", {}).get("aid_year") == "2026-2027"]
        return [f for f, so in ((f"{topic}: it reads what is not there", not alike), ("no aid came", not mine)) if so]

    def _all_of(self, topic: str) -> list[Arrival]:
        with closing(TopicReader(str(self.world.settings.bootstrap), lambda name: name == topic)) as reader:
            return list(reader.arrivals())

    def _run(self, *words: str) -> list[str]:
        done = subprocess.run(
            [*self.command, *words], env=self.env, capture_output=True, text=True, timeout=RUN_SECONDS, check=True
        )
        return done.stdout.splitlines()


def differences(ids: Sequence[str], arrived: Sequence[Arrival]) -> list[str]:
    """In what a client's messages are not those that our publisher made of the same events; ours have more headers."""
    found = []
    for id_ in ids:
        both = [one for one in arrived if one.headers.get("ce_id") == id_.encode()]
        if len(both) != 2:  # theirs and ours
            found.append(f"{id_}: {len(both)} messages have its header")
            continue
        theirs, ours = sorted(both, key=lambda one: len(one.headers))
        unlike = [part for part in ("key", "partition", "value") if getattr(theirs, part) != getattr(ours, part)]
        found += [f"{id_}: its {part} is not ours" for part in unlike]
    return found


def events_of(client: str) -> dict[str, list[Row]]:
    """What a client publishes, by topic: of every family one that is of Sam, and enrollments of strangers."""
    college = {"organization_id": "110635", "organization_id_system": "UNITID"}
    rows: dict[str, list[Row]] = {
        "partner.csac.aid": [event("csac", "aid", "a1", client, award_amount_cents=120_000)],
        "partner.csac.identity": [event("csac", "identity", "a1", client, **sam.SAM)],
        "partner.ccc.enrollment": [event("ccc", "enrollment", "s1", client, entry_date="2026-08-20", **college)],
        "partner.ccc.credential": [event("ccc", "credential", "s1", client)],
        "partner.ccc.transfer": [event("ccc", "transfer", "s1", client)],
        "partner.ccc.contact": [event("ccc", "contact", "s1", client)],
    }
    for number in range(STRANGERS):
        token = f"{client} {number}"
        rows["partner.ccc.enrollment"].append(event("ccc", "enrollment", token, token, **college))
    return rows


def event(partner: str, family: str, token: str, name: str, **said: Any) -> Row:
    """A physical row, every field of it."""
    head = envelope(partner, family, token, f"{family} by {name}")
    return {"envelope": head, "body": body(family, **said)}


def expected_of(row: Row) -> str:
    """How an event ends: nobody may see a stranger's."""
    return "withheld" if " " in row["envelope"]["subject_token"] else "carried"


def without_nulls(row: Row) -> Row:
    """What a client is told: what it leaves out has its default."""
    return {part: {name: value for name, value in fields.items() if value is not None} for part, fields in row.items()}


def row_of(value: bytes) -> Row:
    """What our own codec reads."""
    [row] = codec.decode_own(wire.schema_id_of(value) or 0, [wire.payload_of(value)])
    return dict(row)


def canonical(row: Row) -> str:
    """The same text for the same row."""
    return json.dumps(row, sort_keys=True)


if __name__ == "__main__":
    sys.exit(main())
