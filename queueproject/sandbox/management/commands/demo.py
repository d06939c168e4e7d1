"""`manage.py demo`: the main job from start to summary, on made-up companies, at no cost."""

import argparse
import json
import signal
import sys
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.urls import reverse
from rich.console import Console

from queueproject.sandbox.demo.processes import StartFailed
from queueproject.sandbox.demo.show import NotNow, Summary, run_show

CALLS_PER_MINUTE = 80
LATENCY_MS = 400.0
_HELP = """\
Score made-up buyers for made-up deals: a sandbox plays Gemini, a cluster of two slots works, and one slot is
killed on the way. Prints what came of it, and ends with 1 unless no call was refused, no pair was lost and
none was scored twice. Takes about 80 seconds, most of which is the minute after which a killed worker is
given up and its jobs go to another.

It needs a database without other workers, changes Gemini's limit for the time being, and stops all it starts.
Run it again whenever you like: everything is scored again.
"""


class Command(BaseCommand):
    """Prepare, run, sum up."""

    help = "Score made-up companies through sandbox and workers, kill one on the way, and count."

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        """Keep the line breaks of the help."""
        parser = super().create_parser(prog_name, subcommand, **kwargs)
        parser.description = _HELP
        parser.formatter_class = argparse.RawDescriptionHelpFormatter
        return parser

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        add = parser.add_argument
        add("--calls-per-minute", type=int, default=CALLS_PER_MINUTE, help="what the sandbox allows (80)")
        add("--latency-ms", type=float, default=LATENCY_MS, help="how long a call takes (400)")
        add("--json", action="store_true", help="print one JSON object, the course of things on stderr")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Run it; exit 1 unless nothing was refused, lost or done twice."""
        if settings.PRODUCTION:
            raise CommandError("The demonstration is not for production: it brings made-up companies.")
        if options["calls_per_minute"] < 1 or options["latency_ms"] < 0:
            raise CommandError("--calls-per-minute must be 1 or more, --latency-ms 0 or more.", returncode=2)
        self.as_json = bool(options["json"])
        signal.signal(signal.SIGTERM, _end)
        call_command("migrate", interactive=False, verbosity=0)
        is_terminal = bool(getattr(self.stdout, "isatty", lambda: False)()) and not self.as_json
        try:
            summary = run_show(
                calls_per_minute=options["calls_per_minute"],
                latency_ms=options["latency_ms"],
                tell=self.tell,
                console=Console(stderr=True) if is_terminal else None,
            )
        except (NotNow, StartFailed) as error:
            raise CommandError(str(error)) from None
        except KeyboardInterrupt:
            self.stderr.write("Stopped; what was started is ended, what waited is cancelled.")
            sys.exit(130)
        self.sum_up(summary)
        if not summary.succeeded:
            sys.exit(1)

    def tell(self, line: str) -> None:
        """Say what is going on."""
        out = self.stderr if self.as_json else self.stdout
        out.write(line)
        out.flush()

    def sum_up(self, summary: Summary) -> None:
        """Print the figures, and where to look."""
        if self.as_json:
            self.stdout.write(json.dumps(summary.as_dict()))
            return
        lines = {
            "pairs": f"{summary.pairs} ({summary.buyers} buyers × {summary.listings} deals, made up)",
            "calls": f"{summary.calls} counted by the sandbox, {summary.calls_booked} by our ledger; "
            f"{summary.calls_planned} planned, the rest asked again after the kill",
            "refused": str(summary.refused),
            "lost": str(summary.lost),
            "double": str(summary.double),
            "seconds": f"{summary.seconds:g}",
            "recovered": _tell_recovery(summary),
            "look": f"make up, then {reverse('console:batch', args=[summary.batch])}",
        }
        self.stdout.write("")
        for name, words in lines.items():
            self.stdout.write(f"{name:10} {words}")
        if summary.succeeded:
            self.stdout.write(self.style.SUCCESS("Nothing refused, nothing lost, nothing twice."))
        else:
            self.stderr.write(self.style.ERROR(f"Not as promised. What the workers said: {summary.log}"))


def _tell_recovery(summary: Summary) -> str:
    if summary.killed_pid is None:
        return "no slot was killed: none was seen at work"
    if summary.seconds_to_recover is None:
        return f"NOT: {summary.jobs_in_hand} jobs of the killed slot were not all completed"
    return (
        f"{summary.seconds_to_recover:g} s after the kill, all {summary.jobs_in_hand} jobs in hand were done"
    )


def _end(_number: int, _frame: object) -> None:
    """Turn SIGTERM into the end that stops everything started."""
    raise KeyboardInterrupt
