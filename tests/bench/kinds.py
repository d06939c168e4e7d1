"""Kinds the benchmarks run: work that costs nothing, so that the queue's own cost is what shows."""

from pydantic import BaseModel, ConfigDict

from queueproject.queue.enqueue import NewJob
from queueproject.queue.outcomes import Complete, Outcome
from queueproject.queue.registry import JobContext, handler

NOOP = "bench.noop"


class Number(BaseModel):
    """Payload of the benchmarks' kinds."""

    model_config = ConfigDict(extra="forbid")
    n: int = 0


@handler(NOOP, payload=Number, subject_type="number")
def noop(job: JobContext) -> Outcome:
    return Complete()


def make_jobs(count: int, *, mark: str = "") -> list[NewJob]:
    """Make jobs with a dedupe key on each; `mark` tells one round's keys from another's."""
    return [NewJob({"n": n}, subject_id=str(n), dedupe_key=f"bench:{mark}:{n}") for n in range(count)]
