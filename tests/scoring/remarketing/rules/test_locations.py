import pytest

from scoring.remarketing.rules.locations import find_areas, find_state, find_states, find_states_of_area
from scoring.remarketing.rules.tables import NAMED_AREAS, REGIONS, STATE_NAMES


@pytest.mark.parametrize(
    ("location", "state"),
    [
        ("Tampa, FL", "FL"),
        ("Tampa, fl", "FL"),
        ("Tampa, FL 33601", "FL"),
        ("Tampa, FL 33601-1234, USA", "FL"),
        ("Tampa, Florida", "FL"),
        ("tampa, florida, United States", "FL"),
        ("Tampa FL", "FL"),
        ("Florida", "FL"),
        ("FL", "FL"),
        ("Kansas City, MO", "MO"),
        ("Kansas City", None),
        ("Charleston, West Virginia", "WV"),
        ("Washington, DC", "DC"),
        ("Washington, D.C.", "DC"),
        ("Washington D.C. metro area", "DC"),
        ("Washington", "WA"),
        ("Indiana, PA", "PA"),
        ("New York City, New York", "NY"),
        ("Dallas-Fort Worth, TX metro area", "TX"),
        ("Little Rock, Arkansas", "AR"),
        ("Columbus", None),
        ("Toronto, ON, Canada", None),
        ("in the Midwest", None),
        ("", None),
    ],
)
def test_the_state_of_a_place_is_found(location: str, state: str | None) -> None:
    assert find_state(location) == state


@pytest.mark.parametrize("code", sorted(STATE_NAMES))
def test_every_state_is_found_by_code_and_by_name(code: str) -> None:
    assert find_state(code) == find_state(STATE_NAMES[code]) == find_state(f"Springfield, {code}") == code


@pytest.mark.parametrize(
    ("text", "states"),
    [
        ("serves Texas, oklahoma and NM", ("TX", "OK", "NM")),
        ("we work in or near me, ok?", ()),
        ("SERVING ALL OF TEXAS OR OHIO IN PA", ("TX", "OH")),
        ("Washington, DC and Virginia", ("DC", "VA")),
        ("West Virginia", ("WV",)),
    ],
)
def test_states_within_a_text_are_found_in_its_order(text: str, states: tuple[str, ...]) -> None:
    assert find_states(text) == states


@pytest.mark.parametrize(
    ("entry", "states"),
    [
        ("GA", {"GA"}),
        ("georgia", {"GA"}),
        ("Atlanta, GA", {"GA"}),
        ("Georgia, Florida", {"GA", "FL"}),
        ("Atlanta, GA; Dallas, TX", {"GA", "TX"}),
        ("Texas and Oklahoma", {"TX", "OK"}),
        ("Southwest", REGIONS["Southwest"]),
        ("the Southwest region", REGIONS["Southwest"]),
        ("West", REGIONS["West"]),
        ("Pacific", REGIONS["Pacific"]),
        ("New England", NAMED_AREAS["New England"]),
        ("Southwest and Nevada", REGIONS["Southwest"] | {"NV"}),
        ("Northeast Ohio", {"OH"}),
        ("Key West, FL", {"FL"}),
        ("Nationwide", set()),
        ("", set()),
    ],
)
def test_the_entries_of_a_list_of_places_are_read(entry: str, states: set[str]) -> None:
    assert find_states_of_area(entry) == states


@pytest.mark.parametrize(
    ("text", "areas"),
    [
        ("only in the south-eastern states", {"Southeast"}),
        ("Midwest and Mid-Atlantic", {"Midwest", "Mid-Atlantic"}),
        ("limited to the Pacific Northwest", {"Pacific Northwest"}),
        ("in the West.", {"West"}),
        ("on the West Coast", {"West Coast"}),
        ("West Texas, Key West, Southeast Michigan", set()),
    ],
)
def test_areas_within_a_text_are_found(text: str, areas: set[str]) -> None:
    assert set(find_areas(text)) == areas
