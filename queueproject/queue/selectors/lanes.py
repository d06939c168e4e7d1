"""What each provider's lane looks like now: its budgets, its depth, what stands in its way."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models.functions import Now, TruncHour

from queueproject.queue.grants import BudgetUse
from queueproject.queue.models import Budget, Ledger, Provider
from queueproject.queue.selectors import sql

MOST_COUNTED = 10_001


@dataclass(frozen=True)
class BudgetNow:
    """One budget in its window in force; amounts in its currency."""

    id: int
    currency: str
    window_seconds: int
    window_words: str
    kind: str
    zone: str
    limit: int | None
    allowed: int | None
    spent: int
    reserved: int
    frees_at: datetime | None
    guard_seconds: float
    use: BudgetUse | None = None

    @property
    def used(self) -> int:
        return self.spent + self.reserved

    @property
    def percent(self) -> int:
        return min(100, self.used * 100 // self.allowed) if self.allowed else 0

    @property
    def level(self) -> str:
        """Return how near the end it is: ok, near or full."""
        if not self.allowed or self.used * 10 < self.allowed * 8:
            return "ok"
        return "full" if self.used >= self.allowed else "near"


@dataclass(frozen=True)
class Hour:
    """What the ledger holds of one provider, currency and hour."""

    currency: str
    hour: datetime
    allowed: int | None
    spent: int
    refused: int


@dataclass(frozen=True)
class Depth:
    """Jobs of a lane by state. A count of 10,001 means "more than 10,000"."""

    pending: int = 0
    scheduled: int = 0
    rate_limited: int = 0
    held: int = 0
    processing: int = 0
    failed: int = 0
    done_last_minute: int = 0
    calls_in_flight: int = 0
    oldest_at: datetime | None = None

    @property
    def waiting(self) -> int:
        return self.pending + self.scheduled + self.rate_limited + self.held

    @property
    def in_words(self) -> list[tuple[str, int]]:
        return [
            (word, getattr(self, word))
            for word in ("pending", "scheduled", "rate_limited", "held", "processing", "failed")
        ]


@dataclass(frozen=True)
class Lane:
    """A provider with everything its card shows."""

    provider: Provider
    now: datetime
    budgets: list[BudgetNow]
    depth: Depth
    hour: list[Hour] = field(default_factory=list)

    @property
    def is_blocked(self) -> bool:
        until = self.provider.blocked_until
        return until is not None and until > self.now

    @property
    def status(self) -> str:
        """Return one word for the lane: fault, paused, blocked, probing, slowed or open."""
        provider = self.provider
        if provider.paused_at:
            return "fault" if provider.fault else "paused"
        if self.is_blocked:
            return "blocked"
        if provider.probing:
            return "probing"
        return "slowed" if provider.rate_factor < 1 else "open"

    @property
    def in_flight(self) -> int:
        return self.depth.calls_in_flight if self.provider.metered else self.depth.processing


def find_lanes() -> list[Lane]:
    """Read every lane; four queries."""
    providers = list(Provider.objects.annotate(now=Now()).order_by("-metered", "key"))
    budgets = _find_budgets({provider.key: provider.rate_factor for provider in providers})
    depths = {row.pop("provider"): Depth(**row) for row in sql.rows("count_lanes", most=MOST_COUNTED)}
    hours = _find_hours()
    return [
        Lane(
            provider=provider,
            now=provider.now,
            budgets=budgets[provider.key],
            depth=depths.get(provider.key, Depth()),
            hour=hours[provider.key],
        )
        for provider in providers
    ]


def find_lane(key: str) -> Lane | None:
    """Find one lane; four queries."""
    return next((lane for lane in find_lanes() if lane.provider.key == key), None)


def find_day(key: str, *, currency: str = "calls", now: datetime) -> list[Hour]:
    """Read a provider's last 24 hours of one currency, oldest first, gaps left out; one query."""
    rows = Ledger.objects.filter(
        provider_id=key, currency=currency, hour__gt=now - timedelta(hours=24), hour__lte=now
    ).order_by("hour")
    return [_hour(row) for row in rows]


def _hour(row: Ledger) -> Hour:
    return Hour(
        currency=row.currency, hour=row.hour, allowed=row.allowed, spent=row.spent, refused=row.refused
    )


def _find_budgets(rate_factors: dict[str, float]) -> dict[str, list[BudgetNow]]:
    found: dict[str, list[BudgetNow]] = defaultdict(list)
    for row in sql.rows("read_budgets"):
        limit, window = row["amount_limit"], row["window_seconds"]
        use = None
        if limit is not None:
            use = BudgetUse(
                currency=row["currency"],
                limit=limit,
                window_seconds=window,
                used=row["spent"] + row["reserved"],
                frees_at=row["frees_at"],
            )
        found[row["provider"]].append(
            BudgetNow(
                id=row["id"],
                currency=row["currency"],
                window_seconds=window,
                window_words=Budget.UNITS.get(window, f"{window} s"),
                kind=row["kind"],
                zone=row["zone"],
                limit=limit,
                allowed=use.allowed(rate_factors[row["provider"]]) if use else None,
                spent=row["spent"],
                reserved=row["reserved"],
                frees_at=row["frees_at"],
                guard_seconds=row["guard_seconds"],
                use=use,
            )
        )
    return found


def _find_hours() -> dict[str, list[Hour]]:
    found: dict[str, list[Hour]] = defaultdict(list)
    for row in Ledger.objects.filter(hour=TruncHour(Now())).order_by("currency"):
        found[row.provider_id].append(_hour(row))
    return found
