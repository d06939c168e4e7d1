"""The taxonomy's JSON API: jobs to start, watch, cancel and retry, and opportunities, the best first."""

from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import HttpRequest
from django.urls import reverse
from ninja import Body, Query, Router, Status
from pydantic import Field

from queueproject.api.auth import require
from queueproject.api.problems import PROBLEMS, ApiProblem
from queueproject.api.schemas import LARGEST_ID, Limit, Offset, Success, Text, find_id, show_page
from scoring.taxonomy import services
from scoring.taxonomy.api_answers import show_job, show_opportunity, show_summary
from scoring.taxonomy.api_schemas import (
    JobAnswer,
    JobList,
    NewJob,
    NodeList,
    NodeOutcome,
    OpportunityList,
    Type,
)
from scoring.taxonomy.models import Analysis, Project
from scoring.taxonomy.models.words import AnalysisState
from scoring.taxonomy.selectors import rank_opportunities, read_slice
from scoring.taxonomy.services.finishing import show_result

router = Router(tags=["taxonomy"])

VIEW = "taxonomy.view_analysis"
VIEW_OPPORTUNITIES = "taxonomy.view_opportunity"
ANALYSE = "taxonomy.analyse"

ProjectName = Annotated[
    Text, Field(min_length=1, max_length=200, description="A project's number or its name.")
]
Search = Annotated[Text, Field(max_length=200)]
State = Literal["pending", "processing", "completed", "failed", "cancelled"]


def _answers(status: int, model: Any) -> dict[Any, Any]:
    return {status: model, **PROBLEMS}


def _get_job(job_id: UUID) -> Analysis:
    found = Analysis.objects.select_related("project").defer("node_ids").filter(pk=job_id).first()
    if found is None:
        raise ApiProblem(404, "Job not found")
    return found


def _get_project(text: str | int, *, field: str) -> Project:
    """Return the project of this number, else of this name."""
    pk = text if isinstance(text, int) else find_id(text)
    found = None if pk is None else Project.objects.filter(pk=pk).first()
    if found is None and isinstance(text, str):
        found = Project.objects.find_by_name(text)
    if found is None:
        raise ApiProblem(404, "Project not found", field=field, reason="no project has this number or name")
    return found


@router.post("/jobs", response=_answers(201, JobAnswer), by_alias=True, url_name="jobs", exclude_none=False)
def create_job(request: HttpRequest, job: Annotated[NewJob, Body()]) -> Any:
    """Start a job over all nodes of a project."""
    user = require(request, ANALYSE)
    project = _get_project(job.project_id, field="projectId")
    try:
        analysis = services.start_analysis(project, type=job.type, options=job.options, user=user)
    except services.AnalysisRefused as refused:
        raise ApiProblem(400, str(refused), field=refused.field, reason=refused.reason) from refused
    return Status(201, show_job(analysis))


@router.get("/jobs", response=_answers(200, JobList), by_alias=True)
def list_jobs(
    request: HttpRequest,
    project: ProjectName | None = None,
    type: Type | None = None,  # noqa: A002  the name callers know
    status: State | None = None,
    limit: Limit = 50,
    offset: Offset = 0,
) -> Any:
    """List jobs, the newest first."""
    require(request, VIEW)
    found = Analysis.objects.defer("node_ids").order_by("-created_at")
    if project is not None:
        found = found.filter(project=_get_project(project, field="project"))
    if type:
        found = found.filter(type=type)
    if status:
        failed = (AnalysisState.FAILED, AnalysisState.CANCELLED)
        found = found.filter(state__in=failed) if status == "failed" else found.filter(state=status)
    total = found.count()
    query = {"project": project, "type": type, "status": status, "limit": limit, "offset": offset + limit}
    return JobList(
        items=[show_summary(each) for each in found[offset : offset + limit]],
        total=total,
        next=show_page(reverse("api:jobs"), query) if offset + limit < total else None,
    )


@router.get("/jobs/{job_id}", response=_answers(200, JobAnswer), by_alias=True, url_name="job")
def get_job(request: HttpRequest, job_id: UUID) -> Any:
    """Say how far a job is, and at its end what it came to."""
    require(request, VIEW)
    return show_job(_get_job(job_id))


