"""Spending: leave to make one call, asked for at the moment of the call, under a lease token.

Handler threads do not talk to the database: they hand their spends to one spender thread, which
puts many into one transaction. What a claim reserved is always there; anything beyond it (a retry
inside a call, a second call) is taken under the lane's lock, or refused.
"""

import queue
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import structlog
from django.db import InterfaceError, OperationalError, connection, transaction

from queueproject.queue import claim, grants, providers, sql
from queueproject.queue.outcomes import NotPermitted, Transient
from queueproject.queue.registry import SpendReceipt

log = structlog.get_logger(__name__)

AT_ONCE = 64
FRESH_SECONDS = 0.02
SHUT_SECONDS = 0.5
ANSWER_WITHIN_SECONDS = 30.0
Row = dict[str, Any]
Book = Counter[tuple[str, str, str]]
"""Amounts to book by (provider, currency, "spent" or "refused")."""


@dataclass
class CallStats:
    """What the calls of one performance came to; read by its attempt row."""

    calls: int = 0
    tokens: int = 0
    status: int | None = None
    latency_seconds: float = 0
    spent_at: datetime | None = None


@dataclass(frozen=True)
class Lease:
    """Who asks: the lane, the token, the jobs under it, the worker that holds it."""

    provider: str
    token: int
    job_ids: Sequence[int]
    worker_id: int


@dataclass
class Request:
    """Work for the spender; `done` is set when `result` or `error` is."""

    action: Callable[[Book], Any]
    done: threading.Event = field(default_factory=threading.Event)
    result: Any = None
    error: Exception | None = None
    written_at: float = 0


class Unwritten(NotPermitted, Transient):
    """The database was away: no call was made, and the job it was for goes back as it was."""


