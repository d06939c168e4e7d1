"""`manage.py import_taxonomy_nodes`: import a project's tree from a CSV file."""

from dataclasses import asdict
from typing import Any

from django.core.management.base import CommandParser
from django.db import transaction

from queueproject.csvimport import CsvRefused
from scoring.taxonomy.csv import NodeImport, import_nodes
from scoring.taxonomy.csv.rows import NodeRow
from scoring.taxonomy.management.telling import ImportCommand, get_project
from scoring.taxonomy.models import Project


class Command(ImportCommand):
    """Import a tree whole, or say line by line why not."""

    help = "Import the nodes of a project from CSV, all of the file or nothing."
    row = NodeRow
    introduction = """\
The file is UTF-8 with a header line; cells are separated by comma, semicolon, tab or |.
It places its nodes in one of two ways:
  by parents  columns node_id, parent_id and title; parents may stand before or after their children, or be
              stored already; a root's parent_id is empty; paths may repeat, titles may be empty
  by paths    a column path, titles joined by ' > '; every parent's path needs a line of its own; without a
              column node_id the path is the id
Nodes are matched by node_id, created or updated; what stands below a node moves with it. Nodes that the file
does not name stay. Columns the file does not have keep their values, empty cells empty them. Ids that appear
twice, parents that are nowhere and circles of parents are refused; with any fault nothing is imported: each
is printed with line, column and reason, and the exit code is 2.

examples:
  manage.py import_taxonomy_nodes "Grocery" retail_nodes.csv --create
  manage.py import_taxonomy_nodes "Grocery" retail_nodes.csv --dry-run
  manage.py import_taxonomy_nodes "Electronics" site_categories.csv --create --json
"""

    def add_arguments(self, parser: CommandParser) -> None:
        """Name the project, the file, and whether the project is new."""
        super().add_arguments(parser)
        parser.add_argument("--create", action="store_true", help="make the project when there is none")

    def handle(self, *args: Any, **options: Any) -> None:
        """Import, print what was done, exit 0; or print the faults and exit 2."""
        self.require_file(options["file"])
        try:
            with transaction.atomic():
                result = self.run_import(options)
                if options["dry_run"]:
                    transaction.set_rollback(True)
        except CsvRefused as refused:
            self.refuse(refused, as_json=options["json"])
            return
        would = "would be " if result.dry_run else ""
        self.tell(
            f"{result.rows} nodes: {result.created} {would}created, {result.updated} {would}updated, "
            f"{result.unchanged} unchanged; {result.moved} others {would}moved.",
            figures={"imported": not result.dry_run, **asdict(result), "unchanged": result.unchanged},
            as_json=options["json"],
        )

    def run_import(self, options: dict[str, Any]) -> NodeImport:
        """Find or make the project, and import into it."""
        name = options["project"]
        project = Project.objects.find_by_name(name) if options["create"] else get_project(name)
        project = project or Project.objects.create(name=name)
        return import_nodes(
            project, options["file"], dry_run=options["dry_run"], max_faults=options["max_faults"]
        )
