"""Workers: registering, the heartbeat, and the end of a process that hangs or was orphaned."""

import os
import socket
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import structlog
from django.db import Error, connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.functions import Now

from queueproject import __version__
from queueproject.queue import sql
from queueproject.queue.drains import LEASE_SECONDS
from queueproject.queue.models import Worker
from queueproject.queue.states import LIVE_WORKER, WorkerStatus

log = structlog.get_logger(__name__)

SELF_FENCE_SECONDS = LEASE_SECONDS * 0.75
STARVED_SECONDS = 5.0
"""A worker that could not beat for so long gives its leases up before anybody takes them."""

IDLE_IN_TRANSACTION_SECONDS = min(20.0, LEASE_SECONDS)
"""A host frozen in the middle of a claim keeps its lanes and jobs locked no longer than this."""

ANSWER_SECONDS = 1.0
"""A beat that has only just been asked for may yet be answered."""


@dataclass
class Tally:
    """What a worker did so far; written with each heartbeat."""

    status: str = WorkerStatus.ACTIVE
    current_work: str = ""
    processed: int = 0
    busy_seconds: float = 0
    errors: int = 0
    rate_limits: int = 0


def limit_sessions(*, lock_seconds: float = 0.8) -> None:
    """Bound what this process's database sessions may hold, so that a frozen host holds nothing for long.

    The lock timeout lies below Postgres's deadlock timeout of a second: in a quarrel over locks with
    staff it is the worker that yields, and tries again with its next settle.
    """
    options = (
        f"-c statement_timeout=30000 -c lock_timeout={int(lock_seconds * 1000)} "
        f"-c idle_in_transaction_session_timeout={int(IDLE_IN_TRANSACTION_SECONDS * 1000)} "
        # The server's own ends: without them it waits minutes for a host that vanished while it was answered.
        "-c tcp_user_timeout=25000 -c tcp_keepalives_idle=10 -c tcp_keepalives_interval=5"
    )
    connections.settings["default"].setdefault("OPTIONS", {})["options"] = options
    connection.settings_dict.setdefault("OPTIONS", {})["options"] = options
    # With DEBUG Django keeps each session's last 9,000 statements: a hundred megabytes where they write much.
    BaseDatabaseWrapper.queries_limit = 0
    connection.queries_log = deque(maxlen=0)
    connection.close()


def register(*, role: str = Worker.DRAIN, cluster: str = "", slots: int = 0) -> Worker:
    """Enter a worker; its number is its identity, whatever host and pid it has."""
    return Worker.objects.create(
        role=role,
        host=socket.gethostname(),
        pid=os.getpid(),
        cluster=cluster,
        slots=slots,
        version=__version__,
    )


def sign_off(worker_id: int, *, reason: str, status: str = WorkerStatus.STOPPED) -> None:
    """Note that a worker stopped by itself; one declared dead before stays as it was.

    What it had started stays named: should it still hold that, the rescue counts it.
    """
    Worker.objects.filter(pk=worker_id, status__in=LIVE_WORKER).update(
        status=status, stopped_at=Now(), stop_reason=reason[:200], current_work=""
    )


class Heartbeat:
    """A thread with a connection of its own, so that no work can starve it."""

    def __init__(
        self,
        worker_id: int,
        tally: Tally,
        *,
        interval_seconds: float,
        overdue: Callable[[], str] = lambda: "",
        watch_parent: bool = True,
    ) -> None:
        self.worker_id = worker_id
        self.tally = tally
        self.beat_every(interval_seconds)
        self.lost = threading.Event()
        self.orphaned = threading.Event()
        self._overdue = overdue
        self._parent = os.getppid() if watch_parent else None
        self._stopped = threading.Event()
        self._last = time.monotonic()
        self._asking_since: float | None = None
        self._thread = threading.Thread(target=self._run, name="heartbeat", daemon=True)

    def beat_every(self, seconds: float) -> None:
        """Beat so often from the next beat on; three times in a lease at the least."""
        self.interval_seconds = min(seconds, LEASE_SECONDS / 3)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        self._thread.join(timeout=5)

    @property
    def is_healthy(self) -> bool:
        """Whether the lease is sure: beaten lately, and nobody declared this worker dead.

        Where the thread did not even ask, because a handler let no other thread run, this one asks itself.
        """
        if self.lost.is_set():
            return False
        now = time.monotonic()
        if now - self._last < SELF_FENCE_SECONDS:
            return True
        return self.beat() if self._asking_since is None else now - self._asking_since < ANSWER_SECONDS

    def _run(self) -> None:
        looked_at = time.monotonic()
        next_beat = looked_at + self.interval_seconds
        try:
            while not self._stopped.wait(min(1.0, self.interval_seconds)):
                before, looked_at = looked_at, time.monotonic()
                self._look_around(was_starved=looked_at - before > STARVED_SECONDS)
                if time.monotonic() >= next_beat:
                    next_beat = time.monotonic() + (self.interval_seconds if self.beat() else 1.0)
        finally:
            connection.close()

    def _look_around(self, *, was_starved: bool = False) -> None:
        """Notice a cluster that is gone and a main loop that hangs.

        What kept this thread from running kept the main loop too: it has until the next look to go on.
        """
        if self._parent is not None and os.getppid() != self._parent:
            self.orphaned.set()
        if not was_starved and (reason := self._overdue()):
            log.critical("worker_hangs", worker=self.worker_id, reason=reason)
            try:
                sign_off(self.worker_id, reason=reason, status=WorkerStatus.ERROR)
            finally:
                os._exit(70)

    def beat(self) -> bool:
        """Write one heartbeat; False when the database could not be reached."""
        started = time.monotonic()
        self._asking_since = self._asking_since or started
        try:
            alive = sql.rows("beat", worker=self.worker_id, **vars(self.tally))
        except Error as error:
            connection.close()
            log.warning("heartbeat_failed", worker=self.worker_id, error=type(error).__name__)
            if time.monotonic() - self._last > SELF_FENCE_SECONDS:
                self.lost.set()
            return False
        if not alive:
            self.lost.set()
        self._last, self._asking_since = started, None
        return True
