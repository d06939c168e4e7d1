"""Tables of the remarketing workload, one module per model or close family."""

from scoring.remarketing.models.adjustment import Adjustment
from scoring.remarketing.models.alignment import AlignmentSnapshot
from scoring.remarketing.models.buyer import Buyer
from scoring.remarketing.models.decision import Decision
from scoring.remarketing.models.listing import Listing, UniverseListing
from scoring.remarketing.models.score import Score, ScoreSnapshot
from scoring.remarketing.models.universe import Universe
from scoring.remarketing.models.upload import Upload

__all__ = [
    "Adjustment",
    "AlignmentSnapshot",
    "Buyer",
    "Decision",
    "Listing",
    "Score",
    "ScoreSnapshot",
    "Universe",
    "UniverseListing",
    "Upload",
]
