"""Import metrics: the days and weeks of a file or, with any fault, nothing of it."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO

from django.db import connection, transaction
from django.utils import timezone

from queueproject.csvimport import CsvLine, CsvRefused, CsvStream, open_csv
from scoring.taxonomy.csv import sql
from scoring.taxonomy.csv.refusing import refuse_database_errors, refuse_faults
from scoring.taxonomy.csv.rows import MetricCsvRow
from scoring.taxonomy.models import Project
from scoring.taxonomy.models.words import MetricSource

LARGEST_FILE_ROWS = 2_000_000


@dataclass(frozen=True)
class MetricImport:
    """What an import of metrics did, or with `dry_run` would have done."""

    dry_run: bool
    rows: int
    created: int
    updated: int

    @property
    def unchanged(self) -> int:
        """Count the rows that said nothing new."""
        return self.rows - self.created - self.updated


def import_metrics(
    project: Project,
    source: bytes | Path | BinaryIO,
    *,
    measured_by: str = "",
    days_covered: int | None = None,
    is_synthetic: bool = False,
    dry_run: bool = False,
    max_faults: int = 100,
    now: datetime | None = None,
) -> MetricImport:
    """Create or update one row of metrics per line; raise CsvRefused with every fault when there is any.

    `measured_by` (gsc, ga4 or shopify) and `days_covered` (1 or 7) stand in for columns that the file has
    not. Rows are matched by node, day and source. Figures the file has no column for keep their values.
    """
    stream = open_csv(source, row=MetricCsvRow, max_faults=max_faults, max_rows=LARGEST_FILE_ROWS)
    _require_columns(stream, measured_by=measured_by, days_covered=days_covered)
    now = now or timezone.now()
    defaults = _Defaults(measured_by, days_covered or 1, is_synthetic, newest=now.date() + timedelta(days=1))
    with refuse_database_errors(), transaction.atomic():
        rows = _send_rows(stream, defaults)
        _refuse_unknown(stream, project)
        ((created, updated),) = sql.run(
            "upsert_metrics", project=project.pk, given=list(stream.columns), now=now
        )
        sql.run("drop_metric_tables")
        if dry_run:
            transaction.set_rollback(True)
    return MetricImport(dry_run=dry_run, rows=rows, created=created, updated=updated)


@dataclass(frozen=True)
class _Defaults:
    """What rows say that the file has no column for, and the last day they may begin on."""

    measured_by: str
    days_covered: int
    is_synthetic: bool
    newest: date


def _require_columns(stream: CsvStream[MetricCsvRow], *, measured_by: str, days_covered: int | None) -> None:
    missing = {
        "source": "" if measured_by else "name gsc, ga4 or shopify with the import, or in a column",
        "days_covered": ""
        if days_covered
        else "say with the import, or in a column, whether rows cover 1 or 7 days",
    }
    for column, reason in missing.items():
        if reason and not stream.faults and column not in stream.columns:
            stream.faults.add(line=1, column=column, value="", reason=f"the column is missing: {reason}")
    if stream.faults:
        raise CsvRefused(stream.faults)


def _send_rows(stream: CsvStream[MetricCsvRow], defaults: _Defaults) -> int:
    """Read the file once, checking its rows and handing them to the database as they come; count them."""
    rows = 0
    sql.run("create_metric_upload")
    with connection.cursor() as cursor, cursor.copy(sql.text("copy_metric_upload")) as copy:
        for line in stream:
            if line.row.date > defaults.newest:
                stream.add_fault(line.number, "date", "lies in the future", value=str(line.row.date))
            elif "source" in stream.columns and not line.row.source:
                stream.add_fault(line.number, "source", f"must be one of {', '.join(MetricSource.values)}")
            else:
                rows += 1
                copy.write_row(_list_values(line, stream.columns, defaults))
    refuse_faults(stream.faults)
    return rows


def _list_values(line: CsvLine[MetricCsvRow], columns: tuple[str, ...], defaults: _Defaults) -> list[Any]:
    row = line.row
    return [
        line.number,
        row.node_id,
        row.date,
        row.source if "source" in columns else defaults.measured_by,
        row.days_covered if "days_covered" in columns else defaults.days_covered,
        row.is_synthetic if "is_synthetic" in columns else defaults.is_synthetic,
        row.impressions,
        row.clicks,
        row.position,
        row.sessions,
        row.revenue,
        row.transactions,
        row.bounce_rate,
        row.avg_session_duration,
    ]


def _refuse_unknown(stream: CsvStream[MetricCsvRow], project: Project) -> None:
    """Name the lines whose node is unknown, and those that say something twice."""
    for line, external_id in sql.run("find_unknown_nodes", project=project.pk):
        stream.add_fault(line, "node_id", "the project has no node of this id", value=external_id)
    for line, earlier, external_id in sql.run("find_metric_twins"):
        reason = f"line {earlier} has the same node, day and source"
        stream.add_fault(line, "node_id", reason, value=external_id)
    refuse_faults(stream.faults)
