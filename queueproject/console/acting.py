"""How a pressed button runs: ask when it asks, check the permission, do it, say what came of it, go back."""

from typing import Any

from django.contrib import messages
from django.contrib.auth import get_user_model
from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.http import HttpRequest, HttpResponseBase, HttpResponseNotAllowed, HttpResponseRedirect

from queueproject.console.actions import Action
from queueproject.console.pages import draw, next_url, require

LONGEST_REASON = 500


def actor(request: HttpRequest) -> str:
    """Return the name that the audit keeps."""
    user = request.user
    return str(getattr(user, get_user_model().USERNAME_FIELD))


def reason(request: HttpRequest) -> str:
    """Return the reason that was given, cut to what is kept."""
    return request.POST.get("reason", "").strip()[:LONGEST_REASON]


def attempt(request: HttpRequest, action: Action, target: Any) -> None:
    """Run an action and leave a message of what came of it, also when it was refused."""
    try:
        sentence = action.run(target, actor=actor(request), reason=reason(request))
    except (ValidationError, ValueError, LookupError, ObjectDoesNotExist) as error:
        messages.error(request, f"{action.label}: {explain(error)}")
    else:
        messages.success(request, sentence)


def explain(error: Exception) -> str:
    """Return an error's text as staff read it."""
    if isinstance(error, ValidationError):
        return " ".join(error.messages)
    return str(error)


def act(
    request: HttpRequest, action: Action, target: Any, *, about: str, back: str, **context: Any
) -> HttpResponseBase:
    """Show an action's confirmation page, or run it and go back; `about` names what it is done to."""
    require(request, action.permission)
    if request.method not in ("GET", "HEAD", "POST"):
        return HttpResponseNotAllowed(["GET", "POST"])
    back = next_url(request, back)
    missing = request.method == "POST" and action.needs_reason and not reason(request)
    if request.method == "POST" and not missing:
        attempt(request, action, target)
        return HttpResponseRedirect(back)
    return draw(
        request,
        "confirm",
        title=f"{action.label}: {about}",
        status=400 if missing else 200,
        action=action,
        about=about,
        back=back,
        error="Say why: others read it while the pause lasts." if missing else "",
        fields=[(name, value) for name, value in request.GET.items() if name != "next"],
        **context,
    )
