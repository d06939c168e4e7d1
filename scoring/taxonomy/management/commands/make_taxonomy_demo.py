"""`manage.py make_taxonomy_demo`: a made-up shop, or made-up search figures for a project of one's own."""

import argparse
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from scoring.taxonomy.demo import load_demo
from scoring.taxonomy.management.telling import EXIT_REFUSED, get_project
from scoring.taxonomy.models import NodeMetric
from scoring.taxonomy.synthetic import DEFAULT_SEED, RealMetricsPresent, make_up_metrics

_EXAMPLES = """\
Without PROJECT a small shop is imported that ships with the project, with figures made up for all of it.
With PROJECT its nodes get four weeks of search and session figures (gsc, ga4) that end on the last day of its
sales; sales are left as they were imported. Every figure made up is marked as such. The same seed gives the
same figures. A project with measured search or session figures is refused.

examples:
  manage.py make_taxonomy_demo
  manage.py make_taxonomy_demo "Grocery" --seed 7
"""


class Command(BaseCommand):
    """Make something to analyse."""

    help = "Make a demonstration shop, or make up search and session figures for a project."

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        """Keep the line breaks of the help."""
        kwargs["formatter_class"] = argparse.RawDescriptionHelpFormatter
        return super().create_parser(prog_name, subcommand, epilog=_EXAMPLES, **kwargs)

    def add_arguments(self, parser: CommandParser) -> None:
        """Name the project and what the figures are drawn by."""
        parser.add_argument("project", nargs="?", help="name of a project; without it the shop that ships")
        parser.add_argument("--seed", type=int, default=DEFAULT_SEED, help=f"({DEFAULT_SEED})")
        parser.add_argument("--as-of", type=date.fromisoformat, help="last day of the figures, as 2026-06-25")

    def handle(self, *args: Any, **options: Any) -> None:
        """Make the figures and say how many there are."""
        if options["project"]:
            self.make_up(options)
            return
        project = load_demo(seed=options["seed"])
        rows = NodeMetric.objects.filter(node__project=project).count()
        self.stdout.write(f"{project}: {project.nodes.count()} nodes, {rows} rows of made-up figures.")

    def make_up(self, options: dict[str, Any]) -> None:
        """Make up figures for a project that there is."""
        project = get_project(options["project"])
        try:
            made = make_up_metrics(project, seed=options["seed"], as_of=options["as_of"])
        except RealMetricsPresent as refused:
            raise CommandError(f"{refused}; they stay as they are.", returncode=EXIT_REFUSED) from refused
        sales = ", sales among them" if made.has_made_up_sales else ""
        self.stdout.write(
            f"{project}: {made.rows} rows of figures{sales} made up for {made.nodes} nodes, "
            f"four weeks to {made.as_of}."
        )
