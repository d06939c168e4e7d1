"""Real processes for tests: clusters and the sandbox, on the test's own database."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

import psutil
from django.db import connection

ROOT = Path(__file__).resolve().parent.parent


def database_url() -> str:
    """Return the URL of the database this test runs on."""
    found = connection.settings_dict
    options = found.get("OPTIONS", {})  # where a URL's query ends up
    host, port = (
        quote(str(found["HOST"] or options.get("host", "")), safe=""),
        found["PORT"] or options.get("port"),
    )
    return f"postgresql://{found['USER']}@/{found['NAME']}?host={host}" + (f"&port={port}" if port else "")


def environment(*, settings: str = "queueproject.settings", **more: str) -> dict[str, str]:
    """Return the environment a process of ours needs to work on the test's database."""
    return {
        **os.environ,
        "DATABASE_URL": database_url(),
        "DJANGO_SETTINGS_MODULE": settings,
        "DEBUG": "1",
        "ENV_FILE": os.devnull,
        "LOG_LEVEL": "WARNING",
        "PYTHONPATH": str(ROOT),
        **more,
    }


class Cluster:
    """One `manage.py qcluster` and its children."""

    def __init__(self, *, slots: int, env: dict[str, str]) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", "qcluster", "--slots", str(slots)],
            cwd=ROOT,
            env=env,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )

    def tree(self) -> list[psutil.Process]:
        with suppress(psutil.NoSuchProcess):
            parent = psutil.Process(self.process.pid)
            return [parent, *parent.children(recursive=True)]
        return []

    def kill_all(self) -> None:
        """Kill -9 every process of the cluster, as a machine that loses power would."""
        doomed = self.tree()
        for process in doomed:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        self.process.wait(10)
        psutil.wait_procs(doomed, timeout=10)

    def stop(self, *, within: float = 40) -> float:
        """Send SIGTERM and return how many seconds the cluster took to end."""
        began = time.monotonic()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(within)
        return time.monotonic() - began


@contextmanager
def run_cluster(*, slots: int = 2, **env: str) -> Iterator[Cluster]:
    """Run a cluster on the test's database; nothing of it is left afterwards."""
    cluster = Cluster(slots=slots, env=environment(**env))
    try:
        yield cluster
        cluster.stop()
    finally:
        cluster.kill_all()


def wait_for(condition: Callable[[], object], *, seconds: float, what: str) -> float:
    """Wait until a condition holds; return how long it took; raise AssertionError when it does not come."""
    began = time.monotonic()
    while not condition():
        if time.monotonic() - began > seconds:
            raise AssertionError(f"{what}: not within {seconds:g} s")
        time.sleep(0.05)
    return time.monotonic() - began
