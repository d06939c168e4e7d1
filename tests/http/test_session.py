"""Over real sockets: a server of a dozen lines plays the other side."""

import gzip
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from queueproject.http.errors import BadAnswer, ConnectionFault
from queueproject.http.session import Timeouts, make_session, send
from queueproject.queue.outcomes import ProviderFault

QUICK = Timeouts(connect_seconds=2, read_seconds=0.3)
Play = Callable[[BaseHTTPRequestHandler], None]


@contextmanager
def serving(play: Play) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            play(self)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the base class names it so
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def answer(
    handler: BaseHTTPRequestHandler,
    *,
    status: int = 200,
    body: bytes = b"{}",
    headers: Mapping[str, str] | None = None,
) -> None:
    handler.send_response(status)
    for name, value in (headers or {}).items():
        handler.send_header(name, value)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


def test_an_answer_is_returned_whole_whatever_its_status() -> None:
    with (
        serving(lambda h: answer(h, status=503, body=b"busy", headers={"X-Name": "yes"})) as url,
        make_session(pool_size=1) as s,
    ):
        got = send(s, method="GET", url=url, timeouts=QUICK)
    assert (got.status, got.body, got.headers["x-name"]) == (503, b"busy", "yes")
    assert 0 < got.latency_seconds < 2


def test_a_redirect_is_not_followed_and_sends_no_key_elsewhere() -> None:
    paths: list[str] = []

    def play(handler: BaseHTTPRequestHandler) -> None:
        paths.append(handler.path)
        answer(handler, status=302, body=b"moved", headers={"Location": "/elsewhere"})

    with serving(play) as url, make_session(pool_size=1) as session:
        got = send(session, method="GET", url=f"{url}/here", timeouts=QUICK)
    assert (got.status, got.body, paths) == (302, b"moved", ["/here"])


@pytest.mark.parametrize("packed", [False, True])
def test_a_body_beyond_the_limit_is_refused(packed: bool) -> None:
    body = gzip.compress(b"x" * 50_000) if packed else b"x" * 50_000
    headers = {"Content-Encoding": "gzip"} if packed else {}
    with (
        serving(lambda h: answer(h, body=body, headers=headers)) as url,
        make_session(pool_size=1) as session,
    ):
        with pytest.raises(BadAnswer, match="longer than 1000 bytes"):
            send(session, method="GET", url=url, timeouts=QUICK, max_body_bytes=1000)
        got = send(session, method="GET", url=url, timeouts=QUICK, max_body_bytes=50_000)
    assert len(got.body) == 50_000


def test_a_silent_server_is_a_connection_fault_in_time() -> None:
    release = threading.Event()

    def play(handler: BaseHTTPRequestHandler) -> None:
        release.wait(5)

    with serving(play) as url, make_session(pool_size=1) as session:
        with pytest.raises(ConnectionFault, match="no answer in time") as caught:
            send(session, method="GET", url=url, timeouts=QUICK)
        release.set()
    assert caught.value.status is None
    assert caught.value.reached, "it may have been counted"


def test_a_body_that_drips_ends_in_time() -> None:
    release = threading.Event()

    def play(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        while not release.wait(0.02):
            handler.wfile.write(b"1\r\nx\r\n")

    limits = Timeouts(connect_seconds=0.1, read_seconds=0.1)
    with serving(play) as url, make_session(pool_size=1) as session:
        with pytest.raises(ConnectionFault, match="no answer in time"):
            send(session, method="GET", url=url, timeouts=limits)
        release.set()


def test_a_body_cut_short_is_a_connection_fault() -> None:
    def play(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "100")
        handler.end_headers()
        handler.wfile.write(b"half")
        handler.close_connection = True

    with (
        serving(play) as url,
        make_session(pool_size=1) as session,
        pytest.raises(ConnectionFault, match="cut"),
    ):
        send(session, method="GET", url=url, timeouts=QUICK)


def test_a_port_nobody_listens_on_is_named_and_the_secret_is_not() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    url = f"http://127.0.0.1:{port}/v1?token=opaque-secret"
    with make_session(pool_size=1) as session, pytest.raises(ConnectionFault, match="refused") as caught:
        send(session, method="GET", url=url, timeouts=QUICK)
    assert "opaque-secret" not in caught.value.message
    assert not caught.value.reached


@pytest.mark.parametrize("url", ["localhost:80/x", "http://", "ftp://host/x"])
def test_a_base_url_that_is_none_is_a_fault_of_the_settings(url: str) -> None:
    with make_session(pool_size=1) as session, pytest.raises(ProviderFault) as caught:
        send(session, method="GET", url=url, timeouts=QUICK)
    assert caught.value.reason == "bad_address"


def test_the_environment_s_proxy_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    with serving(answer) as url, make_session(pool_size=1) as session:
        assert send(session, method="GET", url=url, timeouts=QUICK).status == 200


def test_cookies_are_not_kept() -> None:
    seen: list[str | None] = []

    def play(handler: BaseHTTPRequestHandler) -> None:
        seen.append(handler.headers["Cookie"])
        answer(handler, headers={"Set-Cookie": "a=b"})

    with serving(play) as url, make_session(pool_size=1) as session:
        send(session, method="GET", url=url, timeouts=QUICK)
        send(session, method="GET", url=url, timeouts=QUICK)
    assert seen == [None, None]


def test_threads_share_no_more_connections_than_the_pool_has() -> None:
    ports: set[int] = set()

    def play(handler: BaseHTTPRequestHandler) -> None:
        ports.add(handler.client_address[1])
        answer(handler)

    with serving(play) as url, make_session(pool_size=2) as session:
        threads = [
            threading.Thread(
                target=send, args=(session,), kwargs={"method": "GET", "url": url, "timeouts": QUICK}
            )
            for _ in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(ports) <= 2
