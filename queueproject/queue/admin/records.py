"""Settings and the audit. Settings are edited on the console's page."""

from django.contrib import admin

from queueproject.queue.admin.base import ReadOnlyAdmin
from queueproject.queue.models import Audit, Setting


@admin.register(Setting)
class SettingAdmin(ReadOnlyAdmin[Setting]):
    """Overrides of defaults."""

    list_display = ("key", "provider", "value", "updated_at", "updated_by")
    ordering = ("key", "provider")


@admin.register(Audit)
class AuditAdmin(ReadOnlyAdmin[Audit]):
    """Who did what."""

    list_display = ("at", "actor", "action", "target", "count", "reason", "before", "after")
    ordering = ("-at", "-pk")
    search_fields = ("=actor", "=target", "=action")
    search_help_text = "Who, what, or to what, as written."
