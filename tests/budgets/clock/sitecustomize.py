# ruff: noqa: INP001  Python imports it by this name, from a directory on its path
"""Sleep by select: libfaketime takes an absolute moment of the true monotonic clock for one of its own."""

import select
import time
from typing import SupportsIndex


def sleep(seconds: float | SupportsIndex) -> None:
    """Do as `time.sleep` does."""
    duration = float(seconds)
    if duration < 0:
        raise ValueError("sleep length must be non-negative")
    select.select((), (), (), duration)


time.sleep = sleep
