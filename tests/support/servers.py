"""Small servers that answer as a test has them, well or badly, over real sockets."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Answer = Callable[[BaseHTTPRequestHandler], None]


@contextmanager
def server(answer: Answer) -> Iterator[str]:
    """Address of a small server that answers so."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer(self)

        do_POST = do_PUT = do_GET  # noqa: N815  # by the server's names

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # its name is not ours
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as made:
        made.daemon_threads = True
        made.block_on_close = False
        threading.Thread(target=made.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{made.server_port}"
        made.shutdown()


def said(status: int, text: bytes) -> Answer:
    """The same answer to everything."""

    def answer(asked: BaseHTTPRequestHandler) -> None:
        asked.send_response(status)
        asked.send_header("content-length", str(len(text)))
        asked.end_headers()
        asked.wfile.write(text)

    return answer


def hangs(asked: BaseHTTPRequestHandler) -> None:
    """It hears and never answers."""
    del asked
    time.sleep(20)


def drips(asked: BaseHTTPRequestHandler) -> None:
    """It sends a byte now and then for ever."""
    asked.send_response(200)
    asked.end_headers()
    for _ in range(200):
        asked.wfile.write(b" ")
        asked.wfile.flush()
        time.sleep(0.05)
