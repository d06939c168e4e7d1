"""Owner goals: what the owner wants from the sale against what buyers of a type usually offer."""

import re
from typing import Final

from scoring.remarketing.answers import OwnerGoalsAnswer
from scoring.remarketing.facts import BuyerFacts, ListingFacts
from scoring.remarketing.rules.dimension import Dimension
from scoring.remarketing.rules.rounding import clamp
from scoring.remarketing.rules.words import find_words

CATEGORIES: Final = ("cash exit", "growth partner", "quick exit", "stay on", "retain staff", "autonomy")

# By buyer type: the base, then one figure for each category in its order.
_NORMS: Final = {
    "pe_firm": (55, (40, 75, 50, 60, 65, 50)),
    "platform": (65, (50, 80, 40, 85, 75, 60)),
    "strategic": (50, (70, 50, 65, 45, 45, 30)),
    "family_office": (60, (60, 65, 55, 70, 70, 80)),
    "independent_sponsor": (58, (55, 70, 60, 55, 60, 55)),
}

_CUES: Final = (
    ("retire", "retirement", "cash out", "full exit", "sell 100%"),
    ("growth partner", "growth capital", "rollover", "second bite", "scale"),
    ("quick", "quickly", "fast close", "asap", "immediately"),
    ("stay", "remain", "continue running", "transition period"),
    ("employees", "staff", "team", "key people"),
    ("autonomy", "independent", "culture", "legacy", "brand"),
)


def _compile_cues(cues: tuple[str, ...]) -> re.Pattern[str]:
    words = "|".join(re.escape(cue).replace(r"\ ", r"\s+") for cue in cues)
    return re.compile(rf"(?<!\w)(?:{words})(?!\w)", re.IGNORECASE)


_CUE_PATTERNS: Final = tuple(_compile_cues(cues) for cues in _CUES)

_NAME = (
    r"(?:private\s+equity|pe|strategics?|competitors?|family\s+offices?)"
    r"(?:\s+(?:buyers?|firms?|groups?|investors?))?"
)
# "No PE, strategic or family office buyers" refuses all three; "no earn-out, prefers private equity" none.
_REFUSAL = re.compile(
    r"\b(?:no|not)\b(?!\s+(?:only|just|necessarily)\b)(?:\s+(?!but\b)[\w'’/-]+){0,6}?"
    rf"\s+(?P<names>{_NAME}(?:\s*(?:,|/|\bor\b|\bnor\b|\band\b)+\s*(?:(?:or|and|a|any|to)\s+)*{_NAME})*)(?!\w)",
    re.IGNORECASE,
)
_TYPES_OF_NAME: Final = (
    (re.compile(r"\b(?:private\s+equity|pe)\b", re.IGNORECASE), ("pe_firm", "independent_sponsor")),
    (re.compile(r"\b(?:strategics?|competitors?)\b", re.IGNORECASE), ("strategic",)),
    (re.compile(r"\bfamily\s+offices?\b", re.IGNORECASE), ("family_office",)),
)
_SHORTEST_GOAL_WORD: Final = 4


def score_owner_goals(
    listing: ListingFacts, buyer: BuyerFacts, *, answer: OwnerGoalsAnswer | None
) -> Dimension:
    """Score owner goals by the answer, or by the norms of the buyer's type. Always counts."""
    given = answer or judge_owner_goals(listing, buyer)
    return Dimension(given.score, given.reasoning)


def judge_owner_goals(listing: ListingFacts, buyer: BuyerFacts) -> OwnerGoalsAnswer:
    """Judge by the norms of the buyer's type alone."""
    base, norms = _NORMS.get(buyer.buyer_type, _NORMS["platform"])
    kind = buyer.buyer_type.replace("_", " ") or "unknown type"
    goals = listing.owner_goals or listing.seller_motivation
    if not goals:
        return OwnerGoalsAnswer(
            score=_score_unstated(base, buyer),
            confidence="low",
            reasoning=f"The owner states no goals; judged by the kind of buyer ({kind}).",
        )
    category = find_category(goals)
    score = base if category is None else norms[CATEGORIES.index(category)]
    reasons = [f"The owner's goals ({category or 'of no known kind'}) against a buyer of this kind ({kind})."]
    if buyer.buyer_type in find_refused_types(listing.special_requirements):
        score -= 25
        reasons.append("-25: the owner refuses buyers of this kind.")
    if shared := _find_shared_word(goals, buyer.thesis_summary):
        score += 8
        reasons.append(f'+8: the thesis speaks of "{shared}" too.')
    return OwnerGoalsAnswer(
        score=clamp(score, lowest=0, highest=100), confidence="medium", reasoning=" ".join(reasons)
    )


def find_category(goals: str) -> str | None:
    """Return the first category that the goals name by whole words."""
    for category, pattern in zip(CATEGORIES, _CUE_PATTERNS, strict=True):
        if pattern.search(goals):
            return category
    return None


def find_refused_types(requirements: str) -> frozenset[str]:
    """Return the buyer types that the requirements refuse: "no" or "not" before the type's name."""
    named = " \n ".join(match["names"] for match in _REFUSAL.finditer(requirements))
    return frozenset(kind for pattern, kinds in _TYPES_OF_NAME if pattern.search(named) for kind in kinds)


def _score_unstated(base: int, buyer: BuyerFacts) -> int:
    thesis = 5 if len(buyer.thesis_summary) > 50 else 0
    preferences = 3 if len(buyer.deal_preferences) > 10 else 0
    breakers = 5 if buyer.deal_breakers else 0
    return clamp(base + thesis + preferences - breakers, lowest=30, highest=85)


def _find_shared_word(goals: str, thesis: str) -> str:
    shared = find_words(goals) & find_words(thesis)
    return min((word for word in shared if len(word) >= _SHORTEST_GOAL_WORD), default="")
