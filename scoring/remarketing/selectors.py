"""What is read: the facts that rules and prompts work from, and a fingerprint of them."""

import json
from collections.abc import Iterable
from hashlib import sha256
from html.parser import HTMLParser
from typing import Any

from scoring.remarketing.facts import (
    AdjustmentFacts,
    BuyerFacts,
    BuyerTypesCriteria,
    DecisionFacts,
    Facts,
    GeographyCriteria,
    ListingFacts,
    ScoringBehavior,
    ServiceCriteria,
    SizeCriteria,
    UniverseFacts,
)
from scoring.remarketing.models import Buyer, Listing, Universe

GUIDE_DOCUMENT_TYPE = "ma_guide"


class _TextOfMarkup(HTMLParser):
    """Collect the text of a document and leave its tags, scripts and styles."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in ("script", "style")
        self.parts.append(" ")

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in ("script", "style") and self._silent > 0
        self.parts.append(" ")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.parts.append(data)


def get_guide(universe: Universe) -> str:
    """Return the industry guide: the universe's own text, else its guide documents without markup."""
    if universe.guide_text.strip():
        return universe.guide_text.strip()
    reader = _TextOfMarkup()
    for document in universe.documents:
        if isinstance(document, dict) and document.get("type") == GUIDE_DOCUMENT_TYPE:
            reader.feed(str(document.get("text", "")))
            reader.parts.append("\n")
    reader.close()
    lines = (" ".join(line.split()) for line in "".join(reader.parts).splitlines())
    return "\n".join(line for line in lines if line)


def universe_facts(universe: Universe) -> UniverseFacts:
    """Return what rules and prompts may know of a universe."""
    return UniverseFacts(
        name=universe.name,
        currency=universe.currency,
        description=universe.description,
        fit_criteria=universe.fit_criteria,
        keywords=tuple(universe.keywords),
        size_criteria=SizeCriteria(**_pick(universe, SizeCriteria)),
        geography_criteria=GeographyCriteria(**_pick(universe, GeographyCriteria)),
        service_criteria=ServiceCriteria(**_pick(universe, ServiceCriteria)),
        buyer_types_criteria=BuyerTypesCriteria(
            preferred_types=tuple(universe.preferred_buyer_types),
            excluded_types=tuple(universe.excluded_buyer_types),
        ),
        service_weight=universe.service_weight,
        size_weight=universe.size_weight,
        geography_weight=universe.geography_weight,
        owner_goals_weight=universe.owner_goals_weight,
        scoring_behavior=ScoringBehavior(**_pick(universe, ScoringBehavior)),
        geography_mode=universe.geography_mode,
        service_adjacency_map=universe.service_adjacency_map,
        guide=get_guide(universe),
    )


def buyer_facts(buyer: Buyer) -> BuyerFacts:
    """Return what rules and prompts may know of a buyer."""
    return BuyerFacts(**_pick(buyer, BuyerFacts))


def listing_facts(listing: Listing) -> ListingFacts:
    """Return what rules and prompts may know of a listing."""
    return ListingFacts(**_pick(listing, ListingFacts))


def adjustment_facts(listing: Listing) -> tuple[AdjustmentFacts, ...]:
    """Return the corrections of a listing's scores; prefetch `adjustments` for many."""
    rows = sorted(listing.adjustments.all(), key=lambda row: row.pk)
    return tuple(AdjustmentFacts(type=row.type, value=row.value, reason=row.reason) for row in rows)


def decision_facts(buyer: Buyer) -> tuple[DecisionFacts, ...]:
    """Return a buyer's standing decisions, oldest first; prefetch `decisions` for many."""
    rows = sorted((row for row in buyer.decisions.all() if row.undone_at is None), key=lambda row: row.pk)
    return tuple(
        DecisionFacts(action=row.action, pass_category=row.pass_category, composite_score=row.composite_score)
        for row in rows
    )


def facts_hash(*facts: Facts) -> str:
    """Return 64 hex digits that change exactly when one of the facts does; their order counts."""
    dumped = json.dumps([one.model_dump(mode="json") for one in facts], sort_keys=True, ensure_ascii=True)
    return sha256(dumped.encode()).hexdigest()


def content_facts(row: Universe | Buyer | Listing) -> Facts:
    """Return the facts of a row of any of the three kinds."""
    if isinstance(row, Universe):
        return universe_facts(row)
    return buyer_facts(row) if isinstance(row, Buyer) else listing_facts(row)


def content_hash(row: Universe | Buyer | Listing) -> str:
    """Return the fingerprint of what scores depend on in a row."""
    return facts_hash(content_facts(row))


def find_universe(name: str) -> Universe | None:
    """Return the unarchived universe of that name, ignoring case and outer space."""
    return Universe.objects.unarchived().filter(name__iexact=name.strip()).first()


def _pick(row: Universe | Buyer | Listing, facts: type[Facts]) -> dict[str, Any]:
    """Read the fields of `facts` from a row that names them alike."""
    return {name: _frozen(getattr(row, name)) for name in facts.model_fields}


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, Iterable) and not isinstance(value, str) else value
