"""Spending: leave to make one call, asked for at the moment of the call, under a lease token.

Handler threads do not talk to the database: they hand their spends to one spender thread, which
puts many into one transaction. What a claim reserved is always there; anything beyond it (a retry
inside a call, a second call) is taken under the lane's lock, or refused.
"""

import math
import queue
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

import structlog
from django.db import InterfaceError, OperationalError, connection, transaction

from queueproject.queue import claim, grants, providers, sql
from queueproject.queue.models import TokenRatio
from queueproject.queue.outcomes import NotPermitted, Transient
from queueproject.queue.registry import SpendReceipt

log = structlog.get_logger(__name__)

AT_ONCE = 64
FRESH_SECONDS = 0.02
SHUT_SECONDS = 0.5
ANSWER_WITHIN_SECONDS = 30.0
NOTABLE = 1.25
"""How far answers may have moved from what was reserved before a call asks for the rest."""
Row = dict[str, Any]
Book = Counter[tuple[str, str, str, datetime | None]]
"""What to book: amounts by (provider, currency, "spent" or "refused", hour of the spend), and by (provider,
kind, "estimated" or "actual", None) the tokens that answers took of what had been estimated."""


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
    """Who asks: the lane, the token, the jobs under it, the worker that holds it; outside jobs neither.

    `estimated_tokens` are the jobs' own estimates, before what answers really took corrected them.
    """

    provider: str
    token: int
    job_ids: Sequence[int]
    worker_id: int | None
    kind: str = ""
    estimated_tokens: int = 0


@dataclass(frozen=True)
class Leave:
    """Leave for one call: the entries it spends, and how long its lane's interval has it wait."""

    entries: list[Row]
    wait_seconds: float = 0.0


@dataclass
class Request:
    """Work for the spender, on one lane; `done` is set when `result` or `error` is."""

    action: Callable[[Book], Any]
    lane: str = ""
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

    def ask(self, action: Callable[[Book], Any], *, lane: str = "") -> Any:
        """Run an action in the spender's transaction and return its result, or raise its error."""
        return self.serve(Request(action, lane)).result

    def serve(self, request: Request) -> Request:
        """As `ask`; the request also tells when its transaction was over (monotonic)."""
        self._requests.put(request)
        if not request.done.wait(ANSWER_WITHIN_SECONDS):
            raise Unwritten("the database did not take the spend in time")
        if request.error:
            raise request.error
        return request

    def undo(self, request: Request, lease: Lease) -> None:
        """Have a spend whose call will not be made taken back, if it was written; nobody waits for it.

        It comes after the spend, which may still wait in line, or have been written although its commit's
        answer was lost.
        """

        def act(book: Book) -> None:
            if isinstance(request.result, Leave):
                give_back(book, lease, entries=request.result.entries)

        self._requests.put(Request(act, lease.provider))

    def settle_up(self, action: Callable[[Book], Any], *, lane: str) -> None:
        """Have an answer written; when that fails, the sweep counts the call from when it notices."""
        try:
            self.ask(action, lane=lane)
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
                # One lane a transaction: two spenders that lock two lanes in either order would deadlock.
                by_lane: dict[str, list[Request]] = {}
                for request in waiting:
                    by_lane.setdefault(request.lane, []).append(request)
                for some in by_lane.values():
                    self._serve(some)
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
    """Write what was booked: to the ledger's hours, the calendar budgets, and the kinds' token ratios."""
    pages = sorted({(*key[:2], key[3]) for key in ledger if key[2] in {"spent", "refused"}}, key=str)
    if pages:
        spent = Counter[tuple[str, str]]()
        for (provider, currency, what, _), amount in ledger.items():
            if what == "spent":
                spent[provider, currency] += amount
        lanes = sorted(spent)
        sql.run(
            "note_calendar",
            providers=[provider for provider, _ in lanes],
            currencies=[currency for _, currency in lanes],
            spent=[spent[lane] for lane in lanes],
        )
        named = {
            "providers": [provider for provider, _, _ in pages],
            "currencies": [currency for _, currency, _ in pages],
            "hours": [hour for _, _, hour in pages],
        }
        sql.run("open_ledger", **named)
        sql.run(
            "note_ledger",
            **named,
            spent=[ledger[provider, currency, "spent", hour] for provider, currency, hour in pages],
            refused=[ledger[provider, currency, "refused", hour] for provider, currency, hour in pages],
        )
    answered = sorted({key[:2] for key in ledger if key[2] == "estimated"})
    if answered:
        _note_ratios(ledger, answered)


