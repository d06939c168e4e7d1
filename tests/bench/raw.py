"""What the queue is held against: the same rows moved by bare SQL, with nothing around it.

Same table, indexes and batch counters: COPY in, then so many processes that claim and settle 500 a
statement. No validation, no handler, no fence against a dead worker, no wake.
"""

import multiprocessing
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from multiprocessing.synchronize import Barrier
from typing import Any

import psycopg

from tests.bench import sql

A_STATEMENT = 500
PATIENCE_SECONDS = 300.0
LOWEST = (float("-inf"), 0)
SPAWN = multiprocessing.get_context("spawn")


def make_rows(count: int, *, mark: str = "") -> list[tuple[Any, ...]]:
    """Make the rows an enqueue of as many jobs would write; their batch is filled in by `copy_in`."""
    stamp = datetime.now(tz=UTC)
    start = time.time()
    return [
        (
            *("bench.noop", "number", str(n), f'{{"n": {n}}}', "{}", "", f"raw:{mark}:{n}", "raw", 100),
            *(start + n / 100, "pending", 3, 4.0, "exponential", 120.0),
            *(None, 1, 1, 0, "", stamp, False, 0, 0, 0, False, 0, "", ""),
        )
        for n in range(count)
    ]


BATCH_COLUMN = 15


def copy_in(connection: psycopg.Connection, rows: list[tuple[Any, ...]]) -> int:
    """COPY rows into a new batch, in one transaction; return the batch's id."""
    with connection.transaction():
        found = connection.execute(sql.text("raw_batch"), {"units": len(rows)}).fetchone()
        assert found
        batch = int(found[0])
        with connection.cursor() as cursor, cursor.copy(sql.text("raw_copy")) as copy:
            for row in rows:
                copy.write_row((*row[:BATCH_COLUMN], batch, *row[BATCH_COLUMN + 1 :]))
    return batch


def drain(connection: psycopg.Connection, *, batch: int) -> None:
    """Claim and settle until nothing is left."""
    low = LOWEST
    while True:
        with connection.transaction():
            rows = connection.execute(
                sql.text("raw_claim"), {"low_key": low[0], "low_id": low[1], "most": A_STATEMENT}
            ).fetchall()
        if not rows:
            return
        low = max((row[3], row[0]) for row in rows)
        with connection.transaction():
            connection.execute(
                sql.text("raw_settle"), {"ids": [row[0] for row in rows], "tokens": [row[1] for row in rows]}
            )
            connection.execute(sql.text("raw_count"), {"completed": len(rows), "batch": batch})


class Hands:
    """Processes that drain on command, connected and waiting."""

    def __init__(self, size: int) -> None:
        self.start, self.end = SPAWN.Barrier(size + 1), SPAWN.Barrier(size + 1)
        self.batch = SPAWN.Value("q", 0)
        self.processes = [
            SPAWN.Process(target=_serve, args=(self.start, self.end, self.batch), daemon=True)
            for _ in range(size)
        ]
        for process in self.processes:
            process.start()

    def drain(self, batch: int) -> None:
        """Let all of them drain; return when the last has nothing left."""
        self.batch.value = batch
        self.start.wait(PATIENCE_SECONDS)
        self.end.wait(PATIENCE_SECONDS)

    def stop(self) -> None:
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            process.join(10)


@contextmanager
def run_hands(size: int) -> Iterator[Hands]:
    """Start raw processes and stop them at the end."""
    hands = Hands(size)
    try:
        yield hands
    finally:
        hands.stop()


def _serve(start: Barrier, end: Barrier, batch: Any) -> None:
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
        while True:
            start.wait()
            drain(connection, batch=batch.value)
            end.wait()