@router.delete("/jobs/{job_id}", response=_answers(200, Success), by_alias=True)
def cancel_job(request: HttpRequest, job_id: UUID) -> Any:
    """Cancel a job that is pending or processing."""
    user = require(request, ANALYSE)
    if not services.cancel_analysis(_get_job(job_id), actor=user.get_username()):
        raise ApiProblem(400, "Job cannot be cancelled", field="jobId", reason="it is over")
    return Success()


@router.post("/jobs/{job_id}/retry", response=_answers(201, JobAnswer), by_alias=True, url_name="retry_job")
def retry_job(request: HttpRequest, job_id: UUID) -> Any:
    """Start a job of the failed nodes alone, on the day and by the choices of the first."""
    user = require(request, ANALYSE)
    try:
        analysis = services.retry_failed(_get_job(job_id), user=user)
    except (services.NothingToRetry, services.StillRunning) as refused:
        raise ApiProblem(400, str(refused), field="jobId", reason=str(refused)) from refused
    return Status(201, show_job(analysis))


@router.get("/jobs/{job_id}/nodes", response=_answers(200, NodeList), by_alias=True, url_name="list_nodes")
def list_nodes(
    request: HttpRequest,
    job_id: UUID,
    status: Literal["fulfilled", "rejected"] | None = None,
    after: Annotated[int, Query(ge=0, le=LARGEST_ID, description="The nodeId the page begins after.")] = 0,
    limit: Limit = 100,
) -> Any:
    """List what was found for each node, by node; pages do not shift while the job runs."""
    require(request, VIEW)
    analysis = _get_job(job_id)
    found = analysis.node_results.select_related("node").filter(node_id__gt=after).order_by("node_id")
    if status:
        found = found.filter(succeeded=status == "fulfilled")
    rows = list(found[: limit + 1])
    more = len(rows) > limit
    query = {"status": status, "after": rows[limit - 1].node_id if more else None, "limit": limit}
    return NodeList(
        items=[NodeOutcome.model_validate(show_result(row)) for row in rows[:limit]],
        next=show_page(reverse("api:list_nodes", args=[analysis.pk]), query) if more else None,
    )


@router.get(
    "/opportunities", response=_answers(200, OpportunityList), by_alias=True, url_name="opportunities"
)
def list_opportunities(
    request: HttpRequest,
    project: ProjectName,
    min_score: Annotated[int | None, Query(alias="minScore", ge=0, le=100)] = None,
    priority: Annotated[int | None, Query(ge=1, le=5, description="1 is critical, 5 very low.")] = None,
    status: Literal["optimized", "needs_work", "critical", "no_data"] | None = None,
    search: Search = "",
    limit: Limit = 100,
    offset: Offset = 0,
) -> Any:
    """List a project's opportunities, the highest score first."""
    require(request, VIEW_OPPORTUNITIES)
    filters: dict[str, Any] = {
        "min_score": min_score,
        "priority": priority,
        "status": status,
        "search": search,
    }
    found = rank_opportunities(_get_project(project, field="project"), **filters)
    total = found.count()
    query = {"project": project, "minScore": min_score, "priority": priority, "status": status}
    query |= {"search": search, "limit": limit, "offset": offset + limit}
    page = read_slice(found, offset, offset + limit)
    return OpportunityList(
        items=[show_opportunity(each, rank=offset + place) for place, each in enumerate(page, start=1)],
        total=total,
        next=show_page(reverse("api:opportunities"), query) if offset + limit < total else None,
    )


@router.get("/opportunities/top", response=_answers(200, OpportunityList), by_alias=True)
def list_top_opportunities(
    request: HttpRequest,
    project: ProjectName,
    limit: Limit = 10,
) -> Any:
    """List the best of a project's opportunities that have data."""
    require(request, VIEW_OPPORTUNITIES)
    found = rank_opportunities(_get_project(project, field="project")).filter(confidence__gt=0)
    top = read_slice(found, 0, limit)
    items = [show_opportunity(each, rank=place) for place, each in enumerate(top, start=1)]
    return OpportunityList(items=items, total=len(items), next=None)
