"""Hold the budgets against providers that count strictly, side by side as far as the machine carries it.

Each scenario has its own database, its own sandbox, which counts calls and tokens in sliding windows to
the microsecond and refuses what is over, and two clusters of two slots. What is wanted: no call refused,
and of the budget that binds 98 % used over all windows but the first; 96 % where large calls stand among
small ones, because order is kept. Where estimates are off by a constant factor, calls may be refused in the
first window, for as many tokens as the calls erred by that had leave before the first answer.
A scenario with a clock set off needs libfaketime, and is left out, aloud, where there is none.

examples:
  make budgets                                   all of them: twelve minutes on two cores
  make budgets ARGS="--window 10 --windows 6"    a minute, with windows of ten seconds
  make budgets ARGS="--only estimates --json"
"""

import argparse
import json
import math
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from types import FrameType

import psutil
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from queueproject import postgres
from tests.budgets import groups
from tests.budgets.scenarios import SCENARIOS, Scenario, Verdict, judge
from tests.budgets.world import World, find_faketime, run_worlds

FIRST_CALL_WITHIN_SECONDS = 120
OBSERVED_AFTER_SECONDS = 30.0
"""Long enough for a first answer, and well before entries that have left their window are pruned."""
ENDS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


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
    for number in ENDS:
        signal.signal(number, end)
    threading.Thread(target=end_with_makers, name="watch", daemon=True).start()
    verdicts = run(chosen, window_seconds=options.window, windows=options.windows)
    (print_json if options.json else print_table)(verdicts)
    return int(any(verdict.faults for verdict in verdicts))


def end(number: int, _: FrameType | None) -> None:
    """End in order at the first signal; no second one disturbs the end."""
    for each in ENDS:
        signal.signal(each, signal.SIG_IGN)
    sys.exit(128 + number)


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
    """Run scenarios for so many windows from each one's first call on, in as few groups as may be."""
    server = server or os.environ.get("DATABASE_URL") or postgres.use("durable")
    groups.drop_abandoned(server)
    planned = groups.make_groups(
        scenarios,
        window_seconds=window_seconds,
        cores=groups.count_cores(),
        connections=groups.count_free_connections(server),
    )
    verdicts = []
    with Progress(console=Console(stderr=True), transient=True) as progress:
        for number, group in enumerate(planned, start=1):
            words = f"group {number} of {len(planned)}, {len(group)} side by side"
            task = progress.add_task(f"{words}: starting", total=window_seconds * windows)
            note = partial(progress.update, task, description=words)
            verdicts += run_group(
                group,
                server,
                window_seconds=window_seconds,
                windows=windows,
                note=note,
            )
    return sorted(verdicts, key=lambda verdict: scenarios.index(verdict.scenario))


def run_group(
    scenarios: list[Scenario],
    server: str,
    *,
    window_seconds: int,
    windows: int,
    note: Callable[..., None],
) -> list[Verdict]:
    """Run scenarios side by side; `note(completed=…)` hears now and then how many seconds have passed."""
    with run_worlds(scenarios, server, window_seconds=window_seconds, windows=windows) as worlds:
        began, seen_after = wait_for_calls(worlds), min(0.8 * window_seconds, OBSERVED_AFTER_SECONDS)
        while (passed := time.monotonic() - began) < window_seconds * windows + 1:
            note(completed=passed)
            if passed >= seen_after:
                seen_after = math.inf
                for world in worlds:
                    world.observe()
            time.sleep(0.5)
        return [
            judge(
                world.scenario,
                world.report(with_log=True),
                window_seconds=window_seconds,
                windows=windows,
                uncorrected=world.uncorrected,
            )
            for world in worlds
        ]


def end_with_makers() -> None:
    """End this process when the `make` that started it is killed and could not say so."""
    makers = find_makers()
    while all(maker.is_running() for maker in makers):
        time.sleep(0.5)
    os.kill(os.getpid(), signal.SIGTERM)


def find_makers() -> list[psutil.Process]:
    """Return the processes between this one and the `make` that started it; none when nobody's make did."""
    above = psutil.Process().parents()
    names = [process.name() for process in above]
    return above[: names.index("make") + 1] if "make" in names else []


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
