"""Runs a plan's cases: made-up rows to the sandbox by the real client, back from the broker, and through the gate."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from deploy.acl.wanted import PARTNER, looking
from deploy.onboarding.check import Check, failed, looked, ok
from deploy.onboarding.plan import Case
from deploy.topic_reader import TopicReader
from partners.client import Publisher
from partners.events import framed, headers_of_row, key_of
from partners.formats import Bad, Good, reader_of, rows
from partners.publishing import Memory, publish_file
from partners.sent_state import SentState
from processors.consent.agreements import Agreement
from processors.records import Arrival, Arrivals
from processors.resolve import gate
from processors.resolve.codes import Code
from schemas_avro.version import VERSION
from streams.errors import ThroughlineError

ANOTHER = b"made-up-of-another"
CARRIED = "carried"
TOLD = 5
"""Lines of a case that are told of."""
Record = tuple[str, bytes | None, bytes | None]
"""Event id, key and value."""


class ChangedError(ThroughlineError):
    """What comes back from the broker is not what was handed over."""


@dataclass
class _Looked:
    """A case's file as the client reads it."""

    goods: list[Good] = field(default_factory=list)
    codes: dict[int, str] = field(default_factory=dict)
    """By line, of those that no client sends."""


class Trial:
    """A partner's sandbox on a broker; a context manager."""

    def __init__(self, address: str, agreement: Agreement, folder: Path, memory: Path) -> None:
        """Begin.

        Args:
            address: of the broker.
            agreement: the partner's, as if in force.
            folder: the partner's.
            memory: a folder for what is remembered of files that are sent, new for each trial.
        """
        self._address, self._folder, self._memory = address, folder, memory
        self._partner, self._mous = agreement.party, {agreement.party: agreement}
        self._held = ExitStack()

    def __enter__(self) -> Self:
        """Make the client."""
        self._publisher = Publisher(self._address, self._partner, zone="sandbox")
        self._held.callback(self._publisher.give_up)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let go of it."""
        self._held.close()

    def run(self, case: Case) -> Check:
        """Run a case."""
        runs = {"rows": self._rows, "same_again": self._same_again, "other_key": self._other_key}
        return looked(case.name, lambda: runs[case.kind](case))

    def _rows(self, case: Case) -> Check:
        """Each row comes to what is planned."""
        read = self._looked(case)
        with self._reader(case) as reader:
            publish_file(self._folder / case.file, case.family, case.as_of, self._publisher)
            back = self._back(reader, _expected(case.family, read.goods))
        judged = self._judged(read.goods, back)
        return compared(case, read.codes | judged, len(read.goods) - len(judged))

    def _same_again(self, case: Case) -> Check:
        """The file twice: what the first time was new is not the second time, and is the same bytes."""
        expected = _expected(case.family, self._looked(case).goods)
        with self._reader(case) as reader, SentState(self._memory, self._partner, case.family) as state:
            new = [self._new(case, state) for _ in range(2)]
            back = self._back(reader, expected * 2)
        if new != [len(expected), 0]:
            return failed(case.name, f"new the first time {new[0]} of {len(expected)}, the second {new[1]}, not 0")
        return ok(case.name, f"new {new[0]}, then 0; {len(back)} records, alike byte for byte")

    def _new(self, case: Case, state: SentState) -> int | None:
        path = self._folder / case.file
        memory = Memory(state, state.file_key([path], VERSION, case.as_of.isoformat()))
        memory.begin(self._publisher.cluster_id, case.as_of)
        return publish_file(path, case.family, case.as_of, self._publisher, memory=memory).new

    def _other_key(self, case: Case) -> Check:
        """Its first event under the key of another."""
        goods = self._looked(case).goods[:1]
        if not goods:
            return failed(case.name, f"no row of {case.file} can be sent")
        [(event_id, _, value)] = _expected(case.family, goods)
        with self._reader(case) as reader:
            topic = self._publisher.topic_of(case.family)
            self._publisher.publish_raw(topic, ANOTHER, value, headers_of_row(goods[0].row))
            self._publisher.flush()
            self._publisher.take_acknowledged()
            back = self._back(reader, [(event_id, ANOTHER, value)])
        [code] = self._judged(goods, back).values() or [CARRIED]
        if code != Code.KEY_MISMATCH:
            return failed(case.name, f"planned {Code.KEY_MISMATCH}, it came to {code}")
        return ok(case.name, f"{code} by the gate")

    def _looked(self, case: Case) -> _Looked:
        """Raises ThroughlineError: the file cannot be read."""
        path, found = self._folder / case.file, _Looked()
        for row in rows(path, self._partner, case.family, case.as_of, reader_of(path, case.family)):
            if isinstance(row, Good):
                found.goods.append(row)
            elif isinstance(row, Bad):
                found.codes[row.place] = row.code.value
        return found

    def _reader(self, case: Case) -> "closing[TopicReader]":
        """Who reads what comes from now on.

        Raises:
            ThroughlineError: the topic is not there, or not ours to read.
        """
        self._publisher.require_topic(case.family)
        topic = self._publisher.topic_of(case.family)
        reader = TopicReader(
            self._address, lambda name: name == topic, last=0, group=looking(f"{PARTNER}{self._partner}")
        )
        list(reader.arrivals())
        return closing(reader)

    def _back(self, reader: TopicReader, expected: Sequence[Record]) -> list[Arrival]:
        """The records of a case as the broker has them.

        Raises:
            ChangedError: they are not those that were handed over, byte for byte.
        """
        ids = {event_id for event_id, _, _ in expected}
        found = [one for one in reader.arrivals() if gate.header_event_id(one.headers) in ids]
        said = [(gate.header_event_id(one.headers) or "", one.key, one.value) for one in found]
        if sorted(said, key=str) != sorted(expected, key=str):
            raise ChangedError(
                f"of {len(expected)} records handed over {len(set(said) & set(expected))} came back byte for "
                "byte: has somebody else just tried the same files? Else tell the operator"
            )
        return found

    def _judged(self, goods: Sequence[Good], back: Sequence[Arrival]) -> dict[int, str]:
        """The gate's code by line, of those that it rejects."""
        line = {good.row["envelope"]["event_id"]: good.place for good in goods}
        _, rejected = gate.admit(Arrivals.of(back), self._mous)
        return {
            line[gate.header_event_id(back[place].headers) or ""]: rejection.code.value
            for place, rejection in rejected.items()
        }


