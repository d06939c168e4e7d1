"""Every statement of the queue is planned by its indexes: on nothing, on much, and when statistics mislead.

The statements' own comments are held to: "Index: …" names what may be used on the table of jobs,
"read whole" allows a scan of it.
"""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction

from queueproject.queue import sql
from queueproject.queue.models import Attempt, Batch, BudgetEntry, Job, Provider

PLANS = Path(__file__).parent / "plans"
STATEMENTS = Path(sql.__file__).parent
PLANNED = {"SELECT", "INSERT", "UPDATE", "DELETE", "WITH"}
JOBS = "queue_job"
SMALL_SORT_ROWS = 5000
"""A sort of what one statement names or counts up to; not of what waits."""

# What ANALYZE counts outlives a rollback; only the emptying of the tables afterwards forgets it.
committing = pytest.mark.django_db(transaction=True)

Plan = dict[str, Any]

IDS = list(range(1, 501))
KEYS = [f"key:{n}" for n in IDS]
LANES = ["local", "testlane"]
NOW = datetime.now(tz=UTC)
LEASED = {"ids": IDS, "tokens": IDS}
WORDS = {**LEASED, "errors": ["why"] * 500, "fingerprints": ["print"] * 500}
NEW_JOBS = {
    "kind": "tests.noop",
    "subject_type": "number",
    "provider": "local",
    "priority": 100,
    "due_at": None,
    "state": "pending",
    "start": 0.0,
    "max_attempts": 3,
    "backoff_seconds": 4.0,
    "backoff_curve": "exponential",
    "timeout_seconds": 120.0,
    "batch": 1,
    "held": None,
    "calls": 1,
    "actor": "",
    "stamp": NOW,
    "wake": "local 1.0",
    "rows": json.dumps([{"payload": {}, "options": {}, "dedupe_key": f"new:{n}", "units": 1} for n in IDS]),
}
NOTED = {"providers": ["testlane"], "currencies": ["calls"], "hours": [NOW], "spent": [1], "refused": [0]}

