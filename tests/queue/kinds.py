"""Kinds and a lane for the queue's own tests; what a handler does is looked up when it runs."""

from collections.abc import Callable
from typing import Any

from pydantic import BaseModel, ConfigDict

from queueproject.queue.outcomes import Complete, Outcome
from queueproject.queue.registry import (
    BudgetDefault,
    JobContext,
    ProviderSpec,
    handler,
    register_provider,
)

LANE = "testlane"


class Number(BaseModel):
    """Payload of the tests' kinds."""

    model_config = ConfigDict(extra="forbid")
    n: int = 0
    group: str = ""


Acts = dict[str, Callable[..., Any]]

acts: Acts = {}
"""What the kinds do; a test puts a function here and takes it away again (fixture `act`)."""


@handler("tests.noop", payload=Number, providers=("local", LANE), subject_type="number")
def noop(job: JobContext) -> Outcome:
    return acts["noop"](job) if "noop" in acts else Complete()


@handler("tests.call", payload=Number, providers=(LANE, "local"), subject_type="number", timeout_seconds=5)
def call(job: JobContext) -> Outcome:
    if "call" in acts:
        outcome: Outcome = acts["call"](job)
        return outcome
    job.permit.spend().answered(status=200)
    return Complete()


@handler(
    "tests.grouped",
    payload=Number,
    providers=(LANE, "local"),
    many=5,
    group_by="group",
    subject_type="number",
)
def grouped(jobs: list[JobContext]) -> dict[int, Outcome]:
    if "grouped" in acts:
        outcomes: dict[int, Outcome] = acts["grouped"](jobs)
        return outcomes
    jobs[0].permit.spend().answered(status=200)
    return {job.id: Complete() for job in jobs}


class BatchEnd(BaseModel):
    model_config = ConfigDict(extra="forbid")
    batch_id: int
    finish: int


@handler("tests.batch_end", payload=BatchEnd)
def batch_end(job: JobContext) -> Outcome:
    return acts["batch_end"](job) if "batch_end" in acts else Complete()


SPEC = register_provider(
    ProviderSpec(
        key=LANE,
        label="Test lane",
        budgets=(BudgetDefault(limit=100), BudgetDefault(currency="tokens")),
        max_in_flight=10,
        first_block_seconds=4,
        longest_block_seconds=64,
        zone="America/Los_Angeles",
    )
)
