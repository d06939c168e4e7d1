"""The keeper: a thread of our `qcluster` that rescues, sweeps, and asks for drains when work waits.

It also notices a cluster whose slots take nothing any more, and says so to the command.
"""

import threading
import time

import structlog
from django.db import DatabaseError, InterfaceError, connection

from queueproject.queue import batches, drains, rescue, retention, workers
from queueproject.queue.models import DrainRequest, Worker

log = structlog.get_logger(__name__)

EVERY_SECONDS = 2.0
SWEEP_EVERY_SECONDS = 10.0
PRUNE_EVERY_SECONDS = 600.0
WEDGED_AFTER_SECONDS = 20.0


class Keeper:
    """Rescues every two seconds and sees to it that somebody works while work is due."""

    def __init__(self, *, slots: int, cluster: str) -> None:
        self.slots = slots
        self.cluster = cluster
        self.wedged = threading.Event()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="keeper", daemon=True)
        self._untaken_since: float | None = None

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(timeout=5)

    def _run(self) -> None:
        workers.limit_sessions(lock_seconds=5)
        next_sweep = next_prune = 0.0
        while not self._stop.is_set():
            try:
                worker = workers.register(role=Worker.KEEPER, cluster=self.cluster, slots=self.slots)
                heartbeat = workers.Heartbeat(
                    worker.pk, workers.Tally(), interval_seconds=5, watch_parent=False
                )
                next_beat = 0.0
                while not self._stop.wait(EVERY_SECONDS) and not heartbeat.lost.is_set():
                    if time.monotonic() >= next_beat:
                        heartbeat.beat()
                        next_beat = time.monotonic() + heartbeat.interval_seconds
                    self.keep()
                    if time.monotonic() >= next_sweep:
                        batches.sweep()
                        retention.sweep_reservations()
                        next_sweep = time.monotonic() + SWEEP_EVERY_SECONDS
                    if time.monotonic() >= next_prune:
                        retention.prune()
                        next_prune = time.monotonic() + PRUNE_EVERY_SECONDS
                workers.sign_off(worker.pk, reason="stopped")
            except (DatabaseError, InterfaceError) as error:
                log.warning("keeper_lost_database", error=type(error).__name__)
                connection.close()
                self._stop.wait(1.0)
        connection.close()

    def keep(self) -> None:
        """Do one round: rescue, ask for drains, look whether anybody takes what was asked for."""
        rescue.rescue_dead()
        drains.request_if_needed(reason="keeper")
        self._watch()

    def _watch(self) -> None:
        """Notice slots that take no request although none of them is busy: a killed one holds their lock."""
        mine = Worker.objects.filter(role=Worker.DRAIN, cluster=self.cluster, status__in=["active", "idle"])
        untaken = DrainRequest.objects.filter(taken_at=None).exists()
        if not untaken or mine.exists():
            self._untaken_since = None
            return
        now = time.monotonic()
        self._untaken_since = self._untaken_since or now
        if now - self._untaken_since > WEDGED_AFTER_SECONDS:
            self._untaken_since = None
            self.wedged.set()
