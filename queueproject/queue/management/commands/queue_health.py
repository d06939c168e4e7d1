"""`manage.py queue_health`: is the queue well? For monitoring, and for whoever is woken by it."""

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import DatabaseError

from queueproject.queue import health, shell
from queueproject.queue.findings import worst_level

HELP = """\
Look the queue over and say what is wrong, the worst first, each with what to do: no worker
while jobs wait, workers that fell silent, providers paused, blocked or at fault, work that
nobody takes or that has waited for long, batches that never end, kinds no handler knows,
settings and handlers that are not possible, tables full of dead rows and the session that
keeps them, a clock that runs wrong. The same stands on the console's page System health.
"""

EXAMPLES = """\
examples:
  python manage.py queue_health           a sentence and a remedy for each fault
  python manage.py queue_health --json    {"level", "findings", "lanes", "tables", ...}

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
            found = health.look_over()
            findings, facts = found.findings, found.as_dict()
        except DatabaseError as error:
            findings = [health.database_away(error)]
            facts = {"level": "critical", "findings": [finding.as_dict() for finding in findings]}
        level = worst_level(findings)
        if json:
            shell.print_json(self.stdout, facts)
        elif not findings:
            self.stdout.write("Healthy.")
        else:
            for finding in findings:
                self.stdout.write(f"{finding.level.name}  {finding.sentence}\n    {finding.remedy}")
        if level:
            sys.exit(int(level))
