"""django-tasks-db, by its README: one `db_worker` a process.

- `--interval 0.01`: how long an idle worker waits before it looks again, 1 s by default; `--no-startup-delay`
- it has no call for many jobs, so they share a transaction
"""

from importlib import import_module
from importlib.util import find_spec
from typing import Any

from tests.bench import stamps
from tests.bench.runners.django_settings import configure
from tests.bench.runners.protocol import run, url

INTERVAL_SECONDS = 0.01


def noop(n: int) -> None:
    return None


def send_stamp(number: int, address: str) -> None:
    stamps.send(address, number)


class Tasks:
    """Its tasks, made once Django is loaded; a worker finds them by the names they have in this module."""

    noop: Any
    send_stamp: Any


def load() -> None:
    """Load Django and turn this module's functions into tasks."""
    # Django 6 has the interface built in, and older ones have it from the package django-tasks.
    built_in = find_spec("django.tasks") is not None
    apps = ["django_tasks_db"] if built_in else ["django_tasks", "django_tasks_db"]
    configure(url(), *apps, TASKS={"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}})
    package: Any = import_module("django.tasks" if built_in else "django_tasks")
    module: Any = import_module("tests.bench.runners.django_tasks_db")
    for name in ("noop", "send_stamp"):
        setattr(module, name, package.task()(getattr(module, name)))
        setattr(Tasks, name, getattr(module, name))


class DjangoTasksDb:
    """Its client and its worker."""

    def __init__(self) -> None:
        load()

    def setup(self) -> None:
        import_module("django.core.management").call_command("migrate", verbosity=0)

    def work(self) -> None:
        import_module("django.core.management").call_command(
            "db_worker", interval=INTERVAL_SECONDS, startup_delay=False, reload=False, verbosity=0
        )

    def enqueue(self, jobs: int) -> None:
        with import_module("django.db.transaction").atomic():
            for n in range(jobs):
                Tasks.noop.enqueue(n)

    def enqueue_stamped(self, number: int, address: str) -> None:
        Tasks.send_stamp.enqueue(number, address)

    def _rows(self) -> Any:
        return import_module("django_tasks_db.models").DBTaskResult.objects

    def is_empty(self) -> bool:
        return not self._rows().filter(status__in=["READY", "RUNNING"]).exists()

    def clear(self) -> None:
        self._rows().all().delete()


if __name__ == "__main__":
    run(DjangoTasksDb())
