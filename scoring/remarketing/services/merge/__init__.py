"""Merge the rows of a CSV file into the tables: match, check against what is stored, write in bulk."""

from scoring.remarketing.services.merge.buyers import BuyerMerge
from scoring.remarketing.services.merge.listings import ListingMerge
from scoring.remarketing.services.merge.universes import UniverseMerge

__all__ = ["BuyerMerge", "ListingMerge", "UniverseMerge"]
