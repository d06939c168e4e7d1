"""The simplest queue there is, to try the runners' protocol on: a directory, one file a job."""

import os
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path

from tests.bench import stamps
from tests.bench.runners.protocol import run, url

LOOK_EVERY_SECONDS = 0.01


class Spool:
    """Its client and its worker."""

    def __init__(self) -> None:
        self.directory = Path(url())

    def setup(self) -> None:
        self.directory.mkdir()

    def work(self) -> None:
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        while True:
            for job in self.directory.glob("*.job"):
                mine = job.with_suffix(f".{os.getpid()}")
                with suppress(FileNotFoundError):
                    job.rename(mine)
                    if words := mine.read_text():
                        number, address = words.split(" ")
                        stamps.send(address, int(number))
                    mine.unlink()
            time.sleep(LOOK_EVERY_SECONDS)

    def _put(self, words: str) -> None:
        made = self.directory / f"{time.time_ns()}.made"
        made.write_text(words)
        made.rename(made.with_suffix(".job"))

    def enqueue(self, jobs: int) -> None:
        for _ in range(jobs):
            self._put("")

    def enqueue_stamped(self, number: int, address: str) -> None:
        self._put(f"{number} {address}")

    def is_empty(self) -> bool:
        return not any(self.directory.iterdir())

    def clear(self) -> None:
        for job in self.directory.iterdir():
            job.unlink(missing_ok=True)


if __name__ == "__main__":
    run(Spool())
