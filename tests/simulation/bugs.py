"""Bugs to be planted in the real code: one in each of the stage's five steps, and one each in what it compares.

A simulation that does not find them proves nothing.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pyarrow as pa

from processors.records import Arrival, Arrivals
from processors.state import Changes, Working
from sinks import view_batch
from streams import positions, stage
from streams.errors import TransientError
from streams.stage import Stage
from streams.store import Partition, Store

Bug = Callable[[], AbstractContextManager[None]]


@contextmanager
def replaced(owner: Any, name: str, value: Any) -> Iterator[None]:
    """Have something else under a name, for a while."""
    before = getattr(owner, name)
    setattr(owner, name, value)
    try:
        yield
    finally:
        setattr(owner, name, before)


def reads_on_too_late() -> AbstractContextManager[None]:
    """Step 1: where to read on is one offset too far."""
    known = stage.next_offsets

    def wrong(last: Mapping[Partition, Arrival]) -> dict[Partition, int]:
        return {place: next_ + 1 for place, next_ in known(last).items()}

    return replaced(stage, "next_offsets", wrong)


def keeps_the_half_decided() -> AbstractContextManager[None]:
    """Step 2: a decision that a look-up broke off leaves its changes to the next try."""

    class Kept(Working):
        def __new__(cls, store: Store) -> Any:  # hands out what was begun before
            begun = store.__dict__.pop("begun", None)
            store.__dict__["begun"] = made = begun if begun is not None else Working(store)
            return made

    known = Stage._decide  # noqa: SLF001  # to be broken

    def wrong(self: Stage, arrivals: Arrivals) -> Any:
        decided = known(self, arrivals)
        self._store.__dict__.pop("begun", None)
        return decided

    @contextmanager
    def both() -> Iterator[None]:
        with replaced(stage, "Working", Kept), replaced(Stage, "_decide", wrong):
            yield

    return both()


def commits_offsets_later() -> AbstractContextManager[None]:
    """Step 3: the offsets are not in the transaction of the changes, but in the next one."""
    known = Store.commit

    def wrong(
        self: Store, token: int, batch: int, changes: Changes, offsets: Mapping[Partition, int], pending: Any
    ) -> int:
        late = self.__dict__.setdefault("late", {})
        number = known(self, token, batch, changes, late, pending)
        self.__dict__["late"] = dict(offsets)
        return number

    return replaced(Store, "commit", wrong)


def sends_without_asking() -> AbstractContextManager[None]:
    """Step 4: pending is sent again whatever the group has committed."""
    return replaced(Stage, "_committed_batch", lambda self, _places: self._batch - 1)


def does_not_wait() -> AbstractContextManager[None]:
    """Step 5: the next batch replaces pending though nobody knows what became of it."""
    known = Stage._publish  # noqa: SLF001  # to be broken

    def wrong(self: Stage, under_way: Any) -> None:
        try:
            known(self, under_way)
        except TransientError:
            self._parts.pulse.goes_on()

    return replaced(Stage, "_publish", wrong)


def waits_too_late() -> AbstractContextManager[None]:
    """Step 5: the next batch is stored while the one before is still on its way to the broker."""
    known = Stage._end_sending  # noqa: SLF001  # to be broken

    def wrong(self: Stage, stopping: Any) -> None:
        self._sending, self.__dict__["late"] = self.__dict__.get("late"), self._sending
        known(self, stopping)

    return replaced(Stage, "_end_sending", wrong)


def tells_too_early() -> AbstractContextManager[None]:
    """Step 4: a batch is told to be done while it is on its way: a head could be signed that the log never gets."""
    known = Stage._begin_sending  # noqa: SLF001  # to be broken

    def wrong(self: Stage, outs: Any, moved: Any, began: float, done: Any) -> None:
        self._tell(done)  # to be broken
        known(self, outs, moved, began, done)

    return replaced(Stage, "_begin_sending", wrong)


def _taking(token: bool, batch: bool) -> AbstractContextManager[None]:  # noqa: FBT001  # what is not compared
    known = Store.commit

    def wrong(self: Store, token_: int, batch_: int, *rest: Any) -> int:
        there = self._standing()  # to be broken
        return known(self, there[0] if token else token_, there[1] if batch else batch_, *rest)

    return replaced(Store, "commit", wrong)


def takes_any_token() -> AbstractContextManager[None]:
    """A commit does not compare the token."""
    return _taking(token=True, batch=False)


def takes_any_batch() -> AbstractContextManager[None]:
    """A commit does not compare the batch number."""
    return _taking(token=False, batch=True)


def takes_any_last_record() -> AbstractContextManager[None]:
    """What a partition holds where it was read last is not compared."""
    return replaced(positions, "check_last", lambda *_: None)


def takes_any_position() -> AbstractContextManager[None]:
    """A view's row is replaced by whatever comes last."""

    def wrong(table: pa.Table) -> pa.Table:
        places = {key: i for i, key in enumerate(zip(*(c.to_pylist() for c in table.columns[:3]), strict=True))}
        return table.take(pa.array(sorted(places.values()), pa.int64()))

    return replaced(view_batch, "newest_per_key", wrong)


BUGS: dict[str, Bug] = {
    "step 1": reads_on_too_late,
    "step 2": keeps_the_half_decided,
    "step 3": commits_offsets_later,
    "step 4": sends_without_asking,
    "step 5": does_not_wait,
    "step 5, beside": waits_too_late,
    "step 4, told": tells_too_early,
    "token": takes_any_token,
    "batch number": takes_any_batch,
    "last record": takes_any_last_record,
    "position": takes_any_position,
}
