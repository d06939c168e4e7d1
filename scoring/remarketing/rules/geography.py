"""Geography: the listing's state against the states the buyer is in, or wants to be in."""

import re
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Final, Literal

from scoring.remarketing.facts import BuyerFacts, GeographyMode, ListingFacts
from scoring.remarketing.rules.dimension import Dimension
from scoring.remarketing.rules.locations import find_areas, find_state, find_states, find_states_of_areas
from scoring.remarketing.rules.tables import ADJACENT_STATES, REGION_OF_STATE, STATE_NAMES

Tier = Literal["", "exact", "adjacent", "regional", "distant"]

MODE_FACTORS: Final[dict[GeographyMode, Decimal]] = {
    "critical": Decimal("1.0"),
    "preferred": Decimal("0.6"),
    "minimal": Decimal("0.25"),
}
_MODE_FLOORS: Final[dict[GeographyMode, int]] = {"critical": 0, "preferred": 30, "minimal": 50}

_NATIONAL = re.compile(
    r"\b(?:national(?:ly)?|nation-?wide|coast[-\s]to[-\s]coast|all (?:50 )?states|united states|global"
    r"|international)\b",
    re.IGNORECASE,
)
_EXCLUSIVE = re.compile(r"(?<!not )\b(?:only in|exclusively|limited to)\b", re.IGNORECASE)
_SENTENCE_END = re.compile(r"[.;!?](?:\s+|$)|\n")


@dataclass(frozen=True, slots=True)
class Territory:
    """Where a buyer buys: states, those it excludes, and what its thesis limits it to (None: no limit)."""

    states: frozenset[str]
    excluded: frozenset[str]
    limits: tuple[tuple[str, frozenset[str]], ...]
    is_national: bool


def score_geography(
    listing: ListingFacts, buyer: BuyerFacts, *, mode: GeographyMode
) -> tuple[Dimension, Tier]:
    """Score how near the listing is to the buyer's states, and name the tier of nearness ("": unknown)."""
    territory = get_territory(buyer)
    state = find_state(listing.location)
    disqualification = _find_disqualification(territory, state)
    floor = _MODE_FLOORS[mode]
    if state is None or not territory.states:
        gap = (
            f"the listing's location {_quote(listing.location)}"
            if state is None
            else "no state is known of the buyer"
        )
        score, reason = _score_unknown(territory, buyer)
        return Dimension(max(score, floor), reason, left_out=gap, disqualification=disqualification), ""
    if disqualification:
        return Dimension(0, disqualification, disqualification=disqualification), "distant"
    score, tier, reason = _score_nearness(state, territory.states)
    return Dimension(max(score, floor), reason), tier


@lru_cache(maxsize=2048)
def get_territory(buyer: BuyerFacts) -> Territory:
    """Read where a buyer buys from the first of its fields that tells."""
    reach_and_thesis = f"{buyer.customer_geographic_reach}\n{buyer.thesis_summary}"
    places = "\n".join((*buyer.target_geographies, *buyer.geographic_footprint, *buyer.service_regions))
    return Territory(
        states=_find_buyer_states(buyer),
        excluded=find_states_of_areas(buyer.geographic_exclusions),
        limits=tuple(_find_limits(buyer.thesis_summary)),
        is_national=bool(_NATIONAL.search(reach_and_thesis) or _NATIONAL.search(places)),
    )


def _quote(location: str) -> str:
    return f'"{location[:80]}" names no state' if location else "is missing"


def _find_buyer_states(buyer: BuyerFacts) -> frozenset[str]:
    sources = (
        buyer.target_geographies,
        buyer.geographic_footprint,
        buyer.operating_locations,
        buyer.service_regions,
    )
    for source in sources:
        if states := find_states_of_areas(source):
            return states
        # Who buys nationwide is not to be measured by where its offices happen to be.
        if any(_NATIONAL.search(entry) for entry in source):
            return frozenset()
    if states := find_states_of_areas((buyer.customer_geographic_reach,)):
        return states
    return find_states_of_areas((buyer.hq_state,))


def _find_limits(thesis: str) -> list[tuple[str, frozenset[str]]]:
    limits = []
    for sentence in _SENTENCE_END.split(thesis):
        if _EXCLUSIVE.search(sentence) and (areas := find_areas(sentence)):
            states = frozenset(find_states(sentence)).union(*areas.values())
            limits.append((" and ".join(areas), states))
    return limits


def _find_disqualification(territory: Territory, state: str | None) -> str:
    if state is None:
        return ""
    if state in territory.excluded:
        return f"The buyer excludes {STATE_NAMES[state]}."
    for areas, states in territory.limits:
        if state not in states:
            return f"The thesis limits the buyer to {areas}, {STATE_NAMES[state]} lies outside."
    return ""


def _score_unknown(territory: Territory, buyer: BuyerFacts) -> tuple[int, str]:
    if territory.is_national:
        return 70, "The buyer looks national."
    if buyer.buyer_type in ("pe_firm", "family_office"):
        return 60, "Buyers of this type are seldom bound to a place."
    return 50, "Too little is known of the places."


def _score_nearness(state: str, states: frozenset[str]) -> tuple[int, Tier, str]:
    name = STATE_NAMES[state]
    if state in states:
        return 95, "exact", f"{name} is one of the buyer's states."
    if adjacent := sorted(states & ADJACENT_STATES[state]):
        return min(85, 70 + 5 * len(adjacent)), "adjacent", f"{name} borders on {_name(adjacent)}."
    region = REGION_OF_STATE[state]
    if regional := sorted(other for other in states if REGION_OF_STATE[other] == region):
        score = min(60, 45 + 3 * len(regional))
        return score, "regional", f"{name} is in the same region ({region}) as {_name(regional)}."
    return 20, "distant", f"{name} is far from the buyer's states ({_name(sorted(states))})."


def _name(states: list[str]) -> str:
    shown = ", ".join(states[:5])
    return f"{shown} and {len(states) - 5} more" if len(states) > 5 else shown
