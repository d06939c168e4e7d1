"""django-q2's ORM broker, by docs/configure.rst and docs/brokers.rst.

- `bulk`: messages taken a call, said to improve performance; `queue_limit` raised with it
- `save_limit` of -1: successes are not saved; `poll` lowered from 0.2 s, for how soon an idle cluster looks
- no recycling of workers; one cluster of one worker a process; it has no call for many jobs, so they share a
  transaction
"""

import logging
from importlib import import_module
from typing import Any

from tests.bench import stamps
from tests.bench.runners.django_settings import configure
from tests.bench.runners.protocol import run, url

BULK = 50
CLUSTER = {
    "name": "bench",
    "orm": "default",
    "workers": 1,
    "bulk": BULK,
    "queue_limit": 2 * BULK,
    "save_limit": -1,
    "poll": 0.01,
    "recycle": 1_000_000,
    "timeout": 60,
    "retry": 120,
    "scheduler": False,
    "log_level": "ERROR",
}


def noop(n: int) -> None:
    return None


def send_stamp(number: int, address: str) -> None:
    stamps.send(address, number)


class DjangoQ2:
    """Its client and its worker."""

    def __init__(self) -> None:
        configure(url(), "django_q", Q_CLUSTER=CLUSTER)
        logging.getLogger("django-q").setLevel(logging.ERROR)

    def setup(self) -> None:
        import_module("django.core.management").call_command("migrate", verbosity=0)

    def work(self) -> None:
        import_module("django.core.management").call_command("qcluster", verbosity=0)

    def enqueue(self, jobs: int) -> None:
        put: Any = import_module("django_q.tasks").async_task
        with import_module("django.db.transaction").atomic():
            for n in range(jobs):
                put("tests.bench.runners.django_q2.noop", n)

    def enqueue_stamped(self, number: int, address: str) -> None:
        put: Any = import_module("django_q.tasks").async_task
        put("tests.bench.runners.django_q2.send_stamp", number, address)

    def is_empty(self) -> bool:
        return not import_module("django_q.models").OrmQ.objects.exists()

    def clear(self) -> None:
        import_module("django_q.models").OrmQ.objects.all().delete()


if __name__ == "__main__":
    run(DjangoQ2())
