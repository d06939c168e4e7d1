"""What keeps a scoring from being started, and which field would change that."""

from collections.abc import Sequence
from dataclasses import dataclass

from scoring.remarketing import selectors
from scoring.remarketing.models import Buyer, Listing, Universe
from scoring.remarketing.models.words import GeographyMode, Level
from scoring.remarketing.rules.alignment import MissingGuide, NothingToMatch, check_universe

# Least completeness asked for, and the levels that reach it.
AT_LEAST = {
    Level.LOW.value: (Level.LOW.value, Level.MEDIUM.value, Level.HIGH.value),
    Level.MEDIUM.value: (Level.MEDIUM.value, Level.HIGH.value),
    Level.HIGH.value: (Level.HIGH.value,),
}


@dataclass(frozen=True)
class FitOptions:
    """How to score, and whom. Empty means: the universe's own way, everybody."""

    rescore: bool = False
    instructions: str = ""
    geography_mode: str = ""
    min_completeness: str = ""
    buyer_ids: tuple[int, ...] = ()
    only_stale: bool = False

    @property
    def scores_again(self) -> bool:
        """Say whether pairs that have a score are scored again: instructions would else change nothing."""
        return self.rescore or self.only_stale or bool(self.instructions.strip())


@dataclass(frozen=True)
class Refusal:
    """Why nothing is started, and which field of the universe would change that."""

    code: str
    message: str
    universe_id: int
    field: str


def refuse_archived(universe: Universe) -> Refusal | None:
    """Refuse a universe that was put away."""
    if not universe.is_archived:
        return None
    return Refusal(
        "universe_archived",
        f"{universe} is archived. Restore it to score in it.",
        universe.pk,
        "archived_at",
    )


def refuse_alignment(universe: Universe) -> Refusal | None:
    """Refuse a universe that no buyer can be aligned with."""
    try:
        check_universe(selectors.universe_facts(universe))
    except MissingGuide as fault:
        return Refusal(fault.code, f"{universe}: {fault}", universe.pk, "guide_text")
    except NothingToMatch as fault:
        return Refusal(fault.code, f"{universe}: {fault}", universe.pk, "primary_focus")
    return None


def refuse_deals(universe: Universe, options: FitOptions) -> Refusal | None:
    """Refuse a universe or options that no deal can be scored with."""
    if refusal := refuse_archived(universe):
        return refusal
    if not any(universe.weights.values()):
        message = f"{universe}: all four weights are zero, so nothing can be scored. Give one a value."
        return Refusal("weights_all_zero", message, universe.pk, "service_weight")
    if options.geography_mode not in ("", *GeographyMode.values):
        known = ", ".join(GeographyMode.values)
        message = f"{options.geography_mode!r} is no geography mode; there are {known}."
        return Refusal("geography_mode_unknown", message, universe.pk, "geography_mode")
    if options.min_completeness not in ("", *AT_LEAST):
        message = f"{options.min_completeness!r} is no completeness; there are {', '.join(AT_LEAST)}."
        return Refusal("min_completeness_unknown", message, universe.pk, "min_completeness")
    return None


def refuse_strangers(
    universe: Universe, found: Sequence[Listing], wanted: Sequence[int] | None, options: FitOptions
) -> Refusal | None:
    """Refuse listings that are not at work in the universe, and buyers that are not its own."""
    missing = set(wanted or ()) - {listing.pk for listing in found}
    if missing:
        numbers = ", ".join(str(number) for number in sorted(missing)[:10])
        message = f"Not at work in {universe}: deal {numbers}. Add it to the universe, or restore it."
        return Refusal("listing_not_linked", message, universe.pk, "listings")
    if not options.buyer_ids:
        return None
    own = Buyer.objects.unarchived().filter(universe=universe, pk__in=options.buyer_ids)
    strangers = set(options.buyer_ids) - set(own.values_list("pk", flat=True))
    return refuse_buyers(universe, strangers) if strangers else None


def refuse_buyers(universe: Universe, strangers: set[int]) -> Refusal:
    """Refuse buyers that are not the universe's own."""
    numbers = ", ".join(str(number) for number in sorted(strangers)[:10])
    message = f"No buyer of {universe}: {numbers}. It is archived, or belongs to another universe."
    return Refusal("buyer_not_in_universe", message, universe.pk, "buyers")
