"""What an outsider finds of a run when it is over: topics, positions and views."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack, closing
from typing import Protocol

from confluent_kafka import TopicPartition

from deploy.drain import WAYS
from deploy.scrape import see
from deploy.stack import SERVE, WORKERS, Stack
from deploy.topic_reader import TopicReader
from processors.numbers import SENT
from processors.records import Arrival
from streams import clients, consent, resolve, signals, sink
from streams.changelog import FOLLOWING, LEASE
from streams.store import Store, path_of
from support.chaos.compare import Place, View

SINK = "sink"
"""Role of who writes views that several share."""
STILL_SECONDS = 180.0
BY_CLOCK = (FOLLOWING, "clock", SENT, LEASE)
"""Tables that resolve's tick of each minute changes, and how far each follows."""
LEVEL_SECONDS = 2.0
"""For which those that stand by have had nothing to read: then they have read all."""
INPUTS: Mapping[str, Callable[[str], bool]] = {
    resolve.NAME: resolve.inputs,
    consent.NAME: consent.inputs,
    signals.NAME: lambda topic: topic.startswith(sink.RELEASED),
    SERVE: lambda topic: topic.startswith(sink.READ),
    SINK: lambda topic: topic.startswith(sink.READ),
}
"""By role, in the order of the way; views have one of the last two."""
GROUPS = {way.role: way.group for way in WAYS}


class Kept(Protocol):
    """Case views, wherever they are."""

    role: str
    """Of who writes them."""

    def so_far(self, places: Iterable[Place]) -> Mapping[Place, int]:
        """Next offsets of some partitions, while they are written."""

    def offsets(self) -> dict[Place, int]:
        """Next offsets, once nobody writes them any more."""

    def view(self) -> View:
        """What they hold, once nobody writes them any more."""


def arrivals_of(bootstrap: str) -> list[Arrival]:
    """Every committed record of every topic of ours and the partners', in the order of each partition."""
    with closing(TopicReader(bootstrap, lambda topic: not topic.startswith("__"))) as reader:
        return sorted(reader.arrivals(), key=lambda a: (a.topic, a.partition, a.offset))


def ends_of(arrivals: Iterable[Arrival], wanted: Callable[[str], bool]) -> dict[Place, int]:
    """One behind the last record of each partition of some topics."""
    return {(a.topic, a.partition): a.offset + 1 for a in arrivals if wanted(a.topic)}


def committed(bootstrap: str, role: str, places: Iterable[Place]) -> dict[Place, int]:
    """What a role's group has committed of some partitions."""
    with closing(clients.consumer(bootstrap, GROUPS[role])) as consumer:
        wanted = [TopicPartition(*place) for place in places]
        return {(p.topic, p.partition): p.offset for p in (consumer.committed(wanted, 10) if wanted else [])}


def wait_until_read(stack: Stack, role: str, views: Kept | None = None) -> None:
    """Wait until a role has committed all that is on its topics; of who writes views these tell.

    A portal and signals commit only for show, and a fault may cost them that word: where nothing moves any more, the
    comparison of what they remember themselves tells.
    """

    def so_far(places: Iterable[Place]) -> Mapping[Place, int]:
        if views is not None and role == views.role:
            return views.so_far(places)
        return committed(stack.bootstrap, role, places)

    before, moved_at = dict[Place, int](), time.monotonic()
    ends = dict[Place, int]()
    with closing(TopicReader(stack.bootstrap, INPUTS[role])) as reader:
        while time.monotonic() - moved_at < STILL_SECONDS:
            stack.check()
            ends |= ends_of(reader.arrivals(), INPUTS[role])
            found = dict(so_far(ends))
            if all(found[place] >= end for place, end in ends.items()):
                return
            if found != before:
                before, moved_at = found, time.monotonic()
            time.sleep(0.1)


def positions_of(
    stack: Stack, arrivals: Iterable[Arrival], names: Mapping[str, str], views: Kept
) -> tuple[dict[str, dict[Place, int]], ...]:
    """Next offsets by who remembers them, and the ends that they should be at; of a stack whose workers have ended.

    Args:
        stack: the stack.
        arrivals: all that is on its topics.
        names: of the workers that acted last, by role.
        views: the case views.
    """
    arrivals = list(arrivals)
    found, wanted = positions_of_stages(stack, arrivals, names)
    found["the view"] = views.offsets()
    return found, {**wanted, "the view": ends_of(arrivals, INPUTS[views.role])}


def positions_of_stages(
    stack: Stack, arrivals: Sequence[Arrival], names: Mapping[str, str]
) -> tuple[dict[str, dict[Place, int]], ...]:
    """The same without the views'."""
    ends = {role: ends_of(arrivals, wanted) for role, wanted in INPUTS.items()}
    found, wanted = dict[str, dict[Place, int]](), dict[str, dict[Place, int]]()
    for role in WORKERS:
        with Store.open(path_of(stack.data_dir, names[role])) as store:
            found[f"the store of {role}"] = dict(store.take_over().offsets)
        wanted[f"the store of {role}"] = ends[role]
    for role in (resolve.NAME, consent.NAME):  # signals' group may stay behind its store: what comes again is dropped
        found[f"the group of {role}"] = committed(stack.bootstrap, role, ends[role])
        wanted[f"the group of {role}"] = ends[role]
    return found, wanted


def names_of(stack: Stack, role: str) -> list[str]:
    """Those of a role that run: the one that acts first, and the others once they have its state."""
    names = [name for name in stack.running if name.partition("-")[0] == role]
    if len(names) == 1 or role == SINK:  # of which all act
        return names
    since = time.monotonic()
    while True:
        seen = {name: see(name, stack.data_dir) for name in names}
        acting = [name for name in names if seen[name].highest("throughline_acting")]
        if len(acting) != 1 or any(not seen[n].highest("throughline_standby_level") for n in names if n not in acting):
            since = time.monotonic()
        if time.monotonic() - since > LEVEL_SECONDS:
            return sorted(names, key=lambda name: name not in acting)
        stack.check()
        time.sleep(0.1)


def differing_rows(stack: Stack, names: Sequence[str]) -> int:
    """Rows in which the stores of one stage's workers differ, but for what a minute changes while they are ended."""
    if len(names) == 1 or not path_of(stack.data_dir, names[0]).exists():
        return 0
    with ExitStack() as held:
        stores = [held.enter_context(Store.open(path_of(stack.data_dir, name))) for name in names]
        one, other = ({(table, key): value for table, key, value in store.content(BY_CLOCK)} for store in stores)
        return len(one.items() ^ other.items())
