"""A real cluster: `manage.py qcluster` as production runs it, on the benchmark's database."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from queueproject.queue.models import Worker

ROOT = Path(__file__).resolve().parent.parent.parent
WITHIN_SECONDS = 60.0


class ClusterDied(SystemExit):
    """The cluster ended, or its drains did not; its own words stand above."""


@contextmanager
def run_cluster(*, slots: int) -> Iterator[subprocess.Popen[bytes]]:
    """Start a cluster, wait until its keeper lives, and stop it at the end."""
    cluster = subprocess.Popen(
        [sys.executable, "manage.py", "qcluster", "--slots", str(slots)],
        cwd=ROOT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "tests.bench.settings", "PYTHONPATH": str(ROOT)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    try:
        wait_for_live(cluster, role=Worker.KEEPER, count=1)
        yield cluster
    finally:
        cluster.send_signal(signal.SIGTERM)
        try:
            cluster.wait(WITHIN_SECONDS + 10)
        except subprocess.TimeoutExpired:
            cluster.kill()
            cluster.wait()


def wait_for_live(cluster: subprocess.Popen[bytes], *, role: str, count: int) -> None:
    """Wait until just so many workers of a role live."""
    deadline = time.monotonic() + WITHIN_SECONDS
    while Worker.objects.filter(role=role, stopped_at=None).count() != count:
        if cluster.poll() is not None:
            raise ClusterDied(f"the cluster ended with code {cluster.returncode}")
        if time.monotonic() > deadline:
            raise ClusterDied(f"not {count} live workers ({role}) within {WITHIN_SECONDS:g} s")
        time.sleep(0.02)
