"""A portal on a free port, fed straight into its views."""

import pathlib
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import uvicorn
from playwright.sync_api import Page, Request, sync_playwright
from support.waits import wait_until

from portal.app import create_app
from portal.feed import Feed
from portal.parts import PortalParts
from processors.consent.law.shipped import SHIPPED
from sinks.case_views import CaseViews
from sinks.views import Readable
from tests.portal.browsing import ARGUMENTS, REQUIRED
from tests.portal.served import (
    KEY,
    ME,
    NAMES,
    NOON,
    OTHER,
    PAIRS,
    USERS,
    Served,
    chromium_path,
    framework,
)


@contextmanager
def portal_over(views: Readable, feed: Feed) -> Iterator[str]:
    """The address of a portal that answers on a free port, over views that others fill."""
    app = create_app(PortalParts(views, USERS, KEY, feed, known_pairs=PAIRS, names=NAMES))
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False, lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        wait_until(lambda: server.started)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        server.should_exit = True
        feed.close()
        thread.join(10)


@pytest.fixture
def portal(tmp_path: pathlib.Path) -> Iterator[Served]:
    """A portal that answers on a free port, with the agreements and a tick of both recipients."""
    views, feed = CaseViews.open(tmp_path / "views.duckdb", first_seq=1), Feed()
    with portal_over(views, feed) as url:
        served = Served(views, feed, url)
        both = (*framework(ME), *framework(OTHER))
        served.apply(agreements=both, rules=(1, SHIPPED), tick=NOON)
        yield served
        for client in served.clients:
            client.close()
    views.close()


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of a Chromium; without one these tests are skipped, or fail where the environment requires them."""
    path = chromium_path()
    if path is None and not REQUIRED:
        pytest.skip("no Chromium on this machine")
    assert path, "THROUGHLINE_REQUIRE_BROWSER=1, but there is no Chromium"
    return path


@pytest.fixture
def page(portal: Served, chromium: str) -> Iterator[Page]:
    """A page in a fresh browser; at the end nothing was complained of, and no other host was asked."""
    complaints: list[str] = []

    def look(request: Request) -> None:
        if not request.url.startswith(portal.url):
            complaints.append(request.url)

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        opened = browser.new_page()
        opened.on("request", look)
        opened.on("console", lambda message: complaints.append(message.text))
        opened.on("pageerror", lambda error: complaints.append(str(error)))
        opened.set_default_timeout(10_000)
        yield opened
        browser.close()
    assert complaints == []
