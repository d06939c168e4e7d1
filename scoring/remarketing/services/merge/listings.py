"""Merge listings, and put them to work in universes."""

from collections.abc import Iterable
from typing import Any, ClassVar

from queueproject.csvimport import CsvLine
from scoring.remarketing.csv_rows import ListingRow
from scoring.remarketing.models import Listing
from scoring.remarketing.services.content import mark_stale
from scoring.remarketing.services.links import link_listings
from scoring.remarketing.services.merge.base import Merge, list_ids


class ListingMerge(Merge[ListingRow, Listing]):
    """Listings are matched by id alone: many are called alike."""

    model = Listing
    word: ClassVar[str] = "listing"

    def load(self) -> Iterable[Listing]:
        """Lock and return the listings named by id."""
        self._links: list[tuple[int, Listing]] = []
        refs = [line.row.source_ref for line in self.file.lines]
        return Listing.objects.filter(source_ref__in=refs).order_by("id").select_for_update()

    def make_values(self, line: CsvLine[ListingRow]) -> dict[str, Any] | None:
        """Return the columns to set; universes are linked later, but must exist now."""
        values = super().make_values(line) or {}
        unknown = [name for name in values.pop("universes", []) if name.lower() not in self.universes]
        for name in unknown:
            self.fault(
                line, "universes", name, "no universe has this name; import it first, or correct the name"
            )
        return None if unknown else values

    def remember(self, line: CsvLine[ListingRow], row: Listing) -> None:
        """Keep which universes the listing is put to work in."""
        found = {self.universes[name.lower()].pk for name in line.row.universes}
        if self.universe is not None:
            found.add(self.universe.pk)
        self._links.extend((universe_id, row) for universe_id in sorted(found))

    def finish(self) -> None:
        """Mark the scores of changed listings, and link."""
        self.marked_stale = mark_stale(listing_ids=list_ids(self.updated))
        pairs = [(universe_id, row.pk) for universe_id, row in self._links]
        self.linked = link_listings(pairs, by=self.by)
