"""Merge buyers."""

from collections.abc import Iterable
from typing import Any, ClassVar

from django.db.models import Q

from queueproject.csvimport import CsvLine
from scoring.remarketing.csv_rows import BuyerRow
from scoring.remarketing.models import Buyer
from scoring.remarketing.services.content import mark_stale
from scoring.remarketing.services.duplicates import suggest_duplicates
from scoring.remarketing.services.merge.base import Merge, list_ids

Place = tuple[int | None, str]


class BuyerMerge(Merge[BuyerRow, Buyer]):
    """Buyers are matched by id, else by name in their universe."""

    model = Buyer
    word: ClassVar[str] = "buyer"
    ranges: ClassVar[tuple[tuple[str, str], ...]] = (
        ("target_revenue_min", "target_revenue_max"),
        ("target_ebitda_min", "target_ebitda_max"),
    )

    def load(self) -> Iterable[Buyer]:
        """Lock and return the buyers named by id, and those of the universes named that share a name."""
        rows = [line.row for line in self.file.lines]
        named = {row.universe.lower() for row in rows} & self.universes.keys()
        universe_ids = {self.universes[name].pk for name in named}
        if self.universe is not None:
            universe_ids.add(self.universe.pk)
        here = Q(universe__in=universe_ids) | Q(universe__isnull=True)
        stored = (
            Buyer.objects.unarchived().filter(here).values_list("universe_id", "company_name", "source_ref")
        )
        self._owners: dict[Place, str] = {}
        self._known_names: list[str] = []
        self._new_names: list[tuple[int, str]] = []
        for universe_id, name, ref in stored:
            self._owners[universe_id, name.lower()] = ref
            self._known_names.append(name)
        refs = {row.source_ref for row in rows if row.source_ref}
        names = {row.company_name.lower() for row in rows if not row.source_ref}
        refs |= {ref for (_, name), ref in self._owners.items() if name in names}
        return Buyer.objects.filter(source_ref__in=refs).order_by("id").select_for_update()

    def make_values(self, line: CsvLine[BuyerRow]) -> dict[str, Any] | None:
        """Return the columns to set, with the universe's id in place of its name."""
        values = super().make_values(line) or {}
        name = values.pop("universe", "")
        if name and name.lower() not in self.universes:
            self.fault(
                line, "universe", name, "no universe has this name; import it first, or correct the name"
            )
            return None
        if name:
            values["universe_id"] = self.universes[name.lower()].pk
        elif self.universe is not None:
            values["universe_id"] = self.universe.pk
        elif "universe" in self.file.columns:
            values["universe_id"] = None
        return values

    def find_ref(self, line: CsvLine[BuyerRow], values: dict[str, Any]) -> str:
        """Return the id given, else that of the buyer of this name in the universe."""
        place = (values.get("universe_id"), line.row.company_name.lower())
        return line.row.source_ref or self._owners.get(place, "")

    def check_name(self, line: CsvLine[BuyerRow], row: Buyer) -> None:
        """Refuse a name that another buyer of the universe has."""
        owner = self._owners.setdefault((row.universe_id, row.company_name.lower()), row.source_ref)
        if owner != row.source_ref:
            reason = f"the universe has a buyer of this name, with source_ref {owner}"
            self.fault(line, "company_name", row.company_name, reason)

    def remember(self, line: CsvLine[BuyerRow], row: Buyer) -> None:
        """Keep the names of new buyers, to be compared with the known ones."""
        if row._state.adding:
            self._new_names.append((line.number, row.company_name))

    def finish(self) -> None:
        """Mark the scores of changed buyers, and suggest which new ones may be known already."""
        self.marked_stale = mark_stale(buyer_ids=list_ids(self.updated))
        self.suggestions = suggest_duplicates(self._new_names, known=self._known_names)
