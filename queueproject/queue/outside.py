"""Calls outside jobs: a page, a command or a script asks the same budgets for leave, in its own thread.

There is no claim that reserved and no worker that would be rescued. What such a call spends and
nobody answers is closed by the sweep when it is older than any call may be.
"""

import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import structlog
from django.db import InterfaceError, OperationalError, transaction

from queueproject.queue import sql
from queueproject.queue.budgets import Book, Lease, LeasePermit, Leave, Request, give_back, write_ledger

log = structlog.get_logger(__name__)


def permit_outside_jobs(provider: str) -> LeasePermit:
    """Return leave to call a provider from outside jobs, within its budgets and its calls in flight.

    For one thread, one call after the other. `spend` raises NotPermitted, with the time when there is more,
    and RuntimeError inside a transaction: a call is never made under one.
    """
    return LeasePermit(Teller(), Lease(provider, sql.value("next_token"), job_ids=(), worker_id=None))


class Teller:
    """Writes spends and answers at once, on the caller's own connection, as the spender does for threads."""

    def serve(self, request: Request) -> Request:
        book: Book = Counter()
        with transaction.atomic(durable=True):
            request.result = request.action(book)
            write_ledger(book)
        request.written_at = time.monotonic()
        return request

    def undo(self, request: Request, lease: Lease) -> None:
        """Take a spend back whose call will not be made, if it was written."""
        if isinstance(leave := request.result, Leave):
            self.serve(Request(lambda book: give_back(book, lease, entries=leave.entries)))

    def settle_up(self, action: Callable[[Book], Any], *, lane: str) -> None:
        """Write an answer; when that fails, the sweep counts the call from when it notices."""
        try:
            self.serve(Request(action))
        except (OperationalError, InterfaceError) as error:
            log.warning("answer_not_written", error=str(error))
