"""What every answer says to the browser, and which posts are believed."""

from collections.abc import MutableMapping
from typing import Any

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
PRIVATE = {"Cache-Control": "no-store"}
STATIC = {"Cache-Control": "public, max-age=3600"}


class Guarded:
    """Puts the headers on every answer; only static files may be kept by caches."""

    def __init__(self, app: ASGIApp) -> None:
        """Around an app."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                _put_headers(message, scope["path"])
            await send(message)

        await self._app(scope, receive, send_guarded if scope["type"] == "http" else send)


def _put_headers(message: MutableMapping[str, Any], path: str) -> None:
    added = HEADERS | (STATIC if path.startswith("/static/") else PRIVATE)
    names = {name.lower().encode() for name in added}
    kept = [(name, value) for name, value in message["headers"] if name.lower() not in names]
    message["headers"] = kept + [(name.lower().encode(), value.encode()) for name, value in added.items()]


def is_from_own_page(request: Request) -> bool:
    """Whether a post comes from a page of ours: the browser says so, and by default it does not.

    Under ``no-referrer`` browsers send ``Origin: null`` with a form, so Sec-Fetch-Site is asked first.
    """
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    return request.headers.get("origin") == f"{request.url.scheme}://{request.url.netloc}"
