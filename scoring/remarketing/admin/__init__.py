"""The admin's pages of the remarketing workload, one module per model or close family."""

from scoring.remarketing.admin.buyers import BuyerAdmin
from scoring.remarketing.admin.histories import AdjustmentAdmin, AlignmentSnapshotAdmin, DecisionAdmin
from scoring.remarketing.admin.listings import ListingAdmin, UniverseListingAdmin
from scoring.remarketing.admin.scores import ScoreAdmin, ScoreSnapshotAdmin
from scoring.remarketing.admin.universes import UniverseAdmin

__all__ = [
    "AdjustmentAdmin",
    "AlignmentSnapshotAdmin",
    "BuyerAdmin",
    "DecisionAdmin",
    "ListingAdmin",
    "ScoreAdmin",
    "ScoreSnapshotAdmin",
    "UniverseAdmin",
    "UniverseListingAdmin",
]
