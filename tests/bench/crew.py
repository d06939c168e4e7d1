"""Worker processes as a slot runs them: one drain after the other, idle ones lingering."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

IDLE_WITHIN_SECONDS = 120.0
LINGER_SECONDS = 120.0


class WorkerDied(SystemExit):
    """A worker process ended before the benchmark did; its own words stand above."""


class Crew:
    """Worker processes that a benchmark started."""

    def __init__(self, processes: list[subprocess.Popen[bytes]]) -> None:
        self.processes = processes

    @property
    def pids(self) -> list[int]:
        return [process.pid for process in self.processes]

    def check(self) -> None:
        """Raise WorkerDied when one of them runs no more, so that nobody waits for ever."""
        for process in self.processes:
            if process.poll() is not None:
                raise WorkerDied(f"worker {process.pid} ended with code {process.returncode}")


@contextmanager
def run_crew(size: int) -> Iterator["Crew"]:
    """Start worker processes, wait until they idle, and stop them at the end."""
    started = [subprocess.Popen([sys.executable, "-m", "tests.bench.crew"]) for _ in range(size)]
    try:
        crew = Crew(started)
        wait_until_idle(crew)
        yield crew
    finally:
        for process in started:
            process.send_signal(signal.SIGTERM)
        for process in started:
            process.wait(30)


def wait_until_idle(crew: Crew) -> None:
    """Wait until every one of these processes has a drain that listens."""
    from queueproject.queue.models import Worker

    deadline = time.monotonic() + IDLE_WITHIN_SECONDS
    live = Worker.objects.filter(pid__in=crew.pids, role=Worker.DRAIN, stopped_at=None)
    while live.count() < len(crew.pids):
        crew.check()
        if time.monotonic() > deadline:
            raise SystemExit("the worker processes did not start in time")
        time.sleep(0.05)
    time.sleep(0.5)


def main() -> None:
    """Be one worker process until SIGTERM."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.bench.settings"
    import django

    django.setup()
    from queueproject.queue import slots, workers
    from queueproject.queue.drain import STOP, Drain
    from tests.bench import kinds  # noqa: F401  (registers the benchmarks' kinds)

    signal.signal(signal.SIGTERM, lambda *_: STOP.set())
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    slots.spare_loaded_code()
    workers.limit_sessions()
    while not STOP.is_set():
        Drain(linger_seconds=LINGER_SECONDS).run()


if __name__ == "__main__":
    main()
