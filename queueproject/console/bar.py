"""The bar that stands on every page: what runs, and whether anybody works."""

from typing import Any

from queueproject.queue.health import WORKER_COMMAND
from queueproject.queue.selectors.activity import Activity

FAST_SECONDS, SLOW_SECONDS = 2, 10


def describe(activity: Activity) -> dict[str, Any]:
    """Return what the bar's template needs: it asks again soon while something runs."""
    return {
        "activity": activity,
        "seconds": SLOW_SECONDS if activity.is_quiet else FAST_SECONDS,
        "worker_command": WORKER_COMMAND,
    }
