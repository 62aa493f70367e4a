"""What every answer of the portal needs: who is asking, what a form says, a page, a cookie."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs

import orjson
from fastapi import Request
from fastapi.responses import HTMLResponse, Response
from starlette.exceptions import HTTPException

from portal import guard, words
from portal.pages import Pages
from portal.parts import PortalParts, User
from portal.sign_in import Session, Sessions

SESSION_COOKIE = "throughline_session"
VISIT_COOKIE = "throughline_visit"
MOST_FORM_BYTES = 4096


@dataclass(frozen=True)
class Reader:
    """A signed-in user asking."""

    user: User
    session: Session


class Door:
    """Reads requests and makes answers; what is asked for is for who inherits it."""

    def __init__(self, parts: PortalParts) -> None:
        """Of these parts."""
        self._parts = parts
        self._pages = Pages(parts)
        self._sessions = Sessions(parts.secret_key, parts.users, parts.spent)

    def _session(self, request: Request) -> Session | None:
        return self._sessions.find(request.cookies.get(SESSION_COOKIE), self._parts.clock())

    def _reader(self, request: Request) -> Reader:
        session = self._session(request)
        user = self._parts.users.get(session.user_id) if session else None  # who has just left may still have one
        if session is None or user is None:
            raise HTTPException(HTTPStatus.UNAUTHORIZED)
        return Reader(user, session)

    def _anybody(self, request: Request) -> Reader | None:
        """Who is asking for what is no secret."""
        return self._reader(request) if self._session(request) else None

    def _since(self, request: Request, user: User) -> int:
        visited = self._sessions.visited(request.cookies.get(VISIT_COOKIE), user.id, self._parts.clock())
        # A number from before this view file began says nothing about it.
        newest = self._pages.questions.last_seq(user.recipient)
        return newest if visited is None or visited < self._pages.questions.first_seq - 1 else visited

    async def _field(self, request: Request, name: str) -> str:
        if not guard.is_from_own_page(request):
            raise HTTPException(HTTPStatus.FORBIDDEN)
        body = b""
        async for chunk in request.stream():
            body += chunk
            if len(body) > MOST_FORM_BYTES:
                raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        return parse_qs(body.decode("ascii", "replace")).get(name, [""])[0]

    def _page(self, template: str, reader: Reader | None, **values: Any) -> HTMLResponse:
        user = reader.user if reader else None
        organization = words.named(self._parts.names, user.recipient) if user else ""
        return HTMLResponse(self._pages.renderer.piece(template, user=user, organization=organization, **values))

    def _json(self, value: Any) -> Response:
        return Response(orjson.dumps(value), media_type="application/json")

    def _set_cookie(self, request: Request, answer: Response, name: str, value: str, seconds: int) -> None:
        is_https = request.url.scheme == "https"
        answer.set_cookie(name, value, max_age=seconds, httponly=True, samesite="strict", secure=is_https)
