"""One round of anything: empty tables, a checkpoint, then the clock."""

import time
from collections.abc import Callable

from django.db import connection

from tests.bench import sql


def clear() -> None:
    """Bring the tables to where every round starts."""
    with connection.cursor() as cursor:
        cursor.execute(sql.text("empty_tables"))
        cursor.execute(sql.text("checkpoint"))


def best_of(rounds: int, *contenders: Callable[[], float]) -> list[float]:
    """Run contenders in turn, so many rounds; return the least seconds of each.

    They are interleaved, so that a disturbance from outside hits all of them alike.
    """
    best = [float("inf")] * len(contenders)
    for _ in range(rounds):
        for number, contender in enumerate(contenders):
            clear()
            best[number] = min(best[number], contender())
    return best


def seconds_of(action: Callable[[], object]) -> float:
    """Return how long an action took."""
    started = time.perf_counter()
    action()
    return time.perf_counter() - started
