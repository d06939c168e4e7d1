"""What the verbs of `manage.py queue` do: read what was asked, call one operation, tell what came of it."""

import argparse
import json
from typing import Any

from queueproject.queue import conf, health, operations, shell, why
from queueproject.queue.models import Batch, Budget, Job, Provider
from queueproject.queue.selectors.lanes import Lane, find_lanes
from queueproject.queue.shell import Answer, bad_arguments
from queueproject.queue.states import FINISHED, LIVE, BatchState, State

Asked = argparse.Namespace


# -- looking --------------------------------------------------------------------------------------


def status(asked: Asked) -> Answer:
    lanes = find_lanes()
    if asked.provider:
        shell.get_provider(asked.provider)
        lanes = [lane for lane in lanes if lane.provider.pk == asked.provider]
    rows = [
        (lane.provider.pk, _state(lane), *(count for _, count in lane.depth.in_words), _budgets(lane))
        for lane in lanes
    ]
    numbers = [word for word, _ in lanes[0].depth.in_words] if lanes else []
    running = Batch.objects.filter(state=BatchState.RUNNING).order_by("-pk")
    batches = "; ".join(
        f"batch {batch.pk} ({batch.label}) {batch.total_units - batch.open_units} of {batch.total_units}"
        + (" paused" if batch.paused else "")
        for batch in running[:10]
    )
    workers = f"No worker lives. Start one: {health.WORKER_COMMAND}"
    alive = health.live_worker_exists()
    return Answer(
        f"Running: {batches or 'no batch'}.\n" + ("Workers live." if alive else workers),
        {
            "providers": {
                row[0]: {"state": row[1], **dict(lane.depth.in_words)}
                for row, lane in zip(rows, lanes, strict=True)
            },
            "batches": [batch.pk for batch in running],
            "live_worker": alive,
        },
        table=shell.make_table("provider", "state", *numbers, "budgets", rows=rows, right=numbers),
    )


def _state(lane: Lane) -> str:
    provider = lane.provider
    if provider.paused_at:
        return f"{lane.status}: {provider.fault or provider.paused_reason}"
    return f"{lane.status} until {provider.blocked_until:%H:%M:%S} UTC" if lane.is_blocked else lane.status


def _budgets(lane: Lane) -> str:
    budgets = [
        f"{each.used}/{each.allowed} {each.currency} a {each.window_words}"
        for each in lane.budgets
        if each.allowed
    ]
    flight = f"{lane.in_flight}/{lane.provider.max_in_flight} in flight"
    return ", ".join([*budgets, flight]) if lane.provider.metered else ""


def why_it_waits(asked: Asked) -> Answer:
    if (asked.job is None) == (asked.batch is None):
        raise bad_arguments("Name one job, or --batch N.")
    if asked.batch is not None:
        batch = shell.get_batch(asked.batch)
        reason = why.why_batch_waits(batch)
        other = (
            f"Batch {batch.pk} is {batch.state}."
            if not batch.is_running
            else "It works: a job of it is under way."
        )
    else:
        job = Job.objects.select_related("provider", "batch").filter(pk=asked.job).first()
        if job is None:
            raise bad_arguments(f"There is no job {asked.job}; finished ones are deleted after a while.")
        reason = why.why_waiting(job)
        other = f"Job {job.pk} does not wait: it is {job.state}." + (
            f" {job.last_error}" if job.last_error else ""
        )
    if reason is None:
        return Answer(other, {"code": "", "clears_at": None})
    clears = f" Clears about {reason.clears_at:%Y-%m-%d %H:%M:%S} UTC." if reason.clears_at else ""
    return Answer(reason.sentence + clears, {"code": reason.code, "clears_at": reason.clears_at})


# -- providers ------------------------------------------------------------------------------------


def pause(asked: Asked) -> Answer:
    if _is_batch(asked):
        batch = shell.get_batch(asked.batch)
        changed = operations.pause_batch(batch.pk, actor=shell.actor(), reason=asked.reason)
        how = "is paused already" if batch.paused else f"has ended: {batch.state}"
        return Answer.changed(
            changed,
            done=f"Batch {batch.pk} is paused; what runs finishes.",
            refused=f"batch {batch.pk} {how}.",
        )
    lane = shell.get_provider(asked.provider)
    changed = operations.pause_provider(lane.pk, actor=shell.actor(), reason=asked.reason)
    return Answer.changed(
        changed,
        done=f"{lane.pk} is paused. Go on with: python manage.py queue resume {lane.pk}",
        refused=f"{lane.pk} is paused already: {lane.paused_reason}",
    )


