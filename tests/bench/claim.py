"""Claim: what one costs, whatever waits, was finished, or died behind an old snapshot.

A drain's own way of claiming: from its low water mark, and without one every two seconds. Each case has a job
table of its own, in a schema that the session looks into first, so that all can take turns.
"""

import gc
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from django.db import connection, transaction

from queueproject.queue import claim, workers
from queueproject.queue.drain import LOOK_EVERY_SECONDS
from queueproject.queue.models import Worker
from queueproject.queue.registry import LOCAL
from tests.bench import sql
from tests.bench.figures import Figure, percentile
from tests.bench.rounds import seconds_of
from tests.bench.rows import (
    drop_table,
    hold_snapshot,
    load,
    make_table,
    refuse_full_disk,
    run,
    start_batch,
    top_up,
    use_table,
)

BAR = 1.5
FEW = 1_000
A_CLAIM = 10
WARM_UP_CLAIMS = 5
ROUNDS = 10
CLAIMS = 50
FEWEST_CLAIMS = 5
WATCHED_CLAIMS = 5


@dataclass
class Cost:
    """What claims cost in one case: milliseconds of each, by round, and pages of each that was watched."""

    rounds: list[list[float]] = field(default_factory=list)
    pages: list[int] = field(default_factory=list)

    def median(self) -> float:
        """Return the best round's median, so that a disturbance from outside counts for little."""
        return min(median(found) for found in self.rounds)

    def percentile(self, percent: float) -> float:
        return percentile([each for found in self.rounds for each in found], percent)


def measure(*, jobs: int, workers: int) -> Iterator[Figure]:
    """Hold each case's median and pages against the best of all; tell its 95th and 99th percentile."""
    refuse_full_disk(2 * jobs + jobs // 10)
    cases: dict[str, Callable[[], None]] = {
        f"claim_{name(FEW)}": lambda: load("waiting", FEW),
        f"claim_{name(jobs // 10)}": lambda: load("waiting", jobs // 10),
        f"claim_{name(jobs)}": lambda: load("waiting", jobs),
        f"claim_{name(jobs)}_finished": lambda: load("finished", jobs),
        f"claim_{name(jobs // 50)}_dead": lambda: load("waiting", jobs // 50 + FEW),
    }
    claims = max(FEWEST_CLAIMS, min(CLAIMS, jobs // 100))
    start_batch()
    try:
        for case, fill in cases.items():
            make_table(case)
            fill()
            top_up(FEW)
        with hold_snapshot():
            # Its head ends under the eyes of the snapshot: the index entries of these jobs stay.
            run("finish_head", count=jobs // 50)
            costs = take_turns(list(cases), claims=claims)
    finally:
        for case in cases:
            drop_table(case)
    yield from figures(costs)


def take_turns(cases: list[str], *, claims: int) -> dict[str, Cost]:
    """Claim in every case in turn, so that what disturbs from outside disturbs all alike."""
    drains = {case: Drain(workers.register(role=Worker.DRAIN).pk) for case in cases}
    costs = {case: Cost() for case in cases}
    gc.collect()
    gc.freeze()
    for _ in range(ROUNDS):
        for case, drain in drains.items():
            use_table(case)
            for _ in range(WARM_UP_CLAIMS):
                time_claim(drain)
            costs[case].rounds.append([time_claim(drain) for _ in range(claims)])
            costs[case].pages += [watch_claim(drain) for _ in range(WATCHED_CLAIMS)]
    for drain in drains.values():
        workers.sign_off(drain.worker, reason="measured")
    return costs


def figures(costs: dict[str, Cost]) -> Iterator[Figure]:
    """Hold every case against the best."""
    rows: list[tuple[str, str, Callable[[Cost], float], float | None]] = [
        ("", "ms", Cost.median, BAR),
        ("_p95", "ms", lambda cost: cost.percentile(95), None),
        ("_p99", "ms", lambda cost: cost.percentile(99), None),
        ("_pages", "pages", lambda cost: median(cost.pages), BAR),
    ]
    for suffix, unit, value, bar in rows:
        best = min(value(cost) for cost in costs.values())
        for case, cost in costs.items():
            yield Figure(case + suffix, value(cost), unit, best, bar=bar, at_most=True)


def name(count: int) -> str:
    """Say a number in three digits: 1k, 1m, 10m."""
    for size, letter in ((1_000_000, "m"), (1_000, "k")):
        if count >= size:
            return f"{count / size:.3g}{letter}"
    return str(count)


def time_claim(drain: "Drain") -> float:
    top_up(A_CLAIM)
    return seconds_of(drain.claim) * 1000


def watch_claim(drain: "Drain") -> int:
    top_up(A_CLAIM)
    return drain.claim_watched()


class Drain:
    """As much of a drain as claims: its marks, and when it last looked without them."""

    def __init__(self, worker: int) -> None:
        self.worker = worker
        self.marks: dict[str, claim.Mark] = {}
        self.next_unbounded = 0.0

    def claim(self) -> None:
        now = time.monotonic()
        unbounded = now >= self.next_unbounded
        if unbounded:
            self.next_unbounded = now + LOOK_EVERY_SECONDS
        found = claim.claim(
            worker_id=self.worker,
            capacity=lambda lane: A_CLAIM if lane == LOCAL else 0,
            marks={} if unbounded else self.marks,
        )
        if sum(map(len, found.groups)) != A_CLAIM:
            raise SystemExit(f"a claim brought {len(found.groups)} groups, not {A_CLAIM}")
        self.marks |= found.marks

    def claim_watched(self) -> int:
        """Claim from the mark; return how many pages of the queue's tables and indexes were asked for."""
        self.next_unbounded = time.monotonic() + LOOK_EVERY_SECONDS
        with transaction.atomic():
            before = _count_pages()
            self.claim()
            return _count_pages() - before


def _count_pages() -> int:
    row = _fetch("count_pages")
    return int(row[0])


def _fetch(statement: str) -> tuple[Any, ...]:
    with connection.cursor() as cursor:
        cursor.execute(sql.text(statement))
        row = cursor.fetchone()
    assert row
    return tuple(row)
