import pytest

from scoring.remarketing.rules.tables import (
    ADJACENT_STATES,
    NAMED_AREAS,
    REGION_OF_STATE,
    REGIONS,
    STATE_NAMES,
)


def test_every_state_has_one_region() -> None:
    assert sum(len(states) for states in REGIONS.values()) == 51
    assert set(REGION_OF_STATE) == set(STATE_NAMES)


def test_named_areas_consist_of_states() -> None:
    assert all(states <= set(STATE_NAMES) for states in NAMED_AREAS.values())


def test_adjacency_is_symmetric() -> None:
    pairs = {(state, other) for state, others in ADJACENT_STATES.items() for other in others}
    assert pairs == {(other, state) for state, other in pairs}


def test_no_state_is_adjacent_to_itself() -> None:
    assert all(state not in others for state, others in ADJACENT_STATES.items())


def test_only_alaska_and_hawaii_have_no_neighbours() -> None:
    assert {state for state, others in ADJACENT_STATES.items() if not others} == {"AK", "HI"}


@pytest.mark.parametrize(
    ("state", "neighbours"),
    [("ME", "NH"), ("TN", "AL AR GA KY MO MS NC VA"), ("FL", "AL GA"), ("DC", "MD VA"), ("CA", "AZ NV OR")],
)
def test_neighbours_are_those_on_the_map(state: str, neighbours: str) -> None:
    assert ADJACENT_STATES[state] == frozenset(neighbours.split())
