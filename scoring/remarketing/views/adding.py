"""Create a deal or a buyer inside a universe; saving it starts its scores."""

import math

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse

from queueproject.console.pages import page, require
from scoring.remarketing.forms.adding import BuyerForm, DealForm
from scoring.remarketing.kinds import BUYERS_A_CALL, LOCAL
from scoring.remarketing.models import Buyer, Universe
from scoring.remarketing.page_selectors.offers import (
    Offer,
    describe_refusal,
    offer_figures,
    warn_of_weights,
)
from scoring.remarketing.page_selectors.universes import find_links
from scoring.remarketing.services.adding import add_listing_and_score
from scoring.remarketing.services.plans import FitOptions, get_lane
from scoring.remarketing.services.refusals import refuse_deals
from scoring.remarketing.services.scoring import Refused, add_buyer_and_score
from scoring.remarketing.views.base import draw, get_user, tell_started


@page("remarketing.score")
def new_deal(request: HttpRequest, universe_id: int) -> HttpResponseBase:
    """Create a deal in a universe and score it for every buyer there."""
    require(request, "remarketing.add_listing")
    universe = get_object_or_404(Universe, pk=universe_id)
    buyers = Buyer.objects.unarchived().filter(universe=universe).count()
    form = DealForm(request.POST if request.method == "POST" else None)
    offer = _offer(universe, pairs=buyers, calls=math.ceil(buyers / BUYERS_A_CALL))
    if form.is_bound and form.is_valid() and not offer.blockers:
        listing = form.save(commit=False)
        try:
            assigned = add_listing_and_score(listing, universe, user=get_user(request))
        except Refused as refused:
            form.add_error(None, refused.refusal.message)
        else:
            messages.success(request, f"{listing} is created and at work in {universe}.")
            if assigned.started:
                tell_started(request, assigned.started)
            return HttpResponseRedirect(reverse("remarketing:matching", args=[universe.pk, listing.pk]))
    return _draw(request, universe, form, offer, title=f"New deal in {universe}")


@page("remarketing.score")
def add_buyer(request: HttpRequest, universe_id: int) -> HttpResponseBase:
    """Create a buyer in a universe and score it, and nobody else, for every deal there."""
    require(request, "remarketing.add_buyer")
    universe = get_object_or_404(Universe, pk=universe_id)
    form = BuyerForm(request.POST if request.method == "POST" else None, initial={"universe": universe})
    deals = find_links(universe, {}).count()
    offer = _offer(universe, pairs=deals, calls=deals)
    if form.is_bound and form.is_valid() and not offer.blockers:
        buyer = form.save(commit=False)
        try:
            started = add_buyer_and_score(buyer, user=get_user(request))
        except Refused as refused:
            form.add_error(None, refused.refusal.message)
        else:
            messages.success(request, f"{buyer} is a buyer of {universe} now.")
            tell_started(request, started)
            return HttpResponseRedirect(reverse("remarketing:alignment", args=[universe.pk]))
    return _draw(request, universe, form, offer, title=f"New buyer in {universe}")


def _offer(universe: Universe, *, pairs: int, calls: int) -> Offer:
    refusal = refuse_deals(universe, FitOptions())
    return offer_figures(
        pairs=pairs,
        calls=0 if get_lane() == LOCAL else calls,
        blockers=(describe_refusal(refusal),) if refusal else (),
        warnings=warn_of_weights(universe),
    )


def _draw(
    request: HttpRequest, universe: Universe, form: DealForm | BuyerForm, offer: Offer, *, title: str
) -> HttpResponseBase:
    return draw(
        request,
        "add_one",
        title=title,
        status=400 if form.is_bound else 200,
        universe=universe,
        form=form,
        offer=offer,
        back=reverse("remarketing:universe", args=[universe.pk]),
    )
