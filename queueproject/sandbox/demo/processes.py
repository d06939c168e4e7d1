"""The processes of the demonstration: a sandbox and a cluster, started and always stopped again."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
from django.conf import settings

STOP_SECONDS = 40.0


class StartFailed(Exception):
    """A process of the demonstration did not start; the message holds what it said last."""


@dataclass(frozen=True)
class RunningSandbox:
    """A stand-in of Gemini in a process of its own."""

    process: "subprocess.Popen[str]"
    environment: dict[str, str]

    def report(self) -> dict[str, Any]:
        """Ask what it saw so far."""
        root = self.environment["GOOGLE_GEMINI_BASE_URL"].partition("/gemini")[0]
        with urllib.request.urlopen(f"{root}/_report", timeout=10) as answer:  # noqa: S310  our own process
            found: dict[str, Any] = json.load(answer)["gemini"]
        return found


@contextmanager
def run_sandbox(*arguments: str) -> Iterator[RunningSandbox]:
    """Run a sandbox; `arguments` are those of its command."""
    with tempfile.TemporaryFile("w+") as errors:
        process = subprocess.Popen(
            _manage("run_sandbox", "--json", *arguments),
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            start_new_session=True,
        )
        try:
            assert process.stdout is not None  # noqa: S101  it is a pipe
            line = process.stdout.readline()
            if not line:
                process.wait(10)
                raise StartFailed(f"The sandbox did not start:\n{_tail(errors)}")
            yield RunningSandbox(process, json.loads(line))
        finally:
            stop(process)
            if process.stdout is not None:
                process.stdout.close()


@contextmanager
def run_cluster(*, slots: int, environment: dict[str, str], log: Path) -> Iterator["subprocess.Popen[str]"]:
    """Run a cluster that writes to a log file."""
    with log.open("w") as output:
        process = subprocess.Popen(
            _manage("qcluster", "--slots", str(slots)),
            env={**os.environ, "LOG_LEVEL": "WARNING", **environment},
            stdout=output,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        try:
            yield process
        finally:
            stop(process)


def run_command(*arguments: str, environment: dict[str, str]) -> str:
    """Run a command of manage.py to its end and return what it printed; raise StartFailed when it failed."""
    done = subprocess.run(
        _manage(*arguments),
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    if done.returncode:
        raise StartFailed(f"{arguments[0]} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout


def find_children(process: "subprocess.Popen[str]") -> set[int]:
    """Return the numbers of all processes below one."""
    with suppress(psutil.NoSuchProcess):
        return {child.pid for child in psutil.Process(process.pid).children(recursive=True)}
    return set()


def stop(process: "subprocess.Popen[str]") -> None:
    """End a process and all below it: asked first, killed when it does not listen."""
    family: list[psutil.Process] = []
    with suppress(psutil.NoSuchProcess):
        family = psutil.Process(process.pid).children(recursive=True)
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(STOP_SECONDS)
    for each in family:
        with suppress(psutil.NoSuchProcess):
            each.kill()
    if process.poll() is None:
        process.kill()
        process.wait(10)


def _manage(*arguments: str) -> list[str]:
    return [sys.executable, str(settings.BASE_DIR / "manage.py"), *arguments]


def _tail(file: Any) -> str:
    file.seek(0)
    text: str = file.read()
    return text[-2000:]
