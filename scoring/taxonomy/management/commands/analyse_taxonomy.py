"""`manage.py analyse_taxonomy`: start an analysis of a project, and wait for it if you like."""

import argparse
import json
import sys
import time
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar

from queueproject.queue import health
from scoring.taxonomy.management.telling import get_project
from scoring.taxonomy.models import Analysis
from scoring.taxonomy.models.words import AnalysisState, AnalysisType
from scoring.taxonomy.selectors import Progress, describe
from scoring.taxonomy.services import AnalysisOptions, AnalysisRefused, OptionsRefused, start_analysis

EXIT_SOME_FAILED: Final = 1
EXIT_BAD: Final = 2
EXIT_CANCELLED: Final = 3
EXIT_NOT_ENDED: Final = 4
EXIT_INTERRUPTED: Final = 130
POLL_SECONDS: Final = 0.3
# A cluster that is just being started gets so long before nobody is said to work.
WORKER_PATIENCE_SECONDS = 5.0
_OPTIONS: Final = ("batch_size", "max_retries", "retry_delay_ms", "concurrency", "timeout_ms")
_HELP = """\
Work out the opportunity score and the revenue projection of every node of a project.

The nodes are worked on by the workers (python manage.py qcluster), in jobs of --batch-size nodes. A node
whose figures cannot be right is tried again and then counted as failed; it stops none of the others. Day and
choices (curve, weights, target) are the project's, as they are when it starts.
"""
_EXAMPLES = """
examples:
  manage.py analyse_taxonomy "Corner shop" --wait
      Analyse it, and show the progress until the end.

  manage.py analyse_taxonomy "Corner shop" --type scoring --wait --timeout 3600 --json
      For cron, every night: scores alone; one JSON object at the end.

  manage.py export_analysis ID results.csv
      Write what was found, by the id that this command prints.

exit codes:
  0 completed   1 some or all nodes failed   2 bad arguments   3 cancelled
  4 no worker lives, or --timeout passed (the analysis goes on)   130 Ctrl-C (the analysis goes on)
Without --wait: 0 as soon as it is enqueued.
"""


class Command(BaseCommand):
    """Start and watch."""

    help = "Analyse a product taxonomy, and wait for it if you like."

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        """Keep the line breaks of the help."""
        parser = super().create_parser(prog_name, subcommand, **kwargs)
        parser.description, parser.epilog = _HELP, _EXAMPLES
        parser.formatter_class = argparse.RawDescriptionHelpFormatter
        return parser

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        add = parser.add_argument
        usual = AnalysisOptions()
        add("project", help="name of the project, upper and lower case alike")
        add("--type", choices=AnalysisType.values, default="full_analysis", help="(full_analysis)")
        for name in _OPTIONS:
            about = AnalysisOptions.model_fields[name].description or ""
            add(
                f"--{name.replace('_', '-')}",
                type=int,
                metavar="N",
                help=f"{about} ({getattr(usual, name)})",
            )
        add("--wait", action="store_true", help="wait for the end and show the progress")
        add("--timeout", type=float, metavar="SECONDS", help="with --wait: no longer than this")
        add("--json", action="store_true", help="print one JSON object, warnings on stderr")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it; the exit code says what came of it."""
        if options["timeout"] is not None and not (options["wait"] and options["timeout"] > 0):
            raise CommandError("--timeout: seconds above 0, together with --wait.", returncode=EXIT_BAD)
        analysis = self.start(options)
        if not analysis.finished_at and not health.live_worker_exists():
            self.stderr.write(self.style.ERROR(_tell_no_worker()))
        if not options["wait"]:
            self.tell(analysis, as_json=options["json"], code=0)
            return
        code, reason = self.watch(analysis, timeout=options["timeout"], as_json=options["json"])
        if reason:
            self.stderr.write(self.style.ERROR(reason))
        self.tell(analysis, as_json=options["json"], code=code)
        if code:
            sys.exit(code)

    def start(self, options: dict[str, Any]) -> Analysis:
        """Start it, or refuse by option and reason."""
        project = get_project(options["project"])
        given = {name: options[name] for name in _OPTIONS if options[name] is not None}
        try:
            chosen = AnalysisOptions.parse(given)
            return start_analysis(project, type=options["type"], options=chosen, actor="analyse_taxonomy")
        except OptionsRefused as refused:
            names = {AnalysisOptions.model_fields[name].alias or name: name for name in _OPTIONS}
            option = names.get(refused.field, refused.field).replace("_", "-")
            raise CommandError(f"--{option}: {refused.reason}.", returncode=EXIT_BAD) from None
        except AnalysisRefused as refused:
            raise CommandError(f"{refused.field}: {refused.reason}.", returncode=EXIT_BAD) from None

    def watch(self, analysis: Analysis, *, timeout: float | None, as_json: bool) -> tuple[int, str]:
        """Wait for the end, the time limit, Ctrl-C, or until nobody lives who could do the work."""
        is_terminal = bool(getattr(self.stdout, "isatty", lambda: False)()) and not as_json
        columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("{task.description}"))
        bar = Bar(*columns, console=Console(stderr=True), transient=True, disable=not is_terminal)
        began = seen_at = time.monotonic()
        with bar:
            task = bar.add_task("", total=analysis.total_nodes)
            try:
                while True:
                    analysis.refresh_from_db()
                    progress = describe(analysis)
                    bar.update(task, completed=progress.processed, description=_tell_failed(progress))
                    if progress.is_over:
                        return _get_exit_code(progress), ""
                    now = time.monotonic()
                    if health.live_worker_exists():
                        seen_at = now
                    if now - seen_at >= WORKER_PATIENCE_SECONDS:
                        return EXIT_NOT_ENDED, _tell_no_worker()
                    if timeout is not None and now - began >= timeout:
                        return EXIT_NOT_ENDED, f"{timeout:g} s have passed; the analysis goes on."
                    time.sleep(POLL_SECONDS)
            except KeyboardInterrupt:
                return EXIT_INTERRUPTED, "The analysis goes on."

    def tell(self, analysis: Analysis, *, as_json: bool, code: int) -> None:
        """Print one closing line, or the JSON object."""
        progress = describe(analysis)
        if as_json:
            facts = {
                "id": str(analysis.pk),
                "project": analysis.project.name,
                "type": analysis.type,
                "state": analysis.state,
                "total": progress.total,
                "successful": progress.successful,
                "failed": progress.failed,
                "as_of": analysis.as_of.isoformat() if analysis.as_of else None,
                "errors": [
                    {"kind": kind, "count": count, "example": example}
                    for kind, count, example in progress.errors_by_kind
                ],
                "exit_code": code,
            }
            self.stdout.write(json.dumps(facts))
            return
        seconds = ""
        if progress.started_at and progress.ended_at:
            seconds = f" in {(progress.ended_at - analysis.created_at).total_seconds():.1f} s"
        self.stdout.write(
            f"Analysis {analysis.pk} {analysis.get_state_display()}: {progress.successful} of "
            f"{progress.total} nodes done, {progress.failed} failed{seconds}."
        )
        for kind, count, example in progress.errors_by_kind:
            self.stdout.write(f"  {count} × {kind}: {example}")


def _get_exit_code(progress: Progress) -> int:
    if progress.state == AnalysisState.CANCELLED:
        return EXIT_CANCELLED
    return EXIT_SOME_FAILED if progress.failed else 0


def _tell_failed(progress: Progress) -> str:
    return f"{progress.failed} failed" if progress.failed else ""


def _tell_no_worker() -> str:
    return f"NO WORKER LIVES: the jobs wait until one is started. Start it with: {health.WORKER_COMMAND}"
