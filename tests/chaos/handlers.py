"""Kinds for chaos tests, known to every process that runs them."""

import os
import time

from queueproject.queue.models import Audit
from queueproject.queue.outcomes import Complete, Outcome
from queueproject.queue.registry import JobContext, handler
from tests.queue.kinds import LANE, Number


def leave_effect(job: JobContext) -> None:
    """Write the job's effect: one row that a second run would double."""
    Audit.objects.create(actor="chaos", action="effect", target=str(job.id))


@handler("chaos.call", payload=Number, providers=(LANE,), timeout_seconds=20)
def call(job: JobContext) -> Outcome:
    receipt = job.permit.spend()
    time.sleep(job.payload.n / 1000)
    receipt.answered(status=200)
    return Complete(save=lambda: leave_effect(job))


@handler("chaos.local", payload=Number)
def work(job: JobContext) -> Outcome:
    time.sleep(job.payload.n / 1000)
    return Complete(save=lambda: leave_effect(job))


@handler("chaos.poison", payload=Number)
def poison(job: JobContext) -> Outcome:
    os.kill(os.getpid(), 9)
    raise AssertionError("not reached")
