"""The scenarios in short: real processes, windows of five seconds."""

import os

import pytest

from tests.budgets.__main__ import choose, run
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
