"""Pruning: what is old enough goes, in bounded steps."""

from queueproject.queue import conf, sql

STEP = 5000


def prune() -> dict[str, int]:
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
    return sql.run("drop_stale_entries")
