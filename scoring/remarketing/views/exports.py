"""The ranking of a deal as a file, as it is filtered and ordered on the page."""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from queueproject.console.export import csv_response, format_moment
from queueproject.console.pages import page
from scoring.remarketing.forms.ranking import RankingForm
from scoring.remarketing.models import Listing, Universe
from scoring.remarketing.page_selectors.matching import rank_buyers
from scoring.remarketing.page_selectors.rows import Row
from scoring.remarketing.views.base import get_link

_OF_SCORE = (
    "composite_score",
    "human_override_score",
    "override_reason",
    "service_score",
    "size_score",
    "geography_score",
    "owner_goals_score",
    "counted_dimensions",
    "service_multiplier",
    "size_multiplier",
    "geography_mode",
    "geography_mode_factor",
    "geography_tier",
    "thesis_alignment_bonus",
    "custom_bonus",
    "learning_penalty",
    "is_disqualified",
    "disqualification_reason",
    "status",
    "pass_category",
    "pass_reason",
    "confidence_level",
    "data_completeness",
    "needs_review",
    "review_reason",
    "missing_fields",
    "is_stale",
    "scored_by",
    "model",
    "prompt_version",
    "scoring_version",
    "scored_at",
    "fit_reasoning",
)
COLUMNS = ("position", "buyer_id", "buyer", "effective_score", "tier", "label", *_OF_SCORE)


@require_GET
@page("remarketing.view_score")
def ranking_csv(request: HttpRequest, universe_id: int, listing_id: int) -> HttpResponseBase:
    """Export the ranking for a spreadsheet."""
    universe, listing, _ = get_link(universe_id, listing_id)
    rows = _rank(request, universe, listing)
    name = f"ranking-{universe.pk}-{listing.pk}.csv"
    return csv_response(name, COLUMNS, (list(map(_write, row.values())) for row in rows))


@require_GET
@page("remarketing.view_score")
def ranking_json(request: HttpRequest, universe_id: int, listing_id: int) -> HttpResponseBase:
    """Export the ranking for a program."""
    universe, listing, _ = get_link(universe_id, listing_id)
    rows = [
        {name: float(value) if isinstance(value, Decimal) else value for name, value in row.items()}
        for row in _rank(request, universe, listing)
    ]
    answer = {
        "universe": {"id": universe.pk, "name": universe.name},
        "listing": {"id": listing.pk, "title": listing.title},
        "exported_at": timezone.now(),
        "scores": rows,
    }
    headers = {"Content-Disposition": f'attachment; filename="ranking-{universe.pk}-{listing.pk}.json"'}
    return JsonResponse(answer, headers=headers)


def _rank(request: HttpRequest, universe: Universe, listing: Listing) -> Iterator[dict[str, Any]]:
    scores = rank_buyers(universe, listing, RankingForm(request.GET).get_values())
    for position, score in enumerate(scores.iterator(chunk_size=1_000), start=1):
        row = Row(score)
        values = (position, score.buyer_id, str(score.buyer), row.effective, row.tier, row.label)
        yield dict(zip(COLUMNS, (*values, *(getattr(score, name) for name in _OF_SCORE)), strict=True))


def _write(value: Any) -> Any:
    return format_moment(value) if isinstance(value, datetime) else value
