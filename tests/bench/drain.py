"""Drain: no-op jobs through the whole path, from the first enqueue statement to the last settle's commit."""

import os
import time
from collections.abc import Iterator

import psycopg

from queueproject.queue.batches import start_batch
from queueproject.queue.enqueue import NewJob, enqueue_many
from tests.bench import kinds, raw, sql
from tests.bench.crew import Crew, run_crew
from tests.bench.figures import Figure
from tests.bench.rounds import best_of, seconds_of
from tests.bench.runners.protocol import look_until

ROUNDS = 5
WARM_UP_JOBS = 1000
BAR = 0.6
DONE_WITHIN_SECONDS = 600.0


def measure(*, jobs: int, workers: int) -> Iterator[Figure]:
    """Hold the queue's jobs a second against those of raw SQL with as many processes."""
    with (
        psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection,
        raw.run_hands(workers) as hands,
        run_crew(workers) as crew,
    ):

        def through_the_queue(count: int = jobs) -> float:
            made = kinds.make_jobs(count, mark=str(time.time_ns()))
            return seconds_of(lambda: wait_for(connection, enqueue(made), crew))

        def raw_sql() -> float:
            rows = raw.make_rows(jobs, mark=str(time.time_ns()))
            return seconds_of(lambda: hands.drain(raw.copy_in(connection, rows)))

        through_the_queue(WARM_UP_JOBS)
        ours, bare = best_of(ROUNDS, through_the_queue, raw_sql)
    yield Figure("drain", jobs / ours, "jobs/s", jobs / bare, bar=BAR)


def enqueue(jobs: list[NewJob], *, kind: str = kinds.NOOP) -> int:
    """Enqueue jobs as one batch; return its id."""
    with start_batch(kind="bench", label="bench") as batch:
        enqueue_many(kind, jobs, batch=batch)
    return batch.pk


def wait_for(connection: psycopg.Connection, batch: int, crew: Crew) -> None:
    """Wait until these workers have completed a batch."""
    state = "running"

    def is_done() -> bool:
        nonlocal state
        crew.check()
        row = connection.execute(sql.text("find_batch_state"), {"batch": batch}).fetchone()
        state = row[0] if row else "gone"
        return state != "running"

    look_until(is_done, within_seconds=DONE_WITHIN_SECONDS)
    if state != "completed":
        raise SystemExit(f"the batch ended as {state!r}, not as completed")
