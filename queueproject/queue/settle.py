"""Settle: write what became of jobs. One transaction, many jobs, each under its lease token.

Every outcome's move is fenced first; then come the domain writes of the completed, the attempts,
and last the batches. When one `save` raises, everything is done again one job at a time, so that it
fails alone; when somebody holds a row one of them writes, in ever smaller parts, so that only its
outcome waits. After the commit what the leases reserved and did not spend comes back.
"""

import random
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

import structlog
from django.db import DatabaseError, InterfaceError, OperationalError, transaction
from django.utils import timezone
from psycopg.types.json import Jsonb

from queueproject.queue import batches, sql, transitions
from queueproject.queue.budgets import CallStats
from queueproject.queue.fingerprints import make_fingerprint
from queueproject.queue.models import Attempt
from queueproject.queue.outcomes import Cancel, Complete, Defer, Fail, Outcome, Retry
from queueproject.queue.registry import LOCAL
from queueproject.queue.states import AttemptOutcome
from queueproject.queue.transitions import Leased, Moved

log = structlog.get_logger(__name__)

LONGEST_BACKOFF_SECONDS = 900.0
PATIENCE_MS, HASTE_MS = 300, 50
"""How long a settle waits for a row: so much less than Postgres's deadlock timeout of a second that in a
quarrel with people it is the settle that yields, however long it had been at work before."""
SPLITTING_SECONDS = 2.0
"""A settle looks for what nobody holds for so long; what it has not tried by then is left too."""

Row = dict[str, Any]


@dataclass(frozen=True)
class Release:
    """The job was claimed and did not start, or its provider was paused: it goes back as it was."""

    reason: str = ""


NO_CALLS = CallStats()


class Done(NamedTuple):
    """One claimed job with what came of it; a tuple, because one is made for every job."""

    row: Row
    outcome: Outcome | Release
    started_at: datetime | None = None
    stats: CallStats = NO_CALLS
    error_class: str = ""
    retry_after_seconds: float | None = None

    @property
    def id(self) -> int:
        number: int = self.row["id"]
        return number

    @property
    def is_last_attempt(self) -> bool:
        return bool(self.row["attempts"] + 1 >= self.row["max_attempts"])

    @property
    def words(self) -> str:
        return getattr(self.outcome, "reason", "")

    @property
    def status(self) -> int | None:
        return getattr(self.outcome, "status", None) or self.stats.status

    @property
    def fingerprint(self) -> str:
        return make_fingerprint(
            provider=self.row["provider_id"],
            status=self.status,
            error_class=self.error_class or type(self.outcome).__name__,
            message=self.words,
        )

    def keys(self) -> Leased:
        """Return what fences a move that writes nothing of the outcome."""
        return Leased(self.id, self.row["lease_token"])

    def leased(self, *, due_at: datetime | None = None, wait_seconds: float = 0.0) -> Leased:
        return Leased(
            self.id,
            self.row["lease_token"],
            error=self.words,
            fingerprint=self.fingerprint if self.words else "",
            due_at=due_at,
            wait_seconds=wait_seconds,
            alone=getattr(self.outcome, "alone", False) or self.row["alone"],
        )


@dataclass
class Settled:
    """What a settle did: ids that kept their lease, ids that had lost it, lanes given work back.

    `left` could not be written, because somebody holds a row it writes: it is to be handed in again.
    """

    kept: set[int] = field(default_factory=set)
    late: set[int] = field(default_factory=set)
    released: list[Row] = field(default_factory=list)
    parked: bool = False
    left: list[Done] = field(default_factory=list)

    def add(self, part: "Settled") -> None:
        self.kept |= part.kept
        self.late |= part.late
        self.released += part.released
        self.parked |= part.parked
        self.left += part.left


