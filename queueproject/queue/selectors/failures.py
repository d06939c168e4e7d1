"""Failed jobs, put together by what went wrong."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Max, Q, QuerySet

from queueproject.queue.models import Job
from queueproject.queue.states import State


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


def find_failure_groups(*, now: datetime, batch_id: int | None = None, most: int = 50) -> list[FailureGroup]:
    """Group failed jobs by fingerprint, provider and kind, most first; one query."""
    jobs = failed_jobs() if batch_id is None else failed_jobs().filter(batch_id=batch_id)
    rows = (
        jobs.values("fingerprint", "provider_id", "kind")
        .annotate(
            jobs=Count("pk"),
            hour=_since(now, hours=1),
            day=_since(now, hours=24),
            week=_since(now, hours=168),
            error=Max("last_error"),
            last_at=Max("finished_at"),
        )
        .order_by("-jobs", "fingerprint", "provider_id", "kind")[:most]
    )
    return [_group(row) for row in rows]


def _since(now: datetime, *, hours: int) -> Count:
    return Count("pk", filter=Q(finished_at__gt=now - timedelta(hours=hours)))


def _group(row: Mapping[str, Any]) -> FailureGroup:
    return FailureGroup(
        fingerprint=row["fingerprint"],
        provider=row["provider_id"],
        kind=row["kind"],
        jobs=row["jobs"],
        hour=row["hour"],
        day=row["day"],
        week=row["week"],
        error=row["error"],
        last_at=row["last_at"],
    )


def find_failed_ids(*, fingerprint: str, provider: str, kind: str) -> list[int]:
    """List the failed jobs of one group, oldest first; one query."""
    jobs = failed_jobs().filter(fingerprint=fingerprint, provider_id=provider, kind=kind)
    return list(jobs.order_by("pk").values_list("pk", flat=True))
