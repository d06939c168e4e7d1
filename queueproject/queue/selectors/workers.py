"""Who works, and what the scheduler did last."""

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Count, OuterRef, Q, Subquery
from django.db.models.functions import Now

from queueproject.queue.drains import LEASE_SECONDS
from queueproject.queue.models import Job, SchedulerRun, Worker
from queueproject.queue.states import LIVE_WORKER, State

YOUNG_SECONDS = 25
RECENT = timedelta(minutes=15)


@dataclass(frozen=True)
class WorkerNow:
    """A worker with the age of its heartbeat and how many jobs it holds."""

    worker: Worker
    age_seconds: float
    jobs: int

    @property
    def is_live(self) -> bool:
        return self.worker.status in LIVE_WORKER and self.age_seconds < LEASE_SECONDS

    @property
    def level(self) -> str:
        """Return how worrying its heartbeat is: ok, near, lost; gone when it said goodbye."""
        if self.worker.status not in LIVE_WORKER:
            return "gone"
        if self.age_seconds < YOUNG_SECONDS:
            return "ok"
        return "near" if self.age_seconds < LEASE_SECONDS else "lost"


def find_workers(*, most: int = 30) -> list[WorkerNow]:
    """List live workers and those that were so in the last minutes; one query."""
    held = Job.objects.filter(worker=OuterRef("pk"), state=State.PROCESSING).order_by().values("worker")
    rows = (
        Worker.objects.filter(Q(status__in=LIVE_WORKER) | Q(heartbeat_at__gt=Now() - RECENT))
        .annotate(now=Now(), held_jobs=Subquery(held.annotate(jobs=Count("pk")).values("jobs")))
        .order_by("-heartbeat_at", "-pk")[:most]
    )
    found = [
        WorkerNow(
            worker=row, age_seconds=(row.now - row.heartbeat_at).total_seconds(), jobs=row.held_jobs or 0
        )
        for row in rows
    ]
    return sorted(
        found, key=lambda each: (not each.is_live, each.worker.role != Worker.KEEPER, -each.worker.pk)
    )


def find_scheduler_runs(*, most: int = 5) -> list[SchedulerRun]:
    """List the last runs of the scheduler; one query."""
    return list(SchedulerRun.objects.order_by("-started_at")[:most])