def _hour_of(entries: Sequence[Row]) -> datetime | None:
    """Return the hour a call is booked in, that of its spend; None, the hour of now, when it took nothing."""
    spent_at: datetime | None = entries[0]["spent_at"] if entries else None
    return spent_at and spent_at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def _note_ratios(ledger: Book, answered: Sequence[tuple[str, str]]) -> None:
    """Let what answers really took correct the next reservations of their kinds."""
    rows = sql.rows(
        "note_ratios",
        providers=[provider for provider, _ in answered],
        kinds=[kind for _, kind in answered],
        estimated=[ledger[*key, "estimated", None] for key in answered],
        actual=[ledger[*key, "actual", None] for key in answered],
    )
    for row in rows:
        if row["moved"]:
            TokenRatio.objects.filter(provider=row["provider_id"], kind=row["kind"]).update(
                noted=max(row["ratio"], 0.01)
            )
            words = f"{row['kind']} takes {row['ratio']:.2f} times the tokens it is estimated at"
            providers.note(row["provider_id"], "estimates corrected", words)


class Writer(Protocol):
    """Who writes spends and answers: a drain's spender, or the teller of a call outside jobs."""

    def serve(self, request: Request) -> Request: ...

    def undo(self, request: Request, lease: Lease) -> None: ...

    def settle_up(self, action: Callable[[Book], Any], *, lane: str) -> None: ...


class LeasePermit:
    """Leave to call for the jobs of one lease."""

    def __init__(self, spender: Writer, lease: Lease) -> None:
        self.spender = spender
        self.lease = lease
        self.stats = CallStats()
        self.fenced = threading.Event()

    def spend(self, *, calls: int = 1, tokens: int = 0) -> SpendReceipt:
        """Take one call from the budgets; raise NotPermitted when it may not be made."""
        if self.fenced.is_set():
            raise NotPermitted("the lease was given up", lease_lost=True)
        lease, asked_at = self.lease, time.monotonic()
        request = Request(
            lambda book: take_leave(book, lease, calls=calls, tokens=tokens), lane=lease.provider
        )
        try:
            entries = self._get_leave(request)
        except NotPermitted:
            self.spender.undo(request, lease)
            raise
        self.stats.calls += calls
        self.stats.spent_at = entries[0]["spent_at"] if entries else None
        return LeaseReceipt(self, entries, asked_at=asked_at)

    def _get_leave(self, request: Request) -> list[Row]:
        """Have a spend written, wait for its lane's interval, and return its entries while it is fresh."""
        leave: Leave = self.spender.serve(request).result
        if self.fenced.wait(leave.wait_seconds):
            raise NotPermitted("the lease was given up", lease_lost=True)
        # A thread, or a whole host, that slept since may hold leave for a lane that was shut meanwhile.
        asked = request
        while time.monotonic() - asked.written_at > FRESH_SECONDS:
            asked = self.spender.serve(Request(lambda _: confirm(self.lease), self.lease.provider))
        return leave.entries


class LeaseReceipt:
    """A call that may now be made; its answer settles what it really cost."""

    def __init__(self, permit: LeasePermit, entries: list[Row], *, asked_at: float) -> None:
        self.permit = permit
        self.entries = entries
        self.asked = asked_at
        self.started = time.monotonic()

    def answered(
        self,
        *,
        tokens: int | None = None,
        status: int | None = None,
        latency_seconds: float = 0,
        reached: bool = True,
    ) -> None:
        stats = self.permit.stats
        stats.status = status
        stats.latency_seconds += latency_seconds or time.monotonic() - self.started
        stats.tokens += tokens or 0
        lease, entries = self.permit.lease, self.entries
        if not reached:
            self.permit.spender.settle_up(
                lambda ledger: give_back(ledger, lease, entries=entries), lane=lease.provider
            )
            return
        seconds = time.monotonic() - self.asked
        self.permit.spender.settle_up(
            lambda ledger: answer(
                ledger, lease, entries=entries, tokens=tokens, status=status, seconds=seconds
            ),
            lane=lease.provider,
        )


