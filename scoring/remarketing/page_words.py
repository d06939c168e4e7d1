"""How pages of remarketing write moments; pure."""

from datetime import datetime, timedelta

from django.utils import timezone


def describe_end(ends_at: datetime, *, now: datetime) -> str:
    """Write when something ends in clock time, with the day unless it is today."""
    local, today = timezone.localtime(ends_at), timezone.localtime(now).date()
    at = f"{local:%H:%M} {local:%Z}".strip()
    if local.date() == today:
        return f"today at {at}"
    day = f"{local:%A %-d %B}"
    return f"tomorrow, {day}, at {at}" if local.date() == today + timedelta(days=1) else f"{day} at {at}"
