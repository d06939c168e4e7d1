"""The loopback server: reads requests whole, lets a stand-in answer, and reports."""

import ipaddress
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast
from urllib.parse import parse_qsl, urlsplit

from pydantic import ValidationError

from queueproject.sandbox.behaviour import Behaviour, Control
from queueproject.sandbox.providers import make_stand_ins
from queueproject.sandbox.providers.base import Reply, Request, StandIn, make_json_reply

MAX_BODY_BYTES = 20 * 1024 * 1024


class NotLoopback(ValueError):
    """The sandbox was asked to listen where others could reach it."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], stand_ins: dict[str, StandIn]) -> None:
        self.stand_ins = stand_ins
        self._connections: set[socket.socket] = set()
        super().__init__(address, _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._connections.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: a client that went away is no fault of the sandbox."""

    def cut_connections(self) -> None:
        """Cut what clients keep open, so that a stopped sandbox answers nobody."""
        for connection in list(self._connections):
            _cut(connection)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # One buffered write per answer: unbuffered, each header line would wait for an acknowledgement.
    wbufsize = -1
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def log_message(self, *_args: object) -> None:
        """Say nothing: the report holds what was seen."""

    @property
    def _sandbox(self) -> _Server:
        return cast(_Server, self.server)

    def _serve(self) -> None:
        body = self._read_body()
        if body is None:
            return
        url = urlsplit(self.path)
        query = dict(parse_qsl(url.query))
        for stand_in in self._sandbox.stand_ins.values():
            if url.path.startswith(f"{stand_in.prefix}/"):
                path = url.path.removeprefix(stand_in.prefix)
                self._serve_provider(
                    stand_in,
                    Request(self.command, path, query, self.headers, body),  # type: ignore[arg-type]
                )
                return
        self._write(self._serve_own(url.path, query, body))

    def _serve_provider(self, stand_in: StandIn, request: Request) -> None:
        arrival = stand_in.traffic.arrive(
            what=f"{request.method} {request.path}", metered=stand_in.is_metered(request)
        )
        try:
            reply = stand_in.answer(request, arrival=arrival)
        except Exception as error:  # noqa: BLE001  a fault of ours must be seen by the client, not hang it
            reply = make_json_reply(500, {"error": {"message": f"sandbox: {type(error).__name__}: {error}"}})
        if reply.delay_seconds:
            time.sleep(reply.delay_seconds)
        status = None if reply.cut else reply.status
        # Before the write: who acts on the answer must not be seen to act before it was given.
        stand_in.traffic.close(arrival, status=status, retry_after_seconds=reply.retry_after_seconds)
        self._write(reply)

    def _serve_own(self, path: str, query: dict[str, str], body: bytes) -> Reply:
        stand_ins = self._sandbox.stand_ins
        if self.command == "GET" and path == "/_report":
            with_log = query.get("log") == "1"
            return make_json_reply(
                200, {key: each.traffic.report(with_log=with_log) for key, each in stand_ins.items()}
            )
        if self.command == "POST" and path == "/_control":
            return _control(stand_ins, body)
        known = ", ".join(f"{each.prefix}/" for each in stand_ins.values())
        return make_json_reply(
            404, {"error": {"message": f"Nothing here. Try {known}, /_report or /_control"}}
        )

    def _read_body(self) -> bytes | None:
        length = self.headers.get("Content-Length") or "0"
        if self.headers.get("Transfer-Encoding") or not length.isdecimal() or int(length) > MAX_BODY_BYTES:
            self.close_connection = True
            self._write(make_json_reply(411, {"error": {"message": "Send a Content-Length up to 20 MiB."}}))
            return None
        body = self.rfile.read(int(length))
        return body if len(body) == int(length) else None

    def _write(self, reply: Reply) -> None:
        if reply.cut == "before":
            self.close_connection = True
            _cut(self.connection)
            return
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.content_type)
        self.send_header("Content-Length", str(len(reply.body)))
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(reply.body[: len(reply.body) // 2] if reply.cut else reply.body)
        self.wfile.flush()
        if reply.cut:
            self.close_connection = True
            _cut(self.connection)


class Sandbox:
    """A running sandbox, seen from its own process."""

    def __init__(self, server: _Server) -> None:
        self._server = server
        self.root_url = f"http://127.0.0.1:{server.server_address[1]}"

    @property
    def base_url(self) -> str:
        """Gemini's base URL here."""
        return self.get_base_url("gemini")

    @property
    def environment(self) -> dict[str, str]:
        """The variables that send the project's clients here."""
        pairs = [each.make_environment(self.root_url) for each in self._server.stand_ins.values()]
        return {name: value for each in pairs for name, value in each.items()}

    def get_base_url(self, provider: str) -> str:
        """Return a provider's base URL here."""
        return f"{self.root_url}{self._server.stand_ins[provider].prefix}"

    def report(self, provider: str = "gemini", *, with_log: bool = True) -> dict[str, Any]:
        """Return what the stand-in saw, as `GET /_report?log=1` does."""
        return self._server.stand_ins[provider].traffic.report(with_log=with_log)

    def control(self, **control: Any) -> dict[str, Any]:
        """Change what the stand-in does: the keywords are Control's fields, as in `POST /_control`."""
        wanted = Control.model_validate(control)
        return self._server.stand_ins[wanted.provider].control(wanted)


def require_loopback(host: str) -> str:
    """Return the IPv4 loopback address for a host; raise NotLoopback for any other."""
    address = "127.0.0.1" if host == "localhost" else host
    try:
        is_loopback = ipaddress.IPv4Address(address).is_loopback
    except ValueError:
        is_loopback = False
    if not is_loopback:
        raise NotLoopback(
            f"{host!r} is not a loopback address. The sandbox takes any key and answers anybody, "
            "so it listens on 127.0.0.1 only."
        )
    return address


@contextmanager
def running_sandboxes(
    behaviours: dict[str, Behaviour], *, host: str = "127.0.0.1", port: int = 0
) -> Iterator[Sandbox]:
    """Serve every stand-in, those named with their behaviour; on leaving, cut all connections."""
    server = _Server((require_loopback(host), port), make_stand_ins(behaviours))
    thread = threading.Thread(
        target=server.serve_forever, kwargs={"poll_interval": 0.02}, name="sandbox", daemon=True
    )
    thread.start()
    try:
        yield Sandbox(server)
    finally:
        server.shutdown()
        server.server_close()
        server.cut_connections()
        thread.join()


@contextmanager
def running_sandbox(*, provider: str = "gemini", port: int = 0, **behaviour: Any) -> Iterator[Sandbox]:
    """Serve on loopback within this process: `with running_sandbox(calls_per_minute=60) as sandbox: …`.

    The keywords are Behaviour's fields, for one provider; the others behave by default.
    """
    with running_sandboxes({provider: Behaviour.model_validate(behaviour)}, port=port) as sandbox:
        yield sandbox


def _control(stand_ins: dict[str, StandIn], body: bytes) -> Reply:
    try:
        wanted = Control.model_validate_json(body)
        return make_json_reply(200, stand_ins[wanted.provider].control(wanted))
    except ValidationError as error:
        faults = json.loads(error.json(include_url=False, include_context=False, include_input=False))
        return make_json_reply(400, {"error": {"message": "This is no control message.", "faults": faults}})
    except KeyError as error:
        known = ", ".join(sorted(stand_ins))
        return make_json_reply(400, {"error": {"message": f"No provider {error}; there are: {known}"}})


def _cut(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        # Already gone, which is what was wanted.
        return
