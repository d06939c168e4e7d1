"""The kinds of work of the taxonomy: their names and payloads."""

from typing import Final
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

ANALYSE_CHUNK: Final = "taxonomy.analyse_chunk"
FINISH_ANALYSIS: Final = "taxonomy.finish_analysis"


class Payload(BaseModel):
    """Refuse unknown fields: a job that means something else must not run."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ChunkPayload(Payload):
    """Analyse some nodes; `tries` of them failed before, and `spent_seconds` were worked on their chunk."""

    analysis_id: UUID
    node_ids: list[int]
    tries: int = Field(default=0, ge=0)
    spent_seconds: float = Field(default=0.0, ge=0)


class FinishPayload(Payload):
    """Sum up the analysis of a batch that ended; `finish` counts its ends."""

    batch_id: int
    finish: int
