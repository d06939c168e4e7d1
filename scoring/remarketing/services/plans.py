"""What a button would do, worked out beforehand: pairs, calls, the lane, the end, or why it is refused."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from queueproject.queue.forecast import Forecast, forecast
from scoring.gemini import find_api_key
from scoring.remarketing import prompts, selectors
from scoring.remarketing.facts import BuyerFacts, UniverseFacts
from scoring.remarketing.kinds import BUYERS_A_CALL, GEMINI, LOCAL
from scoring.remarketing.models import Buyer, Listing, Score, Universe
from scoring.remarketing.services.refusals import (
    AT_LEAST,
    FitOptions,
    Refusal,
    refuse_alignment,
    refuse_archived,
    refuse_buyers,
    refuse_deals,
    refuse_strangers,
)

__all__ = [
    "FitOptions",
    "Plan",
    "PlanType",
    "Refusal",
    "Work",
    "get_lane",
    "plan_alignment",
    "plan_deals",
    "renew",
]

PlanType = Literal["alignment", "deal"]
PLAIN: Final = FitOptions()


@dataclass(frozen=True)
class Work:
    """The jobs of one listing (or of all alignments): who is scored, and each one's share of the tokens."""

    listing_id: int | None
    buyer_ids: tuple[int, ...]
    tokens: tuple[int, ...]


@dataclass(frozen=True)
class Plan:
    """What would be started, and when it would end if it started now."""

    type: PlanType
    universe: Universe
    listing_ids: tuple[int, ...]
    pairs: int
    calls: int
    skipped: int
    lane: str
    forecast: Forecast
    refusal: Refusal | None
    options: FitOptions
    everything: bool = False
    buyer_ids: tuple[int, ...] | None = None
    work: tuple[Work, ...] = field(default=(), repr=False)

    @property
    def scored_by_rules(self) -> bool:
        """Say whether the rules will score, for want of a key."""
        return self.lane == LOCAL

    @property
    def tokens(self) -> int:
        """Sum the estimated prompt tokens of all calls."""
        return sum(sum(each.tokens) for each in self.work)


def get_lane() -> str:
    """Return the lane that new jobs go to: Gemini's with a key, the rules' without."""
    return GEMINI if find_api_key() else LOCAL


def plan_deals(
    universe: Universe,
    *,
    listings: Iterable[Listing | int] | None = None,
    options: FitOptions = PLAIN,
) -> Plan:
    """Plan to score listings (all that are at work in the universe unless given) against its buyers."""
    at_work = Listing.objects.unarchived().in_universe(universe).order_by("pk")
    wanted = None
    if listings is not None:
        wanted = list(dict.fromkeys(one if isinstance(one, int) else one.pk for one in listings))
        at_work = at_work.filter(pk__in=wanted)
    found = list(at_work)
    refusal = refuse_deals(universe, options) or refuse_strangers(universe, found, wanted, options)
    work: tuple[Work, ...] = ()
    skipped = 0
    lane = get_lane()
    if refusal is None:
        work, skipped = _find_pairs(universe, found, options, lane=lane)
    return _make_plan(
        "deal",
        universe,
        lane=lane,
        work=work,
        skipped=skipped,
        refusal=refusal,
        options=options,
        listing_ids=tuple(wanted if wanted is not None else [listing.pk for listing in found]),
        everything=wanted is None,
    )


def plan_alignment(
    universe: Universe, *, buyers: Iterable[Buyer | int] | None = None, rescore: bool = False
) -> Plan:
    """Plan to score alignment: of all buyers unless given, of those never scored unless `rescore`."""
    rows = Buyer.objects.unarchived().filter(universe=universe).order_by("pk")
    wanted = None
    if buyers is not None:
        wanted = tuple(dict.fromkeys(one if isinstance(one, int) else one.pk for one in buyers))
        rows = rows.filter(pk__in=wanted)
    found = list(rows)
    refusal = refuse_archived(universe) or refuse_alignment(universe)
    if refusal is None and wanted is not None and len(found) < len(wanted):
        refusal = refuse_buyers(universe, set(wanted) - {buyer.pk for buyer in found})
    todo = [buyer for buyer in found if rescore or buyer.alignment_score is None]
    lane = get_lane()
    work: tuple[Work, ...] = ()
    if refusal is None and todo:
        facts = selectors.universe_facts(universe)
        ids = tuple(buyer.pk for buyer in todo)
        work = (Work(None, ids, tuple(_alignment_tokens(facts, buyer, lane=lane) for buyer in todo)),)
    return _make_plan(
        "alignment",
        universe,
        lane=lane,
        work=work,
        skipped=0 if refusal else len(found) - len(todo),
        refusal=refusal,
        options=FitOptions(rescore=rescore),
        everything=wanted is None,
        buyer_ids=wanted,
    )


