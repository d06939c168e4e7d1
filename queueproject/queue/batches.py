"""Batches: jobs started together, counted as they end, ended when none is open."""

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

import structlog
from django.db import transaction
from django.db.models import F

from queueproject.queue import sql, transitions, wake
from queueproject.queue.models import Batch, BatchJob, Job
from queueproject.queue.outcomes import Permanent
from queueproject.queue.registry import UnknownKind, get_kind
from queueproject.queue.states import LIVE, WAITING, Held, Priority, State
from queueproject.queue.transitions import Moved

if TYPE_CHECKING:
    from django.contrib.auth.models import User

log = structlog.get_logger(__name__)

Row = dict[str, Any]
SWEPT_AT_ONCE = 500
HELD_AT_ONCE = 5000


class Count(NamedTuple):
    """What one job that ended adds to its batches."""

    job: Moved
    completed: int = 0
    failed: int = 0
    cancelled: int = 0
    passed_on: int = 0


@contextmanager
def start_batch(
    *,
    kind: str,
    label: str,
    priority: int = Priority.LOW,
    created_by: "User | None" = None,
    actor: str = "",
    options: dict[str, Any] | None = None,
    url: str = "",
    max_in_flight: int | None = None,
    finish_kind: str = "",
) -> Iterator[Batch]:
    """Open a batch, enqueue into it, and seal it: all in one transaction.

    It ends when no open job remains, at once if it got none; `finish_kind` is then enqueued with
    {"batch_id": …, "finish": …}, once per finish. Raises UnknownKind when no handler knows it.
    """
    if finish_kind:
        get_kind(finish_kind)
    with transaction.atomic():
        batch = Batch.objects.create(
            kind=kind,
            label=label[:200],
            priority=priority,
            created_by=created_by,
            actor=actor or (created_by.get_username() if created_by else ""),
            options=options or {},
            url=url,
            max_in_flight=max_in_flight,
            finish_kind=finish_kind,
        )
        yield batch
        Batch.objects.filter(pk=batch.pk).update(sealed=True)
        finish([batch.pk])
        batch.refresh_from_db()


def add_skipped(batch: Batch, units: int) -> None:
    """Note units that were asked for and needed no job: already scored, say."""
    Batch.objects.filter(pk=batch.pk).update(skipped_units=F("skipped_units") + units)


