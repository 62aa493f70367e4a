"""Every bad input that reaches a stage, first, in the middle and last among sound neighbours, over the real broker.

Starts the whole stack in a directory of its own and sends a batch at a time, each in one Kafka transaction, so that a
stage is given it at once; waits until all of it has ended. A place is right where the bad input has exactly one dead
letter, of its code (or, where it is odd but sound, none, and its end), and each neighbour ended as if it had not been
there. Lists which of the 86 numbers apply and why the others do not; prints one JSON object as its last line; exits 1
unless every place is right and no process has died.
"""

import argparse
import json
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from confluent_kafka import OFFSET_BEGINNING, Producer, TopicPartition
from support.bad_inputs import DROPPED, ENDS, BadInput, Making, neighbours
from support.bad_inputs.listing import choose, listed
from support.events import Message

from deploy import processes
from deploy.dead_letters import place_of
from deploy.ledger import Ledger, counted
from deploy.stack import Stack
from deploy.topic_reader import Read, decoded
from streams import clients
from streams.errors import ThroughlineError
from streams.settings import Settings

NEIGHBOURS = 6
POSITIONS = {"first": 0, "middle": NEIGHBOURS // 2, "last": NEIGHBOURS}
STALLED_SECONDS = 60.0
SETTLE_SECONDS, QUIET_SECONDS = 20.0, 1.0
START_SECONDS = 30.0
LOOK_SECONDS = 0.01
LARGEST_BYTES = 100_000_000
"""That the client itself lets go: what travels small may be large."""


def main() -> int:
    """Run; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--numbers", type=int, nargs="+", metavar="N", help="only inputs of these numbers of the list")
    parser.add_argument("--each", type=int, metavar="COUNT", help="at most so many inputs of each number")
    asked = parser.parse_args()
    chosen = choose(asked.numbers, asked.each)
    sys.stdout.write("".join(f"{line}\n" for line in listed(chosen)))
    with tempfile.TemporaryDirectory(prefix="throughline-bad-inputs-") as folder:
        document = prove(Path(folder) / "data", chosen)
    sys.stdout.write(json.dumps(document) + "\n")
    return 0 if is_right(document) else 1


def is_right(document: dict[str, int]) -> bool:
    """Whether every place of every input is right, and no process has died."""
    return document["right"] == document["inputs"] * document["positions"] and not document["process_deaths"]


def prove(folder: Path, chosen: Sequence[BadInput]) -> dict[str, int]:
    """Send and compare; the figures."""
    with Stack(Settings(data_dir=folder, portal_port=0, bootstrap=None, partner_partitions=1)) as stack:
        watch, sender = Watch(stack), Sender(stack.bootstrap)
        batches: list[Batch] = []
        try:
            for number, bad in enumerate(chosen):
                print(f"{number + 1} of {len(chosen)}: {bad}", file=sys.stderr)  # noqa: T201  # progress
                for position in POSITIONS:
                    batches.append(sender.send(bad, position, watch))
                    watch.wait_until_ended(batches[-1])
            watch.settle(batches)
        except ThroughlineError as error:
            print(f"given up: {error}", file=sys.stderr)  # noqa: T201  # what was not sent is not right
        wrong = watch.wrong(batches)
    for batch in wrong:
        print(f"wrong: {batch}: {watch.seen.ends_of(batch)}", file=sys.stderr)  # noqa: T201  # ends only
    right = len(batches) - len(wrong)
    return {"inputs": len(chosen), "positions": len(POSITIONS), "right": right, "process_deaths": watch.deaths}


@dataclass
class Batch:
    """What was sent together."""

    bad: BadInput
    position: str
    sent: list[Message] = field(repr=False)
    places: dict[int, str] = field(default_factory=dict)
    """By place in the batch: topic/partition/offset."""

    def __str__(self) -> str:
        """For people."""
        return f"{self.bad}, {self.position}"

    @property
    def expected(self) -> list[str]:
        """How each should end."""
        families = [message.topic.rsplit(".", 1)[1] for message in self.sent]
        ends = [ENDS[family] for family in families]
        ends[POSITIONS[self.position]] = str(self.bad.ends)
        return ends


@dataclass
class Seen:
    """What the topics tell of how events ended."""

    book: Ledger = field(default_factory=Ledger)
    letters: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    """Codes of dead letters, by the place of what they are about."""

    def take_in(self, read: Read) -> None:
        """One record of the topics that tell of ends."""
        self.book.enter(read)
        if read.name == "dead_letter":
            self.letters[place_of(read.row)].append(read.row["code"])

    def end_of(self, batch: Batch, number: int) -> str:
        """How one of a batch ended; empty: it has not yet."""
        if codes := self.letters.get(batch.places[number]):
            return " and ".join(codes)
        if batch.expected[number] == DROPPED:
            return DROPPED if self.book.first_decisions.get(batch.sent[number].event_id) == 1 else ""
        return self.book.outcomes.get(batch.sent[number].event_id, "")

    def ends_of(self, batch: Batch) -> list[str]:
        """How each of a batch ended."""
        return [self.end_of(batch, number) for number in range(len(batch.sent))]


Stamped = tuple[Message, int | None]
"""A message, and when its producer says that it was made, in milliseconds."""


class Sender:
    """Sends batches, each in a transaction of its own."""

    def __init__(self, bootstrap: str) -> None:
        more = {"message.max.bytes": LARGEST_BYTES, "compression.type": "zstd"}
        self._producer: Producer = clients.producer(bootstrap, "bad-inputs", **more)
        self._producer.init_transactions(START_SECONDS)

    def send(self, bad: BadInput, position: str, watch: "Watch") -> Batch:
        """One bad input among its neighbours; what must come before it has ended by then."""
        now = time.time_ns() // 1_000
        making = Making(f"{bad}, {position}", now)
        if bad.earlier is not None:
            earlier = bad.earlier(making)
            self._commit([(earlier, None)])
            watch.wait_for(earlier.event_id)
        message, place = bad.make(making), POSITIONS[position]
        around: list[Stamped] = [(one, None) for one in neighbours(message, making.name, NEIGHBOURS, now)]
        sent = [*around[:place], (message, bad.timestamp_ms), *around[place:]]
        return Batch(bad, position, [one for one, _ in sent], self._commit(sent))

    def _commit(self, sent: Sequence[Stamped]) -> dict[int, str]:
        """Places, in the order sent."""
        places: dict[int, str] = {}
        self._producer.begin_transaction()
        for number, (message, timestamp) in enumerate(sent):
            said: Any = {} if timestamp is None else {"timestamp": timestamp}

            def delivered(error: Any, at: Any, number: int = number) -> None:
                if error is None:
                    places[number] = f"{at.topic()}/{at.partition()}/{at.offset()}"

            headers = list(message.headers.items())
            self._producer.produce(
                message.topic, message.value, message.key, headers=headers, on_delivery=delivered, **said
            )
        self._producer.commit_transaction(START_SECONDS)
        return places


class Watch:
    """Follows what becomes of what was sent, and whether every process lives on."""

    def __init__(self, stack: Stack) -> None:
        self.seen, self.deaths = Seen(), 0
        self._stack = stack
        self._consumer = clients.consumer(stack.bootstrap, "outsider")
        topics = self._consumer.list_topics(timeout=START_SECONDS).topics
        places = [(name, number) for name, topic in topics.items() if counted(name) for number in topic.partitions]
        self._consumer.assign([TopicPartition(*place, OFFSET_BEGINNING) for place in places])

    def wait_for(self, event_id: str) -> None:
        """Wait until one event has been decided."""
        self._until(lambda: event_id in self.seen.book.outcomes, STALLED_SECONDS, "what must come before")

    def wait_until_ended(self, batch: Batch) -> None:
        """Wait until each of a batch has ended, however.

        Raises:
            ThroughlineError: one does not: the stage is stuck.
        """
        self._until(lambda: all(self.seen.ends_of(batch)), STALLED_SECONDS, str(batch))

    def settle(self, batches: Sequence[Batch]) -> None:
        """Wait until each of them is right, or nothing more can be expected; then look for what comes too much."""
        deadline = time.monotonic() + SETTLE_SECONDS
        while self.wrong(batches) and time.monotonic() < deadline:
            self._look()
        quiet_at = time.monotonic() + QUIET_SECONDS
        while time.monotonic() < quiet_at:
            self._look()

    def wrong(self, batches: Sequence[Batch]) -> list[Batch]:
        """Those of which something has not ended as it should."""
        return [batch for batch in batches if self.seen.ends_of(batch) != batch.expected]

    def _until(self, is_so: Any, seconds: float, what: str) -> None:
        deadline = time.monotonic() + seconds
        while not is_so():
            if time.monotonic() > deadline:
                raise ThroughlineError(f"not ended after {seconds:.0f} s: {what}")
            self._look()

    def _look(self) -> None:
        """What is new; a process that has died is counted, and started again so that the others can still be tried."""
        messages = self._consumer.consume(1_000, LOOK_SECONDS)
        for read in decoded(list(clients.arrivals([message for message in messages if message.error() is None]))):
            self.seen.take_in(read)
        for role, started in list(self._stack.running.items()):
            if not processes.is_running(started):
                self.deaths += 1
                print(f"{role} has died", file=sys.stderr)  # noqa: T201
                self._stack.start(role)
        self._stack.check()


if __name__ == "__main__":
    sys.exit(main())
