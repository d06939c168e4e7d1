"""How pages write numbers, times, states and JSON; and the bar on top of every page."""

from datetime import datetime
from typing import Any

from django import template
from django.contrib.auth.models import AnonymousUser
from django.template import Context
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString

from queueproject.console import bar, services
from queueproject.console.actions import Action
from queueproject.console.words import (
    NEAR_SECONDS,
    age,
    bounds,
    capped,
    change,
    clock,
    duration,
    pretty,
    thousands,
    value_words,
    words,
)
from queueproject.queue.selectors.activity import find_activity
from queueproject.queue.selectors.failures import FailureGroup

register = template.Library()

for write in (thousands, capped, duration, clock, words, pretty, value_words, bounds):
    register.filter(write.__name__, write)
register.simple_tag(change)


@register.filter
@register.filter
@register.filter
def _moment(value: datetime, words: str) -> SafeString:
    local = timezone.localtime(value)
    return format_html(
        '<time datetime="{}" title="{}">{}</time>', local.isoformat(), f"{local:%Y-%m-%d %H:%M:%S %Z}", words
    )


@register.filter
def ago(value: datetime | None) -> SafeString | str:
    """Write how long ago a moment was; its date and time stand in the title."""
    if value is None:
        return "–"
    return _moment(value, f"{age((timezone.now() - value).total_seconds())} ago")


@register.filter
def until(value: datetime | None) -> SafeString | str:
    """Write how long a moment is off, and its clock time."""
    if value is None:
        return "–"
    seconds = (value - timezone.now()).total_seconds()
    if seconds <= 0:
        return _moment(value, "now")
    length = age(seconds) if seconds > NEAR_SECONDS else duration(max(1, int(seconds)))
    return _moment(value, f"in {length} ({clock(value)})")


@register.filter
@register.filter
@register.simple_tag
def badge(state: object, text: str = "") -> SafeString:
    """Draw a state as a small label, coloured by its class."""
    return format_html('<span class="q-badge q-is-{}">{}</span>', state, text or words(state))


@register.filter
@register.filter
@register.filter
@register.simple_tag
@register.simple_tag
def failed_list_url(group: FailureGroup, batch: int | str = "") -> str:
    """Return the list of the jobs in a group of failures."""
    return f"{reverse('admin:queue_job_changelist')}?{urlencode(_group(group, batch) | {'state': 'failed'})}"


@register.simple_tag
def retry_group_url(group: FailureGroup, batch: int | str = "") -> str:
    """Return the page that asks before a group of failures is tried again."""
    if batch:
        url = reverse("console:act_on_batch", args=[batch, "retry-failed"])
        return f"{url}?{urlencode({'fingerprint': group.fingerprint})}"
    return f"{reverse('console:retry_group')}?{urlencode(_group(group, batch))}"


def _group(group: FailureGroup, batch: int | str) -> dict[str, str]:
    words = {"fingerprint": group.fingerprint, "provider": group.provider, "kind": group.kind}
    return words | ({"batch": str(batch)} if batch else {})


@register.inclusion_tag("console/parts/button.html", takes_context=True)
def action_button(
    context: Context, action: Action, url: str, back: str = "", about: str = ""
) -> dict[str, Any]:
    """Draw the button of an action: a form, or a link to its confirmation page when it asks first."""
    return {
        "action": action,
        "url": url,
        "back": back,
        "about": about,
        "permitted": context["perms"].user.has_perm(action.permission),
        "csrf_token": context.get("csrf_token"),
    }


@register.inclusion_tag("console/parts/activity.html", takes_context=True)
def activity_bar(context: Context) -> dict[str, Any]:
    """Draw what runs on every page for those who may see it, and tell once what of theirs has ended."""
    user = context["user"] if "user" in context else AnonymousUser()
    if not (user.is_active and user.is_staff and user.has_perm("queue.view_batch")):
        return {"activity": None}
    activity = find_activity(user)
    told = services.tell_ended([progress.batch.pk for progress in activity.ended])
    return {**bar.describe(activity), "told": [each for each in activity.ended if each.batch.pk in told]}
