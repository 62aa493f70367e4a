"""The web app: who may ask, and which page answers. Binding to an address is its starter's business."""

from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response, StreamingResponse
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.staticfiles import StaticFiles

from portal import codes, guard, registry
from portal.dictionary_pages import family, index, portal_link
from portal.door import SESSION_COOKIE, VISIT_COOKIE, Door, Reader
from portal.feed import PageState, TooManySubscribersError, frames
from portal.kinds import EFFECTS, TIERS, KindView, kind_as_json
from portal.pages import client_as_json, fact_as_json
from portal.parts import PortalParts, User
from portal.sign_in import SESSION_SECONDS, VISIT_SECONDS
from portal.signals import signal_as_json
from portal.worklist import ORDER_TEXTS, ORDERS, Wanted, listed
from sinks.views import ViewFormatError, ViewsAwayError


def create_app(parts: PortalParts) -> FastAPI:
    """The portal as an ASGI app. It opens nothing and starts nothing."""
    portal = Portal(parts)
    # No API pages of FastAPI's own: they load scripts from other hosts.
    app = FastAPI(title="Throughline", docs_url=None, redoc_url=None, openapi_url=None)
    app.add_middleware(guard.Guarded)
    app.mount("/static", StaticFiles(packages=[("portal", "static")]), name="static")
    for path, endpoint, method in portal.routes():
        app.add_api_route(path, endpoint, methods=[method], response_model=None)
    registry.add_to(app)
    app.add_exception_handler(HTTPException, portal.refusal)
    app.add_exception_handler(ViewsAwayError, portal.away)
    app.add_exception_handler(ViewFormatError, portal.away)  # the portal is about to end
    app.add_exception_handler(Exception, portal.failure)
    return app


