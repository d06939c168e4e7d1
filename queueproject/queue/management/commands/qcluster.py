"""`manage.py qcluster`: django-q2's cluster, with a keeper beside it and a quick stop."""

import os
import signal
import sys
import threading
import time
import uuid
from contextlib import suppress
from typing import Any

import psutil
from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.db import DatabaseError, InterfaceError, connection, connections
from django_q.cluster import Cluster

from queueproject.queue.keeper import Keeper
from queueproject.queue.models import Worker
from queueproject.queue.slots import protect_child
from queueproject.queue.states import LIVE_WORKER

STOP_WITHIN_SECONDS = 30.0
IDLE_STOP_SECONDS = 3.0


class Command(BaseCommand):
    help = (
        "Run workers until Ctrl-C or SIGTERM. Start it on as many hosts as you like: they share one queue. "
        "QUEUE_SLOTS says how many drains this cluster runs at once. "
        "On SIGTERM unstarted jobs go back at once; running ones finish or go back within the grace period."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--slots", type=int, default=None, help="drains at once (default: QUEUE_SLOTS, 2)"
        )

    def handle(self, *args: Any, slots: int | None, **options: Any) -> None:
        from django_q.conf import Conf

        if slots is not None:
            Conf.WORKERS = slots
        os.environ["QUEUE_CLUSTER"] = uuid.uuid4().hex[:12]
        os.register_at_fork(after_in_child=protect_child)
        stop = threading.Event()
        while not stop.is_set():
            self._run_cluster(stop, slots=Conf.WORKERS)

    def _run_cluster(self, stop: threading.Event, *, slots: int) -> None:
        """Run one cluster until it is told to stop, dies, or is wedged."""
        connections.close_all()
        cluster = Cluster()
        cluster.start()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        keeper = Keeper(slots=slots, cluster=os.environ["QUEUE_CLUSTER"])
        keeper.start()
        self.stdout.write(
            f"Cluster of {slots} slots on {settings.DATABASES['default']['NAME']}. Stop it with Ctrl-C."
        )
        try:
            while not stop.wait(0.2) and not keeper.wedged.is_set() and cluster.sentinel.is_alive():
                continue
            keeper.stop()
            if stop.is_set():
                self._stop(cluster)
            else:
                self.stderr.write("The cluster takes no work any more: starting another in its place.")
                _kill_tree(cluster.sentinel.pid)
        finally:
            keeper.stop()

    def _stop(self, cluster: Cluster) -> None:
        """Tell the drains first, then the cluster; what does not end in time is killed."""
        for process in _children(cluster.sentinel.pid):
            _signal(process, signal.SIGTERM)
        cluster.stop_event.set()
        if _wait_for_end(cluster):
            return
        _kill_tree(cluster.sentinel.pid)
        if _count_drains():
            self.stderr.write(
                f"Killed what had not stopped after {STOP_WITHIN_SECONDS:g} s; its jobs will be rescued."
            )
            sys.exit(1)


def _wait_for_end(cluster: Cluster) -> bool:
    """Wait for a cluster that was told to stop; False when it does not end, or has nothing to end for.

    A slot killed with a lock of django-q2's in its hands makes the cluster wait for idle ones for ever.
    """
    deadline = time.monotonic() + STOP_WITHIN_SECONDS
    idle_since: float | None = None
    while time.monotonic() < deadline:
        cluster.sentinel.join(0.2)
        if not cluster.sentinel.is_alive():
            return True
        idle_since = None if _count_drains() else idle_since or time.monotonic()
        if idle_since and time.monotonic() - idle_since > IDLE_STOP_SECONDS:
            return False
    return False


def _count_drains() -> int:
    """Return how many drains of this cluster live; 1 where the database cannot tell."""
    try:
        return Worker.objects.filter(
            role=Worker.DRAIN, cluster=os.environ["QUEUE_CLUSTER"], status__in=LIVE_WORKER
        ).count()
    except (DatabaseError, InterfaceError):
        connection.close()
        return 1


def _children(pid: int) -> list[psutil.Process]:
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def _signal(process: psutil.Process, number: int) -> None:
    try:
        if is_slot(process.pid):
            process.send_signal(number)
    except psutil.NoSuchProcess:
        return


def is_slot(pid: int) -> bool:
    """Return whether a process catches SIGTERM: slots do, django-q2's monitor and pusher would die of it."""
    try:
        with open(f"/proc/{pid}/status") as status:  # noqa: PTH123
            caught = next((line.split()[1] for line in status if line.startswith("SigCgt:")), "0")
    except OSError:
        return False
    return bool(int(caught, 16) >> (signal.SIGTERM - 1) & 1)


def _kill_tree(pid: int | None) -> None:
    if pid is None:
        return
    doomed = _children(pid)
    with suppress(psutil.NoSuchProcess):
        doomed.append(psutil.Process(pid))
    for process in doomed:
        try:
            process.kill()
        except psutil.NoSuchProcess:
            continue
    psutil.wait_procs(doomed, timeout=5)
    time.sleep(0.1)
