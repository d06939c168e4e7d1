"""Score buyers for a listing: one call serves up to five of them, each is saved by its own job."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from pydantic import ValidationError

from queueproject.queue.outcomes import Complete, Defer, Outcome, Retry, Usage
from queueproject.queue.registry import JobContext, Permit, handler
from scoring.gemini import Blocked, Malformed, get_client
from scoring.remarketing import kinds, prompts
from scoring.remarketing.answers import FitAnswer, FitAnswers
from scoring.remarketing.handlers.reading import FitGroup, FitWork, read_fits
from scoring.remarketing.models.words import Scorer
from scoring.remarketing.rules import fit as rules
from scoring.remarketing.services.results import RULES, ScoredBy, save_fit

# What a job is taken to cost when nobody worked it out.
USUAL_TOKENS = 600


@handler(
    kinds.SCORE_FIT,
    payload=kinds.FitPayload,
    providers=kinds.LANES,
    label="Fit score",
    subject_type=kinds.LISTING,
    timeout_seconds=240,
    many=kinds.BUYERS_A_CALL,
    group_by="listing_id",
    estimate_tokens=USUAL_TOKENS,
    prepare=read_fits,
)
def score_fit(jobs: list[JobContext], group: FitGroup) -> dict[int, Outcome]:
    """Score by the rules on the lane `local`, by one call to the model on any other."""
    outcomes = dict(group.outcomes)
    if not group.works:
        return outcomes
    if jobs[0].provider == kinds.LOCAL:
        return outcomes | {work.job_id: _complete(work, None, by=RULES) for work in group.works}
    question = group.works[0].question
    together = [work for work in group.works if work.question == question]
    others = [work for work in group.works if work.question != question]
    # A twin that waited took other options: it is asked about in a call of its own, at once.
    outcomes |= {work.job_id: Defer("its instructions differ from its group's", seconds=0) for work in others}
    return outcomes | _ask(together, permit=jobs[0].permit)


def _ask(works: Sequence[FitWork], *, permit: Permit) -> dict[int, Outcome]:
    """Ask about the buyers of one listing in one call; raises what concerns them all."""
    first = works[0]
    prompt = prompts.write_fit_prompt(
        first.universe,
        first.listing,
        [(work.pair.buyer_id, work.buyer) for work in works],
        instructions=first.origin.instructions,
    )
    client = get_client()
    try:
        generated = client.generate_json(
            prompt=prompt.text, system=prompt.system, schema=FitAnswers, permit=permit
        )
    except Blocked as error:
        if len(works) == 1:
            raise
        return _one_at_a_time(works, error.message)
    except Malformed as error:
        entries = _find_entries(error.parsed)
        if entries is None and len(works) > 1:
            return _one_at_a_time(works, error.message)
        if entries is None:
            raise
        return _match(works, entries, model=client.model, usage=error.usage)
    entries = generated.value.model_dump()["answers"]
    return _match(works, entries, model=generated.model, usage=generated.usage)


def _one_at_a_time(works: Sequence[FitWork], reason: str) -> dict[int, Outcome]:
    return {
        work.job_id: Retry(f"{reason}; next, one buyer at a time", alone=True, status=200) for work in works
    }


def _find_entries(parsed: Any) -> list[Any] | None:
    """Return the entries of an answer that did not fit its schema as a whole, None when it has none."""
    answers = parsed.get("answers") if isinstance(parsed, dict) else None
    return answers if isinstance(answers, list) else None


def _match(works: Sequence[FitWork], entries: list[Any], *, model: str, usage: Usage) -> dict[int, Outcome]:
    """Give each job its buyer's entry; one that is missing, double or malformed fails that job's try only."""
    by = ScoredBy(Scorer.AI, model, prompts.PROMPT_VERSION)
    outcomes: dict[int, Outcome] = {}
    for number, work in enumerate(works):
        buyer_id = work.pair.buyer_id
        found = [entry for entry in entries if _is_about(entry, buyer_id)]
        if len(found) != 1:
            what = "no entry" if not found else f"{len(found)} entries"
            outcomes[work.job_id] = Retry(f"Gemini's answer holds {what} for buyer {buyer_id}", status=200)
            continue
        try:
            answer = FitAnswer.model_validate(found[0])
        except ValidationError as error:
            outcomes[work.job_id] = Retry(_describe(error, buyer_id), status=200)
            continue
        outcomes[work.job_id] = _complete(work, answer, by=by, usage=_share(usage, number, len(works)))
    return outcomes


def _is_about(entry: Any, buyer_id: int) -> bool:
    named = entry.get("buyer_id") if isinstance(entry, dict) else None
    return named == buyer_id and not isinstance(named, bool)


def _describe(error: ValidationError, buyer_id: int) -> str:
    faults = [
        f"{'.'.join(str(step) for step in fault['loc'])}: {fault['msg']}, got {str(fault['input'])[:80]!r}"
        for fault in error.errors(include_url=False, include_context=False)[:3]
    ]
    return f"Gemini's entry for buyer {buyer_id} does not fit: {'; '.join(faults)}"


def _share(usage: Usage, number: int, of: int) -> Usage:
    """Return one job's part of what a call cost; the first takes the call itself and the remainder."""
    part, rest = divmod(usage.tokens, of)
    return Usage(calls=usage.calls if number == 0 else 0, tokens=part + (rest if number == 0 else 0))


def _complete(
    work: FitWork, answer: FitAnswer | None, *, by: ScoredBy, usage: Usage | None = None
) -> Complete:
    result = rules.score_fit(
        work.universe,
        work.listing,
        work.buyer,
        answers=answer,
        geography_mode=work.geography_mode,
        adjustments=work.adjustments,
        decisions=work.decisions,
    )
    return Complete(
        result={"score": result.composite_score, "tier": result.tier, "scored_by": str(by.scorer)},
        save=partial(save_fit, work.pair, result, by=by, origin=work.origin),
        usage=usage,
    )
