"""The scenarios in short: real processes, windows of five seconds."""

import os
import subprocess
import sys
from dataclasses import replace

import psycopg
import pytest
from psycopg.sql import SQL, Identifier

from tests.bench import sql
from tests.budgets.__main__ import choose, run
from tests.budgets.groups import CONNECTIONS_A_WORLD, NAME, drop_abandoned, make_groups
from tests.budgets.scenarios import SCENARIOS, judge

WINDOW_SECONDS = 5
SHORT = ("large and small", "2 minutes slow", "of a third")
LEAST_USED = 0.5
"""A machine that tests much else at once may start a call late; what the bars are is for `make budgets`."""


@pytest.mark.chaos
@pytest.mark.django_db(transaction=True)
@pytest.mark.timeout(600)
def test_two_clusters_use_a_budget_up_and_overrun_none() -> None:
    chosen = [
        scenario
        for scenario in choose("")
        if scenario.calls == 60 or scenario.estimate_factor < 1
        if any(words in scenario.name for words in SHORT)
    ]
    server = os.environ["DATABASE_URL"]
    for verdict in run(chosen, window_seconds=WINDOW_SECONDS, windows=4, server=server):
        name, scenario = verdict.scenario.name, verdict.scenario
        assert verdict.refused_later == 0, name
        assert verdict.refused == 0 or scenario.estimate_factor < 1, name
        assert verdict.peak_calls <= scenario.calls, name
        # Where estimates were too low a refusal cut the rate: it grows back over minutes.
        assert verdict.utilisation >= LEAST_USED or scenario.estimate_factor < 1, name


def test_a_refused_call_and_an_unused_budget_are_found() -> None:
    call = {"metered": True, "tokens": 500, "status": 200}
    arrivals = [call | {"at_seconds": 0.1 * number} for number in range(20)]
    arrivals.append(call | {"at_seconds": 5.5, "status": 429})
    report = {
        "arrivals": arrivals,
        "accepted": 20,
        "peak_accepted_per_window": 20,
        "peak_tokens_per_window": 10_000,
    }
    verdict = judge(SCENARIOS[0], report, window_seconds=5, windows=2)
    assert verdict.faults[0] == "1 refused"
    assert verdict.faults[1] == "1 refused after the first window"
    assert verdict.faults[-1].startswith("0.0% used")


def test_no_more_may_be_refused_than_what_had_leave_before_the_first_answer_erred_by() -> None:
    scenario = replace(SCENARIOS[0], sizes=(2000,), estimate_factor=0.3)
    call = {"metered": True, "tokens": 2000}
    calls = [call | {"at_seconds": 0.1 * n, "status": 429 if n in (2, 4, 5) else 200} for n in range(6)]
    report = {"arrivals": calls, "accepted": 3, "peak_accepted_per_window": 3, "peak_tokens_per_window": 6000}
    verdict = judge(scenario, report, window_seconds=5, windows=2, uncorrected=3)
    assert (verdict.excess_tokens, verdict.allowed_excess_tokens) == (6000, 4200)
    assert verdict.faults[0].startswith("6,000 tokens too many in the first window")
    enough = judge(scenario, report, window_seconds=5, windows=2, uncorrected=5)
    assert not [fault for fault in enough.faults if "too many" in fault]
    high = judge(replace(scenario, estimate_factor=3), report, window_seconds=5, windows=2, uncorrected=50)
    assert (high.excess_tokens, high.allowed_excess_tokens) == (6000, 0)


class TestGroups:
    def plan(self, *, window_seconds: float = 60, cores: int = 2, connections: int = 300) -> list[int]:
        planned = make_groups(SCENARIOS, window_seconds=window_seconds, cores=cores, connections=connections)
        assert sorted(scenario.name for group in planned for scenario in group) == sorted(
            scenario.name for scenario in SCENARIOS
        )
        return [len(group) for group in planned]

    def test_two_cores_carry_all_at_their_true_length(self) -> None:
        assert self.plan() == [8]

    def test_one_core_carries_half(self) -> None:
        assert self.plan(cores=1) == [4, 4]

    def test_short_windows_with_many_calls_are_kept_apart(self) -> None:
        planned = make_groups(SCENARIOS, window_seconds=10, cores=2, connections=300)
        busy = [
            [scenario.most_calls for scenario in group if scenario.most_calls >= 500] for group in planned
        ]
        assert busy == [[600], [500]]

    def test_what_is_too_much_for_any_group_runs_alone(self) -> None:
        assert len(self.plan(window_seconds=2, cores=1)) >= 2

    def test_a_server_with_few_connections_left_gets_no_more_than_it_has(self) -> None:
        assert self.plan(connections=CONNECTIONS_A_WORLD * 3) == [3, 3, 2]
        assert self.plan(connections=0) == [1] * 8


@pytest.mark.django_db(transaction=True)
def test_databases_of_a_killed_run_are_dropped_by_the_next_and_no_others() -> None:
    server = os.environ["DATABASE_URL"]
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait(20)
    left, mine = f"{NAME}_{ended.pid}_0", f"{NAME}_{os.getpid()}_990"
    with psycopg.connect(server, autocommit=True) as connection:
        for name in (left, mine):
            connection.execute(SQL(sql.text("create_database")).format(Identifier(name)))
        try:
            assert left in drop_abandoned(server)
            found = {name for (name,) in connection.execute(sql.text("list_databases"))}
            assert (left in found, mine in found) == (False, True)
        finally:
            connection.execute(SQL(sql.text("drop_database")).format(Identifier(mine)))
