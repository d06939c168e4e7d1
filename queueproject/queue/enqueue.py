"""Enqueue: put work in the queue, in the caller's transaction.

A job exists if and only if the business change that asked for it committed. Jobs are inserted by the
thousand; many whose keys nobody holds are copied straight into their table.
"""

import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any

from django.db import DataError, IntegrityError, connection, transaction

from queueproject.queue import batches, claim, conf, drains, grants, sql, wake
from queueproject.queue.models import Batch, BatchJob, Job
from queueproject.queue.outcomes import Permanent
from queueproject.queue.registry import LONGEST_TIMEOUT_SECONDS, Kind, get_kind
from queueproject.queue.states import Held, Priority, State

IDS_RETURNED = 1000
INSERTED_AT_ONCE = 1000
COPIED_AT_ONCE = 500
TRIES = 5
NULL = "\\N"
Row = dict[str, Any]


class EnqueueRefused(Permanent):
    """The job cannot be enqueued; the message names the field and the remedy."""


class _TwinEnded(Exception):
    """A live twin ended between the insert that met it and the lock."""


@dataclass(frozen=True)
class NewJob:
    """One job to enqueue: what differs between the jobs of a call."""

    payload: Mapping[str, Any]
    subject_id: str = ""
    dedupe_key: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    units: int = 1
    estimated_tokens: int | None = None


@dataclass(frozen=True)
class Enqueued:
    """What became of a call: new jobs, and those for which a live twin already stood."""

    queued: int = 0
    shared: int = 0
    raised: int = 0
    rerun: int = 0
    ids: list[int] = field(default_factory=list)


@dataclass(frozen=True)
class _Common:
    """What all jobs of a call have in common."""

    kind: Kind
    lane: Row
    priority: int
    due_at: datetime | None
    batch: Batch | None
    actor: str
    max_attempts: int
    backoff_seconds: float
    backoff_curve: str
    timeout_seconds: float


def enqueue(
    kind: str,
    payload: Mapping[str, Any],
    *,
    subject_id: str = "",
    dedupe_key: str | None = None,
    options: Mapping[str, Any] | None = None,
    units: int = 1,
    estimated_tokens: int | None = None,
    **common: Any,
) -> Enqueued:
    """Enqueue one job; see `enqueue_many` for what else may be given."""
    job = NewJob(
        payload=payload,
        subject_id=subject_id,
        dedupe_key=dedupe_key,
        options=options or {},
        units=units,
        estimated_tokens=estimated_tokens,
    )
    return enqueue_many(kind, [job], **common)


def enqueue_many(
    kind: str,
    jobs: Iterable[NewJob],
    *,
    provider: str = "",
    priority: int = Priority.LOW,
    due_at: datetime | None = None,
    batch: Batch | None = None,
    actor: str = "",
    max_attempts: int | None = None,
    backoff_seconds: float | None = None,
    backoff_curve: str | None = None,
    timeout_seconds: float | None = None,
) -> Enqueued:
    """Enqueue jobs of one kind, in the order in which they should be worked.

    `provider` defaults to the kind's first lane. A live job with the same dedupe key is joined
    instead: it takes the new options while it waits, or runs once more when it is running. Raises
    UnknownKind, and EnqueueRefused for a payload, estimate or option that can never run.
    """
    known = get_kind(kind)
    lane = provider or known.providers[0]
    if lane not in known.providers:
        raise EnqueueRefused(f"{kind} runs on {', '.join(known.providers)}, not on {lane!r}")
    common = _Common(
        kind=known,
        lane=_get_lane(lane),
        priority=priority,
        due_at=due_at,
        batch=batch,
        actor=actor or (batch.actor if batch else ""),
        max_attempts=known.max_attempts if max_attempts is None else max_attempts,
        backoff_seconds=known.backoff_seconds if backoff_seconds is None else backoff_seconds,
        backoff_curve=backoff_curve or known.backoff_curve,
        timeout_seconds=known.timeout_seconds if timeout_seconds is None else timeout_seconds,
    )
    _validate_options(common)
    with transaction.atomic():
        return _enqueue(jobs, common)


