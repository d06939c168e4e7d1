"""Time passes for a lane without anybody sleeping: all that is stored moves back instead."""

from datetime import timedelta

from django.db.models import F
from django.db.models.functions import Now

from queueproject.queue.models import BudgetEntry, Job, Provider


def pass_time(seconds: float) -> None:
    """Let ranks, due times, blocks, calls and the lanes' clocks lie so much further back; workers beat on."""
    by = timedelta(seconds=seconds)
    Job.objects.update(sort_key=F("sort_key") - seconds, due_at=F("due_at") - by)
    BudgetEntry.objects.update(
        reserved_at=F("reserved_at") - by, spent_at=F("spent_at") - by, answered_at=F("answered_at") - by
    )
    Provider.objects.update(
        clock=F("clock") - seconds, blocked_until=F("blocked_until") - by, blocked_at=F("blocked_at") - by
    )


def answer_all() -> None:
    """Let every call that was reserved be made and answered now."""
    BudgetEntry.objects.filter(answered_at=None).update(spent_at=Now(), answered_at=Now())
