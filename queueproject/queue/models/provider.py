"""Lanes: an outside party, account and model that share limits, and how much of it may be asked."""

from typing import ClassVar
from zoneinfo import available_timezones

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now


class Provider(models.Model):
    """One lane. Rows come from `register_provider` after a migration and are never deleted."""

    key = models.CharField(max_length=60, primary_key=True)
    label = models.CharField(max_length=120)
    metered = models.BooleanField(
        default=True, help_text="Calls somebody outside: has budgets, threads and blocks. `local` is not."
    )
    max_in_flight = models.PositiveIntegerField(
        default=10, help_text="Calls (or groups) that may be under way at once, over all workers."
    )
    max_concurrent_workers = models.PositiveIntegerField(
        null=True, blank=True, help_text="Workers that may hold jobs of this lane at once. Empty: any number."
    )
    min_interval_seconds = models.FloatField(
        default=0, help_text="Least time from one call's start to the next, over all workers. 0: none."
    )
    next_call_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="When that interval lets the next call start."
    )
    paused_at = models.DateTimeField(null=True, blank=True)
    paused_by = models.CharField(max_length=150, blank=True)
    paused_reason = models.TextField(blank=True)
    fault = models.CharField(
        max_length=60,
        blank=True,
        help_text="The account's fault that paused it, such as bad_key; empty when staff did.",
    )
    blocked_until = models.DateTimeField(null=True, blank=True)
    blocked_at = models.DateTimeField(null=True, blank=True)
    block_seconds = models.FloatField(
        default=0, help_text="Length of the last block without a hint; doubles."
    )
    rate_factor = models.FloatField(
        default=1, help_text="Share of the limits in use: cut by a 429, grows back with answers."
    )
    probing = models.BooleanField(default=False, help_text="After a block one call goes first.")
    clock = models.FloatField(help_text="Lane time, seconds since 1970: now while the lane keeps up.")

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="provider_rate_factor", condition=Q(rate_factor__gte=0.1, rate_factor__lte=1)
            ),
            models.CheckConstraint(name="provider_in_flight", condition=Q(max_in_flight__gte=1)),
            models.CheckConstraint(
                name="provider_interval",
                condition=Q(min_interval_seconds=0)
                | Q(min_interval_seconds__gte=0.001, min_interval_seconds__lte=3600),
            ),
            models.CheckConstraint(
                name="provider_pause_says_why",
                condition=Q(paused_at__isnull=True) | ~Q(paused_reason=""),
            ),
            models.CheckConstraint(
                name="provider_fault_is_a_pause", condition=Q(fault="") | Q(paused_at__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return self.key


class ProviderEvent(models.Model):
    """What happened to a lane: blocks, pauses, probes, changed limits. Its time line."""

    provider = models.ForeignKey(Provider, on_delete=models.CASCADE, related_name="events", db_index=False)
    at = models.DateTimeField(db_default=Now())
    verb = models.CharField(max_length=30)
    detail = models.TextField(blank=True)
    actor = models.CharField(max_length=150, blank=True)

    class Meta:
        # Read by the provider's page: newest first.
        indexes: ClassVar = [models.Index(name="provider_event_timeline", fields=["provider", "-at"])]

    def __str__(self) -> str:
        return f"{self.provider_id} {self.verb}"


LARGEST_LIMIT = 10**12


class Budget(models.Model):
    """How much of a currency a provider may be asked in a window."""

    SLIDING = "sliding"
    CALENDAR = "calendar"
    UNITS: ClassVar = {60: "minute", 3600: "hour", 86400: "day"}

    provider = models.ForeignKey(Provider, on_delete=models.CASCADE, related_name="budgets", db_index=False)
    currency = models.CharField(max_length=20, default="calls")
    window_seconds = models.PositiveIntegerField(default=60)
    kind = models.CharField(
        max_length=10, default=SLIDING, choices=[(SLIDING, SLIDING), (CALENDAR, CALENDAR)]
    )
    zone = models.CharField(max_length=60, default="UTC", help_text="Whose midnight ends a calendar day.")
    limit = models.PositiveBigIntegerField(null=True, blank=True, help_text="Empty: not limited.")
    guard_seconds = models.FloatField(default=0, help_text="Kept free at the edge of the window.")
    used = models.BigIntegerField(
        default=0, editable=False, help_text="Calendar windows: spent since window_started_at."
    )
    window_started_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="budget_once", fields=["provider", "currency", "window_seconds", "kind"]
            ),
            models.CheckConstraint(
                name="budget_limit_positive",
                # What is summed of it over hours must fit a column: beyond, every call of the lane failed.
                condition=Q(limit__isnull=True) | Q(limit__gte=1, limit__lte=LARGEST_LIMIT),
            ),
            models.CheckConstraint(name="budget_window_positive", condition=Q(window_seconds__gte=1)),
            models.CheckConstraint(name="budget_guard", condition=Q(guard_seconds__gte=0)),
            models.CheckConstraint(
                name="budget_calendar_unit",
                condition=Q(kind="sliding") | Q(window_seconds__in=[60, 3600, 86400]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.provider_id}: {self.currency} per {self.window_words}"

    @property
    def window_words(self) -> str:
        return self.UNITS.get(self.window_seconds, f"{self.window_seconds} s")

    def clean(self) -> None:
        if self.zone not in available_timezones():
            raise ValidationError(
                {"zone": f"{self.zone!r} is no time zone; an example is America/Los_Angeles."}
            )
        if self.kind == self.CALENDAR and self.window_seconds not in self.UNITS:
            raise ValidationError(
                {"window_seconds": "A calendar window is a minute (60), an hour (3600) or a day (86400)."}
            )


class BudgetEntry(models.Model):
    """What a claim reserved or a call spent, under its lease token.

    A reservation has no `spent_at`. A spend counts until its answer is a window old: the
    provider saw the call at the latest when it answered, so no sliding window of its own
    can hold more than ours.
    """

    provider = models.ForeignKey(Provider, on_delete=models.CASCADE, related_name="+", db_index=False)
    currency = models.CharField(max_length=20)
    lease_token = models.BigIntegerField()
    worker_id = models.BigIntegerField(null=True)
    amount = models.BigIntegerField()
    reserved_at = models.DateTimeField(db_default=Now())
    spent_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [
            # Read by every grant: what is outstanding, and what was answered within the window.
            models.Index(name="entry_window", fields=["provider", "currency", "answered_at"]),
            # Read by a spend, by the drop after a settle and by rescue: what a lease holds.
            models.Index(name="entry_token", fields=["lease_token"]),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="entry_answer_after_spend",
                condition=Q(answered_at__isnull=True) | Q(spent_at__isnull=False),
            ),
            models.CheckConstraint(name="entry_amount", condition=Q(amount__gte=0)),
        ]

    def __str__(self) -> str:
        return f"{self.provider_id} {self.amount} {self.currency}"


class TokenRatio(models.Model):
    """How many tokens the calls of a kind really took, of those estimated: corrects what is reserved.

    Sums that fade by a tenth with each answer, so that the last ten or so count.
    """

    provider = models.ForeignKey(
        Provider, on_delete=models.CASCADE, related_name="token_ratios", db_index=False
    )
    kind = models.CharField(max_length=100)
    estimated = models.FloatField()
    actual = models.FloatField()
    noted = models.FloatField(default=1, help_text="The ratio the time line last told of.")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(name="token_ratio_once", fields=["provider", "kind"]),
            models.CheckConstraint(name="token_ratio_sums", condition=Q(estimated__gt=0, actual__gte=0)),
        ]

    def __str__(self) -> str:
        return f"{self.kind} on {self.provider_id}: {self.actual / self.estimated:.2f} × its estimate"


class Ledger(models.Model):
    """Per provider, currency and hour (UTC) of the spend: what was allowed, spent and refused.

    `spent` is written before a call is made and corrected after: calls that were answered, or may have come
    to the provider, and the tokens they really took. What provably never left comes off again. A worker
    killed between spend and answer leaves its calls booked, because nobody knows how far they came: so the
    book may say more than the provider counted, by the calls under way at such a moment, and never less.
    """

    provider = models.ForeignKey(Provider, on_delete=models.CASCADE, related_name="ledger", db_index=False)
    currency = models.CharField(max_length=20)
    hour = models.DateTimeField()
    allowed = models.BigIntegerField(
        null=True, help_text="Most the budgets let through in the hour; empty: no limit."
    )
    spent = models.BigIntegerField(default=0)
    refused = models.BigIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(name="ledger_once", fields=["provider", "currency", "hour"]),
            models.CheckConstraint(name="ledger_counts", condition=Q(spent__gte=0, refused__gte=0)),
        ]
        # Read by pruning.
        indexes: ClassVar = [models.Index(name="ledger_hour", fields=["hour"])]

    def __str__(self) -> str:
        return f"{self.provider_id} {self.currency} {self.hour:%Y-%m-%d %H}:00"
