"""The queue does what a plain model of it says, whatever order its verbs come in, after every one of them.

Time passes by moving what is stored, not by sleeping. `QUEUEPROJECT_MODEL_EXAMPLES` asks for a longer run,
with examples nobody has tried before.
"""

import os
from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from queueproject.queue import batches, budgets, claim, operations, rescue, retention, settle, sql, workers
from queueproject.queue.enqueue import NewJob, enqueue_many
from queueproject.queue.models import (
    Attempt,
    Batch,
    BatchJob,
    Budget,
    BudgetEntry,
    Job,
    Provider,
    Setting,
    Worker,
)
from queueproject.queue.outcomes import Cancel, Complete, Defer, Fail, NotPermitted, Outcome, Retry
from queueproject.queue.perform import Group
from queueproject.queue.settle import Done, Release, Settled
from queueproject.queue.states import LIVE
from tests.queue.kinds import LANE
from tests.queue.model import Asked, Model, ModelBatch, ModelJob, ModelLane, Share

pytestmark = pytest.mark.django_db

LONG_RUN = int(os.environ.get("QUEUEPROJECT_MODEL_EXAMPLES", "0"))
PROFILE = settings(
    max_examples=LONG_RUN or 25,
    stateful_step_count=50 if LONG_RUN else 40,
    derandomize=not LONG_RUN,
    database=None,
    deadline=None,
    print_blob=True,
    phases=[Phase.generate, *([Phase.shrink] if LONG_RUN else [])],
    suppress_health_check=list(HealthCheck),
)
KINDS = {"local": "tests.noop", LANE: "tests.call"}
KEYS = {"local": ["a", "b"], LANE: ["c", "d"]}
STEP = 2.0**-16
"""Shorter than any two calls lie apart and exact as a number, so that real time changes no order."""
WINDOW_SECONDS = 3600
WAIT_SECONDS = 600
OUTCOMES: dict[str, Outcome | Release] = {
    "complete": Complete(),
    "complete in part": Complete(failed_units=1),
    "retry": Retry("stumbled"),
    "retry alone": Retry("stumbled", alone=True),
    "time out": Retry("timed out"),
    "defer": Defer("wait", seconds=WAIT_SECONDS),
    "fail": Fail("no"),
    "fail batch": Fail("no guide", scope="batch"),
    "cancel": Cancel("not wanted"),
    "release": Release("stopping"),
}
ORDER = [
    "complete",
    "complete in part",
    "retry",
    "retry alone",
    "time out",
    "fail",
    "fail batch",
    "defer",
    "cancel",
    "release",
]
Row = dict[str, Any]


def db_now() -> float:
    moment: datetime = sql.value("now")
    return moment.timestamp()


def _facts(job: Job | ModelJob, *holders: int | None) -> tuple[Any, ...]:
    """Return what a job and the model's picture of it must agree in; `holders` have other names in each."""
    counts = (job.attempts, job.deferrals, job.rescues)
    return (job.state, job.held, *counts, job.rerun, job.priority, *holders)


def epoch(moment: datetime | None) -> float | None:
    return moment.timestamp() if moment else None


