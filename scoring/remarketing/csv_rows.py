"""The columns of the three CSV files: what each holds and what its cells may say."""

import re
from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator, Field, StringConstraints, ValidationInfo, field_validator

from queueproject.csvimport import (
    Choice,
    CsvRow,
    Flag,
    JsonList,
    JsonObject,
    TextList,
    normalise_word,
    refuse,
)
from queueproject.csvimport.cells import choose, read_list, read_whole_number
from scoring.remarketing.models.checks import LARGEST_AMOUNT
from scoring.remarketing.models.words import (
    BelowMinimum,
    BuyerType,
    Coverage,
    GeographyMode,
    Level,
    ServiceMatching,
)
from scoring.remarketing.rules.tables import STATE_NAMES

_CODE_OF_NAME = {name.casefold(): code for code, name in STATE_NAMES.items()}


def read_state(cell: Any) -> str:
    """Return a two-letter US state, from its code or its full name."""
    code = cell.upper() if cell.upper() in STATE_NAMES else _CODE_OF_NAME.get(cell.casefold(), "")
    if cell and not code:
        refuse("not a US state; write its two letters, such as TX")
    return str(code)


def read_states(cell: Any) -> tuple[str, ...]:
    """Return two-letter US states from a list of codes or names."""
    return tuple(read_state(item) for item in read_list(cell))


def read_currency(cell: Any) -> str:
    """Return a currency code; an empty cell means US dollars."""
    code = cell.upper() or "USD"
    if not re.fullmatch(r"[A-Z]{3}", code):
        refuse("not a currency code; write three letters, such as USD")
    return str(code)


def read_buyer_types(cell: Any) -> tuple[str, ...]:
    """Return a list of buyer types."""
    read = choose(BuyerType.values)
    return tuple(read(normalise_word(item)) for item in read_list(cell))


def read_weight(cell: Any) -> int:
    """Return a weight in percent; an empty cell is refused, since a zero weight means zero."""
    weight = read_whole_number(cell)
    if weight is None:
        refuse("must be a whole number from 0 to 100")
    return weight


def read_adjacency(cell: dict[str, Any]) -> dict[str, Any]:
    """Refuse a map of services whose values are not lists of text."""
    for service, related in cell.items():
        if not isinstance(related, list) or not all(isinstance(item, str) for item in related):
            refuse(f'"{service}" must name a list of services, such as ["siding"]')
    return cell


def read_documents(cell: list[Any]) -> list[Any]:
    """Refuse documents that are not objects of text with a type and a text."""
    for place, document in enumerate(cell, start=1):
        if not isinstance(document, dict) or not {"type", "text"} <= document.keys():
            refuse(f"document {place} needs a type and a text")
        if not all(isinstance(value, str) for value in document.values()):
            refuse(f"document {place} may hold text only")
    return cell


