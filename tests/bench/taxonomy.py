"""Taxonomy: an analysis through a real cluster, from its start to its result, and what that holds."""

import threading
import time
from collections.abc import Iterator

import psutil
from django.db import connection
from django.utils import timezone

from scoring.taxonomy.models import Analysis, Node, Project
from scoring.taxonomy.services import start_analysis
from scoring.taxonomy.synthetic import make_up_metrics
from tests.bench import sql
from tests.bench.cluster import run_cluster
from tests.bench.figures import Figure

FEW_NODES = 4_203
BAR_SECONDS = 10.0
BAR_MEGABYTES = 256.0
BAR_GROWTH = 1.3
BAR_MEMORY_GROWTH = 1.15
PATIENCE_SECONDS = 900.0
LOOK_EVERY_SECONDS = 0.02


def measure(*, jobs: int, workers: int) -> Iterator[Figure]:
    """Hold a tree of a real shop's size against what it may take, then one of `jobs` nodes.

    The larger one may take as many times the seconds of the smaller, and no more memory.
    """
    few = min(FEW_NODES, jobs)
    small = make_tree("small", few)
    large = make_tree("large", jobs) if jobs > few else None
    with run_cluster(slots=workers) as cluster:
        analyse(make_tree("warm", 200))
        with peak_megabytes(cluster.pid) as usual:
            first, *again = [analyse(small) for _ in range(3)]
        yield Figure(f"taxonomy_{few}", min(first, *again), "s", BAR_SECONDS, bar=1, at_most=True)
        yield Figure(f"taxonomy_{few}_memory", usual[0], "MB", BAR_MEGABYTES, bar=1, at_most=True)
        if large is None:
            return
        with peak_megabytes(cluster.pid) as peak:
            took = analyse(large)
        # Both write every row for the first time.
        proportional = first * jobs / few
        yield Figure(f"taxonomy_{jobs}", took, "s", proportional, bar=BAR_GROWTH, at_most=True)
        yield Figure(f"taxonomy_{jobs}_memory", peak[0], "MB", BAR_MEGABYTES, bar=1, at_most=True)
        yield Figure(
            f"taxonomy_{jobs}_memory_growth", peak[0], "MB", usual[0], bar=BAR_MEMORY_GROWTH, at_most=True
        )


def make_tree(name: str, nodes: int) -> Project:
    """Store a tree of roots with hundred leaves each, with four weeks of made-up figures."""
    project = Project.objects.create(name=name)
    roots = Node.objects.bulk_create(
        Node(project=project, external_id=f"r{number}", title=f"Root {number}", path=f"Root {number}")
        for number in range(0, nodes, 100)
    )
    leaves = (
        Node(
            project=project,
            parent=roots[number // 100],
            external_id=f"n{number}",
            title=f"Leaf {number}",
            path=f"Root {number // 100 * 100} > Leaf {number}",
            depth=2,
            product_count=number % 50,
        )
        for number in range(nodes)
        if number % 100
    )
    Node.objects.bulk_create(leaves, batch_size=5_000)
    make_up_metrics(project)
    with connection.cursor() as cursor:
        cursor.execute(sql.text("analyze"))
    return project


def analyse(project: Project) -> float:
    """Return the seconds from the start of a full analysis to its result."""
    began = time.perf_counter()
    analysis = start_analysis(project, type="full_analysis", actor="bench")
    while not Analysis.objects.filter(pk=analysis.pk, finished_at__lte=timezone.now()).exists():
        if time.perf_counter() - began > PATIENCE_SECONDS:
            raise SystemExit("the analysis did not end in time")
        time.sleep(LOOK_EVERY_SECONDS)
    took = time.perf_counter() - began
    analysis.refresh_from_db()
    if analysis.state != "completed" or (analysis.result or {}).get("failed"):
        raise SystemExit(f"the analysis ended as {analysis.state}: {analysis.result}")
    return took


class peak_megabytes:  # noqa: N801  read as what it yields
    """Measure the largest resident memory of any one process of a tree while a block runs."""

    def __init__(self, pid: int) -> None:
        self._root = psutil.Process(pid)
        self._over = threading.Event()
        self._peak = [0.0]
        self._watcher = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> list[float]:
        self._watcher.start()
        return self._peak

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._watcher.join()

    def _watch(self) -> None:
        while not self._over.wait(0.1):
            for process in [self._root, *self._root.children(recursive=True)]:
                try:
                    self._peak[0] = max(self._peak[0], process.memory_info().rss / 1e6)
                except psutil.NoSuchProcess:
                    continue