def resume(asked: Asked) -> Answer:
    if _is_batch(asked):
        batch = shell.get_batch(asked.batch)
        changed = operations.resume_batch(batch.pk, actor=shell.actor(), reason=asked.reason)
        return Answer.changed(
            changed, done=f"Batch {batch.pk} goes on.", refused=f"batch {batch.pk} is not paused."
        )
    lane = shell.get_provider(asked.provider)
    if asked.test:
        tested = operations.test_connection(lane.pk, actor=shell.actor())
        if not tested.ok:
            return Answer.changed(
                False, done="", refused=f"{lane.pk} stays paused, {tested.fault}: {tested.message}"
            )
    changed = operations.resume_provider(lane.pk, actor=shell.actor(), reason=asked.reason)
    hint = f" It was paused for a fault ({lane.fault}); --test asks the provider first." if lane.fault else ""
    return Answer.changed(
        changed, done=f"{lane.pk} goes on.{'' if asked.test else hint}", refused=f"{lane.pk} is not paused."
    )


def _is_batch(asked: Asked) -> bool:
    if (asked.provider is None) == (asked.batch is None):
        raise bad_arguments("Name one provider, or --batch N.")
    return asked.batch is not None


def unblock(asked: Asked) -> Answer:
    lane = shell.get_provider(asked.provider)
    changed = operations.unblock_provider(lane.pk, actor=shell.actor(), reason=asked.reason)
    return Answer.changed(
        changed,
        done=f"{lane.pk} is unblocked; one call goes first, as a probe.",
        refused=f"{lane.pk} is not blocked.",
    )


def test(asked: Asked) -> Answer:
    lane = shell.get_provider(asked.provider)
    report = operations.test_connection(lane.pk, actor=shell.actor())
    words = report.message if report.ok else f"{report.fault}: {report.message}"
    facts = {"ok": report.ok, "fault": report.fault, "message": report.message}
    return Answer(words, facts, refused=not report.ok)


def limit(asked: Asked) -> Answer:
    lane = shell.get_provider(asked.provider)
    if asked.in_flight is not None or asked.workers or asked.interval is not None:
        return _change_concurrency(asked, lane)
    if not asked.currency or not asked.amount:
        raise bad_arguments("Say which limit and how much: limit gemini calls 30; or --in-flight N.")
    budget = shell.get_budget(lane, asked.currency, per=asked.per, kind=asked.window)
    return _change_budget(asked, budget, _number(asked.amount))


def _change_concurrency(asked: Asked, lane: Provider) -> Answer:
    if asked.currency:
        raise bad_arguments("Change either a budget, or --in-flight, --workers and --interval.")
    if asked.in_flight is not None and asked.in_flight < 1:
        raise bad_arguments(
            f"--in-flight {asked.in_flight}: must be 1 or more; to stop a provider, pause it."
        )
    if asked.interval is not None and not 0 <= asked.interval <= 3600:
        raise bad_arguments(f"--interval {asked.interval:g}: must be between 0 and 3600 seconds.")
    changed = operations.change_provider(
        lane.pk,
        max_in_flight=lane.max_in_flight if asked.in_flight is None else asked.in_flight,
        max_concurrent_workers=_number(asked.workers) if asked.workers else lane.max_concurrent_workers,
        min_interval_seconds=lane.min_interval_seconds if asked.interval is None else asked.interval,
        actor=shell.actor(),
        reason=asked.reason,
    )
    workers, interval = changed.max_concurrent_workers, changed.min_interval_seconds
    pace = f", a call every {interval:g} s at most" if interval else ""
    sentence = f"{lane.pk}: {changed.max_in_flight} in flight, {workers or 'any number of'} workers{pace}."
    facts = {"max_in_flight": changed.max_in_flight, "workers": workers, "min_interval_seconds": interval}
    return Answer(sentence, facts)


def _change_budget(asked: Asked, budget: Budget, limit: int | None) -> Answer:
    before = budget.limit
    if limit is None and before is not None:
        shell.confirm(f"{budget} would not be limited any more (now {before}).", yes=asked.yes)
    after = operations.change_budget(budget.pk, limit=limit, actor=shell.actor(), reason=asked.reason).limit
    sentence = f"{budget}: {before or 'not limited'} → {after or 'not limited'}, with the next claim."
    return Answer(sentence, {"budget": budget.pk, "before": before, "after": after})


def _number(words: str) -> int | None:
    """Read a limit: a whole number from 1 on, or none."""
    if words.lower() == "none":
        return None
    try:
        number = int(words.replace(",", "_"))
    except ValueError:
        number = 0
    if number < 1:
        raise bad_arguments(f"{words!r} is neither a whole number from 1 on nor none.")
    return number


# -- settings -------------------------------------------------------------------------------------


