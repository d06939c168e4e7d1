"""States and areas named in free text, as two-letter codes."""

import re
from collections.abc import Iterable
from functools import lru_cache

from scoring.remarketing.rules.tables import NAMED_AREAS, REGIONS, STATE_NAMES

_CODE_OF_NAME = {name.casefold(): code for code, name in STATE_NAMES.items()}
_STATE = re.compile(
    rf"\b(?:(?P<name>(?i:{'|'.join(sorted(_CODE_OF_NAME, key=len, reverse=True))}))"
    rf"|(?P<code>{'|'.join(STATE_NAMES)}))\b"
)
_CAPITAL = re.compile(r"\b(?:washington[,\s]*)?D\.?\s?C\b\.?", re.IGNORECASE)
# Most of Kansas City lies in Missouri, so its name tells no state.
_KANSAS_CITY = re.compile(r"\bkansas\s+city\b", re.IGNORECASE)
_COUNTRY = re.compile(r"[,\s]+(?:u\.?s\.?(?:a\.?)?|united states(?: of america)?)\s*$", re.IGNORECASE)
_POSTAL_CODE = re.compile(r"[,\s]+\d{5}(?:-\d{4})?\s*$")
_SEPARATOR = re.compile(r"[,;/|]")
# In a text all in capitals these are more likely words than states.
_WORDLIKE_CODES = frozenset(["AL", "CO", "DE", "HI", "ID", "IN", "LA", "MA", "ME", "OH", "OK", "OR", "PA"])

_AREA_PATTERNS = {
    "Pacific Northwest": r"pacific\s+north-?west(?:ern)?",
    "Mid-Atlantic": r"mid[-\s]?atlantic",
    "New England": r"new\s+england",
    "West Coast": r"(?:west|pacific)\s+coast",
    "Sun Belt": r"sun[-\s]?belt",
    "Northeast": r"north[-\s]?east(?:ern)?",
    "Midwest": r"mid[-\s]?west(?:ern)?",
    "Southeast": r"south[-\s]?east(?:ern)?",
    "Southwest": r"south[-\s]?west(?:ern)?",
    # Within a text only as a place by itself: "West Texas" and "Pacific Grove" are no regions.
    "Pacific": r"(?:the|in|to|and|or)\s+pacific(?=\s+(?:region|states|and|or)\b|\s*(?:[,;.)]|$))",
    "West": r"(?:the|in|to|and|or)\s+west(?:ern)?(?=\s+(?:region|states|us|united|and|or)\b|\s*(?:[,;.)]|$))",
}
# "Northeast Ohio" is a part of Ohio, not of the Northeast.
_AREA = re.compile(
    r"\b(?:" + "|".join(f"(?P<a{n}>{pattern})" for n, pattern in enumerate(_AREA_PATTERNS.values())) + r")\b"
    rf"(?!\s+(?:{'|'.join(_CODE_OF_NAME)})\b)",
    re.IGNORECASE,
)
_AREA_OF_GROUP = {f"a{n}": name for n, name in enumerate(_AREA_PATTERNS)}
_AREAS = {**REGIONS, **NAMED_AREAS}
_AREA_OF_NAME = {name.casefold(): states for name, states in _AREAS.items()}
_AREA_DRESSING = re.compile(
    r"^the\s+|(?:\s+(?:region|area|states|us|u\.s\.?|usa|united states))+$", re.IGNORECASE
)


def _read_state(text: str) -> str | None:
    bare = text.strip().strip(".").strip()
    if len(bare) == 2 and bare.upper() in STATE_NAMES:
        return bare.upper()
    return _CODE_OF_NAME.get(bare.casefold())


def find_states(text: str) -> tuple[str, ...]:
    """Return the states a text names, in its order: full names in any case, codes in capitals."""
    plain = _KANSAS_CITY.sub(" ", _CAPITAL.sub(" District of Columbia ", text))
    shouting = text.isupper() and len(text) > 12
    found: dict[str, None] = {}
    for match in _STATE.finditer(plain):
        code = match["code"] or _CODE_OF_NAME[match["name"].casefold()]
        if not (shouting and match["code"] in _WORDLIKE_CODES):
            found[code] = None
    return tuple(found)


def find_areas(text: str) -> dict[str, frozenset[str]]:
    """Return the regions and other named areas a text mentions, with their states."""
    names = [_AREA_OF_GROUP[match.lastgroup] for match in _AREA.finditer(text) if match.lastgroup]
    return {name: _AREAS[name] for name in names}


@lru_cache(maxsize=4096)
def find_state(location: str) -> str | None:
    """Return the state of one place, as "Tampa, FL", "Tampa, Florida 33601, USA" or "Florida"."""
    bare = _POSTAL_CODE.sub("", _COUNTRY.sub("", _CAPITAL.sub("DC", location)))
    state = _read_state(_SEPARATOR.split(bare)[-1])
    if state is not None:
        return state
    return next(iter(find_states(bare)), None)


@lru_cache(maxsize=4096)
def find_states_of_area(entry: str) -> frozenset[str]:
    """Return the states of one entry of a list of places: a state, a region, "City, ST" or several."""
    area = _AREA_OF_NAME.get(_AREA_DRESSING.sub("", _AREA_DRESSING.sub("", entry.strip())).casefold())
    if area is not None:
        return area
    bare = _POSTAL_CODE.sub("", _COUNTRY.sub("", _CAPITAL.sub("DC", entry)))
    parts = [_read_state(part) for part in _SEPARATOR.split(bare)]
    if all(parts) or (len(parts) == 2 and parts[-1]):
        return frozenset(part for part in parts if part)
    return frozenset(find_states(bare)).union(*find_areas(bare).values())


def find_states_of_areas(entries: Iterable[str]) -> frozenset[str]:
    """Return the states of all entries of a list of places."""
    return frozenset[str]().union(*(find_states_of_area(entry) for entry in entries))
