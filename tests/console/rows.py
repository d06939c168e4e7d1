"""Rows for tests of pages, made directly: pages read what the engine wrote, whoever plays the engine."""

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from queueproject.queue.models import Attempt, Batch, Budget, Job, Provider, Worker
from queueproject.queue.states import FINISHED, PARKED, State


def make_provider(key: str = "gemini", *, limit: int | None = 30, **values: Any) -> Provider:
    """Make a lane with a budget of calls per minute, or change the one there is."""
    defaults = {"label": key.title(), "max_in_flight": 10, "clock": timezone.now().timestamp(), **values}
    provider, _ = Provider.objects.update_or_create(key=key, defaults=defaults)
    Budget.objects.filter(provider=provider).delete()  # those a migration may have made for it
    Budget.objects.create(provider=provider, currency="calls", window_seconds=60, limit=limit)
    return provider


def make_batch(label: str = "Score all deals", **values: Any) -> Batch:
    """Make a batch; one that is not running has ended a moment ago."""
    values = {"kind": "tests.call", "total_units": 10, "sealed": True, **values}
    if values.get("state", "running") != "running":
        values.setdefault("finished_at", timezone.now())
    return Batch.objects.create(label=label, **values)


def make_worker(**values: Any) -> Worker:
    """Make a live drain."""
    return Worker.objects.create(**{"host": "alpha", "pid": 4711, "current_work": "3 jobs", **values})


def make_job(state: str = State.PENDING, *, provider: str = "gemini", **values: Any) -> Job:
    """Make a job that looks as the engine leaves one in this state."""
    now = timezone.now()
    values = {
        "kind": "tests.call",
        "subject_type": "buyer",
        "subject_id": "12",
        "provider_id": provider,
        "sort_key": now.timestamp(),
        **values,
    }
    if state in FINISHED:
        values.setdefault("finished_at", now)
    if state in PARKED:
        values.setdefault("due_at", now + timedelta(minutes=5))
    if state == State.FAILED:
        values.setdefault("last_error", "503 The model is overloaded")
        values.setdefault("fingerprint", "abc123")
        values.setdefault("attempts", 3)
    if state == State.PROCESSING:
        values.setdefault("worker", make_worker())
        values.setdefault("lease_token", 1)
        values.setdefault("claimed_at", now)
        values.setdefault("attempts", 1)
    with transaction.atomic():
        return Job.objects.create(state=state, **values)


def make_attempt(job: Job, **values: Any) -> Attempt:
    """Make an attempt of a job that the provider answered with 503."""
    defaults: dict[str, Any] = {
        "job_id": job.pk,
        "kind": job.kind,
        "provider_key": job.provider_id,
        "number": 1,
        "outcome": "retried",
        "status": 503,
        "latency_seconds": 1.25,
        "calls": 1,
        "tokens": 900,
        "error": "503 The model is overloaded",
        "finished_at": timezone.now(),
    }
    return Attempt.objects.create(**defaults | values)
