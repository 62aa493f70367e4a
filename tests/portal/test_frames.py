"""How a page is kept up to date: woken often, looked at seldom, and no change slept through."""

import asyncio

from portal.feed import Feed, Item, PageState, frames
from sinks.views import Change
from tests.portal.served import ME


def state(*items: Item, as_of: str = "noon") -> PageState:
    """A page with these entries."""
    return PageState("", items, {}, frozenset({"p1"}), "s", 7, as_of)


def test_however_often_it_is_woken_a_page_is_looked_at_once_a_frame_and_nothing_piles_up() -> None:
    looks = []

    async def follow() -> list[bytes]:
        feed, told = Feed(), []
        with feed.subscribed(ME) as one:

            def look() -> PageState:
                looks.append(1)
                return state(Item("timeline", "k", "o", f"look {len(looks)}"))

            async for frame in frames(feed, one, look, lambda _: None):
                told.append(frame)
                for n in range(10_000):
                    feed.publish([Change(n, ME, "p1", "e", "aid", "released")])
                if len(told) == 3:
                    feed.close()
        return told

    assert len(asyncio.run(follow())) == 3
    assert len(looks) == 3


def test_a_page_that_did_not_change_is_only_told_that_the_connection_lives() -> None:
    async def follow() -> list[bytes]:
        feed, told = Feed(), []
        with feed.subscribed(ME) as one:
            async for frame in frames(feed, one, lambda: state(Item("t", "k", "o", "h")), lambda _: set()):
                told.append(frame)
                feed.publish([Change(1, ME, "p1", "e", "aid", "released")])
                if len(told) == 2:
                    feed.close()
        return told

    assert asyncio.run(follow())[1] == b": still here\n\n"


def test_a_change_that_comes_while_the_page_is_being_read_is_not_slept_through() -> None:
    looks = []

    async def follow() -> None:
        feed = Feed()
        with feed.subscribed(ME) as one:

            def look() -> PageState:
                looks.append(1)
                if len(looks) < 3:  # of somebody whom the page has not been about so far
                    feed.publish([Change(1, ME, "p2", "e", "aid", "released")])
                else:
                    feed.close()
                return state()

            async for _ in frames(feed, one, look, lambda _: set()):
                pass

    asyncio.run(asyncio.wait_for(follow(), 5))
    assert len(looks) == 3


def test_a_change_of_another_recipient_wakes_nobody() -> None:
    async def woken() -> bool:
        feed = Feed()
        with feed.subscribed(ME) as one:
            feed.publish([Change(1, "csu_advising", "p1", "e", "caseload", "released")])
            await asyncio.sleep(0.01)
            return one.woken.is_set()

    assert asyncio.run(woken()) is False
