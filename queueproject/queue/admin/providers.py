"""Providers, their budgets, ledgers and time lines. Limits are edited on the console's page of a provider."""

from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from queueproject.queue.admin.base import ReadOnlyAdmin, badge
from queueproject.queue.admin.filters import ProviderFilter
from queueproject.queue.models import Budget, Ledger, Provider, ProviderEvent


def page_link(key: str) -> SafeString:
    """Link to the console's page of a provider."""
    return format_html('<a href="{}">{}</a>', reverse("console:provider", args=[key]), key)


@admin.register(Provider)
class ProviderAdmin(ReadOnlyAdmin[Provider]):
    """Lanes."""

    list_display = (
        "page",
        "label",
        "state_badge",
        "max_in_flight",
        "min_interval_seconds",
        "rate_factor",
        "blocked_until",
        "paused_by",
    )
    list_display_links = None
    ordering = ("key",)

    @admin.display(description="provider", ordering="key")
    def page(self, provider: Provider) -> SafeString:
        return page_link(provider.key)

    @admin.display(description="state")
    def state_badge(self, provider: Provider) -> SafeString:
        if provider.paused_at:
            return badge("fault", provider.fault.replace("_", " ")) if provider.fault else badge("paused")
        return badge("probing") if provider.probing else badge("open")


@admin.register(Budget)
class BudgetAdmin(ReadOnlyAdmin[Budget]):
    """Limits per window."""

    list_display = ("id", "page", "currency", "window_words", "kind", "zone", "limit", "guard_seconds")
    list_filter = (ProviderFilter,)
    ordering = ("provider", "currency", "window_seconds")

    @admin.display(description="provider", ordering="provider")
    def page(self, budget: Budget) -> SafeString:
        return page_link(budget.provider_id)


@admin.register(Ledger)
class LedgerAdmin(ReadOnlyAdmin[Ledger]):
    """What was spent, hour by hour."""

    list_display = ("hour", "page", "currency", "allowed", "spent", "refused")
    list_filter = (ProviderFilter,)
    ordering = ("-hour", "provider", "currency")

    @admin.display(description="provider", ordering="provider")
    def page(self, row: Ledger) -> SafeString:
        return page_link(row.provider_id)


@admin.register(ProviderEvent)
class ProviderEventAdmin(ReadOnlyAdmin[ProviderEvent]):
    """What happened to lanes."""

    list_display = ("at", "page", "verb", "detail", "actor")
    list_filter = (ProviderFilter,)
    ordering = ("-at", "-pk")

    @admin.display(description="provider", ordering="provider")
    def page(self, event: ProviderEvent) -> SafeString:
        return page_link(event.provider_id)
