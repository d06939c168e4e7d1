"""`manage.py export_remarketing`: write universes, buyers or listings as CSV."""

import argparse
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from scoring.remarketing.management.commands.import_remarketing import EXIT_REFUSED
from scoring.remarketing.selectors import find_universe
from scoring.remarketing.services.csv_export import export_csv
from scoring.remarketing.services.csv_import import ROW_OF_KIND

_EXAMPLES = """\
The columns are those of import_remarketing (see its --help), which takes the file back unchanged. Text that a
spreadsheet would run as a formula is written with an apostrophe before it. Archived rows are left out.

examples:
  manage.py export_remarketing buyers > buyers.csv
  manage.py export_remarketing listings listings.csv --universe "Property restoration" --bom
"""


class Command(BaseCommand):
    """Write a file that can be imported again."""

    help = "Write universes, buyers or listings as CSV, to a file or to the terminal."

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        """Keep the line breaks of the help."""
        kwargs["formatter_class"] = argparse.RawDescriptionHelpFormatter
        return super().create_parser(prog_name, subcommand, epilog=_EXAMPLES, **kwargs)

    def add_arguments(self, parser: CommandParser) -> None:
        """Name what is exported, where to, from which universe."""
        parser.add_argument("kind", choices=list(ROW_OF_KIND))
        parser.add_argument("file", type=Path, nargs="?", help="written anew; without it the terminal")
        parser.add_argument("--universe", help="only what belongs to this universe")
        parser.add_argument(
            "--bom", action="store_true", help="begin with the mark by which Excel knows UTF-8"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Write the rows line by line."""
        universe = None
        if options["universe"] and (universe := find_universe(options["universe"])) is None:
            raise CommandError(f"No universe is called {options['universe']!r}.", returncode=EXIT_REFUSED)
        lines = export_csv(kind=options["kind"], universe=universe, bom=options["bom"])
        if options["file"] is None:
            for line in lines:
                self.stdout.write(line, ending="")
            return
        try:
            with options["file"].open("w", encoding="utf-8", newline="") as opened:
                opened.writelines(lines)
        except OSError as error:
            raise CommandError(
                f"{options['file']} cannot be written: {error}", returncode=EXIT_REFUSED
            ) from error
