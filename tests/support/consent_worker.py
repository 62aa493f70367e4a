"""The worker consent over a log of its own on a real broker: what it has sent, commit by commit.

Its topics may have a name of their own before theirs, so that several share a broker; all else is as in production:
librdkafka, transactions, the store on the disk, the keyring, and what is left to do of an erasure.
"""

import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from confluent_kafka.admin import AdminClient
from simulation.script import Logged

from deploy.topic_reader import TopicReader
from processors.names import AUDIT_DECISIONS, RESOLVED_EVENTS, released_topic
from processors.records import Arrival, Arrivals, Outs
from processors.state import Memory, Working
from streams import clients, consent, topics
from streams.forgetting import Forgetting
from streams.keyring import Keyring
from streams.pulse import Done
from streams.settings import Settings
from streams.stage import Stage, StageParts
from streams.store import Store, path_of
from support.beside import beside

SECONDS = 60.0
"""After which a log should have been read."""
Look = Callable[[Working], Memory]


@dataclass(frozen=True)
class Commit:
    """A batch that is decided and sent."""

    read: int
    """Records of the log that are decided by then."""
    ends: dict[str, int]
    """By topic, the offset behind the last record that is sent by then."""
    is_sweeping: bool
    """Whether somebody is still to be decided again."""
    seen: Memory | None
    """What was looked at of its state."""


class ConsentWorker:
    """One log and its worker, in a folder; of each topic one partition, so that it has one order."""

    def __init__(self, bootstrap: str, folder: Path, recipients: Sequence[str], named: str = "") -> None:
        """Make the topics, of which each name begins with ``named``."""
        self._bootstrap, self._named = bootstrap, named
        self._settings = Settings(data_dir=folder, released_partitions=1)
        self.keys = Keyring(folder / "keys")
        self._length = 0
        self._commits: list[Commit] = []
        self._decided: deque[tuple[bool, Memory | None]] = deque()
        self._topics = [RESOLVED_EVENTS, AUDIT_DECISIONS, *map(released_topic, recipients)]
        specs = [topics.TopicSpec(named + topic, "", "", 1, topics.FOREVER) for topic in self._topics]
        topics.create(self._admin, specs)

    @property
    def _admin(self) -> AdminClient:
        return clients.admin(self._bootstrap)

    def close(self) -> None:
        """Let go of keys and topics."""
        self.keys.close()
        self._admin.delete_topics([self._named + topic for topic in self._topics])

    def write(self, logged: Sequence[Logged]) -> None:
        """Records of the log, in their order; sealed bodies by keys of the ring."""
        self.keys.flush()
        producer = clients.producer(self._bootstrap)
        for one in logged:
            headers: list[tuple[str, str | bytes | None]] = [("ce_id", one.id.encode())]
            producer.produce(self._named + RESOLVED_EVENTS, one.value, one.key, headers=headers)
        assert producer.flush(SECONDS) == 0
        self._length += len(logged)

    def run(self, batch_records: int, look: Look | None = None) -> list[Commit]:
        """Decide the log to its end, with all sweeps.

        Args:
            batch_records: most of a batch.
            look: what is to be kept of the state that each batch leaves behind.
        """
        with Store.open(path_of(self._settings.data_dir, consent.NAME)) as store:
            forgetting = Forgetting(consent.NAME, store, consent.forgotten, self.keys)
            stage = Stage(self._parts(batch_records, look, forgetting), self._bootstrap, store, self.keys)
            with closing(stage), beside(stage.run) as ended:
                deadline = time.monotonic() + SECONDS
                while not ended and not self._is_done():
                    assert time.monotonic() < deadline, "consent did not come to the end of the log"
                    time.sleep(0.005)
            if ended:
                raise ended[0]
            forgetting.join()
        return self._commits

    def _is_done(self) -> bool:
        last = self._commits[-1] if self._commits else None
        return last is not None and last.read == self._length and not last.is_sweeping

    def _parts(self, batch_records: int, look: Look | None, forgetting: Forgetting) -> StageParts:
        """As the worker has them, but for names; each batch is noted."""
        known = consent.parts(self._settings, self.keys)

        def decide(arrivals: Arrivals, state: Working) -> Outs:
            outs = known.decide(arrivals, state)
            outs.topics = [self._named + topic for topic in outs.topics]
            if arrivals or outs or state.changes():  # what the stage stores
                self._decided.append((bool(state.scan("sweep", "")), None if look is None else look(state)))
            return outs

        return replace(
            known, name=self._named + known.name, inputs=lambda topic: topic == self._named + RESOLVED_EVENTS,
            decide=decide, batch_records=batch_records, after=(self._done, forgetting.done),
        )  # fmt: skip

    def _done(self, done: Done) -> None:
        read = max([0, *done.read.values(), *(commit.read for commit in self._commits[-1:])])
        ends = {topic.removeprefix(self._named): end for (topic, _), end in done.sent.items()}
        self._commits.append(Commit(read, ends, *self._decided.popleft()))

    def sent(self) -> dict[str, list[Arrival]]:
        """All that is committed, by topic, in the order of each."""
        reader = TopicReader(self._bootstrap, lambda topic: topic in wanted)
        wanted = {self._named + topic for topic in self._topics}
        found: dict[str, list[Arrival]] = {topic: [] for topic in self._topics}
        with closing(reader):
            for arrival in reader.arrivals():
                found[arrival.topic.removeprefix(self._named)].append(arrival)
        return found
