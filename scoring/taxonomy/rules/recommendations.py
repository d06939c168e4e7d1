"""What to do about a node, the urgent first."""

from typing import Final, TypedDict

from scoring.taxonomy.rules.facts import MetricWindow
from scoring.taxonomy.rules.rounding import round_half_up

MOST_RECOMMENDATIONS: Final = 5
_WIDE_GAP: Final = 0.3
_FAR_DOWN: Final = 0.5
_HIGH_BOUNCE_RATE: Final = 0.7
_ORDER: Final = {"high": 0, "medium": 1, "low": 2}
_REWRITTEN: Final = ("missing", "outdated")


class Recommendation(TypedDict):
    """One thing to do: what kind of work it is, how urgent, what it may bring, what it takes."""

    type: str
    priority: str
    action: str
    impact: str
    effort: str


NO_DATA: Final = Recommendation(
    type="technical",
    priority="high",
    action="Connect the data sources: this node has neither search nor session figures to judge by",
    impact="makes a score possible",
    effort="low",
)


def recommend(
    window: MetricWindow, *, ctr_gap: float, position: float, content_status: str
) -> list[Recommendation]:
    """Return at most five recommendations for a node with data; `ctr_gap` and `position` are its factors."""
    found: list[Recommendation] = []
    if ctr_gap > _WIDE_GAP:
        found.append(_advise_snippet(ctr_gap))
    # A factor above 0.5 means a place beyond the first page of ten, which is why it is always urgent.
    if position > _FAR_DOWN:
        found.append(_advise_climb(window.position))
    if window.bounce_rate is not None and window.bounce_rate > _HIGH_BOUNCE_RATE:
        found.append(_advise_content(window.bounce_rate))
    if not window.impressions:
        found.append(_advise_indexing())
    if content_status in _REWRITTEN:
        found.append(_advise_rewrite(content_status))
    return sorted(found, key=lambda one: _ORDER[one["priority"]])[:MOST_RECOMMENDATIONS]


def _advise_snippet(ctr_gap: float) -> Recommendation:
    return {
        "type": "ctr",
        "priority": "high",
        "action": "Rewrite the title and description that search results show",
        "impact": f"the click-through rate lies {round_half_up(ctr_gap * 100)} % below that of its position",
        "effort": "low",
    }


def _advise_climb(position: float) -> Recommendation:
    return {
        "type": "position",
        "priority": "high",
        "action": "Deepen the content, and link to it from related pages",
        "impact": f"position {round_half_up(position)} is beyond the first page of results",
        "effort": "medium",
    }


def _advise_content(bounce_rate: float) -> Recommendation:
    return {
        "type": "content",
        "priority": "medium",
        "action": "Make the page answer what its visitors searched for",
        "impact": f"{round_half_up(bounce_rate * 100)} % of the visits end on this page",
        "effort": "medium",
    }


def _advise_indexing() -> Recommendation:
    return {
        "type": "technical",
        "priority": "high",
        "action": "Look into why search engines do not show the page, and submit it",
        "impact": "it is shown in no search result",
        "effort": "low",
    }


def _advise_rewrite(content_status: str) -> Recommendation:
    return {
        "type": "content",
        "priority": "high",
        "action": "Write the content anew" if content_status == "outdated" else "Write the missing content",
        "impact": f"the content is {content_status}",
        "effort": "medium",
    }
