"""`manage.py export_analysis`: write what an analysis found as CSV."""

import argparse
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser

from scoring.taxonomy.csv.export import stream_analysis
from scoring.taxonomy.management.telling import EXIT_REFUSED
from scoring.taxonomy.models import Analysis

_EXAMPLES = """\
One line per node, ordered by its id; neither numbers of rows nor times, so that two analyses of the same
nodes, figures and choices give the same file. Text that a spreadsheet would run as a formula is written with
an apostrophe before it.

examples:
  manage.py export_analysis 0b1c2d3e-… > results.csv
  manage.py export_analysis 0b1c2d3e-… results.csv --bom
"""


class Command(BaseCommand):
    """Write the results of one analysis."""

    help = "Write the results of an analysis as CSV, to a file or to the terminal."

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        """Keep the line breaks of the help."""
        kwargs["formatter_class"] = argparse.RawDescriptionHelpFormatter
        return super().create_parser(prog_name, subcommand, epilog=_EXAMPLES, **kwargs)

    def add_arguments(self, parser: CommandParser) -> None:
        """Name the analysis and where to."""
        parser.add_argument("analysis", type=UUID, help="id of the analysis")
        parser.add_argument("file", type=Path, nargs="?", help="written anew; without it the terminal")
        parser.add_argument(
            "--bom", action="store_true", help="begin with the mark by which Excel knows UTF-8"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Write the results line by line."""
        analysis = Analysis.objects.filter(pk=options["analysis"]).first()
        if analysis is None:
            raise CommandError(f"There is no analysis {options['analysis']}.", returncode=EXIT_REFUSED)
        lines = stream_analysis(analysis, bom=options["bom"])
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
