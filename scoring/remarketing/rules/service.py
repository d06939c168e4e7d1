"""Service: what the listing does against what the buyer does or wants."""

import re
from decimal import Decimal
from functools import lru_cache
from typing import Final

from scoring.remarketing.answers import ServiceAnswer
from scoring.remarketing.facts import BuyerFacts, ListingFacts, UniverseFacts
from scoring.remarketing.rules.dimension import Dimension
from scoring.remarketing.rules.rounding import clamp
from scoring.remarketing.rules.tables import SERVICE_FAMILIES
from scoring.remarketing.rules.words import Phrase, get_phrase, get_phrases, names_the_same, share_a_token

_SEPARATOR = re.compile(r"[,;\n]")
_NO_DATA_SCORE: Final = 55
# Least percentage of the listing's services that the buyer shares, and the score.
_OVERLAP_SCORES: Final = ((80, 90), (50, 75), (25, 55))
_ANY_OVERLAP_SCORE: Final = 40
_ADJACENT_SCORE: Final = 45
_UNRELATED_SCORE: Final = 30
# Highest score for which a gate holds, and the gate.
_GATES: Final = (
    (0, Decimal(0)),
    (20, Decimal("0.4")),
    (40, Decimal("0.6")),
    (60, Decimal("0.8")),
    (80, Decimal("0.9")),
    (100, Decimal(1)),
)
_FAMILIES: Final = {
    family: tuple(get_phrase(member) for member in members) for family, members in SERVICE_FAMILIES.items()
}


def score_service(
    universe: UniverseFacts, listing: ListingFacts, buyer: BuyerFacts, *, answer: ServiceAnswer | None
) -> Dimension:
    """Score services by the answer, or by the words where there is none or the universe asks for words."""
    wanted = get_listing_services(listing)
    disqualification = _find_exclusion(universe, buyer, wanted[0]) if wanted else ""
    gap = _find_gap(wanted, get_buyer_services(buyer))
    if gap:
        reason = f"Services cannot be compared: {gap}."
        return Dimension(_NO_DATA_SCORE, reason, left_out=gap, disqualification=disqualification)
    if disqualification:
        return Dimension(0, disqualification, multiplier=Decimal(0), disqualification=disqualification)
    if answer is None or universe.scoring_behavior.service_matching_mode == "keyword":
        answer = judge_service(universe, listing, buyer)
    bonus, why = _find_bonus(universe, buyer, wanted[0])
    score = clamp(answer.score + bonus, lowest=0, highest=100)
    return Dimension(score, f"{answer.reasoning} {why}".strip(), multiplier=get_service_gate(score))


def judge_service(universe: UniverseFacts, listing: ListingFacts, buyer: BuyerFacts) -> ServiceAnswer:
    """Judge by the words alone, before the bonus for what matters most to the universe."""
    wanted, offered = get_listing_services(listing), get_buyer_services(buyer)
    if gap := _find_gap(wanted, offered):
        return ServiceAnswer(score=_NO_DATA_SCORE, reasoning=f"Services cannot be compared: {gap}.")
    matched = [service for service in wanted if share_a_token(service, offered)]
    if matched:
        names = ", ".join(service.text for service in matched[:5])
        reasoning = f"{len(matched)} of the listing's {len(wanted)} services are the buyer's: {names}."
        return ServiceAnswer(score=_score_overlap(len(matched), len(wanted)), reasoning=reasoning)
    if adjacent := _find_adjacent(universe, wanted, offered):
        one, other = adjacent
        return ServiceAnswer(
            score=_ADJACENT_SCORE, reasoning=f"{one.text} is adjacent to the buyer's {other.text}."
        )
    reasoning = f"Nothing the buyer does or wants is related to {wanted[0].text}."
    return ServiceAnswer(score=_UNRELATED_SCORE, reasoning=reasoning)


def get_service_gate(score: int) -> Decimal:
    """Return what a service score multiplies the composite by."""
    return next(gate for highest, gate in _GATES if score <= highest)


@lru_cache(maxsize=512)
def get_listing_services(listing: ListingFacts) -> tuple[Phrase, ...]:
    """Return what the listing does, the primary first: its services, else categories, else category."""
    return (
        get_phrases(listing.services)
        or get_phrases(listing.categories)
        or get_phrases(filter(None, (listing.category,)))
    )


@lru_cache(maxsize=2048)
def get_buyer_services(buyer: BuyerFacts) -> tuple[Phrase, ...]:
    """Return what the buyer does or wants: target services, services offered, industries and focus."""
    written = _SEPARATOR.split(f"{buyer.services_offered},{buyer.specialized_focus}")
    stripped = (part.strip() for part in written)
    return get_phrases((*buyer.target_services, *filter(None, stripped), *buyer.target_industries))


def _find_gap(wanted: tuple[Phrase, ...], offered: tuple[Phrase, ...]) -> str:
    if not wanted:
        return "the listing names no services"
    return "" if offered else "the buyer names no services"


def _score_overlap(matched: int, of: int) -> int:
    for percent, score in _OVERLAP_SCORES:
        if 100 * matched >= percent * of:
            return score
    return _ANY_OVERLAP_SCORE


def _find_exclusion(universe: UniverseFacts, buyer: BuyerFacts, primary: Phrase) -> str:
    for excluded in get_phrases(universe.service_criteria.excluded_services):
        if excluded.words <= primary.words:
            return f"The universe excludes {excluded.text}, the listing's primary service."
    for excluded in get_phrases(buyer.industry_exclusions):
        if excluded.words <= primary.words:
            return f"The buyer excludes {excluded.text}, the listing's primary service."
    return ""


def _find_bonus(universe: UniverseFacts, buyer: BuyerFacts, primary: Phrase) -> tuple[int, str]:
    criteria = universe.service_criteria
    for focus in get_phrases(criteria.primary_focus or criteria.required_services[:1]):
        if names_the_same(primary, focus):
            return 10, f"+10: {primary.text} is the universe's primary focus."
    for preferred in get_phrases(criteria.preferred_services):
        if names_the_same(primary, preferred):
            return 3, f"+3: {primary.text} is preferred in the universe."
    for target in get_phrases(buyer.target_services):
        if names_the_same(primary, target):
            return 5, f"+5: {primary.text} is one of the buyer's target services."
    return 0, ""


def _find_adjacent(
    universe: UniverseFacts, wanted: tuple[Phrase, ...], offered: tuple[Phrase, ...]
) -> tuple[Phrase, Phrase] | None:
    for one in wanted:
        for other in offered:
            if _is_adjacent(universe, one, other):
                return one, other
    return None


@lru_cache(maxsize=4096)
def _find_families(phrase: Phrase) -> frozenset[str]:
    return frozenset(
        family
        for family, members in _FAMILIES.items()
        if any(member.words <= phrase.words for member in members)
    )


def _is_adjacent(universe: UniverseFacts, one: Phrase, other: Phrase) -> bool:
    if universe.service_adjacency_map:
        own = _find_own_neighbours(universe, one), _find_own_neighbours(universe, other)
        if own != (None, None):
            return any(names_the_same(other, near) for near in own[0] or ()) or any(
                names_the_same(one, near) for near in own[1] or ()
            )
    return not _find_families(one).isdisjoint(_find_families(other))


def _find_own_neighbours(universe: UniverseFacts, service: Phrase) -> tuple[Phrase, ...] | None:
    """Return what the universe itself calls adjacent to a service; None where it says nothing about it."""
    lists = [near for name, near in universe.service_adjacency_map if get_phrase(name).words == service.words]
    return get_phrases(near for texts in lists for near in texts) if lists else None
