"""Everything about one buyer and one deal: the score, every earlier scoring, every decision."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any, Final

from scoring.remarketing.models import Buyer, Decision, Listing, ScoreSnapshot, Universe
from scoring.remarketing.page_selectors.rows import DIMENSIONS, name_scorer

MOST_SHOWN: Final = 50
_COMPARED: Final = {
    "composite_score": "score",
    "tier": "tier",
    "service_score": "services",
    "size_score": "size",
    "geography_score": "geography",
    "owner_goals_score": "owner goals",
    "base_score": "base",
    "gated_score": "gated",
    "service_multiplier": "services gate",
    "size_multiplier": "size gate",
    "geography_mode": "geography mode",
    "thesis_alignment_bonus": "thesis bonus",
    "custom_bonus": "adjustments",
    "learning_penalty": "learning penalty",
    "is_disqualified": "disqualified",
    "confidence_level": "confidence",
    "data_completeness": "completeness",
    "weights": "weights",
    "scoring_version": "scoring version",
}


@dataclass(frozen=True)
class Difference:
    """One figure that changed from one scoring to the next."""

    name: str
    before: str
    after: str


@dataclass(frozen=True)
class Scoring:
    """One scoring of a pair, with what differs from the one before."""

    snapshot: ScoreSnapshot
    scorer: str
    weights: str
    differences: list[Difference]
    is_first: bool


def find_scorings(universe: Universe, listing: Listing, buyer: Buyer) -> list[Scoring]:
    """Find the latest scorings of a pair, newest first; one query."""
    rows = list(
        ScoreSnapshot.objects.filter(universe=universe, listing=listing, buyer=buyer)
        .select_related("scored_for")
        .order_by("-scored_at", "-pk")[: MOST_SHOWN + 1]
    )
    return [
        Scoring(
            snapshot=row,
            scorer=name_scorer(row),
            weights=_write(row.weights),
            differences=compare(earlier, row) if earlier else [],
            is_first=earlier is None,
        )
        for row, earlier in list(zip_longest(rows, rows[1:]))[:MOST_SHOWN]
    ]


def compare(before: ScoreSnapshot, after: ScoreSnapshot) -> list[Difference]:
    """List the figures that differ between two scorings; pure."""
    found = [
        Difference(label, _write(getattr(before, name)), _write(getattr(after, name)))
        for name, label in _COMPARED.items()
        if getattr(before, name) != getattr(after, name)
    ]
    if name_scorer(before) != name_scorer(after):
        found.append(Difference("scored by", name_scorer(before), name_scorer(after)))
    return found


def find_decisions(listing: Listing, buyer: Buyer) -> Sequence[Decision]:
    """Find what staff decided about a pair, newest first; one query."""
    rows = Decision.objects.filter(listing=listing, buyer=buyer).select_related("decided_by")
    return list(rows.order_by("-decided_at", "-pk")[:MOST_SHOWN])


def _write(value: Any) -> str:
    if value is None or value == "":
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return ", ".join(
            f"{label.lower()} {value[name]}" for name, label in DIMENSIONS.items() if name in value
        )
    return str(value).replace("_", " ")
