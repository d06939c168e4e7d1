"""Which universe a deal may belong to; a suggestion only, nothing is linked by itself."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from scoring.remarketing.models import Listing, Universe, UniverseListing
from scoring.remarketing.models.words import LinkStatus
from scoring.remarketing.rules.words import get_phrase

_MOST: Final = 3


@dataclass(frozen=True)
class Suggestion:
    """A universe, and the words it has in common with a deal."""

    universe: Universe
    words: tuple[str, ...]


def suggest_universes(listing: Listing) -> list[Suggestion]:
    """Suggest the universes whose focus, keywords and name share most words with a deal; one query."""
    at_work = UniverseListing.objects.filter(listing=listing, status=LinkStatus.ACTIVE)
    of_deal = _find_tokens([*listing.services, *listing.categories, listing.category])
    others = Universe.objects.unarchived().exclude(pk__in=at_work.values("universe_id")).order_by("name")
    found = []
    for universe in others:
        shared = of_deal & _find_tokens([*universe.primary_focus, *universe.keywords, universe.name])
        if shared:
            found.append(Suggestion(universe, tuple(sorted(shared))))
    return sorted(found, key=lambda each: (-len(each.words), each.universe.name))[:_MOST]


def _find_tokens(texts: Iterable[str]) -> frozenset[str]:
    return frozenset(token for text in texts for token in get_phrase(text).tokens)