Ref = Annotated[str, StringConstraints(max_length=120)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Short = Annotated[str, StringConstraints(max_length=200)]
Long = Annotated[str, StringConstraints(max_length=20_000)]
Guide = Annotated[str, StringConstraints(max_length=500_000)]
Amount = Annotated[int | None, Field(ge=0, le=LARGEST_AMOUNT), BeforeValidator(read_whole_number)]
SignedAmount = Annotated[
    int | None, Field(ge=-LARGEST_AMOUNT, le=LARGEST_AMOUNT), BeforeValidator(read_whole_number)
]
Count = Annotated[int | None, Field(ge=0, le=1_000_000), BeforeValidator(read_whole_number)]
Weight = Annotated[int, Field(ge=0, le=100), BeforeValidator(read_weight)]
State = Annotated[str, BeforeValidator(read_state)]
States = Annotated[tuple[str, ...], BeforeValidator(read_states)]
Currency = Annotated[str, BeforeValidator(read_currency)]
BuyerTypes = Annotated[tuple[str, ...], BeforeValidator(read_buyer_types)]
LevelWord = Annotated[str, Choice(Level.values)]


def _about(text: str, default: Any = "") -> Any:
    return Field(default=default, description=text)


def _require_order(value: int | None, info: ValidationInfo) -> int | None:
    low = (info.field_name or "").replace("_max", "_min")
    lowest = info.data.get(low)
    if value is not None and lowest is not None and lowest > value:
        refuse(f"below {low}, which is {lowest}")
    return value


class UniverseRow(CsvRow):
    """One universe: the group of buyers of one industry."""

    source_ref: Ref = _about("id in the system it came from; without one the name decides")
    name: Name = Field(description="unique among universes, upper and lower case alike")
    description: Long = _about("what the group is about")
    fit_criteria: Long = _about("what makes a company fit")
    keywords: TextList = _about("list", ())
    currency: Currency = _about("three letters; empty is USD", "USD")
    revenue_min: Amount = _about("yearly revenue, whole units", None)
    revenue_max: Amount = _about("yearly revenue, whole units", None)
    ebitda_min: Amount = _about("yearly EBITDA, whole units", None)
    ebitda_max: Amount = _about("yearly EBITDA, whole units", None)
    locations_min: Count = _about("number of sites", None)
    locations_max: Count = _about("number of sites", None)
    target_states: States = _about("list of US states", ())
    target_regions: TextList = _about("list: Northeast, Midwest, Southeast, Southwest, West, Pacific", ())
    exclude_states: States = _about("list of US states", ())
    coverage: Annotated[str, Choice(Coverage.values)] = _about("local, regional or national")
    primary_focus: TextList = _about("list of services; the first is the most important", ())
    required_services: TextList = _about("list", ())
    preferred_services: TextList = _about("list", ())
    excluded_services: TextList = _about(
        "list; a deal whose primary service is one of them is disqualified", ()
    )
    business_model: Short = _about("such as recurring service contracts")
    preferred_buyer_types: BuyerTypes = _about(f"list of {', '.join(BuyerType.values)}", ())
    excluded_buyer_types: BuyerTypes = _about("list of the same words", ())
    service_weight: Weight = _about("percent; the four should sum to 100", 45)
    size_weight: Weight = _about("percent", 30)
    geography_weight: Weight = _about("percent", 20)
    owner_goals_weight: Weight = _about("percent", 5)
    below_minimum_handling: Annotated[str, Choice(BelowMinimum.values, empty="penalize")] = _about(
        "deals far below a buyer's minimum: disqualify, penalize or allow", "penalize"
    )
    penalize_single_location: Flag = _about("yes or no", default=False)
    service_matching_mode: Annotated[str, Choice(ServiceMatching.values, empty="hybrid")] = _about(
        "keyword, semantic or hybrid", "hybrid"
    )
    geography_mode: Annotated[str, Choice(GeographyMode.values, empty="critical")] = _about(
        "critical, preferred or minimal", "critical"
    )
    service_adjacency_map: JsonObject = _about(
        'JSON object of related services, such as {"roofing": ["siding"]}', {}
    )
    guide_text: Guide = _about("the industry guide; alignment scoring is refused without one")
    documents: JsonList = _about(
        'JSON list of {"type", "title", "text"}; type ma_guide stands in for the guide', []
    )

    key_columns: ClassVar[tuple[str, ...]] = ("source_ref", "name")
    _check_adjacency = field_validator("service_adjacency_map")(read_adjacency)
    _check_documents = field_validator("documents")(read_documents)
    _check_order = field_validator("revenue_max", "ebitda_max", "locations_max")(_require_order)

    def get_key(self) -> dict[str, str]:
        """Name the row by its id, or by its name."""
        return {"source_ref": self.source_ref} if self.source_ref else {"name": self.name}


class BuyerRow(CsvRow):
    """One buyer: a company that buys companies."""

    source_ref: Ref = _about("id in the system it came from; without one the name in the universe decides")
    universe: Short = _about("name of an existing universe; empty: the one named with the import, else none")
    company_name: Name = Field(description="unique in its universe")
    website: Annotated[str, StringConstraints(max_length=500)] = _about("address")
    buyer_type: Annotated[str, Choice(BuyerType.values)] = _about(", ".join(BuyerType.values))
    pe_firm_name: Short = _about("the private equity firm behind it")
    hq_city: Annotated[str, StringConstraints(max_length=120)] = _about("city")
    hq_state: State = _about("US state, two letters or its name")
    business_summary: Long = _about("what it does")
    thesis_summary: Long = _about("what it wants to buy and why")
    thesis_confidence: LevelWord = _about("high, medium or low")
    industry_vertical: Short = _about("its industry")
    target_services: TextList = _about("list of services it wants to buy", ())
    services_offered: Long = _about("what it offers, separated by commas")
    specialized_focus: Long = _about("what it is known for")
    target_industries: TextList = _about("list", ())
    industry_exclusions: TextList = _about(
        "list; a deal whose primary service is one of them is disqualified", ()
    )
    target_geographies: TextList = _about("list of states or regions where it wants to buy", ())
    geographic_footprint: TextList = _about("list of states or regions where it is", ())
    operating_locations: TextList = _about("list of places as City, ST", ())
    service_regions: TextList = _about("list", ())
    customer_geographic_reach: Long = _about("where its customers are")
    geographic_exclusions: TextList = _about("list of states or regions where it will not buy", ())
    currency: Currency = _about("three letters; empty is USD", "USD")
    target_revenue_min: Amount = _about("whole units", None)
    target_revenue_max: Amount = _about("whole units", None)
    revenue_sweet_spot: Amount = _about("whole units", None)
    target_ebitda_min: Amount = _about("whole units", None)
    target_ebitda_max: Amount = _about("whole units", None)
    ebitda_sweet_spot: Amount = _about("whole units", None)
    recent_acquisitions: TextList = _about("list", ())
    portfolio_companies: TextList = _about("list", ())
    deal_preferences: Long = _about("how it likes to buy")
    deal_breakers: TextList = _about("list", ())
    extraction_sources: TextList = _about("list: where the facts were found", ())

    key_columns: ClassVar[tuple[str, ...]] = ("source_ref", "universe", "company_name")
    _check_order = field_validator("target_revenue_max", "target_ebitda_max")(_require_order)

    def get_key(self) -> dict[str, str]:
        """Name the row by its id, or by its name in its universe."""
        if self.source_ref:
            return {"source_ref": self.source_ref}
        return {"company_name": self.company_name, "universe": self.universe}


class ListingRow(CsvRow):
    """One listing: a company for sale."""

    source_ref: Annotated[str, StringConstraints(min_length=1, max_length=120)] = Field(
        description="id in the system it came from; importing it again updates the listing"
    )
    title: Annotated[str, StringConstraints(min_length=1, max_length=300)] = Field(
        description="what it is called"
    )
    universes: TextList = _about("list of existing universes it is put to work in; others are left alone", ())
    currency: Currency = _about("three letters; empty is USD", "USD")
    revenue: Amount = _about("yearly, whole units; empty means unknown, not zero", None)
    ebitda: SignedAmount = _about("yearly, whole units, may be negative; empty means unknown", None)
    asking_price: Amount = _about("whole units", None)
    location: Annotated[str, StringConstraints(max_length=300)] = _about("as City, ST")
    category: Short = _about("its industry in a word or two")
    categories: TextList = _about("list", ())
    services: TextList = _about("list; the first is the primary service", ())
    description: Long = _about("what it does")
    executive_summary: Long = _about("in short")
    location_count: Count = _about("number of sites", None)
    owner_goals: Long = _about("what the owner wants")
    seller_motivation: Long = _about("why it is for sale")
    transition_preferences: Long = _about("how the owner wants to hand over")
    special_requirements: Long = _about("conditions, such as no private equity")
    ownership_structure: Long = _about("such as family-owned")

    key_columns: ClassVar[tuple[str, ...]] = ("source_ref",)
