"""Pruning: what is old enough goes, in bounded steps, the oldest first."""

import time
from collections import Counter
from dataclasses import dataclass, field

from queueproject.queue import budgets, conf, sql

STEP = 5000


@dataclass
class Pruned:
    """How many rows of each went, and whether nothing past its age is left."""

    rows: Counter[str] = field(default_factory=Counter)
    is_through: bool = False


def prune(*, seconds: float = 1.0) -> Pruned:
    """Delete what is past its age, step by step, for about so long; at least one step of everything.

    Each statement is a transaction of its own and takes no row that is locked: nobody waits for it.
    """
    until = time.monotonic() + seconds
    pruned = Pruned()
    while not pruned.is_through:
        step = _prune_step()
        pruned.rows.update(step)
        pruned.is_through = max(step.values()) < STEP
        if time.monotonic() >= until:
            break
    return pruned


def _prune_step() -> dict[str, int]:
    """Delete one bounded step of everything past its age; return how many rows of each."""
    completed, failed = conf.get("completed_hours") * 3600, conf.get("failed_days") * 86400
    ledger = conf.get("ledger_days") * 86400
    return {
        "jobs": sql.run("prune_jobs", completed_seconds=completed, failed_seconds=failed, most=STEP),
        "attempts": sql.run("prune_attempts", seconds=failed, most=STEP),
        "batches": sql.run("prune_batches", seconds=failed, most=STEP),
        "ledgers": sql.run("prune_ledgers", seconds=ledger, most=STEP),
        "runs": sql.run("prune_runs", seconds=ledger, most=STEP),
        "workers": sql.run("prune_workers", seconds=completed, most=STEP),
        "requests": sql.run("prune_requests", most=STEP),
        "entries": sql.run("prune_entries", most=STEP),
    }


def sweep_reservations() -> int:
    """Give back what is reserved or unanswered under tokens no processing job holds."""
    return budgets.sweep_leases()
