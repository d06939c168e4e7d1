"""What is read: the facts that rules and prompts work from, and a fingerprint of them."""

import json
from hashlib import sha256
from html.parser import HTMLParser
from typing import Any

from django.db.models import Model

from scoring.remarketing.facts import (
    AdjustmentFacts,
    BuyerFacts,
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
    groups: dict[str, type[Facts]] = {
        "size_criteria": SizeCriteria,
        "geography_criteria": GeographyCriteria,
        "service_criteria": ServiceCriteria,
        "scoring_behavior": ScoringBehavior,
    }
    others = {"buyer_types_criteria", "guide"}
    plain = [name for name in UniverseFacts.model_fields if name not in groups and name not in others]
    return UniverseFacts.model_validate(
        {
            **{name: getattr(universe, name) for name in plain},
            **{name: _pick(universe, group) for name, group in groups.items()},
            "buyer_types_criteria": {
                "preferred_types": universe.preferred_buyer_types,
                "excluded_types": universe.excluded_buyer_types,
            },
            "guide": get_guide(universe),
        }
    )


def buyer_facts(buyer: Buyer) -> BuyerFacts:
    """Return what rules and prompts may know of a buyer."""
    return BuyerFacts.model_validate(_pick(buyer, BuyerFacts))


def listing_facts(listing: Listing) -> ListingFacts:
    """Return what rules and prompts may know of a listing."""
    return ListingFacts.model_validate(_pick(listing, ListingFacts))


def adjustment_facts(listing: Listing) -> tuple[AdjustmentFacts, ...]:
    """Return the corrections of a listing's scores; prefetch `adjustments` for many."""
    rows = sorted(listing.adjustments.all(), key=lambda row: row.pk)
    return tuple(AdjustmentFacts.model_validate(_pick(row, AdjustmentFacts)) for row in rows)


def decision_facts(buyer: Buyer) -> tuple[DecisionFacts, ...]:
    """Return a buyer's standing decisions, oldest first; prefetch `decisions` for many."""
    rows = sorted((row for row in buyer.decisions.all() if row.undone_at is None), key=lambda row: row.pk)
    return tuple(DecisionFacts.model_validate(_pick(row, DecisionFacts)) for row in rows)


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


def _pick(row: Model, facts: type[Facts]) -> dict[str, Any]:
    """Read the fields of `facts` from a row that names them alike."""
    return {name: getattr(row, name) for name in facts.model_fields}
