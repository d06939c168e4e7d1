"""What a slot of django-q2 does on our behalf: catch SIGTERM, and tell its drain to wind up."""

import signal
from typing import Any

from django.dispatch import receiver
from django_q.signals import post_spawn

from queueproject.queue import drain


@receiver(post_spawn, dispatch_uid="queue.catch_sigterm")
def catch_sigterm(**_: Any) -> None:
    """Turn SIGTERM into a flag: a signal that killed an idle slot would take the queue's lock with it."""
    signal.signal(signal.SIGTERM, lambda *_: drain.STOP.set())
