"""Threads for races: all start at one Barrier, each on a connection of its own."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet

PATIENCE_SECONDS = 60.0
STATEMENTS = Path(__file__).parent / "statements"


def execute(name: str) -> Any:
    """Run one of the tests' own statements; return its one value, if it has one."""
    with connection.cursor() as cursor:
        cursor.execute((STATEMENTS / f"{name}.sql").read_text())
        row = cursor.fetchone() if cursor.description else None
    return row[0] if row else None


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """Run functions at the same moment; return what each returned, or the exception it raised."""
    barrier = threading.Barrier(len(acts))
    results: list[Any] = [None] * len(acts)

    def run(number: int) -> None:
        try:
            connection.ensure_connection()
            barrier.wait(PATIENCE_SECONDS)
            results[number] = acts[number]()
        except Exception as error:  # noqa: BLE001  what a thread raises is its result
            results[number] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_SECONDS)
    return results


@contextmanager
def held_open(act: Callable[[], Any]) -> Iterator[None]:
    """Do something in a transaction of another session that stays open until the block ends, then commits."""
    done, free = threading.Event(), threading.Event()
    raised: list[Exception] = []

    def run() -> None:
        try:
            with transaction.atomic():
                act()
                done.set()
                free.wait(PATIENCE_SECONDS)
        except Exception as error:  # noqa: BLE001  raised again below, in the test's own thread
            raised.append(error)
        finally:
            done.set()
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    assert done.wait(PATIENCE_SECONDS)
    try:
        if not raised:
            yield
    finally:
        free.set()
        thread.join()
    if raised:
        raise raised[0]


@contextmanager
def held(rows: QuerySet[Any]) -> Iterator[None]:
    """Hold rows as staff do whose transaction stays open."""
    with held_open(lambda: list(rows.select_for_update())):
        yield


@contextmanager
def meanwhile(act: Callable[[], Any]) -> Iterator[list[Any]]:
    """Run something in another session beside the block; what it returned or raised is there at the end."""
    results: list[Any] = []

    def run() -> None:
        try:
            results.append(act())
        except Exception as error:  # noqa: BLE001  what a thread raises is its result
            results.append(error)
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield results
    finally:
        thread.join(PATIENCE_SECONDS)


def wait_until_somebody_waits_for_a_lock() -> None:
    """Return once a session of this database waits for a lock another holds."""
    until = time.monotonic() + PATIENCE_SECONDS
    while not execute("count_lock_waits"):
        assert time.monotonic() < until, "nobody came to wait for a lock"


@contextmanager
def without_waiting() -> Iterator[None]:
    """Let this session fail rather than wait for a lock."""
    execute("never_wait")
    try:
        yield
    finally:
        execute("wait_again")
