"""Start scoring: every button leads here, is told what it means, and starts it."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponseBase, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import reverse

from queueproject.console.pages import next_url, page
from queueproject.queue.states import Priority
from scoring.remarketing.forms.options import OptionsForm
from scoring.remarketing.models.words import Trigger
from scoring.remarketing.page_selectors.offers import make_offer
from scoring.remarketing.page_selectors.selections import STARTS, Chosen, Selection, choose
from scoring.remarketing.services import scoring
from scoring.remarketing.views.base import (
    draw,
    get_asked,
    get_user,
    join_ids,
    read_ids,
    tell_started,
)


@page("remarketing.score")
def start(request: HttpRequest, what: str) -> HttpResponseBase:
    """Show what a button means; on POST, when the figures shown are those of the options sent, start it."""
    if request.method not in ("GET", "HEAD", "POST"):
        return HttpResponseNotAllowed(["GET", "POST"])
    return offer_start(request, read_selection(request, what))


def read_selection(request: HttpRequest, what: str) -> Selection:
    """Read what was chosen from the query or the form."""
    if what not in STARTS:
        raise Http404(f"Nothing called {what} can be started.")
    asked = get_asked(request)
    universe_id = (*read_ids(asked.get("universe", "")), 0)[0]
    # Ticked boxes come one by one, links and hidden fields as one list.
    buyer_ids = read_ids(",".join(asked.getlist("buyers")))
    return Selection(what, read_ids(asked.get("ids", "")), universe_id, buyer_ids)


def offer_start(request: HttpRequest, selection: Selection) -> HttpResponseBase:
    """Draw the start page of a selection, or start it; admin actions call this with their rows."""
    asked = get_asked(request)
    taken = STARTS[selection.what]
    form = OptionsForm(
        request.POST if "shown" in request.POST else None,
        taken=taken,
        initial={name: asked.get(name, "") for name in taken},
    )
    valid = not form.is_bound or form.is_valid()
    chosen = choose(selection, form.get_options())
    offer = make_offer(chosen.plans, blockers=chosen.blockers)
    pressed = "start" in request.POST
    same = request.POST.get("shown") == form.sign()
    back = next_url(request, chosen.url or reverse("admin:remarketing_universe_changelist"))
    if pressed and valid and same and offer.can_start and _start(request, chosen):
        return HttpResponseRedirect(back)
    return draw(
        request,
        "start",
        title=chosen.title,
        status=400 if pressed or not valid else 200,
        form=form,
        offer=offer,
        chosen=chosen,
        selection=selection,
        ids=join_ids(selection.ids),
        buyers=join_ids(selection.buyer_ids),
        changed=pressed and valid and not same,
        here=reverse("remarketing:start", args=[selection.what]),
        back=back,
        shown=form.sign(),
    )


def _start(request: HttpRequest, chosen: Chosen) -> bool:
    try:
        started = scoring.start(
            chosen.plans,
            user=get_user(request),
            priority=Priority.HIGH if chosen.by_hand else Priority.MEDIUM,
            trigger=Trigger.MANUAL if chosen.by_hand else Trigger.BULK,
            label=chosen.label,
            url=chosen.url,
        )
    except scoring.Refused as refused:
        messages.error(request, refused.refusal.message)
        return False
    tell_started(request, started)
    return True
