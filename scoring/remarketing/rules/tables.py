"""Static tables: states and how they lie, families of services."""

from typing import Final

STATE_NAMES: Final = {
    "AL": "Alabama", "AK": "Alaska", "AZ": "Arizona", "AR": "Arkansas", "CA": "California", "CO": "Colorado",
    "CT": "Connecticut", "DE": "Delaware", "DC": "District of Columbia", "FL": "Florida", "GA": "Georgia",
    "HI": "Hawaii", "ID": "Idaho", "IL": "Illinois", "IN": "Indiana", "IA": "Iowa", "KS": "Kansas",
    "KY": "Kentucky", "LA": "Louisiana", "ME": "Maine", "MD": "Maryland", "MA": "Massachusetts",
    "MI": "Michigan", "MN": "Minnesota", "MS": "Mississippi", "MO": "Missouri", "MT": "Montana",
    "NE": "Nebraska", "NV": "Nevada", "NH": "New Hampshire", "NJ": "New Jersey", "NM": "New Mexico",
    "NY": "New York", "NC": "North Carolina", "ND": "North Dakota", "OH": "Ohio", "OK": "Oklahoma",
    "OR": "Oregon", "PA": "Pennsylvania", "RI": "Rhode Island", "SC": "South Carolina", "SD": "South Dakota",
    "TN": "Tennessee", "TX": "Texas", "UT": "Utah", "VT": "Vermont", "VA": "Virginia", "WA": "Washington",
    "WV": "West Virginia", "WI": "Wisconsin", "WY": "Wyoming",
}  # fmt: skip


def _read_states(codes: str) -> frozenset[str]:
    return frozenset(codes.split())


REGIONS: Final = {
    "Northeast": _read_states("CT ME MA NH RI VT NJ NY PA"),
    "Midwest": _read_states("IL IN MI OH WI IA KS MN MO NE ND SD"),
    "Southeast": _read_states("DE FL GA MD NC SC VA DC WV AL KY MS TN AR LA"),
    "Southwest": _read_states("AZ NM OK TX"),
    "West": _read_states("CO ID MT NV UT WY"),
    "Pacific": _read_states("AK CA HI OR WA"),
}

REGION_OF_STATE: Final = {state: region for region, states in REGIONS.items() for state in states}

# Areas that people name although no region has them as they are; longer names first where one holds another.
NAMED_AREAS: Final = {
    "Pacific Northwest": _read_states("ID OR WA"),
    "Mid-Atlantic": _read_states("DC DE MD NJ PA VA WV"),
    "New England": _read_states("CT MA ME NH RI VT"),
    "West Coast": _read_states("CA OR WA"),
    "Sun Belt": _read_states("AZ CA FL GA NC NV SC TN TX"),
}

# Each pair stands once, under the state that comes first; Alaska and Hawaii have no neighbours.
_NEIGHBOURS: Final = """
AL: FL GA MS TN
AR: LA MO MS OK TN TX
AZ: CA NM NV UT
CA: NV OR
CO: KS NE NM OK UT WY
CT: MA NY RI
DC: MD VA
DE: MD NJ PA
FL: GA
GA: NC SC TN
IA: IL MN MO NE SD WI
ID: MT NV OR UT WA WY
IL: IN KY MO WI
IN: KY MI OH
KS: MO NE OK
KY: MO OH TN VA WV
LA: MS TX
MA: NH NY RI VT
MD: PA VA WV
ME: NH
MI: OH WI
MN: ND SD WI
MO: NE OK TN
MS: TN
MT: ND SD WY
NC: SC TN VA
ND: SD
NE: SD WY
NH: VT
NJ: NY PA
NM: OK TX
NV: OR UT
NY: PA VT
OH: PA WV
OK: TX
OR: WA
PA: WV
SD: WY
TN: VA
UT: WY
VA: WV
"""


def _read_neighbours(lines: str) -> dict[str, frozenset[str]]:
    neighbours: dict[str, set[str]] = {state: set() for state in STATE_NAMES}
    for line in lines.split("\n"):
        state, _, others = line.partition(": ")
        for other in others.split():
            neighbours[state].add(other)
            neighbours[other].add(state)
    return {state: frozenset(others) for state, others in neighbours.items()}


ADJACENT_STATES: Final = _read_neighbours(_NEIGHBOURS)

# Services of one family are adjacent to each other. A family's own name is a member if the trade uses it.
SERVICE_FAMILIES: Final = {
    "restoration": (
        "restoration", "fire", "water", "mold", "mitigation", "contents", "reconstruction",
        "disaster recovery",
    ),
    "mechanical": (
        "mechanical", "commercial HVAC", "residential HVAC", "HVAC", "plumbing", "electrical",
        "refrigeration", "building automation", "controls",
    ),
    "auto": ("auto", "collision", "body", "glass", "paintless dent", "calibration", "fleet"),
    "exterior": ("roofing", "siding", "gutters", "waterproofing"),
    "grounds": ("landscaping", "irrigation", "tree", "snow", "lawn", "hardscape"),
    "pest": ("pest", "termite", "wildlife", "mosquito"),
    "cleaning": ("cleaning", "janitorial", "commercial cleaning", "carpet", "window", "facility maintenance"),
    "health": (
        "health", "medical", "dental", "urgent care", "physical therapy", "home health", "behavioural health",
        "behavioral health",
    ),
    "IT": ("information technology", "managed services", "MSP", "cybersecurity", "cloud"),
    "finance": ("accounting", "tax", "bookkeeping", "advisory"),
    "engineering": ("engineering", "consulting", "environmental", "surveying", "architecture"),
    "staffing": ("staffing",),
    "insurance": ("insurance",),
    "solar and electrical": ("solar", "electrical"),
}  # fmt: skip
