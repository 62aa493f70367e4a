"""Standing by for a stage: a store of one's own that is made as the acting worker's is, as far as it is committed.

Who has the lease acts (``streams.leases``); the others follow the stage's changelog. A turn begins like this:

1. A producer of the stage's one transactional id: it ends what the last turn left open, and no other can send any more.
2. The changelog is read to its end, and the group's offsets: they are of one batch, for one transaction moved both.
3. The store stands at those offsets and that batch; the stage goes on from there, and decides again what the last turn
   may have stored and not sent.

A store that its worker did not leave as the group stands has a batch of its own that nobody was sent, or lacks some:
its last batch is undone, and it follows on from there. Where that cannot be, it is dropped and follows from the
beginning.
"""

import secrets
import shutil
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TypeVar

import structlog
from confluent_kafka import KafkaException, Message, Producer, TopicPartition

from processors.names import state_topic
from processors.records import Outs
from processors.state import Changes
from streams import changelog, clients, positions, sending
from streams.changelog import AT, FOLLOWING
from streams.errors import REBUILD, Stop, StoppedError, TransientError, TurnLostError
from streams.leases import Lease
from streams.memory import STORE_CACHE_MB
from streams.pulse import Pulse
from streams.reading import is_end, usable
from streams.stage import LARGE, SETTLE_SECONDS, Turn
from streams.store import Store
from streams.waiting import Waiting

log = structlog.get_logger()
T = TypeVar("T")
ROWS, LOOK_SECONDS = 10_000, 0.1
KEPT_MS = 43_200_000
"""So long one may have been away: half of what Kafka keeps, by default, of what says that a row was deleted."""
WAIT_SECONDS = 1.0
UNCOMMITTED = {"isolation.level": "read_uncommitted"}
"""Else the group's offsets wait for a dead worker's transaction until that times out: nobody has fenced it yet."""


