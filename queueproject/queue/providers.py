"""Lanes: made known by workloads, blocked by a 429, paused by a fault of the account."""

import random
from datetime import datetime

from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from queueproject.queue import sql
from queueproject.queue.models import Budget, Provider, ProviderEvent
from queueproject.queue.registry import LOCAL, PROVIDERS, ProviderSpec

HINT_JITTER = 0.02
BLIND_JITTER = 0.25


def sync_providers() -> None:
    """Make the rows of newly registered providers; what staff have changed since stays."""
    for spec in PROVIDERS.values():
        _, is_new = Provider.objects.get_or_create(
            key=spec.key,
            defaults={
                "label": spec.label,
                "metered": spec.key != LOCAL,
                "max_in_flight": spec.max_in_flight,
                "clock": timezone.now().timestamp(),
            },
        )
        if is_new:
            Budget.objects.bulk_create(
                Budget(
                    provider_id=spec.key,
                    currency=budget.currency,
                    limit=budget.limit,
                    window_seconds=budget.window_seconds,
                    kind=budget.kind,
                    zone=budget.zone,
                )
                for budget in spec.budgets
            )


def find_spec(key: str) -> ProviderSpec:
    """Return what a workload registered; a lane whose workload is gone has plain defaults."""
    return PROVIDERS.get(key) or ProviderSpec(key=key, label=key)


def note(provider: str, verb: str, detail: str = "", actor: str = "") -> None:
    """Write to a lane's time line."""
    ProviderEvent.objects.create(provider_id=provider, verb=verb, detail=detail[:500], actor=actor)


def block(
    provider: str,
    *,
    retry_after_seconds: float | None = None,
    per_day: bool = False,
    spent_at: datetime | None = None,
    reason: str = "",
) -> datetime:
    """Stop a lane after a 429, for the hint's time or a doubling, jittered wait; return until when."""
    spec = find_spec(provider)
    spread = BLIND_JITTER if retry_after_seconds is None else HINT_JITTER
    with transaction.atomic():
        row = sql.rows(
            "block",
            provider=provider,
            retry_after=retry_after_seconds,
            per_day=per_day,
            zone=spec.zone,
            spent_at=spent_at,
            first=spec.first_block_seconds,
            longest=spec.longest_block_seconds,
            jitter=1 + random.random() * spread,  # noqa: S311  spreads retries, guards nothing
        )[0]
        if row["is_new"] or row["is_longer"]:
            note(
                provider,
                "blocked",
                f"until {row['blocked_until']:%Y-%m-%d %H:%M:%S} UTC, rate now {row['rate_factor']:.0%}. "
                f"{reason}",
            )
    until: datetime = row["blocked_until"]
    return until


def recover(provider: str, *, tokens: int = 0) -> None:
    """Note a good answer, of so many tokens: it ends a probe and lets a cut rate grow back."""
    for row in sql.rows("recover", provider=provider, tokens=tokens):
        if row["probed"]:
            note(provider, "unblocked", f"the probe was answered, rate {row['rate_factor']:.0%}")
        elif row["rate_before"] < 1 <= row["rate_factor"]:
            note(provider, "recovered", "the rate is back at 100%")


def pause_for_fault(provider: str, *, fault: str, message: str) -> None:
    """Pause a lane for a fault of the account: nothing fails, staff must look."""
    paused = Provider.objects.filter(key=provider, paused_at=None).update(
        paused_at=Now(), paused_by="queue", paused_reason=message[:500] or fault, fault=fault[:60]
    )
    if paused:
        note(provider, "paused", f"{fault}: {message}")
