"""A plain model of the queue: what its words say should happen, in lists and dictionaries, without SQL.

Times are seconds since 1970 on the database's clock; the test that drives the model hands them in.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from queueproject.queue.states import LIVE, PARKED, WAITING

HEAD_START = 288.0
MAX_RESCUES = 3


@dataclass
class Asked:
    """One job of one call of enqueue."""

    n: int
    key: str | None
    units: int


@dataclass
class ModelJob:
    """One job; `run` grows when it is asked for again while it runs."""

    id: int
    n: int
    key: str | None
    lane: str
    priority: int
    units: int
    batch: int | None
    state: str
    rank: float | None
    due: float | None
    max_attempts: int
    held: str | None = None
    attempts: int = 0
    deferrals: int = 0
    rescues: int = 0
    losses: int = 0
    rerun: bool = False
    token: int | None = None
    worker: int | None = None
    run: int = 0

    @property
    def is_live(self) -> bool:
        return self.state in LIVE

    @property
    def place(self) -> tuple[bool, float, int]:
        return (self.rank is None, self.rank or 0.0, self.id)

    def wait_again(self, state: str, *, due: float | None = None) -> None:
        self.state, self.due, self.token, self.worker, self.rerun = state, due, None, None, False


@dataclass
class Share:
    """A batch's part in one run of a job: open until that run has ended, then counted as it ended."""

    batch: int
    job: int
    units: int
    awaits: bool = False
    run: int | None = None
    counted: tuple[int, int, int] | None = None
    """Completed, failed and cancelled units."""


@dataclass
class ModelBatch:
    id: int
    max_in_flight: int | None = None
    paused: bool = False
    cancelled: bool = False
    state: str = "running"
    finishes: int = 0
    skipped: int = 0


@dataclass
class Entry:
    """A call reserved, spent or answered under a token."""

    token: int
    reserved: float
    spent: bool = False
    answered: float | None = None


@dataclass
class ModelLane:
    key: str
    step: float
    clock: float
    metered: bool = False
    limit: int = 0
    window: float = 0
    max_in_flight: int = 0
    wide: int = 1
    paused: bool = False

    def fresh_rank(self, *, now: float, priority: int) -> float:
        return min(now, self.clock) - priority * HEAD_START


@dataclass
class Joined:
    """What an enqueue did to jobs there were, and the rows for which it made new ones."""

    new: list[tuple[int, Asked]] = field(default_factory=list)
    shared: int = 0
    raised: int = 0
    rerun: int = 0


