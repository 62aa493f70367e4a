"""The whole pipeline on this machine: partner topic to case view, on the real broker, with every stage a process.

Facts of known records, under consent and caseload: 5 recipients, 1.5 releases a fact, 10 % withheld. They wait in the
partner's topic before the time is taken: publishing is the work of partners' machines, and is told apart. Signals run
beside it, at a lower priority; their rate and lag are told. Prints one JSON object as its last line.
Run: ``make bench`` (``EVENTS=…`` for another size).
"""

import argparse
import json
import os
import sys
import tempfile
import time
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import psutil
from confluent_kafka import TopicPartition

from bench import made_up
from deploy.commands.serve import portal_secret
from deploy.demo_reader import Reader
from deploy.demo_run import percentile
from deploy.ledger import LiveLedger
from deploy.processes import read_record
from deploy.stack import Stack
from deploy.topic_reader import TopicReader
from partners.client import Publisher
from portal.sign_in import make_sign_in_link
from processors import names
from streams import clients
from streams.settings import Settings
from streams.sink import READ

Row = dict[str, Any]
LATENCY_EVENTS = 200
PER_SECOND = 200
MICROS = 1_000_000


def main() -> None:
    """Run, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=200_000)
    events = parser.parse_args().events
    with tempfile.TemporaryDirectory(prefix="throughline-bench-") as folder, ExitStack() as held:
        chosen = settings(Path(folder))
        stack = held.enter_context(Stack(chosen, _say))
        print(json.dumps(_measure(stack, events, held)))


def _measure(stack: Stack, events: int, held: ExitStack) -> Row:
    people = max(made_up.WATCHED * 2, events // made_up.FACTS_A_PERSON)
    ledger = LiveLedger(stack.bootstrap)
    publisher = held.enter_context(Publisher(stack.bootstrap, made_up.PARTNER))
    _say(f"setting up {people} people")
    for partner, family, rows in made_up.setup(people):
        send(publisher, partner, family, rows)
    until(stack, lambda: len(ledger.catch_up().outcomes) >= len(publisher.report.acknowledged))
    level = held.enter_context(closing(Level(stack.bootstrap)))
    until(stack, level.is_reached)
    _say(f"publishing {events} facts")
    released, published = _released(stack), _publish(stack, publisher, people, events)
    _say("they go through")
    cpu, watched = _cpu(stack), level.read_by("signals")
    started = time.monotonic()
    psutil.Process(stack.running["resolve"].pid).resume()
    until(stack, level.is_reached)
    seconds = time.monotonic() - started
    used = _used(stack, cpu, events)
    signals_read, signals_behind = level.read_by("signals") - watched, level.behind("signals")
    until(stack, lambda: len(ledger.catch_up().outcomes) >= len(publisher.report.acknowledged))
    outcomes = ledger.book.outcomes
    facts = [made_up.event_id(f"fact {n}") for n in range(events)]
    withheld = sum(outcomes[e] == "withheld" for e in facts)
    releases = _released(stack) - released
    _say("measuring latency")
    latencies = _latencies(stack, publisher, held, people)
    return {
        "pipeline_events_per_second": round(events / seconds),
        "latency_ms": {"p50": percentile(latencies, 50), "p99": percentile(latencies, 99)},
        "latency_events_per_second": PER_SECOND,
        "cpu_us_per_event": {
            "resolve": used["resolve"], "consent": used["consent"], "sink": used["serve"],
            "signals": used["signals"], "kafka": used["kafka"],
        },
        "publishing": published,
        "signals": {"releases_per_second": round(signals_read / seconds), "behind_at_the_end": signals_behind},
        "events": events,
        "recipients": len(made_up.RECIPIENTS),
        "releases_per_event": round(releases / events, 3),
        "withheld_share": round(withheld / events, 3),
        "cores": psutil.cpu_count(),
    }  # fmt: skip


def _publish(stack: Stack, publisher: Publisher, people: int, events: int) -> Row:
    """Publish the facts while resolve rests; what that costs. Resolve is left at rest."""
    psutil.Process(stack.running["resolve"].pid).suspend()
    cpu, started = _cpu(stack), time.monotonic()
    send(publisher, made_up.PARTNER, "enrollment", made_up.facts(people, events))
    used, rate = _used(stack, cpu, events), round(events / (time.monotonic() - started))
    return {"events_per_second": rate, "cpu_us_per_event": {role: used[role] for role in ("publisher", "kafka")}}


def _used(stack: Stack, before: dict[str, float], events: int) -> dict[str, float]:
    """CPU microseconds an event since then, by role."""
    return {role: round((now - before[role]) / events * MICROS, 1) for role, now in _cpu(stack).items()}


def settings(folder: Path) -> Settings:
    """Of a stack in a folder, with the made-up agreements and their one case manager."""
    agreements, users = folder / "agreements", folder / "users.toml"
    agreements.mkdir()
    for name, text in made_up.agreements():
        (agreements / f"{name}.toml").write_text(text)
    users.write_text(f'[[users]]\nid = "{made_up.MANAGER}"\nname = "Bench"\nrecipient = "{made_up.RECIPIENTS[0]}"\n')
    return Settings(data_dir=folder / "data", agreements_dir=agreements, users_file=users, portal_port=0)


def send(publisher: Publisher, partner: str, family: str, rows: Any) -> None:
    """Publish rows as a partner, and wait until the broker has them."""
    publisher.partner_id = partner
    publisher.publish_many(rows, family)
    publisher.flush()


def until(stack: Stack, done: Any) -> None:
    """Wait while all workers run."""
    while not done():
        stack.check()
        time.sleep(0.5)  # each look asks the broker for the ends of all partitions


class Level:
    """How far the stages are, by the offsets of their groups: asking costs them next to nothing."""

    READS = {  # noqa: RUF012  # a table, never changed
        "resolve": lambda topic: topic.startswith("partner.") or topic == names.AGREEMENTS,
        "consent": lambda topic: topic == names.RESOLVED_EVENTS,
        "case-views": lambda topic: topic.startswith(READ),
        "signals": lambda topic: topic.startswith("released."),
    }

    def __init__(self, bootstrap: str) -> None:
        """Ask this broker."""
        self._groups = {group: clients.consumer(bootstrap, group) for group in self.READS}

    def close(self) -> None:
        """Let go of it."""
        for group in self._groups.values():
            group.close()

    def is_reached(self) -> bool:
        """Whether all that was published stands in the views; asked in the order of the way."""
        return all(self.behind(group) == 0 for group in ("resolve", "consent", "case-views"))

    def behind(self, group: str) -> int:
        """Offsets that a group has yet to read; the last of a partition may be a transaction's marker."""
        ends = {place: self._groups[group].get_watermark_offsets(place, timeout=10)[1] for place in self._places(group)}
        committed = {(p.topic, p.partition): p.offset for p in self._groups[group].committed(list(ends), 10)}
        left = (end - max(committed[place.topic, place.partition], 0) for place, end in ends.items())
        return sum(n for n in left if n > 1)

    def read_by(self, group: str) -> int:
        """Offsets that a group has read."""
        return sum(max(p.offset, 0) for p in self._groups[group].committed(self._places(group), 10))

    def _places(self, group: str) -> list[TopicPartition]:
        topics = self._groups[group].list_topics(timeout=10).topics
        return [TopicPartition(n, p) for n, topic in topics.items() if self.READS[group](n) for p in topic.partitions]


