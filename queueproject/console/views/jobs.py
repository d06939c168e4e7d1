"""What staff do to one job from its admin page."""

from django.http import Http404, HttpRequest, HttpResponseBase
from django.urls import reverse

from queueproject.console.acting import act
from queueproject.console.actions import JOBS
from queueproject.console.pages import page


@page("queue.view_job")
def act_on_job(request: HttpRequest, job_id: int, verb: str) -> HttpResponseBase:
    """Retry, reset or cancel a job."""
    if verb not in JOBS:
        raise Http404(f"Nothing called {verb} can be done to a job.")
    back = reverse("admin:queue_job_change", args=[job_id])
    return act(request, JOBS[verb], [job_id], about=f"job {job_id}", back=back)
