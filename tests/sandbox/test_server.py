import socket

import pytest
import requests
from pydantic import ValidationError

from queueproject.sandbox.behaviour import Behaviour
from queueproject.sandbox.server import (
    NotLoopback,
    require_loopback,
    running_sandbox,
    running_sandboxes,
)

HELLO = {"contents": [{"parts": [{"text": "Hello"}]}]}
PATH = "models/gemini-3.6-flash:generateContent"
HEADERS = {"x-goog-api-key": "k"}


@pytest.mark.parametrize(
    "host", ["10.0.0.1", "192.168.1.5", "example.org", "", "::", "127.0.0.1.example.org"]
)
def test_the_sandbox_listens_on_no_address_others_can_reach(host: str) -> None:
    with pytest.raises(NotLoopback, match="loopback"):
        require_loopback(host)


@pytest.mark.parametrize(("host", "address"), [("localhost", "127.0.0.1"), ("127.0.0.2", "127.0.0.2")])
def test_loopback_addresses_are_taken(host: str, address: str) -> None:
    assert require_loopback(host) == address


def test_a_stopped_sandbox_answers_nobody_not_even_on_an_open_connection() -> None:
    with requests.Session() as session:
        with running_sandbox() as sandbox:
            url = f"{sandbox.base_url}/{PATH}"
            assert session.post(url, json=HELLO, headers=HEADERS, timeout=5).status_code == 200
        with pytest.raises(requests.ConnectionError):
            session.post(url, json=HELLO, headers=HEADERS, timeout=5)


def test_one_connection_carries_many_requests_even_refused_ones() -> None:
    with running_sandbox() as sandbox, requests.Session() as session:
        url = f"{sandbox.base_url}/{PATH}"
        ports = set()
        for body in (
            HELLO,
            {"mood": 1},
            {"contents": [{"parts": [{"text": "x" * 200_000}]}], "mood": 1},
            HELLO,
        ):
            with session.post(url, json=body, headers=HEADERS, stream=True, timeout=5) as response:
                assert response.raw.connection is not None
                ports.add(response.raw.connection.sock.getsockname()[1])
                assert response.content
    assert len(ports) == 1


def test_report_and_control_answer_over_http() -> None:
    with running_sandbox() as sandbox:
        control = f"{sandbox.root_url}/_control"
        answer = requests.post(control, json={"behaviour": {"calls_per_minute": 1}}, timeout=5).json()
        assert answer["behaviour"]["calls_per_minute"] == 1
        for _ in range(2):
            requests.post(f"{sandbox.base_url}/{PATH}", json=HELLO, headers=HEADERS, timeout=5)
        report = requests.get(f"{sandbox.root_url}/_report?log=1", timeout=5).json()["gemini"]
        assert (report["accepted"], report["refused"]) == (1, 1)
        assert [arrival["status"] for arrival in report["arrivals"]] == [200, 429]
        plain = requests.get(f"{sandbox.root_url}/_report", timeout=5).json()["gemini"]
        assert "arrivals" not in plain
        requests.post(control, json={"reset": True}, timeout=5)
        assert sandbox.report()["calls"] == 0


@pytest.mark.parametrize(
    ("message", "named"),
    [
        ({"mood": 1}, "mood"),
        ({"behaviour": {"calls_per_minute": -1}}, "calls_per_minute"),
        ({"behaviour": {"error_share": 2}}, "error_share"),
        ({"script": [{"answer": "sing"}]}, "answer"),
        ({"provider": "nobody"}, "nobody"),
    ],
)
def test_a_control_message_that_is_none_is_refused_naming_the_field(
    message: dict[str, object], named: str
) -> None:
    with running_sandbox() as sandbox:
        response = requests.post(f"{sandbox.root_url}/_control", json=message, timeout=5)
        assert response.status_code == 400
        assert named in response.text
        assert sandbox.report()["calls"] == 0


def test_an_unknown_path_says_what_there_is() -> None:
    with running_sandbox() as sandbox:
        response = requests.get(f"{sandbox.root_url}/nothing", timeout=5)
    assert response.status_code == 404
    assert "/gemini/v1beta/" in response.text


def test_a_request_without_a_length_is_refused() -> None:
    with running_sandbox() as sandbox:
        response = requests.post(f"{sandbox.base_url}/{PATH}", data=iter([b"x"]), headers=HEADERS, timeout=5)
    assert response.status_code == 411


def test_half_a_request_is_no_arrival() -> None:
    with running_sandbox() as sandbox:
        port = int(sandbox.root_url.rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
            connection.sendall(b"POST /gemini/v1beta/x HTTP/1.1\r\nContent-Length: 100\r\n\r\nhalf")
            connection.shutdown(socket.SHUT_WR)
            assert connection.recv(100) == b""
        assert sandbox.report()["by_request"] == {}


def test_a_behaviour_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValidationError, match="calls_per_hour"), running_sandbox(calls_per_hour=3):
        pass
    with pytest.raises(KeyError, match="nobody"), running_sandboxes({"nobody": Behaviour()}):
        pass


def test_the_environment_is_what_the_settings_are_called() -> None:
    with running_sandbox(models=("gemini-x",)) as sandbox:
        assert sandbox.environment == {
            "GOOGLE_GEMINI_BASE_URL": sandbox.base_url,
            "GEMINI_API_KEY": "sandbox-key",
            "GEMINI_MODEL": "gemini-x",
        }
