import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.taxonomy.csv.tree import Place, find_cycles, place_nodes, split_path


def test_places_follow_from_parents_in_any_order() -> None:
    parents = {"leaf": "twig", "twig": "root", "root": "", "other": ""}
    titles = {"leaf": "Leaf", "twig": "", "root": "Root", "other": "Other"}
    assert place_nodes(parents, titles) == {
        "root": Place(1, "Root"),
        "twig": Place(2, "Root > "),
        "leaf": Place(3, "Root >  > Leaf"),
        "other": Place(1, "Other"),
    }


def test_nodes_on_and_below_a_circle_or_nowhere_have_no_place() -> None:
    parents = {"a": "b", "b": "a", "c": "b", "lost": "gone", "below": "lost", "root": ""}
    assert set(place_nodes(parents, dict.fromkeys(parents, "x"))) == {"root"}


@pytest.mark.parametrize(
    ("parents", "rings"),
    [
        ({"a": "", "b": "a"}, []),
        ({"a": "a"}, [["a"]]),
        ({"x": "a", "a": "b", "b": "c", "c": "a"}, [["a", "b", "c"]]),
        ({"a": "b", "b": "a", "c": "d", "d": "c"}, [["a", "b"], ["c", "d"]]),
        ({"a": "gone"}, []),
    ],
)
def test_each_circle_is_found_once(parents: dict[str, str], rings: list[list[str]]) -> None:
    assert list(find_cycles(parents)) == rings


@pytest.mark.parametrize(
    ("path", "parts"),
    [
        ("Tea", ("", "Tea")),
        ("Tea > Green > Sencha", ("Tea > Green", "Sencha")),
        ("Tea >", ("Tea", "")),
        ("Tea >  > Sencha", ("Tea > ", "Sencha")),
        ("A>B", ("", "A>B")),
    ],
)
def test_a_path_is_its_parents_and_a_title(path: str, parts: tuple[str, str]) -> None:
    assert split_path(path) == parts


@given(st.lists(st.integers(0, 30), min_size=1, max_size=31))
def test_a_node_has_a_place_or_a_circle_above_it(above: list[int]) -> None:
    parents = {str(node): "" if parent >= len(above) else str(parent) for node, parent in enumerate(above)}
    places = place_nodes(parents, {node: node for node in parents})
    rings = {node for ring in find_cycles(parents) for node in ring}
    for node, parent in parents.items():
        chain = [node]
        while (up := parents[chain[-1]]) and up not in chain:
            chain.append(up)
        assert (node in places) is (not rings & set(chain))
        if node in places:
            assert places[node].depth == (places[parent].depth + 1 if parent else 1) == len(chain)