def backoff_seconds(*, base: float, curve: str, attempt: int) -> float:
    """Return the wait before the next try, jittered by a quarter, at most 15 minutes."""
    factor = {"exponential": 2.0 ** (attempt - 1), "linear": float(attempt), "fixed": 1.0}[curve]
    wait = min(LONGEST_BACKOFF_SECONDS, base * factor)
    return wait * random.uniform(0.875, 1.125)  # noqa: S311  spreads retries, guards nothing


def count_distinct(done: Sequence[Done]) -> int:
    """Return how many of these, from the first on, are about different jobs: no settle may hold one twice.

    A job taken away by hand and claimed again by the same drain comes to two results, under two tokens.
    """
    seen: set[int] = set()
    for item in done:
        if item.id in seen:
            break
        seen.add(item.id)
    return len(seen)


def settle(done: Sequence[Done], *, worker_id: int, unsure: bool = False, patient: bool = True) -> Settled:
    """Write outcomes; raise OperationalError only when the database is away.

    `unsure` says that an earlier try may have committed unseen: what it settled is then not late.
    Without `patient` next to no time is spent on rows that somebody holds.
    """
    if not done:
        return Settled()
    try:
        if patient:
            with transaction.atomic():
                _wait_for_locks(PATIENCE_MS)
                settled = _settle(done, worker_id=worker_id, unsure=unsure)
        else:
            settled = _settle_in_parts(done, worker_id=worker_id, unsure=unsure)
    except Exception as error:
        if sql.is_lock_conflict(error):
            log.warning("settle_again_in_parts", error=repr(error), jobs=len(done))
            settled = _settle_in_parts(done, worker_id=worker_id, unsure=unsure)
        elif sql.is_nobodys_fault(error):
            raise
        else:
            # A `save` may raise anything; the next pass finds whose it was.
            log.warning("settle_again_singly", error=repr(error), jobs=len(done))
            settled = _settle_singly(done, worker_id=worker_id)
    left = {item.row["lease_token"] for item in settled.left}
    metered = {item.row["lease_token"] for item in done if item.row["provider_id"] != LOCAL}
    if metered - left:
        try:
            sql.run("drop_reservations", tokens=sorted(metered - left))
        except (OperationalError, InterfaceError) as error:
            # The settle stands; the sweep gives back what this could not.
            log.warning("reservations_not_dropped", error=str(error))
    return settled


def _settle_in_parts(
    done: Sequence[Done], *, worker_id: int, unsure: bool, until: float | None = None
) -> Settled:
    """Settle what nobody else holds: halves of what is in the way, down to the outcomes that are."""
    until = time.monotonic() + SPLITTING_SECONDS if until is None else until
    if time.monotonic() > until:
        return Settled(left=list(done))
    try:
        with transaction.atomic():
            _wait_for_locks(HASTE_MS)
            return _settle(done, worker_id=worker_id, unsure=unsure)
    except Exception as error:
        if sql.is_lock_conflict(error):
            half = len(done) // 2
            if not half:
                return Settled(left=list(done))
            total = Settled()
            for part in (done[:half], done[half:]):
                total.add(_settle_in_parts(part, worker_id=worker_id, unsure=unsure, until=until))
            return total
        if sql.is_nobodys_fault(error):
            raise
        return _settle_singly(done, worker_id=worker_id)


def _settle_singly(done: Sequence[Done], *, worker_id: int) -> Settled:
    """Settle one job at a time; one whose `save` raises fails alone, one that meets a lock is left."""
    total = Settled()
    for item in done:
        try:
            total.add(_settle_one(item, worker_id=worker_id))
        except OperationalError as error:
            if not sql.is_lock_conflict(error):
                raise
            total.left.append(item)
    return total


