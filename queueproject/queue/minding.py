"""Minding: a keeper sees the processes of its own cluster, and so knows two things no heartbeat tells.

A drain whose process is gone need not be waited for until its lease is over. One whose process runs
and says nothing may be kept from speaking by its handler: code that never lets another thread run,
such as a bad regular expression. It is spoken for as long as its jobs' timeouts allow.
"""

import os

import psutil
import structlog

from queueproject.queue import sql
from queueproject.queue.drains import LEASE_SECONDS
from queueproject.queue.models import Worker
from queueproject.queue.states import LIVE_WORKER

log = structlog.get_logger(__name__)

NOT_RUNNING = {psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD}
FROZEN = {psutil.STATUS_STOPPED, psutil.STATUS_TRACING_STOP}


def mind_drains(cluster: str) -> None:
    """Bury this cluster's drains whose process is gone; beat for those that cannot."""
    found = Worker.objects.filter(role=Worker.DRAIN, cluster=cluster, status__in=LIVE_WORKER)
    drains = dict(found.values_list("pk", "pid"))
    if not drains:
        return
    statuses = _own_processes()  # after the rows: a drain that has one and no process has ended
    gone = [pk for pk, pid in drains.items() if statuses.get(pid, psutil.STATUS_DEAD) in NOT_RUNNING]
    if gone and (buried := sql.rows("bury", workers=gone)):
        log.warning("drains_gone", workers=[row["id"] for row in buried])
    running = [pk for pk, pid in drains.items() if pk not in gone and statuses[pid] not in FROZEN]
    if running:
        sql.rows("beat_for", workers=running, silent_seconds=LEASE_SECONDS / 2)


def _own_processes() -> dict[int, str]:
    """Return the status of this process and of all below it, by pid."""
    statuses: dict[int, str] = {}
    own = psutil.Process(os.getpid())
    for process in (own, *own.children(recursive=True)):
        try:
            statuses[process.pid] = process.status()
        except psutil.NoSuchProcess:
            continue
    return statuses
