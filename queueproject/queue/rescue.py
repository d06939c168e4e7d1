"""Rescue: jobs of workers whose heartbeat is older than the lease wait again."""

from typing import Any

import structlog
from django.db import transaction
from django.utils import timezone

from queueproject.queue import batches, budgets, conf, sql, transitions, wake
from queueproject.queue.drains import LEASE_SECONDS
from queueproject.queue.models import Attempt
from queueproject.queue.states import AttemptOutcome, State
from queueproject.queue.transitions import Moved

log = structlog.get_logger(__name__)


def rescue_dead() -> int:
    """Declare silent workers dead and take their jobs back; return how many jobs."""
    with transaction.atomic():
        dead = [row["id"] for row in sql.rows("take_dead_workers", lease_seconds=LEASE_SECONDS)]
    orphaned = [row["id"] for row in sql.rows("find_orphaned_workers")]
    workers = sorted({*dead, *orphaned})
    if not workers:
        return 0
    with transaction.atomic():
        rows = transitions.rescue(workers, most=conf.get("max_rescues"))
        _note_attempts(rows)
        failed = [
            batches.Count(Moved(row["id"], row["batch_id"], row["units"], False), failed=row["units"])
            for row in rows
            if row["state"] == State.FAILED
        ]
        batches.count(failed)
        for lane in {row["provider_id"] for row in rows}:
            wake.tell(lane, sort_key=min(row["sort_key"] for row in rows if row["provider_id"] == lane))
    if rows:
        budgets.close_leases(sorted({row["token"] for row in rows}))
    log.warning("rescued", workers=workers, jobs=len(rows), failed=len(failed))
    return len(rows)


def _note_attempts(rows: list[dict[str, Any]]) -> None:
    now = timezone.now()
    Attempt.objects.bulk_create(
        Attempt(
            job_id=row["id"],
            kind=row["kind"],
            subject_type=row["subject_type"],
            subject_id=row["subject_id"],
            batch_id=row["batch_id"],
            provider_key=row["provider_id"],
            worker_id=row["worker"],
            lease_token=row["token"],
            outcome=AttemptOutcome.RESCUED if row["state"] != State.FAILED else AttemptOutcome.FAILED,
            started_at=row["claimed"],
            finished_at=now,
            error=row["last_error"],
            fingerprint="worker_lost",
        )
        for row in rows
        if row["started"]
    )
