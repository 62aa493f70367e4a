"""A stage's store made anew from topics, beside the one that is there; nothing is published.

It ends exactly where the stage stopped: at its offsets and its batch number, under a higher generation of numbers.
Where the store that is there can be read, the two must be equal, table by table, but for numbers and the audit's order.
"""

import shutil
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import zip_longest
from pathlib import Path

from confluent_kafka import Consumer, KafkaException, Message, TopicPartition

from processors import names, sealing
from processors.consent.chain import Walk
from processors.numbers import HEADER, SENT, TAKEN, number_of
from processors.records import Arrival, Arrivals, Outs
from processors.resolve import adopted, rebuild, rights
from processors.state import Working, canonical
from schemas_avro import catalog, codec, wire
from streams import changelog, clients, consent, migrations, positions, resolve
from streams.errors import BROKER_AWAY, REBUILD, StoreError, StoreLockedError, ThroughlineError
from streams.keyring import Keyring, read_or_make_secret
from streams.numbering import FIRST_GENERATION, generation_of, of_generation
from streams.reading import is_end, usable
from streams.settings import Settings
from streams.stage import StageParts
from streams.store import Standing, Store

BATCH = 2_000
WAIT_SECONDS, LOOK_SECONDS = 30.0, 0.05
UNCOMPARED = (SENT, TAKEN, positions.LAST, "head", "seen", changelog.LEASE)
"""Tables that a rebuild need not give again: numbers, the audit's order, digests of bytes that have expired, what was
read last, whose turn it was."""
WHOLE = {names.RESOLVED_EVENTS, names.IDENTITY_RECORDS, names.MODELS, names.AGREEMENTS, names.STEWARDS, names.ERASURES}
"""Topics of which nothing may be gone but what compaction removes."""
LAST = 100
"""Offsets among the last of a partition, one of which is a record's for certain: the others are markers'."""
SWEEPS: dict[str, Callable[[Store], bool]] = {
    "deciding many people again": lambda store: bool(store.scan("sweep", "", 1)),
    "taking another model": lambda store: bool(store.get_many(adopted.TABLE, [adopted.NEXT])),
    "asking anew whose rights records are": lambda store: bool(store.get_many("clock", [rights.KINDS])),
}
"""What goes on in slices, whose middle no topic tells: by what the store says of it."""
Told = Callable[[int], None]


@dataclass(frozen=True)
class Target:
    """Where a stage has stopped."""

    standing: Standing
    generation: int
    is_readable: bool
    """Whether that is from its store; else from its group."""
    owner: str = ""
    """Whose turn the last batch was of, where by a lease."""


@dataclass(frozen=True)
class Rebuilt:
    """What became of a rebuild."""

    records: int
    """Read."""
    generation: int
    differing: tuple[str, ...] | None
    """Tables in which the store that was there differs; None: it could not be read."""
    skipped: int
    """Events of erased records, which nobody can open any more."""


def target_of(role: str, parts: StageParts, bootstrap: str, path: Path) -> Target:
    """Where a stage has stopped: by its store, or where that is lost by its group.

    Raises:
        StoreLockedError: the stage runs.
        ThroughlineError: what it stored last is not published yet, or a sweep is under way.
        ThroughlineError: the broker does not answer.
    """
    with closing(clients.consumer(bootstrap, role, **{"enable.partition.eof": True})) as consumer:
        try:
            topics = consumer.list_topics(timeout=WAIT_SECONDS).topics
            parts.layout({name: len(topic.partitions) for name, topic in topics.items()})
            places = positions.places(consumer, parts.inputs)
            committed = [p for p in consumer.committed(places, WAIT_SECONDS) if p.offset >= 0] if places else []
            ids = positions.topic_ids(clients.admin(bootstrap), sorted({p.topic for p in places}), {}, role, "")
            last = [number for topic in _outputs(consumer, role) for number in _last_numbers(consumer, topic, role)]
        except KafkaException as error:
            raise clients.away(error.args[0]) from error
    batch, owner = positions.last_batch(committed)
    found = _of_store(role, path, batch)
    if found is not None:
        return replace(found, owner=owner)
    offsets = {(p.topic, p.partition): p.offset for p in committed}
    return Target(Standing(0, batch, offsets, ids), max(last, default=FIRST_GENERATION), is_readable=False, owner=owner)


