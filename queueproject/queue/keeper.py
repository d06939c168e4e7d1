"""The keeper: a thread of our `qcluster` that rescues, sweeps, and asks for drains when work waits.

It also notices a cluster whose slots take nothing any more, and says so to the command.
"""

import threading
import time
from contextlib import suppress
from datetime import timedelta

import structlog
from django.db import DatabaseError, InterfaceError, connection
from django.db.models.functions import Now

from queueproject.queue import batches, drains, minding, reranks, rescue, retention, workers
from queueproject.queue.models import DrainRequest, Worker

log = structlog.get_logger(__name__)

EVERY_SECONDS = 2.0
SWEEP_EVERY_SECONDS = 10.0
PRUNE_EVERY_SECONDS = 600.0
WEDGED_AFTER_SECONDS = min(20.0, drains.LEASE_SECONDS)


class Keeper:
    """Rescues every two seconds and sees to it that somebody works while work is due."""

    def __init__(self, *, slots: int, cluster: str) -> None:
        self.slots = slots
        self.cluster = cluster
        self.wedged = threading.Event()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="keeper", daemon=True)
        self._untaken_since: float | None = None
        self._heartbeat: workers.Heartbeat | None = None
        self._minder = minding.Minder(cluster)
        self._next_beat = self._next_sweep = self._next_prune = 0.0

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(timeout=5)

    def _run(self) -> None:
        workers.limit_sessions(lock_seconds=5)
        while not self._stop.is_set():
            try:
                if self._heartbeat is None or self._heartbeat.lost.is_set():
                    self._heartbeat = self._register()
                self._do_what_is_due(self._heartbeat)
            except Exception as error:  # noqa: BLE001  nobody else rescues, sweeps and asks where no drain lives
                log.warning("keeper_stumbled", error=repr(error))
                connection.close()
            self._stop.wait(EVERY_SECONDS)
        if self._heartbeat is not None:
            with suppress(DatabaseError, InterfaceError):
                workers.sign_off(self._heartbeat.worker_id, reason="stopped")
        connection.close()

    def _register(self) -> workers.Heartbeat:
        worker = workers.register(role=Worker.KEEPER, cluster=self.cluster, slots=self.slots)
        return workers.Heartbeat(worker.pk, workers.Tally(), interval_seconds=5, watch_parent=False)

    def _do_what_is_due(self, heartbeat: workers.Heartbeat) -> None:
        """Beat, keep, sweep and prune; what raised is due again at its own time."""
        now = time.monotonic()
        if now >= self._next_beat:
            self._next_beat = now + heartbeat.interval_seconds
            heartbeat.beat()
        self.keep()
        if now >= self._next_sweep:
            self._next_sweep = now + SWEEP_EVERY_SECONDS
            batches.sweep()
            reranks.go_on()
            retention.sweep_reservations()
        if now >= self._next_prune:
            # A great many go by a second's worth a round, so that the rescue does not wait for them.
            self._next_prune = now + (PRUNE_EVERY_SECONDS if retention.prune().is_through else 0)

    def keep(self) -> None:
        """Do one round: mind its own, rescue, ask for drains, look whether anybody takes them."""
        self._minder.mind()
        rescue.rescue_dead()
        drains.request_if_needed(reason="keeper")
        self._watch()

    def _watch(self) -> None:
        """Notice slots that take no request although none of them is busy: a killed one holds their lock."""
        mine = Worker.objects.filter(role=Worker.DRAIN, cluster=self.cluster, status__in=["active", "idle"])
        # Asked again every ten seconds while work is due: an older one was lost on its way and tells nothing.
        fresh = Now() - timedelta(seconds=drains.PATIENCE_SECONDS + 2 * EVERY_SECONDS)
        # What another cluster has in hand tells of that one.
        untaken = DrainRequest.objects.filter(
            taken_at=None, requested_at__gt=fresh, cluster__in=["", self.cluster]
        )
        if not untaken.exists() or mine.exists():
            self._untaken_since = None
            return
        now = time.monotonic()
        self._untaken_since = self._untaken_since or now
        if now - self._untaken_since > WEDGED_AFTER_SECONDS:
            self._untaken_since = None
            untaken.filter(cluster=self.cluster).delete()  # lost with it, and asked for anew
            self.wedged.set()
