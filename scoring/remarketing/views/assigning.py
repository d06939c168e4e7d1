"""Put deals to work in a universe: from a deal, from many, or from inside the universe."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef
from django.http import Http404, HttpRequest, HttpResponseBase, HttpResponseNotAllowed, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.http import urlencode

from queueproject.console.acting import explain
from queueproject.console.pages import next_url, page, require
from queueproject.console.words import count_words
from scoring.remarketing.forms.adding import AssignForm
from scoring.remarketing.forms.ranking import DealsForm
from scoring.remarketing.models import Listing, Universe, UniverseListing
from scoring.remarketing.models.words import LinkStatus
from scoring.remarketing.page_selectors.offers import Offer, make_offer, offer_figures
from scoring.remarketing.page_selectors.suggestions import suggest_universes
from scoring.remarketing.services.adding import Preview, create_universe_and_assign, preview_assignment
from scoring.remarketing.services.scoring import Assigned, Refused, assign_listings
from scoring.remarketing.views.base import draw, get_asked, get_user, join_ids, read_ids, tell_started

_MOST_OFFERED = 100


@page("remarketing.score")
def assign(request: HttpRequest) -> HttpResponseBase:
    """Choose a universe for deals, see what that starts, and start it."""
    if request.method not in ("GET", "HEAD", "POST"):
        return HttpResponseNotAllowed(["GET", "POST"])
    listing_ids = read_ids(",".join(get_asked(request).getlist("listings")))
    return offer_assignment(request, listing_ids)


def offer_assignment(request: HttpRequest, listing_ids: tuple[int, ...]) -> HttpResponseBase:
    """Draw the page for these deals; the admin's action on many calls this with its rows."""
    require(request, "remarketing.add_universelisting")
    asked = get_asked(request)
    listings = list(Listing.objects.unarchived().filter(pk__in=listing_ids).order_by("title", "pk"))
    if not listings:
        raise Http404("No such deal, or it is archived.")
    chose = "universe" in asked
    may_create = request.user.has_perm("remarketing.add_universe")
    form = AssignForm(asked if chose else None, may_create=may_create)
    universe, name = _read_choice(form)
    preview = preview_assignment(universe, [each.pk for each in listings]) if universe else None
    offer = _make_offer(preview) if universe or name else None
    shown = str(universe.pk) if universe else name
    pressed = "start" in request.POST
    same = request.POST.get("shown", "") == shown
    back = next_url(request, reverse("admin:remarketing_listing_changelist"))
    if pressed and same and offer and not offer.blockers:
        assigned = _assign(request, universe, name, listings)
        if assigned:
            return HttpResponseRedirect(_get_target(request, assigned, universe, listings, back))
    return draw(
        request,
        "assign",
        title=f"Add {_name(listings)} to a universe",
        status=400 if form.errors or pressed else 200,
        form=form,
        offer=offer,
        preview=preview,
        universe=universe,
        new_name=name,
        listings=listings,
        ids=join_ids(each.pk for each in listings),
        suggestions=suggest_universes(listings[0]) if len(listings) == 1 else [],
        shown=shown,
        changed=pressed and not same and bool(shown),
        back=back,
    )


def _read_choice(form: AssignForm) -> tuple[Universe | None, str]:
    if not form.is_bound or not form.is_valid():
        return None, ""
    return form.cleaned_data["universe"], form.cleaned_data.get("new_universe", "")


def _make_offer(preview: Preview | None) -> Offer:
    if preview and preview.plan:
        return make_offer([preview.plan])
    return offer_figures(pairs=0, calls=0)


def _assign(
    request: HttpRequest, universe: Universe | None, name: str, listings: list[Listing]
) -> Assigned | None:
    user, ids = get_user(request), [each.pk for each in listings]
    try:
        if universe is None:
            fresh = Universe(name=name)
            fresh.full_clean(exclude=["created_by"])
            assigned = create_universe_and_assign(fresh, ids, user=user)
        else:
            assigned = assign_listings(universe, ids, user=user)
    except Refused as refused:
        messages.error(request, refused.refusal.message)
        return None
    except ValidationError as error:
        messages.error(request, explain(error))
        return None
    linked = f"{count_words(assigned.linked, 'deal')} added to {universe or name}"
    already = f", {assigned.already_linked:,} skipped: in it already" if assigned.already_linked else ""
    messages.success(request, f"{linked}{already}.")
    if assigned.started:
        tell_started(request, assigned.started)
    return assigned


def _get_target(
    request: HttpRequest,
    assigned: Assigned,
    universe: Universe | None,
    listings: list[Listing],
    back: str,
) -> str:
    """Go back to where it was asked; without a wish, to the deal's ranking or the universe."""
    if request.POST.get("next"):
        return back
    if universe is None and assigned.started:
        universe = Universe.objects.filter(pk__in=assigned.started.batch.options["universe_ids"]).first()
    if universe is None:
        return back
    if len(listings) == 1:
        return reverse("remarketing:matching", args=[universe.pk, listings[0].pk])
    return reverse("remarketing:universe", args=[universe.pk])


def _name(listings: list[Listing]) -> str:
    return listings[0].title if len(listings) == 1 else count_words(len(listings), "deal")


@page("remarketing.score")
def add_deals(request: HttpRequest, universe_id: int) -> HttpResponseBase:
    """Offer the deals that are not at work in a universe, to be ticked."""
    require(request, "remarketing.add_universelisting")
    universe = get_object_or_404(Universe, pk=universe_id)
    if request.method == "POST":
        chosen = read_ids(",".join(request.POST.getlist("listings")))
        if chosen:
            return HttpResponseRedirect(_get_assign_url(universe, chosen))
        messages.warning(request, "Tick a deal first.")
    form = DealsForm(request.GET)
    at_work = UniverseListing.objects.filter(
        universe=universe, listing=OuterRef("pk"), status=LinkStatus.ACTIVE
    )
    deals = Listing.objects.unarchived().filter(~Exists(at_work)).order_by("title", "pk")
    filters: dict[str, Any] = form.get_values()
    if words := filters.get("q"):
        deals = deals.filter(title__icontains=words)
    found = list(deals[: _MOST_OFFERED + 1])
    return draw(
        request,
        "add_deals",
        title=f"Add deals to {universe}",
        universe=universe,
        deals=found[:_MOST_OFFERED],
        more=len(found) > _MOST_OFFERED,
        form=form,
        filtered=bool(filters),
    )


def _get_assign_url(universe: Universe, listing_ids: tuple[int, ...]) -> str:
    query: dict[str, str | int] = {
        "listings": join_ids(listing_ids),
        "universe": universe.pk,
        "next": reverse("remarketing:universe", args=[universe.pk]),
    }
    return f"{reverse('remarketing:assign')}?{urlencode(query)}"
