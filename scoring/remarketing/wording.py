"""What the command says of plans and batches, in words and as JSON."""

from typing import Any

from django.urls import reverse

from queueproject.queue import health
from queueproject.queue.models import Batch
from scoring.remarketing.services.plans import Plan
from scoring.remarketing.services.scoring import Started

RULES_WORDS = (
    "SCORED BY THE RULES, not by Gemini: no key is set. Every score says so. "
    "With GEMINI_API_KEY set, Gemini scores."
)


def tell_how_to_watch(batch: Batch) -> str:
    """Return where a batch can be watched."""
    page = reverse("console:batch", args=[batch.pk])
    return f"Watch it: {page} in the admin, or manage.py enqueue_scoring --watch {batch.pk}"


def describe_plan(plan: Plan) -> str:
    """Return what a plan means in one line."""
    what = "alignment" if plan.type == "alignment" else f"{len(plan.listing_ids)} deals"
    who = "by the rules, no calls" if plan.scored_by_rules else f"{plan.calls} calls to Gemini"
    line = f"{plan.universe}, {what}: {plan.pairs} to score, {plan.skipped} have a score; {who}."
    if not plan.calls:
        return line
    ends = plan.forecast.ends_at.astimezone()
    return f"{line} Limited by {plan.forecast.binding}; ends about {ends:%Y-%m-%d %H:%M %Z}."


def sum_plans(plans: list[Plan]) -> dict[str, Any]:
    """Return what plans mean, for JSON."""
    last = max(plans, key=lambda plan: plan.forecast.ends_at)
    return {
        "universe": plans[0].universe.pk,
        "types": [plan.type for plan in plans],
        "pairs": sum(plan.pairs for plan in plans),
        "calls": sum(plan.calls for plan in plans),
        "already_scored": sum(plan.skipped for plan in plans),
        "scored_by": "rules" if plans[0].scored_by_rules else "ai",
        "binding": last.forecast.binding,
        "ends_at": last.forecast.ends_at.isoformat(),
        "live_worker": health.live_worker_exists(),
    }


def count_started(started: Started) -> dict[str, Any]:
    """Return what was enqueued, for JSON."""
    return {"queued": started.queued, "shared": started.shared, "skipped": started.skipped}


def show_batch(batch: Batch) -> dict[str, Any]:
    """Return how a batch stands, for JSON."""
    return {
        "batch": batch.pk,
        "state": batch.state,
        "total": batch.total_units,
        "completed": batch.completed_units,
        "failed": batch.failed_units,
        "cancelled": batch.cancelled_units,
        "url": reverse("console:batch", args=[batch.pk]),
    }
