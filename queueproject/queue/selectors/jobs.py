"""What a job's page shows beside its row."""

from queueproject.queue.models import Attempt, Batch

MOST_ATTEMPTS = 50


def find_attempts(job_id: int) -> list[Attempt]:
    """List what came of a job's claims, newest first; one query."""
    return list(Attempt.objects.filter(job_id=job_id).order_by("-pk")[:MOST_ATTEMPTS])


def find_shared_batches(job_id: int) -> list[Batch]:
    """List the other batches that asked for a job; one query."""
    return list(Batch.objects.filter(shared_jobs__job_id=job_id).order_by("pk"))
