"""How tests are handed out when they run side by side (`-n 3`).

Those that start processes of their own mostly wait, and look at the clock: two workers run them, in two rows
of about the same length. All else goes test by test to whoever is free.
"""

import functools
import re
from pathlib import Path

import pytest
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]  # it tells no types

ROOT = Path(__file__).parent.parent
ROWS = {
    "processes": re.compile(r"\bmark\.(browser|e2e)\b"),
    "chaos": re.compile(r"\bmark\.chaos\b"),
}
"""What a file says whose tests one worker runs in a row, begun before anything else."""


def make_schedule(config: pytest.Config, log: object) -> object:
    """Make what hands the tests out; it knows their names only, the workers alone know their markers."""
    schedule = LoadScopeScheduling(config, log)
    schedule._split_scope = find_row
    return schedule


def find_row(nodeid: str) -> str:
    """Return the name of the row a test stands in, its own if it stands alone."""
    return _find_row_of_file(nodeid.partition("::")[0]) or nodeid


@functools.cache
def _find_row_of_file(path: str) -> str:
    text = (ROOT / path).read_text()
    return next((row for row, said in ROWS.items() if said.search(text)), "")