def renew(plan: Plan) -> Plan:
    """Work a plan out again from the rows as they are now; raises Universe.DoesNotExist."""
    universe = Universe.objects.get(pk=plan.universe.pk)
    if plan.type == "alignment":
        return plan_alignment(universe, buyers=plan.buyer_ids, rescore=plan.options.rescore)
    listings = None if plan.everything else plan.listing_ids
    return plan_deals(universe, listings=listings, options=plan.options)


def _make_plan(
    kind: PlanType,
    universe: Universe,
    *,
    lane: str,
    work: tuple[Work, ...],
    skipped: int,
    refusal: Refusal | None,
    options: FitOptions,
    everything: bool,
    listing_ids: tuple[int, ...] = (),
    buyer_ids: tuple[int, ...] | None = None,
) -> Plan:
    a_call = BUYERS_A_CALL if kind == "deal" else 1
    calls = 0 if lane == LOCAL else sum(math.ceil(len(each.buyer_ids) / a_call) for each in work)
    tokens = sum(sum(each.tokens) for each in work)
    return Plan(
        type=kind,
        universe=universe,
        listing_ids=listing_ids,
        pairs=sum(len(each.buyer_ids) for each in work),
        calls=calls,
        skipped=skipped,
        lane=lane,
        forecast=forecast(provider=lane, calls=calls, tokens=tokens),
        refusal=refusal,
        options=options,
        everything=everything,
        buyer_ids=buyer_ids,
        work=work,
    )


# -- whom -----------------------------------------------------------------------------------------


def _find_pairs(
    universe: Universe, listings: Sequence[Listing], options: FitOptions, *, lane: str
) -> tuple[tuple[Work, ...], int]:
    """Return who is to be scored per listing, and how many pairs are skipped because they have a score."""
    buyers = Buyer.objects.unarchived().filter(universe=universe).order_by("pk")
    if options.buyer_ids:
        buyers = buyers.filter(pk__in=options.buyer_ids)
    if options.min_completeness:
        buyers = buyers.filter(data_completeness__in=AT_LEAST[options.min_completeness])
    rows = list(buyers)
    scores = Score.objects.filter(universe=universe, listing__in=listings)
    if options.only_stale:
        scores = scores.filter(is_stale=True)
    listed = set(scores.values_list("listing_id", "buyer_id")) if _asks_scores(options) else set()
    facts = selectors.universe_facts(universe)
    tokens = {buyer.pk: prompts.estimate_buyer_tokens(selectors.buyer_facts(buyer)) for buyer in rows}
    work: list[Work] = []
    skipped = 0
    for listing in listings:
        ids = [row.pk for row in rows if ((listing.pk, row.pk) in listed) == options.only_stale]
        skipped += 0 if options.only_stale else len(rows) - len(ids)
        if ids:
            frame = _frame_tokens(facts, listing, options) if lane == GEMINI else 0
            work.append(_share(listing.pk, ids, frame=frame, tokens=tokens if lane == GEMINI else {}))
    return tuple(work), skipped


def _asks_scores(options: FitOptions) -> bool:
    return options.only_stale or not options.scores_again


def _frame_tokens(universe: UniverseFacts, listing: Listing, options: FitOptions) -> int:
    facts = selectors.listing_facts(listing)
    return prompts.write_fit_prompt(universe, facts, [], instructions=options.instructions).tokens


def _share(listing_id: int, ids: list[int], *, frame: int, tokens: dict[int, int]) -> Work:
    """Spread what all buyers of a call have in common evenly over its jobs."""
    shares: list[int] = []
    for start in range(0, len(ids), BUYERS_A_CALL):
        group = ids[start : start + BUYERS_A_CALL]
        shares += [math.ceil(frame / len(group)) + tokens.get(buyer_id, 0) for buyer_id in group]
    return Work(listing_id, tuple(ids), tuple(shares))


def _alignment_tokens(universe: UniverseFacts, buyer: Buyer, *, lane: str) -> int:
    if lane == LOCAL:
        return 0
    facts: BuyerFacts = selectors.buyer_facts(buyer)
    return prompts.write_alignment_prompt(universe, facts, buyer_id=buyer.pk).tokens
