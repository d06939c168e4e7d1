"""`manage.py queue_health`: is the queue well? For monitoring, and for whoever is woken by it."""

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import DatabaseError

from queueproject.queue import health, shell

HELP = """\
Look the queue over and say what is wrong, the worst first, each with what to do: no worker
while jobs wait, workers that fell silent, providers paused, blocked or at fault, work that
nobody takes, batches that never end, kinds no handler knows, a clock that runs wrong.
"""

EXAMPLES = """\
examples:
  python manage.py queue_health           a sentence and a remedy for each fault
  python manage.py queue_health --json    {"level": "critical", "findings": [...]}

exit codes (those of Nagios and its kin):
  0  healthy     1  warnings     2  critical
"""


class Command(BaseCommand):
    help = HELP

    def add_arguments(self, parser: CommandParser) -> None:
        parser.formatter_class = shell.HelpFormatter
        parser.epilog = EXAMPLES
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, json: bool, **options: Any) -> None:
        try:
            findings = health.find_faults()
        except DatabaseError as error:
            findings = [health.database_away(error)]
        level = health.worst_level(findings)
        if json:
            facts = {"level": level.name.lower(), "findings": [finding.as_dict() for finding in findings]}
            shell.print_json(self.stdout, facts)
        elif not findings:
            self.stdout.write("Healthy.")
        else:
            for finding in findings:
                self.stdout.write(f"{finding.level.name}  {finding.sentence}\n    {finding.remedy}")
        if level:
            sys.exit(int(level))
