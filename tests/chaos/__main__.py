"""`make chaos`: every chaos test at its long scale, and a table of what was seen.

    python -m tests.chaos [pytest's arguments…]

`CHAOS_SCALE=short` runs what the suite runs, with the table.
"""

import os
import sys
import time

import pytest
from rich.console import Console
from rich.table import Table


class Scribe:
    """Keeps what each test noted, for the table at the end."""

    def __init__(self) -> None:
        self.rows: list[tuple[str, str, str, str]] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" or report.outcome != "passed":
            name = report.nodeid.rpartition("::")[2].removeprefix("test_").replace("_", " ")
            figures = ", ".join(f"{what}: {value}" for what, value in report.user_properties)
            said = {"passed": "holds", "skipped": "not tested"}.get(report.outcome, "FAILS")
            self.rows.append((name, said, f"{report.duration:.0f} s", figures))

    def show(self, *, seconds: float) -> None:
        table = Table(title=f"Chaos, {os.environ['CHAOS_SCALE']} version, {seconds / 60:.0f} minutes")
        for head in ("what is done", "it", "took", "seen"):
            table.add_column(head, overflow="fold")
        for row in sorted(self.rows):
            table.add_row(*row, end_section=True)
        Console(width=None if sys.stdout.isatty() else 150).print(table)


def main(arguments: list[str]) -> int:
    """Run them one after the other; return pytest's exit code."""
    os.environ.setdefault("CHAOS_SCALE", "long")
    scribe, began = Scribe(), time.monotonic()
    code = pytest.main(["tests/chaos", "-m", "chaos", "-q", "-p", "no:xdist", *arguments], plugins=[scribe])
    scribe.show(seconds=time.monotonic() - began)
    return int(code)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
