"""A portal on a free port, fed straight into its views."""

import pathlib
import socket
import threading
from collections.abc import Iterator

import pytest
import uvicorn

from portal.app import create_app
from portal.feed import Feed
from portal.parts import PortalParts
from sinks.case_views import CaseViews
from tests.portal.served import KEY, ME, NAMES, NOON, OTHER, PAIRS, USERS, Served, agreement, wait_until


@pytest.fixture
def portal(tmp_path: pathlib.Path) -> Iterator[Served]:
    """A portal that answers on a free port, with the agreements and a tick of both recipients."""
    views, feed = CaseViews.open(tmp_path / "views.duckdb", first_seq=1), Feed()
    app = create_app(PortalParts(views, USERS, KEY, feed, known_pairs=PAIRS, names=NAMES))
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False, lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        served = Served(views, feed, f"http://127.0.0.1:{listening.getsockname()[1]}")
        both = tuple(agreement(r, kind) for r in (ME, OTHER) for kind in ("own", "consent"))
        served.apply(agreements=both, tick=NOON)
        wait_until(lambda: server.started)
        yield served
        for client in served.clients:
            client.close()
        server.should_exit = True
        feed.close()
        thread.join(10)
    views.close()
