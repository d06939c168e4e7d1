"""Kinds for chaos tests, known to every process that runs them."""

import os
import signal
import sys
import time
from typing import NoReturn

from queueproject.queue import wake, workers
from queueproject.queue.outcomes import Complete, Outcome, RateLimited
from queueproject.queue.registry import JobContext, handler
from tests.chaos.models import Effect
from tests.queue.kinds import LANE, Number


def leave_effect(job: JobContext) -> None:
    """Write the job's effect: one row that a second run would double."""
    Effect.objects.create(job=job.id)


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


@handler("chaos.long", payload=Number, timeout_seconds=120, inline=False)
def work_long(job: JobContext) -> Outcome:
    time.sleep(job.payload.n / 1000)
    return Complete(save=lambda: leave_effect(job))


@handler("chaos.hog", payload=Number, timeout_seconds=120, inline=False)
def hog(job: JobContext) -> Outcome:
    """Keep every other thread of the process from running, as a bad regular expression does."""
    until = time.monotonic() + job.payload.n / 1000
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1000)  # nobody else is let in before
    while time.monotonic() < until:
        pass
    sys.setswitchinterval(interval)
    return Complete(save=lambda: leave_effect(job))


@handler("chaos.limited", payload=Number, providers=(LANE,), timeout_seconds=20)
def limited(job: JobContext) -> Outcome:
    """Be told to come back in a second, the first time."""
    receipt = job.permit.spend()
    if not Effect.objects.filter(job=-job.id).exists():
        Effect.objects.create(job=-job.id)
        receipt.answered(status=429)
        raise RateLimited("slow down", retry_after_seconds=1)
    receipt.answered(status=200)
    return Complete(save=lambda: leave_effect(job))


def die() -> NoReturn:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("not reached")


@handler("chaos.poison", payload=Number)
def poison(job: JobContext) -> Outcome:
    die()


@handler("chaos.poison_long", payload=Number, timeout_seconds=20, inline=False)
def poison_long(job: JobContext) -> Outcome:
    die()


@handler("chaos.poison_call", payload=Number, providers=(LANE,), timeout_seconds=20)
def poison_call(job: JobContext) -> Outcome:
    job.permit.spend()
    time.sleep(job.payload.n / 1000)
    die()


if os.environ.get("CHAOS_DEAF"):
    wake.Listener.open = lambda self: None  # type: ignore[method-assign]  # no process hears a wake

if os.environ.get("CHAOS_STILL"):
    workers.Heartbeat._run = lambda self: None  # type: ignore[method-assign]  # its thread does nothing
