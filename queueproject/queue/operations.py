"""What staff do to the queue, from the console and from the shell: every act leaves an audit row."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, OperationalError, transaction
from django.db.models.functions import Now
from django.utils import timezone
from psycopg.errors import UniqueViolation

from queueproject.queue import (
    batches,
    budgets,
    conf,
    drains,
    grants,
    providers,
    reranks,
    sql,
    transitions,
    wake,
)
from queueproject.queue.claim import budget_uses
from queueproject.queue.models import Audit, Batch, BatchJob, Budget, Job, Provider, Setting
from queueproject.queue.outcomes import ProviderFault, QueueError
from queueproject.queue.states import FINISHED, State

CHUNK = 1000
HEAD_START = "head_start_seconds_per_point"


@dataclass
class Report:
    """What an act on many rows did, and which it refused and why."""

    done: int = 0
    refused: list[tuple[int, str]] = field(default_factory=list)

    def sentence(self, verb: str) -> str:
        """Return "12 retried, 1 refused: already completed"."""
        words = f"{self.done} {verb}"
        if not self.refused:
            return words
        reasons = Counter(reason for _, reason in self.refused)
        why = ", ".join(reason if n == 1 else f"{reason} ({n})" for reason, n in reasons.most_common())
        return f"{words}, {len(self.refused)} refused: {why}"


@dataclass(frozen=True)
class ConnectionReport:
    """What one call to a provider showed."""

    ok: bool
    fault: str
    message: str


def audit(
    *,
    actor: str,
    action: str,
    target: str,
    count: int = 1,
    reason: str = "",
    before: Any = None,
    after: Any = None,
) -> None:
    """Write who did what, to how many, and why."""
    Audit.objects.create(
        actor=actor, action=action, target=target, count=count, reason=reason, before=before, after=after
    )


# -- providers ------------------------------------------------------------------------------------


def pause_provider(key: str, *, actor: str, reason: str) -> bool:
    """Stop claiming from a lane until somebody resumes it; False when it was paused already."""
    with transaction.atomic():
        changed = Provider.objects.filter(key=key, paused_at=None).update(
            paused_at=Now(), paused_by=actor, paused_reason=reason or f"paused by {actor}", fault=""
        )
        if changed:
            providers.note(key, "paused", reason, actor)
            audit(actor=actor, action="pause provider", target=key, reason=reason)
    return bool(changed)


def resume_provider(key: str, *, actor: str, reason: str = "") -> bool:
    """Let a paused lane go on; False when it was not paused."""
    with transaction.atomic():
        changed = Provider.objects.filter(key=key, paused_at__isnull=False).update(
            paused_at=None, paused_by="", paused_reason="", fault=""
        )
        if changed:
            providers.note(key, "resumed", reason, actor)
            audit(actor=actor, action="resume provider", target=key, reason=reason)
            _wake(key)
    return bool(changed)


def unblock_provider(key: str, *, actor: str, reason: str = "") -> bool:
    """End a lane's block after a 429 by hand; the next call goes alone, as a probe."""
    with transaction.atomic():
        changed = Provider.objects.filter(key=key, blocked_until__gt=Now()).update(
            blocked_until=None, probing=True
        )
        if changed:
            providers.note(key, "unblocked", reason or "by hand", actor)
            audit(actor=actor, action="unblock provider", target=key, reason=reason)
            _wake(key)
    return bool(changed)


def _wake(lane: str) -> None:
    wake.tell(lane, sort_key=float("-inf"))
    transaction.on_commit(lambda: drains.request_if_needed(reason="staff"), robust=True)


def test_connection(key: str, *, actor: str) -> ConnectionReport:
    """Make one call to a provider and name its fault, if it has one."""
    spec = providers.find_spec(key)
    if spec.check_connection is None:
        return ConnectionReport(
            ok=False, fault="no_check", message=f"{spec.label} has no connection to test."
        )
    try:
        report = ConnectionReport(ok=True, fault="", message=spec.check_connection())
    except ProviderFault as error:
        report = ConnectionReport(ok=False, fault=error.reason, message=error.message)
    except QueueError as error:
        report = ConnectionReport(ok=False, fault=type(error).__name__.lower(), message=error.message)
    words = "ok" if report.ok else f"{report.fault}: {report.message}"
    providers.note(key, "tested", words, actor)
    audit(actor=actor, action="test connection", target=key, after={"ok": report.ok, "fault": report.fault})
    return report