def take_leave(ledger: Book, lease: Lease, *, calls: int, tokens: int) -> Leave:
    """Turn a reservation into a spend, or take from the budgets what was not reserved.

    On a lane that keeps an interval the call also gets the next start it lets through.
    """
    lane = _look(lease)
    if lane["probing"]:
        _give_way_to_the_probe(lease)
    ratio = 1.0 if lane["ratio"] is None else lane["ratio"]
    if lane["reserved_calls"] >= calls:
        _top_up(lease, reserved=lane["reserved_tokens"], ratio=ratio)
        entries = sql.rows("spend_reserved", token=lease.token, calls=calls)
    else:
        entries = _spend_unreserved(lease, amounts={"calls": calls, "tokens": tokens}, ratio=ratio)
    for entry in entries:
        ledger[lease.provider, entry["currency"], "spent", _hour_of(entries)] += entry["amount"]
    wait = sql.value("take_slot", provider=lease.provider, calls=calls) if lane["paces"] else None
    return Leave(entries, wait or 0.0)


def _give_way_to_the_probe(lease: Lease) -> None:
    """Raise NotPermitted while another call probes the lane: what was reserved before the block waits too."""
    (lane,) = sql.rows("lock_lane", provider=lease.provider)
    if lane["probing"] and sql.value("count_other_calls", provider=lease.provider, token=lease.token):
        raise NotPermitted("one call goes first after a block, and is under way")


def _look(lease: Lease) -> Row:
    """Return what a lease has reserved; raise NotPermitted when it may not call now."""
    lane = sql.rows(
        "look_at_lease",
        provider=lease.provider,
        token=lease.token,
        ids=list(lease.job_ids),
        kind=lease.kind,
    )[0]
    if lease.job_ids and not lane["leased"]:
        raise NotPermitted("the lease was lost", lease_lost=True)
    _refuse_closed(lane)
    return lane


def confirm(lease: Lease) -> None:
    """Look again before a call that was slow to start; raise NotPermitted when it may not be made."""
    _look(lease)


def give_back(ledger: Book, lease: Lease, *, entries: Sequence[Row]) -> None:
    """Undo the spend of a call that never came to the provider; once, even when it is asked for twice."""
    ids = [entry["id"] for entry in entries]
    # Over midnight the new day first counts it too, so that what is taken off is not another call's.
    sql.run("carry_over", ids=ids)
    if sql.run("take_back", ids=ids):
        for entry in entries:
            ledger[lease.provider, entry["currency"], "spent", _hour_of(entries)] -= entry["amount"]


def _refuse_closed(lane: Row) -> None:
    if lane.get("paused") or lane.get("paused_at"):
        raise NotPermitted(f"the provider is paused: {lane['paused_reason']}")
    if lane["blocked_until"]:
        raise NotPermitted("the provider is blocked", until=lane["blocked_until"])


def recall(provider: str) -> None:
    """Have every call that is reserved and not yet made ask anew, within the limits as they are now.

    For who has lowered a limit: after the commit, because a claim under way may have seen the old one. Their
    places among the calls in flight stay theirs.
    """
    with transaction.atomic():
        sql.rows("lock_lane", provider=provider)
        sql.run("recall_reservations", provider=provider)


def _top_up(lease: Lease, *, reserved: int, ratio: float) -> None:
    """Reserve what answers have meanwhile shown to be missing of a call's tokens, or refuse the call.

    Read ahead and reserved by an estimate far too low, the calls of one claim would otherwise still be made
    after the first of them had told what they cost.
    """
    wanted = grants.correct(lease.estimated_tokens, ratio=ratio, limit=math.inf)
    if not reserved or wanted <= reserved * NOTABLE:
        return
    room = _open_room(lease)
    missing = int(min(wanted, room.limit_of("tokens"))) - reserved
    if missing > 0:
        _require(room, {"tokens": missing})
        sql.run("top_up", token=lease.token, amount=missing)


