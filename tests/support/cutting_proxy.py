"""A connection that breaks at COMMIT: a small proxy before a real PostgreSQL."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from typing import Literal

COMMIT = b"COMMIT\x00"
"""The statement as it stands in the protocol; other texts that have the word go on after it."""
Cut = Literal["before", "after"]


class CuttingProxy:
    """Passes everything on; told to, it ends the connection of the next COMMIT, or keeps that back."""

    def __init__(self, port: int) -> None:
        """Before a server on a port of loopback."""
        self._to = port
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        self._cut: Cut | None = None
        self.cuts = 0
        self.holds = threading.Event()
        """Set once a COMMIT is kept back."""
        self._goes_on: threading.Event | None = None
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def cut_next(self, when: Cut) -> None:
        """``before``: the server never hears of the COMMIT. ``after``: it answers, and the answer is lost."""
        self._cut = when

    def hold_next(self) -> threading.Event:
        """As if its sender were stopped within its transaction, until the event is set."""
        self._goes_on = threading.Event()
        return self._goes_on

    def close(self) -> None:
        """End it, and wait for its threads."""
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        for thread in self._threads:
            thread.join()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                thread = threading.Thread(target=self._serve, args=(client,))
                self._threads.append(thread)
                thread.start()

    def _serve(self, client: socket.socket) -> None:
        with client, contextlib.suppress(ConnectionError):  # nobody listens just now
            self._pass_on(client, socket.create_connection(("127.0.0.1", self._to)))

    def _pass_on(self, client: socket.socket, server: socket.socket) -> None:
        lost = threading.Event()
        with server:
            back = threading.Thread(target=self._pass_back, args=(server, client, lost))
            back.start()
            with contextlib.suppress(OSError):
                while said := client.recv(65_536):
                    if COMMIT in said and (held := self._goes_on):
                        self._goes_on = None
                        self.holds.set()
                        held.wait()
                    if COMMIT in said and self._cut:
                        when, self._cut = self._cut, None
                        self.cuts += 1
                        if when == "after":
                            lost.set()
                            server.sendall(said)
                            back.join()
                        break
                    server.sendall(said)
            with contextlib.suppress(OSError):
                server.shutdown(socket.SHUT_RDWR)
            back.join()

    @staticmethod
    def _pass_back(server: socket.socket, client: socket.socket, lost: threading.Event) -> None:
        """Pass answers on, until one is to be lost: it is waited for, so that what it answers has been done."""
        with contextlib.suppress(OSError):
            while (said := server.recv(65_536)) and not lost.is_set():
                client.sendall(said)
        with contextlib.suppress(OSError):
            client.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def cutting_proxy(port: int) -> Iterator[CuttingProxy]:
    """A proxy for as long as the block runs."""
    with contextlib.closing(CuttingProxy(port)) as proxy:
        yield proxy
