"""Export universes, buyers and listings as CSV that an import takes back unchanged."""

import json
from collections.abc import Iterator
from typing import Any

from django.db.models import Prefetch, Q, QuerySet

from queueproject.csvimport import stream_csv
from scoring.remarketing.models import Buyer, Listing, Universe, UniverseListing
from scoring.remarketing.models.words import LinkStatus
from scoring.remarketing.services.csv_import import ROW_OF_KIND, Kind

CHUNK_ROWS = 1_000


def export_csv(*, kind: Kind, universe: Universe | None = None, bom: bool = False) -> Iterator[str]:
    """Yield the file of all unarchived rows of a kind, or of those of one universe, line by line."""
    columns = list(ROW_OF_KIND[kind].model_fields)
    rows = _find_rows(kind, universe).order_by("id").iterator(chunk_size=CHUNK_ROWS)
    return stream_csv(columns, ([_read(row, name) for name in columns] for row in rows), bom=bom)


def _find_rows(kind: Kind, universe: Universe | None) -> QuerySet[Any]:
    if kind == "universes":
        mine = Q() if universe is None else Q(pk=universe.pk)
        return Universe.objects.unarchived().filter(mine)
    if kind == "buyers":
        mine = Q() if universe is None else Q(universe=universe)
        return (
            Buyer.objects.unarchived()
            .filter(mine)
            .exclude(universe__archived_at__isnull=False)
            .select_related("universe")
        )
    at_work = UniverseListing.objects.filter(status=LinkStatus.ACTIVE, universe__archived_at__isnull=True)
    links = Prefetch("universe_links", queryset=at_work.select_related("universe").order_by("id"))
    listings = Listing.objects.unarchived()
    return (listings if universe is None else listings.in_universe(universe)).prefetch_related(links)


def _read(row: Any, column: str) -> Any:
    """Return the value of a column: names in place of ids, JSON as text."""
    if column == "universe":
        return row.universe.name if row.universe_id else ""
    if column == "universes":
        return [link.universe.name for link in row.universe_links.all()]
    value = getattr(row, column)
    if column in ("service_adjacency_map", "documents"):
        return json.dumps(value, ensure_ascii=False) if value else ""
    return value
