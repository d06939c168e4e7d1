"""Start, cancel and retry analyses: what pages, API and command do."""

from array import array
from collections.abc import Iterable, Iterator
from typing import Any, Final

from django.contrib.auth.models import User
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from queueproject.queue.batches import cancel_batch, start_batch
from queueproject.queue.enqueue import NewJob, enqueue_many
from queueproject.queue.models import Batch
from queueproject.queue.states import BatchState
from scoring.taxonomy import kinds
from scoring.taxonomy.models import Analysis, Node, NodeMetric, Project
from scoring.taxonomy.models.words import AnalysisState, AnalysisType
from scoring.taxonomy.rules.choices import ChoiceRefused
from scoring.taxonomy.services.finishing import CANCELLED, OPEN, close
from scoring.taxonomy.services.options import RETRY_OPTIONS, AnalysisOptions

NODES_READ_AT_ONCE: Final = 5_000


class AnalysisRefused(ValueError):
    """Nothing was started: which field stands in the way, and why."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason


class NothingToRetry(Exception):
    """No node of the analysis failed."""

    def __init__(self, message: str = "No failed items to retry") -> None:
        super().__init__(message)


class StillRunning(Exception):
    """The analysis has not ended: more of its nodes may fail."""

    def __init__(self, message: str = "Job is still running") -> None:
        super().__init__(message)


def start_analysis(
    project: Project,
    *,
    type: str,  # noqa: A002  the word of the API and of the row
    options: AnalysisOptions | None = None,
    user: User | None = None,
    actor: str = "",
    nodes: Iterable[Node | int] | None = None,
    parent: Analysis | None = None,
) -> Analysis:
    """Store an analysis and enqueue its chunks as one batch; one of no nodes is completed at once.

    `nodes` narrows it to some of the project's; a `parent` lends it day and choices. Raises AnalysisRefused
    before anything is written.
    """
    if type not in AnalysisType.values:
        raise AnalysisRefused("type", f"{type!r} is none of {', '.join(AnalysisType.values)}")
    chosen = options or AnalysisOptions()
    wanted = None if nodes is None else sorted({each if isinstance(each, int) else each.pk for each in nodes})
    with transaction.atomic():
        analysis = Analysis(
            project=project,
            type=type,
            options=chosen.as_dict(),
            parent=parent,
            node_ids=wanted,
            created_by=user,
            actor=actor or (user.get_username() if user else ""),
            **_choose(project, parent),
        )
        node_ids = _list_nodes(project, wanted)
        analysis.total_nodes = len(node_ids)
        analysis.save()
        if node_ids:
            _enqueue(analysis, node_ids, chosen)
        else:
            close(analysis, state=AnalysisState.COMPLETED, error="", now=timezone.now())
            analysis.refresh_from_db()
    return analysis


def _choose(project: Project, parent: Analysis | None) -> dict[str, Any]:
    if parent is not None:
        return {"as_of": parent.as_of, "choices": parent.choices}
    try:
        choices = project.choices.as_dict()
    except ChoiceRefused as refused:
        raise AnalysisRefused(refused.field, refused.reason) from refused
    return {"as_of": project.as_of or NodeMetric.objects.find_newest_day(project), "choices": choices}


def _list_nodes(project: Project, wanted: list[int] | None) -> "array[int]":
    """Return the numbers of the nodes, parents before their children; read in parts, eight bytes each."""
    nodes = Node.objects.filter(project=project)
    if wanted is not None:
        nodes = nodes.filter(pk__in=wanted)
    rows = nodes.order_by("depth", "pk").values_list("pk", flat=True)
    found = array("q", rows.iterator(chunk_size=NODES_READ_AT_ONCE))
    if wanted is not None and len(found) < len(wanted):
        missing = sorted(set(wanted) - set(found))[:3]
        raise AnalysisRefused("nodes", f"not of this project: {', '.join(map(str, missing))}")
    return found


def _enqueue(analysis: Analysis, node_ids: "array[int]", options: AnalysisOptions) -> None:
    with start_batch(
        kind=kinds.ANALYSE_CHUNK,
        label=f"{analysis.get_type_display()}: {analysis.project}",
        priority=analysis.project.priority,
        created_by=analysis.created_by,
        actor=analysis.actor,
        options={"analysis": str(analysis.pk), "type": analysis.type, **options.as_dict()},
        url=reverse("taxonomy:analysis", args=[analysis.pk]),
        max_in_flight=options.concurrency,
        finish_kind=kinds.FINISH_ANALYSIS,
    ) as batch:
        analysis.batch_number = batch.pk
        analysis.save(update_fields=["batch_number"])
        jobs = _make_jobs(analysis, node_ids, size=options.batch_size)
        enqueue_many(kinds.ANALYSE_CHUNK, jobs, batch=batch, priority=batch.priority)


def _make_jobs(analysis: Analysis, node_ids: "array[int]", *, size: int) -> Iterator[NewJob]:
    subject = str(analysis.pk)
    for begin in range(0, len(node_ids), size):
        chunk = node_ids[begin : begin + size].tolist()
        yield NewJob(
            payload={"analysis_id": subject, "node_ids": chunk}, subject_id=subject, units=len(chunk)
        )


def cancel_analysis(analysis: Analysis, *, actor: str) -> bool:
    """Cancel an analysis that is pending or processing; False when it is over or just ended.

    Its jobs are cancelled first, so that by the time it says so, nothing more is written for it.
    """
    analysis.refresh_from_db()
    if analysis.state not in OPEN or analysis.batch_number is None:
        return False
    cancel_batch(analysis.batch_number, actor=actor, reason=CANCELLED)
    if not Batch.objects.filter(pk=analysis.batch_number, state=BatchState.CANCELLED).exists():
        return False
    with transaction.atomic():
        Analysis.objects.select_for_update(no_key=True).get(pk=analysis.pk)
        close(analysis, state=AnalysisState.CANCELLED, error=CANCELLED, now=timezone.now())
    analysis.refresh_from_db()
    return True


def retry_failed(analysis: Analysis, *, user: User | None = None, actor: str = "") -> Analysis:
    """Start an analysis of the failed nodes alone, on the day and by the choices of the first.

    Raises StillRunning, and NothingToRetry when no node failed.
    """
    analysis.refresh_from_db()
    if analysis.state in OPEN:
        raise StillRunning
    failed = list(analysis.node_results.filter(succeeded=False).values_list("node_id", flat=True))
    if not failed:
        raise NothingToRetry
    return start_analysis(
        analysis.project,
        type=analysis.type,
        options=RETRY_OPTIONS,
        user=user,
        actor=actor,
        nodes=failed,
        parent=analysis,
    )
