"""A whole stack that made-up facts go through: how far it is, and what it uses."""

import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import psutil
from confluent_kafka import TopicPartition

from bench import made_up
from deploy.processes import read_record
from deploy.stack import Stack
from deploy.topic_reader import TopicReader
from partners.client import Publisher
from processors import names
from streams import clients
from streams.settings import Settings
from streams.sink import READ

Row = dict[str, Any]
MICROS = 1_000_000


def settings(
    folder: Path, recipients: Sequence[str] = made_up.RECIPIENTS, partners: Sequence[str] = (made_up.PARTNER,)
) -> Settings:
    """Of a stack in a folder, with the made-up agreements and their one case manager."""
    agreements, users = folder / "agreements", folder / "users.toml"
    agreements.mkdir()
    for name, text in made_up.agreements(recipients, partners):
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

    def __init__(self, bootstrap: str, views: str = "case-views") -> None:
        """Ask this broker; ``views`` is the group that fills the views."""
        self._views = views
        self._reads: dict[str, Callable[[str], bool]] = {
            "resolve": lambda topic: topic.startswith("partner.") or topic == names.AGREEMENTS,
            "consent": lambda topic: topic == names.RESOLVED_EVENTS,
            views: lambda topic: topic.startswith(READ),
            "signals": lambda topic: topic.startswith("released."),
        }
        self._groups = {group: clients.consumer(bootstrap, group) for group in self._reads}

    def close(self) -> None:
        """Let go of it."""
        for group in self._groups.values():
            group.close()

    def is_reached(self) -> bool:
        """Whether all that was published stands in the views; asked in the order of the way."""
        return all(self.behind(group) == 0 for group in ("resolve", "consent", self._views))

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
        return [TopicPartition(n, p) for n, topic in topics.items() if self._reads[group](n) for p in topic.partitions]


def released(stack: Stack) -> int:
    """Releases in the topics: counted one by one, since offsets count markers and ticks too."""
    reader = TopicReader(stack.bootstrap, lambda topic: topic.startswith("released."))
    count = sum(a.key != b"clock" for a in reader.arrivals())
    reader.close()
    return count


def cpu_seconds(stack: Stack) -> dict[str, float]:
    """CPU seconds by role so far; of the broker too, and of this script, which publishes."""
    pids = {role: started.pid for role, started in stack.running.items()}
    pids |= {started.role: started.pid for started in read_record(stack.data_dir / "kafka" / "broker.json")}
    pids["publisher"] = os.getpid()
    used = {role: psutil.Process(pid).cpu_times() for role, pid in pids.items()}
    return {role: times.user + times.system for role, times in used.items()}


def used_since(before: dict[str, float], stack: Stack, events: int) -> dict[str, float]:
    """CPU microseconds an event since then, by role."""
    return {role: round((now - before[role]) / events * MICROS, 1) for role, now in cpu_seconds(stack).items()}
