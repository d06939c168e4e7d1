"""Somebody who kills processes at random moments, and watches how long each lease of the dead is kept."""

import os
import random
import time
from collections import Counter
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from signal import SIGKILL

import psutil

from queueproject.queue.models import Job, Worker
from tests.chaos.world import start_cluster
from tests.processes import Cluster


@dataclass
class Killer:
    """Kills slots mostly, now and then a whole cluster or only its parent, which are started again."""

    stack: ExitStack
    clusters: list[Cluster] = field(default_factory=list)
    kills: Counter[str] = field(default_factory=Counter)
    mourned: dict[int, float] = field(default_factory=dict)
    slowest_recovery: float = 0.0

    def start(self) -> None:
        self.clusters.append(self.stack.enter_context(start_cluster()))

    def kill(self) -> None:
        """Kill something; what was killed whole is started again at once."""
        cluster = random.choice(self.clusters)
        what = random.choices(["slot", "cluster", "parent"], weights=[8, 1, 1])[0]
        self.kills[what] += 1
        if what == "slot":
            self._kill_one(cluster)
            return
        tree = {process.pid for process in cluster.tree()}
        self.clusters.remove(cluster)
        if what == "cluster":
            cluster.kill_all()
            self._mourn(tree)
        else:  # its slots release what they hold, and end
            cluster.process.kill()
            cluster.process.wait(10)
        self.start()

    def _kill_one(self, cluster: Cluster) -> None:
        """Kill a slot at work or an idle one, or one of django-q2's own processes."""
        below = cluster.tree()[2:]
        if not below:
            return
        process = random.choice(below)
        with suppress(psutil.NoSuchProcess):
            os.kill(process.pid, SIGKILL)
            self._mourn({process.pid})

    def _mourn(self, pids: set[int]) -> None:
        held = Job.objects.filter(state="processing").values_list("worker_id", flat=True)
        for worker in Worker.objects.filter(pk__in=set(held), pid__in=pids, role="drain"):
            self.mourned[worker.pk] = time.monotonic()

    def watch(self) -> None:
        """Note which of the dead hold nothing any more, and how long that took."""
        if not self.mourned:
            return
        held = Job.objects.filter(state="processing", worker_id__in=list(self.mourned))
        still = set(held.values_list("worker_id", flat=True))
        for worker in set(self.mourned) - still:
            self.slowest_recovery = max(self.slowest_recovery, time.monotonic() - self.mourned.pop(worker))
