"""Hold the budgets against providers that count strictly, all scenarios side by side.

Each scenario has its own database, its own sandbox, which counts calls and tokens in sliding windows to
the microsecond and refuses what is over, and two clusters of two slots. What is wanted: no call refused,
and of the budget that binds 98 % used over all windows but the first; 96 % where large calls stand among
small ones, because order is kept. A scenario with a clock set off needs libfaketime, and is left out,
aloud, where there is none.

examples:
  make budgets                                   all of them, ten minutes and some
  make budgets ARGS="--window 10 --windows 6"    a minute, with windows of ten seconds
  make budgets ARGS="--only estimates --json"
"""

import argparse
import json
import os
import signal
import sys
import time
from dataclasses import asdict

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from queueproject import postgres
from tests.budgets.scenarios import SCENARIOS, Scenario, Verdict, judge
from tests.budgets.world import World, find_faketime, run_worlds

FIRST_CALL_WITHIN_SECONDS = 120


def main(arguments: list[str]) -> int:
    """Parse the command line, run, judge; 1 when something does not hold."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.budgets",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--window", type=int, default=60, help="seconds a window takes (60)")
    parser.add_argument("--windows", type=int, default=10, help="how many windows to run (10)")
    parser.add_argument("--only", default="", metavar="TEXT", help="only scenarios whose name holds this")
    parser.add_argument("--json", action="store_true", help="one JSON object a line instead of a table")
    options = parser.parse_args(arguments)
    if options.window < 2 or options.windows < 2:
        parser.error("--window and --windows must be at least 2")
    chosen = choose(options.only)
    if not chosen:
        parser.error(f"no scenario's name holds {options.only!r}")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was started is stopped
    verdicts = run(chosen, window_seconds=options.window, windows=options.windows)
    (print_json if options.json else print_table)(verdicts)
    return int(any(verdict.faults for verdict in verdicts))


def choose(only: str) -> list[Scenario]:
    """Return the scenarios that can run here."""
    chosen = [scenario for scenario in SCENARIOS if only in scenario.name]
    if find_faketime():
        return chosen
    for scenario in chosen:
        if scenario.clock:
            sys.stderr.write(f"left out: {scenario.name}, libfaketime is not installed\n")
    return [scenario for scenario in chosen if not scenario.clock]


def run(scenarios: list[Scenario], *, window_seconds: int, windows: int, server: str = "") -> list[Verdict]:
    """Run scenarios side by side for so many windows from each one's first call on."""
    server = server or os.environ.get("DATABASE_URL") or postgres.use("durable")
    with run_worlds(scenarios, server, window_seconds=window_seconds, windows=windows) as worlds:
        seconds = window_seconds * windows
        with Progress(console=Console(stderr=True), transient=True) as progress:
            task = progress.add_task(f"{len(worlds)} scenarios side by side", total=seconds)
            began = wait_for_calls(worlds)
            while (passed := time.monotonic() - began) < seconds + 1:
                progress.update(task, completed=passed)
                time.sleep(0.5)
        return [
            judge(
                world.scenario,
                world.report(with_log=True),
                window_seconds=window_seconds,
                windows=windows,
            )
            for world in worlds
        ]


def wait_for_calls(worlds: list[World]) -> float:
    """Wait until every scenario has made a call; return the moment (monotonic)."""
    deadline = time.monotonic() + FIRST_CALL_WITHIN_SECONDS
    while not all(world.report()["calls"] for world in worlds):
        if time.monotonic() > deadline:
            raise SystemExit("not every scenario made a call in time")
        time.sleep(0.2)
    return time.monotonic()


def print_json(verdicts: list[Verdict]) -> None:
    for verdict in verdicts:
        facts = asdict(verdict) | {"scenario": verdict.scenario.name, "holds": not verdict.faults}
        sys.stdout.write(json.dumps(facts | {"faults": verdict.faults}) + "\n")


def print_table(verdicts: list[Verdict]) -> None:
    table = Table(
        "scenario", "accepted", "refused", "after the first window", "used", "least", "bar", "holds"
    )
    for verdict in verdicts:
        table.add_row(
            verdict.scenario.name,
            f"{verdict.accepted:,}",
            f"{verdict.refused:,}",
            f"{verdict.refused_later:,}",
            f"{verdict.utilisation:.1%}",
            f"{min(verdict.by_window):.1%}",
            f"≥ {verdict.bar:.1%}",
            "yes" if not verdict.faults else "; ".join(verdict.faults),
        )
    Console(width=160).print(table)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
