"""Is anybody working? Asked by every page and by every waiting command."""

from queueproject.queue import drains
from queueproject.queue.models import Job

WORKER_COMMAND = "python manage.py qcluster"


def live_worker_exists() -> bool:
    crew = drains.count_crew()
    return crew.drains > 0 or crew.slots > 0


def no_live_worker() -> bool:
    """Return whether jobs wait while nobody lives who could take them; at most two short queries."""
    return (
        not live_worker_exists()
        and Job.objects.filter(state__in=["pending", "scheduled", "rate_limited"]).exists()
    )
