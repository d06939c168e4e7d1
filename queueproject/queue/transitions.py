"""The one writer of a job's state. Each move names what it expects and tells whom it moved.

pending → processing → completed, failed, cancelled, or back: scheduled (a retry), rate_limited
(its provider said wait), pending (released, rescued, asked for again). ARCHITECTURE.md draws it.
Moves of leased jobs are fenced by their token: a row that is not returned was lost to somebody else.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from queueproject.queue import sql

Row = dict[str, Any]
ERROR_LENGTH = 2000


class Moved(NamedTuple):
    """A job that left its state, with what its batch counts of it."""

    id: int
    batch_id: int | None
    units: int
    reran: bool

    @classmethod
    def of(cls, rows: Iterable[Row]) -> "list[Moved]":
        return [cls(row["id"], row["batch_id"], row["units"], row["reran"]) for row in rows]


class Leased(NamedTuple):
    """A job under a token, with what a move writes to it."""

    id: int
    token: int
    error: str = ""
    fingerprint: str = ""
    due_at: datetime | None = None
    wait_seconds: float = 0.0
    alone: bool = False


def _keys(jobs: Sequence[Leased]) -> dict[str, Any]:
    return {
        "ids": sql.integers(job.id for job in jobs),
        "tokens": sql.integers(job.token for job in jobs),
    }


def _words(jobs: Sequence[Leased]) -> dict[str, Any]:
    return {
        **_keys(jobs),
        "errors": [clean(job.error) for job in jobs],
        "fingerprints": [job.fingerprint for job in jobs],
    }


def clean(error: str) -> str:
    """Cut an error text and drop what Postgres cannot store."""
    return error.replace("\x00", "�").encode("utf-8", "replace").decode("utf-8")[:ERROR_LENGTH]


def promote(*, lanes: Sequence[str], head_start: float, most: int) -> list[Row]:
    """Make due parked jobs claimable; return their lanes and ranks."""
    return sql.rows("promote", lanes=list(lanes), head_start=head_start, most=most)


def take(*, ids: list[int], tokens: list[int], worker: int) -> None:
    """Give locked pending rows to a worker. Caller: the claim."""
    sql.run("take", ids=ids, tokens=tokens, worker=worker)


def take_head(
    *, lane: str, low: tuple[float, int], most: int, first: int, step: float, worker: int, looked: bool
) -> list[Row]:
    """Give the head of an unmetered lane to a worker; return the rows in claim order. Caller: the claim.

    The `first` so many are named as started on the worker's row; with 0 that row stays as it is. `step`
    is how many seconds each moves the lane's clock. Unless the caller has `looked` around in the same
    transaction, nothing is given where anything might stand in the way.
    """
    return sql.rows(
        "take_head",
        lane=lane,
        low_key=low[0],
        low_id=low[1],
        most=most,
        first=first,
        step=step,
        worker=worker,
        looked=looked,
    )


def hold(ids: list[int]) -> None:
    """Take locked pending rows of a paused batch out of the claim's sight."""
    sql.run("hold", ids=ids)


def complete(jobs: Sequence[Leased], *, shared: bool = True) -> list[Moved]:
    """Complete jobs; `shared` says that some of them may have been claimed under one token, as a group."""
    return Moved.of(sql.rows("complete", shared=shared, **_keys(jobs))) if jobs else []


def fail(jobs: Sequence[Leased]) -> list[Moved]:
    return Moved.of(sql.rows("fail", **_words(jobs))) if jobs else []


def retry(jobs: Sequence[Leased]) -> list[Moved]:
    """Park jobs until their backoff is over; the attempt stays counted."""
    return _park(jobs, "scheduled")


def defer(jobs: Sequence[Leased]) -> list[Moved]:
    """Park jobs until their provider may be asked again; the attempt is given back."""
    return _park(jobs, "rate_limited")


def _park(jobs: Sequence[Leased], state: str) -> list[Moved]:
    if not jobs:
        return []
    return Moved.of(
        sql.rows(
            "park",
            **_words(jobs),
            state=state,
            due=[job.due_at for job in jobs],
            waits=[job.wait_seconds for job in jobs],
            alone=[job.alone for job in jobs],
        )
    )


def release(jobs: Sequence[Leased]) -> list[Row]:
    """Put unstarted jobs back; the attempt is given back, the rank kept."""
    return sql.rows("release", **_keys(jobs)) if jobs else []


def cancel_leased(jobs: Sequence[Leased]) -> list[Moved]:
    return Moved.of(sql.rows("cancel_leased", **_words(jobs))) if jobs else []


def fail_siblings(
    *, batch: int, kind: str, spared: Sequence[int], error: str, fingerprint: str
) -> list[Moved]:
    """Fail the waiting jobs of a batch and kind, but those spared: their next run is another batch's."""
    return Moved.of(
        sql.rows(
            "fail_siblings",
            batch=batch,
            kind=kind,
            spared=list(spared),
            error=clean(error),
            fingerprint=fingerprint,
        )
    )


def fail_waiting(ids: list[int], *, error: str) -> list[Moved]:
    """Fail jobs that wait and never can run."""
    return Moved.of(sql.rows("fail_waiting", ids=ids, error=clean(error)))


def cancel(ids: Sequence[int], *, reason: str) -> list[Moved]:
    """Cancel what is not finished; a running job's late result will be refused."""
    return Moved.of(sql.rows("cancel", ids=list(ids), reason=clean(reason))) if ids else []


def redrive(ids: Sequence[int], *, ranks: Sequence[float]) -> list[Row]:
    """Put failed or cancelled jobs back with attempts 0 and fresh ranks; a live twin keeps its job out."""
    return sql.rows("redrive", ids=list(ids), ranks=list(ranks)) if ids else []


def rescue(worker_ids: Sequence[int], *, most: int) -> list[Row]:
    """Take the jobs of workers declared dead back; a started one that lost too many workers fails."""
    return sql.rows("rescue", workers=list(worker_ids), most=most) if worker_ids else []


def reset(ids: Sequence[int]) -> list[Row]:
    """Take processing jobs away from whoever holds them, by hand."""
    return sql.rows("reset", ids=list(ids)) if ids else []


def hold_batch(batch_id: int, *, most: int) -> int:
    """Hold up to `most` waiting rows of a paused batch; return how many."""
    return sql.run("hold_batch", batch=batch_id, most=most)


def unhold_batch(batch_id: int, *, most: int) -> int:
    """Give up to `most` held rows of a resumed batch back to the claim; return how many."""
    return sql.run("unhold_batch", batch=batch_id, most=most)


def free_in_flight(batch_ids: Sequence[int]) -> list[Row]:
    """Let as many held jobs of limited batches out as fit; return their lanes and ranks."""
    return sql.rows("free_in_flight", batches=list(batch_ids)) if batch_ids else []
