"""The live feed: who is to be woken by which change, and a page kept up to date over one response.

Nothing is queued. A subscriber is only woken; it then looks at its page again and sends what differs. So memory is
bounded by what pages show, and whatever a subscriber slept through, it catches up with in one step.
"""

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field

import orjson
from starlette.concurrency import run_in_threadpool

from sinks.views import Change, ViewsAwayError

FRAME_SECONDS = 0.25
"""Least time between two frames to one viewer."""
LOOK_SECONDS = 15.0
"""A page is looked at again this often though nobody woke it; then a comment also keeps the connection open."""
MOST_SUBSCRIBERS = 1000


@dataclass(frozen=True)
class Item:
    """One entry of a list on a page."""

    list: str
    key: str
    order: str
    """Where it stands among the others."""
    html: str


@dataclass(frozen=True)
class PageState:
    """Everything on a page that can change."""

    title: str
    items: tuple[Item, ...]
    parts: dict[str, str]
    """Named pieces of the page that are replaced as a whole."""
    persons: frozenset[str]
    """Whom the page is about: their changes wake it."""
    standing: str
    """Stands for what decides about showing: agreements and day. Another one, and nothing sent before is sure."""
    seq: int
    """Change number up to which the views were read."""
    as_of: str
    """Time of the latest tick, in words."""

    @property
    def keys(self) -> dict[str, list[str]]:
        """Keys by list."""
        keys: dict[str, list[str]] = {}
        for item in self.items:
            keys.setdefault(item.list, []).append(item.key)
        return keys


@dataclass(eq=False)
class Subscriber:
    """One open page."""

    recipient: str
    loop: asyncio.AbstractEventLoop
    woken: asyncio.Event = field(default_factory=asyncio.Event)
    persons: frozenset[str] | None = None
    """Whom its page is about; None while it looks: what it has read by then, nobody can tell."""

    def is_concerned_by(self, person_ids: Collection[str]) -> bool:
        """Whether changes of these persons, of its recipient, may show on its page."""
        return bool(person_ids) and (self.persons is None or not self.persons.isdisjoint(person_ids))

    def wake(self) -> None:
        """Wake it, from any thread; one whose loop has ended needs no waking."""
        with contextlib.suppress(RuntimeError):
            self.loop.call_soon_threadsafe(self.woken.set)


class TooManySubscribersError(Exception):
    """More pages are open than one process serves."""


class Feed:
    """Wakes the pages that a change concerns."""

    def __init__(self) -> None:
        """With nobody subscribed."""
        self._lock = threading.Lock()
        self._subscribers: set[Subscriber] = set()
        self.closed = False

    @property
    def subscriber_count(self) -> int:
        """How many pages are open."""
        with self._lock:
            return len(self._subscribers)

    def publish(self, changes: Iterable[Change], *, everyone: bool = False) -> None:
        """Tell of a commit, from the thread that wrote it.

        ``everyone`` is for commits that brought agreements or ticks, which concern all pages.
        """
        touched: dict[str, set[str]] = {}
        caseloads = set()
        for change in changes:
            touched.setdefault(change.recipient, set()).add(change.person_id)
            if change.family == "caseload":
                caseloads.add(change.recipient)
        with self._lock:
            subscribers = tuple(self._subscribers)
        for one in subscribers:
            if everyone or one.recipient in caseloads or one.is_concerned_by(touched.get(one.recipient, ())):
                one.wake()

    def close(self) -> None:
        """End every stream, so that the server can stop."""
        self.closed = True
        self.publish((), everyone=True)

    @contextlib.contextmanager
    def subscribed(self, recipient: str) -> Iterator[Subscriber]:
        """A subscriber on the running event loop.

        Raises:
            TooManySubscribersError: no more pages can be kept up to date.
        """
        one = Subscriber(recipient, asyncio.get_running_loop())
        with self._lock:
            if len(self._subscribers) >= MOST_SUBSCRIBERS:
                raise TooManySubscribersError
            self._subscribers.add(one)
        try:
            yield one
        finally:
            with self._lock:
                self._subscribers.discard(one)


async def frames(
    feed: Feed,
    one: Subscriber,
    look: Callable[[], PageState | None],
    missed: Callable[[PageState], Collection[str] | None],
) -> AsyncIterator[bytes]:
    """What a page must be told; ends when ``look`` says that the page may not be seen any more, or cannot look.

    A browser then comes again by itself, here or to another portal, and says what it saw last. ``missed`` gives the
    keys of what changed between what the viewer last saw and the first look; None: anything may have.
    """
    shown: PageState | None = None
    while not feed.closed:
        one.persons = None
        one.woken.clear()
        try:
            state = await run_in_threadpool(look)
            keys = await run_in_threadpool(missed, state) if state and shown is None else None
        except ViewsAwayError:
            return
        if state is None:
            yield b"event: gone\ndata: {}\n\n"
            return
        one.persons = state.persons
        if shown is None:
            yield _frame(state, _catching_up(state, keys))
        else:
            yield _frame(state, _difference(state, shown)) if _differs(state, shown) else b": still here\n\n"
        shown = state
        await asyncio.sleep(FRAME_SECONDS)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(one.woken.wait(), LOOK_SECONDS)


def _differs(state: PageState, shown: PageState) -> bool:
    return (state.items, state.parts, state.as_of) != (shown.items, shown.parts, shown.as_of)


def _catching_up(state: PageState, missed: Collection[str] | None) -> list[Item]:
    return [item for item in state.items if missed is None or item.key in missed]


def _difference(state: PageState, shown: PageState) -> list[Item]:
    before = {(item.list, item.key): item for item in shown.items}
    return [item for item in state.items if before.get((item.list, item.key)) != item]


def _frame(state: PageState, items: list[Item]) -> bytes:
    data = {
        "items": [{"list": i.list, "key": i.key, "order": i.order, "html": i.html} for i in items],
        "keep": state.keys,
        "parts": state.parts,
        "asOf": state.as_of,
    }
    return b"event: page\nid: %d\ndata: %s\n\n" % (state.seq, orjson.dumps(data))