def _released(stack: Stack) -> int:
    """Releases in the topics: counted one by one, since offsets count markers and ticks too."""
    reader = TopicReader(stack.bootstrap, lambda topic: topic.startswith("released."))
    count = sum(a.key != b"clock" for a in reader.arrivals())
    reader.close()
    return count


def _cpu(stack: Stack) -> dict[str, float]:
    """CPU seconds by role so far; of the broker too, and of this script, which publishes."""
    pids = {role: started.pid for role, started in stack.running.items()}
    pids |= {started.role: started.pid for started in read_record(stack.data_dir / "kafka" / "broker.json")}
    pids["publisher"] = os.getpid()
    used = {role: psutil.Process(pid).cpu_times() for role, pid in pids.items()}
    return {role: times.user + times.system for role, times in used.items()}


def _latencies(stack: Stack, publisher: Publisher, held: ExitStack, people: int) -> list[float]:
    """Milliseconds from handing an event to the producer until the portal's API has it, at a steady rate."""
    link = make_sign_in_link(stack.portal, portal_secret(stack.settings), made_up.MANAGER)
    reader = held.enter_context(Reader(link))
    watched = [p for p in range(people) if made_up.RECIPIENTS[0] in made_up.recipients_of(p)][: made_up.WATCHED]
    sent: dict[str, float] = {}
    found: list[float] = []
    started = time.perf_counter()
    publisher.partner_id = made_up.PARTNER
    while len(found) < LATENCY_EVENTS:
        number = len(sent)
        if number < LATENCY_EVENTS and time.perf_counter() >= started + number / PER_SECOND:
            name = f"late {number}"
            sent[made_up.event_id(name)] = time.perf_counter()
            publisher.publish_many([made_up.fact(watched[number % len(watched)], name)], "enrollment")
        for seen in reader.changed() & sent.keys():
            found.append((time.perf_counter() - sent.pop(seen)) * 1_000)
            sent[f"done {seen}"] = 0.0
    return found


def _say(line: str) -> None:
    print(line, file=sys.stderr)


if __name__ == "__main__":
    main()
