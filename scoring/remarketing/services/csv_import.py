"""Import universes, buyers and listings from CSV: the whole file or, with any fault, nothing of it."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Literal

from django.contrib.auth.models import User
from django.db import DatabaseError, transaction

from queueproject.csvimport import CsvRefused, CsvRow, Faults, read_csv
from scoring.remarketing.csv_rows import BuyerRow, ListingRow, UniverseRow
from scoring.remarketing.models import Universe
from scoring.remarketing.services.duplicates import Suggestion
from scoring.remarketing.services.merge import BuyerMerge, ListingMerge, UniverseMerge

Kind = Literal["universes", "buyers", "listings"]
ROW_OF_KIND: dict[Kind, type[CsvRow]] = {"universes": UniverseRow, "buyers": BuyerRow, "listings": ListingRow}


@dataclass(frozen=True)
class ImportResult:
    """What an import did, or with `dry_run` would have done."""

    kind: Kind
    dry_run: bool
    created: int
    updated: int
    unchanged: int
    linked: int = 0
    marked_stale: int = 0
    created_ids: list[int] = field(default_factory=list)
    suggestions: list[Suggestion] = field(default_factory=list)

    @property
    def rows(self) -> int:
        """Count the rows of the file."""
        return self.created + self.updated + self.unchanged


def import_csv(
    source: bytes | Path | BinaryIO,
    *,
    kind: Kind,
    universe: Universe | None = None,
    dry_run: bool = False,
    by: User | None = None,
    max_faults: int = 100,
) -> ImportResult:
    """Create or update one row per line; raise CsvRefused with every fault when there is any.

    `universe` takes the buyers that name none, and links every listing. Columns the file does not have keep
    their values. Rows are matched by `source_ref`, universes and buyers without one by name.
    """
    merge = _make_merge(kind, universe=universe, by=by, source=source, max_faults=max_faults)
    try:
        with transaction.atomic():
            merge.run()
            if dry_run:
                transaction.set_rollback(True)
    except DatabaseError as error:
        # Every rule is checked line by line before; this is somebody else writing the same rows meanwhile.
        faults = Faults()
        reason = (
            f"the database refused the file, nothing was imported; try again ({str(error).splitlines()[0]})"
        )
        faults.add(line=1, column="", value="", reason=reason)
        raise CsvRefused(faults) from error
    return ImportResult(
        kind=kind,
        dry_run=dry_run,
        created=len(merge.created),
        updated=len(merge.updated),
        unchanged=merge.unchanged,
        linked=merge.linked,
        marked_stale=merge.marked_stale,
        created_ids=[] if dry_run else [row.pk for row in merge.created],
        suggestions=merge.suggestions,
    )


def _make_merge(
    kind: Kind,
    *,
    universe: Universe | None,
    by: User | None,
    source: bytes | Path | BinaryIO,
    max_faults: int,
) -> UniverseMerge | BuyerMerge | ListingMerge:
    if kind == "universes":
        return UniverseMerge(file=read_csv(source, row=UniverseRow, max_faults=max_faults), by=by)
    if kind == "buyers":
        return BuyerMerge(file=read_csv(source, row=BuyerRow, max_faults=max_faults), universe=universe)
    return ListingMerge(
        file=read_csv(source, row=ListingRow, max_faults=max_faults), universe=universe, by=by
    )
