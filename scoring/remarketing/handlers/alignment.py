"""Score one buyer's alignment to its universe."""

from functools import partial

from queueproject.queue.outcomes import Cancel, Complete, Fail, Outcome, Usage
from queueproject.queue.registry import JobContext, handler
from scoring.gemini import get_client
from scoring.remarketing import kinds, prompts
from scoring.remarketing.answers import AlignmentAnswer
from scoring.remarketing.handlers.reading import AlignmentWork, read_alignment
from scoring.remarketing.models.words import Scorer
from scoring.remarketing.rules import alignment as rules
from scoring.remarketing.services.results import RULES, ScoredBy, save_alignment

# What a job is taken to cost when nobody worked it out.
USUAL_TOKENS = 3_000


@handler(
    kinds.SCORE_ALIGNMENT,
    payload=kinds.AlignmentPayload,
    providers=kinds.LANES,
    label="Alignment score",
    subject_type=kinds.BUYER,
    timeout_seconds=240,
    estimate_tokens=USUAL_TOKENS,
    prepare=read_alignment,
)
def score_alignment(job: JobContext, work: AlignmentWork | Cancel) -> Outcome:
    """Score by the rules on the lane `local`, by the model on any other."""
    if isinstance(work, Cancel):
        return work
    try:
        rules.check_universe(work.universe)
    except rules.CannotAlign as fault:
        return Fail(str(fault), scope="batch", code=fault.code)
    if job.provider == kinds.LOCAL:
        return _complete(work, rules.score_alignment(work.universe, work.buyer), by=RULES)
    prompt = prompts.write_alignment_prompt(work.universe, work.buyer, buyer_id=work.buyer_id)
    generated = get_client().generate_json(
        prompt=prompt.text, system=prompt.system, schema=AlignmentAnswer, permit=job.permit
    )
    by = ScoredBy(Scorer.AI, generated.model, prompts.PROMPT_VERSION)
    return _complete(work, generated.value, by=by, usage=generated.usage)


def _complete(
    work: AlignmentWork, answer: AlignmentAnswer, *, by: ScoredBy, usage: Usage | None = None
) -> Complete:
    return Complete(
        result={"score": answer.score, "scored_by": str(by.scorer)},
        save=partial(
            save_alignment,
            answer,
            universe_id=work.universe_id,
            buyer_id=work.buyer_id,
            stamps=work.stamps,
            facts_hash=work.facts_hash,
            by=by,
            origin=work.origin,
        ),
        usage=usage,
    )
