"""Thesis: points for a listing that follows what the buyer says it is after."""

import re
from functools import lru_cache
from typing import Final

from scoring.remarketing.answers import ThesisAnswer
from scoring.remarketing.facts import BuyerFacts, ListingFacts, UniverseFacts
from scoring.remarketing.rules.words import find_words

_LONGEST_EMPTY_THESIS: Final = 30
_FOCUS_POINTS: Final = 2


def _compile(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{pattern})\b", re.IGNORECASE)


_CUES: Final = (
    ("roll-up", 3, _compile(r"roll[-\s]?ups?|buy[-\s]and[-\s]build|consolidation")),
    ("platform", 3, _compile(r"platforms?")),
    ("add-on", 3, _compile(r"add[-\s]ons?|tuck[-\s]ins?|bolt[-\s]ons?")),
    ("recurring revenue", 2, _compile(r"recurring|subscriptions?|maintenance\s+contracts?")),
    ("several locations", 2, _compile(r"multi[-\s]?locations?|multi[-\s]?sites?|branches")),
)


def score_thesis(
    universe: UniverseFacts, listing: ListingFacts, buyer: BuyerFacts, *, answer: ThesisAnswer | None
) -> ThesisAnswer:
    """Return the thesis bonus, 0-20, by the answer, or by the words; 0 without a real thesis."""
    if len(buyer.thesis_summary) <= _LONGEST_EMPTY_THESIS:
        return ThesisAnswer(score=0, reasoning="The buyer states no thesis.")
    return answer or judge_thesis(universe, listing, buyer)


def judge_thesis(universe: UniverseFacts, listing: ListingFacts, buyer: BuyerFacts) -> ThesisAnswer:
    """Judge by the cues that both the thesis and the listing give, at most 15 points."""
    if len(buyer.thesis_summary) <= _LONGEST_EMPTY_THESIS:
        return ThesisAnswer(score=0, reasoning="The buyer states no thesis.")
    ours, ours_words = _read_listing(listing)
    theirs, theirs_words = _read_text(buyer.thesis_summary)
    shared = [(cue, points) for cue, points, _ in _CUES if cue in ours and cue in theirs]
    if focus := _find_focus_words(universe) & ours_words & theirs_words:
        shared.append((min(focus), _FOCUS_POINTS))
    if not shared:
        return ThesisAnswer(score=0, reasoning="Thesis and listing share no cue.")
    cues = ", ".join(cue for cue, _ in shared)
    return ThesisAnswer(
        score=sum(points for _, points in shared), reasoning=f"Thesis and listing share: {cues}."
    )


@lru_cache(maxsize=2048)
def _read_text(text: str) -> tuple[frozenset[str], frozenset[str]]:
    return frozenset(cue for cue, _, pattern in _CUES if pattern.search(text)), find_words(text)


@lru_cache(maxsize=512)
def _read_listing(listing: ListingFacts) -> tuple[frozenset[str], frozenset[str]]:
    texts = (
        listing.title,
        listing.description,
        listing.executive_summary,
        *listing.services,
        *listing.categories,
        listing.category,
    )
    return _read_text("\n".join(texts))


def _find_focus_words(universe: UniverseFacts) -> frozenset[str]:
    return frozenset[str]().union(*(find_words(focus) for focus in universe.service_criteria.primary_focus))
