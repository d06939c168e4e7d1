"""The shape of a tree: depth and path of every node from its parents, and what is not a tree."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from scoring.taxonomy.models.node import PATH_SEPARATOR


class Place(NamedTuple):
    """Where a node stands: 1 at the root, its titles from there joined by ' > '."""

    depth: int
    path: str


def place_nodes(parents: Mapping[str, str], titles: Mapping[str, str]) -> dict[str, Place]:
    """Return the place of every node whose chain of parents ends at a root.

    `parents` maps each id to its parent's, "" at the root. A node on or below a cycle, or below a parent that
    is not there, has no place.
    """
    places: dict[str, Place] = {}
    walked: set[str] = set()
    for node in parents:
        chain: list[str] = []
        above = node
        while above in parents and above not in walked:
            walked.add(above)
            chain.append(above)
            above = parents[above]
        if above and above not in places:
            continue
        for one in reversed(chain):
            places[one] = _place_below(places.get(parents[one]), titles[one])
    return places


def _place_below(parent: Place | None, title: str) -> Place:
    return Place(parent.depth + 1, f"{parent.path}{PATH_SEPARATOR}{title}") if parent else Place(1, title)


def find_cycles(parents: Mapping[str, str]) -> Iterator[list[str]]:
    """Yield each ring of nodes that are their own ancestors, once, beginning with the first of them."""
    seen: set[str] = set()
    for node in parents:
        chain: dict[str, None] = {}
        above = node
        while above in parents and above not in seen:
            seen.add(above)
            chain[above] = None
            above = parents[above]
        if above in chain:
            ring = list(chain)
            yield ring[ring.index(above) :]


def split_path(path: str) -> tuple[str, str]:
    """Return the parent's path and the last title; a path that ends with its mark has an empty title."""
    # Cells come without spaces at their ends, so the mark of an empty last title has lost its own.
    whole = f"{path} " if path.endswith(PATH_SEPARATOR.rstrip()) else path
    parent, _, title = whole.rpartition(PATH_SEPARATOR)
    return parent, title