def _of_store(role: str, path: Path, committed: int) -> Target | None:
    """By the store; None where there is none that can be read, or it is behind what was published."""
    if migrations.found(path) is None:
        return None
    try:
        with Store.open(path) as store:
            standing, generation = store.take_over(), generation_of(store)
            doing = next((what for what, is_under_way in SWEEPS.items() if is_under_way(store)), None)
    except StoreLockedError:
        raise
    except StoreError:
        return None
    if standing.batch < committed:  # put back from a backup: what it says of the time since is nothing
        return None
    if standing.batch > committed:
        raise ThroughlineError(
            f"{role} has stored what is not published yet (batch {standing.batch}, published {committed}): "
            "start it, let it go on, and stop it again"
        )
    if doing is not None:
        raise ThroughlineError(f"{role} is {doing}: start it, and wait until `throughline status` shows no sweep")
    return Target(standing, generation, is_readable=True)


def rebuild_store(
    role: str, chosen: Settings, bootstrap: str, keys: Keyring, target: Target, path: Path, told: Told
) -> Rebuilt:
    """Make a store at a path that stands where the target does.

    Raises:
        ThroughlineError: the broker does not answer, or topics do not reach back far enough.
    """
    if path.exists():
        shutil.rmtree(path)
    generation = target.generation + 1
    with Store.open(path, chosen.store_cache_mb) as store:
        maker = _Maker(store, bootstrap, target.standing, told, {key.encode() for key in keys.erased()})
        if role == resolve.NAME:
            key = read_or_make_secret(resolve.pseudonym_key_path(chosen))
            _make_resolve(maker, keys, key, has_lost=not target.is_readable)
        else:
            _make_consent(maker, consent.parts(chosen, keys))
        standing = target.standing
        maker.commit(of_generation(generation) | changelog.belongs(target.standing.batch, target.owner))
        store.adopt(maker.token, standing.batch, standing.offsets, standing.topics)
    return Rebuilt(maker.records, generation, None, maker.skipped)


class _Maker:
    """A store being made: reads topics, applies decisions, sends nothing."""

    def __init__(self, store: Store, bootstrap: str, standing: Standing, told: Told, erased: Collection[bytes]) -> None:
        self.store, self._bootstrap, self._target, self._told = store, bootstrap, standing, told
        self._erased = erased
        self.token, self._batch = (made := store.take_over()).token, made.batch
        self.records = self.skipped = 0

    def commit(self, changes: dict[str, dict[str, bytes | None]]) -> None:
        """One batch's changes."""
        if changes:
            self._batch = self.store.commit(self.token, self._batch, changes, {}, Outs())

    def act(self, act: Callable[[Working], object]) -> bool:
        """Do something with the state; whether it changed any."""
        working = Working(self.store)
        act(working)
        changes = working.changes()
        self.commit(changes)
        return bool(changes)

    def read(self, takes: Callable[[str], bool], *, to_target: bool) -> Iterator[Arrivals]:
        """Records of topics, a topic after the other: up to where the stage has read them, or all there are."""
        with closing(clients.consumer(self._bootstrap, "rebuild", **{"enable.partition.eof": True})) as consumer:
            try:
                for place in sorted(positions.places(consumer, takes), key=lambda p: (p.topic, p.partition)):
                    end = self._target.offsets.get((place.topic, place.partition), 0) if to_target else None
                    for arrivals in _records(consumer, place, end):
                        self.records += len(arrivals)
                        if place.topic == names.RESOLVED_EVENTS and self._erased:
                            self.skipped += sum(key in self._erased for key in arrivals.keys)
                        self._told(self.records)
                        yield arrivals
            except KafkaException as error:
                raise clients.away(error.args[0]) from error


def _make_resolve(maker: _Maker, keys: sealing.Keys, key: bytes, *, has_lost: bool) -> None:
    rejected: set[str] = set()
    models, choices = list[Arrival](), list[Arrival]()
    for arrivals in maker.read(lambda topic: topic == names.MODELS, to_target=False):
        maker.act(lambda state, part=arrivals: rebuild.restore_models(list(part), state))  # type: ignore[misc]
        models[:] = [*models, *rebuild.in_force_in(list(arrivals))][-1:]
    for arrivals in maker.read(lambda topic: topic.startswith("deadletter."), to_target=False):
        rejected |= {_place_of(row) for row in _decoded(arrivals, "internal.dead_letter.v1")}
    for arrivals in maker.read(resolve.is_control, to_target=True):
        maker.act(lambda state, part=arrivals: rebuild.restore(list(part), state, keys, key))  # type: ignore[misc]
        choices += rebuild.choices_in(list(arrivals))
    for arrivals in maker.read(rebuild.TAKEN.__contains__, to_target=False):
        maker.act(lambda state, part=arrivals: rebuild.restore(list(part), state, keys, key))  # type: ignore[misc]
    for arrivals in maker.read(lambda topic: topic.startswith("partner."), to_target=True):
        maker.act(lambda state, part=arrivals: rebuild.restore_digests(list(part), rejected, state))  # type: ignore[misc]
    maker.act(lambda state: rebuild.restore_days(state, key))
    after = ""
    while part := [record for record, _ in maker.store.scan("record", "", BATCH, after)]:
        after = part[-1]
        maker.act(lambda state, part=part: rebuild.restore_rights(part, state, keys, key))  # type: ignore[misc]
    maker.act(lambda state: rebuild.resume(choices, models, state, keys, has_lost=has_lost))


