"""What the imports of universes, buyers and listings have in common."""

from collections.abc import Iterable
from typing import Any, ClassVar, Generic, TypeVar

from django.contrib.auth.models import User
from django.db.models import Model as DjangoModel
from django.utils import timezone

from queueproject.csvimport import CsvFile, CsvLine
from queueproject.csvimport.upsert import upsert_rows
from scoring.remarketing.csv_rows import BuyerRow, ListingRow, UniverseRow
from scoring.remarketing.models import Buyer, Listing, Universe
from scoring.remarketing.services.content import refresh_derived
from scoring.remarketing.services.duplicates import Suggestion

Row = TypeVar("Row", UniverseRow, BuyerRow, ListingRow)
Model = TypeVar("Model", Universe, Buyer, Listing)

# What an update leaves alone: keys, times of birth, and what scoring wrote.
_KEPT_PREFIXES = ("id", "source_ref", "created_", "archived_at", "alignment_")


class Merge(Generic[Row, Model]):
    """One import: `run` it inside a transaction, then read what it did."""

    model: type[Model]
    word: ClassVar[str]
    ranges: ClassVar[tuple[tuple[str, str], ...]] = ()

    def __init__(
        self, *, file: CsvFile[Row], universe: Universe | None = None, by: User | None = None
    ) -> None:
        self.file: CsvFile[Row] = file
        self.universe = universe
        self.by = by
        self.now = timezone.now()
        self.created: list[Model] = []
        self.updated: list[Model] = []
        self.unchanged = 0
        self.linked = 0
        self.marked_stale = 0
        self.suggestions: list[Suggestion] = []
        self.universes = {one.name.lower(): one for one in Universe.objects.unarchived()}
        self._stored: dict[str, Model] = {}
        self._taken: dict[str, int] = {}

    def run(self) -> None:
        """Check every row against the tables, refuse the file on any fault, else write it."""
        self._stored = {row.source_ref: row for row in self.load()}
        for line in self.file.lines:
            self._take(line)
        self.file.require_no_faults()
        self._write()
        self.finish()

    def load(self) -> Iterable[Model]:
        """Lock and return the stored rows that the file may mean."""
        raise NotImplementedError

    def find_ref(self, line: CsvLine[Row], values: dict[str, Any]) -> str:
        """Return the `source_ref` of the row that a line means, "" for a new one."""
        return str(values.get("source_ref", ""))

    def make_values(self, line: CsvLine[Row]) -> dict[str, Any] | None:
        """Return the columns to set, or None after naming a fault."""
        given = line.row.given()
        return {name: list(value) if isinstance(value, tuple) else value for name, value in given.items()}

    def check_name(self, line: CsvLine[Row], row: Model) -> None:
        """Name a fault when another row has the name."""

    def finish(self) -> None:
        """Write what hangs on the rows, and mark what was scored from their old content."""

    def fault(self, line: CsvLine[Row], column: str, value: str, reason: str) -> None:
        """Name a fault of a line."""
        self.file.faults.add(line=line.number, column=column, value=value, reason=reason)

    def _take(self, line: CsvLine[Row]) -> None:
        values = self.make_values(line)
        if values is None:
            return
        stored = self._stored.get(self.find_ref(line, values))
        if stored is not None and not self._may_update(line, stored):
            return
        if not values.get("source_ref"):
            values.pop("source_ref", None)
        row = stored or self.model()
        differs = stored is None or any(getattr(row, name) != value for name, value in values.items())
        for name, value in values.items():
            setattr(row, name, value)
        if self._has_faults(line, row):
            return
        self._taken[row.source_ref] = line.number
        self.remember(line, row)
        if not differs:
            self.unchanged += 1
            return
        row.content_changed_at = row.updated_at = self.now
        row.created_at = row.created_at or self.now
        refresh_derived(row)
        (self.created if stored is None else self.updated).append(row)

    def remember(self, line: CsvLine[Row], row: Model) -> None:
        """Keep what `finish` needs to know of a good line."""

    def _may_update(self, line: CsvLine[Row], stored: Model) -> bool:
        if stored.is_archived:
            self.fault(
                line, "source_ref", stored.source_ref, f"this {self.word} is archived; restore it first"
            )
        elif stored.source_ref in self._taken:
            earlier = self._taken[stored.source_ref]
            self.fault(line, "source_ref", stored.source_ref, f"line {earlier} means the same {self.word}")
        else:
            return True
        return False

    def _has_faults(self, line: CsvLine[Row], row: Model) -> bool:
        """Check what shows only once stored columns and columns of the file stand together."""
        before = self.file.faults.count
        for low, high in self.ranges:
            lowest, highest = getattr(row, low), getattr(row, high)
            if lowest is not None and highest is not None and lowest > highest:
                self.fault(line, low, str(lowest), f"above {high}, which is {highest}")
        self.check_name(line, row)
        return self.file.faults.count > before

    def _write(self) -> None:
        names = [field.name for field in self.model._meta.local_concrete_fields]
        columns = [name for name in names if not name.startswith(_KEPT_PREFIXES)]
        upsert_rows([*self.created, *self.updated], key="source_ref", update=columns)


def list_ids(rows: Iterable[DjangoModel]) -> list[int]:
    """Return the primary keys of rows."""
    return [row.pk for row in rows]