def _get_lane(key: str) -> Row:
    """Return a provider's key, whether it is metered, its clock, the database's time, and the settings."""
    for row in sql.rows("find_lane", provider=key):
        return row | {"overrides": conf.parse(row["settings"])}
    raise EnqueueRefused(f"provider {key!r} has no row: run manage.py migrate")


def _validate_options(common: _Common) -> None:
    if common.max_attempts < 1:
        raise EnqueueRefused("max_attempts: must be at least 1")
    if not 0 <= common.backoff_seconds < math.inf:
        raise EnqueueRefused("backoff_seconds: must be 0 or more")
    if common.backoff_curve not in {"exponential", "linear", "fixed"}:
        raise EnqueueRefused(f"backoff_curve: {common.backoff_curve!r} is not exponential, linear or fixed")
    if not 0 < common.timeout_seconds <= LONGEST_TIMEOUT_SECONDS:
        raise EnqueueRefused(f"timeout_seconds: must be above 0 and at most {LONGEST_TIMEOUT_SECONDS:g}")


def _enqueue(jobs: Iterable[NewJob], common: _Common) -> Enqueued:
    start = _start_rank(common)
    result = None
    # Who hands over jobs one by one wants them held in memory by nobody.
    if isinstance(jobs, Sequence) and common.kind.many == 1 and not common.lane["metered"]:
        result = _copy_while_making(jobs, common, start=start)
    if result is None:
        result = _make_and_insert(jobs, common, start=start)
    if result.queued or result.raised or result.rerun:
        transaction.on_commit(lambda: drains.request_if_needed(reason="enqueue"), robust=True)
    return result


def _copy_while_making(jobs: Sequence[NewJob], common: _Common, *, start: float) -> Enqueued | None:
    """COPY many jobs that stand evenly, each as soon as it is validated; None where that may not be.

    The server stores one while the next is made: made first and stored then, they took half as long again.
    """
    if len(jobs) <= IDS_RETURNED:
        return None
    ranked = sorted(enumerate(jobs), key=lambda place: place[1].dedupe_key or "")
    keys = [job.dedupe_key for _, job in ranked if job.dedupe_key]
    if len(set(keys)) < len(keys):
        return None
    step = _local_step(common)
    rows = (_make_row(job, common, offset=number * step) for number, job in ranked)
    if not _copy_straight(rows, common, keys=keys, start=start):
        return None
    if common.batch:
        _grow(common.batch, units=sum(job.units for job in jobs))
    return Enqueued(queued=len(jobs))


def _make_and_insert(jobs: Iterable[NewJob], common: _Common, *, start: float) -> Enqueued:
    """Validate and rank every job, then insert what is new and join the twins of the rest."""
    rows = _make_rows(jobs, common)
    if not rows:
        return Enqueued()
    result = _insert(rows, common, start)
    if common.batch:
        _grow(common.batch, units=_count_units(rows), skipped=result.shared)
    return result


def _make_rows(jobs: Iterable[NewJob], common: _Common) -> list[Row]:
    """Validate every job and rank it; jobs that share no call are let go of one by one."""
    kind, lane = common.kind, common.lane["key"]
    budgets = claim.budget_uses([lane]).get(lane, []) if common.lane["metered"] else []
    token_limit = min((b.limit for b in budgets if b.currency == "tokens"), default=math.inf)
    jobs = jobs if kind.many == 1 else list(jobs)
    twins = set() if kind.many == 1 else _live_keys(jobs)
    layout = _Layout(common, budgets)
    rows: list[Row] = []
    for job in jobs:
        row = _make_row(job, common)
        if row["tokens"] > token_limit:
            raise EnqueueRefused(
                f"estimated_tokens: {row['tokens']} is more than {lane} allows in a window ({token_limit:g})"
            )
        layout.place(row["group"], tokens=row["tokens"], is_twin=job.dedupe_key in twins)
        row["offset"] = layout.offset
        if kind.many > 1:
            row["group_key"] = f"{row['group']}#{layout.number}"
        rows.append(row)
    return rows


