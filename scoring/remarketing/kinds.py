"""The kinds of work of remarketing: their names, payloads, and the key that keeps one of each alive."""

from typing import Final

from pydantic import BaseModel, ConfigDict

SCORE_ALIGNMENT: Final = "remarketing.score_alignment"
SCORE_FIT: Final = "remarketing.score_fit"
REVIEW_BATCH: Final = "remarketing.review_batch"

GEMINI: Final = "gemini"
LOCAL: Final = "local"
LANES: Final = (GEMINI, LOCAL)
BUYER: Final = "buyer"
LISTING: Final = "listing"
BUYERS_A_CALL: Final = 5


class Payload(BaseModel):
    """Refuse unknown fields: a job that means something else must not run."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class AlignmentPayload(Payload):
    """Score one buyer's alignment to its universe."""

    universe_id: int
    buyer_id: int


class FitPayload(Payload):
    """Score one buyer for one listing of a universe."""

    universe_id: int
    listing_id: int
    buyer_id: int


class ReviewPayload(Payload):
    """Look over a batch that ended; `finish` counts its ends."""

    batch_id: int
    finish: int


def make_alignment_key(*, universe_id: int, buyer_id: int) -> str:
    """Return the dedupe key of an alignment job."""
    return f"remarketing:alignment:{universe_id}:{buyer_id}"


def make_fit_key(*, universe_id: int, listing_id: int, buyer_id: int) -> str:
    """Return the dedupe key of a fit job."""
    return f"remarketing:fit:{universe_id}:{listing_id}:{buyer_id}"