PARAMETERS: dict[str, dict[str, Any]] = {
    "add_answered": {"provider": "testlane", "token": 1, "worker": 1, "amount": 5},
    "advance_clock": {"lanes": ["testlane"], "emptied": [True], "seconds": [1.0]},
    "answer": {"ids": IDS, "tokens": 5},
    "beat_for": {"workers": [1, 2], "silent_seconds": 30.0},
    "beat": {
        "worker": 1,
        "status": "active",
        "current_work": "",
        "processed": 1,
        "busy_seconds": 1.0,
        "errors": 0,
        "rate_limits": 0,
    },
    "block": {
        "provider": "testlane",
        "per_day": False,
        "zone": "UTC",
        "retry_after": None,
        "jitter": 1.0,
        "spent_at": NOW,
        "longest": 64.0,
        "first": 4.0,
    },
    "bury": {"workers": [1, 2]},
    "cancel": {"ids": IDS, "reason": "why"},
    "cancel_leased": WORDS,
    "bound_statements": {"milliseconds": "50ms"},
    "carry_over": {"ids": [1]},
    "close_entries": {"ids": [1]},
    "complete": {**LEASED, "shared": False},
    "count_drains": {"lease_seconds": 60.0, "patience_seconds": 10.0},
    "count_in_batches": {
        "ids": [1, 2],
        "completed": [1, 1],
        "failed": [0, 0],
        "cancelled": [0, 0],
        "passed_on": [0, 0],
    },
    "count_in_flight": {"lanes": LANES, "worker": 1},
    "drop_reservations": {"tokens": IDS},
    "find_stale_leases": {},
    "lock_calendars": {"tokens": IDS[:5]},
    "lock_entries": {"tokens": IDS[:5]},
    "recall_reservations": {"provider": "testlane"},
    "count_other_calls": {"provider": "testlane", "token": 1},
    "fail": WORDS,
    "fail_siblings": {
        "batch": 2,
        "kind": "tests.noop",
        "spared": [1],
        "error": "why",
        "fingerprint": "print",
    },
    "fail_waiting": {"ids": IDS, "error": "why"},
    "find_lane": {"provider": "testlane"},
    "find_live_between": {"first": KEYS[0], "last": KEYS[-1]},
    "find_live_keys": {"keys": KEYS},
    "find_next_event": {},
    "find_orphaned_workers": {},
    "find_shared": {"ids": IDS},
    "find_unknown_leases": {"worker": 1, "known": IDS},
    "finish_batches": {"ids": [1, 2]},
    "free_in_flight": {"batches": [1, 2]},
    "grow_batch": {"batch": 1, "units": 5, "skipped": 0},
    "hold": {"ids": IDS},
    "hold_batch": {"batch": 2, "most": 5000},
    "insert_jobs": NEW_JOBS,
    "join_twin": {
        "id": 1,
        "payload": "{}",
        "options": "{}",
        "priority": 100,
        "raised": True,
        "fresh_key": 0.0,
        "running": False,
        "due_at": None,
        "tokens": 0,
    },
    "lock_lane": {"provider": "testlane"},
    "lock_lanes": {"lanes": LANES},
    "lock_twins": {"keys": KEYS},
    "look_at_lease": {"provider": "testlane", "token": 1, "ids": IDS[:5], "kind": "tests.call"},
    "look_around": {"worker": 1, "lanes": LANES, "low_keys": [0.0, 0.0], "low_ids": [0, 0]},
    "measure_lanes": {"most": 2000},
    "next_token": {},
    "note_calendar": NOTED,
    "note_ledger": NOTED,
    "note_ratios": {
        "providers": ["testlane"],
        "kinds": ["tests.call"],
        "estimated": [10.0],
        "actual": [20.0],
    },
    "note_results": {
        "ids": IDS,
        "results": [None] * 500,
        "actual_tokens": [None] * 500,
        "failed_units": [0] * 500,
        "passed_on_units": [0] * 500,
    },
    "notify": {"message": "local 1.0"},
    "now": {},
    "open_ledger": NOTED,
    "park": {**WORDS, "state": "scheduled", "due": [NOW] * 500, "waits": [1.0] * 500, "alone": [False] * 500},
    "pick": {"lanes": LANES, "takes": [500, 10], "low_keys": [float("-inf")] * 2, "low_ids": [0, 0]},
    "prefer_indexes": {},
    "promote": {"lanes": LANES, "head_start": 288.0, "most": 1000},
    "prune_attempts": {"seconds": 3600, "most": 5000},
    "prune_batches": {"seconds": 3600, "most": 5000},
    "prune_entries": {"most": 5000},
    "prune_jobs": {"completed_seconds": 600, "failed_seconds": 3600, "most": 5000},
    "prune_ledgers": {"seconds": 3600, "most": 5000},
    "prune_requests": {"most": 5000},
    "prune_runs": {"seconds": 3600, "most": 5000},
    "prune_workers": {"seconds": 3600, "most": 5000},
    "recover": {"provider": "testlane", "tokens": 500},
    "redrive": {"ids": IDS, "ranks": [1.0] * 500},
    "release": LEASED,
    "rescue": {"workers": [1, 2], "most": 3},
    "reserve": {
        "providers": ["testlane"],
        "currencies": ["calls"],
        "tokens": [1],
        "amounts": [1],
        "worker": 1,
    },
    "reset": {"ids": IDS},
    "shift_ranks": {"seconds_per_point": 1.0, "after": 0, "newest": 1_000_000, "most": 5000},
    "spend_reserved": {"token": 1, "calls": 1},
    "spend_unreserved": {
        "provider": "testlane",
        "token": 1,
        "worker": 1,
        "currencies": ["calls"],
        "amounts": [1],
    },
    "start_jobs": {"worker": 1, "ids": IDS},
    "sum_budgets": {"lanes": LANES},
    "take_head": {
        "lane": "local",
        "low_key": float("-inf"),
        "low_id": 0,
        "most": 500,
        "first": 5,
        "step": 0.01,
        "worker": 1,
        "looked": False,
    },
    "take": {"ids": IDS, "tokens": IDS, "worker": 1},
    "take_dead_workers": {"lease_seconds": 60.0},
    "take_slot": {"provider": "testlane", "calls": 1},
    "take_request": {"request": 1},
    "find_neglect": {"lease_seconds": 60.0},
    "shut_lane": {"provider": "testlane", "seconds": 0.5},
    "take_back": {"ids": [1]},
    "top_up": {"token": 1, "amount": 100},
    "unhold_batch": {"batch": 2, "most": 5000},
    "unhold_resumed": {"batches": [1, 2], "most": 5000},
    "wait_for_locks": {"milliseconds": "50ms"},
}
"""What each statement is planned with: as much as one claim, settle or sweep hands it."""
PREFERRING_INDEXES = {"shift_ranks"}


def find_planned() -> set[str]:
    """Return the names of the statements that have a plan: not LISTEN, COPY, SET and the like."""
    return {path.stem for path in STATEMENTS.glob("*.sql") if _split(path.stem)[1].split()[0] in PLANNED}


def _split(name: str) -> tuple[str, str]:
    """Return a statement's comment and the statement itself."""
    lines = sql.text(name).splitlines()
    comment = [line for line in lines if line.startswith("--")]
    return " ".join(comment), "\n".join(line for line in lines if not line.startswith("--"))


