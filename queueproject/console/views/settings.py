"""The queue's settings: what holds, what it could be, who changed it."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from queueproject.console import acting
from queueproject.console.forms import SettingForm, initial_value
from queueproject.console.pages import draw, next_url, page, require
from queueproject.queue import operations
from queueproject.queue.conf import KNOBS, Knob
from queueproject.queue.models import Provider
from queueproject.queue.selectors.history import find_setting_changes
from queueproject.queue.selectors.settings import find_settings


@require_GET
@page("queue.view_setting")
def settings(request: HttpRequest) -> HttpResponseBase:
    """Show all settings and their history."""
    return draw(
        request,
        "settings",
        title="Settings of the queue",
        settings=find_settings(),
        providers=Provider.objects.order_by("key"),
        changes=find_setting_changes(),
    )


@page("queue.view_setting")
def setting(request: HttpRequest, key: str) -> HttpResponseBase:
    """Edit one setting, for all or for one provider."""
    require(request, "queue.configure")
    knob, provider = _get_knob(key), _get_provider(request, key)
    back = next_url(request, reverse("console:settings"))
    found = next(each for each in find_settings(provider=provider) if each.knob is knob)
    form = SettingForm(request.POST or None, knob=knob, initial={"value": initial_value(found.value)})
    if request.method == "POST" and form.is_valid() and _stored(request, form, knob, provider):
        return HttpResponseRedirect(back)
    return draw(
        request,
        "setting",
        title=f"{key} of {provider}" if provider else key,
        status=400 if request.method == "POST" else 200,
        setting=found,
        form=form,
        back=back,
    )


def _stored(request: HttpRequest, form: SettingForm, knob: Knob, provider: str) -> bool:
    cleaned = form.cleaned_data
    try:
        operations.change_setting(
            knob.key,
            cleaned["value"],
            provider=provider,
            actor=acting.actor(request),
            reason=cleaned["reason"],
        )
    except (ValidationError, ValueError) as error:
        form.add_error("value", acting.explain(error))
        return False
    messages.success(request, f"{knob.key} is set. Workers follow it from their next claim on.")
    return True


@require_POST
@page("queue.view_setting")
def clear_setting(request: HttpRequest, key: str) -> HttpResponseBase:
    """Go back to the default, or for a provider to what holds for all."""
    require(request, "queue.configure")
    knob, provider = _get_knob(key), _get_provider(request, key)
    operations.clear_setting(knob.key, provider=provider, actor=acting.actor(request))
    messages.success(request, f"{knob.key} is back to {'what holds for all' if provider else 'its default'}.")
    return HttpResponseRedirect(next_url(request, reverse("console:settings")))


def _get_knob(key: str) -> Knob:
    if key not in KNOBS:
        raise Http404(f"There is no setting {key!r}.")
    return KNOBS[key]


def _get_provider(request: HttpRequest, key: str) -> str:
    provider = (request.POST if request.method == "POST" else request.GET).get("provider", "")
    if provider and (not KNOBS[key].per_provider or not Provider.objects.filter(key=provider).exists()):
        raise Http404(f"{key} cannot be set for a provider {provider!r}.")
    return provider
