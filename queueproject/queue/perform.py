"""Perform: run a claimed group through its handler and say what became of each job."""

import json
import time
import traceback
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import structlog

from queueproject.queue import providers, sql
from queueproject.queue.budgets import UNMETERED, Lease, LeasePermit, Spender
from queueproject.queue.outcomes import (
    Defer,
    Fail,
    NotPermitted,
    Outcome,
    Permanent,
    ProviderFault,
    RateLimited,
    Retry,
    Transient,
)
from queueproject.queue.registry import LOCAL, JobContext, Kind, UnknownKind, get_kind, perform
from queueproject.queue.settle import Done, Release

log = structlog.get_logger(__name__)

UNKNOWN_KIND_WAIT_SECONDS = 60
Row = dict[str, Any]


class Group:
    """Jobs under one token: performed together, settled one by one."""

    # What a group starts with stands on the class: one is made for every local job.
    started_at: datetime | None = None
    deadline = float("inf")
    busy_seconds = 0.0
    was_rate_limited = False
    retry_after_seconds: float | None = None
    prepared: Any = None
    future: Future[None] | None = None
    kind: Kind | None = None

    def __init__(self, rows: list[Row], *, worker_id: int, spender: Spender) -> None:
        first = rows[0]
        self.rows = rows
        self.lane: str = first["provider_id"]
        self.token: int = first["lease_token"]
        self.kind_name: str = first["kind"]
        self.alone: bool = first["alone"]
        self.timeout_seconds: float = max([row["timeout_seconds"] for row in rows])
        self.spender = spender
        self.refused: dict[int, Outcome] = {}
        self.contexts: list[JobContext] = []
        self.lease = (
            None
            if self.lane == LOCAL
            else LeasePermit(
                spender,
                Lease(
                    self.lane,
                    self.token,
                    [row["id"] for row in rows],
                    worker_id,
                    kind=self.kind_name,
                    estimated_tokens=sum(row["estimated_tokens"] for row in rows),
                ),
            )
        )
        try:
            self.kind = get_kind(self.kind_name)
        except UnknownKind as error:
            self.refused = {
                row["id"]: Defer(
                    f"{error}; deploy the code that knows it, or cancel the job",
                    seconds=UNKNOWN_KIND_WAIT_SECONDS,
                )
                for row in rows
            }

    @property
    def runs_inline(self) -> bool:
        return self.kind is None or (self.lane == LOCAL and self.kind.inline)

    def start_clock(self) -> None:
        self.started_at = datetime.now(tz=UTC)
        self.deadline = time.monotonic() + self.timeout_seconds

    def prepare(self) -> None:
        """Validate the payloads and let the kind read what it needs; failures become outcomes."""
        if self.kind is None:
            return
        for row in self.rows:
            try:
                payload = self.kind.parse(row["payload"])
            except Exception as error:  # noqa: BLE001  a validator may raise anything
                self.refused[row["id"]] = _outcome_of(error)
                continue
            self.contexts.append(self._context(row, payload))
        if self.kind.prepare is None or not self.contexts:
            return
        try:
            self.prepared = self.kind.prepare(self.contexts)
        except Exception as error:
            if sql.is_nobodys_fault(error):
                raise
            self.refused |= {context.id: _outcome_of(error) for context in self.contexts}
            self.contexts = []

    def _context(self, row: Row, payload: Any) -> JobContext:
        return JobContext(
            id=row["id"],
            kind=row["kind"],
            payload=payload,
            options=json.loads(row["options"]) if row["options"] != "{}" else {},
            provider=row["provider_id"],
            batch_id=row["batch_id"],
            attempt=row["attempts"] + 1,
            lease_token=row["lease_token"],
            subject_type=row["subject_type"],
            subject_id=row["subject_id"],
            created_by=row["created_by"],
            permit=self.lease or UNMETERED,
        )

    def perform(self) -> list[Done]:
        """Run the handler; whatever it raises becomes an outcome."""
        began = time.monotonic()
        outcomes: dict[int, Outcome | Release] = dict(self.refused)
        error_class = ""
        if self.kind is not None and self.contexts:
            try:
                outcomes |= perform(self.kind, self.contexts, self.prepared)
            except (Exception, SystemExit) as error:  # noqa: BLE001  whatever a handler raises is its jobs' outcome
                error_class = type(error).__name__
                shared = self._act_on(error)
                outcomes |= {context.id: shared for context in self.contexts}
        self.busy_seconds = time.monotonic() - began
        return self._done(outcomes, error_class)

    def _act_on(self, error: BaseException) -> Outcome | Release:
        """Let an error stop its lane where it must, and return what it means for the jobs."""
        try:
            return self._stop_lane(error)
        except Transient as unwritten:
            log.warning("lane_not_stopped", lane=self.lane, error=unwritten.message)
            wait = self.retry_after_seconds or providers.find_spec(self.lane).first_block_seconds
            return Defer(str(error), seconds=wait)

    def _stop_lane(self, error: BaseException) -> Outcome | Release:
        if isinstance(error, RateLimited):
            self.was_rate_limited = True
            self.retry_after_seconds = error.retry_after_seconds
            spent_at = self.lease.stats.spent_at if self.lease else None
            until = self.spender.ask(
                lambda _: providers.block(
                    self.lane,
                    retry_after_seconds=error.retry_after_seconds,
                    per_day=error.per_day,
                    spent_at=spent_at,
                    reason=error.message,
                ),
                lane=self.lane,
            )
            return Defer(error.message, until=until)
        if isinstance(error, ProviderFault):
            self.spender.ask(
                lambda _: providers.pause_for_fault(self.lane, fault=error.reason, message=error.message),
                lane=self.lane,
            )
            return Release(error.message)
        if isinstance(error, NotPermitted):
            if error.used_up and self.lease and self.lease.stats.calls:
                return Retry(self._say_why_no_more(self.lease.stats.status))
            return Defer(error.message, until=error.until) if error.until else Release(error.message)
        return _outcome_of(error)

    def _say_why_no_more(self, status: int | None) -> str:
        """Say why a lease asked for more calls than it had reserved when none were left."""
        if status is not None and status < 400:
            reserved = self.rows[0]["calls"]
            return f"{self.kind_name} makes more calls than it reserves ({reserved}); the budget is used up"
        came_to = f"was answered {status}" if status else "had no answer"
        return f"its call {came_to}, and the budget is used up: no other could be tried"

    def give_up(self, reason: str) -> list[Done]:
        """Take the token from a thread that runs too long; its calls and its result come to nothing."""
        if self.lease:
            self.lease.fenced.set()
        return self._done({row["id"]: Retry(reason) for row in self.rows}, "Timeout")

    def hand_back(self, reason: str) -> list[Done]:
        """Take the token from a thread that may not finish; the jobs wait again."""
        if self.lease:
            self.lease.fenced.set()
        return self._done({row["id"]: Release(reason) for row in self.rows}, "")

    def _done(self, outcomes: Mapping[int, object], error_class: str) -> list[Done]:
        done = [
            Done(
                row,
                _checked(outcomes.get(row["id"])),
                started_at=self.started_at,
                error_class=error_class,
                retry_after_seconds=self.retry_after_seconds,
            )
            for row in self.rows
        ]
        if self.lease is None:
            return done
        # A group's calls are one job's to account for; the others share status and latency.
        stats = self.lease.stats
        shared = replace(stats, calls=0, tokens=0)
        return [item._replace(stats=shared if number else stats) for number, item in enumerate(done)]


def _checked(outcome: object) -> Outcome | Release:
    """Return what a handler said of a job if it is an outcome; anything else may be right the next time."""
    if isinstance(outcome, Outcome | Release):
        return outcome
    return Retry(f"the handler returned no outcome for this job ({type(outcome).__name__})")


def _outcome_of(error: BaseException) -> Outcome:
    if isinstance(error, Transient):
        return Retry(error.message, alone=error.alone, status=error.status)
    if isinstance(error, Permanent):
        return Fail(error.message, status=error.status)
    log.error("handler_raised", error=repr(error), trace=traceback.format_exc(limit=8))
    return Retry(f"{type(error).__name__}: {error}")
