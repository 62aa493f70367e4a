"""What browsers and programs send to the portal: paths, queries, cookies, headers, bodies; without a network.

Whatever is asked, the portal answers, and never that something went wrong in it; who is not signed in is told nothing
of anybody.
"""

import asyncio
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import orjson

from portal.app import create_app
from portal.door import SESSION_COOKIE, VISIT_COOKIE
from portal.feed import Feed
from portal.parts import PortalParts
from portal.sign_in import Sessions, Spent, make_sign_in_link
from processors.consent.law.shipped import SHIPPED
from schemas_avro import catalog
from sinks.case_views import CaseViews
from support.fuzzing.target import MARK, BrokenError, Target
from tests.portal.served import (
    KEY,
    ME,
    NAMES,
    NOON,
    OTHER,
    PAIRS,
    USERS,
    Served,
    assigned,
    enrolled,
    framework,
    signal,
)

NOW = 1_795_550_400.0
BROKEN = 500
PATHS = ("/", "/p/p1", "/feed", "/feed?person=p1", "/kinds/cde_k12/enrollment", "/dictionary", "/dictionary/aid",
         "/sign-in", "/signed-out", "/api/caseload", "/api/changes?since=0",
         "/api/signals?rule=fafsa_incomplete&order=due", "/api/persons/p1/timeline", "/api/kinds",
         "/api/kinds/cde_k12/enrollment", "/health", "/static/portal.css",
         "/subjects", "/subjects/partner.aid.v1/versions/latest", "/schemas/ids/1", "/config", "/mode",
         "/nowhere")  # fmt: skip
WORDS = tuple(
    word.encode() for word in (
        "GET ", "POST ", "PUT ", "DELETE ", "HEAD ", "?since=", "&seq=", "&standing=", "?person=", "?site=", "?order=",
        "?rule=", "last-event-id: ", "cookie: ", f"{SESSION_COOKIE}=", f"{VISIT_COOKIE}=",
        "sec-fetch-site: same-origin", "origin: null", "%00", "%2e%2e%2f", "%ff", "+", "token=", "content-length: -1",
        "/subjects/partner.csac.aid-value",
        "accept-encoding: gzip", "range: bytes=0-", "\n\n", "{{7*7}}", "' OR 1=1 --", "host: [",
    )
)  # fmt: skip


@cache
def _portal() -> Any:
    """A portal with one person on a caseload."""
    folder = Path(tempfile.mkdtemp(prefix="throughline-fuzz-views-"))
    views, feed = CaseViews.open(folder / "views.duckdb", first_seq=1), Feed()
    served = Served(views, feed, "http://portal")
    both = (*framework(ME), *framework(OTHER))
    served.apply(agreements=both, rules=(1, SHIPPED), tick=NOON)
    served.apply(assigned("p1", MARK), enrolled("e1", "p1"), signals=[signal("fafsa_incomplete", "p1", "e1")])
    parts = PortalParts(views, USERS, KEY, feed, known_pairs=PAIRS, names=NAMES, clock=lambda: NOW)
    return create_app(parts)


def _ask(data: bytes, _: Path) -> Iterator[object]:
    """One request: a line of method and address, lines of headers, an empty one, a body."""
    head, _mid, body = data.partition(b"\n\n")
    first, *lines = head.split(b"\n")
    method, _mid, address = first.partition(b" ")
    path, _mid, query = address.partition(b"?")
    headers = [(name.strip().lower(), value.strip()) for name, _, value in (line.partition(b":") for line in lines)]
    try:
        method_text, path_text = method.decode("ascii"), unquote(path.decode("ascii"))
        query.decode("ascii")
    except UnicodeDecodeError:
        return  # the server itself refuses such a line
    scope = {
        "type": "http", "asgi": {"version": "3.0", "spec_version": "2.3"}, "http_version": "1.1", "scheme": "http",
        "method": method_text, "path": path_text, "raw_path": path, "query_string": query, "root_path": "",
        "headers": headers, "client": ("127.0.0.1", 1), "server": ("portal", 80), "state": {},
    }  # fmt: skip
    status, answer = asyncio.run(_answered(scope, body))
    yield status, method_text
    if status >= BROKEN:
        raise BrokenError("the portal says that it is broken")
    if not any(name == b"cookie" and SESSION_COOKIE.encode() in value for name, value in headers):
        yield answer.decode("utf-8", "replace")


async def _answered(scope: dict[str, Any], body: bytes) -> tuple[int, bytes]:
    """Status and body of an answer; who asks goes away after its first part, as a feed never ends."""
    sent, status, parts = False, 0, list[bytes]()
    gone = asyncio.Event()

    async def receive() -> dict[str, Any]:
        nonlocal sent
        if sent:
            await gone.wait()
            return {"type": "http.disconnect"}
        sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        nonlocal status
        status = message.get("status", status)
        parts.append(message.get("body", b""))
        if message["type"] == "http.response.body":
            gone.set()

    await _portal()(scope, receive, send)
    return status, b"".join(parts)


def _seeds() -> list[bytes]:
    sessions = Sessions(KEY, USERS, Spent())
    cookie = f"cookie: {SESSION_COOKIE}={sessions.begin('u1', 0, NOW)}; {VISIT_COOKIE}={sessions.visit('u1', 1, NOW)}"
    token = make_sign_in_link("", KEY, "u1", NOW).partition("token=")[2]
    site = "sec-fetch-site: same-origin"
    asked = [f"GET {path}\n{one}\n\n" for path in PATHS for one in (site, cookie)]
    look_up = orjson.dumps({"schema": catalog.catalog()[catalog.id_of("partner.aid.v1")].text}).decode()
    more = (
        f"GET /feed?seq=1&standing=a\n{cookie}\nlast-event-id: 7\n\n", f"GET /sign-in?token={token}\n\n",
        f"POST /sign-in\n{site}\n\ntoken={token}", f"POST /sign-out\n{site}\n{cookie}\n\n",
        f"POST /subjects/partner.aid.v1\n\n{look_up}", f"POST /subjects/partner.csac.aid-value/versions\n\n{look_up}",
        "PUT /config/partner.aid.v1\n\n{}", "DELETE /subjects/partner.aid.v1\n\n",
    )  # fmt: skip
    return [one.encode() for one in (*asked, *more)]


TARGETS = (Target("portal", _seeds, _ask, (), WORDS),)