def _spend_unreserved(lease: Lease, *, amounts: dict[str, int], ratio: float) -> list[Row]:
    room = _open_room(lease)
    limit = room.limit_of("tokens")
    amounts = amounts | {"tokens": grants.correct(amounts["tokens"], ratio=ratio, limit=limit)}
    _require(room, amounts)
    return sql.rows(
        "spend_unreserved",
        provider=lease.provider,
        token=lease.token,
        worker=lease.worker_id,
        currencies=list(amounts),
        amounts=list(amounts.values()),
    )


def _open_room(lease: Lease) -> grants.Room:
    """Lock a lane, open or refused, and return what its budgets leave."""
    lane = sql.rows("lock_lane", provider=lease.provider)[0]
    _refuse_closed(lane)
    uses = claim.budget_uses([lease.provider]).get(lease.provider, [])
    if not lease.job_ids and _count_in_flight(lease.provider) >= lane["max_in_flight"]:
        raise NotPermitted("as many calls are under way as may be")
    # The interval gives every call its start anyway.
    return grants.Room(1, lane["rate_factor"], [use for use in uses if not use.paces])


def _count_in_flight(provider: str) -> int:
    return sum(row["leases"] for row in sql.rows("count_in_flight", lanes=[provider], worker=None))


def _require(room: grants.Room, amounts: dict[str, int]) -> None:
    """Raise NotPermitted, with the time when there is more, where a lane has no room for so much."""
    if not room.fits(amounts):
        raise NotPermitted("the budget is used up", until=room.frees_at(amounts), used_up=True)


def _may_have_crossed_a_minute(entries: Sequence[Row], *, seconds: float) -> bool:
    """Return whether a minute, at which alone calendar windows end, may have ended since the spend."""
    return any(
        entry["spent_at"].second + entry["spent_at"].microsecond / 1e6 + seconds > 59 for entry in entries
    )


def close_leases(tokens: Sequence[int]) -> int:
    """Give back what leases that were taken away did not spend; what they spent counts from now.

    Return how many entries it closed. An entry whose spend or answer is being written just now is left
    to the sweep.
    """
    if not tokens:
        return 0
    with transaction.atomic():
        sql.rows("lock_calendars", tokens=list(tokens))
        ids = [row["id"] for row in sql.rows("lock_entries", tokens=list(tokens))]
        sql.run("carry_over", ids=ids)
        return int(sql.value("close_entries", ids=ids))


def sweep_leases() -> int:
    """Close the leases no job holds any more and nobody closed: their worker died between two steps."""
    return close_leases([row["token"] for row in sql.rows("find_stale_leases")])


def answer(
    ledger: Book,
    lease: Lease,
    *,
    entries: Sequence[Row],
    tokens: int | None,
    status: int | None,
    seconds: float = 60.0,
) -> None:
    """Write a call's real cost; a good answer reopens its lane, a 429 shuts it.

    `seconds` went by since the spend, at most.
    """
    provider, hour = lease.provider, _hour_of(entries)
    if status == 429:
        # Shut at once; how long in all is known when the error with its hint arrives.
        sql.run("shut_lane", provider=provider, seconds=SHUT_SECONDS)
        ledger[provider, "calls", "refused", hour] += 1
    elif status is not None and status < 400:
        providers.recover(provider, tokens=tokens or 0)
    if _may_have_crossed_a_minute(entries, seconds=seconds):
        sql.run("carry_over", ids=[entry["id"] for entry in entries])
    sql.run("answer", ids=[entry["id"] for entry in entries], tokens=tokens)
    estimated = sum(entry["amount"] for entry in entries if entry["currency"] == "tokens")
    if tokens and not estimated:
        sql.run("add_answered", provider=provider, token=lease.token, worker=lease.worker_id, amount=tokens)
    if tokens is not None:
        ledger[provider, "tokens", "spent", hour] += tokens - estimated
    if tokens and estimated and lease.estimated_tokens:
        ledger[provider, lease.kind, "estimated", None] += lease.estimated_tokens
        ledger[provider, lease.kind, "actual", None] += tokens


class _Unmetered:
    """Leave to call without a lease: for tests and for the one call of "test connection"."""

    def spend(self, *, calls: int = 1, tokens: int = 0) -> SpendReceipt:
        return self

    def answered(
        self,
        *,
        tokens: int | None = None,
        status: int | None = None,
        latency_seconds: float = 0,
        reached: bool = True,
    ) -> None:
        return None


UNMETERED = _Unmetered()
