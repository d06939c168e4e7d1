"""Look over a batch when it has ended, and leave staff what they should know before they trust it."""

from collections import defaultdict
from collections.abc import Iterable
from functools import partial
from typing import Any

from queueproject.queue.models import Batch
from queueproject.queue.outcomes import Cancel, Complete, Outcome
from queueproject.queue.registry import JobContext, handler
from scoring.remarketing import kinds
from scoring.remarketing.models import Listing, Score
from scoring.remarketing.rules.guardrails import find_guardrails

Note = dict[str, Any]
_MOST_NOTES = 50


@handler(kinds.REVIEW_BATCH, payload=kinds.ReviewPayload, label="Review of a batch", timeout_seconds=60)
def review_batch(job: JobContext) -> Outcome:
    """Write the guardrails, who scored, and deals scored without size into the batch's notes."""
    batch = Batch.objects.filter(pk=job.payload.batch_id).first()
    if batch is None:
        return Cancel(f"batch {job.payload.batch_id} was deleted")
    notes = make_notes(batch)
    return Complete(result={"notes": len(notes)}, save=partial(_write, batch.pk, notes))


def _write(batch_id: int, notes: list[Note]) -> None:
    Batch.objects.filter(pk=batch_id).update(notes=notes)


def make_notes(batch: Batch) -> list[Note]:
    """Return what staff should know of the scores of a batch's deals, as they stand now."""
    options = batch.options if isinstance(batch.options, dict) else {}
    notes: list[Note] = []
    if options.get("lane") == kinds.LOCAL and batch.total_units:
        notes.append(_note("scored_by_rules", "Scored by the rules: no Gemini key is set."))
    listing_ids = options.get("listing_ids") or []
    titles = dict(Listing.objects.filter(pk__in=listing_ids).values_list("pk", "title"))
    scores = Score.objects.filter(
        universe__in=options.get("universe_ids") or [], listing__in=titles, buyer__archived_at=None
    ).only("universe_id", "listing_id", "composite_score", "is_disqualified")
    by_pair: dict[tuple[int, int], list[Score]] = defaultdict(list)
    for score in scores.order_by("universe_id", "listing_id"):
        by_pair[score.universe_id, score.listing_id].append(score)
    for (_, listing_id), rows in by_pair.items():
        notes += [
            _note(found.code, f"{titles[listing_id]}: {found.message}", listing_id=listing_id)
            for found in find_guardrails(rows)
        ]
    return [*notes[:_MOST_NOTES], *_note_sizeless(titles)]


def _note_sizeless(titles: dict[int, str]) -> Iterable[Note]:
    sizeless = Listing.objects.filter(pk__in=titles, revenue__isnull=True).order_by("pk")
    names = [titles[pk] for pk in sizeless.values_list("pk", flat=True)]
    if names:
        shown = ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
        yield _note("no_revenue", f"Revenue is not known, so size counts little or nothing: {shown}.")


def _note(code: str, text: str, **more: Any) -> Note:
    return {"code": code, "text": text, **more}
