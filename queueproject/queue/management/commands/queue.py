"""`manage.py queue`: the console's buttons for the shell, for 3 a.m."""

import argparse
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandParser

from queueproject.queue import shell, verbs

HELP = """\
Look at the queue and operate it: every button of the console. Whatever it changes is written
to the audit under shell:<your user>, with --reason. `queue <verb> --help` teaches each verb.
"""

EXAMPLES = """\
at 3 a.m.:
  python manage.py queue status                      what is going on
  python manage.py queue why 1234                    why does this job wait?
  python manage.py queue pause gemini --reason "bill too high"
  python manage.py queue limit gemini calls 10       10 a minute from now on
  python manage.py queue retry --batch 17            its failed jobs once more
  python manage.py queue_health                      what is wrong, and what to do

exit codes:
  0  done     1  refused, or some of it was     2  bad arguments
"""


class Command(BaseCommand):
    help = HELP

    def add_arguments(self, parser: CommandParser) -> None:
        parser.formatter_class = shell.HelpFormatter
        parser.epilog = EXAMPLES
        choices = parser.add_subparsers(dest="verb", required=True, title="verbs", metavar="VERB")
        for verb in verbs.VERBS:
            examples = verb.examples.replace("  queue ", "  python manage.py queue ")
            choice = choices.add_parser(
                verb.name,
                help=verb.help,
                description=verb.help[0].upper() + verb.help[1:] + ".",
                epilog=f"examples:\n{examples}",
                formatter_class=argparse.RawDescriptionHelpFormatter,
            )
            verb.add_arguments(choice)
            if verb.changes:
                choice.add_argument("--reason", default="", help="why; the audit keeps it")
            choice.add_argument("--json", action="store_true", help="print one JSON object")
            choice.set_defaults(run=verb.run)

    def handle(self, *args: Any, **options: Any) -> None:
        asked = argparse.Namespace(**options)
        try:
            answer = asked.run(asked)
        except ValidationError as error:
            raise shell.bad_arguments(" ".join(error.messages)) from error
        shell.give(self.stdout, answer, as_json=asked.json)
