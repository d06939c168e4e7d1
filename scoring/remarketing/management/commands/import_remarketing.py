"""`manage.py import_remarketing`: import universes, buyers or listings from a CSV file."""

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from queueproject.csvimport import CsvRefused, list_columns
from scoring.remarketing.selectors import find_universe
from scoring.remarketing.services.csv_import import ROW_OF_KIND, ImportResult, import_csv

EXIT_REFUSED = 2
_INTRODUCTION = """\
The file is UTF-8 with a header line; cells are separated by comma, semicolon, tab or |.
Lists are separated by semicolons inside their cell; a semicolon within an entry is written \\;
Rows are matched by source_ref (universes and buyers without one by name), created or updated. Columns the
file does not have keep their values, empty cells empty them. With any fault nothing is imported: each is
printed with line, column and reason, and the exit code is 2.

examples:
  manage.py import_remarketing universes universe.csv
  manage.py import_remarketing buyers buyers.csv --universe "Property restoration" --dry-run
  manage.py import_remarketing listings listings.csv --universe "Property restoration" --json
"""


def describe_columns() -> str:
    """Return the help's list of columns, * marking the required ones."""
    parts = []
    for kind, row in ROW_OF_KIND.items():
        lines = [
            f"  {'*' if required else ' '} {name:<26} {about}" for name, required, about in list_columns(row)
        ]
        parts.append(f"columns of {kind} (* required):\n" + "\n".join(lines))
    return "\n\n".join(parts)


class Command(BaseCommand):
    """Import a file whole, or say line by line why not."""

    help = "Import universes, buyers or listings from CSV, all of the file or nothing."

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        """Keep the line breaks of the help."""
        kwargs["formatter_class"] = argparse.RawDescriptionHelpFormatter
        kwargs["epilog"] = f"{_INTRODUCTION}\n{describe_columns()}"
        return super().create_parser(prog_name, subcommand, **kwargs)

    def add_arguments(self, parser: CommandParser) -> None:
        """Name what is imported, from where, into which universe."""
        parser.add_argument("kind", choices=list(ROW_OF_KIND))
        parser.add_argument("file", type=Path)
        parser.add_argument("--universe", help="takes buyers that name none, and all listings of the file")
        parser.add_argument("--dry-run", action="store_true", help="check everything, write nothing")
        parser.add_argument("--json", action="store_true", help="print one JSON object")
        parser.add_argument("--max-faults", type=int, default=100, help="how many faults to print (100)")

    def handle(self, *args: Any, **options: Any) -> None:
        """Import, print what was done, exit 0; or print the faults and exit 2."""
        universe = None
        if options["universe"] and (universe := find_universe(options["universe"])) is None:
            message = f"No universe is called {options['universe']!r}. Import it first, or correct the name."
            raise CommandError(message, returncode=EXIT_REFUSED)
        if not options["file"].is_file():
            raise CommandError(f"There is no file {options['file']}.", returncode=EXIT_REFUSED)
        try:
            result = import_csv(
                options["file"],
                kind=options["kind"],
                universe=universe,
                dry_run=options["dry_run"],
                max_faults=options["max_faults"],
            )
        except CsvRefused as refused:
            self.refuse(refused, as_json=options["json"])
        else:
            self.tell(result, as_json=options["json"])

    def refuse(self, refused: CsvRefused, *, as_json: bool) -> None:
        """Print the faults and exit."""
        faults = refused.faults
        if as_json:
            self.stdout.write(
                json.dumps(
                    {
                        "imported": False,
                        "fault_count": faults.count,
                        "faults": [f.as_dict() for f in faults.kept],
                    }
                )
            )
        else:
            for fault in faults.kept:
                self.stderr.write(str(fault))
            unseen = f" (the first {len(faults.kept)} are shown)" if faults.count > len(faults.kept) else ""
            self.stderr.write(self.style.ERROR(f"{faults.count} fault(s){unseen}, nothing was imported."))
        sys.exit(EXIT_REFUSED)

    def tell(self, result: ImportResult, *, as_json: bool) -> None:
        """Print what was done, or would be."""
        if as_json:
            self.stdout.write(
                json.dumps({"imported": not result.dry_run, "rows": result.rows, **asdict(result)})
            )
            return
        for suggestion in result.suggestions:
            self.stdout.write(f"possible duplicate: {suggestion}")
        would = "would be " if result.dry_run else ""
        self.stdout.write(
            f"{result.rows} {result.kind}: {result.created} {would}created, {result.updated} {would}updated, "
            f"{result.unchanged} unchanged, {result.linked} {would}put to work in a universe, "
            f"{result.marked_stale} scores {would}marked stale."
        )