class QueueMachine(RuleBasedStateMachine):
    """Drives the queue's functions and the model side by side."""

    def __init__(self) -> None:
        super().__init__()
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        self.numbers = 0
        self.leases: list[Row] = []
        self.workers = [workers.register() for _ in range(2)]

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.atomic.__exit__(None, None, None)

    @initialize(limit=st.sampled_from([2, 50]), in_flight=st.sampled_from([1, 10]))
    def open_lanes(self, limit: int, in_flight: int) -> None:
        Budget.objects.filter(provider_id=LANE, currency="calls").update(limit=60 / STEP)
        Setting.objects.create(key="local_step_seconds", value=STEP)
        Budget.objects.create(provider_id=LANE, limit=limit, window_seconds=WINDOW_SECONDS)
        Provider.objects.filter(pk=LANE).update(max_in_flight=in_flight)
        clocks = dict(Provider.objects.values_list("pk", "clock"))
        self.model = Model(
            [
                ModelLane("local", STEP, clocks["local"]),
                ModelLane(
                    LANE, STEP, clocks[LANE], True, limit, WINDOW_SECONDS, in_flight, claim.widest_group(LANE)
                ),
            ]
        )

    # -- enqueue ----------------------------------------------------------------------------------

    @rule(
        lane=st.sampled_from(["local", LANE]),
        keyed=st.lists(st.sampled_from([None, 0, 1]), min_size=1, max_size=4),
        units=st.integers(1, 3),
        priority=st.sampled_from([100, 100, 200]),
        later=st.sampled_from([False, False, True]),
        which=st.integers(0, 5),
    )
    def enqueue(
        self, lane: str, keyed: list[int | None], units: int, priority: int, later: bool, which: int
    ) -> None:
        """Enqueue outside a batch, or into one there is, whatever state it is in."""
        numbers = sorted(self.model.batches)
        batch = numbers[which % len(numbers)] if numbers and which > 1 else None
        self._enqueue(lane=lane, keyed=keyed, units=units, priority=priority, later=later, batch=batch)

    @rule(
        lane=st.sampled_from(["local", LANE]),
        keyed=st.lists(st.sampled_from([None, 0, 1, 1]), max_size=4),
        units=st.integers(1, 3),
        most=st.sampled_from([None, None, 1, 2]),
    )
    def start_batch(self, lane: str, keyed: list[int | None], units: int, most: int | None) -> None:
        with batches.start_batch(kind="t", label="t", max_in_flight=most) as batch:
            self.model.batches[batch.pk] = ModelBatch(batch.pk, max_in_flight=most)
            self._enqueue(lane=lane, keyed=keyed, units=units, priority=100, later=False, batch=batch.pk)
        self.model.come_to_rest()

    def _enqueue(
        self, *, lane: str, keyed: list[int | None], units: int, priority: int, later: bool, batch: int | None
    ) -> None:
        asked = []
        for number in keyed:
            self.numbers += 1
            asked.append(Asked(self.numbers, None if number is None else KEYS[lane][number], units))
        due = timezone.now() + timedelta(seconds=WAIT_SECONDS) if later else None
        began = db_now()
        result = enqueue_many(
            KINDS[lane],
            [NewJob({"n": row.n}, dedupe_key=row.key, units=row.units) for row in asked],
            provider=lane,
            priority=priority,
            due_at=due,
            batch=Batch.objects.get(pk=batch) if batch else None,
            max_attempts=2,
            backoff_seconds=WAIT_SECONDS,
            backoff_curve="fixed",
        )
        joined = self.model.join(asked, lane=lane, priority=priority, due=epoch(due), batch=batch, now=began)
        twins = Job.objects.filter(pk__in=self.model.jobs, dedupe_key__in=KEYS[lane], sort_key__isnull=False)
        for twin, rank in twins.values_list("pk", "sort_key"):
            # A raised one has the rank of the call's own moment.
            assert rank == pytest.approx(self.model.jobs[twin].rank, abs=db_now() - began + 0.001)
            self.model.jobs[twin].rank = rank
        found = {job.payload["n"]: job for job in Job.objects.filter(pk__in=result.ids)}
        assert sorted(found) == sorted(row.n for _, row in joined.new)
        counted = (result.queued, result.shared, result.raised, result.rerun)
        assert counted == (len(joined.new), joined.shared, joined.raised, joined.rerun)
        for place, row in joined.new:
            job = found[row.n]
            if not later:
                self._check_rank(job.sort_key, lane=lane, priority=priority, place=place, began=began)
            self.model.add(
                ModelJob(
                    id=job.pk,
                    n=row.n,
                    key=row.key,
                    lane=lane,
                    priority=priority,
                    units=units,
                    batch=batch,
                    state="scheduled" if later else "pending",
                    rank=job.sort_key,
                    due=epoch(due),
                    max_attempts=2,
                )
            )
        self.model.come_to_rest()

    def _check_rank(self, rank: float | None, *, lane: str, priority: int, place: int, began: float) -> None:
        """Hold a fresh rank against lane time at some moment of the call."""
        fresh = self.model.lanes[lane].fresh_rank(now=began, priority=priority) + place * STEP
        assert rank is not None
        assert -0.001 <= rank - fresh <= db_now() - began + 0.001

    # -- claim and settle -------------------------------------------------------------------------

    @rule(most=st.integers(1, 6), who=st.integers(0, 1))
    def claim(self, most: int, who: int) -> None:
        self._claim(most, who)

    def _claim(self, most: int, who: int) -> None:
        worker = self.workers[who].pk
        began = db_now()
        found = claim.claim(worker_id=worker, capacity=lambda _: most)
        rows = [row for group in found.groups for row in group]
        ranks = dict(Job.objects.filter(pk__in=self.model.jobs).values_list("pk", "sort_key"))
        for job in self.model.promote(now=began):
            job.rank = ranks[job.id]
            self._check_rank(job.rank, lane=job.lane, priority=job.priority, place=0, began=began)
        for lane in self.model.lanes.values():
            taken = self.model.pick(lane, most=most, now=began)
            assert [row["id"] for row in rows if row["provider_id"] == lane.key] == [job.id for job in taken]
        for row in rows:
            self.model.take(self.model.jobs[row["id"]], token=row["lease_token"], worker=worker, now=began)
        self._check_clock(began)
        self.leases += [{**row, "worker": worker} for row in rows]

    def _check_clock(self, began: float) -> None:
        for key, clock in Provider.objects.filter(pk__in=self.model.lanes).values_list("pk", "clock"):
            lane = self.model.lanes[key]
            # The clock of a local lane that keeps up is not written with each claim.
            slack = db_now() - began + (0.001 if lane.metered else 1)
            assert clock == pytest.approx(lane.clock, abs=slack)
            lane.clock = clock

    @rule(most=st.integers(1, 6), who=st.integers(0, 1), data=st.data())
    def work(self, most: int, who: int, data: st.DataObject) -> None:
        """Claim, and settle all of it."""
        before = len(self.leases)
        self._claim(most, who)
        if rows := self.leases[before:]:
            self._settle(rows, data)

    @precondition(lambda self: self.leases)
    @rule(data=st.data())
    def settle(self, data: st.DataObject) -> None:
        """Settle some of what was ever claimed, lost leases too."""
        chosen = data.draw(
            st.lists(st.integers(0, len(self.leases) - 1), min_size=1, max_size=4, unique=True)
        )
        self._settle([self.leases[number] for number in chosen], data)

    @precondition(lambda self: self._held_leases())
    @rule(who=st.integers(0, 1), data=st.data())
    def come_late(self, who: int, data: st.DataObject) -> None:
        """Settle what staff took away and a worker has perhaps claimed again."""
        late = data.draw(st.sampled_from(self._held_leases()))
        self._reset([late["id"]])
        self._claim(6, who)
        self._settle([late], data)

    @precondition(lambda self: self._held_leases())
    @rule(who=st.integers(0, 1), data=st.data())
    def come_back_to_a_pause(self, who: int, data: st.DataObject) -> None:
        """Release a job whose batch was paused while it ran, and claim."""
        row = data.draw(st.sampled_from(self._held_leases()))
        owner = self.model.jobs[row["id"]].batch
        if owner is not None:
            self._pause(self.model.batches[owner])
            self._settle([row], data, among=["release"])
            self._claim(6, who)

    def _held_leases(self) -> list[Row]:
        return [row for row in self.leases if self.model.jobs[row["id"]].token == row["lease_token"]]

    def _settle(self, rows: list[Row], data: st.DataObject, among: list[str] = ORDER) -> None:
        self.leases = [row for row in self.leases if row not in rows]
        again = settle.count_distinct([Done(row, Complete()) for row in rows])
        self.leases += rows[again:]
        rows = rows[:again]
        words = [data.draw(st.sampled_from(among)) for _ in rows]
        called = [data.draw(st.sampled_from(["", "", "sent", "answered"])) for _ in rows]
        done = []
        for row, word, call in zip(rows, words, called, strict=True):
            spent = self._call(row, answered=call == "answered") if call else False
            item = Done(row, OUTCOMES[word], stats=budgets.CallStats(calls=int(spent)))
            if word == "time out":
                (item,) = Group([row], worker_id=self.workers[0].pk, spender=budgets.Spender()).give_up(
                    "timed out"
                )
            done.append(item)
        settled = settle.settle(done, worker_id=self.workers[0].pk)
        self._expect_settled(done, words, settled)

    def _call(self, row: Row, *, answered: bool) -> bool:
        """Spend a call under a lease; what a lost lease or a closed lane asks for is refused."""
        if row["provider_id"] == "local":
            return False
        lease = budgets.Lease(LANE, row["lease_token"], [row["id"]], row["worker"])
        holds = self.model.jobs[row["id"]].token == row["lease_token"]
        if not holds or self.model.lanes[LANE].paused:
            with pytest.raises(NotPermitted) as refusal:
                budgets.take_leave(Counter(), lease, calls=1, tokens=0)
            assert refusal.value.lease_lost == (not holds)
            return False
        entries = budgets.take_leave(Counter(), lease, calls=1, tokens=0).entries
        (entry,) = [entry for entry in self.model.entries if entry.token == row["lease_token"]]
        entry.spent = True
        if answered:
            budgets.answer(Counter(), lease, entries=entries, tokens=None, status=200)
            entry.answered = db_now()
        return True

    def _expect_settled(self, done: list[Done], words: list[str], settled: Settled) -> None:
        model = self.model
        holds = {item.id for item in done if model.jobs[item.id].token == item.row["lease_token"]}
        assert settled.kept == holds
        assert settled.late == {item.id for item in done} - holds
        owners = {job.id: job.batch for job in model.jobs.values()}
        reran: set[int] = set()
        siblings: list[tuple[ModelJob, int | None]] = []
        by_word = sorted(zip(done, words, strict=True), key=lambda pair: (ORDER.index(pair[1]), pair[0].id))
        for item, word in by_word:
            job = model.jobs[item.id]
            if item.id not in holds:
                model.attempts[job.id, "late"] += 1
                continue
            self._expect_outcome(job, item, word, reran)
            if word == "fail batch":
                siblings.append((job, owners[job.id]))
        # What waits fails with the one that failed; what this settle puts back after it does not.
        back = {
            item.id for item, word in by_word if word in ("defer", "release", "cancel") and item.id in holds
        }
        for job, batch in siblings:
            model.fail_siblings(job, batch=batch, spared=back | reran)
        model.drop_reservations(
            item.row["lease_token"] for item in done if item.row["provider_id"] != "local"
        )
        model.come_to_rest()

    def _expect_outcome(self, job: ModelJob, item: Done, word: str, reran: set[int]) -> None:
        model, was_rerun = self.model, job.rerun
        last = item.is_last_attempt
        if word in ("complete", "complete in part"):
            model.end(job, "completed", failed_units=min(job.units, word == "complete in part"))
            attempt = "completed" if item.stats.calls else ""
        elif word.startswith("fail") or (word in ("retry", "retry alone", "time out") and last):
            model.end(job, "failed")
            attempt = "failed"
        elif word in ("retry", "retry alone", "time out"):
            job.attempts = 0 if was_rerun else job.attempts
            job.wait_again(
                "scheduled", due=self._read_due(job, soon=word == "retry alone" and not item.row["alone"])
            )
            attempt = "retried"
        elif word == "defer":
            job.attempts = 0 if was_rerun else job.attempts - 1
            job.deferrals += 1
            job.wait_again("rate_limited", due=self._read_due(job, soon=False))
            attempt = "deferred"
        elif word == "cancel":
            model.end(job, "cancelled")
            attempt = "cancelled"
        else:
            job.attempts = 0 if was_rerun else job.attempts - 1
            job.wait_again("pending")
            attempt = "released" if item.stats.calls else ""
        if was_rerun and job.state == "pending" and word != "release":
            reran.add(job.id)
        if attempt:
            model.attempts[job.id, attempt] += 1

    def _read_due(self, job: ModelJob, *, soon: bool) -> float | None:
        """Take over when a parked job falls due, jittered as it is."""
        due = Job.objects.values_list("due_at", flat=True).get(pk=job.id)
        if due is None:
            return None  # its batch failed with it
        wait = due.timestamp() - db_now()
        assert (wait <= 0) if soon else (WAIT_SECONDS * 0.875 - 30 <= wait <= WAIT_SECONDS * 1.125)
        return due.timestamp()

    # -- workers ----------------------------------------------------------------------------------

    @rule(who=st.integers(0, 1), signs_off=st.booleans(), started=st.integers(0, 3))
    def lose_a_worker(self, who: int, signs_off: bool, started: int) -> None:
        """A worker falls silent, or stops without giving back; another takes its place."""
        worker = self.workers[who]
        jobs = [job for job in self.model.jobs.values() if job.worker == worker.pk]
        named = [job.id for job in jobs][:started]
        Worker.objects.filter(pk=worker.pk).update(started_job_ids=named)
        if signs_off:
            workers.sign_off(worker.pk, reason="stopped")
        else:
            Worker.objects.filter(pk=worker.pk).update(heartbeat_at=timezone.now() - timedelta(minutes=2))
        assert rescue.rescue_dead() == len(jobs)
        self.model.rescue(jobs, started=named, now=db_now())
        self.model.come_to_rest()
        self.workers[who] = workers.register()

    # -- what staff do ----------------------------------------------------------------------------

    def _choose(self, data: st.DataObject) -> list[int]:
        return data.draw(
            st.lists(st.sampled_from(sorted(self.model.jobs)), min_size=1, max_size=4, unique=True)
        )

    def _choose_batch(self, data: st.DataObject) -> ModelBatch:
        return self.model.batches[data.draw(st.sampled_from(sorted(self.model.batches)))]

    @precondition(lambda self: self.model.jobs)
    @rule(data=st.data())
    def cancel_jobs(self, data: st.DataObject) -> None:
        ids = self._choose(data)
        report = operations.cancel_jobs(ids, actor="ada")
        assert report.done == self.model.cancel([self.model.jobs[i] for i in ids])
        self.model.come_to_rest()

    @precondition(lambda self: any(job.state == "processing" for job in self.model.jobs.values()))
    @rule(data=st.data())
    def reset_jobs(self, data: st.DataObject) -> None:
        self._reset(self._choose(data))

    def _reset(self, ids: list[int]) -> None:
        jobs = [self.model.jobs[i] for i in ids if self.model.jobs[i].state == "processing"]
        assert operations.reset_jobs(ids, actor="ada").done == len(jobs)
        self.model.reset(jobs, now=db_now())

    @precondition(lambda self: any(not job.is_live for job in self.model.jobs.values()))
    @rule(data=st.data())
    def retry_jobs(self, data: st.DataObject) -> None:
        ids = self._choose(data)
        began = db_now()
        report = operations.retry_jobs(ids, actor="ada")
        self._expect_redriven(ids, report.done, began=began)

    @precondition(lambda self: self.model.batches)
    @rule(data=st.data())
    def retry_failed(self, data: st.DataObject) -> None:
        batch = self._choose_batch(data)
        ids = [
            job.id
            for job in self.model.jobs.values()
            if job.state == "failed"
            and any(
                s.batch == batch.id and s.job == job.id and s.run == job.run and s.counted
                for s in self.model.shares
            )
        ]
        began = db_now()
        report = operations.retry_failed(batch.id, actor="ada")
        self._expect_redriven(ids, report.done, began=began)

    def _expect_redriven(self, ids: list[int], done: int, *, began: float) -> None:
        moved = self.model.redrive(ids)
        assert done == len(moved)
        ranks = dict(Job.objects.filter(pk__in=ids).values_list("pk", "sort_key"))
        for job in moved:
            place = [i for i in sorted(ids) if self.model.jobs[i].lane == job.lane].index(job.id)
            job.rank = ranks[job.id]
            self._check_rank(job.rank, lane=job.lane, priority=job.priority, place=place, began=began)
        self.model.come_to_rest()

    @precondition(lambda self: self.model.batches)
    @rule(data=st.data())
    def cancel_batch(self, data: st.DataObject) -> None:
        batch = self._choose_batch(data)
        cancelled, given = batches.cancel_batch(batch.id, actor="ada", reason="wrong")
        assert (cancelled, given) == self.model.cancel_batch(batch)
        self.model.come_to_rest()

    @precondition(lambda self: self.model.batches)
    @rule(data=st.data())
    def pause_batch(self, data: st.DataObject) -> None:
        self._pause(self._choose_batch(data))

    def _pause(self, batch: ModelBatch) -> None:
        assert operations.pause_batch(batch.id, actor="ada") == self.model.pause(batch)
        self.model.come_to_rest()

    @precondition(lambda self: any(batch.paused for batch in self.model.batches.values()))
    @rule(data=st.data())
    def resume_batch(self, data: st.DataObject) -> None:
        batch = self._choose_batch(data)
        assert operations.resume_batch(batch.id, actor="ada") == self.model.resume(batch)
        self.model.come_to_rest()

    @rule()
    def pause_or_resume_a_provider(self) -> None:
        lane = self.model.lanes[LANE]
        act = operations.resume_provider if lane.paused else operations.pause_provider
        assert act(LANE, actor="ada", reason="night")
        lane.paused = not lane.paused

    # -- time -------------------------------------------------------------------------------------

    @rule(seconds=st.sampled_from([700, WINDOW_SECONDS + 100]))
    def pass_time(self, seconds: int) -> None:
        """Let everything stored lie so much further back; workers go on beating."""
        by = timedelta(seconds=seconds)
        Job.objects.update(due_at=F("due_at") - by, sort_key=F("sort_key") - seconds)
        BudgetEntry.objects.update(
            reserved_at=F("reserved_at") - by, spent_at=F("spent_at") - by, answered_at=F("answered_at") - by
        )
        Provider.objects.update(clock=F("clock") - seconds)
        self.model.pass_time(seconds)

    @rule()
    def sweep(self) -> None:
        BudgetEntry.objects.update(reserved_at=F("reserved_at") - timedelta(seconds=10))
        retention.sweep_reservations()
        batches.sweep()
        self.model.sweep(now=db_now())
        self.model.come_to_rest()
        tokens = Job.objects.filter(state="processing").values("lease_token")
        assert not BudgetEntry.objects.filter(spent_at=None).exclude(lease_token__in=tokens).exists()

    # -- what must hold after every step ----------------------------------------------------------

    @invariant()
    def queue_and_model_agree(self) -> None:
        if hasattr(self, "model"):
            self._compare_jobs()
            self._compare_batches()
            self._compare_entries()
            assert Counter(Attempt.objects.values_list("job_id", "outcome")) == self.model.attempts

    def _compare_jobs(self) -> None:
        jobs = Job.objects.in_bulk()
        assert {
            pk: _facts(job, job.lease_token, job.worker_id, job.batch_id) for pk, job in jobs.items()
        } == {job.id: _facts(job, job.token, job.worker, job.batch) for job in self.model.jobs.values()}
        assert {pk: job.payload["n"] for pk, job in jobs.items()} == {
            job.id: job.n for job in self.model.jobs.values()
        }
        ranks = {pk: job.sort_key for pk, job in jobs.items()}
        assert ranks == {
            job.id: job.rank if job.rank is None else pytest.approx(job.rank, abs=1)
            for job in self.model.jobs.values()
        }
        live = [job.dedupe_key for job in jobs.values() if job.dedupe_key and job.state in LIVE]
        assert len(live) == len(set(live))

    def _compare_batches(self) -> None:
        found = {
            batch.pk: (
                batch.state, batch.paused, batch.finishes, batch.skipped_units,
                (batch.total_units, batch.completed_units, batch.failed_units, batch.cancelled_units),
            )
            for batch in Batch.objects.all()
        }  # fmt: skip
        expected = {
            batch.id: (
                batch.state,
                batch.paused,
                batch.finishes,
                batch.skipped,
                self.model.counts_of(batch.id),
            )
            for batch in self.model.batches.values()
        }
        assert found == expected
        links = BatchJob.objects.filter(counted=False).values_list("batch_id", "job_id", "awaits_rerun")
        shared = [share for share in self.model.open_shares() if not self._owns(share)]
        assert sorted(links) == sorted((share.batch, share.job, share.awaits) for share in shared)

    def _owns(self, share: Share) -> bool:
        return self.model.jobs[share.job].batch == share.batch

    def _compare_entries(self) -> None:
        found = Counter(
            (entry.lease_token, entry.spent_at is not None, entry.answered_at is not None)
            for entry in BudgetEntry.objects.all()
        )
        expected = Counter(
            (entry.token, entry.spent, entry.answered is not None) for entry in self.model.entries
        )
        assert found == expected


@pytest.mark.timeout(3600 if LONG_RUN else 300)
def test_the_queue_does_what_a_plain_model_of_it_says(lane: Provider) -> None:
    run_state_machine_as_test(QueueMachine, settings=PROFILE)