class Portal(Door):
    """The answers of one portal."""

    def routes(self) -> list[tuple[str, Any, str]]:
        """Path, endpoint and method of everything that is answered."""
        return [
            ("/", self.caseload, "GET"),
            ("/p/{person_id}", self.person, "GET"),
            ("/kinds/{partner_id}/{family}", self.kind, "GET"),
            ("/dictionary", self.dictionary, "GET"),
            ("/dictionary/{name}", self.dictionary_page, "GET"),
            ("/feed", self.feed, "GET"),
            ("/sign-in", self.sign_in_page, "GET"),
            ("/sign-in", self.sign_in, "POST"),
            ("/sign-out", self.sign_out, "POST"),
            ("/signed-out", self.signed_out, "GET"),
            ("/api/caseload", self.api_caseload, "GET"),
            ("/api/changes", self.api_changes, "GET"),
            ("/api/signals", self.api_signals, "GET"),
            ("/api/persons/{person_id}/timeline", self.api_timeline, "GET"),
            ("/api/kinds", self.api_kinds, "GET"),
            ("/api/kinds/{partner_id}/{family}", self.api_kind, "GET"),
            ("/health", self.health, "GET"),
        ]

    def caseload(self, request: Request) -> Response:
        """My caseload, as far as the query wants it."""
        reader = self._reader(request)
        wanted = Wanted.of(request.query_params.multi_items())
        state, groups = self._pages.worklist(reader.user, reader.session.since, wanted)
        feed = f"/feed?{wanted.query}"
        more = {
            "feed": feed,
            "wanted": wanted,
            "groups": groups,
            "orders": ORDERS,
            "order_text": ORDER_TEXTS[wanted.order],
        }
        answer = self._page("caseload.html", reader, state=state, title="My caseload", **more)
        visit = self._sessions.visit(reader.user.id, state.seq, self._parts.clock())
        self._set_cookie(request, answer, VISIT_COOKIE, visit, VISIT_SECONDS)
        return answer

    def person(self, request: Request, person_id: str) -> Response:
        """One person of my caseload."""
        reader = self._reader(request)
        state = self._pages.person_page(reader.user, person_id, reader.session.since)
        if state is None:
            raise HTTPException(HTTPStatus.NOT_FOUND)
        title = self._pages.tab_title(reader.user, person_id)
        feed = f"/feed?person={person_id}"
        return self._page("person.html", reader, state=state, feed=feed, title=title, label=state.title)

    def kind(self, request: Request, partner_id: str, family: str) -> Response:
        """Why my organization may or may not see one kind of record; of nobody in particular."""
        reader = self._reader(request)
        view = self._kind(reader, partner_id, family)
        more = {"tiers": TIERS, "effects": EFFECTS, "names": self._parts.names}
        return self._page("kind.html", reader, title=view.title, view=view, **more)

    def _kind(self, reader: Reader, partner_id: str, family: str) -> KindView:
        found = self._pages.kinds(reader.user, (partner_id, family))
        if not found:
            raise HTTPException(HTTPStatus.NOT_FOUND)
        return found[0]

    def dictionary(self, request: Request) -> Response:
        """What partners send and who receives it, for anybody: it is about no person."""
        pages = self._pages.dictionary()
        return self._page("dictionary.html", self._anybody(request), **index(pages, portal_link))

    def dictionary_page(self, request: Request, name: str) -> Response:
        """The same of one family."""
        found = next((page for page in self._pages.dictionary() if page.name == name), None)
        if found is None:
            raise HTTPException(HTTPStatus.NOT_FOUND)
        more = family(found, self._parts.names, portal_link)
        return self._page("dictionary_page.html", self._anybody(request), **more)

    async def feed(self, request: Request, person: str | None = None, seq: int = 0, standing: str = "") -> Response:
        """A page kept up to date, from change number ``seq`` or the Last-Event-ID on."""
        reader = self._reader(request)
        last_id = request.headers.get("last-event-id", "")
        wanted = Wanted.of(request.query_params.multi_items())
        stream = self._stream(
            request, reader.user, person or wanted, int(last_id) if last_id.isdecimal() else seq, standing
        )
        headers = {"X-Accel-Buffering": "no"}
        return StreamingResponse(stream, media_type="text/event-stream", headers=headers)

    async def _stream(
        self, request: Request, user: User, page: str | Wanted, seen: int, standing: str
    ) -> AsyncIterator[bytes]:
        def look() -> PageState | None:
            session = self._session(request)
            if session is None or self._parts.users.get(session.user_id) != user:
                return None
            if isinstance(page, Wanted):
                return self._pages.caseload_page(user, session.since, page)
            return self._pages.person_page(user, page, session.since)

        def missed(state: PageState) -> set[str] | None:
            return self._pages.missed(user, state, seen) if state.standing == standing else None

        try:
            with self._parts.feed.subscribed(user.recipient) as one:
                async for frame in frames(self._parts.feed, one, look, missed):
                    yield frame
        except TooManySubscribersError:
            yield b"retry: 30000\n: too many pages are open\n\n"

    def sign_in_page(self, token: str = "") -> Response:
        """A button that uses the link: whoever only looks at it, as mail filters do, uses nothing up."""
        if not token:
            raise HTTPException(HTTPStatus.UNAUTHORIZED)
        return self._page("sign_in.html", None, token=token, title="Sign in")

    async def sign_in(self, request: Request) -> Response:
        """Use a link; the answer leads to an address without it."""
        token = await self._field(request, "token")
        now = self._parts.clock()
        user_id = await run_in_threadpool(self._sessions.user_of_link, token, now)
        if user_id is None:
            return self._link_refused()
        since = await run_in_threadpool(self._since, request, self._parts.users[user_id])
        answer = RedirectResponse("/", 303)
        session = self._sessions.begin(user_id, since, now)
        self._set_cookie(request, answer, SESSION_COOKIE, session, SESSION_SECONDS)
        return answer

    def _link_refused(self) -> Response:
        title, *lines = codes.LINK_REFUSED
        answer = self._page("message.html", None, title=title, lines=lines)
        answer.status_code = HTTPStatus.UNAUTHORIZED
        return answer

    async def sign_out(self, request: Request) -> Response:
        """End the session."""
        await self._field(request, "")
        if session := self._session(request):
            self._sessions.end(session, self._parts.clock())
            self._parts.feed.publish((), everyone=True)
        answer = RedirectResponse("/signed-out", 303)
        answer.delete_cookie(SESSION_COOKIE, httponly=True, samesite="strict", secure=request.url.scheme == "https")
        return answer

    def signed_out(self) -> Response:
        """Good-bye."""
        return self._page("message.html", None, title="You are signed out", lines=["You can close this window."])

    def api_caseload(self, request: Request) -> Response:
        """My caseload for programs; takes the filters of the page."""
        reader = self._reader(request)
        clients = self._pages.caseload(reader.user, reader.session.since).clients
        wanted = Wanted.of(request.query_params.multi_items())
        return self._json({"persons": [client_as_json(client) for client in listed(clients, wanted)]})

    def api_signals(self, request: Request) -> Response:
        """The open signals of my caseload for programs, the most urgent first; takes the filters of the page."""
        reader = self._reader(request)
        clients = self._pages.caseload(reader.user, reader.session.since).clients
        wanted = Wanted.of(request.query_params.multi_items())
        views = sorted((v for c in clients for v in wanted.signals(c)), key=lambda view: view.order)
        return self._json({"signals": [signal_as_json(view) for view in views]})

    def api_changes(self, request: Request, since: int = 0) -> Response:
        """What changed on my caseload after a change number, for programs: the live feed's twin."""
        reader = self._reader(request)
        seq, rows = self._pages.changes(reader.user, since)
        names = ("seq", "person_id", "event_id", "state")
        told = [{name: getattr(row, name) for name in names} | {"family": row.terms.family} for row in rows]
        return self._json({"seq": seq, "changes": told})

    def api_timeline(self, request: Request, person_id: str) -> Response:
        """One person's facts for programs."""
        reader = self._reader(request)
        facts = self._pages.facts(reader.user, person_id, reader.session.since)
        if facts is None:
            raise HTTPException(HTTPStatus.NOT_FOUND)
        return self._json({"facts": [fact_as_json(fact) for fact in facts]})

    def api_kinds(self, request: Request) -> Response:
        """Why my organization may or may not see each kind of record, for programs."""
        reader = self._reader(request)
        return self._json({"kinds": [kind_as_json(view) for view in self._pages.kinds(reader.user)]})

    def api_kind(self, request: Request, partner_id: str, family: str) -> Response:
        """The same of one kind."""
        return self._json(kind_as_json(self._kind(self._reader(request), partner_id, family)))

    def health(self) -> Response:
        """Whether the views answer."""
        self._pages.questions.ping()
        return JSONResponse({"status": "ok"})

    async def refusal(self, request: Request, error: Exception) -> Response:
        """What is not for this reader. Without a session nothing exists but the way to sign in."""
        status = error.status_code if isinstance(error, HTTPException) else HTTPStatus.BAD_REQUEST
        if status == HTTPStatus.NOT_FOUND and self._session(request) is None:
            status = HTTPStatus.UNAUTHORIZED
        title, *lines = codes.REFUSALS.get(status, codes.REFUSALS[HTTPStatus.BAD_REQUEST])
        if request.url.path.startswith("/api/"):
            return JSONResponse({"detail": title}, status)
        answer = self._page("message.html", None, title=title, lines=lines)
        answer.status_code = status
        return answer

    async def away(self, request: Request, _: Exception) -> Response:
        """The views do not answer for a while."""
        return await self.refusal(request, HTTPException(HTTPStatus.SERVICE_UNAVAILABLE))

    async def failure(self, _: Request, __: Exception) -> Response:
        """A bug: say so, and nothing of what it met."""
        headers = guard.HEADERS | guard.PRIVATE
        return HTMLResponse("Something went wrong. Please load the page again.", 500, headers=headers)
