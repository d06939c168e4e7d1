"""What every runner can be told: by its first argument, and as a client by lines of JSON.

`setup` makes the tables; `work` is one worker process until SIGTERM; `serve` is a client that reads one
command a line (`do`, and what it needs) and answers each with one line.
"""

import asyncio
import json
import os
import sys
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, Protocol

from tests.bench import stamps

HERE = Path(__file__).parent
LEAST_LOOK_SECONDS = 0.004
LOOK_SHARE = 10
"""Who waits looks for a tenth of its time at the most: looking must not slow what it waits for."""


def look_until(is_done: Callable[[], bool], *, within_seconds: float) -> bool:
    """Wait until something is done; False when it took too long."""
    began = time.perf_counter()
    while True:
        looked = time.perf_counter()
        if is_done():
            return True
        if looked - began > within_seconds:
            return False
        took = time.perf_counter() - looked
        time.sleep(max(LEAST_LOOK_SECONDS, took * LOOK_SHARE))


class Runner(Protocol):
    """One queue."""

    def setup(self) -> None:
        """Make what it needs in its empty database."""

    def work(self) -> None:
        """Be one worker process until SIGTERM."""

    def enqueue(self, jobs: int) -> None:
        """Enqueue no-ops, as many at once as it can."""

    def enqueue_stamped(self, number: int, address: str) -> None:
        """Enqueue one job that sends a stamp when it begins."""

    def is_empty(self) -> bool:
        """Return whether every job is done, and known to be."""

    def clear(self) -> None:
        """Forget all jobs."""


class Client:
    """Answers commands by a runner."""

    def __init__(self, runner: Runner) -> None:
        self.runner = runner

    def answer(self, command: dict[str, Any]) -> dict[str, Any]:
        done: Callable[[dict[str, Any]], dict[str, Any]] = getattr(self, f"do_{command['do']}")
        return done(command)

    def do_enqueue(self, command: dict[str, Any]) -> dict[str, Any]:
        began = time.perf_counter()
        self.runner.enqueue(command["jobs"])
        return {"seconds": time.perf_counter() - began}

    def do_drain(self, command: dict[str, Any]) -> dict[str, Any]:
        """Enqueue and wait until all is done; the seconds of both together."""
        began = time.perf_counter()
        self.runner.enqueue(command["jobs"])
        if look_until(self.runner.is_empty, within_seconds=command["within"]):
            return {"seconds": time.perf_counter() - began}
        return {"error": f"{command['jobs']} jobs were not done within {command['within']} s"}

    def do_stamp(self, command: dict[str, Any]) -> dict[str, Any]:
        called = stamps.now()
        self.runner.enqueue_stamped(command["number"], command["address"])
        return {"called": called}

    def do_clear(self, command: dict[str, Any]) -> dict[str, Any]:
        self.runner.clear()
        return {}


class Loop:
    """One event loop for a client's commands, so that its connections live from one to the next."""

    def __init__(self) -> None:
        self._runner = asyncio.Runner()

    def run(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        return self._runner.run(coroutine)


def url() -> str:
    """Return where the runner's own database, or broker, is."""
    return os.environ["BENCH_URL"]


def text(name: str) -> str:
    """Return the statement in `sql/<name>.sql`: how to look into another queue's tables."""
    return (HERE / "sql" / f"{name}.sql").read_text()


def run(runner: Runner) -> None:
    """Do what the command line asks."""
    role = sys.argv[1]
    if role == "setup":
        runner.setup()
    elif role == "work":
        runner.work()
    elif role == "serve":
        serve(Client(runner))


def serve(client: Client) -> None:
    """Answer commands from standard input until it ends; a queue's own words go to standard error."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    for line in sys.stdin:
        try:
            answer = client.answer(json.loads(line))
        except Exception as error:  # noqa: BLE001  whatever a queue raises is its answer
            answer = {"error": f"{type(error).__name__}: {error}"}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()
