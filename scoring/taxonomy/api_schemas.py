"""The shapes of the taxonomy's API: what callers send, and what they are told, under the names they know."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BeforeValidator, Field, WithJsonSchema

from queueproject.api.schemas import LARGEST_ID, Answer, Request, Text
from scoring.taxonomy.services import AnalysisOptions

Type = Literal["scoring", "revenue", "full_analysis"]
Status = Literal["pending", "processing", "completed", "failed"]


def _read_project_id(value: Any) -> Any:
    """Return a number as the text that it may be given as, too."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    return str(int(value)) if 1 <= value <= LARGEST_ID and value == int(value) else None


ProjectId = Annotated[
    Text,
    Field(min_length=1, max_length=200),
    BeforeValidator(_read_project_id),
    WithJsonSchema(
        {
            "description": "The project's number, as text or number, or its name.",
            "anyOf": [
                {"type": "string", "minLength": 1, "maxLength": 200},
                {"type": "integer", "minimum": 1, "maximum": LARGEST_ID},
            ],
        }
    ),
]


class NewJob(Request):
    """Start a job over all nodes of a project."""

    type: Type
    project_id: ProjectId
    options: AnalysisOptions = AnalysisOptions()


class NodeError(Answer):
    """Why a node failed, after how many retries; the node "job" stands for the job itself."""

    node_id: str
    error: str
    timestamp: datetime | None
    retry_count: int


class NodeOutcome(Answer):
    """What was found for a node."""

    node_id: str
    external_id: str
    path: str
    status: Literal["fulfilled", "rejected"]
    has_data: bool
    score: int | None
    confidence: float | None
    priority: int | None
    factors: dict[str, float]
    revenue_potential: float | None
    projected_lift: float | None
    projected_revenue: float | None
    combined_value: float | None
    error: str | None
    retry_count: int


class Result(Answer):
    """What a job came to, counted per node."""

    total: int
    successful: int
    failed: int
    success_rate: float = Field(description="Percent of the nodes.")
    average_score: float | None = Field(description="Of the nodes with data; null where none was scored.")
    distribution: dict[str, int] = Field(description="Nodes by band of score, and those without data.")
    top_opportunities: list[NodeOutcome]
    total_potential: float = Field(description="Sum of the projected lifts a month.")
    data: list[NodeOutcome] | None = Field(default=None, description="Every node, up to 1,000 of them.")
    data_url: str | None = Field(default=None, description="Where the nodes are listed, page by page.")


class JobAnswer(Answer):
    """A job: how far it is, and at its end what it came to."""

    id: UUID
    type: Type
    project_id: str
    status: Status
    progress: int = Field(ge=0, le=100)
    total_items: int
    processed_items: int
    errors: list[NodeError] = Field(description="The first 1,000; `errorCount` says how many there are.")
    error_count: int
    result: Result | None
    created_at: datetime
    started_at: datetime | None
    completed_at: datetime | None
    options: dict[str, int]
    as_of: date | None
    choices: dict[str, Any] = Field(description="Curve, weights, target, timeframe and season as they were.")
    parent_job_id: UUID | None
    rate_per_second: float | None
    eta_seconds: float | None


class JobSummary(Answer):
    """A job in a list."""

    id: UUID
    type: Type
    project_id: str
    status: Status
    progress: int = Field(ge=0, le=100)
    total_items: int
    processed_items: int
    created_at: datetime
    started_at: datetime | None
    completed_at: datetime | None
    parent_job_id: UUID | None


class JobList(Answer):
    """A page of jobs, the newest first."""

    items: list[JobSummary]
    total: int
    next: str | None


class NodeList(Answer):
    """A page of a job's nodes, by node; `next` is where the next page is."""

    items: list[NodeOutcome]
    next: str | None


class RankedOpportunity(Answer):
    """What is known of a node now."""

    rank: int
    node_id: str
    external_id: str
    path: str
    title: str
    score: int
    priority: int
    confidence: float
    revenue_potential: float
    factors: dict[str, float]
    recommendations: list[dict[str, str]]
    effort: int | None
    label: str
    status: str
    computed_at: datetime
    valid_until: datetime
    as_of: date | None


class OpportunityList(Answer):
    """A page of a project's opportunities, the best first."""

    items: list[RankedOpportunity]
    total: int
    next: str | None
