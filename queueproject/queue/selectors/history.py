"""Who changed what, and what happened to a provider."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from queueproject.queue.models import Audit, ProviderEvent


@dataclass(frozen=True)
class Event:
    """One line of a time line, from the audit or from the provider's events."""

    at: datetime
    verb: str
    detail: str
    actor: str
    before: Any = None
    after: Any = None


def find_audit(target: str, *, most: int = 20) -> list[Audit]:
    """List what was done to one thing, newest first; one query."""
    return list(Audit.objects.filter(target=target).order_by("-at", "-pk")[:most])


SETTING_ACTIONS = ("change setting", "clear setting")


def find_setting_changes(*, most: int = 30) -> list[Audit]:
    """List the changes of settings, newest first; one query."""
    return list(Audit.objects.filter(action__in=SETTING_ACTIONS).order_by("-at", "-pk")[:most])


def find_timeline(provider: str, *, most: int = 30) -> list[Event]:
    """Put a provider's events and the changes of its settings on one time line, newest first; two queries.

    What staff do to the provider itself is among its events, with who did it.
    """
    events = ProviderEvent.objects.filter(provider_id=provider).order_by("-at", "-pk")[:most]
    changes = Audit.objects.filter(action__in=SETTING_ACTIONS, target__endswith=f" ({provider})")
    lines = [Event(each.at, each.verb, each.detail, each.actor) for each in events]
    lines += [
        Event(each.at, each.target, each.reason, each.actor, each.before, each.after)
        for each in changes.order_by("-at", "-pk")[:most]
    ]
    return sorted(lines, key=lambda line: line.at, reverse=True)[:most]
