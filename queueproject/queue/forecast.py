"""When will it end? From the remaining budgets of the lane, not from past speed."""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from queueproject.queue.claim import budget_uses
from queueproject.queue.grants import BudgetUse
from queueproject.queue.models import Provider

COUNT_UP_TO = 10_000
CALL_SECONDS = 2.0
"""What a call takes where nothing is known yet: in-flight limits bind by it."""


@dataclass(frozen=True)
class Forecast:
    """How long calls will take and what binds them. Seconds; the end in UTC."""

    calls: int
    seconds: float
    binding: str
    ends_at: datetime


def forecast(*, provider: str, calls: int, tokens: int = 0) -> Forecast:
    """Forecast calls (and their tokens in all) on a lane, from now, as if nothing else were waiting."""
    now = timezone.now()
    lane = Provider.objects.get(key=provider)
    if not lane.metered:
        return Forecast(calls, 0.0, "Local work: no provider limits it.", now)
    seconds = calls * CALL_SECONDS / lane.max_in_flight
    binding = f"at most {lane.max_in_flight} calls in flight"
    for use in budget_uses([provider]).get(provider, []):
        amount = {"calls": calls, "tokens": tokens}.get(use.currency, 0)
        wait = wait_seconds(use, amount=amount, rate_factor=lane.rate_factor, now=now)
        if wait > seconds:
            seconds, binding = wait, _words(use, lane.rate_factor)
    if lane.blocked_until and lane.blocked_until > now:
        seconds += (lane.blocked_until - now).total_seconds()
        binding += f"; blocked until {lane.blocked_until:%H:%M} UTC"
    if lane.paused_at:
        binding += "; the provider is paused, so it starts when it is resumed"
    return Forecast(calls, seconds, binding, now + timedelta(seconds=seconds))


def wait_seconds(use: BudgetUse, *, amount: int, rate_factor: float, now: datetime) -> float:
    """Return how long a budget takes to let an amount through; pure."""
    allowed = use.allowed(rate_factor)
    free = max(0, allowed - use.used)
    if amount <= free:
        return 0.0
    windows = math.ceil((amount - free) / allowed)
    until_next: float = use.window_seconds
    if use.frees_at:
        until_next = max(0.0, min(use.window_seconds, (use.frees_at - now).total_seconds()))
    return until_next + (windows - 1) * use.window_seconds


def _words(use: BudgetUse, rate_factor: float) -> str:
    if use.paces:
        return f"one call every {use.window_seconds / use.limit:g} s"
    words: dict[float, str] = {60: "minute", 3600: "hour", 86400: "day"}
    window = words.get(use.window_seconds, f"{use.window_seconds:g} s")
    slowed = f", {rate_factor:.0%} of it in force" if use.allowed(rate_factor) < use.limit else ""
    return f"{use.limit:,} {use.currency} per {window}{slowed}"
