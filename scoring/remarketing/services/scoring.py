"""Start scoring: what the buttons and the command do, each in one transaction."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F
from django.urls import reverse

from queueproject.queue.batches import add_skipped, start_batch
from queueproject.queue.enqueue import Enqueued, EnqueueRefused, NewJob, enqueue_many
from queueproject.queue.models import Batch
from queueproject.queue.states import Priority
from scoring.remarketing import kinds
from scoring.remarketing.models import Buyer, Listing, Score, Universe, UniverseListing
from scoring.remarketing.models.words import LinkStatus, Trigger
from scoring.remarketing.services.content import save_content
from scoring.remarketing.services.links import link_listings
from scoring.remarketing.services.plans import FitOptions, Plan, Refusal, Work, plan_deals, renew

_MOST_IDS_KEPT = 1_000


class Refused(Exception):
    """Nothing was started; `refusal` says why and which field would change it."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.message)
        self.refusal = refusal


@dataclass(frozen=True)
class Started:
    """What a button did: new jobs, those that waited already and are shared, pairs that had a score."""

    batch: Batch
    queued: int
    shared: int
    skipped: int


@dataclass(frozen=True)
class Assigned:
    """Listings put to work in a universe; `started` is None when none of them was new there."""

    linked: int
    already_linked: int
    started: Started | None


def start(
    plans: Plan | Sequence[Plan],
    *,
    user: User | None = None,
    actor: str = "",
    priority: int = Priority.MEDIUM,
    label: str = "",
    trigger: str = Trigger.BULK,
    url: str = "",
) -> Started:
    """Enqueue what plans mean, as one batch; raise Refused before anything is written.

    Plans are worked out again first: what changed since they were shown counts.
    """
    with transaction.atomic():
        fresh = _renew([plans] if isinstance(plans, Plan) else plans)
        try:
            return _start(
                fresh, user=user, actor=actor, priority=priority, label=label, trigger=trigger, url=url
            )
        except EnqueueRefused as error:
            refusal = Refusal("enqueue_refused", error.message, fresh[0].universe.pk, "")
            raise Refused(refusal) from error


def _renew(plans: Sequence[Plan]) -> list[Plan]:
    if not plans:
        raise ValueError("there is no plan to start")
    try:
        fresh = [renew(plan) for plan in plans]
    except Universe.DoesNotExist:
        universe = plans[0].universe
        raise Refused(Refusal("universe_gone", f"{universe} was deleted.", 0, "universe")) from None
    for plan in fresh:
        if plan.refusal:
            raise Refused(plan.refusal)
    return fresh


def score_one(
    listing: Listing, buyer: Buyer, *, user: User | None = None, options: FitOptions | None = None
) -> Started:
    """Score one pair again, now, ahead of what buttons for many started."""
    if buyer.universe is None:
        raise Refused(Refusal("buyer_without_universe", f"{buyer} belongs to no universe.", 0, "universe"))
    chosen = FitOptions(**{**asdict(options or FitOptions()), "rescore": True, "buyer_ids": (buyer.pk,)})
    plan = plan_deals(buyer.universe, listings=[listing], options=chosen)
    label = f"Score {buyer} for {listing}"
    return start(plan, user=user, priority=Priority.HIGH, label=label, trigger=Trigger.MANUAL)


def assign_listings(
    universe: Universe,
    listings: Iterable[Listing | int],
    *,
    user: User | None = None,
    options: FitOptions | None = None,
) -> Assigned:
    """Put listings to work in a universe and score those that are new there."""
    ids = list(dict.fromkeys(one if isinstance(one, int) else one.pk for one in listings))
    with transaction.atomic():
        links = UniverseListing.objects.filter(universe=universe, listing__in=ids, status=LinkStatus.ACTIVE)
        known = set(links.values_list("listing_id", flat=True))
        new = [listing_id for listing_id in ids if listing_id not in known]
        if not new:
            return Assigned(0, len(known), None)
        link_listings([(universe.pk, listing_id) for listing_id in new], by=user)
        plan = plan_deals(universe, listings=new, options=options or FitOptions())
        started = start(plan, user=user, **_hand_or_bulk(len(new)))
    return Assigned(len(new), len(known), started)


def add_buyer_and_score(buyer: Buyer, *, user: User | None = None) -> Started:
    """Save a buyer of a universe and score it, and nobody else, for every deal at work there."""
    if buyer.universe is None:
        raise Refused(Refusal("buyer_without_universe", f"{buyer} belongs to no universe.", 0, "universe"))
    with transaction.atomic():
        save_content(buyer)
        plan = plan_deals(buyer.universe, options=FitOptions(buyer_ids=(buyer.pk,)))
        label = f"Score {buyer} for all deals"
        return start(plan, user=user, priority=Priority.HIGH, label=label, trigger=Trigger.MANUAL)