def _settle_one(item: Done, *, worker_id: int) -> Settled:
    try:
        with transaction.atomic():
            _wait_for_locks(HASTE_MS)
            return _settle([item], worker_id=worker_id)
    except Exception as error:
        if sql.is_nobodys_fault(error):
            raise
        words = f"its result could not be saved: {type(error).__name__}: {error}"
        failed = Done(
            item.row,
            Retry(words) if _may_pass(error) else Fail(words),
            started_at=item.started_at,
            stats=item.stats,
            error_class=type(error).__name__,
        )
        with transaction.atomic():
            _wait_for_locks(HASTE_MS)
            return _settle([failed], worker_id=worker_id)


def _wait_for_locks(milliseconds: int) -> None:
    """Bound the wait for each lock, to the end of this transaction."""
    sql.value("wait_for_locks", milliseconds=f"{milliseconds}ms")


def _may_pass(error: Exception) -> bool:
    """Return whether what a `save` raised may not be raised the next time: bad data stays bad."""
    return isinstance(error, OperationalError) or not isinstance(error, DatabaseError)


def _settle(done: Sequence[Done], *, worker_id: int, unsure: bool = False) -> Settled:
    moves = _Moves(list(done))
    moves.run()
    saves = [
        item.outcome.save
        for item in moves.completed
        if isinstance(item.outcome, Complete) and item.outcome.save
    ]
    for save in saves:
        save()
    _note_results(moves.completed)
    _write_attempts(moves, worker_id=worker_id, unsure=unsure)
    if saves:
        sql.run("check_constraints_now")
    batches.count(moves.counts)
    return Settled(kept=moves.kept, late=moves.late, released=moves.released, parked=moves.parked)


class _Moves:
    """The fenced moves of one settle, by outcome."""

    def __init__(self, done: list[Done]) -> None:
        self.done = sorted(done, key=lambda item: item.row["id"])
        self.by_outcome: dict[type, list[Done]] = defaultdict(list)
        for item in self.done:
            self.by_outcome[type(item.outcome)].append(item)
        self.kept: set[int] = set()
        self.completed: list[Done] = []
        self.released: list[Row] = []
        self.counts: list[batches.Count] = []
        self.attempt_words: dict[int, str] = {}

    @property
    def late(self) -> set[int]:
        return {item.id for item in self.done} - self.kept

    @property
    def parked(self) -> bool:
        return any(word in {"retried", "deferred"} for word in self.attempt_words.values())

    def run(self) -> None:
        complete = self.by_outcome[Complete]
        moved = self._keep(
            transitions.complete(
                [item.keys() for item in complete],
                shared=any(item.row["provider_id"] != LOCAL for item in complete),
            ),
            AttemptOutcome.COMPLETED,
        )
        self.completed = [item for item in complete if item.id in self.kept]
        outcomes = {item.id: item.outcome for item in complete if isinstance(item.outcome, Complete)}
        self.counts += [_count_completed(job, outcomes[job.id]) for job in moved]
        self._retry_or_fail()
        self._defer()
        cancelled = self._keep(
            transitions.cancel_leased(_leased(self.by_outcome[Cancel])), AttemptOutcome.CANCELLED
        )
        self.counts += [batches.Count(job, cancelled=job.units) for job in cancelled]
        self.released = transitions.release([item.keys() for item in self.by_outcome[Release]])
        self._keep(Moved.of(self.released), AttemptOutcome.RELEASED)

    def _keep(self, moved: list[Moved], word: AttemptOutcome) -> list[Moved]:
        self.kept |= {job.id for job in moved}
        self.attempt_words |= {job.id: word.value for job in moved}
        return moved

    def _retry_or_fail(self) -> None:
        retries = self.by_outcome[Retry]
        spent = [item for item in retries if item.is_last_attempt]
        again = [item for item in retries if not item.is_last_attempt]
        self._keep(
            transitions.retry([item.leased(wait_seconds=_wait_for_next_try(item)) for item in again]),
            AttemptOutcome.RETRIED,
        )
        fails = self.by_outcome[Fail] + spent
        moved = self._keep(transitions.fail(_leased(fails)), AttemptOutcome.FAILED)
        self.counts += [batches.Count(job, failed=job.units) for job in moved]
        owners = {job.id: job.batch_id for job in moved}
        for item in fails:
            owner = owners.get(item.id)
            if owner and isinstance(item.outcome, Fail) and item.outcome.scope == "batch":
                siblings = transitions.fail_siblings(
                    batch=owner,
                    kind=item.row["kind"],
                    spared=[count.job.id for count in self.counts if count.job.reran],
                    error=item.words,
                    fingerprint=item.fingerprint,
                )
                self.counts += [batches.Count(job, failed=job.units) for job in siblings]

    def _defer(self) -> None:
        deferred = [
            item.leased(due_at=item.outcome.until, wait_seconds=item.outcome.seconds or 0.0)
            for item in self.by_outcome[Defer]
            if isinstance(item.outcome, Defer)
        ]
        self._keep(transitions.defer(deferred), AttemptOutcome.DEFERRED)


