"""Merge universes."""

from collections.abc import Iterable
from typing import Any, ClassVar

from django.db.models import Q
from django.db.models.functions import Lower

from queueproject.csvimport import CsvLine
from scoring.remarketing.csv_rows import UniverseRow
from scoring.remarketing.models import Universe
from scoring.remarketing.services.content import mark_stale
from scoring.remarketing.services.merge.base import Merge, list_ids


class UniverseMerge(Merge[UniverseRow, Universe]):
    """Universes are matched by id, else by name."""

    model = Universe
    word: ClassVar[str] = "universe"
    ranges: ClassVar[tuple[tuple[str, str], ...]] = (
        ("revenue_min", "revenue_max"),
        ("ebitda_min", "ebitda_max"),
        ("locations_min", "locations_max"),
    )

    def load(self) -> Iterable[Universe]:
        """Lock and return the universes named by id or by name."""
        refs = [line.row.source_ref for line in self.file.lines]
        names = [line.row.name.lower() for line in self.file.lines]
        named = Q(lower_name__in=names, archived_at__isnull=True)
        found = Universe.objects.annotate(lower_name=Lower("name")).filter(Q(source_ref__in=refs) | named)
        return found.order_by("id").select_for_update()

    def find_ref(self, line: CsvLine[UniverseRow], values: dict[str, Any]) -> str:
        """Return the id given, else that of the universe of this name."""
        named = self.universes.get(line.row.name.lower())
        return line.row.source_ref or (named.source_ref if named else "")

    def check_name(self, line: CsvLine[UniverseRow], row: Universe) -> None:
        """Refuse a name that another universe has."""
        owner = self.universes.setdefault(row.name.lower(), row)
        if owner.source_ref != row.source_ref:
            reason = f"another universe has this name, with source_ref {owner.source_ref}"
            self.fault(line, "name", row.name, reason)

    def remember(self, line: CsvLine[UniverseRow], row: Universe) -> None:
        """Note who brought a new universe."""
        if row._state.adding:
            row.created_by = self.by

    def finish(self) -> None:
        """Mark every score of a changed universe."""
        self.marked_stale = mark_stale(universe_ids=list_ids(self.updated))