def test_every_statement_has_parameters_to_be_planned_with() -> None:
    assert set(PARAMETERS) == find_planned()


@committing
@pytest.mark.parametrize("statistics", ["fresh", "stale"])
@pytest.mark.parametrize("rows", [0, 10_000])
def test_no_statement_reads_the_table_of_jobs_but_by_the_indexes_it_names(
    lane: Provider, rows: int, statistics: str
) -> None:
    if statistics == "stale":
        mislead()
    fill(rows)
    if statistics == "fresh":
        run("analyze")
    assert not find_all_faults(rows)


@committing
@pytest.mark.slow
@pytest.mark.timeout(900)
def test_no_statement_reads_a_million_jobs_but_by_the_indexes_it_names(lane: Provider) -> None:
    mislead()
    fill(1_000_000)
    assert not find_all_faults(1_000_000), "while statistics are stale"
    run("analyze")
    assert not find_all_faults(1_000_000), "with fresh statistics"


def mislead() -> None:
    """Leave the statistics of a few rows, far apart among the dead, behind in empty tables."""
    for rows in (4_000, 20):
        fill(rows)
        run("analyze")
        for model in (Job, Batch, BudgetEntry, Attempt):
            model._default_manager.all().delete()


def find_all_faults(rows: int) -> str:
    """Return what is wrong with the plans of all statements, a line each."""
    with transaction.atomic():
        run("trust_cache")
        return "\n".join(
            f"{name}: {fault}"
            for name in sorted(PARAMETERS)
            for fault in find_faults(name, explain(name), rows)
        )


def test_a_scan_a_strange_index_and_a_great_sort_are_each_found() -> None:
    scan = {"Node Type": "Seq Scan", "Relation Name": JOBS}
    strange = {"Node Type": "Index Scan", "Relation Name": JOBS, "Index Name": "job_subject"}
    sort = {"Node Type": "Sort", "Plan Rows": 9000, "Plans": [strange]}
    assert list(find_faults("take", scan, 10_000)) == ["reads the table of jobs whole"]
    assert list(find_faults("take", strange, 10_000)) == ["uses job_subject, which its comment does not name"]
    assert next(find_faults("pick", sort, 10_000)) == "sorts 9000 rows"


def run(name: str, **parameters: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute((PLANS / f"{name}.sql").read_text(), parameters)


def fill(rows: int) -> None:
    """Make jobs in every state, with the batches, calls and attempts that belong to them."""
    for table in ("batches", "jobs", "entries", "attempts"):
        run(f"fill_{table}", rows=rows)


def explain(name: str) -> Plan:
    """Return the plan Postgres makes for a statement now, in a transaction as the one it is run in."""
    with transaction.atomic(), connection.cursor() as cursor:
        if name in PREFERRING_INDEXES:
            sql.value("prefer_indexes")
        cursor.execute((PLANS / "explain.sql").read_text() + sql.text(name), PARAMETERS[name])
        (found,) = cursor.fetchone()
        transaction.set_rollback(True)
    plan: Plan = (json.loads(found) if isinstance(found, str) else found)[0]["Plan"]
    return plan


def walk(plan: Plan) -> Iterator[Plan]:
    """Visit every node of a plan."""
    yield plan
    for child in plan.get("Plans", ()):
        yield from walk(child)


def find_faults(name: str, plan: Plan, rows: int) -> Iterator[str]:
    """Say what is wrong with a plan. An empty table may be read whole: there is nothing to read."""
    comment, _ = _split(name)
    allowed = set(re.findall(r"\w+", re.sub("primary keys?", f"{JOBS}_pkey", comment)))
    for node in walk(plan):
        if node["Node Type"] in {"Sort", "Incremental Sort"} and node["Plan Rows"] > SMALL_SORT_ROWS:
            yield f"sorts {node['Plan Rows']} rows"
        scans = node["Node Type"] == "Seq Scan" and node["Relation Name"] == JOBS
        if scans and rows and "read whole" not in comment:
            yield "reads the table of jobs whole"
        used = node.get("Index Name", "")
        if used.startswith(("job_", JOBS)) and used not in allowed:
            yield f"uses {used}, which its comment does not name"


@committing
def test_a_claim_takes_the_head_of_each_lane_in_the_order_of_its_index(lane: Provider) -> None:
    fill(10_000)
    run("analyze")
    picked = [node["Node Type"] for node in walk(explain("pick")) if node.get("Relation Name") == JOBS]
    assert picked == ["Index Scan"]
    assert not [node for node in walk(explain("pick")) if "Sort" in node["Node Type"]]
