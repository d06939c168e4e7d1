"""What the taxonomy's jobs do: analyse a chunk of nodes, and sum an analysis up at its end."""

from functools import partial

from queueproject.queue.models import Batch
from queueproject.queue.outcomes import Cancel, Complete, Outcome
from queueproject.queue.registry import JobContext, handler
from scoring.taxonomy import kinds
from scoring.taxonomy.models import Analysis
from scoring.taxonomy.services.finishing import finish_analysis
from scoring.taxonomy.services.saving import save_chunk
from scoring.taxonomy.services.working import Chunk, read_chunk, work


def _read(jobs: list[JobContext]) -> Chunk | None:
    payload = jobs[0].payload
    # A retry names its nodes on its row: read by each of a thousand chunks, that would be all of their time.
    analysis = Analysis.objects.defer("node_ids", "result").filter(pk=payload.analysis_id).first()
    if analysis is None:
        return None
    return read_chunk(
        analysis,
        node_ids=payload.node_ids,
        tries=payload.tries,
        spent_seconds=payload.spent_seconds,
    )


@handler(
    kinds.ANALYSE_CHUNK,
    payload=kinds.ChunkPayload,
    label="Analysis of nodes",
    subject_type="analysis",
    prepare=_read,
)
def analyse_chunk(job: JobContext, chunk: Chunk | None) -> Outcome:
    """Work on the nodes of one job; its units are nodes, of which some may fail or be carried on."""
    if chunk is None:
        return Cancel(f"analysis {job.payload.analysis_id} was deleted")
    worked = work(chunk)
    return Complete(
        save=partial(save_chunk, chunk, worked, batch_id=job.batch_id),
        failed_units=len(worked.failures) + chunk.missing,
        passed_on_units=len(worked.again) + len(worked.left),
    )


@handler(kinds.FINISH_ANALYSIS, payload=kinds.FinishPayload, label="Result of an analysis")
def sum_up(job: JobContext) -> Outcome:
    """Write the result of an analysis whose batch ended; an end that did not last is left to the next."""
    batch = Batch.objects.filter(pk=job.payload.batch_id).first()
    if batch is None or not Analysis.objects.filter(batch_number=batch.pk).exists():
        return Cancel(f"the analysis of batch {job.payload.batch_id} was deleted")
    if batch.is_running or batch.finishes != job.payload.finish:
        return Cancel(f"batch {batch.pk} went on")
    return Complete(save=partial(finish_analysis, batch.pk))
