"""Benchmarks run at a tiny scale, print their figures, and leave nothing behind."""

import json
import os
import subprocess
import sys

import psycopg
import pytest

from queueproject import postgres
from tests.bench import sql
from tests.bench.__main__ import JOBS
from tests.processes import ROOT

JOBS_EACH = 50
WITHIN_SECONDS = 300
FIGURES = {
    *("drain", "enqueue", "io", "footprint_versions", "footprint_log", "memory_50"),
    *("pickup_p50", "pickup_p95", "pickup_cold_p50", "pickup_cold_p95"),
    *(
        f"claim_{case}{suffix}"
        for case in ("1k", "5", "50", "50_finished", "1_dead")
        for suffix in ("", "_p95", "_p99", "_pages")
    ),
}


@pytest.mark.slow
@pytest.mark.e2e
@pytest.mark.timeout(WITHIN_SECONDS + 30)
def test_all_benchmarks_print_their_figures_and_leave_nothing_behind() -> None:
    server = postgres.use("durable")
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.bench", "all", "--jobs", str(JOBS_EACH), "--json"],
        cwd=ROOT,
        env={key: value for key, value in os.environ.items() if key not in {"DATABASE_URL", "LOG_LEVEL"}},
        stdout=subprocess.PIPE,
        text=True,
    )
    printed, _ = process.communicate(timeout=WITHIN_SECONDS)
    assert process.returncode == 0
    rows = [json.loads(line) for line in printed.splitlines()]
    names = {row["name"] for row in rows}
    assert names >= FIGURES
    assert {name.split("_")[0] for name in names} == set(JOBS) - {"peers"}
    assert all(row["value"] > 0 and row["reference"] > 0 for row in rows)
    with psycopg.connect(server) as connection:
        databases = {row[0] for row in connection.execute(sql.text("list_databases"))}
    assert not {each for each in databases if each.startswith(f"queueproject_bench_{process.pid}")}