def _make_row(job: NewJob, common: _Common, *, offset: float = 0.0) -> Row:
    """Validate a job; return what it does not share with others of its call."""
    kind = common.kind
    payload = kind.parse(job.payload)
    if job.units < 1:
        raise EnqueueRefused(f"units: {job.units} is less than 1")
    return {
        "payload": payload.model_dump_json(),
        "options": json.dumps(dict(job.options)) if job.options else "{}",
        "subject_id": str(job.subject_id),
        "dedupe_key": job.dedupe_key,
        "group": getattr(payload, kind.group_by) if kind.many > 1 else None,
        "group_key": "",
        "offset": offset,
        "tokens": kind.tokens_for(payload) if job.estimated_tokens is None else job.estimated_tokens,
        "units": job.units,
    }


class _Layout:
    """Where the jobs of a call stand, as they would run alone: one rank a call, shared by jobs that share it.

    Each call begins, `offset` seconds after the first, when those before it are through.
    """

    def __init__(self, common: _Common, budgets: Sequence[grants.BudgetUse]) -> None:
        self.kind = common.kind
        self.budgets = budgets
        self.local_step = None if common.lane["metered"] else _local_step(common)
        self.number = -1
        self.offset = 0.0
        self._value: Any = None
        self._size = self._tokens = 0

    def place(self, value: Any, *, tokens: int, is_twin: bool) -> None:
        """Move on to where the next job stands; a live twin fills no place in its group."""
        full = self._size >= self.kind.many and not is_twin
        if self.number < 0 or self.kind.many == 1 or value != self._value or full:
            self.offset += self._seconds() if self.number >= 0 else 0.0
            self.number += 1
            self._value, self._size, self._tokens = value, 0, 0
        if not is_twin:
            self._size += 1
            self._tokens += tokens

    def _seconds(self) -> float:
        if self.local_step is not None:
            return self.local_step
        return grants.step_seconds(self.budgets, calls=self.kind.calls, tokens=self._tokens)


def _local_step(common: _Common) -> float:
    step: float = conf.get("local_step_seconds", overrides=common.lane["overrides"])
    return step


def _live_keys(jobs: Iterable[NewJob]) -> set[str]:
    keys = [job.dedupe_key for job in jobs if job.dedupe_key]
    return {row["dedupe_key"] for row in sql.rows("find_live_keys", keys=keys)}


def _start_rank(common: _Common) -> float:
    """Return the sort key of a call's first job: lane time less the head start of its priority."""
    now: float = common.lane["stamp"].timestamp()
    lane_time: float = min(now, common.lane["clock"])
    head_start: float = conf.get("head_start_seconds_per_point", overrides=common.lane["overrides"])
    return lane_time - common.priority * head_start


def _insert(rows: list[Row], common: _Common, start: float) -> Enqueued:
    """Insert what is new, join the twins of the rest; in key order, so that two enqueues cannot deadlock."""
    unique: dict[Any, Row] = {}
    for number, row in enumerate(rows):
        unique.setdefault(row["dedupe_key"] or number, row)
    left = sorted(unique.values(), key=lambda row: row["dedupe_key"] or "")
    keys = [row["dedupe_key"] for row in left if row["dedupe_key"]]
    if len(left) > IDS_RETURNED and _copy_straight(left, common, keys=keys, start=start):
        return Enqueued(queued=len(left), shared=len(rows) - len(left))
    several_keys = len(left) > 1 and keys
    for _ in range(TRIES):
        # A second try gives back what the first inserted and locked: held on to, it would be out of order.
        with suppress(_TwinEnded), transaction.atomic() if several_keys else nullcontext():
            ids = _insert_or_join(left, common, start=start)
            break
    else:
        raise EnqueueRefused(
            "dedupe_key: its live job ended over and over while it was being joined; try again"
        )
    joined = [row for row in unique.values() if "joined" in row]
    return Enqueued(
        queued=len(unique) - len(joined),
        shared=len(joined) + len(rows) - len(unique),
        raised=sum(row["joined"] == "raised" for row in joined),
        rerun=sum(row["joined"] == "rerun" for row in joined),
        ids=ids if len(unique) <= IDS_RETURNED else [],
    )