class Follower:
    """Makes a stage's changes in a store of its own."""

    def __init__(self, bootstrap: str, stage: str, store: Store) -> None:
        """Go on where the store has come to."""
        self._bootstrap, self._stage, self._store = bootstrap, stage, store
        self._standing = store.take_over()
        self._batch = self._standing.batch
        self._place = TopicPartition(state_topic(stage), 0)
        self._consumer = clients.consumer(bootstrap, f"{stage}-standby", **{"enable.partition.eof": True})
        self._next, self._heard_at, is_whole = map(int, store.get_many(FOLLOWING, [AT]).get(AT, b"0 0 0").split())
        self.is_whole = bool(is_whole)
        """Whether the changelog told all that there was when it began."""
        self._is_assigned = False
        self.is_level = False
        """Whether the end was reached, since whatever was read last."""

    def turn(self, seconds: float = LOOK_SECONDS) -> int:
        """Make what there is of changes; how many rows that were.

        Raises:
            TransientError: the broker does not answer, or there is no changelog yet.
            DiskError: the disk is full or does not answer.
            TurnLostError: it is not the changelog that was followed.
        """
        try:
            if not self._is_assigned:
                self._assign()
            messages = self._consumer.consume(ROWS, seconds)
            taken = [message for message in messages if usable(message)]
        except KafkaException as error:
            raise clients.trouble(error) from error
        except StoppedError as error:
            raise TurnLostError(str(error)) from error
        if taken:
            self._make(taken)
        self.is_level = (bool(messages) and is_end(messages[-1])) or (self.is_level and not taken)
        return len(taken)

    def _assign(self) -> None:
        name = self._place.topic
        try:
            ids = positions.topic_ids(clients.admin(self._bootstrap), [name], self._standing.topics, self._stage, "")
        except StoppedError as error:
            raise TurnLostError(str(error)) from error
        self._store.know_topics(self._standing.token, ids)
        low, high = self._consumer.get_watermark_offsets(self._place, timeout=WAIT_SECONDS * 10)
        self._next = max(self._next, low) if self._next <= high else low
        self._consumer.assign([TopicPartition(self._place.topic, 0, self._next)])
        self._is_assigned = True

    def to_end(self, stopping: threading.Event) -> None:
        """Make all changes that are committed by now; from here on nobody may commit more."""
        try:
            if not self._is_assigned:
                self._assign()
            else:
                self._consumer.seek(TopicPartition(self._place.topic, 0, self._next))  # an end from before is none
        except KafkaException as error:
            raise clients.trouble(error) from error
        self.is_level = False
        while not (self.is_level or stopping.is_set()):
            self.turn()

    def _make(self, messages: Sequence[Message]) -> None:
        rows = changelog.rows_of(messages)
        begins = [place for place, row in enumerate(rows) if row[:2] == changelog.BEGINNING]
        if begins:
            changelog.check_beginning(self._stage, rows[begins[-1]])
            self._clear()
            self.is_whole, rows = False, rows[begins[-1] + 1 :]
        self.is_whole |= any(row[:2] == changelog.ENDING for row in rows)
        last = messages[-1]
        self._next, self._heard_at = int(last.offset() or 0) + 1, last.timestamp()[1]
        changes = changelog.changes_of(row for row in rows if row[:2] != changelog.ENDING)
        self._commit({**changes, **changelog.follows(self._next, self._heard_at, is_whole=self.is_whole)})

    def _clear(self) -> None:
        rows = self._store.content()
        while part := [(table, key, None) for table, key, _ in islice(rows, ROWS)]:
            self._commit(changelog.changes_of(part))

    def _commit(self, changes: Changes) -> None:
        self._batch = self._store.commit(self._standing.token, self._batch, changes, {}, Outs())

    @property
    def last_batch(self) -> tuple[int, str]:
        """Number and owner of the last batch whose changes were made."""
        return changelog.batch_in(self._store.get_many(changelog.LEASE, [changelog.BATCH, changelog.OWNER]))

    def adopt(self, committed: Iterable[TopicPartition], topic_ids: dict[str, str]) -> None:
        """Stand where the group does, and follow no more."""
        known = [place for place in committed if place.offset >= 0]
        batch, _ = positions.last_batch(known)
        offsets = {(place.topic, place.partition): place.offset for place in known}
        self._store.adopt(self._standing.token, batch, offsets, topic_ids)

    def close(self) -> None:
        """Let go of the consumer; the store is its owner's."""
        self._consumer.close()


