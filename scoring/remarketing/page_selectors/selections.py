"""What a scoring button was pressed for, and the plans that follow from it."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from django.urls import reverse

from queueproject.console.words import count_words
from scoring.remarketing.models import Buyer, Listing, Universe, UniverseListing
from scoring.remarketing.models.words import LinkStatus
from scoring.remarketing.page_selectors.offers import Blocker
from scoring.remarketing.services.plans import FitOptions, Plan, plan_alignment, plan_deals

_ALL: Final = ("rescore", "instructions", "geography_mode", "min_completeness")
# What can be started, and which options each takes.
STARTS: Final[dict[str, tuple[str, ...]]] = {
    "universe-deals": _ALL,
    "universe-buyers": ("rescore",),
    "deals": _ALL,
    "listings": _ALL,
    "buyers-alignment": ("rescore",),
    "buyers-deals": ("rescore", "instructions", "geography_mode"),
    "pair": ("instructions", "geography_mode"),
    "stale": (),
}


@dataclass(frozen=True)
class Selection:
    """What is to be scored: ids of universes, listings or buyers, as `what` says.

    `universe_id` (0 for none) narrows listings to one universe, `buyer_ids` narrows buyers.
    """

    what: str
    ids: tuple[int, ...]
    universe_id: int = 0
    buyer_ids: tuple[int, ...] = ()


@dataclass(frozen=True)
class Chosen:
    """Plans, what they are called, the page they belong to, and what keeps them from being made."""

    title: str
    url: str
    plans: list[Plan]
    blockers: list[Blocker]
    by_hand: bool = False
    label: str = ""


def choose(selection: Selection, options: FitOptions) -> Chosen:
    """Plan what was selected; rows that are gone are left out."""
    makers = {
        "universe-deals": _choose_universe_deals,
        "universe-buyers": _choose_universe_buyers,
        "deals": _choose_deals,
        "listings": _choose_listings,
        "buyers-alignment": _choose_alignment,
        "buyers-deals": _choose_buyers,
        "pair": _choose_pair,
        "stale": _choose_stale,
    }
    return makers[selection.what](selection, options)


def _get_universes(selection: Selection) -> list[Universe]:
    return list(Universe.objects.filter(pk__in=selection.ids).order_by("name", "pk"))


def _choose_universe_deals(selection: Selection, options: FitOptions) -> Chosen:
    universes = _get_universes(selection)
    plans = [plan_deals(universe, options=options) for universe in universes]
    return Chosen(f"Score all deals of {_name(universes)}", _page(universes), plans, _none(universes))


def _choose_universe_buyers(selection: Selection, options: FitOptions) -> Chosen:
    universes = _get_universes(selection)
    plans = [plan_alignment(universe, rescore=options.rescore) for universe in universes]
    page = reverse("remarketing:alignment", args=[universes[0].pk]) if len(universes) == 1 else ""
    return Chosen(f"Score all buyers of {_name(universes)}", page, plans, _none(universes))


def _choose_deals(selection: Selection, options: FitOptions) -> Chosen:
    universe = Universe.objects.filter(pk=selection.universe_id).first()
    if universe is None:
        return Chosen("Score deals", "", [], _none([]))
    options = replace(options, buyer_ids=selection.buyer_ids)
    plan = plan_deals(universe, listings=selection.ids, options=options)
    what = _name_listings(selection.ids)
    if selection.buyer_ids:
        what = f"{count_words(len(selection.buyer_ids), 'buyer')} for {what}"
    page = reverse("remarketing:universe", args=[universe.pk])
    if len(selection.ids) == 1:
        page = reverse("remarketing:matching", args=[universe.pk, selection.ids[0]])
    title = f"Score {what} in {universe}"
    return Chosen(title, page, [plan], [], by_hand=len(selection.ids) == 1, label=title)


def _choose_listings(selection: Selection, options: FitOptions) -> Chosen:
    links = UniverseListing.objects.filter(
        listing__in=selection.ids,
        status=LinkStatus.ACTIVE,
        universe__archived_at=None,
        listing__archived_at=None,
    )
    by_universe: dict[int, list[int]] = defaultdict(list)
    for universe_id, listing_id in links.order_by("pk").values_list("universe_id", "listing_id"):
        by_universe[universe_id].append(listing_id)
    universes = Universe.objects.filter(pk__in=by_universe).order_by("name", "pk")
    plans = [plan_deals(one, listings=by_universe[one.pk], options=options) for one in universes]
    blockers = []
    if not plans:
        url = reverse("remarketing:assign") + f"?listings={','.join(map(str, selection.ids))}"
        blockers = [Blocker("No chosen deal is at work in a universe.", url, "Add to a universe")]
    title = f"Score {_name_listings(selection.ids)}"
    return Chosen(title, "", plans, blockers, by_hand=len(selection.ids) == 1 and len(plans) == 1)


def _group_buyers(selection: Selection) -> tuple[dict[Universe, list[int]], list[Blocker]]:
    buyers = Buyer.objects.unarchived().filter(pk__in=selection.ids, universe__archived_at=None)
    by_universe: dict[Universe, list[int]] = defaultdict(list)
    for buyer in buyers.select_related("universe").order_by("universe__name", "pk"):
        if buyer.universe is not None:
            by_universe[buyer.universe].append(buyer.pk)
    if by_universe:
        return by_universe, []
    return {}, [Blocker("No chosen buyer belongs to a universe, or it is archived.")]


def _choose_alignment(selection: Selection, options: FitOptions) -> Chosen:
    groups, blockers = _group_buyers(selection)
    plans = [
        plan_alignment(universe, buyers=ids, rescore=options.rescore) for universe, ids in groups.items()
    ]
    title = f"Score the alignment of {_name_buyers(selection.ids)}"
    page = reverse("remarketing:alignment", args=[plans[0].universe.pk]) if len(plans) == 1 else ""
    return Chosen(title, page, plans, blockers, by_hand=len(selection.ids) == 1, label=title)


def _choose_buyers(selection: Selection, options: FitOptions) -> Chosen:
    groups, blockers = _group_buyers(selection)
    plans = [
        plan_deals(universe, options=replace(options, buyer_ids=tuple(ids)))
        for universe, ids in groups.items()
    ]
    title = f"Score {_name_buyers(selection.ids)} for all deals"
    page = _page([plan.universe for plan in plans])
    return Chosen(title, page, plans, blockers, by_hand=len(selection.ids) == 1, label=title)


def _choose_pair(selection: Selection, options: FitOptions) -> Chosen:
    universe = Universe.objects.filter(pk=selection.universe_id).first()
    if universe is None or len(selection.ids) != 1 or len(selection.buyer_ids) != 1:
        return Chosen("Score a pair", "", [], _none([]))
    [listing_id], [buyer_id] = selection.ids, selection.buyer_ids
    again = replace(options, rescore=True, buyer_ids=selection.buyer_ids)
    plan = plan_deals(universe, listings=[listing_id], options=again)
    title = f"Score {_name_buyers(selection.buyer_ids)} for {_name_listings(selection.ids)}"
    page = reverse("remarketing:pair", args=[universe.pk, listing_id, buyer_id])
    return Chosen(title, page, [plan], [], by_hand=True, label=title)


def _choose_stale(selection: Selection, options: FitOptions) -> Chosen:
    """Plan what changed since it was scored: in a universe, or for the given deals of it."""
    universe = Universe.objects.filter(pk=selection.universe_id).first()
    if universe is None:
        return Chosen("Score again what changed", "", [], _none([]))
    listings = selection.ids or None
    plan = plan_deals(universe, listings=listings, options=replace(options, only_stale=True))
    title = f"Score again what changed: {_name_listings(selection.ids) if listings else universe}"
    page = reverse("remarketing:universe", args=[universe.pk])
    if len(selection.ids) == 1:
        page = reverse("remarketing:matching", args=[universe.pk, selection.ids[0]])
    return Chosen(title, page, [plan], [], by_hand=len(selection.ids) == 1, label=title)


# -- names ----------------------------------------------------------------------------------------


def _none(universes: Sequence[Universe]) -> list[Blocker]:
    return [] if universes else [Blocker("What was chosen is not there any more.")]


def _name(universes: Sequence[Universe]) -> str:
    return str(universes[0]) if len(universes) == 1 else count_words(len(universes), "universe")


def _page(universes: Sequence[Universe]) -> str:
    return reverse("remarketing:universe", args=[universes[0].pk]) if len(universes) == 1 else ""


def _name_listings(ids: Sequence[int]) -> str:
    if len(ids) == 1 and (one := Listing.objects.filter(pk=ids[0]).first()):
        return one.title
    return count_words(len(ids), "deal")


def _name_buyers(ids: Sequence[int]) -> str:
    if len(ids) == 1 and (one := Buyer.objects.filter(pk=ids[0]).first()):
        return str(one)
    return count_words(len(ids), "buyer")
