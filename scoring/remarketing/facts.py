"""What rules and prompts may know of a universe, a buyer and a listing: frozen, hashable, free of Django.

Unknown text is "", an unknown list is (), an unknown number is None, which is not zero.
Money is in whole units of the currency named beside it ("" is any).
A prompt carries `model_dump(mode="json")` of these models; `model_validate` gives the same facts back.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    StringConstraints,
    model_validator,
)

GeographyMode = Literal["critical", "preferred", "minimal"]
ServiceMatchingMode = Literal["keyword", "semantic", "hybrid"]
BelowMinimumHandling = Literal["disqualify", "penalize", "allow"]
Coverage = Literal["", "local", "regional", "national"]
BuyerType = Literal["", "pe_firm", "platform", "strategic", "family_office", "independent_sponsor", "other"]
Level = Literal["high", "medium", "low"]
AdjustmentType = Literal["boost", "penalize", "disqualify"]
DecisionAction = Literal["approved", "passed", "not_a_fit", "hidden"]
PassCategory = Literal["", "size", "geography", "services", "timing", "portfolio_conflict", "other"]


def _refuse_nul(text: str) -> str:
    if "\x00" in text:
        raise ValueError("must not contain NUL characters")
    return text


def _refuse_bool(value: Any) -> Any:
    if isinstance(value, bool):
        raise ValueError("must be a number, not a truth value")
    return value


def _drop_blank(values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(value for value in values if value)


def _pair_up(value: Any) -> Any:
    if isinstance(value, Mapping):
        return tuple((key, value[key]) for key in sorted(value))
    return value


Text = Annotated[str, StringConstraints(strip_whitespace=True), AfterValidator(_refuse_nul)]
Texts = Annotated[tuple[Text, ...], AfterValidator(_drop_blank)]
Amount = Annotated[int, BeforeValidator(_refuse_bool), Field(ge=0)]
SignedAmount = Annotated[int, BeforeValidator(_refuse_bool)]
Weight = Annotated[int, BeforeValidator(_refuse_bool), Field(ge=0, le=100)]
AdjacencyMap = Annotated[
    tuple[tuple[Text, Texts], ...],
    BeforeValidator(_pair_up),
    PlainSerializer(dict, return_type=dict[str, tuple[str, ...]]),
]


class Facts(BaseModel):
    """Refuse unknown fields and changes, so that facts can be cached and compared."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def _require_order(name: str, lowest: int | None, highest: int | None) -> None:
    if lowest is not None and highest is not None and lowest > highest:
        raise ValueError(f"{name}: the minimum {lowest} is above the maximum {highest}")


class SizeCriteria(Facts):
    """What size of company the universe is about."""

    revenue_min: Amount | None = None
    revenue_max: Amount | None = None
    ebitda_min: Amount | None = None
    ebitda_max: Amount | None = None
    locations_min: Amount | None = None
    locations_max: Amount | None = None

    @model_validator(mode="after")
    def _check_order(self) -> Self:
        _require_order("revenue", self.revenue_min, self.revenue_max)
        _require_order("ebitda", self.ebitda_min, self.ebitda_max)
        _require_order("locations", self.locations_min, self.locations_max)
        return self


class GeographyCriteria(Facts):
    """Where the universe's companies are."""

    target_states: Texts = ()
    target_regions: Texts = ()
    exclude_states: Texts = ()
    coverage: Coverage = ""


class ServiceCriteria(Facts):
    """What the universe's companies do. The first of `primary_focus` is the most important."""

    primary_focus: Texts = ()
    required_services: Texts = ()
    preferred_services: Texts = ()
    excluded_services: Texts = ()
    business_model: Text = ""


class BuyerTypesCriteria(Facts):
    """Which kinds of buyer the universe is for."""

    preferred_types: Texts = ()
    excluded_types: Texts = ()


