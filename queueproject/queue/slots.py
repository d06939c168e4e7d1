"""What a slot of django-q2 does on our behalf: start lean, wind up on SIGTERM, not outlive its cluster."""

import ctypes
import gc
import os
import signal
import sys
from typing import Any

from django.dispatch import receiver
from django_q.signals import post_spawn

from queueproject.queue import drain

PR_SET_PDEATHSIG = 1


@receiver(post_spawn, dispatch_uid="queue.catch_sigterm")
def catch_sigterm(**_: Any) -> None:
    """Turn SIGTERM into a flag: a signal that killed an idle slot would take the queue's lock with it."""
    sentinel = os.getppid()

    def wind_up(*_: Any) -> None:
        drain.STOP.set()
        if os.getppid() != sentinel and not drain.is_running():
            os._exit(0)

    signal.signal(signal.SIGTERM, wind_up)
    _on_parents_death(signal.SIGTERM)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})


@receiver(post_spawn, dispatch_uid="queue.spare_loaded_code")
def spare_loaded_code(**_: Any) -> None:
    """Keep the garbage collector off what was loaded before the fork.

    A look through all of it takes 0.1 s, and came every few thousand jobs.
    """
    gc.freeze()


def protect_child() -> None:
    """Keep a forked process of the cluster from a SIGTERM sent to the whole group, as init systems do.

    The command stops its cluster in order; one that died holding a lock of django-q2's would hang it.
    A process whose parent is killed dies with it (Linux; elsewhere a drain's heartbeat notices).
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    _on_parents_death(signal.SIGKILL)


def _on_parents_death(number: signal.Signals) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, number)