def _insert_or_join(rows: Sequence[Row], common: _Common, *, start: float) -> list[int]:
    """Insert what is new, join the twins of the rest; return the new ids, raise _TwinEnded when one ended."""
    for row in rows:
        row.pop("joined", None)
        row.pop("shared_units", None)
    inserted = _insert_new(rows, common, start=start)
    new = {row["dedupe_key"] for row in inserted}
    twins = [row for row in rows if row["dedupe_key"] not in new] if len(inserted) < len(rows) else []
    if twins and _join_twins(twins, common, start=start):
        raise _TwinEnded
    return [row["id"] for row in inserted]


def _copy_straight(rows: Iterable[Row], common: _Common, *, keys: Sequence[str], start: float) -> bool:
    """COPY many rows, in the order of their keys, into their table; False when one may have a live twin.

    Half as dear a row as inserting them, which asks of each whether its key is held.
    """
    if keys and sql.value("find_live_between", first=keys[0], last=keys[-1]):
        return False
    try:
        with (
            _refusing_what_cannot_be_stored(),
            transaction.atomic(),
            connection.cursor() as cursor,
            connection.wrap_database_errors,
            cursor.copy(sql.text("copy_jobs")) as copy,
        ):
            for text in _render(rows, _shared_columns(common), start=start):
                copy.write(text)
    except IntegrityError:
        # Somebody enqueued one of these keys at the same moment: joining twins is the other way's.
        return False
    wake.tell(common.lane["key"], sort_key=start)
    return True


def _render(rows: Iterable[Row], shared: Row, *, start: float) -> Iterator[str]:
    """Write rows in COPY's text format, a block at a time; what they share is written once.

    Field by field, as `write_row` has it, thirty columns took as long as the server's own work.
    """
    waits = shared["state"] == State.SCHEDULED
    head = "\t".join(_field(value) for value in (*shared.values(), False, 0, 0, 0, False, 0, "", ""))
    lines = (
        f"{head}\t{NULL if waits else start + row['offset']}\t"
        f"{row['units']}\t{row['tokens']}\t{_texts(row)}\n"
        for row in rows
    )
    while block := "".join(islice(lines, COPIED_AT_ONCE)):
        yield block


def _texts(row: Row) -> str:
    """Return a row's texts as COPY has them, escaped in one go, with NUL, which no text may hold, between."""
    key = row["dedupe_key"]
    texts = (row["payload"], row["options"], row["subject_id"], row["group_key"], key or "")
    joined = "\0".join(texts)
    if joined.count("\0") >= len(texts):
        raise EnqueueRefused(f"a text holds a NUL character: {joined[:200]!r}")
    return _escape(joined).replace("\0", "\t") + (NULL if key is None else "")


def _field(value: object) -> str:
    """Return a value as COPY's text format has it."""
    return NULL if value is None else _escape(str(value))