def _expected(family: str, goods: Sequence[Good]) -> list[Record]:
    """What is handed over of good rows."""
    values = framed(family, [good.row for good in goods]) if goods else []
    return [
        (good.row["envelope"]["event_id"], key_of(good.row), value) for good, value in zip(goods, values, strict=True)
    ]


def compared(case: Case, rejected: Mapping[int, str], carried: int) -> Check:
    """What came of a case's rows beside what is planned.

    Args:
        case: with its plan.
        rejected: the code by line of those that were.
        carried: how many the gate lets pass.
    """
    planned = {int(line): code for line, code in case.rejected.items()}
    wrong = [
        f"line {line}: planned {planned.get(line, CARRIED)}, it came to {rejected.get(line, CARRIED)}"
        for line in sorted(planned.keys() | rejected.keys())
        if planned.get(line) != rejected.get(line)
    ]
    if carried != case.carried:
        wrong.append(f"{carried} carried, planned {case.carried}")
    if wrong:
        return failed(case.name, "; ".join(wrong[:TOLD]) + (f"; and {len(wrong) - TOLD} more" if wrong[TOLD:] else ""))
    codes = f", {len(rejected)} rejected as planned: {', '.join(sorted(set(rejected.values())))}" if rejected else ""
    return ok(case.name, f"{carried} carried{codes}")