@dataclass
class Standby:
    """One worker of a stage that has several."""

    stage: str
    instance: str
    """Its name among them."""
    bootstrap: str
    path: Path
    """Of its own store."""
    lease: Lease
    inputs: Callable[[str], bool]
    """Topics that the stage reads."""
    cache_mb: int = STORE_CACHE_MB
    pulse: Pulse = field(default_factory=Pulse)
    is_acting: bool = field(default=False, init=False)
    is_level: bool = field(default=False, init=False)
    """Whether it stands by and has made all changes that were committed when it last looked."""

    def run(self, act: Callable[[Store, Turn], None], stopping: threading.Event) -> None:
        """Follow, and act whenever it is our turn, until told to stop.

        Args:
            act: goes on with the stage over a store until told to stop, or the turn is lost.
            stopping: set, where to stop.

        Raises:
            ThroughlineError: what no waiting mends.
        """
        while not stopping.is_set():
            with closing(Store.open(self.path, self.cache_mb)) as store:
                try:
                    is_kept = self._one_turn(store, act, stopping) or store.undo()
                except TransientError as error:
                    if not stopping.is_set():
                        raise
                    log.warning("stopped_waiting", stage=self.stage, why=error.why, error=error.detail)
                    return
            if not is_kept:
                shutil.rmtree(self.path)

    def _one_turn(self, store: Store, act: Callable[[Store, Turn], None], stopping: threading.Event) -> bool:
        """Follow until it is our turn, and act; whether the store may be kept."""
        try:
            if (turn := self._next_turn(store, stopping)) is not None:
                self.is_acting, self.is_level = True, False
                log.info("acting", stage=self.stage, owner=turn.owner)
                act(store, turn)
        except TurnLostError as error:
            log.warning("standing_by", stage=self.stage, why=str(error))
            return False
        except StoppedError as error:
            if error.why is Stop.TOO_OLD:
                self.lease.give_up()  # to who can go on
                raise
            # Without a whole changelog this store may be all that there is.
            if error.why is not Stop.STORE_BEHIND or not self._patiently(stopping, self._last_batch)[1]:
                raise
            log.warning("standing_by", stage=self.stage, why=str(error))
            return False
        finally:
            self.is_acting = False
        return True

    def _next_turn(self, store: Store, stopping: threading.Event) -> Turn | None:
        """Our next turn, with the store where it has to be; None: told to stop."""
        batch, following = store.take_over().batch, store.get_many(FOLLOWING, [AT])
        if batch and not following:
            return self._wait(store, batch, stopping)
        if following and changelog.now_ms() - int(following[AT].split()[1]) > KEPT_MS:
            raise TurnLostError(f"{self.stage}: away for so long that what was deleted meanwhile is not told any more")
        return self._follow(store, stopping)

    def _wait(self, store: Store, batch: int, stopping: threading.Event) -> Turn | None:
        """With a store that has acted: until the lease is free, if nobody has acted since."""
        ours = changelog.owner_in(store.get_many(changelog.LEASE, [changelog.OWNER]))
        looked_at = float("-inf")
        while not stopping.is_set():
            is_taken = self._patiently(stopping, self.lease.take)
            if is_taken or time.monotonic() - looked_at > WAIT_SECONDS:
                last, owner = self._patiently(stopping, self._last_batch)
                if owner and last >= batch and (last, owner) != (batch, ours):
                    raise TurnLostError(f"{self.stage}: another worker has acted since")
                looked_at = time.monotonic()
            if is_taken:
                return self._begin(store, stopping)
            stopping.wait(LOOK_SECONDS)
        return None

    def _follow(self, store: Store, stopping: threading.Event) -> Turn | None:
        with closing(Follower(self.bootstrap, self.stage, store)) as follower:
            self.pulse.follows(1)
            while not stopping.is_set():
                self.pulse.turned()
                if self._patiently(stopping, lambda: self.lease.take() and self._take_over(follower, stopping)):
                    return self._begin(store, stopping)
                self._patiently(stopping, follower.turn)
                self.is_level = follower.is_level
                self.pulse.answered()
        return None

    def _take_over(self, follower: Follower, stopping: threading.Event) -> bool:
        """Have the store stand where the group does; False: what it would take is not there, or told to stop."""
        batch, owner = self._last_batch()
        if batch and not owner:
            return self._wait_for_a_whole(stopping)
        self._producer()  # whoever acted before sends nothing from here on, but with a new producer
        follower.to_end(stopping)
        if stopping.is_set():
            return False
        if batch and not follower.is_whole:
            return self._wait_for_a_whole(stopping)
        try:
            committed = self._committed()
            last = positions.last_batch(committed)
            if last[0] and last != follower.last_batch:
                # One that does not know yet that it lost the lease has sent a batch since, or is about to: read on.
                log.info("not_of_one_batch", stage=self.stage, group=last[0], state=follower.last_batch[0])
                return False
            topics = sorted({place.topic for place in committed if place.offset >= 0})
            ids = positions.topic_ids(clients.admin(self.bootstrap), topics, {}, self.stage, "")
        except KafkaException as error:
            raise clients.trouble(error) from error
        follower.adopt(committed, ids)
        return True

    def _wait_for_a_whole(self, stopping: threading.Event) -> bool:
        """Leave it to the worker that has the store to act, and to tell all of it; False, for not our turn."""
        self.lease.give_up()
        log.warning("waiting", stage=self.stage, why="no whole changelog: start the worker that has the store")
        stopping.wait(WAIT_SECONDS)
        return False

    def _begin(self, store: Store, stopping: threading.Event) -> Turn:
        topic = state_topic(self.stage)
        topic_id = self._patiently(stopping, self._topic_id)
        if store.get_many(changelog.LEASE, [changelog.LOGGED]) != {changelog.LOGGED: changelog.logged(topic_id)}:
            self._patiently(stopping, lambda: self._log_whole(store, topic))
        if topic_id:
            store.know_topics(store.take_over().token, {topic: topic_id})
        end = self._patiently(stopping, self._end_of_changelog)
        place = changelog.Place(end, changelog.now_ms())
        return Turn(f"{self.instance}.{secrets.token_hex(6)}", topic, topic_id, place, self.lease.is_lost)

    def _end_of_changelog(self) -> int:
        with closing(clients.consumer(self.bootstrap, f"{self.stage}-standby")) as consumer:
            try:
                place = TopicPartition(state_topic(self.stage), 0)
                return consumer.get_watermark_offsets(place, timeout=WAIT_SECONDS * 10)[1]
            except KafkaException as error:
                raise clients.trouble(error) from error

    def _topic_id(self) -> str:
        """Kafka's id of the changelog: one made anew has another, and has nothing of what was told before."""
        name = state_topic(self.stage)
        try:
            return positions.topic_ids(clients.admin(self.bootstrap), [name], {}, self.stage, "")[name]
        except KafkaException as error:
            raise clients.trouble(error) from error

    def _log_whole(self, store: Store, topic: str) -> None:
        """Tell the changelog the whole state, of a store that has acted without one.

        Raises:
            TurnLostError: another has acted meanwhile, and its state is told there.
            StoppedError: the group is ahead, and who acted then told no state: this store may be all there is.
        """
        producer = self._producer()
        ours = changelog.owner_in(store.get_many(changelog.LEASE, [changelog.OWNER]))
        last, owner = self._last_batch()  # asked when nobody else can send any more, but by fencing us
        if (batch := store.take_over().batch) < last and not owner:
            behind = f"the store is behind its group (batch {batch}, group {last}): it was restored or lost"
            raise StoppedError(f"{self.stage}: {behind}; {REBUILD}", Stop.STORE_BEHIND)
        if batch < last or (batch == last and owner != ours):
            raise TurnLostError(f"{self.stage}: another worker has acted since")
        try:
            for part in changelog.whole(topic, store.content()):
                sending.send_alone(producer, part)
        except (KafkaException, BufferError) as error:
            raise clients.trouble(error) from error

    def _producer(self) -> Producer:
        made = clients.producer(self.bootstrap, self.stage, **LARGE)
        try:
            made.init_transactions(SETTLE_SECONDS)
        except KafkaException as error:
            raise clients.trouble(error) from error
        return made

    def _last_batch(self) -> tuple[int, str]:
        """Number and owner of the last batch that the group knows of, whatever a transaction that is open may add."""
        try:
            return positions.last_batch(self._committed(**UNCOMMITTED))
        except KafkaException as error:
            raise clients.trouble(error) from error

    def _committed(self, **more: str) -> list[TopicPartition]:
        with closing(clients.consumer(self.bootstrap, self.stage, **more)) as consumer:
            places = positions.places(consumer, self.inputs)
            return list(consumer.committed(places, SETTLE_SECONDS)) if places else []

    def _patiently(self, stopping: threading.Event, act: Callable[[], T]) -> T:
        """Do it until it is done.

        Raises:
            TransientError: told to stop before it was done.
        """
        return Waiting(self.stage, self.pulse, [WAIT_SECONDS]).until_done(act, stopping)
