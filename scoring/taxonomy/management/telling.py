"""What the commands of imports have in common: finding the project, printing faults, exit codes."""

import argparse
import json
import sys
from pathlib import Path
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError, CommandParser

from queueproject.csvimport import CsvRefused, CsvRow, list_columns
from scoring.taxonomy.models import Project

EXIT_REFUSED: Final = 2


def get_project(name: str) -> Project:
    """Return the project of this name; raise CommandError naming those there are."""
    if (project := Project.objects.find_by_name(name)) is not None:
        return project
    names = ", ".join(
        repr(one) for one in Project.objects.order_by("name").values_list("name", flat=True)[:10]
    )
    known = f"Known: {names}." if names else "There is none yet."
    raise CommandError(f"No project is called {name!r}. {known}", returncode=EXIT_REFUSED)


def describe_columns(row: type[CsvRow]) -> str:
    """Return the help's list of columns with their other headings, * marking the required ones."""
    others: dict[str, list[str]] = {}
    for heading, name in row.column_aliases.items():
        others.setdefault(name, []).append(heading)
    lines = []
    for name, required, about in list_columns(row):
        also = f" (also: {', '.join(others[name])})" if name in others else ""
        lines.append(f"  {'*' if required else ' '} {name:<21} {about}{also}")
    return "\n".join([*lines, f"  not taken over: {', '.join(sorted(row.ignored_columns))}"])


class ImportCommand(BaseCommand):
    """A command that imports a file whole, or says line by line why not."""

    introduction = ""
    row: type[CsvRow]

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        """Keep the line breaks of the help."""
        kwargs["formatter_class"] = argparse.RawDescriptionHelpFormatter
        kwargs["epilog"] = f"{self.introduction}\ncolumns (* required):\n{describe_columns(self.row)}"
        return super().create_parser(prog_name, subcommand, **kwargs)

    def add_arguments(self, parser: CommandParser) -> None:
        """Name the project and the file, and what every import offers."""
        parser.add_argument("project", help="name of the project, upper and lower case alike")
        parser.add_argument("file", type=Path)
        parser.add_argument("--dry-run", action="store_true", help="check everything, write nothing")
        parser.add_argument("--json", action="store_true", help="print one JSON object")
        parser.add_argument("--max-faults", type=int, default=100, help="how many faults to print (100)")

    def require_file(self, file: Path) -> None:
        """Raise CommandError when there is no such file."""
        if not file.is_file():
            raise CommandError(f"There is no file {file}.", returncode=EXIT_REFUSED)

    def refuse(self, refused: CsvRefused, *, as_json: bool) -> None:
        """Print the faults and exit."""
        faults = refused.faults
        if as_json:
            kept = [fault.as_dict() for fault in faults.kept]
            self.stdout.write(json.dumps({"imported": False, "fault_count": faults.count, "faults": kept}))
        else:
            for fault in faults.kept:
                self.stderr.write(str(fault))
            unseen = f" (the first {len(faults.kept)} are shown)" if faults.count > len(faults.kept) else ""
            self.stderr.write(self.style.ERROR(f"{faults.count} fault(s){unseen}, nothing was imported."))
        sys.exit(EXIT_REFUSED)

    def tell(self, sentence: str, *, figures: dict[str, Any], as_json: bool) -> None:
        """Print what was done: a sentence, or its figures."""
        self.stdout.write(json.dumps(figures) if as_json else sentence)