def count(counts: Sequence[Count]) -> None:
    """Move the counters of every batch these jobs belong to, and end those that are through.

    Called inside the transaction that moved the jobs, after all its other writes: batches lock last.
    """
    if not counts:
        return
    deltas: dict[int, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    shared = _shared_with([item.job for item in counts])
    for item in counts:
        for batch_id in (item.job.batch_id, *shared.get(item.job.id, ())):
            if batch_id is None:
                continue
            delta = deltas[batch_id]
            delta[0] += item.completed
            delta[1] += item.failed
            delta[2] += item.cancelled
            delta[3] += item.passed_on
    for owner_id in _pass_on([item.job.id for item in counts if item.job.reran]):
        # Locked with the others, so that it lets no more out than fit.
        deltas.setdefault(owner_id, [0, 0, 0, 0])
    if not deltas:
        return
    ids = sorted(deltas)
    counted = sql.rows(
        "count_in_batches",
        ids=ids,
        completed=[deltas[i][0] for i in ids],
        failed=[deltas[i][1] for i in ids],
        cancelled=[deltas[i][2] for i in ids],
        passed_on=[deltas[i][3] for i in ids],
    )
    # Whether none of its jobs is open costs more the more of them are done: asked of what may be at its end.
    if through := [row["id"] for row in counted if row["through"]]:
        finish(through)
    free_in_flight([row["id"] for row in counted if row["limited"]])


def free_in_flight(batch_ids: Sequence[int]) -> None:
    """Let held jobs of limited batches out as far as they fit, and wake who may take them."""
    lowest: dict[str, float] = {}
    for row in transitions.free_in_flight(batch_ids):
        # Scheduled jobs have no rank yet.
        if row["sort_key"] is not None:
            lowest[row["provider_id"]] = min(row["sort_key"], lowest.get(row["provider_id"], math.inf))
    for lane, sort_key in lowest.items():
        wake.tell(lane, sort_key=sort_key)


def _shared_with(jobs: list[Moved]) -> dict[int, list[int]]:
    """Return which other batches count these jobs' run that just ended, and mark them counted.

    Who asked while a job ran counts its next run: the one after a rerun, or after the mark was cleared.
    """
    reran = {job.id for job in jobs if job.reran}
    links = [
        link
        for link in sql.rows("find_shared", ids=sql.integers(job.id for job in jobs))
        if not (link["awaits_rerun"] and link["job_id"] in reran)
    ]
    if links:
        BatchJob.objects.filter(pk__in=[link["id"] for link in links]).update(counted=True)
    found: dict[int, list[int]] = defaultdict(list)
    for link in links:
        found[link["job_id"]].append(link["batch_id"])
    return found


def _pass_on(rerun_ids: Sequence[int]) -> list[int]:
    """Give jobs that run once more to the batch that asked for it; the others it counts for follow.

    Whoever counted the run that ended has no part in the next. Returns the batches that own one now.
    """
    owners = []
    for job in Job.objects.filter(pk__in=rerun_ids):
        BatchJob.objects.filter(job_id=job.pk, counted=True).delete()
        links = BatchJob.objects.filter(job_id=job.pk, awaits_rerun=True)
        heir = links.select_related("batch").order_by("batch__paused", "batch_id").first()
        _hand_over(job, heir)
        links.update(awaits_rerun=False)
        if heir:
            owners.append(heir.batch_id)
    return owners


def finish(batch_ids: Sequence[int]) -> list[Row]:
    """End those of these batches that are sealed and have no open job; their callback is enqueued once."""
    finished = sql.rows("finish_batches", ids=list(batch_ids))
    for row in finished:
        if row["finish_kind"]:
            _enqueue_callback(row)
    return finished


def _enqueue_callback(row: Row) -> None:
    """Enqueue what a batch wants done at its end; a kind that is gone is noted and keeps no batch open."""
    # Enqueue counts into batches: the two know each other.
    from queueproject.queue.enqueue import enqueue

    try:
        enqueue(
            row["finish_kind"],
            {"batch_id": row["id"], "finish": row["finishes"]},
            dedupe_key=f"batch-end:{row['id']}:{row['finishes']}",
            priority=Priority.HIGH,
            actor=row["actor"],
        )
    except (UnknownKind, Permanent) as error:
        log.error("batch_end_not_enqueued", batch=row["id"], error=str(error))
        batch = Batch.objects.get(pk=row["id"])
        Batch.objects.filter(pk=batch.pk).update(notes=[*batch.notes, f"Nothing ran at its end: {error}"])


def sweep() -> int:
    """End running batches a crash left without open jobs; return how many.

    Held jobs that fit come out, those a claim or an enqueue held while their batch was resumed, and those
    of paused batches that another asked for and that ran when they were paused.
    """
    _take_from_paused()
    ended = last = 0
    running = Batch.objects.filter(state="running", sealed=True).order_by("id").values_list("id", flat=True)
    while some := list(running.filter(id__gt=last)[:SWEPT_AT_ONCE]):
        last = some[-1]
        with transaction.atomic():
            free = running.filter(id__in=some).select_for_update(skip_locked=True, no_key=True)
            ids = list(free)
            ended += len(finish(ids))
            sql.run("unhold_resumed", batches=ids, most=HELD_AT_ONCE)
            free_in_flight(ids)
    for batch_id in Batch.objects.filter(state="running", paused=True).values_list("id", flat=True):
        transitions.hold_batch(batch_id, most=HELD_AT_ONCE)
    return ended


def cancel_batch(batch_id: int, *, actor: str, reason: str, chunk: int = 1000) -> tuple[int, int]:
    """Cancel a batch's open jobs, in chunks; return (cancelled, given to another batch).

    A job another running batch asked for too goes on under that batch.
    """
    Batch.objects.filter(pk=batch_id, state="running").update(cancelled_by=actor or "unknown")
    cancelled = passed = 0
    open_jobs = Job.objects.filter(batch_id=batch_id, state__in=LIVE).order_by("id")
    while ids := list(open_jobs.values_list("id", flat=True)[:chunk]):
        with transaction.atomic():
            # Locked first: who joins one of these jobs either is seen now, or finds it cancelled.
            list(open_jobs.filter(pk__in=ids).select_for_update(no_key=True).values_list("id"))
            passed += _give_away(batch_id, cancelled=True, among=ids)
            own = list(open_jobs.filter(pk__in=ids).values_list("id", flat=True))
            cancelled += cancel_jobs(own, reason=reason)
    with transaction.atomic():
        # In the order of `find_shared`: a settle that counts one of them now is waited for.
        shares = BatchJob.objects.filter(batch_id=batch_id, counted=False).select_for_update(no_key=True)
        links = list(shares.order_by("id").values_list("id", flat=True))
        units = sum(Job.objects.filter(shared_by__in=links).values_list("units", flat=True))
        BatchJob.objects.filter(pk__in=links).delete()
        Batch.objects.filter(pk=batch_id).update(cancelled_units=F("cancelled_units") + units)
        finish([batch_id])
    return cancelled, passed


def cancel_jobs(ids: Sequence[int], *, reason: str) -> int:
    """Cancel jobs in one transaction; return how many were not finished yet."""
    with transaction.atomic():
        moved = transitions.cancel(ids, reason=reason)
        count([Count(job, cancelled=job.units) for job in moved])
    return len(moved)


def _give_away(batch_id: int, *, cancelled: bool, among: Sequence[int] | None = None) -> int:
    """Give a batch's open jobs, or some, to other running batches that asked for them; return how many.

    A cancelled owner counts them cancelled, and any batch takes them; a paused one goes on sharing those
    that a batch takes which is not paused. Who asked while a job ran counts its next run: it does not take
    this one, which goes on without an owner when its own is cancelled.
    """
    shared = BatchJob.objects.filter(job__batch_id=batch_id, job__state__in=LIVE, counted=False)
    if among is not None:
        shared = shared.filter(job_id__in=among)
    with transaction.atomic():
        ids = set(shared.values_list("job_id", flat=True))
        owned = Job.objects.filter(pk__in=ids, batch_id=batch_id, state__in=LIVE).order_by("id")
        jobs = {job.pk: job for job in owned.select_for_update(no_key=True)} if ids else {}
        given = _find_heirs(jobs, but=batch_id, even_paused=cancelled)
        if not given:
            return 0
        for job_id, link in given.items():
            _hand_over(jobs[job_id], link)
        heirs = sorted({link.batch_id for link in given.values() if link})
        _lock([*heirs, batch_id] if cancelled else heirs)
        if cancelled:
            units = sum(jobs[job_id].units for job_id in given)
            Batch.objects.filter(pk=batch_id).update(cancelled_units=F("cancelled_units") + units)
        else:
            BatchJob.objects.bulk_create(BatchJob(batch_id=batch_id, job_id=job_id) for job_id in given)
        free_in_flight(heirs)
    return len(given)


def _lock(batch_ids: Iterable[int]) -> list[int]:
    """Lock batches, by id: of two that let held jobs out at once each would let out as many as fit."""
    locked = Batch.objects.filter(pk__in=batch_ids).order_by("id").select_for_update(no_key=True)
    return list(locked.values_list("id", flat=True))


def _find_heirs(jobs: Mapping[int, Job], *, but: int, even_paused: bool) -> dict[int, BatchJob | None]:
    """Return by job which link's batch takes it; None: only batches that wait for its next run are left."""
    links = (
        BatchJob.objects.filter(job_id__in=jobs, counted=False, batch__state="running")
        .exclude(batch_id=but)
        .select_related("batch")
        .order_by("batch__paused", "batch_id")
    )
    heirs: dict[int, BatchJob | None] = {}
    for link in links if even_paused else links.filter(batch__paused=False):
        has_part = not (link.awaits_rerun and jobs[link.job_id].state == State.PROCESSING)
        if has_part and not heirs.get(link.job_id):
            heirs[link.job_id] = link
        elif even_paused:
            heirs.setdefault(link.job_id, None)
    return heirs


def _hand_over(job: Job, link: BatchJob | None) -> None:
    """Let a link's batch own a job, which waits as that batch lets it; without one nobody owns it."""
    owner = link.batch if link else None
    held = held_by(owner) if job.state in WAITING else None
    Job.objects.filter(pk=job.pk).update(batch=owner, held=held)
    if link:
        BatchJob.objects.filter(pk=link.pk).delete()


def held_by(batch: Batch | None) -> Held | None:
    """Return why a waiting job of this batch may not be looked at, until `free_in_flight` lets it out."""
    if batch and batch.paused:
        return Held.PAUSED
    return Held.IN_FLIGHT if batch and batch.max_in_flight else None


def _take_from_paused(*, heirs: Sequence[int] | None = None) -> None:
    """Give jobs that a paused batch owns to batches that are not paused and asked for them too."""
    links = BatchJob.objects.filter(
        counted=False,
        batch__state="running",
        batch__paused=False,
        job__batch__paused=True,
        job__state__in=LIVE,
    )
    if heirs is not None:
        links = links.filter(batch_id__in=heirs)
    for owner_id in links.order_by("job__batch_id").values_list("job__batch_id", flat=True).distinct():
        _give_away(owner_id, cancelled=False)


def take_out_of_pause(job_id: int, *, batch_id: int) -> None:
    """Let a locked waiting job, asked for by itself, go on without its paused batch, which shares it."""
    BatchJob.objects.get_or_create(batch_id=batch_id, job_id=job_id)
    Job.objects.filter(pk=job_id).update(batch=None, held=None)
    wake.tell(Job.objects.values_list("provider_id", flat=True).get(pk=job_id), sort_key=-math.inf)


def pause_batch(batch_id: int, *, actor: str, chunk: int = 5000) -> bool:
    """Pause a running batch; return False when it is not running or paused already."""
    changed = Batch.objects.filter(pk=batch_id, state="running", paused=False).update(
        paused=True, paused_by=actor
    )
    if not changed:
        return False
    _give_away(batch_id, cancelled=False)
    while transitions.hold_batch(batch_id, most=chunk):
        continue
    return True


def resume_batch(batch_id: int, *, chunk: int = 5000) -> bool:
    """Let a paused batch go on; return False when it was not paused."""
    if not Batch.objects.filter(pk=batch_id, paused=True).update(paused=False, paused_by=""):
        return False
    while transitions.unhold_batch(batch_id, most=chunk) == chunk:
        continue
    with transaction.atomic():
        free_in_flight(_lock([batch_id]))
    _take_from_paused(heirs=[batch_id])
    return True
