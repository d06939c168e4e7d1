# ruff: noqa: INP001  Python imports it by this name, from a directory on its path
"""Sleep by select: libfaketime takes an absolute moment of the true monotonic clock for one of its own."""

import select
import time


def sleep(seconds: float) -> None:
    """Do as `time.sleep` does."""
    if seconds < 0:
        raise ValueError("sleep length must be non-negative")
    select.select((), (), (), seconds)


time.sleep = sleep
