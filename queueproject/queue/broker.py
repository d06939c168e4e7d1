"""django-q2's ORM broker, as a cluster that shares its queue with others needs it."""

import os
import time
from typing import Any

import structlog
from django.db import DatabaseError, InterfaceError, connection
from django_q.brokers.orm import ORM
from django_q.conf import Conf

from queueproject.queue.models import Worker
from queueproject.queue.states import LIVE_WORKER

log = structlog.get_logger(__name__)

AWAY_SECONDS = 1.0


class Broker(ORM):  # type: ignore[misc]  # django-q2 has no types
    """Takes a task only when this cluster has a slot for it, and survives a restart of the database.

    The plain one takes two more than its slots run, and a request for a drain then waits in this
    cluster's memory while another has slots to spare; and where the database is away, it stands
    still for ten seconds.
    """

    def dequeue(self) -> Any:
        try:
            if not self._has_idle_slot():
                time.sleep(Conf.POLL)
                return None
            return super().dequeue()
        except (DatabaseError, InterfaceError) as error:
            log.warning("broker_away", error=type(error).__name__)
            connection.close()
            time.sleep(AWAY_SECONDS)
            return None

    def _has_idle_slot(self) -> bool:
        mine = Worker.objects.filter(
            role=Worker.DRAIN, cluster=os.environ.get("QUEUE_CLUSTER", ""), status__in=LIVE_WORKER
        )
        return bool(mine.count() < Conf.WORKERS)
