"""Kill a busy slot on the way, and measure how long its jobs take to be done by somebody else."""

import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from queueproject.queue.models import Batch, Job, Worker
from queueproject.queue.states import LIVE_WORKER, State


@dataclass
class Killing:
    """One slot killed as soon as the batch is under way; call `look` again and again."""

    find_pids: Callable[[], set[int]]
    tell: Callable[[str], None]
    pid: int | None = None
    worker_id: int | None = None
    killed_at: float = 0.0
    job_ids: list[int] = field(default_factory=list)
    rescued_after: float | None = None
    recovered_after: float | None = None

    def look(self, batch: Batch) -> None:
        """Kill when some of the batch is done and some slot is busy; later, see whether its jobs went on."""
        if self.worker_id is None:
            if batch.completed_units:
                self._kill_one(batch)
        elif self.rescued_after is None:
            held = Job.objects.filter(worker_id=self.worker_id, state=State.PROCESSING)
            if not held.exists():
                self.rescued_after = time.monotonic() - self.killed_at
                self.tell(f"Its {len(self.job_ids)} jobs were rescued after {self.rescued_after:.1f} s.")
        if self.rescued_after is not None and self.recovered_after is None:
            undone = Job.objects.filter(pk__in=self.job_ids).exclude(state=State.COMPLETED)
            if not undone.exists():
                self.recovered_after = time.monotonic() - self.killed_at

    def _kill_one(self, batch: Batch) -> None:
        pids = self.find_pids()
        held = Job.objects.filter(batch=batch, state=State.PROCESSING)
        for worker in Worker.objects.filter(role=Worker.DRAIN, status__in=LIVE_WORKER, pid__in=pids):
            job_ids = list(held.filter(worker=worker).values_list("pk", flat=True))
            if not job_ids:
                continue
            os.kill(worker.pid, signal.SIGKILL)
            self.killed_at = time.monotonic()
            self.pid, self.worker_id = worker.pid, worker.pk
            # Again: what it finished between the two looks is not in its hand.
            self.job_ids = list(held.filter(worker=worker).values_list("pk", flat=True)) or job_ids
            self.tell(f"Killed a slot (kill -9 {worker.pid}) with {len(self.job_ids)} jobs in hand.")
            return
