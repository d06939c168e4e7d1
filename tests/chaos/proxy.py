"""A wire between a worker host and its database that a test can cut, hold and give back."""

import selectors
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import parse_qs, urlsplit, urlunsplit

CHUNK = 65536


class Wire:
    """Carries bytes between TCP clients and a server's Unix socket, in a thread of its own.

    While it is held nothing passes and nothing is refused, as on a network that drops packets;
    what was under way arrives when it is given back. Cut, every connection is reset.
    """

    def __init__(self, url: str) -> None:
        self._target = f"{parse_qs(urlsplit(url).query)['host'][0]}/.s.PGSQL.5432"
        self._listening = socket.create_server(("127.0.0.1", 0), backlog=64)
        self._pairs: dict[socket.socket, socket.socket] = {}
        self._selector = selectors.DefaultSelector()
        self._held = threading.Event()
        self._cut = threading.Event()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="wire", daemon=True)
        port = self._listening.getsockname()[1]
        self.url = urlunsplit(urlsplit(url)._replace(netloc=f"postgres@127.0.0.1:{port}", query=""))

    def hold(self) -> None:
        self._held.set()

    def give_back(self) -> None:
        self._held.clear()

    def cut(self) -> None:
        self._cut.set()

    def start(self) -> None:
        self._selector.register(self._listening, selectors.EVENT_READ)
        self._thread.start()

    def stop(self) -> None:
        self._ended.set()
        self._thread.join(5)

    def _run(self) -> None:
        while not self._ended.is_set():
            if self._cut.is_set():
                self._cut.clear()
                self._drop_all()
            if self._held.is_set():
                self._ended.wait(0.02)
                continue
            for key, _ in self._selector.select(0.05):
                end = key.fileobj
                assert isinstance(end, socket.socket)
                if end is self._listening:
                    self._accept()
                elif end in self._pairs:
                    self._pass_on(end)
        self._drop_all()
        self._listening.close()

    def _accept(self) -> None:
        client, _ = self._listening.accept()
        server = socket.socket(socket.AF_UNIX)
        try:
            server.connect(self._target)
        except OSError:
            client.close()
            server.close()
            return
        for one, other in ((client, server), (server, client)):
            self._pairs[one] = other
            self._selector.register(one, selectors.EVENT_READ)

    def _pass_on(self, end: socket.socket) -> None:
        try:
            if data := end.recv(CHUNK):
                self._pairs[end].sendall(data)
                return
        except OSError:
            pass
        self._drop(end)

    def _drop(self, end: socket.socket) -> None:
        for each in (end, self._pairs[end]):
            self._pairs.pop(each, None)
            with suppress(KeyError):
                self._selector.unregister(each)
            each.close()

    def _drop_all(self) -> None:
        for end in list(self._pairs):
            if end in self._pairs:
                self._drop(end)


@contextmanager
def run_wire(url: str) -> Iterator[Wire]:
    """Run a wire to the server a URL names; its own `url` is what the cut-off host connects to."""
    wire = Wire(url)
    wire.start()
    try:
        yield wire
    finally:
        wire.stop()