class ScoringBehavior(Facts):
    """The switches of the scorer: each of them changes a result."""

    below_minimum_handling: BelowMinimumHandling = "penalize"
    penalize_single_location: bool = False
    service_matching_mode: ServiceMatchingMode = "hybrid"


class UniverseFacts(Facts):
    """A target-buyer group for one industry. Weights are percentages; a zero weight means zero."""

    name: Text = ""
    description: Text = ""
    currency: Text = ""
    fit_criteria: Text = ""
    keywords: Texts = ()
    size_criteria: SizeCriteria = SizeCriteria()
    geography_criteria: GeographyCriteria = GeographyCriteria()
    service_criteria: ServiceCriteria = ServiceCriteria()
    buyer_types_criteria: BuyerTypesCriteria = BuyerTypesCriteria()
    service_weight: Weight = 45
    size_weight: Weight = 30
    geography_weight: Weight = 20
    owner_goals_weight: Weight = 5
    scoring_behavior: ScoringBehavior = ScoringBehavior()
    geography_mode: GeographyMode = "critical"
    service_adjacency_map: AdjacencyMap = ()
    guide: Text = ""

    @property
    def weights_total(self) -> int:
        """Sum the four weights, in percent; anything but 100 deserves a warning, 0 a refusal."""
        return self.service_weight + self.size_weight + self.geography_weight + self.owner_goals_weight


class BuyerFacts(Facts):
    """A company that buys companies."""

    company_name: Text = ""
    website: Text = ""
    buyer_type: BuyerType = ""
    pe_firm_name: Text = ""
    hq_city: Text = ""
    hq_state: Text = ""
    business_summary: Text = ""
    thesis_summary: Text = ""
    thesis_confidence: Level | Literal[""] = ""
    industry_vertical: Text = ""
    target_services: Texts = ()
    services_offered: Text = ""
    specialized_focus: Text = ""
    target_industries: Texts = ()
    industry_exclusions: Texts = ()
    target_geographies: Texts = ()
    geographic_footprint: Texts = ()
    operating_locations: Texts = ()
    service_regions: Texts = ()
    customer_geographic_reach: Text = ""
    geographic_exclusions: Texts = ()
    currency: Text = ""
    target_revenue_min: Amount | None = None
    target_revenue_max: Amount | None = None
    revenue_sweet_spot: Amount | None = None
    target_ebitda_min: Amount | None = None
    target_ebitda_max: Amount | None = None
    ebitda_sweet_spot: Amount | None = None
    recent_acquisitions: Texts = ()
    portfolio_companies: Texts = ()
    deal_preferences: Text = ""
    deal_breakers: Texts = ()

    @model_validator(mode="after")
    def _check_order(self) -> Self:
        _require_order("target_revenue", self.target_revenue_min, self.target_revenue_max)
        _require_order("target_ebitda", self.target_ebitda_min, self.target_ebitda_max)
        return self


class ListingFacts(Facts):
    """A company for sale. EBITDA may be negative."""

    title: Text = ""
    currency: Text = ""
    revenue: Amount | None = None
    ebitda: SignedAmount | None = None
    location: Text = ""
    category: Text = ""
    categories: Texts = ()
    services: Texts = ()
    description: Text = ""
    executive_summary: Text = ""
    location_count: Amount | None = None
    owner_goals: Text = ""
    seller_motivation: Text = ""
    transition_preferences: Text = ""
    special_requirements: Text = ""
    ownership_structure: Text = ""
    asking_price: Amount | None = None


class AdjustmentFacts(Facts):
    """A person's correction of one listing's scores: points to add or take, or a disqualification."""

    type: AdjustmentType
    value: Amount = 0
    reason: Text = ""


class DecisionFacts(Facts):
    """What was once decided about this buyer and some listing."""

    action: DecisionAction
    pass_category: PassCategory = ""
    composite_score: Annotated[int, BeforeValidator(_refuse_bool), Field(ge=0, le=100)] | None = None