def rescore_stale(what: Universe | Listing, *, user: User | None = None) -> Started | None:
    """Score again what changed since it was scored, in a universe or for a listing; None when nothing did."""
    stale = Score.objects.filter(is_stale=True, buyer__archived_at=None, universe__archived_at=None)
    if isinstance(what, Universe):
        stale = stale.filter(universe=what)
    else:
        stale = stale.filter(listing=what)
    at_work = stale.filter(
        listing__archived_at=None,
        listing__universe_links__status=LinkStatus.ACTIVE,
        listing__universe_links__universe=F("universe"),
    )
    pairs = sorted(set(at_work.values_list("universe_id", "listing_id")))
    if not pairs:
        return None
    universes = Universe.objects.in_bulk({universe_id for universe_id, _ in pairs})
    plans = [
        plan_deals(
            universe,
            listings=[listing_id for universe_id, listing_id in pairs if universe_id == universe.pk],
            options=FitOptions(only_stale=True),
        )
        for universe in universes.values()
    ]
    return start(plans, user=user, label=f"Score again what changed: {what}", **_hand_or_bulk(len(pairs)))


def _hand_or_bulk(count: int) -> dict[str, Any]:
    """Return priority and trigger: one item by hand goes ahead of many."""
    if count == 1:
        return {"priority": Priority.HIGH, "trigger": Trigger.MANUAL}
    return {"priority": Priority.MEDIUM, "trigger": Trigger.BULK}


def _start(
    plans: Sequence[Plan],
    *,
    user: User | None,
    actor: str,
    priority: int,
    label: str,
    trigger: str,
    url: str,
) -> Started:
    name = actor or (user.get_username() if user else "")
    parts: list[Enqueued] = []
    skipped = sum(plan.skipped for plan in plans)
    with start_batch(
        kind=_KINDS[plans[0].type],
        label=label or make_label(plans),
        priority=priority,
        created_by=user,
        actor=name,
        options=_describe(plans, trigger=trigger),
        url=url or reverse("admin:remarketing_universe_change", args=[plans[0].universe.pk]),
        finish_kind=kinds.REVIEW_BATCH,
    ) as batch:
        for plan in plans:
            options = make_job_options(plan.options, trigger=trigger, user=user)
            jobs = [job for work in plan.work for job in _make_jobs(plan, work, options)]
            part = enqueue_many(
                _KINDS[plan.type], jobs, provider=plan.lane, priority=priority, batch=batch, actor=name
            )
            parts.append(part)
        if skipped:
            add_skipped(batch, skipped)
    return Started(
        batch=batch,
        queued=sum(part.queued for part in parts),
        shared=sum(part.shared for part in parts),
        skipped=skipped,
    )


_KINDS = {"deal": kinds.SCORE_FIT, "alignment": kinds.SCORE_ALIGNMENT}


def make_label(plans: Sequence[Plan]) -> str:
    """Return what staff read of a batch of these plans."""
    words = []
    for plan in plans:
        if plan.everything:
            what = "all buyers" if plan.type == "alignment" else "all deals"
        elif plan.type == "alignment":
            what = _count(len(plan.buyer_ids or ()), "buyer")
        elif len(plan.listing_ids) == 1:
            what = Listing.objects.only("title").get(pk=plan.listing_ids[0]).title
        else:
            what = _count(len(plan.listing_ids), "deal")
        words.append(what)
    return f"Score {' and '.join(dict.fromkeys(words))}: {plans[0].universe}"


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"


def make_job_options(options: FitOptions, *, trigger: str, user: User | None) -> dict[str, Any]:
    """Return what each job of a batch carries of its options; `buyer_ids` became the jobs themselves."""
    return {
        "rescore": options.scores_again,
        "instructions": options.instructions.strip(),
        "geography_mode": options.geography_mode,
        "min_completeness": options.min_completeness,
        "trigger": trigger,
        "user_id": user.pk if user else None,
    }


def _describe(plans: Sequence[Plan], *, trigger: str) -> dict[str, Any]:
    """Return what the batch keeps of its plans; long lists of numbers are cut."""
    listing_ids = [listing_id for plan in plans for listing_id in plan.listing_ids]
    options = asdict(plans[0].options)
    options["buyer_ids"] = list(plans[0].buyer_ids or options["buyer_ids"])[:_MOST_IDS_KEPT]
    return {
        "types": [plan.type for plan in plans],
        "lane": plans[0].lane,
        "universe_ids": sorted({plan.universe.pk for plan in plans}),
        "listing_ids": listing_ids[:_MOST_IDS_KEPT],
        "trigger": trigger,
        **options,
    }


def _make_jobs(plan: Plan, work: Work, options: dict[str, Any]) -> list[NewJob]:
    universe_id = plan.universe.pk
    return [
        _make_fit_job(universe_id, work.listing_id, buyer_id, options, tokens)
        if work.listing_id is not None
        else NewJob(
            payload={"universe_id": universe_id, "buyer_id": buyer_id},
            subject_id=str(buyer_id),
            dedupe_key=kinds.make_alignment_key(universe_id=universe_id, buyer_id=buyer_id),
            options=options,
            estimated_tokens=tokens,
        )
        for buyer_id, tokens in zip(work.buyer_ids, work.tokens, strict=True)
    ]


def _make_fit_job(
    universe_id: int, listing_id: int, buyer_id: int, options: dict[str, Any], tokens: int
) -> NewJob:
    return NewJob(
        payload={"universe_id": universe_id, "listing_id": listing_id, "buyer_id": buyer_id},
        subject_id=str(listing_id),
        dedupe_key=kinds.make_fit_key(universe_id=universe_id, listing_id=listing_id, buyer_id=buyer_id),
        options=options,
        estimated_tokens=tokens,
    )
