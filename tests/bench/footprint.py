"""Footprint: what a job leaves in the table and in the write-ahead log, on its way from enqueue to settle."""

import os
import time
from collections.abc import Callable, Iterator

import psycopg
from django.db import connection as django_connection

from tests.bench import kinds, raw, sql
from tests.bench.crew import Crew, run_crew
from tests.bench.drain import enqueue, wait_for
from tests.bench.figures import Figure
from tests.bench.rounds import best_of

ROUNDS = 3
WARM_UP_JOBS = 1000
VERSIONS = 3
LOG_BAR = 1.3
COUNTED_WITHIN_SECONDS = 30.0
LOOK_EVERY_SECONDS = 0.5


def measure(*, jobs: int, workers: int) -> Iterator[Figure]:
    """Hold versions of a job's row against three, and bytes of log against those of raw SQL."""
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
        before = count_versions(connection, at_least=0)
        with run_crew(workers) as crew:
            work(connection, crew, jobs)
        made = count_versions(connection, at_least=before + VERSIONS * jobs) - before
        yield Figure("footprint_versions", made / jobs, "rows/job", VERSIONS, bar=1, at_most=True)

        def raw_sql() -> None:
            hands.drain(raw.copy_in(connection, raw.make_rows(jobs, mark=str(time.time_ns()))))

        with raw.run_hands(workers) as hands, run_crew(workers) as crew:
            work(connection, crew, WARM_UP_JOBS)
            ours, bare = best_of(
                ROUNDS,
                lambda: log_of(connection, lambda: work(connection, crew, jobs)),
                lambda: log_of(connection, raw_sql),
            )
    yield Figure("footprint_log", ours / jobs, "bytes/job", bare / jobs, bar=LOG_BAR, at_most=True)


def work(connection: psycopg.Connection, crew: Crew, jobs: int) -> None:
    wait_for(connection, enqueue(kinds.make_jobs(jobs, mark=str(time.time_ns()))), crew)


def count_versions(connection: psycopg.Connection, *, at_least: int) -> int:
    """Return how many versions of rows the job table was ever given, as the server's statistics say.

    A session hands its part in when it ends, and when it is told to. Waits until no more come.
    """
    with django_connection.cursor() as cursor:
        cursor.execute(sql.text("hand_in_statistics"))
    deadline = time.monotonic() + COUNTED_WITHIN_SECONDS
    last = -1
    while True:
        row = connection.execute(sql.text("count_row_versions")).fetchone()
        assert row
        if row[0] == last and last >= at_least:
            return last
        if time.monotonic() > deadline:
            raise SystemExit(f"the statistics tell of {row[0]} row versions, {at_least} must be")
        last = int(row[0])
        time.sleep(LOOK_EVERY_SECONDS)


def log_of(connection: psycopg.Connection, action: Callable[[], object]) -> float:
    """Return how many bytes the server's log grew by during an action, whoever wrote them."""
    before = connection.execute(sql.text("log_position")).fetchone()
    action()
    after = connection.execute(sql.text("log_position")).fetchone()
    assert before
    assert after
    return float(after[0] - before[0])
