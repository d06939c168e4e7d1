"""Kinds the benchmarks run: work that costs nothing, so that the queue's own cost is what shows."""

import threading
import time

from pydantic import BaseModel, ConfigDict

from queueproject.queue.enqueue import NewJob
from queueproject.queue.outcomes import Complete, Fail, Outcome
from queueproject.queue.registry import JobContext, ProviderSpec, handler, register_provider
from tests.bench import stamps

NOOP = "bench.noop"
PLAIN = "bench.plain_noop"
STAMPED = "bench.send_stamp"
SLEEP = "bench.sleep"
LANE = "bench-io"
AT_ONCE = 32

# The party lets more be reserved than run at once: a drain reads ahead, and what nobody called for is in
# flight until it is settled. That no more than so many run, the handler sees to.
register_provider(ProviderSpec(key=LANE, label="A party without limits", max_in_flight=8 * AT_ONCE))
_asleep = threading.BoundedSemaphore(AT_ONCE)


class Number(BaseModel):
    """Payload of the benchmarks' kinds."""

    model_config = ConfigDict(extra="forbid")
    n: int = 0


class Stamp(Number):
    """Payload of a job that tells when it began, and whom."""

    address: str


class Nap(Number):
    """Payload of a job that waits as a call would."""

    seconds: float


@handler(NOOP, payload=Number, subject_type="number")
def noop(job: JobContext) -> Outcome:
    return Complete()


@handler(PLAIN, payload=Number)
def plain_noop(job: JobContext) -> Outcome:
    return Complete()


@handler(STAMPED, payload=Stamp)
def send_stamp(job: JobContext) -> Outcome:
    stamps.send(job.payload.address, job.payload.n)
    return Complete()


@handler(SLEEP, payload=Nap, providers=(LANE,))
def sleep(job: JobContext) -> Outcome:
    if not _asleep.acquire(blocking=False):
        return Fail(f"more than {AT_ONCE} at once", scope="batch")
    try:
        time.sleep(job.payload.seconds)
    finally:
        _asleep.release()
    return Complete()


def make_plain_jobs(count: int) -> list[NewJob]:
    """Make jobs of a payload and nothing else, as other queues have them."""
    return [NewJob({"n": n}) for n in range(count)]


def make_jobs(count: int, *, mark: str = "") -> list[NewJob]:
    """Make jobs with a dedupe key on each; `mark` tells one round's keys from another's."""
    return [NewJob({"n": n}, subject_id=str(n), dedupe_key=f"bench:{mark}:{n}") for n in range(count)]
