"""The operators' paths on the portal's own port: whether it lives and is ready for anybody, metrics for few."""

import ipaddress

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response

from streams.health import LIVE, METRICS, READY, Health

FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip", "via")
"""Headers that a proxy adds: behind it anybody would come from this machine."""


def add_endpoints(app: FastAPI, health: Health, metrics_host: str) -> None:
    """Answer on the paths of ``streams/health``.

    Metrics go to whoever asks from this machine itself, and to everybody where the metrics' host is no loopback.
    """
    is_open = not is_loopback(metrics_host)

    def answer(request: Request) -> Response:
        if request.url.path == METRICS and not (is_open or _is_from_here(request)):
            return JSONResponse({"detail": "metrics are for this machine; see THROUGHLINE_METRICS_HOST"}, 403)
        found = health.answer(request.url.path)
        return Response(found.body, found.status, media_type=found.content_type)

    for path in (METRICS, LIVE, READY):
        app.add_api_route(path, answer, methods=["GET"], response_model=None)


def is_loopback(host: str) -> bool:
    """Whether an address is this machine's own, for itself alone."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _is_from_here(request: Request) -> bool:
    peer = request.client.host if request.client else ""
    return is_loopback(peer) and not any(name in request.headers for name in FORWARDED)
