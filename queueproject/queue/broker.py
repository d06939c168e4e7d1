"""django-q2's ORM broker, as a cluster that shares its queue with others needs it."""

import os
import time
from collections.abc import Iterable
from contextlib import suppress
from datetime import timedelta
from typing import Any

import structlog
from django.db import DatabaseError, InterfaceError, connection
from django.db.models.functions import Now
from django_q.brokers.orm import ORM
from django_q.conf import Conf
from django_q.signing import BadSignature, SignedPackage

from queueproject.queue.drains import PATIENCE_SECONDS, TASK
from queueproject.queue.models import DrainRequest, Worker
from queueproject.queue.states import LIVE_WORKER

log = structlog.get_logger(__name__)

AWAY_SECONDS = 1.0


class Broker(ORM):  # type: ignore[misc]  # django-q2 has no types
    """Takes a task only when this cluster has a slot for it, and survives a restart of the database.

    The plain one takes two more than its slots run, and a request for a drain then waits in this
    cluster's memory while another has slots to spare; and where the database is away, it stands
    still for ten seconds. What is on its way to a slot fills it: asked for four drains at once, one
    of two clusters took all four before its first drain had signed on.
    """

    cluster = property(lambda _: os.environ.get("QUEUE_CLUSTER", ""))

    def dequeue(self) -> Any:
        try:
            if not self._has_idle_slot():
                time.sleep(Conf.POLL)
                return None
            tasks = super().dequeue()
            self._sign_for(tasks or ())
            return tasks
        except (DatabaseError, InterfaceError) as error:
            log.warning("broker_away", error=type(error).__name__)
            connection.close()
            time.sleep(AWAY_SECONDS)
            return None

    def _has_idle_slot(self) -> bool:
        drains_here = Worker.objects.filter(role=Worker.DRAIN, cluster=self.cluster, status__in=LIVE_WORKER)
        coming = DrainRequest.objects.filter(
            cluster=self.cluster, taken_at=None, requested_at__gt=Now() - timedelta(seconds=PATIENCE_SECONDS)
        )
        return bool(drains_here.count() + coming.count() < Conf.WORKERS)

    def _sign_for(self, tasks: Iterable[tuple[int, str]]) -> None:
        """Note that this cluster has these requests in hand."""
        numbers: list[int] = []
        for _, payload in tasks:
            with suppress(TypeError, BadSignature):  # django-q2's pusher refuses it, and says so
                task = SignedPackage.loads(payload)
                numbers += task["args"] if task["func"] == TASK else ()
        DrainRequest.objects.filter(pk__in=numbers).update(cluster=self.cluster)
