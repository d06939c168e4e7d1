"""Queues that take turns: another one driven through its runner, and ours, by the same steps."""

import json
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, Protocol

import psycopg

from queueproject.queue.enqueue import enqueue, enqueue_many
from tests.bench import kinds, rounds, sql, stamps
from tests.bench.crew import run_crew
from tests.bench.environments import LeftOut
from tests.bench.runners.protocol import look_until

ROOT = Path(__file__).resolve().parent.parent.parent
READY_WITHIN_SECONDS = 60.0
DONE_WITHIN_SECONDS = 90.0
STOPS_WITHIN_SECONDS = 3.0
BURST = 20
BURST_SECONDS = 0.2


class Contender(Protocol):
    """One queue that can be measured."""

    name: str

    def clear(self) -> None:
        """Forget all jobs."""

    def enqueue(self, jobs: int) -> float:
        """Enqueue as many no-ops at once as it can, nobody at work; return the seconds."""

    def run_workers(self, size: int) -> AbstractContextManager[None]:
        """Start worker processes, ready to work, for a `with` block."""

    def drain(self, jobs: int) -> float:
        """Enqueue no-ops and wait until the last is done; return the seconds of both."""

    def stamp(self, number: int, inbox: stamps.Inbox) -> float:
        """Enqueue one job; return the milliseconds until its handler began."""


class Ours:
    """This project's queue, with jobs as the others have them: a payload, no key, no batch."""

    name = "ours"

    def __init__(self, connection: psycopg.Connection) -> None:
        self.connection = connection
        self.crew: Any = None

    def clear(self) -> None:
        rounds.clear()

    def enqueue(self, jobs: int) -> float:
        made = kinds.make_plain_jobs(jobs)
        return rounds.seconds_of(lambda: enqueue_many(kinds.PLAIN, made))

    @contextmanager
    def run_workers(self, size: int) -> Iterator[None]:
        with run_crew(size) as self.crew:
            yield

    def drain(self, jobs: int) -> float:
        made = kinds.make_plain_jobs(jobs)

        def through_the_queue() -> None:
            enqueue_many(kinds.PLAIN, made)
            if not look_until(self._is_empty, within_seconds=DONE_WITHIN_SECONDS):
                raise SystemExit(f"{jobs} jobs were not done within {DONE_WITHIN_SECONDS:g} s")

        return rounds.seconds_of(through_the_queue)

    def _is_empty(self) -> bool:
        self.crew.check()
        return self.connection.execute(sql.text("find_any_left")).fetchone() == (False,)

    def stamp(self, number: int, inbox: stamps.Inbox) -> float:
        called = stamps.now()
        enqueue(kinds.STAMPED, {"n": number, "address": inbox.address})
        return (inbox.receive(number).at - called) * 1000


class Peer:
    """Another queue: its client answers over a pipe, its workers are processes of their own."""

    def __init__(
        self,
        name: str,
        *,
        python: Path,
        url: str,
        inbox: stamps.Inbox,
        package: str = "tests.bench.runners",
    ) -> None:
        self.name = name
        self.inbox = inbox
        self.command = [str(python), "-m", f"{package}.{name}"]
        self.environment = {
            **{key: value for key, value in os.environ.items() if not key.startswith("DJANGO_")},
            "BENCH_URL": url,
            "PYTHONPATH": str(ROOT),
            "PYTHONWARNINGS": "ignore",
        }
        with ExitStack() as opening:
            self.words = opening.enter_context(tempfile.TemporaryFile("w+"))
            self._set_up()
            self.client = opening.enter_context(self._start_client())
            opening.callback(self._stop, [self.client])
            self.stack = opening.pop_all()

    def _set_up(self) -> None:
        process = self._start("setup")
        try:
            if process.wait(READY_WITHIN_SECONDS):
                raise LeftOut(f"its tables could not be made: {self._last_words()}")
        finally:
            self._stop([process])

    def _start(self, role: str) -> "subprocess.Popen[bytes]":
        """Start the runner in a role of its own, heard only by its last words."""
        return subprocess.Popen(
            [*self.command, role],
            cwd=ROOT,
            env=self.environment,
            start_new_session=True,
            stdin=subprocess.DEVNULL,
            stdout=self.words,
            stderr=self.words,
        )

    def _start_client(self) -> "subprocess.Popen[str]":
        """Start the runner as a client that answers over a pipe."""
        return subprocess.Popen(
            [*self.command, "serve"],
            cwd=ROOT,
            env=self.environment,
            start_new_session=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.words,
            text=True,
        )

    def _stop(self, processes: "Sequence[subprocess.Popen[Any]]") -> None:
        for process in processes:
            process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + STOPS_WITHIN_SECONDS
        for process in processes:
            with suppress(subprocess.TimeoutExpired):
                process.wait(max(0.0, deadline - time.monotonic()))
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)  # and what it left behind
            process.wait()

    def close(self) -> None:
        self.stack.close()

    def ask(self, do: str, **more: Any) -> dict[str, Any]:
        """Let the client do something; raise LeftOut with its words when it cannot."""
        assert self.client.stdin
        assert self.client.stdout
        try:
            self.client.stdin.write(json.dumps({"do": do, **more}) + "\n")
            self.client.stdin.flush()
            answer: dict[str, Any] = json.loads(self.client.stdout.readline() or "{}")
        except (OSError, ValueError) as error:
            raise LeftOut(f"its client is gone: {error}; {self._last_words()}") from error
        if "error" in answer or self.client.poll() is not None:
            raise LeftOut(f"{do}: {answer.get('error', 'its client is gone')}; {self._last_words()}")
        return answer

    def _last_words(self) -> str:
        self.words.flush()
        self.words.seek(0)
        lines = [line.strip() for line in self.words if line.strip()]
        return lines[-1] if lines else "it said nothing"

    def clear(self) -> None:
        self.ask("clear")

    def enqueue(self, jobs: int) -> float:
        return float(self.ask("enqueue", jobs=jobs)["seconds"])

    def drain(self, jobs: int) -> float:
        return float(self.ask("drain", jobs=jobs, within=DONE_WITHIN_SECONDS)["seconds"])

    def stamp(self, number: int, inbox: stamps.Inbox) -> float:
        called = self.ask("stamp", number=number, address=inbox.address)["called"]
        return (inbox.receive(number).at - float(called)) * 1000

    @contextmanager
    def run_workers(self, size: int) -> Iterator[None]:
        processes = [self._start("work") for _ in range(size)]
        try:
            self._wait_until_ready(size)
            yield
        finally:
            self._stop(processes)

    def _wait_until_ready(self, size: int) -> None:
        """Send bursts of jobs until so many processes have begun one."""
        seen: set[int] = set()
        deadline = time.monotonic() + READY_WITHIN_SECONDS
        while len(seen) < size:
            if time.monotonic() > deadline:
                raise LeftOut(f"only {len(seen)} of {size} workers began a job; {self._last_words()}")
            for _ in range(BURST):
                self.ask("stamp", number=-1, address=self.inbox.address)
            time.sleep(BURST_SECONDS)
            seen |= {stamp.pid for stamp in self.inbox.receive_all()}
        time.sleep(BURST_SECONDS)
        self.inbox.receive_all()
