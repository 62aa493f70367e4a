"""Worker resolve: partner topics in, the ordered log out. What it decides is ``processors/resolve``."""

import time
from collections import deque
from collections.abc import Callable
from pathlib import Path

from confluent_kafka import Consumer, KafkaException, TopicPartition

from processors import counts, names, sealing
from processors.drafts import encode_drafts
from processors.records import Arrival, Arrivals, Outs
from processors.resolve import adopted, attending, rights, submissions, taking
from processors.resolve import decide as resolve
from processors.resolve.book import RECORD
from processors.resolve.codes import Code, Rejection
from processors.resolve.gate import header_event_id
from processors.resolve.generations import table_of
from processors.resolve.matching.entries import COMPARE
from processors.state import Working
from streams import clients, layout
from streams.keyring import read_or_make_secret
from streams.pulse import Done, Progress
from streams.settings import Settings
from streams.stage import StageParts
from streams.store import Store

NAME = "resolve"
LOG = (names.RESOLVED_EVENTS, 0)
OWN = ("partner.", "control.", "identity.", "deadletter.", "resolved.")
"""How the names of topics begin that it reads or writes."""
BEHIND_SECONDS = 0.5
ASK_SECONDS = 0.1
AHEAD_MS = 86_400_000


def parts(settings: Settings, bootstrap: str, keys: sealing.Keys) -> StageParts:
    """What makes the stage resolve."""
    pseudonym_key = read_or_make_secret(pseudonym_key_path(settings))
    lag = Lag(clients.consumer(bootstrap, "consent"), time.monotonic)
    sweeps: list[Progress] = []

    def decide(arrivals: Arrivals, state: Working) -> Outs:
        now = time.time_ns() // 1_000
        context = resolve.Context(pseudonym_key, keys, now, goes_on=not lag.held_back())
        outs = resolve.decide(arrivals, state, context)
        sweeps[:] = _progress(state)
        return outs

    def reject(arrival: Arrival, state: Working) -> Outs:
        del state
        rejection = Rejection(Code.INTERNAL_ERROR, event_id=header_event_id(arrival.headers))
        alone = Arrivals.of([arrival])
        counted = submissions.counted(alone, submissions.headers_of(alone), None, (), {0: rejection})
        return encode_drafts([*counted, resolve.dead_letter(arrival, rejection, keys)])

    return StageParts(
        NAME,
        first,
        inputs,
        decide,
        reject,
        lag.held_back,
        ahead,
        layout=lambda there: layout.check(there, settings, OWN),
        batch_records=settings.batch_records,
        linger_seconds=settings.linger_seconds,
        after=(lag.wrote,),
        sweeps=lambda: tuple(sweeps),
    )


def _progress(state: Working) -> list[Progress]:
    """How far it is with taking a model, and with asking anew whose rights records are."""
    taken, judged = taking.progress(state), rights.progress(state)
    return [
        Progress(counts.MODEL, taken is not None, *(taken or ())),
        Progress(counts.RIGHTS, judged is not None, judged or 0),
    ]


def pseudonym_key_path(settings: Settings) -> Path:
    """Where the key of the pseudonyms is; only resolve reads it."""
    return settings.data_dir / "secrets" / "pseudonym.key"


DECIDING = (".consent", ".social_service")
"""Families that say who may see what, or who may speak."""


def first(topic: str) -> bool:
    """What decides comes before what it decides about: a withdrawal, or a child's leaving care, waits for no facts."""
    return is_control(topic) or (topic.startswith("partner.") and topic.endswith(DECIDING))


def is_control(topic: str) -> bool:
    """Topics that are not partners'."""
    return topic in {names.AGREEMENTS, names.STEWARDS, names.ERASURES}


def ahead(topic: str) -> int:
    """While resolve catches up, who people are is read a day ahead of what is told of them.

    A fact that is read before it is known whose it is, is released as its record alone permits; then it is moved and
    taken back. By a day, not without end: identities that never cease must not keep facts waiting for ever.
    """
    return AHEAD_MS if topic.endswith(".identity") else 0


def forgotten(store: Store) -> list[str] | None:
    """Tables of which no file is to hold what was said of erased records.

    None, while another model is taken: the old one's index still has them, and is dropped soon.
    """
    rows = store.get_many(adopted.TABLE, [adopted.NEXT, adopted.GENERATION])
    generation = int(rows.get(adopted.GENERATION, b"0"))
    compared = [table_of(COMPARE, n) for n in range(generation + 1)]
    return None if adopted.NEXT in rows else [RECORD, attending.TABLE, *compared]


def inputs(topic: str) -> bool:
    """What resolve reads."""
    return is_control(topic) or topic.startswith("partner.")


class Lag:
    """How far consent is behind on the log that resolve writes: a backlog must wait where priority still works."""

    def __init__(self, group: Consumer, clock: Callable[[], float]) -> None:
        """Ask a consumer of consent's group; ``clock`` gives seconds, and is the stage's."""
        self._group, self._clock = group, clock
        self._written: deque[tuple[float, int]] = deque()
        self._asked_at = float("-inf")

    def wrote(self, done: Done) -> None:
        """Resolve has written."""
        end = done.sent.get(LOG, 0)
        if not self._written or self._written[-1][1] < end:
            self._written.append((done.at, end))

    def held_back(self) -> bool:
        """Whether consent has not yet done what was written half a second ago."""
        now = self._clock()
        if self._written and now - self._asked_at >= ASK_SECONDS:
            self._asked_at = now
            done = self._done()
            while self._written and self._written[0][1] <= done:
                self._written.popleft()
        return bool(self._written) and now - self._written[0][0] > BEHIND_SECONDS

    def _done(self) -> int:
        try:
            return int(self._group.committed([TopicPartition(*LOG)], 5)[0].offset)
        except KafkaException:
            return 0
