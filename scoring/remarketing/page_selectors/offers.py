"""What a start page says before anything is started: pairs, calls, the end, what warns and what forbids."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from queueproject.console.words import count_words, duration
from queueproject.queue.forecast import forecast
from queueproject.queue.health import WORKER_COMMAND, live_worker_exists
from queueproject.queue.models import Job, Provider
from queueproject.queue.states import WAITING
from scoring.remarketing.kinds import LOCAL
from scoring.remarketing.models import Listing, Universe
from scoring.remarketing.page_words import describe_end
from scoring.remarketing.prompts import PROMPT_VERSION
from scoring.remarketing.services.plans import Plan, Refusal, get_lane

_MOST_COUNTED: Final = 10_000
# What one worker scores by the rules: 480 pairs and 48 alignments took 5 s. Said as "about".
_PAIRS_A_SECOND: Final = 100
# Fields of the universe's form; other refusals are mended on the universe's page.
_FORM_FIELDS: Final = frozenset({"guide_text", "primary_focus", "service_weight", "geography_mode"})


@dataclass(frozen=True)
class Blocker:
    """Why nothing can be started, and where that is changed."""

    message: str
    url: str = ""
    link: str = ""


@dataclass(frozen=True)
class Warned:
    """What staff should know and may go past; `command` helps."""

    message: str
    command: str = ""


@dataclass(frozen=True)
class Offer:
    """What would be started. Nothing is, while `blockers` has one or no pair is left to score."""

    pairs: int
    calls: int
    skipped: int
    lane: str
    binding: str
    ends_at: datetime
    ends: str
    takes: str
    ahead: str
    blockers: tuple[Blocker, ...] = ()
    warnings: tuple[Warned, ...] = ()

    @property
    def scored_by_rules(self) -> bool:
        """Say whether the rules will score, for want of a key."""
        return self.lane == LOCAL

    @property
    def scorer(self) -> str:
        """Name who will score."""
        if self.scored_by_rules:
            return "Rules, because no GEMINI_API_KEY is set"
        return f"Gemini: {settings.GEMINI_MODEL}, prompt version {PROMPT_VERSION}"

    @property
    def can_start(self) -> bool:
        """Say whether the button does anything."""
        return not self.blockers and self.pairs > 0


def make_offer(plans: Sequence[Plan], *, blockers: Iterable[Blocker] = ()) -> Offer:
    """Add plans up; a handful of queries."""
    refusals = [plan.refusal for plan in plans if plan.refusal]
    return offer_figures(
        pairs=sum(plan.pairs for plan in plans),
        calls=sum(plan.calls for plan in plans),
        skipped=sum(plan.skipped for plan in plans),
        tokens=sum(plan.tokens for plan in plans),
        blockers=(*blockers, *map(describe_refusal, refusals)),
        warnings=_warn(plans),
    )


def offer_figures(
    *,
    pairs: int,
    calls: int,
    skipped: int = 0,
    tokens: int = 0,
    blockers: tuple[Blocker, ...] = (),
    warnings: Iterable[Warned] = (),
) -> Offer:
    """Say of figures what binds them and when they would end."""
    lane, now = get_lane(), timezone.now()
    found = forecast(provider=lane, calls=calls, tokens=tokens)
    seconds = found.seconds
    if lane == LOCAL:
        seconds = pairs / _PAIRS_A_SECOND
    ends_at = max(found.ends_at, now + timedelta(seconds=seconds))
    return Offer(
        pairs=pairs,
        calls=calls,
        skipped=skipped,
        lane=lane,
        binding=found.binding,
        ends_at=ends_at,
        ends=describe_end(ends_at, now=now),
        takes=duration(math.ceil(seconds)),
        ahead=_count_ahead(lane),
        blockers=blockers,
        warnings=(*warnings, *_warn_of_pause(lane), *_warn_of_workers()),
    )


def describe_refusal(refusal: Refusal) -> Blocker:
    """Return a refusal with the link to the field that would change it."""
    if not refusal.universe_id:
        return Blocker(refusal.message)
    if refusal.field in _FORM_FIELDS:
        page = reverse("admin:remarketing_universe_change", args=[refusal.universe_id])
        return Blocker(refusal.message, f"{page}#id_{refusal.field}", "Go to the field")
    page = reverse("remarketing:universe", args=[refusal.universe_id])
    return Blocker(refusal.message, page, "Go to the universe")


def warn_of_weights(universe: Universe) -> list[Warned]:
    """Warn where the four weights do not sum to 100."""
    total = sum(universe.weights.values())
    if total in (0, 100):
        return []
    return [Warned(f"The weights of {universe} sum to {total}, not 100; they count in proportion.")]


def _warn(plans: Sequence[Plan]) -> list[Warned]:
    found: list[Warned] = []
    deals = [plan for plan in plans if plan.type == "deal"]
    for universe in {plan.universe.pk: plan.universe for plan in deals}.values():
        found += warn_of_weights(universe)
    listing_ids = {listing_id for plan in deals for listing_id in plan.listing_ids}
    sizeless = Listing.objects.filter(pk__in=listing_ids, revenue=None).order_by("pk")
    titles = list(sizeless.values_list("title", flat=True)[:4]) if listing_ids else []
    if titles:
        names = ", ".join(titles[:3]) + (" and more" if len(titles) > 3 else "")
        found.append(Warned(f"Revenue is not known, so size counts little or nothing: {names}."))
    return found


def _warn_of_pause(lane: str) -> list[Warned]:
    provider = Provider.objects.get(key=lane)
    if not provider.paused_at:
        return []
    return [Warned(f"{lane} is paused, so jobs wait until it is resumed: {provider.paused_reason}")]


def _warn_of_workers() -> list[Warned]:
    if live_worker_exists():
        return []
    return [Warned("No worker lives: jobs will wait until one is started.", WORKER_COMMAND)]


def _count_ahead(lane: str) -> str:
    waiting = Job.objects.filter(provider_id=lane, state__in=WAITING)[: _MOST_COUNTED + 1].count()
    if not waiting:
        return ""
    if waiting > _MOST_COUNTED:
        return f"more than {_MOST_COUNTED:,} jobs"
    return count_words(waiting, "job")