class Model:
    """The queue as promised."""

    def __init__(self, lanes: Iterable[ModelLane]) -> None:
        self.lanes = {lane.key: lane for lane in lanes}
        self.jobs: dict[int, ModelJob] = {}
        self.batches: dict[int, ModelBatch] = {}
        self.shares: list[Share] = []
        self.entries: list[Entry] = []
        self.attempts: Counter[tuple[int, str]] = Counter()

    # -- looking ----------------------------------------------------------------------------------

    def find_live(self, key: str | None) -> ModelJob | None:
        return next((job for job in self.jobs.values() if key and job.key == key and job.is_live), None)

    def open_shares(self, *, job: int | None = None, batch: int | None = None) -> list[Share]:
        return [
            share
            for share in self.shares
            if share.counted is None and job in (None, share.job) and batch in (None, share.batch)
        ]

    def counts_of(self, batch: int) -> tuple[int, int, int, int]:
        """Return a batch's total, completed, failed and cancelled units, by counting them."""
        shares = [share for share in self.shares if share.batch == batch]
        ended = [share.counted for share in shares if share.counted]
        done, failed, cancelled = (sum(counts[i] for counts in ended) for i in range(3))
        return sum(share.units for share in shares), done, failed, cancelled

    def is_held_back(self, job: ModelJob) -> bool:
        return job.batch is not None and self.batches[job.batch].paused

    # -- enqueue ----------------------------------------------------------------------------------

    def join(
        self,
        asked: Sequence[Asked],
        *,
        lane: str,
        priority: int,
        due: float | None,
        batch: int | None,
        now: float,
    ) -> Joined:
        """Join live twins, and tell which rows become jobs, each with its place in the call."""
        found = Joined()
        seen: set[str] = set()
        for place, row in enumerate(asked):
            if row.key and row.key in seen:
                found.shared += 1
                continue
            seen.add(row.key or "")
            twin = self.find_live(row.key)
            if twin is None:
                found.new.append((place, row))
                continue
            self._join_twin(
                twin, row, place=place, priority=priority, due=due, batch=batch, now=now, found=found
            )
        if batch is not None:
            self.batches[batch].skipped += found.shared
        return found

    def _join_twin(
        self,
        twin: ModelJob,
        row: Asked,
        *,
        place: int,
        priority: int,
        due: float | None,
        batch: int | None,
        now: float,
        found: Joined,
    ) -> None:
        running, raised = twin.state == "processing", priority > twin.priority
        lane = self.lanes[twin.lane]
        if raised:
            fresh = lane.fresh_rank(now=now, priority=priority) + place * lane.step
            twin.rank = fresh if twin.rank is None else min(twin.rank, fresh)
        if twin.state == "scheduled" and twin.attempts == 0 and twin.due is not None:
            twin.due = min(twin.due, now if due is None else due)
        twin.n, twin.priority, twin.rerun = row.n, max(priority, twin.priority), twin.rerun or running
        found.shared += 1
        found.raised += raised and not running
        found.rerun += running
        if batch is not None and not self.open_shares(job=twin.id, batch=batch):
            self.shares.append(Share(batch, twin.id, twin.units, awaits=running))
            self.batches[batch].state = "running"
        if batch is None and twin.batch is not None and self.batches[twin.batch].paused and not running:
            twin.batch = twin.held = None  # asked for by itself, it waits for no batch
        self._find_owner(twin)

    def add(self, job: ModelJob) -> None:
        """Enter a job an enqueue made."""
        self.jobs[job.id] = job
        if job.batch is not None:
            batch = self.batches[job.batch]
            batch.state = "running"
            self.shares.append(Share(batch.id, job.id, job.units))
            job.held = "paused" if batch.paused else "in_flight" if batch.max_in_flight else None

    # -- claim ------------------------------------------------------------------------------------

    def promote(self, *, now: float) -> list[ModelJob]:
        """Make what fell due on open lanes claimable; return those that get their first rank now."""
        due = [
            job
            for job in self.jobs.values()
            if job.state in PARKED
            and not job.held
            and not self.lanes[job.lane].paused
            and job.due is not None
            and job.due <= now
        ]
        for job in due:
            job.state = "pending"
        return [job for job in due if job.rank is None]

    def pick(self, lane: ModelLane, *, most: int, now: float) -> list[ModelJob]:
        """Return what a claim takes of a lane, in order; rows of paused batches step aside."""
        if lane.paused:
            return []
        room = most
        if lane.metered:
            open_calls = {entry.token for entry in self.entries if entry.answered is None}
            used = sum(entry.answered is None or entry.answered > now - lane.window for entry in self.entries)
            room = min(most, lane.max_in_flight - len(open_calls), lane.limit - used)
        waiting = [
            job
            for job in self.jobs.values()
            if job.lane == lane.key and job.state == "pending" and not job.held
        ]
        if room <= 0 or not waiting:
            return []
        looked_at = room if lane.wide == 1 else (room + 1) * lane.wide
        head = sorted(waiting, key=lambda job: job.place)[:looked_at]
        ready = [job for job in head if not self.is_held_back(job)]
        for job in head:
            if self.is_held_back(job):
                job.held = "paused"
        taken = ready[:room]
        emptied = len(head) < looked_at and len(taken) == len(ready)
        lane.clock = now if emptied else min(now, lane.clock + len(taken) * lane.step)
        return taken

    def take(self, job: ModelJob, *, token: int, worker: int, now: float) -> None:
        job.state, job.token, job.worker, job.due = "processing", token, worker, None
        job.attempts += 1
        if self.lanes[job.lane].metered:
            self.entries.append(Entry(token, now))

    # -- ends -------------------------------------------------------------------------------------

    def end(self, job: ModelJob, state: str, *, failed_units: int = 0, may_rerun: bool = True) -> None:
        """End a run: everybody who has a part in it counts it, and who asked meanwhile has the next."""
        reran = may_rerun and job.rerun
        counted = {
            "completed": (job.units - failed_units, failed_units, 0),
            "failed": (0, job.units, 0),
            "cancelled": (0, 0, job.units),
        }[state]
        heirs: list[Share] = []
        for share in self.open_shares(job=job.id):
            if reran and share.awaits:
                heirs.append(share)
            else:
                share.counted, share.run = counted, job.run
        job.wait_again("pending" if reran else state)
        job.held = None
        if reran:
            job.attempts, job.run, job.batch = 0, job.run + 1, None
            for share in heirs:
                share.awaits = False
            self._find_owner(job, orphaned=True)

    def drop_reservations(self, tokens: Iterable[int]) -> None:
        gone = set(tokens)
        self.entries = [entry for entry in self.entries if entry.spent or entry.token not in gone]

    def close_leases(self, tokens: Iterable[int], *, now: float) -> None:
        gone = set(tokens)
        self.drop_reservations(gone)
        for entry in self.entries:
            if entry.token in gone and entry.answered is None:
                entry.answered = now

    def rescue(self, jobs: Iterable[ModelJob], *, started: Iterable[int], now: float) -> None:
        """Take jobs of a dead worker back; a started one that lost too many fails, unless asked for anew."""
        tokens = []
        for job in jobs:
            if job.token is not None:
                tokens.append(job.token)
            has_started = (
                job.losses >= MAX_RESCUES
                or job.id in started
                or any(entry.spent and entry.token == job.token for entry in self.entries)
            )
            if job.rerun:
                job.attempts = job.rescues = job.losses = 0
            else:
                job.attempts -= 1
                job.rescues += has_started
                job.losses += not has_started
            fails = has_started and job.rescues >= MAX_RESCUES
            if has_started:
                self.attempts[job.id, "failed" if fails else "rescued"] += 1
            if fails:
                self.end(job, "failed")
            else:
                job.wait_again("pending")
        self.close_leases(tokens, now=now)

    def reset(self, jobs: Iterable[ModelJob], *, now: float) -> None:
        tokens = [job.token for job in jobs if job.token is not None]
        for job in jobs:
            job.attempts = 0 if job.rerun else job.attempts - 1
            job.wait_again("pending")
        self.close_leases(tokens, now=now)

    def cancel(self, jobs: Iterable[ModelJob]) -> int:
        """Cancel what is open; the mark to run again goes too."""
        done = 0
        for job in jobs:
            if job.is_live:
                self.end(job, "cancelled", may_rerun=False)
                done += 1
        return done

    def redrive(self, ids: Iterable[int]) -> list[ModelJob]:
        """Return the jobs that may wait again, newest of each key, and put them back without a rank."""
        chosen = [self.jobs[i] for i in sorted(ids) if self.jobs[i].state in ("failed", "cancelled")]
        newest = {job.key: job.id for job in chosen if job.key}
        moved = [
            job
            for job in chosen
            if not job.key or (newest[job.key] == job.id and not self.find_live(job.key))
        ]
        for job in moved:
            batch = self.batches[job.batch] if job.batch is not None else None
            for share in self.shares:
                if share.job == job.id and share.run == job.run and share.counted:
                    share.counted, share.run = None, None
                    self.batches[share.batch].state = "running"
                    self.batches[share.batch].cancelled = False
            job.state, job.attempts, job.deferrals, job.rescues, job.due = "pending", 0, 0, 0, None
            job.losses = 0
            job.held = None
            if batch:
                job.held = "paused" if batch.paused else "in_flight" if batch.max_in_flight else None
        return moved

    # -- batches ----------------------------------------------------------------------------------

    def _find_owner(self, job: ModelJob, *, orphaned: bool = False) -> None:
        """Let a batch that may go on own a paused one's job, and any batch one whose owner gave it up.

        Who asked while it runs has no part in this run, and does not own it.
        """
        before = job.batch
        if not orphaned and (before is None or not self.batches[before].paused):
            return
        running = job.state == "processing"
        shares = [share for share in self.open_shares(job=job.id) if not (share.awaits and running)]
        parts = sorted(share.batch for share in shares)
        heirs = [number for number in parts if not self.batches[number].paused]
        if orphaned:
            heirs += parts
        job.batch = heirs[0] if heirs else before
        if job.batch != before and job.state in WAITING:
            self._hold_as_owned(job)

    def _hold_as_owned(self, job: ModelJob) -> None:
        owner = self.batches[job.batch] if job.batch is not None else None
        job.held = None
        if owner:
            job.held = "paused" if owner.paused else "in_flight" if owner.max_in_flight else None

    def pause(self, batch: ModelBatch) -> bool:
        if batch.paused or batch.state != "running":
            return False
        batch.paused = True
        for job in self.owned(batch):
            self._find_owner(job)
            if job.batch == batch.id and job.state in WAITING:
                job.held = "paused"
        return True

    def resume(self, batch: ModelBatch) -> bool:
        if not batch.paused:
            return False
        batch.paused = False
        for job in self.owned(batch):
            if job.held == "paused":
                self._hold_as_owned(job)
        for share in self.open_shares(batch=batch.id):
            self._find_owner(self.jobs[share.job])
        return True

    def cancel_batch(self, batch: ModelBatch) -> tuple[int, int]:
        """Cancel what only this batch wants, give the rest away; return how many of each."""
        if batch.state == "running":
            batch.cancelled = True
        cancelled = given = 0
        for job in self.owned(batch):
            others = [share for share in self.open_shares(job=job.id) if share.batch != batch.id]
            if not others:
                cancelled += self.cancel([job])
                continue
            given += 1
            for share in self.open_shares(job=job.id, batch=batch.id):
                share.counted = (0, 0, share.units)
            job.batch = None
            self._find_owner(job, orphaned=True)
        for share in self.open_shares(batch=batch.id):
            share.counted = (0, 0, share.units)
        return cancelled, given

    def owned(self, batch: ModelBatch) -> list[ModelJob]:
        return [job for job in self.jobs.values() if job.batch == batch.id and job.is_live]

    def fail_siblings(self, job: ModelJob, *, batch: int | None, spared: set[int]) -> None:
        """Fail what waits in a batch beside a job that showed that none of its lane can succeed."""
        for other in list(self.jobs.values()):
            if (
                batch is not None
                and other.batch == batch
                and other.lane == job.lane
                and other.state in WAITING
                and other.id not in spared
            ):
                self.end(other, "failed", may_rerun=False)

    def sweep(self, *, now: float) -> None:
        """Give back what no processing job has reserved, hand what paused batches hold to who may go on."""
        held = {job.token for job in self.jobs.values() if job.token is not None}
        self.close_leases({entry.token for entry in self.entries} - held, now=now)
        for job in self.jobs.values():
            if job.is_live:
                self._find_owner(job)
                if job.held == "paused" and not self.is_held_back(job):
                    self._hold_as_owned(job)

    def come_to_rest(self) -> None:
        """End batches without an open part; let as many jobs of limited ones out as fit, in rank order."""
        for batch in self.batches.values():
            if batch.state == "running" and not self.open_shares(batch=batch.id):
                batch.finishes += 1
                batch.state = self._how_it_ended(batch)
            if batch.max_in_flight and not batch.paused:
                jobs = self.owned(batch)
                room = batch.max_in_flight - sum(job.held is None for job in jobs)
                waiting = sorted((job for job in jobs if job.held == "in_flight"), key=lambda job: job.place)
                for job in waiting[: max(0, room)]:
                    job.held = None

    def _how_it_ended(self, batch: ModelBatch) -> str:
        _, done, failed, cancelled = self.counts_of(batch.id)
        if batch.cancelled or (cancelled and not done + failed):
            return "cancelled"
        if not failed:
            return "completed"
        return "completed_with_errors" if done else "failed"

    # -- time -------------------------------------------------------------------------------------

    def pass_time(self, seconds: float) -> None:
        """Let everything lie so much further back."""
        for job in self.jobs.values():
            job.due = None if job.due is None else job.due - seconds
            job.rank = None if job.rank is None else job.rank - seconds
        for entry in self.entries:
            entry.reserved -= seconds
            entry.answered = None if entry.answered is None else entry.answered - seconds
        for lane in self.lanes.values():
            lane.clock -= seconds
