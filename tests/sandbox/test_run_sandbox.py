"""The command as people run it: a process, its two lines, its report."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path

import pytest
import requests
from django.core.management import CommandError, call_command

MANAGE = Path(__file__).resolve().parents[2] / "manage.py"
HELLO = {"contents": [{"parts": [{"text": "Hello"}]}]}


@contextmanager
def running(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, str(MANAGE), "run_sandbox", *arguments]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.communicate(timeout=10)


def read_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        assert process.stderr is not None
        pytest.fail(f"the command ended early: {process.stderr.read()[-2000:]}")
    return line


def call(base_url: str, key: str) -> int:
    url = f"{base_url}/models/gemini-3.6-flash:generateContent"
    return requests.post(url, json=HELLO, headers={"x-goog-api-key": key}, timeout=5).status_code


@pytest.mark.parametrize("signal_name", [signal.SIGTERM, signal.SIGINT])
def test_as_json_it_prints_the_environment_and_at_the_end_the_report(signal_name: signal.Signals) -> None:
    with running("--json", "--calls-per-minute", "2") as process:
        environment = json.loads(read_line(process))
        base_url, key = environment["GOOGLE_GEMINI_BASE_URL"], environment["GEMINI_API_KEY"]
        assert [call(base_url, key) for _ in range(3)] == [200, 200, 429]
        process.send_signal(signal_name)
        report = json.loads(read_line(process))
        assert process.wait(timeout=10) == 0
    assert (report["calls"], report["accepted"], report["refused"]) == (3, 2, 1)


def test_for_people_it_prints_lines_to_set_and_a_readable_report() -> None:
    with running("--rate-limit-share", "1", "--retry-after", "2") as process:
        assert process.stdout is not None
        assert "Ctrl-C" in read_line(process)
        lines = [read_line(process).strip() for _ in range(3)]
        environment = dict(line.split("=", 1) for line in lines)
        assert call(environment["GOOGLE_GEMINI_BASE_URL"], environment["GEMINI_API_KEY"]) == 429
        process.terminate()
        rest = process.stdout.read()
    assert "refused" in rest
    assert "peak calls per window" in rest


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["--host", "10.0.0.1"], "not a loopback address"),
        (["--error-share", "2"], "--error-share"),
        (["--calls-per-minute", "-1"], "--calls-per-minute"),
    ],
)
def test_what_makes_no_sense_is_refused_naming_the_option(arguments: list[str], named: str) -> None:
    with pytest.raises(CommandError, match=named) as caught:
        call_command("run_sandbox", *arguments)
    assert caught.value.returncode == 2


def test_a_port_in_use_is_named() -> None:
    with running("--json") as process:
        url = json.loads(read_line(process))["GOOGLE_GEMINI_BASE_URL"]
        port = url.split(":")[2].partition("/")[0]
        with pytest.raises(CommandError, match=f"Port {port} cannot be used"):
            call_command("run_sandbox", "--port", port)


def test_the_help_teaches_by_example(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        call_command("run_sandbox", "--help", stdout=StringIO())
    text = capsys.readouterr().out
    assert "examples:" in text
    assert "/_control" in text
