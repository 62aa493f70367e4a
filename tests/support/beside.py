"""Work in a thread beside a test: it is told to stop, and waited for, however the test ends."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

JOIN_SECONDS = 60


@contextmanager
def beside(
    work: Callable[[threading.Event], None], ended: list[BaseException] | None = None
) -> Iterator[list[BaseException]]:
    """Run something until the end of the block; what stopped it before, if anything did.

    Args:
        work: ends soon after the event is set.
        ended: gets what stopped it; none: a new list.
    """
    stopping, found = threading.Event(), [] if ended is None else ended

    def run() -> None:
        try:
            work(stopping)
        except BaseException as error:  # noqa: BLE001  # told to who waits
            found.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield found
    finally:
        stopping.set()
        thread.join(JOIN_SECONDS)
        assert not thread.is_alive()
