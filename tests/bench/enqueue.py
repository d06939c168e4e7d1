"""Enqueue: many jobs in one call, a dedupe key and a batch on every row."""

import os
import time
from collections.abc import Iterator

import psycopg

from tests.bench import kinds, raw
from tests.bench.drain import enqueue
from tests.bench.figures import Figure
from tests.bench.rounds import best_of, seconds_of

ROUNDS = 5
BAR = 0.8


def measure(*, jobs: int, workers: int) -> Iterator[Figure]:
    """Hold the front door's jobs a second against COPY of the same rows into the same table."""
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:

        def front_door() -> float:
            made = kinds.make_jobs(jobs, mark=str(time.time_ns()))
            return seconds_of(lambda: enqueue(made))

        def raw_copy() -> float:
            rows = raw.make_rows(jobs, mark=str(time.time_ns()))
            return seconds_of(lambda: raw.copy_in(connection, rows))

        ours, bare = best_of(ROUNDS, front_door, raw_copy)
    yield Figure("enqueue", jobs / ours, "jobs/s", jobs / bare, bar=BAR)
