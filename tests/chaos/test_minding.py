"""What a keeper concludes from the processes of its cluster."""

import os
import subprocess
import sys
import time
from datetime import timedelta

import pytest
from django.utils import timezone

from queueproject.queue import workers
from queueproject.queue.enqueue import enqueue
from queueproject.queue.minding import Minder
from queueproject.queue.models import Job, Provider, Worker

pytestmark = pytest.mark.chaos

LOOKS = 30


def register(*, pid: int, silent_seconds: float = 0) -> Worker:
    worker = workers.register(cluster="mine")
    beaten_at = timezone.now() - timedelta(seconds=silent_seconds)
    Worker.objects.filter(pk=worker.pk).update(pid=pid, heartbeat_at=beaten_at)
    return worker


def test_a_drain_whose_process_is_gone_or_runs_another_is_buried_at_once(lane: Provider) -> None:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait(20)
    gone, ended = register(pid=process.pid), register(pid=os.getpid())
    running, elsewhere = register(pid=os.getpid()), workers.register(cluster="another")
    Worker.objects.filter(pk=elsewhere.pk).update(pid=process.pid)
    Minder("mine").mind()
    live = Worker.objects.filter(status="active")
    assert set(live) == {running, elsewhere}
    assert {gone.pk, ended.pk} == set(Worker.objects.filter(status="stopped").values_list("pk", flat=True))


@pytest.mark.parametrize("busy", [True, False])
def test_a_silent_drain_is_spoken_for_only_while_its_process_works(lane: Provider, busy: bool) -> None:
    code = "while True: pass" if busy else "import time; time.sleep(60)"
    process = subprocess.Popen([sys.executable, "-c", code])
    try:
        silent = register(pid=process.pid, silent_seconds=300)
        enqueue("chaos.local", {"n": 1})
        Job.objects.update(
            state="processing", worker_id=silent.pk, lease_token=1, claimed_at=timezone.now(), attempts=1
        )
        minder = Minder("mine")
        minder.mind()
        # Where much else runs, a look may find that even the busy one got less than a tenth of a processor.
        for _ in range(LOOKS if busy else 1):
            time.sleep(2)
            minder.mind()
            silent.refresh_from_db()
            spoken_for = silent.heartbeat_at > timezone.now() - timedelta(seconds=60)
            if spoken_for:
                break
        assert spoken_for == busy
    finally:
        process.kill()
        process.wait(20)