def _make_consent(maker: _Maker, parts: StageParts) -> None:
    for arrivals in maker.read(parts.inputs, to_target=True):
        maker.act(lambda state, part=arrivals: parts.decide(part, state))  # type: ignore[misc]
    while maker.act(lambda state: parts.decide(Arrivals(), state)):
        pass
    walk = Walk()
    for arrivals in maker.read(lambda topic: topic == names.AUDIT_DECISIONS, to_target=False):
        for arrival in arrivals:
            walk.take(arrival)
    if walk.records:
        maker.act(lambda state: _resume_chain(state, walk))


def _resume_chain(state: Working, walk: Walk) -> None:
    """The chain goes on from the log's last record, also where the log is not as it was written."""
    state.put("head", "audit", walk.hash)
    state.put("head", "records", walk.records)


def differing(one: Path, other: Path) -> tuple[str, ...]:
    """Tables in which two stores differ, but for those that need not be equal.

    Raises:
        StoreError: one cannot be opened.
    """
    with Store.open(one) as first, Store.open(other) as second:
        found = set()
        for ours, theirs in zip_longest(*(_canonical(store) for store in (first, second))):
            if ours != theirs:
                found |= {row[0] for row in (ours, theirs) if row is not None}
                break
    return tuple(sorted(found))


def _canonical(store: Store) -> Iterator[tuple[str, str, bytes]]:
    for table, key, value in store.content(UNCOMPARED):
        yield table, key, canonical(value)


def _records(consumer: Consumer, place: TopicPartition, end: int | None) -> Iterator[Arrivals]:
    """A partition from its beginning, up to an offset or to its present end, in batches."""
    low, _ = consumer.get_watermark_offsets(place, timeout=WAIT_SECONDS)
    if place.topic in WHOLE and low > 0:
        raise ThroughlineError(f"{place.topic} does not hold its first records any more; {REBUILD}")
    consumer.assign([TopicPartition(place.topic, place.partition, low)])
    next_ = low
    while end is None or next_ < end:
        messages = _some(consumer)
        arrivals = clients.arrivals([m for m in messages if usable(m)])
        kept = [i for i, offset in enumerate(arrivals.offsets) if end is None or offset < end]
        if kept:
            yield arrivals.at(kept)
        next_ = arrivals.offsets[-1] + 1 if arrivals else next_
        if any(is_end(m) for m in messages):
            return


def _some(consumer: Consumer) -> list[Message]:
    """The next records, or the word that there are none.

    Raises:
        ThroughlineError: neither comes.
    """
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        if messages := consumer.consume(BATCH, LOOK_SECONDS):
            return list(messages)
    raise ThroughlineError(f"{BROKER_AWAY} any more; run it again: nothing was changed")


def _outputs(consumer: Consumer, role: str) -> list[str]:
    """Topics whose last numbers tell a stage's generation."""
    if role == resolve.NAME:
        return [names.RESOLVED_EVENTS, names.IDENTITY_CHANGES]
    topics = consumer.list_topics(timeout=WAIT_SECONDS).topics
    return [names.AUDIT_DECISIONS, *(name for name in topics if name.startswith("released."))]


def _last_numbers(consumer: Consumer, topic: str, role: str) -> Iterator[int]:
    """Generations of a stage's last records on a topic."""
    topics = consumer.list_topics(topic, timeout=WAIT_SECONDS).topics
    for part in topics[topic].partitions:
        place = TopicPartition(topic, part)
        low, high = consumer.get_watermark_offsets(place, timeout=WAIT_SECONDS)
        consumer.assign([TopicPartition(topic, part, max(low, high - LAST))])
        messages = _some(consumer) if high > low else []
        for headers in clients.arrivals([message for message in messages if usable(message)]).headers:
            read = number_of(headers.get(HEADER, b""))
            if read is not None and read[0] == role:
                yield read[1][0]


def _decoded(arrivals: Arrivals, subject: str) -> list[Mapping[str, object]]:
    wanted = {version.id for version in catalog.versions_of(subject)}
    by_schema = wire.places_by_schema(arrivals.values).items()
    places = {i: id_ for id_, where in by_schema if id_ in wanted for i in where}
    order = sorted(places)
    payloads = wire.payloads_of(arrivals.values[i] for i in order)
    return list(codec.decode_each([places[i] for i in order], payloads).to_pylist()) if order else []


def _place_of(row: Mapping[str, object]) -> str:
    return f"{row['topic']}/{row['partition']}/{row['offset']}"