def change_budget(budget_id: int, *, limit: int | None, actor: str, reason: str = "") -> Budget:
    """Set a budget's limit (None: not limited); in force at once for every call not yet under way."""
    with transaction.atomic():
        budget = Budget.objects.select_for_update(no_key=True).get(pk=budget_id)
        before = budget.limit
        budget.limit = limit
        budget.full_clean()
        budget.save(update_fields=["limit"])
        _note_change(
            budget.provider_id,
            f"{budget.currency} per {budget.window_words}",
            before=before,
            after=limit,
            actor=actor,
            reason=reason,
        )
        if limit is not None and (before is None or limit < before):
            transaction.on_commit(lambda: budgets.recall(budget.provider_id))
    return budget


def change_provider(
    key: str,
    *,
    max_in_flight: int,
    max_concurrent_workers: int | None,
    min_interval_seconds: float = 0,
    actor: str,
    reason: str = "",
) -> Provider:
    """Set how many calls may be under way at once, by how many workers, and the least time between two."""
    after = {
        "max_in_flight": max_in_flight,
        "max_concurrent_workers": max_concurrent_workers,
        "min_interval_seconds": min_interval_seconds,
    }
    with transaction.atomic():
        lane = Provider.objects.select_for_update(no_key=True).get(pk=key)
        before = {name: getattr(lane, name) for name in after}
        for name, value in after.items():
            setattr(lane, name, value)
        lane.full_clean()
        lane.save(update_fields=list(after))
        _note_change(key, "in flight", before=before, after=after, actor=actor, reason=reason)
    return lane


def _note_change(provider: str, what: str, *, before: Any, after: Any, actor: str, reason: str) -> None:
    if before == after:
        return
    providers.note(provider, "limit changed", f"{what}: {before} → {after}. {reason}".strip(), actor)
    audit(
        actor=actor,
        action="change limit",
        target=f"{provider}: {what}",
        before=before,
        after=after,
        reason=reason,
    )
    _wake(provider)


# -- settings -------------------------------------------------------------------------------------


def change_setting(key: str, value: Any, *, provider: str = "", actor: str, reason: str = "") -> Any:
    """Override a setting, validated; a changed head start re-ranks what waits."""
    knob = conf.KNOBS.get(key)
    if knob is None:
        raise ValidationError(f"{key}: no such setting; there are {', '.join(conf.KNOBS)}.")
    if provider and not knob.per_provider:
        raise ValidationError(f"{key}: is one for all providers.")
    checked = knob.validate(value)
    with transaction.atomic():
        before = conf.get(key, provider=provider)
        Setting.objects.update_or_create(
            key=key, provider=provider, defaults={"value": checked, "updated_by": actor}
        )
        audit(
            actor=actor,
            action="change setting",
            target=_setting(key, provider),
            before=before,
            after=checked,
            reason=reason,
        )
        _apply(key, before, checked)
    _follow_up(key)
    return checked


def clear_setting(key: str, *, provider: str = "", actor: str, reason: str = "") -> bool:
    """Go back to a setting's default; False when it had no override."""
    with transaction.atomic():
        before = conf.get(key, provider=provider)
        deleted, _ = Setting.objects.filter(key=key, provider=provider).delete()
        if deleted:
            after = conf.get(key, provider=provider)
            audit(
                actor=actor,
                action="clear setting",
                target=_setting(key, provider),
                before=before,
                after=after,
                reason=reason,
            )
            _apply(key, before, after)
    _follow_up(key)
    return bool(deleted)


def _setting(key: str, provider: str) -> str:
    return f"{key} ({provider})" if provider else key


def _apply(key: str, before: Any, after: Any) -> None:
    if key == HEAD_START and before != after:
        reranks.begin(seconds_per_point=before - after)


def _follow_up(key: str) -> None:
    """Do what a changed setting asks for and what its own transaction should not hold up."""
    if key == HEAD_START:
        reranks.go_on()
        for lane in Provider.objects.values_list("key", flat=True):
            _wake(lane)


# -- jobs -----------------------------------------------------------------------------------------


def retry_jobs(ids: Sequence[int], *, actor: str, reason: str = "") -> Report:
    """Redrive failed and cancelled jobs: attempts 0, ranked anew; refuses those with a live twin."""
    report = Report()
    behind: dict[str, float] = defaultdict(float)
    for chunk in _chunks(sorted(ids)):
        moved, busy = _redrive(list(zip(chunk, _fresh_ranks(chunk, behind), strict=True)))
        report.done += len(moved)
        report.refused += [(job_id, "somebody holds it just now: try again") for job_id in sorted(busy)]
        report.refused += _why_not(set(chunk) - moved - busy, wanted="failed or cancelled")
    if report.done:
        audit(actor=actor, action="retry jobs", target=_ids(ids), count=report.done, reason=reason)
    return report


