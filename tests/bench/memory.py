"""Memory: what a worker process holds after many jobs, and whether it grows."""

import os
from collections.abc import Iterator

import psutil
import psycopg

from tests.bench import kinds
from tests.bench.crew import Crew, run_crew
from tests.bench.drain import enqueue, wait_for
from tests.bench.figures import Figure

FEW_JOBS = 10_000
FEW_BAR_MEGABYTES = 200
MANY_BAR_MEGABYTES = 150
FLAT_BAR = 1.1
A_CALL = 10_000


def measure(*, jobs: int, workers: int) -> Iterator[Figure]:
    """Hold one worker's resident memory against the megabytes it may take, early and late."""
    few = min(FEW_JOBS, jobs)
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection, run_crew(1) as crew:
        worker = psutil.Process(crew.pids[0])
        _work(connection, crew, few)
        early = _megabytes(worker)
        yield Figure(f"memory_{few}", early, "MB", FEW_BAR_MEGABYTES, bar=1, at_most=True)
        if jobs > few:
            _work(connection, crew, jobs - few)
            late = _megabytes(worker)
            yield Figure(f"memory_{jobs}", late, "MB", MANY_BAR_MEGABYTES, bar=1, at_most=True)
            yield Figure("memory_growth", late, "MB", early, bar=FLAT_BAR, at_most=True)


def _work(connection: psycopg.Connection, crew: Crew, jobs: int) -> None:
    for begin in range(0, jobs, A_CALL):
        wait_for(connection, enqueue(kinds.make_jobs(min(A_CALL, jobs - begin), mark=str(begin))), crew)


def _megabytes(process: psutil.Process) -> float:
    return float(process.memory_info().rss) / 1e6
