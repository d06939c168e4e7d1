"""The console's front page, the bar on every page, and the scheduler's button."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from queueproject.console import acting, bar
from queueproject.console.eta import with_ends
from queueproject.console.pages import draw, page, require
from queueproject.console.warnings import find_warnings
from queueproject.queue.health import WORKER_COMMAND, no_live_worker
from queueproject.queue.scheduler import run_scheduler
from queueproject.queue.selectors.activity import find_activity
from queueproject.queue.selectors.batches import find_recent_batches, find_running_batches
from queueproject.queue.selectors.failures import find_failure_groups
from queueproject.queue.selectors.lanes import find_lanes
from queueproject.queue.selectors.workers import find_scheduler_runs, find_workers

MOST_BATCHES = 20
MOST_GROUPS = 8


@require_GET
@page("queue.view_provider")
def dashboard(request: HttpRequest) -> HttpResponseBase:
    """Show what the queue does now."""
    lanes, runs = find_lanes(), find_scheduler_runs()
    now = lanes[0].now if lanes else timezone.now()
    return draw(
        request,
        "dashboard",
        title="Queue",
        lanes=lanes,
        warnings=find_warnings(lanes, runs, worker_missing=no_live_worker(), command=WORKER_COMMAND),
        running=with_ends(find_running_batches(most=MOST_BATCHES), lanes, now=now),
        recent=find_recent_batches(),
        groups=find_failure_groups(now=now, most=MOST_GROUPS),
        workers=find_workers(),
        runs=runs,
        now=now,
        worker_command=WORKER_COMMAND,
    )


@require_GET
@page("queue.view_batch")
def activity(request: HttpRequest) -> HttpResponseBase:
    """Draw the bar again."""
    found = find_activity(request.user)
    return TemplateResponse(request, "console/parts/activity.html", bar.describe(found))


@require_POST
@page("queue.view_provider")
def run_scheduler_now(request: HttpRequest) -> HttpResponseBase:
    """Run the scheduler once, as cron would."""
    require(request, "queue.operate")
    try:
        run = run_scheduler(trigger="console", actor=acting.actor(request))
    except Exception as error:  # noqa: BLE001  whatever it was, the run's row holds it and staff read it here
        messages.error(request, f"The scheduler run failed: {error}")
    else:
        messages.success(request, f"The scheduler ran: {run.result or 'nothing was due'}")
    return HttpResponseRedirect(reverse("console:dashboard"))