class Spender:
    """One thread with one connection that writes every spend of its process."""

    def __init__(self) -> None:
        self._requests: queue.SimpleQueue[Request | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="spender", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._requests.put(None)
        self._thread.join(timeout=10)

    def ask(self, action: Callable[[Book], Any]) -> Any:
        """Run an action in the spender's transaction and return its result, or raise its error."""
        return self.request(action).result

    def request(self, action: Callable[[Book], Any]) -> Request:
        """As `ask`; the request also tells when its transaction was over (monotonic)."""
        request = Request(action)
        self._requests.put(request)
        if not request.done.wait(ANSWER_WITHIN_SECONDS):
            raise Unwritten("the database did not take the spend in time")
        if request.error:
            raise request.error
        return request

    def settle_up(self, action: Callable[[Book], Any]) -> None:
        """Have an answer written; when that fails, the sweep counts the call from when it notices."""
        try:
            self.ask(action)
        except Transient as error:
            log.warning("answer_not_written", error=error.message)

    def _run(self) -> None:
        try:
            while (first := self._requests.get()) is not None:
                waiting = [first]
                while len(waiting) < AT_ONCE and not self._requests.empty():
                    request = self._requests.get()
                    if request is None:
                        self._requests.put(None)
                        break
                    waiting.append(request)
                self._serve(waiting)
        finally:
            connection.close()

    def _serve(self, waiting: Sequence[Request]) -> None:
        try:
            with transaction.atomic():
                ledger: Book = Counter()
                for request in waiting:
                    try:
                        request.result = request.action(ledger)
                    except NotPermitted as refusal:
                        request.error = refusal
                write_ledger(ledger)
        except (OperationalError, InterfaceError) as error:
            connection.close()
            self._refuse(waiting, error)
        except Exception as error:  # noqa: BLE001  one caller's odd numbers must not end everybody's spends
            if len(waiting) > 1:
                for request in waiting:
                    request.error = None
                    self._serve([request])
                return
            self._refuse(waiting, error)
        for request in waiting:
            request.written_at = time.monotonic()
            request.done.set()

    def _refuse(self, waiting: Sequence[Request], error: Exception) -> None:
        log.warning("spends_failed", error=repr(error), spends=len(waiting))
        for request in waiting:
            kind = Unwritten if isinstance(error, OperationalError | InterfaceError) else Transient
            request.error = kind(f"the spend could not be written: {type(error).__name__}")


def write_ledger(ledger: Book) -> None:
    """Add (provider, currency, spent or refused) counts to the hour's ledger and the calendar budgets."""
    keys = sorted({(provider, currency) for provider, currency, _ in ledger})
    if not keys:
        return
    names, currencies = [key[0] for key in keys], [key[1] for key in keys]
    spent = [ledger[*key, "spent"] for key in keys]
    refused = [ledger[*key, "refused"] for key in keys]
    sql.run("note_calendar", providers=names, currencies=currencies, spent=spent)
    sql.run("open_ledger", providers=names, currencies=currencies)
    sql.run("note_ledger", providers=names, currencies=currencies, spent=spent, refused=refused)


class LeasePermit:
    """Leave to call for the jobs of one lease."""

    def __init__(self, spender: Spender, lease: Lease) -> None:
        self.spender = spender
        self.lease = lease
        self.stats = CallStats()
        self.fenced = threading.Event()

    def spend(self, *, calls: int = 1, tokens: int = 0) -> SpendReceipt:
        """Take one call from the budgets; raise NotPermitted when it may not be made."""
        if self.fenced.is_set():
            raise NotPermitted("the lease was given up", lease_lost=True)
        lease = self.lease
        leave = self.spender.request(lambda ledger: spend(ledger, lease, calls=calls, tokens=tokens))
        entries: list[Row] = leave.result
        # A thread, or a whole host, that slept since may hold leave for a lane that was shut meanwhile.
        while time.monotonic() - leave.written_at > FRESH_SECONDS:
            leave = self.spender.request(lambda ledger: confirm(ledger, lease, entries=entries))
        self.stats.calls += calls
        self.stats.spent_at = entries[0]["spent_at"] if entries else None
        return LeaseReceipt(self, entries)


class LeaseReceipt:
    """A call that may now be made; its answer settles what it really cost."""

    def __init__(self, permit: LeasePermit, entries: list[Row]) -> None:
        self.permit = permit
        self.entries = entries
        self.started = time.monotonic()

    def answered(
        self, *, tokens: int | None = None, status: int | None = None, latency_seconds: float = 0
    ) -> None:
        stats = self.permit.stats
        stats.status = status
        stats.latency_seconds += latency_seconds or time.monotonic() - self.started
        stats.tokens += tokens or 0
        lease, entries = self.permit.lease, self.entries
        self.permit.spender.settle_up(
            lambda ledger: answer(ledger, lease, entries=entries, tokens=tokens, status=status)
        )


def spend(ledger: Book, lease: Lease, *, calls: int, tokens: int) -> list[Row]:
    """Turn a reservation into a spend, or take from the budgets what was not reserved."""
    lane = _look(lease)
    if lane["reserved_calls"] >= calls:
        entries = sql.rows("spend_reserved", token=lease.token, calls=calls)
    else:
        entries = _spend_unreserved(lease, amounts={"calls": calls, "tokens": tokens})
    for entry in entries:
        ledger[lease.provider, entry["currency"], "spent"] += entry["amount"]
    return entries


def _look(lease: Lease) -> Row:
    """Return what a lease has reserved; raise NotPermitted when it may not call now."""
    lane = sql.rows("look_at_lease", provider=lease.provider, token=lease.token, ids=list(lease.job_ids))[0]
    if not lane["leased"]:
        raise NotPermitted("the lease was lost", lease_lost=True)
    _refuse_closed(lane)
    return lane


def confirm(ledger: Book, lease: Lease, *, entries: Sequence[Row]) -> None:
    """Look again before a call that was slow to start; what it spent comes back when it may not be made."""
    try:
        _look(lease)
    except NotPermitted:
        sql.run("take_back", ids=[entry["id"] for entry in entries])
        for entry in entries:
            ledger[lease.provider, entry["currency"], "spent"] -= entry["amount"]
        raise


def _refuse_closed(lane: Row) -> None:
    if lane.get("paused") or lane.get("paused_at"):
        raise NotPermitted(f"the provider is paused: {lane.get('paused_reason', '')}")
    if lane["blocked_until"]:
        raise NotPermitted("the provider is blocked", until=lane["blocked_until"])


def _spend_unreserved(lease: Lease, *, amounts: dict[str, int]) -> list[Row]:
    lane = sql.rows("lock_lane", provider=lease.provider)[0]
    _refuse_closed(lane)
    uses = claim.budget_uses([lease.provider]).get(lease.provider, [])
    room = grants.Room(1, lane["rate_factor"], uses)
    if not room.fits(amounts):
        raise NotPermitted("the budget is used up", until=room.frees_at(amounts))
    return sql.rows(
        "spend_unreserved",
        provider=lease.provider,
        token=lease.token,
        worker=lease.worker_id,
        currencies=list(amounts),
        amounts=list(amounts.values()),
    )


def answer(
    ledger: Book, lease: Lease, *, entries: Sequence[Row], tokens: int | None, status: int | None
) -> None:
    """Write a call's real cost; a good answer reopens its lane, a 429 shuts it."""
    provider = lease.provider
    sql.run("answer", ids=[entry["id"] for entry in entries], tokens=tokens)
    estimated = sum(entry["amount"] for entry in entries if entry["currency"] == "tokens")
    if tokens and not estimated:
        sql.run("add_answered", provider=provider, token=lease.token, worker=lease.worker_id, amount=tokens)
    if tokens is not None:
        ledger[provider, "tokens", "spent"] += tokens - estimated
    if status == 429:
        # Shut at once; how long in all is known when the error with its hint arrives.
        sql.run("shut_lane", provider=provider, seconds=SHUT_SECONDS)
        ledger[provider, "calls", "refused"] += 1
    elif status is not None and status < 400:
        providers.recover(provider)


class _Unmetered:
    """Leave to call without a lease: for tests and for the one call of "test connection"."""

    def spend(self, *, calls: int = 1, tokens: int = 0) -> SpendReceipt:
        return self

    def answered(
        self, *, tokens: int | None = None, status: int | None = None, latency_seconds: float = 0
    ) -> None:
        return None


UNMETERED = _Unmetered()
