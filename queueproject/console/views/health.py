"""System health: what is wrong, what to do about it, and the figures it was told by."""

from django.http import HttpRequest, HttpResponseBase
from django.views.decorators.http import require_GET

from queueproject.console.pages import draw, page
from queueproject.queue.health import look_over


@require_GET
@page("queue.view_provider")
def health(request: HttpRequest) -> HttpResponseBase:
    """Show what `manage.py queue_health` tells."""
    return draw(request, "health", title="System health", health=look_over())
