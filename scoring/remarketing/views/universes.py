"""A universe: its deals with their counts, and its buyers by alignment."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_GET

from queueproject.console.pages import page
from scoring.remarketing.forms.ranking import AlignmentForm, DealsForm
from scoring.remarketing.models import Universe
from scoring.remarketing.page_selectors import universes as selectors
from scoring.remarketing.page_selectors.offers import warn_of_weights
from scoring.remarketing.selectors import get_guide
from scoring.remarketing.views.base import draw

_PAGE_SIZE = 50


@require_GET
@page("remarketing.view_universe")
def universe(request: HttpRequest, universe_id: int) -> HttpResponseBase:
    """Show the deals of a universe and how far each is scored."""
    found = get_object_or_404(Universe, pk=universe_id)
    form = DealsForm(request.GET)
    filters = form.get_values()
    rows = Paginator(selectors.find_links(found, filters), _PAGE_SIZE).get_page(request.GET.get("page"))
    return draw(
        request,
        "universe",
        title=found.name,
        universe=found,
        totals=selectors.sum_up(found),
        page=rows,
        deals=selectors.count_deals(found, list(rows)),
        form=form,
        filtered=bool(filters),
        warnings=warn_of_weights(found),
        has_guide=bool(get_guide(found)),
    )


@require_GET
@page("remarketing.view_buyer")
def alignment(request: HttpRequest, universe_id: int) -> HttpResponseBase:
    """Rank the buyers of a universe by how well they align with its industry."""
    found = get_object_or_404(Universe, pk=universe_id)
    form = AlignmentForm(request.GET)
    filters = form.get_values()
    buyers = Paginator(selectors.rank_by_alignment(found, filters), _PAGE_SIZE)
    rows = buyers.get_page(request.GET.get("page"))
    return draw(
        request,
        "alignment",
        title=f"Alignment of buyers: {found}",
        universe=found,
        totals=selectors.sum_up(found),
        page=rows,
        buyers=[selectors.BuyerRow(buyer) for buyer in rows],
        badges=[
            (key, selectors.BADGES[key][1] if key in selectors.BADGES else "Not scored", count)
            for key, count in selectors.count_badges(found).items()
        ],
        form=form,
        filtered=bool(filters),
        has_guide=bool(get_guide(found)),
    )
