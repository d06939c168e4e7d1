"""One provider: its budgets side by side, its settings, its history, and what staff may do to it."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from queueproject.console import acting
from queueproject.console.actions import PROVIDERS
from queueproject.console.charts import draw_day
from queueproject.console.forms import ConcurrencyForm, LimitForm
from queueproject.console.pages import draw, is_refresh, next_url, page, require
from queueproject.console.words import words
from queueproject.queue import operations
from queueproject.queue.selectors.history import find_timeline
from queueproject.queue.selectors.lanes import Lane, find_day, find_lane
from queueproject.queue.selectors.settings import find_settings


def _get_lane(key: str) -> Lane:
    lane = find_lane(key)
    if lane is None:
        raise Http404(f"There is no provider {key!r}.")
    return lane


@require_GET
@page("queue.view_provider")
def provider(request: HttpRequest, key: str) -> HttpResponseBase:
    """Show one provider."""
    lane = _get_lane(key)
    if is_refresh(request):
        return draw(request, "provider", title=key, lane=lane, actions=PROVIDERS)
    return _show(request, lane)


def _show(
    request: HttpRequest,
    lane: Lane,
    *,
    limits: dict[int, Form] | None = None,
    concurrency: Form | None = None,
    status: int = 200,
) -> HttpResponseBase:
    key, given = lane.provider.key, limits or {}
    currencies = sorted({budget.currency for budget in lane.budgets})
    forms = [
        (budget, given.get(budget.id) or LimitForm(initial={"limit": budget.limit}, prefix=f"b{budget.id}"))
        for budget in lane.budgets
    ]
    return draw(
        request,
        "provider",
        title=lane.provider.label or key,
        status=status,
        lane=lane,
        actions=PROVIDERS,
        budget_forms=forms,
        concurrency=concurrency or _concurrency_form(lane),
        charts=[
            draw_day(find_day(key, currency=currency, now=lane.now), currency=currency, now=lane.now)
            for currency in currencies
        ],
        timeline=find_timeline(key),
        settings=find_settings(provider=key),
    )


def _concurrency_form(lane: Lane) -> ConcurrencyForm:
    row = lane.provider
    return ConcurrencyForm(
        initial={
            "max_in_flight": row.max_in_flight,
            "max_concurrent_workers": row.max_concurrent_workers,
            "min_interval_seconds": row.min_interval_seconds,
        }
    )


@require_POST
@page("queue.view_provider")
def change_limit(request: HttpRequest, key: str, budget_id: int) -> HttpResponseBase:
    """Change one budget's limit."""
    require(request, "queue.configure")
    lane = _get_lane(key)
    if budget_id not in {budget.id for budget in lane.budgets}:
        raise Http404(f"Provider {key!r} has no budget {budget_id}.")
    form = LimitForm(request.POST, prefix=f"b{budget_id}")
    if form.is_valid() and _changed(
        request, form, operations.change_budget, budget_id, limit=form.cleaned_data["limit"]
    ):
        return _back(key)
    return _show(request, lane, limits={budget_id: form}, status=400)


@require_POST
@page("queue.view_provider")
def change_concurrency(request: HttpRequest, key: str) -> HttpResponseBase:
    """Change how much may be under way at once."""
    require(request, "queue.configure")
    lane = _get_lane(key)
    form = ConcurrencyForm(request.POST)
    if form.is_valid() and _changed(
        request,
        form,
        operations.change_provider,
        key,
        max_in_flight=form.cleaned_data["max_in_flight"],
        max_concurrent_workers=form.cleaned_data["max_concurrent_workers"],
        min_interval_seconds=form.cleaned_data["min_interval_seconds"] or 0,
    ):
        return _back(key)
    return _show(request, lane, concurrency=form, status=400)


def _changed(request: HttpRequest, form: Form, change: Any, target: Any, **values: Any) -> bool:
    """Make a change, or put the reason it was refused on the form."""
    try:
        change(target, actor=acting.actor(request), reason=form.cleaned_data["reason"], **values)
    except (ValidationError, ValueError, ObjectDoesNotExist) as error:
        form.add_error(None, acting.explain(error))
        return False
    messages.success(request, "Saved. Workers follow it from their next claim on.")
    return True


def _back(key: str) -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse("console:provider", args=[key]))


@page("queue.view_provider")
def act_on_provider(request: HttpRequest, key: str, verb: str) -> HttpResponseBase:
    """Pause, resume or unblock."""
    if verb not in PROVIDERS:
        raise Http404(f"Nothing called {verb} can be done to a provider.")
    lane = _get_lane(key)
    return acting.act(
        request,
        PROVIDERS[verb],
        key,
        about=key,
        back=reverse("console:provider", args=[key]),
        fault=lane.provider.fault if verb == "resume" else "",
        lane=lane,
    )


@require_POST
@page("queue.view_provider")
def test_connection(request: HttpRequest, key: str) -> HttpResponseBase:
    """Make one call and name the fault, if there is one."""
    require(request, "queue.operate")
    _get_lane(key)
    try:
        report = operations.test_connection(key, actor=acting.actor(request))
    except (ValidationError, ValueError, LookupError) as error:
        messages.error(request, f"Test connection: {acting.explain(error)}")
    else:
        if report.ok:
            messages.success(request, f"{key} answers: {report.message}")
        else:
            messages.error(request, f"{key} does not work ({words(report.fault)}): {report.message}")
    return HttpResponseRedirect(next_url(request, reverse("console:provider", args=[key])))