def _redrive(ranked: list[tuple[int, float]], *, wait_ms: int = 300) -> tuple[set[int], set[int]]:
    """Redrive some jobs in one transaction; return those moved, and those somebody's lock kept.

    When a key is enqueued at the same moment, or a row is held, parts are tried: that row alone stays.
    """
    try:
        with transaction.atomic():
            # Less than Postgres's deadlock timeout: in a quarrel over keys it is the redrive that yields.
            sql.value("wait_for_locks", milliseconds=f"{wait_ms}ms")
            rows = transitions.redrive([job for job, _ in ranked], ranks=[rank for _, rank in ranked])
            _reopen_batches(rows)
            for lane in {row["provider_id"] for row in rows}:
                _wake(lane)
            return {row["id"] for row in rows}, set()
    except (IntegrityError, OperationalError) as error:
        held = sql.is_lock_conflict(error)
        if not held and not isinstance(error.__cause__, UniqueViolation):
            raise
        if len(ranked) == 1:
            return set(), {ranked[0][0]} if held else set()
    half = len(ranked) // 2
    parts = [_redrive(part, wait_ms=50) for part in (ranked[:half], ranked[half:])]
    return parts[0][0] | parts[1][0], parts[0][1] | parts[1][1]


def _fresh_ranks(ids: Sequence[int], behind: dict[str, float]) -> list[float]:
    """Rank redriven jobs as if enqueued now, spread at their lane's pace: `behind` says how far it got."""
    jobs = Job.objects.filter(pk__in=ids).select_related("provider").in_bulk()
    uses = budget_uses(sorted({job.provider_id for job in jobs.values() if job.provider.metered}))
    now = timezone.now().timestamp()
    head_start, local_step = conf.get(HEAD_START), conf.get("local_step_seconds")
    ranks = []
    for job_id in ids:
        job = jobs.get(job_id)
        if job is None:
            ranks.append(now)
            continue
        lane = job.provider
        ranks.append(min(now, lane.clock) - job.priority * head_start + behind[lane.key])
        behind[lane.key] += (
            grants.step_seconds(uses.get(lane.key, []), calls=job.calls, tokens=job.estimated_tokens)
            if lane.metered
            else local_step
        )
    return ranks


def _reopen_batches(rows: Sequence[dict[str, Any]]) -> None:
    """Take redriven jobs back out of the counts of all their batches; one that had ended runs again."""
    units: dict[int, Counter[str]] = defaultdict(Counter)
    by_id = {row["id"]: row for row in rows}
    shares = BatchJob.objects.filter(job_id__in=by_id, counted=True)
    owned = [(row["batch_id"], row["id"]) for row in rows if row["batch_id"]]
    for batch_id, job_id in [*owned, *shares.values_list("batch_id", "job_id")]:
        units[batch_id][by_id[job_id]["was"]] += by_id[job_id]["units"]
    shares.update(counted=False)
    for batch in Batch.objects.select_for_update(no_key=True).filter(pk__in=units).order_by("id"):
        counts = units[batch.pk]
        batch.failed_units -= counts[State.FAILED]
        batch.cancelled_units -= counts[State.CANCELLED]
        batch.state, batch.finished_at, batch.cancelled_by = "running", None, ""
        batch.save(update_fields=["failed_units", "cancelled_units", "state", "finished_at", "cancelled_by"])
    batches.free_in_flight(list(units))


def cancel_jobs(ids: Sequence[int], *, actor: str, reason: str = "") -> Report:
    """Cancel what is not finished; a running job's late result will be refused."""
    report = Report()
    for chunk in _chunks(sorted(ids)):
        open_ids = set(
            Job.objects.filter(pk__in=chunk).exclude(state__in=FINISHED).values_list("pk", flat=True)
        )
        report.done += batches.cancel_jobs(chunk, reason=reason or f"cancelled by {actor}")
        report.refused += _why_not(set(chunk) - open_ids, wanted="open")
    if report.done:
        audit(actor=actor, action="cancel jobs", target=_ids(ids), count=report.done, reason=reason)
    return report