def set_value(asked: Asked) -> Answer:
    if asked.provider:
        shell.get_provider(asked.provider)
    _require_knob(asked.key)
    try:
        value: Any = json.loads(asked.value)
    except ValueError:
        value = asked.value
    before = conf.get(asked.key, provider=asked.provider)
    after = operations.change_setting(
        asked.key, value, provider=asked.provider, actor=shell.actor(), reason=asked.reason
    )
    return Answer(
        f"{asked.key}: {before} → {after}, with the next claim.", {"before": before, "after": after}
    )


def _require_knob(key: str) -> None:
    if key not in conf.KNOBS:
        raise bad_arguments(f"{key}: no such setting; there are {', '.join(conf.KNOBS)}.")


def unset_value(asked: Asked) -> Answer:
    _require_knob(asked.key)
    changed = operations.clear_setting(
        asked.key, provider=asked.provider, actor=shell.actor(), reason=asked.reason
    )
    value = conf.get(asked.key, provider=asked.provider)
    return Answer.changed(
        changed, done=f"{asked.key} is {value} again.", refused=f"{asked.key} was not set; it is {value}."
    )


# -- jobs -----------------------------------------------------------------------------------------


def retry(asked: Asked) -> Answer:
    if sum((bool(asked.jobs), asked.batch is not None, bool(asked.kind))) != 1:
        raise bad_arguments("Name jobs, or --batch N, or --kind K.")
    if asked.fingerprint and asked.jobs:
        raise bad_arguments("--fingerprint goes with --batch or --kind.")
    failed = Job.objects.filter(state=State.FAILED)
    if asked.batch is not None:
        failed = failed.filter(batch=shell.get_batch(asked.batch))
    if asked.kind:
        failed = failed.filter(kind=_get_kind(asked.kind))
    if asked.fingerprint:
        failed = failed.filter(fingerprint=asked.fingerprint)
    ids = asked.jobs or list(failed.order_by("pk").values_list("pk", flat=True))
    if asked.dry_run:
        report = operations.preview(ids, states=(State.FAILED, State.CANCELLED), wanted="failed or cancelled")
        return Answer.of(report, "retried", dry_run=True)
    if not asked.jobs and ids:
        shell.confirm(f"{len(ids)} failed jobs would be retried.", yes=asked.yes)
    if asked.batch is not None:
        report = operations.retry_failed(
            asked.batch, actor=shell.actor(), reason=asked.reason, fingerprint=asked.fingerprint
        )
    else:
        report = operations.retry_jobs(ids, actor=shell.actor(), reason=asked.reason)
    return Answer.of(report, "retried")


def _get_kind(kind: str) -> str:
    """Return a kind that has failed jobs, or say which have."""
    failed = Job.objects.filter(state=State.FAILED).order_by("kind").values_list("kind", flat=True).distinct()
    if kind not in failed:
        raise bad_arguments(f"No job of kind {kind!r} failed; failed have: {', '.join(failed) or 'none'}.")
    return kind


def cancel(asked: Asked) -> Answer:
    if bool(asked.jobs) == (asked.batch is not None):
        raise bad_arguments("Name jobs, or --batch N.")
    if asked.batch is not None:
        return _cancel_batch(asked, shell.get_batch(asked.batch))
    if asked.dry_run:
        return Answer.of(
            operations.preview(asked.jobs, states=LIVE, wanted="open"), "cancelled", dry_run=True
        )
    shell.confirm(f"{len(asked.jobs)} jobs would be cancelled.", yes=asked.yes)
    return Answer.of(
        operations.cancel_jobs(asked.jobs, actor=shell.actor(), reason=asked.reason), "cancelled"
    )


def _cancel_batch(asked: Asked, batch: Batch) -> Answer:
    if not batch.is_running:
        return Answer.changed(False, done="", refused=f"batch {batch.pk} has ended: {batch.state}.")
    waiting = batch.jobs.exclude(state__in=FINISHED).count()
    if asked.dry_run:
        return Answer.of(operations.Report(done=waiting), "cancelled", dry_run=True)
    shell.confirm(f"Batch {batch.pk} ({batch.label}) has {waiting} open jobs to cancel.", yes=asked.yes)
    report = operations.cancel_batch(batch.pk, actor=shell.actor(), reason=asked.reason)
    return Answer.of(report, "cancelled")


def reset(asked: Asked) -> Answer:
    if asked.dry_run:
        report = operations.preview(asked.jobs, states=(State.PROCESSING,), wanted="processing")
        return Answer.of(report, "reset", dry_run=True)
    shell.confirm(f"{len(asked.jobs)} jobs would be taken from their workers and run again.", yes=asked.yes)
    return Answer.of(operations.reset_jobs(asked.jobs, actor=shell.actor(), reason=asked.reason), "reset")
