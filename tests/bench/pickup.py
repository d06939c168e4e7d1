"""Pick-up: how long an idle queue takes from the enqueue call to the handler's first line."""

import random
import time
from collections.abc import Iterator

from queueproject.queue.enqueue import enqueue
from queueproject.queue.models import Setting, Worker
from tests.bench import kinds, stamps
from tests.bench.cluster import run_cluster, wait_for_live
from tests.bench.crew import run_crew
from tests.bench.figures import Figure, percentile

P50_MILLISECONDS = 6
P95_MILLISECONDS = 12
COLD_MILLISECONDS = 500
WARM_UP_JOBS = 20
COLD_SHARE = 20
LINGER_SECONDS = 0.05
REST_SECONDS = (0.08, 0.2)
"""Between two jobs: the last is settled, and the next falls anywhere between two looks of the drain."""


def measure(*, jobs: int, workers: int) -> Iterator[Figure]:
    """Time single jobs, first with one drain that lingers, then with a cluster that must start one."""
    with stamps.listen() as inbox:
        with run_crew(1):
            for number in range(WARM_UP_JOBS):
                time_one(inbox, number)
            warm = [time_after_a_rest(inbox, number) for number in range(WARM_UP_JOBS, WARM_UP_JOBS + jobs)]
        yield Figure("pickup_p50", percentile(warm, 50), "ms", P50_MILLISECONDS, bar=1, at_most=True)
        yield Figure("pickup_p95", percentile(warm, 95), "ms", P95_MILLISECONDS, bar=1, at_most=True)
        cold = time_cold(inbox, max(1, jobs // COLD_SHARE))
        yield Figure("pickup_cold_p50", percentile(cold, 50), "ms", COLD_MILLISECONDS, bar=1, at_most=True)
        yield Figure("pickup_cold_p95", percentile(cold, 95), "ms", COLD_MILLISECONDS, bar=1, at_most=True)


def time_one(inbox: stamps.Inbox, number: int) -> float:
    """Enqueue one job; return the milliseconds until its handler began."""
    called = stamps.now()
    enqueue(kinds.STAMPED, {"n": number, "address": inbox.address})
    return (inbox.receive(number).at - called) * 1000


def time_after_a_rest(inbox: stamps.Inbox, number: int) -> float:
    time.sleep(random.uniform(*REST_SECONDS))
    return time_one(inbox, number)


def time_cold(inbox: stamps.Inbox, jobs: int) -> list[float]:
    """Time jobs that find a cluster without any drain: one is asked for, started, and claims."""
    Setting.objects.create(key="linger_seconds", value=LINGER_SECONDS)
    try:
        with run_cluster(slots=1) as cluster:
            found = []
            for number in range(-1, -2 - jobs, -1):
                wait_for_live(cluster, role=Worker.DRAIN, count=0)
                time.sleep(random.uniform(*REST_SECONDS))
                found.append(time_one(inbox, number))
            return found[1:]
    finally:
        Setting.objects.filter(key="linger_seconds").delete()
