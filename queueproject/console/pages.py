"""What every console page shares: who may see it, and how it is drawn whole or in part."""

import functools
from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.template.response import TemplateResponse
from django.utils.http import url_has_allowed_host_and_scheme

from queueproject.queue.selectors.patience import TookTooLong, bounded

PAGE_SECONDS = 2.0

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


def page(permission: str) -> Callable[[View[P]], View[P]]:
    """Open a view to staff with a permission: others see the login page, or 403.

    Looking is bounded: a statement of more than PAGE_SECONDS is given up, and the page says so.
    """

    def guard(view: View[P]) -> View[P]:
        @functools.wraps(view)
        def permitted(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            if not request.user.has_perm(permission):
                raise PermissionDenied(f"This page needs the permission {permission}.")
            if request.method != "GET":
                return view(request, *args, **kwargs)
            try:
                with bounded(PAGE_SECONDS):
                    answer = view(request, *args, **kwargs)
                    return answer.render() if isinstance(answer, TemplateResponse) else answer
            except TookTooLong:
                return _give_up(request)

        behind_login = admin.site.admin_view(permitted)

        @functools.wraps(view)
        def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            # A refresh that met the login page would put it into the middle of this one.
            if is_refresh(request) and not admin.site.has_permission(request):
                return HttpResponse(status=401)
            return behind_login(request, *args, **kwargs)

        return guarded

    return guard


def _give_up(request: HttpRequest) -> HttpResponse:
    """Say that a page took too long; a refresh keeps what is there, which then says that it is old."""
    context = _whole(request, title="The database took too long", seconds=f"{PAGE_SECONDS:g}")
    return TemplateResponse(request, "503.html", context, status=503).render()


def require(request: HttpRequest, permission: str) -> None:
    """Raise PermissionDenied naming the permission that an action needs."""
    if not request.user.has_perm(permission):
        raise PermissionDenied(f"This action needs the permission {permission}.")


def is_refresh(request: HttpRequest) -> bool:
    """Say whether htmx asks for the live part of a page."""
    return request.headers.get("HX-Request") == "true"


def draw(
    request: HttpRequest, name: str, *, title: str, status: int = 200, folder: str = "console", **context: Any
) -> TemplateResponse:
    """Draw `<folder>/<name>.html`, or its part of the same name when only that is refreshed."""
    if is_refresh(request):
        return TemplateResponse(request, f"{folder}/parts/{name}.html", context)
    return TemplateResponse(
        request, f"{folder}/{name}.html", _whole(request, title=title, **context), status=status
    )


def _whole(request: HttpRequest, **context: Any) -> dict[str, Any]:
    return {**admin.site.each_context(request), "is_nav_sidebar_enabled": False, **context}


def next_url(request: HttpRequest, default: str) -> str:
    """Return where a form asked to go on to, when that is a page of ours."""
    wished = request.POST.get("next", "") or request.GET.get("next", "")
    if wished and url_has_allowed_host_and_scheme(wished, allowed_hosts={request.get_host()}):
        return wished
    return default
