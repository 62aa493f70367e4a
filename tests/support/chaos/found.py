"""What an outsider finds of a run when it is over: topics, positions and views."""

import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from pathlib import Path

from confluent_kafka import TopicPartition

from deploy.drain import WAYS
from deploy.stack import SERVE, WORKERS, Stack
from deploy.topic_reader import TopicReader
from processors.records import Arrival
from sinks.case_views import CaseViews
from streams import clients, consent, resolve, signals, sink
from streams.store import Store, path_of
from support.chaos.compare import Place, View
from support.chaos.raised import told

STILL_SECONDS = 180.0
INPUTS: Mapping[str, Callable[[str], bool]] = {
    resolve.NAME: resolve.inputs,
    consent.NAME: consent.inputs,
    signals.NAME: lambda topic: topic.startswith(sink.RELEASED),
    SERVE: lambda topic: topic.startswith(sink.READ),
}
"""By role, in the order of the way."""
GROUPS = {way.role: way.group for way in WAYS}
FAMILIES = "SELECT recipient, family, count(*) FROM release_row WHERE state = 'released' GROUP BY ALL"
PERSONS = "SELECT recipient, person_id, count(*) FROM release_row WHERE state = 'released' GROUP BY ALL"
ROWS = "SELECT recipient, person_id, event_id FROM release_row WHERE state = 'released'"
SIGNALS = "SELECT recipient, rule, state, count(*) FROM signal_row WHERE state <> 'retracted' GROUP BY ALL"
RAISED = """
SELECT signal_id, urgency, epoch(due_on) // 86400, evidence_event_ids FROM signal_row WHERE state = 'raised'
"""


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


def wait_until_read(stack: Stack, role: str) -> None:
    """Wait until a role's group has committed all that is on its topics.

    The sink and signals commit only for show, and a fault may cost them that word: where nothing moves any more, the
    comparison of what they remember themselves tells.
    """
    before, moved_at = dict[Place, int](), time.monotonic()
    ends = dict[Place, int]()
    with closing(TopicReader(stack.bootstrap, INPUTS[role])) as reader:
        while time.monotonic() - moved_at < STILL_SECONDS:
            stack.check()
            ends |= ends_of(reader.arrivals(), INPUTS[role])
            found = committed(stack.bootstrap, role, ends)
            if all(found[place] >= end for place, end in ends.items()):
                return
            if found != before:
                before, moved_at = found, time.monotonic()
            time.sleep(0.1)


def positions_of(stack: Stack, arrivals: Iterable[Arrival]) -> tuple[dict[str, dict[Place, int]], ...]:
    """Next offsets by who remembers them, and the ends that they should be at; of a stack whose workers have ended."""
    data, arrivals = stack.data_dir, list(arrivals)
    ends = {role: ends_of(arrivals, wanted) for role, wanted in INPUTS.items()}
    found, wanted = dict[str, dict[Place, int]](), dict[str, dict[Place, int]]()
    for role in WORKERS:
        with Store.open(path_of(data, role)) as store:
            found[f"the store of {role}"] = dict(store.take_over().offsets)
        wanted[f"the store of {role}"] = ends[role]
    for role in (resolve.NAME, consent.NAME):  # signals' group may stay behind its store: what comes again is dropped
        found[f"the group of {role}"] = committed(stack.bootstrap, role, ends[role])
        wanted[f"the group of {role}"] = ends[role]
    with closing(CaseViews.open(view_path(data))) as views:
        found["the view"] = views.offsets()
    return found, {**wanted, "the view": ends[SERVE]}


def view_path(data_dir: Path) -> Path:
    """Where the case views are."""
    return data_dir / "views" / "case.duckdb"


def view_of(path: Path) -> View:
    """What the case views hold."""
    with closing(CaseViews.open(path)) as views, views.cursor() as cursor:

        def counts(query: str) -> dict[tuple[str, ...], int]:
            return {tuple(key): count for *key, count in cursor.execute(query).fetchall()}

        rows = cursor.execute(ROWS).fetchall()
        raised = [told(*row) for row in cursor.execute(RAISED).fetchall()]
        return View(rows, counts(FAMILIES), counts(PERSONS), counts(SIGNALS), raised)
