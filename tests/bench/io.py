"""Calls that wait: so many at once in one process, as long as the slowest part of them allows."""

import os
import time
from collections.abc import Iterator

import psycopg

from queueproject.queue.enqueue import NewJob
from tests.bench import kinds, sql
from tests.bench.crew import Crew, run_crew
from tests.bench.drain import enqueue, wait_for
from tests.bench.figures import Figure
from tests.bench.rounds import best_of

ROUNDS = 3
BAR = 1.15
SLEEP_SECONDS = 0.02


def measure(*, jobs: int, workers: int) -> Iterator[Figure]:
    """Hold the seconds from the first claim to the last settle against those of the sleeps alone."""
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection, run_crew(1) as crew:
        work(connection, crew, kinds.AT_ONCE)
        seconds, *_ = best_of(ROUNDS, lambda: work(connection, crew, jobs))
    ideal = jobs * SLEEP_SECONDS / kinds.AT_ONCE
    yield Figure("io", seconds, "s", ideal, bar=BAR, at_most=True)


def work(connection: psycopg.Connection, crew: Crew, count: int) -> float:
    """Let a crew sleep through a batch; return the seconds from its first claim to its last settle."""
    mark = str(time.time_ns())
    naps = [NewJob({"n": n, "seconds": SLEEP_SECONDS}, dedupe_key=f"bench:{mark}:{n}") for n in range(count)]
    batch = enqueue(naps, kind=kinds.SLEEP)
    wait_for(connection, batch, crew)
    row = connection.execute(sql.text("since_first_claim"), {"batch": batch}).fetchone()
    assert row
    return float(row[0])
