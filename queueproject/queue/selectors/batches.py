"""What pages show of batches: progress, rate, counts."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import QuerySet

from queueproject.queue.models import Batch, BatchJob, Job
from queueproject.queue.selectors import sql
from queueproject.queue.selectors.lanes import MOST_COUNTED
from queueproject.queue.states import BatchState, State

RATE_WINDOW = timedelta(minutes=5)
MOST_SAMPLED = 2000
LEAST_SEEN = 0.8


@dataclass(frozen=True)
class Progress:
    """A batch's counters as pages and the progress endpoint show them; units."""

    batch: Batch

    @property
    def done(self) -> int:
        return self.batch.completed_units + self.batch.failed_units + self.batch.cancelled_units

    @property
    def total(self) -> int:
        return self.batch.total_units

    @property
    def percent(self) -> int:
        return self.done * 100 // self.total if self.total else 100

    @property
    def segments(self) -> list[tuple[str, str, str]]:
        """Return (state, x, width) of the bar's parts in 100 steps; one failure in a million is seen too."""
        parts, x = [], 0.0
        for word in (State.COMPLETED, State.FAILED, State.CANCELLED):
            units = getattr(self.batch, f"{word}_units")
            if units:
                width = max(units * 100 / self.total, LEAST_SEEN)
                x = min(x, 100 - width)
                parts.append((str(word), f"{x:.2f}", f"{width:.2f}"))
                x += width
        return parts


def find_running_batches(*, most: int) -> list[Batch]:
    """List the batches that run, newest first, with who started them; one query."""
    running = Batch.objects.filter(state=BatchState.RUNNING).select_related("created_by")
    return list(running.order_by("-pk")[:most])


def find_recent_batches(*, most: int = 5) -> list[Batch]:
    """List the batches that ended last; one query."""
    ended = Batch.objects.filter(finished_at__isnull=False).select_related("created_by")
    return list(ended.order_by("-finished_at")[:most])


def find_batch(batch_id: int) -> Batch | None:
    """Find a batch with who started it; one query."""
    return Batch.objects.select_related("created_by").filter(pk=batch_id).first()


def count_jobs(batch_id: int) -> dict[str, int]:
    """Count the jobs a batch owns, by state, in the order of a job's life, up to a bound each; one query."""
    rows = sql.rows("count_batch_jobs", batch=batch_id, states=list(map(str, State)), most=MOST_COUNTED)
    return {row["state"]: row["count"] for row in rows}


def count_shared(batch_id: int) -> int:
    """Count the jobs another batch owns and this one asked for too; one query."""
    return BatchJob.objects.filter(batch_id=batch_id).count()


@dataclass(frozen=True)
class OpenJobs:
    """What a batch still has to do of one kind on one provider, of as many jobs as were looked at."""

    provider: str
    metered: bool
    kind: str
    jobs: int
    units: int
    tokens: int
    groups: int


def sample_open_jobs(batch_ids: Sequence[int]) -> dict[int, list[OpenJobs]]:
    """Count open jobs of several batches by provider and kind, up to MOST_SAMPLED of each; one query."""
    found: dict[int, list[OpenJobs]] = defaultdict(list)
    for row in sql.rows("sample_open_jobs", batches=list(batch_ids), most=MOST_SAMPLED):
        found[row.pop("batch")].append(OpenJobs(**row))
    return found


def rate_per_minute(batch: Batch, *, now: datetime) -> float:
    """Return the jobs a batch finished per minute over the last five; one query."""
    since = max(now - RATE_WINDOW, batch.created_at)
    minutes = max((now - since).total_seconds(), 1) / 60
    finished = Job.objects.filter(
        batch=batch, state__in=[State.COMPLETED, State.FAILED], finished_at__gt=since
    )
    return finished.count() / minutes


def batch_jobs(batch_id: int) -> QuerySet[Job]:
    """Name the jobs a batch owns, in order of their number."""
    return Job.objects.filter(batch_id=batch_id).order_by("pk")