def _escape(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")


def _insert_new(rows: Sequence[Row], common: _Common, *, start: float) -> list[Row]:
    """Insert the rows whose key is not live; return the new jobs' ids and keys."""
    shared = _shared_columns(common) | {"wake": wake.write(common.lane["key"], sort_key=start)}
    found: list[Row] = []
    with _refusing_what_cannot_be_stored():
        for begin in range(0, len(rows), INSERTED_AT_ONCE):
            some = ",".join(_as_json(row) for row in rows[begin : begin + INSERTED_AT_ONCE])
            found += sql.rows("insert_jobs", rows=f"[{some}]", start=start, **shared)
    return found


def _as_json(row: Row) -> str:
    """Write one row as `insert_jobs` reads it; payload and options are JSON already."""
    plain = {
        "subject_id": row["subject_id"],
        "dedupe_key": row["dedupe_key"],
        "group_key": row["group_key"],
        "sort_offset": row["offset"],
        "tokens": row["tokens"],
        "units": row["units"],
    }
    return f'{{"payload":{row["payload"]},"options":{row["options"]},{json.dumps(plain)[1:]}'


@contextmanager
def _refusing_what_cannot_be_stored() -> Iterator[None]:
    try:
        yield
    except DataError as error:
        raise EnqueueRefused(f"the database cannot store it: {str(error).splitlines()[0]}") from error


def _shared_columns(common: _Common) -> Row:
    """Return what all rows of a call write alike, in the order of `copy_jobs`."""
    stamp = common.lane["stamp"]
    return {
        "kind": common.kind.name,
        "subject_type": common.kind.subject_type,
        "provider": common.lane["key"],
        "priority": common.priority,
        "state": State.SCHEDULED if common.due_at and common.due_at > stamp else State.PENDING,
        "held": _held(common),
        "due_at": common.due_at,
        "max_attempts": common.max_attempts,
        "backoff_seconds": common.backoff_seconds,
        "backoff_curve": common.backoff_curve,
        "timeout_seconds": common.timeout_seconds,
        "batch": common.batch.pk if common.batch else None,
        "calls": common.kind.calls,
        "actor": common.actor,
        "stamp": stamp,
    }


def _held(common: _Common) -> str | None:
    if common.batch and common.batch.paused:
        return Held.PAUSED
    return Held.IN_FLIGHT if common.batch and common.batch.max_in_flight else None


def _join_twins(rows: list[Row], common: _Common, *, start: float) -> list[Row]:
    """Join the live twins of what was not inserted; return the rows whose twin ended meanwhile."""
    by_key = {row["dedupe_key"]: row for row in rows}
    for twin in sql.rows("lock_twins", keys=list(by_key)):
        row = by_key[twin["dedupe_key"]]
        running = twin["state"] == State.PROCESSING
        raised = common.priority > twin["priority"]
        sql.run(
            "join_twin",
            id=twin["id"],
            payload=row["payload"],
            options=row["options"],
            priority=max(common.priority, twin["priority"]),
            fresh_key=start + row["offset"],
            raised=raised,
            running=running,
            due_at=common.due_at,
            tokens=row["tokens"],
        )
        row["joined"] = "rerun" if running else "raised" if raised else "joined"
        row["shared_units"] = 0
        if common.batch and twin["batch_id"] != common.batch.pk:
            row["shared_units"] = twin["units"] if _share(twin, common, running=running) else 0
        elif not common.batch and twin["owner_paused"] and not running:
            batches.take_out_of_pause(twin["id"], batch_id=twin["batch_id"])
    if any(row.get("joined") in {"raised", "rerun"} for row in rows):
        wake.tell(common.lane["key"], sort_key=start)
    return [row for row in rows if "joined" not in row]


def _share(twin: Row, common: _Common, *, running: bool) -> bool:
    """Let a batch count a live twin, as its owner when the owner is paused; False when it did already."""
    link, is_new = BatchJob.objects.get_or_create(
        batch=common.batch, job_id=twin["id"], defaults={"awaits_rerun": running}
    )
    if twin["owner_paused"] and not running and _held(common) != Held.PAUSED:
        Job.objects.filter(pk=twin["id"]).update(batch=common.batch, held=_held(common))
        BatchJob.objects.filter(pk=link.pk).update(batch_id=twin["batch_id"])
    return is_new


def _count_units(rows: Sequence[Row]) -> int:
    """Return what a batch counts of these rows: each key once, of a twin what it did not count yet."""
    seen: set[str] = set()
    units = 0
    for row in rows:
        if row["dedupe_key"] not in seen:
            units += row["shared_units"] if "shared_units" in row else row["units"]
        if row["dedupe_key"]:
            seen.add(row["dedupe_key"])
    return units


def _grow(batch: Batch, *, units: int, skipped: int = 0) -> None:
    sql.run("grow_batch", batch=batch.pk, units=units, skipped=skipped)
    if batch.max_in_flight and not batch.paused:
        batches.free_in_flight([batch.pk])
