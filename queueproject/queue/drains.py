"""How many drains there should be, and asking the clusters for them.

A request is a row of our own: django-q2 only carries it to a slot. One that no slot took within
ten seconds no longer counts, so that a lost task costs ten seconds and nothing else.
"""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from queueproject.queue import claim, conf, grants, sql
from queueproject.queue.models import DrainRequest

log = structlog.get_logger(__name__)

LEASE_SECONDS: float = settings.QUEUE_LEASE_SECONDS
PATIENCE_SECONDS = 10.0
SOON_SECONDS = 3.0
COUNT_UP_TO = 2000
CALLS_A_DRAIN = 20
IN_FLIGHT_A_DRAIN = 4
TASK = "queueproject.queue.drain.run"


@dataclass(frozen=True)
class Crew:
    """Who works now: live drains, the slots of live clusters, requests on their way."""

    drains: int
    slots: int
    requests: int


def count_crew() -> Crew:
    row = sql.rows("count_drains", lease_seconds=LEASE_SECONDS, patience_seconds=PATIENCE_SECONDS)[0]
    return Crew(**row)


def measure_lanes() -> list[dict[str, Any]]:
    """Return per lane what is due (counted up to a bound), whether it is open, and when a budget opens it."""
    overrides = conf.read_all()
    lanes = sql.rows("measure_lanes", most=COUNT_UP_TO)
    uses = claim.budget_uses([lane["key"] for lane in lanes if lane["due"] and lane["metered"]])
    for lane in lanes:
        lane["enabled"] = conf.get("queue_enabled", provider=lane["key"], overrides=overrides)
        lane["frees_at"] = grants.Room(1, lane["rate_factor"], uses.get(lane["key"], ())).frees_at()
    return lanes


def count_wanted(lanes: list[dict[str, Any]], *, batch_size: int, now: datetime | None = None) -> int:
    """Return how many drains the deepest open lane asks for and can feed; pure."""
    wanted = 0
    now = now or timezone.now()
    for lane in lanes:
        if not lane["enabled"] or lane["paused"] or lane["blocked_until"] or not lane["due"]:
            continue
        if lane["frees_at"] and lane["frees_at"] > now + timedelta(seconds=SOON_SECONDS):
            continue
        if lane["metered"]:
            fed = max(1, lane["max_in_flight"] // IN_FLIGHT_A_DRAIN)
            wanted = max(wanted, min(fed, math.ceil(lane["due"] / CALLS_A_DRAIN)))
        else:
            wanted = max(wanted, math.ceil(lane["due"] / batch_size))
    return wanted


def request_if_needed(*, reason: str) -> int:
    """Ask for as many drains as are wanted, fit the slots there are, and are not coming anyway."""
    crew = count_crew()
    slots = max(1, crew.slots)
    if crew.drains + crew.requests >= slots:
        return 0
    wanted = count_wanted(measure_lanes(), batch_size=conf.get("batch_size"), now=sql.value("now"))
    wanted = min(slots, wanted)
    missing = wanted - crew.drains - crew.requests
    if missing <= 0:
        return 0
    log.info(
        "drains_asked", reason=reason, wanted=wanted, live=crew.drains, coming=crew.requests, slots=slots
    )
    return sum(request(reason=reason) for _ in range(missing))


def request(*, reason: str) -> int:
    """Ask the clusters for one drain."""
    from django_q.tasks import async_task  # loads django-q2's models: not before the apps are ready

    with transaction.atomic():
        row = DrainRequest.objects.create(reason=reason)
        async_task(TASK, row.pk, task_name=f"drain {row.pk}", save=False)
    return 1


def take_request(request_id: int) -> bool:
    """Take a request; False when others took all there were."""
    with transaction.atomic():
        return bool(sql.rows("take_request", request=request_id))
