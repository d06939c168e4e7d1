"""Failed jobs, put together by what went wrong."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from queueproject.queue.models import Job
from queueproject.queue.selectors import sql
from queueproject.queue.states import State

MOST_READ = 10_000


@dataclass(frozen=True)
class FailureGroup:
    """Failed jobs of one fingerprint, provider and kind."""

    fingerprint: str
    provider: str
    kind: str
    jobs: int
    hour: int
    day: int
    week: int
    error: str
    last_at: datetime

    @property
    def windows(self) -> list[tuple[str, int, int]]:
        """Return (words, hours, count) of the columns the matrix has."""
        return [("1 h", 1, self.hour), ("24 h", 24, self.day), ("7 d", 168, self.week)]


def failed_jobs() -> QuerySet[Job]:
    """Name the failed jobs, in no order."""
    return Job.objects.filter(state=State.FAILED)


def find_failure_groups(
    *, now: datetime, batch_id: int | None = None, most: int = 50, read: int = MOST_READ
) -> list[FailureGroup]:
    """Group the newest failed jobs by fingerprint, provider and kind, most first; one query."""
    rows = sql.rows("find_failure_groups", now=now, batch=batch_id, most=most, read=read)
    return [FailureGroup(**row) for row in rows]


def find_failed_ids(*, fingerprint: str, provider: str, kind: str) -> list[int]:
    """List the failed jobs of one group, oldest first; one query."""
    jobs = failed_jobs().filter(fingerprint=fingerprint, provider_id=provider, kind=kind)
    return list(jobs.order_by("pk").values_list("pk", flat=True))