def reset_jobs(ids: Sequence[int], *, actor: str, reason: str = "") -> Report:
    """Take processing jobs that look stuck away from their worker; its late result will be refused."""
    report = Report()
    for chunk in _chunks(sorted(ids)):
        with transaction.atomic():
            rows = transitions.reset(chunk)
            for lane in {row["provider_id"] for row in rows}:
                _wake(lane)
        if rows:
            budgets.close_leases([row["token"] for row in rows])
        moved = {row["id"] for row in rows}
        report.done += len(moved)
        report.refused += _why_not(set(chunk) - moved, wanted="processing")
    if report.done:
        audit(actor=actor, action="reset jobs", target=_ids(ids), count=report.done, reason=reason)
    return report


def preview(ids: Sequence[int], *, states: Sequence[State], wanted: str) -> Report:
    """Say what an act on these jobs would do, without doing it; twins that live are found only by doing."""
    report = Report()
    for chunk in _chunks(sorted(ids)):
        fitting = set(Job.objects.filter(pk__in=chunk, state__in=states).values_list("pk", flat=True))
        report.done += len(fitting)
        report.refused += _why_not(set(chunk) - fitting, wanted=wanted)
    return report


def _why_not(ids: set[int], *, wanted: str) -> list[tuple[int, str]]:
    """Say of jobs that were not moved what stands in the way."""
    if not ids:
        return []
    states = dict(Job.objects.filter(pk__in=ids).values_list("pk", "state"))
    reasons = []
    for job_id in sorted(ids):
        state = states.get(job_id)
        if state is None:
            reasons.append((job_id, "gone"))
        elif state in wanted.split(" or "):
            reasons.append((job_id, "a live job with its key exists"))
        else:
            reasons.append((job_id, f"already {state}" if state in FINISHED else f"is {state}, not {wanted}"))
    return reasons


def _chunks(ids: Sequence[int]) -> list[list[int]]:
    return [list(ids[start : start + CHUNK]) for start in range(0, len(ids), CHUNK)]


def _ids(ids: Sequence[int]) -> str:
    shown = ", ".join(str(job_id) for job_id in ids[:10])
    return f"jobs {shown}" + (f" and {len(ids) - 10} more" if len(ids) > 10 else "")


# -- batches --------------------------------------------------------------------------------------


def pause_batch(batch_id: int, *, actor: str, reason: str = "") -> bool:
    """Pause a running batch; what runs finishes."""
    changed = batches.pause_batch(batch_id, actor=actor)
    if changed:
        audit(actor=actor, action="pause batch", target=f"batch {batch_id}", reason=reason)
    return changed


def resume_batch(batch_id: int, *, actor: str, reason: str = "") -> bool:
    """Let a paused batch go on."""
    changed = batches.resume_batch(batch_id)
    if changed:
        audit(actor=actor, action="resume batch", target=f"batch {batch_id}", reason=reason)
        for lane in (
            Job.objects.filter(batch_id=batch_id).order_by().values_list("provider_id", flat=True).distinct()
        ):
            _wake(lane)
    return changed


def cancel_batch(batch_id: int, *, actor: str, reason: str = "") -> Report:
    """Cancel a batch's open jobs; those another batch asked for too go on under that one."""
    cancelled, passed = batches.cancel_batch(
        batch_id, actor=actor, reason=reason or f"batch cancelled by {actor}"
    )
    audit(actor=actor, action="cancel batch", target=f"batch {batch_id}", count=cancelled, reason=reason)
    refused = [(0, f"{passed} go on for another batch")] if passed else []
    return Report(done=cancelled, refused=refused)


def retry_failed(batch_id: int, *, actor: str, reason: str = "", fingerprint: str = "") -> Report:
    """Redrive a batch's failed jobs, shared ones too, or those of one error group."""
    failed = Job.objects.filter(state=State.FAILED)
    if fingerprint:
        failed = failed.filter(fingerprint=fingerprint)
    shared = BatchJob.objects.filter(batch_id=batch_id, counted=True).values("job_id")
    own = failed.filter(batch_id=batch_id)
    ids = [*own.values_list("pk", flat=True), *failed.filter(pk__in=shared).values_list("pk", flat=True)]
    return retry_jobs(ids, actor=actor, reason=reason or f"failed jobs of batch {batch_id}")


def cancel_subjects(subject_type: str, subject_ids: Sequence[str], *, reason: str) -> int:
    """Cancel the open jobs about things that are gone; workloads call it when they delete or archive."""
    ids = list(
        Job.objects.filter(subject_type=subject_type, subject_id__in=[str(i) for i in subject_ids])
        .exclude(state__in=FINISHED)
        .values_list("pk", flat=True)
    )
    return sum(batches.cancel_jobs(chunk, reason=reason) for chunk in _chunks(sorted(ids)))
