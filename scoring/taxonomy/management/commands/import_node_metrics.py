"""`manage.py import_node_metrics`: import what was measured on a project's nodes from a CSV file."""

from dataclasses import asdict
from typing import Any

from django.core.management.base import CommandParser

from queueproject.csvimport import CsvRefused
from scoring.taxonomy.csv import import_metrics
from scoring.taxonomy.csv.rows import MetricCsvRow
from scoring.taxonomy.management.telling import ImportCommand, get_project
from scoring.taxonomy.models.words import MetricSource


class Command(ImportCommand):
    """Import days or weeks of metrics whole, or say line by line why not."""

    help = "Import metrics of a project's nodes from CSV, all of the file or nothing."
    row = MetricCsvRow
    introduction = """\
The file is UTF-8 with a header line; cells are separated by comma, semicolon, tab or |.
A row is what one source measured on one node on a day (days_covered 1) or in the week that begins on its date
(days_covered 7). Search figures are taken from gsc, sessions from ga4, sales from shopify, else from ga4;
they are never added. An empty figure is unknown, not 0. Rows are matched by node, date and source, created or
updated; figures the file has no column for keep their values. A node must have been imported before. With any
fault nothing is imported: each is printed with line, column and reason, and the exit code is 2.

examples:
  manage.py import_node_metrics "Grocery" retail_node_weeks.csv --source shopify --days-covered 7
  manage.py import_node_metrics "Electronics" search_console.csv --source gsc --days-covered 1 --dry-run
  manage.py import_node_metrics "Electronics" all_sources.csv        (columns source and days_covered)
"""

    def add_arguments(self, parser: CommandParser) -> None:
        """Name the project, the file, and what the file has no column for."""
        super().add_arguments(parser)
        parser.add_argument("--source", choices=MetricSource.values, default="", help="without such a column")
        parser.add_argument("--days-covered", type=int, choices=(1, 7), help="without such a column")
        parser.add_argument("--synthetic", action="store_true", help="mark the figures as made up")

    def handle(self, *args: Any, **options: Any) -> None:
        """Import, print what was done, exit 0; or print the faults and exit 2."""
        self.require_file(options["file"])
        project = get_project(options["project"])
        try:
            result = import_metrics(
                project,
                options["file"],
                measured_by=options["source"],
                days_covered=options["days_covered"],
                is_synthetic=options["synthetic"],
                dry_run=options["dry_run"],
                max_faults=options["max_faults"],
            )
        except CsvRefused as refused:
            self.refuse(refused, as_json=options["json"])
            return
        would = "would be " if result.dry_run else ""
        self.tell(
            f"{result.rows} rows of metrics: {result.created} {would}created, "
            f"{result.updated} {would}updated, {result.unchanged} unchanged.",
            figures={"imported": not result.dry_run, **asdict(result), "unchanged": result.unchanged},
            as_json=options["json"],
        )
