"""What the bar on every page shows."""

from dataclasses import dataclass

from django.contrib.auth.models import AnonymousUser, User
from django.db.models import Q

from queueproject.queue.health import no_live_worker
from queueproject.queue.models import Batch
from queueproject.queue.selectors.batches import Progress
from queueproject.queue.states import BatchState

SHOWN = 3
MOST_READ = 100


@dataclass(frozen=True)
class Activity:
    """Running batches of everybody, the newest in full, and what ended untold."""

    running: list[Progress]
    more: int
    ended: list[Progress]
    worker_missing: bool

    @property
    def is_quiet(self) -> bool:
        return not self.running


def find_activity(user: User | AnonymousUser) -> Activity:
    """Read what runs, what this person's batches came to, and whether nobody works; two queries."""
    wanted = Q(state=BatchState.RUNNING) | Q(created_by=user.pk, seen=False, finished_at__isnull=False)
    batches = list(Batch.objects.filter(wanted).select_related("created_by").order_by("-pk")[:MOST_READ])
    running = [Progress(batch) for batch in batches if batch.is_running]
    return Activity(
        running=running[:SHOWN],
        more=max(0, len(running) - SHOWN),
        ended=[Progress(batch) for batch in batches if not batch.is_running],
        worker_missing=no_live_worker(),
    )
