"""Minding: a keeper sees the processes of its own cluster, and so knows two things no heartbeat tells.

A drain whose process is gone need not be waited for until its lease is over. One whose process works
and says nothing is kept from speaking by its handler: code that never lets another thread run, such
as a bad regular expression. It is spoken for as long as its jobs' timeouts allow.
"""

import os
import time
from dataclasses import dataclass, field

import psutil
import structlog

from queueproject.queue import sql
from queueproject.queue.drains import LEASE_SECONDS
from queueproject.queue.models import Worker
from queueproject.queue.states import LIVE_WORKER

log = structlog.get_logger(__name__)

BUSY_SHARE = 0.1
"""A process that used less of a processor than this waits for something: it could speak if it were well."""


@dataclass
class Minder:
    """What a keeper remembers of its cluster's processes from one look to the next."""

    cluster: str
    _used: dict[int, float] = field(default_factory=dict)
    _looked_at: float = 0.0

    def mind(self) -> None:
        """Bury this cluster's drains whose process is gone; beat for those that cannot."""
        found = Worker.objects.filter(role=Worker.DRAIN, cluster=self.cluster, status__in=LIVE_WORKER)
        drains = list(found.order_by("pk").values_list("pk", "pid"))
        if not drains:
            return
        used = _processor_seconds()  # after the rows: a drain that has one and no process has ended
        latest = {pid: pk for pk, pid in drains}  # a process runs one drain at a time
        gone = [pk for pk, pid in drains if pid not in used or latest[pid] != pk]
        if gone and (buried := sql.rows("bury", workers=gone)):
            log.warning("drains_gone", workers=[row["id"] for row in buried])
        if busy := [latest[pid] for pid in self._find_busy(used) if pid in latest]:
            sql.rows("beat_for", workers=busy, silent_seconds=LEASE_SECONDS / 2)

    def _find_busy(self, used: dict[int, float]) -> list[int]:
        """Return the processes that worked since the last look."""
        now = time.monotonic()
        before, passed = self._used, now - self._looked_at
        self._used, self._looked_at = used, now
        return [
            pid
            for pid, seconds in used.items()
            if pid in before and seconds - before[pid] > BUSY_SHARE * passed
        ]


def _processor_seconds() -> dict[int, float]:
    """Return what this process and each one below it has used of a processor, by pid; none for the dead."""
    used: dict[int, float] = {}
    own = psutil.Process(os.getpid())
    for process in (own, *own.children(recursive=True)):
        try:
            with process.oneshot():
                if process.status() not in (psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD):
                    times = process.cpu_times()
                    used[process.pid] = times.user + times.system
        except psutil.NoSuchProcess:
            continue
    return used
