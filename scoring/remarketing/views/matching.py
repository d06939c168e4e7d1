"""Deal matching: the buyers of a universe ranked for one deal."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponseBase
from django.utils.http import urlencode
from django.views.decorators.http import require_GET

from queueproject.console.pages import page
from scoring.remarketing.forms.ranking import RankingForm
from scoring.remarketing.models.words import LinkStatus
from scoring.remarketing.page_selectors import matching as selectors
from scoring.remarketing.page_selectors.offers import warn_of_weights
from scoring.remarketing.page_selectors.rows import Row
from scoring.remarketing.views.base import draw, get_link

_PAGE_SIZE = 50


@require_GET
@page("remarketing.view_score")
def matching(request: HttpRequest, universe_id: int, listing_id: int) -> HttpResponseBase:
    """Rank the buyers of a deal; the part below the filters refreshes itself while scores come in."""
    universe, listing, link = get_link(universe_id, listing_id)
    form = RankingForm(request.GET)
    filters = form.get_values()
    ranking = Paginator(selectors.rank_buyers(universe, listing, filters), _PAGE_SIZE)
    rows = ranking.get_page(request.GET.get("page"))
    first = rows.start_index()
    return draw(
        request,
        "matching",
        title=listing.title,
        universe=universe,
        listing=listing,
        at_work=link.status == LinkStatus.ACTIVE and not listing.is_archived and not universe.is_archived,
        overview=selectors.describe_deal(universe, listing),
        warnings=warn_of_weights(universe),
        page=rows,
        rows=[(first + number, Row(score)) for number, score in enumerate(rows)],
        form=form,
        filtered=bool(filters),
        query=urlencode([(name, str(value)) for name, value in request.GET.items() if name != "page"]),
        here=request.get_full_path(),
    )