def _count_completed(job: Moved, outcome: Complete) -> batches.Count:
    return batches.Count(
        job,
        completed=job.units - outcome.failed_units - outcome.passed_on_units,
        failed=outcome.failed_units,
        passed_on=outcome.passed_on_units,
    )


def _leased(items: Iterable[Done]) -> list[Leased]:
    return [item.leased() for item in items]


def _wait_for_next_try(item: Done) -> float:
    row = item.row
    if isinstance(item.outcome, Retry) and item.outcome.alone and not row["alone"]:
        return 0.0
    return backoff_seconds(
        base=row["backoff_seconds"], curve=row["backoff_curve"], attempt=row["attempts"] + 1
    )


def _note_results(completed: Sequence[Done]) -> None:
    noted = [
        (item.id, outcome)
        for item in completed
        if isinstance(outcome := item.outcome, Complete)
        and (outcome.result is not None or outcome.usage or outcome.failed_units or outcome.passed_on_units)
    ]
    if noted:
        sql.run(
            "note_results",
            ids=[job_id for job_id, _ in noted],
            results=[None if outcome.result is None else Jsonb(outcome.result) for _, outcome in noted],
            actual_tokens=[outcome.usage.tokens if outcome.usage else None for _, outcome in noted],
            failed_units=[outcome.failed_units for _, outcome in noted],
            passed_on_units=[outcome.passed_on_units for _, outcome in noted],
        )


def _write_attempts(moves: _Moves, *, worker_id: int, unsure: bool) -> None:
    """One row per claim that called out, or did not succeed; a lost lease's result is kept as late."""
    now = timezone.now()
    late = moves.late  # once: worked out for each job it made a settle of 500 quadratic
    Attempt.objects.bulk_create(
        make_attempt(
            item, word=moves.attempt_words.get(item.id, AttemptOutcome.LATE), worker_id=worker_id, now=now
        )
        for item in moves.done
        if not (unsure and item.id in late)
        and (
            item.stats.calls
            or item.id in late
            or not isinstance(item.outcome, Complete | Release)
            or (isinstance(item.outcome, Release) and item.started_at)
        )
    )


def make_attempt(item: Done, *, word: str, worker_id: int, now: datetime) -> Attempt:
    row = item.row
    return Attempt(
        job_id=item.id,
        kind=row["kind"],
        subject_type=row["subject_type"],
        subject_id=row["subject_id"],
        batch_id=row["batch_id"],
        provider_key=row["provider_id"],
        worker_id=worker_id,
        lease_token=row["lease_token"],
        number=row["attempts"] + 1,
        outcome=word,
        started_at=item.started_at,
        finished_at=now,
        status=item.status,
        latency_seconds=item.stats.latency_seconds or None,
        calls=item.stats.calls,
        tokens=item.stats.tokens,
        retry_after_seconds=item.retry_after_seconds,
        error=transitions.clean(item.words),
        fingerprint=item.fingerprint if item.words else "",
    )
